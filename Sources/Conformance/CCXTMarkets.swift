// SPDX-License-Identifier: Apache-2.0

internal import Hyperliquid
internal import JSON

/// The markets that the cases of ccxt were made with, as their notes say; the files do not carry them.
struct CCXTMarket {
    var symbol: String
    var coin: String
    var asset: Int64
    var sizeDecimals: Int
    var isSpot: Bool { asset >= 10_000 && asset < 100_000 }
    /// The builder's exchange in a name such as `xyz:XYZ100`; `nil` for the venue's own markets.
    var dex: String? { coin.firstIndex(of: ":").map { String(coin[..<$0]) } }

    private static func perpetual(_ base: String, _ asset: Int64, _ sizeDecimals: Int) -> CCXTMarket {
        CCXTMarket(symbol: "\(base)/USDC:USDC", coin: base, asset: asset, sizeDecimals: sizeDecimals)
    }

    private static let common = [
        perpetual("BTC", 0, 5), perpetual("ETH", 1, 4),
        CCXTMarket(symbol: "PURR/USDC", coin: "PURR/USDC", asset: 10_000, sizeDecimals: 0),
        CCXTMarket(symbol: "HYPE/USDC", coin: "@107", asset: 10_107, sizeDecimals: 2),
    ]
    static let fixture = common + [perpetual("SOL", 5, 2), perpetual("MEME", 75, 0), perpetual("HYPE", 159, 2)]
    static let generated =
        common + [
            perpetual("ATOM", 2, 2), perpetual("DYDX", 3, 1), perpetual("SOL", 4, 2), perpetual("DOGE", 5, 0),
            perpetual("kPEPE", 6, 0), perpetual("HYPE", 7, 2),
        ]

    /// A market by its symbol. For one that the notes do not name, the number and the decimals that the expected
    /// request itself shows are taken, so that the rest of the case is still judged.
    static func find(_ symbol: String, in markets: [CCXTMarket], expected: JSONValue?) -> CCXTMarket {
        let wanted = symbol.lowercased()
        if let market = markets.first(where: { $0.symbol.lowercased() == wanted || $0.coin.lowercased() == wanted }) {
            return market
        }
        let base = String(symbol.prefix { $0 != "/" })
        let isSpot = !symbol.contains(":")
        let coin =
            isSpot ? expected?["coin"]?.string ?? expected?["req"]?["coin"]?.string ?? base : perpetualCoin(base)
        let order = expected.flatMap { Self.firstOrder(in: $0) }
        let size = order?["s"]?.string.flatMap { ExactDecimal($0) }
        return CCXTMarket(
            symbol: symbol, coin: coin, asset: order?["a"]?.integer ?? order?["asset"]?.integer ?? -1,
            sizeDecimals: size?.decimals ?? 0)
    }

    /// ccxt calls the coin `xyz:XYZ100` of a builder's exchange `XYZ-XYZ100`.
    private static func perpetualCoin(_ base: String) -> String {
        guard let hyphen = base.firstIndex(of: "-") else { return base }
        return base[..<hyphen].lowercased() + ":" + base[base.index(after: hyphen)...]
    }

    private static func firstOrder(in body: JSONValue) -> JSONValue? {
        let action = body["action"] ?? body
        return action["orders"]?[0] ?? action["cancels"]?[0] ?? action["modifies"]?[0]?["order"] ?? action["twap"]
            ?? action
    }
}

/// Numbers as ccxt rounds them: to the nearest, halves away from zero.
enum CCXTNumber {
    static func rounded(_ value: ExactDecimal, decimals: Int) -> ExactDecimal {
        guard value.decimals > decimals else { return value }
        var divisor: Int128 = 1
        for _ in 0..<min(38, value.decimals - decimals) { divisor *= 10 }
        let magnitude = value.mantissa.magnitude
        var quotient = Int128(magnitude / divisor.magnitude)
        if magnitude % divisor.magnitude >= divisor.magnitude / 2 + divisor.magnitude % 2 { quotient += 1 }
        return ExactDecimal(mantissa: value.isNegative ? -quotient : quotient, decimals: max(0, decimals))
    }

    /// At most five digits, or as many as the whole part has; then at most the market's decimals.
    static func price(_ value: ExactDecimal, _ market: CCXTMarket) -> String {
        let text = value.description
        let digits = Array(text.utf8.drop { $0 == UInt8(ascii: "-") })
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }
        var decimals = 5 - whole.count
        if whole.elementsEqual([48]) {
            let zeros = digits.dropFirst(2).prefix { $0 == 48 }.count
            decimals = 5 + zeros
        }
        let most = max(0, (market.isSpot ? 8 : 6) - market.sizeDecimals)
        let significant = rounded(value, decimals: max(0, decimals))
        return rounded(significant, decimals: most).description
    }

    static func size(_ value: ExactDecimal, _ market: CCXTMarket) -> String {
        rounded(value, decimals: market.sizeDecimals).description
    }

    static func product(_ left: ExactDecimal, _ right: ExactDecimal) -> ExactDecimal? {
        let (product, overflow) = left.mantissa.multipliedReportingOverflow(by: right.mantissa)
        let decimals = left.decimals + right.decimals
        return overflow || decimals > 60 ? nil : ExactDecimal(mantissa: product, decimals: decimals)
    }
}
