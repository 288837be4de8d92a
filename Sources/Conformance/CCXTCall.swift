// SPDX-License-Identifier: Apache-2.0

internal import Hyperliquid
internal import JSON

/// One call of ccxt's unified interface with its arguments.
struct CCXTCall {
    /// Lower-case, without underscores.
    let name: String
    let arguments: [JSONValue]
    let markets: [CCXTMarket]
    let expected: JSONValue?
    let options: JSONValue?
    let walletAddress: String
    let nonce: UInt64
    let now: Int64

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// The argument in this place; `nil` where it is absent or `null`.
    func argument(_ index: Int) -> JSONValue? {
        guard index < arguments.count, !arguments[index].isNull else { return nil }
        return arguments[index]
    }

    func text(_ index: Int, _ name: String) throws -> String {
        guard let value = argument(index), let text = value.word else {
            throw Problem(description: "the call has no \(name)")
        }
        return text
    }

    /// The last argument where it is an object: what goes beyond the unified interface.
    var parameters: JSONValue? { arguments.last.flatMap { $0.kind == .object ? $0 : nil } }

    func parameter(_ names: String...) -> JSONValue? {
        for name in names {
            if let value = parameters?[name], !value.isNull { return value }
        }
        for name in names {
            if let value = options?[name], !value.isNull { return value }
        }
        return nil
    }

    /// With `0x`, in lower case where it is signed.
    var vault: String? {
        guard let text = parameter("vaultAddress", "subAccountAddress")?.string else { return nil }
        return text.hasPrefix("0x") ? text : "0x" + text
    }

    var user: String { parameter("user", "subAccountAddress", "address")?.string ?? walletAddress }

    func market(_ symbol: String) -> CCXTMarket { CCXTMarket.find(symbol, in: markets, expected: expected) }

    func decimal(_ value: JSONValue?, _ name: String) throws -> ExactDecimal {
        guard let value, let number = ExactDecimal(value.word ?? "") else {
            throw Problem(description: "'\(name)' is no number: \(value?.text ?? "nothing")")
        }
        return number
    }
}

extension JSONValue {
    /// A text, or a number as it is written.
    var word: String? { string ?? numberText }
}
