// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Reads the answers of `/info` and `/exchange`.
public enum HyperliquidAnswer {
    public static func value<Value: MessageDecodable>(
        _ type: Value.Type = Value.self, _ bytes: [UInt8]
    ) throws(MessageError) -> Value {
        try Value(try MessageReader(bytes: bytes))
    }

    public static func list<Value: MessageDecodable>(
        of type: Value.Type = Value.self, _ bytes: [UInt8]
    ) throws(MessageError) -> [Value] {
        try MessageReader(bytes: bytes).all(Value.self)
    }

    /// Like `value`, for an answer that is `null` where there is nothing.
    public static func optionalValue<Value: MessageDecodable>(
        _ type: Value.Type = Value.self, _ bytes: [UInt8]
    ) throws(MessageError) -> Value? {
        let reader = try MessageReader(bytes: bytes)
        return reader.json.isNull ? nil : try Value(reader)
    }

    /// Like `list`, for an answer that is `null` where there is nothing.
    public static func optionalList<Value: MessageDecodable>(
        of type: Value.Type = Value.self, _ bytes: [UInt8]
    ) throws(MessageError) -> [Value] {
        let reader = try MessageReader(bytes: bytes)
        return reader.json.isNull ? [] : try reader.all(Value.self)
    }

    public static func exchange(_ bytes: [UInt8]) throws(MessageError) -> HyperliquidExchangeAnswer {
        try value(HyperliquidExchangeAnswer.self, bytes)
    }

    public static func universe(perpetual: [UInt8], spot: [UInt8]) throws(MessageError) -> HyperliquidUniverse {
        return try HyperliquidUniverse(
            perpetual: try MessageReader(bytes: perpetual), spot: try MessageReader(bytes: spot))
    }
}
