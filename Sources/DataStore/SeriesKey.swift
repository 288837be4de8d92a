// SPDX-License-Identifier: Apache-2.0

public import MarketData
public import Trading

/// Which series: what of which symbol on which venue.
public struct SeriesKey: Hashable, Sendable, CustomStringConvertible {
    public let venue: String
    public let symbol: String
    public let kind: SeriesKind
    /// For bars only.
    public let timeframe: Timeframe?

    /// Names must have 1 to 100 bytes, with no control characters; upper and lower case differ.
    public init(
        venue: String, symbol: String, kind: SeriesKind = .bars, timeframe: Timeframe? = nil
    ) throws(StoreError) {
        for (what, name) in [("venue", venue), ("symbol", symbol)] {
            guard !name.isEmpty, name.utf8.count <= 100, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw StoreError(
                    .badName, path: printable(name.utf8), problem: "this is no name for a \(what)",
                    advice: "Use 1 to 100 bytes without control characters.")
            }
        }
        guard (kind == .bars) == (timeframe != nil) else {
            throw StoreError(
                .badName, path: "\(venue) \(symbol)",
                problem: kind == .bars ? "bars need a timeframe" : "\(kind.name) have no timeframe",
                advice: "Name a timeframe for bars, and only for bars.")
        }
        self.venue = venue
        self.symbol = symbol
        self.kind = kind
        self.timeframe = timeframe
    }

    /// `binance-spot BTCUSDT bars 1m`
    public var description: String {
        "\(venue) \(symbol) \(kind.name)" + (timeframe.map { " \($0)" } ?? "")
    }

    /// The file's place below the store's folder: `binance-spot/BTCUSDT/bars-1m.apus`.
    public var relativePath: String { "\(folder)/\(fileName)" }

    var folder: String { "\(Self.escaped(venue))/\(Self.escaped(symbol))" }

    var fileName: String { kind.name + (timeframe.map { "-\($0)" } ?? "") + ".apus" }

    /// Letters, digits, `-`, `_` and inner dots stay; every other byte becomes `%XX`, so that no symbol leaves its folder.
    static func escaped(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x2E where !result.isEmpty:
                result += "."
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
