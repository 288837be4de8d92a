// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import Trading

/// One market of the venue.
public struct HyperliquidMarket: Hashable, Sendable {
    /// The name in messages: `BTC`, `PURR/USDC`, `@107`.
    public var coin: String
    /// The number in orders: the place among the perpetuals, or 10000 and the index of the pair.
    public var assetIndex: Int
    public var isSpot: Bool
    public var sizeDecimals: Int
    /// 1 for spot.
    public var maximumLeverage: Int64
    public var isOnlyIsolated: Bool
    public var isDelisted: Bool
    public var base: String
    public var quote: String

    /// As configurations write it: `BTC/USDC:USDC` for a perpetual, `HYPE/USDC` for spot.
    public var symbol: String { isSpot ? "\(base)/\(quote)" : "\(base)/\(quote):\(quote)" }
    /// The most decimals a price may have.
    public var priceDecimals: Int { max(0, (isSpot ? 8 : 6) - sizeDecimals) }
}

/// Every market of the venue, delisted ones too: they keep their number.
public struct HyperliquidUniverse: Hashable, Sendable {
    public private(set) var markets: [HyperliquidMarket] = []
    /// The names of the tokens by their index.
    public private(set) var tokens: [Int64: String] = [:]
    private var byCoin: [String: Int] = [:]
    private var byAsset: [Int: Int] = [:]
    private var bySymbol: [String: Int] = [:]

    /// - Parameters:
    ///   - perpetual: `meta`, or `metaAndAssetCtxs`.
    ///   - spot: `spotMeta`, or `spotMetaAndAssetCtxs`; `nil` where spot is not traded.
    public init(perpetual: MessageReader?, spot: MessageReader?) throws(MessageError) {
        if let spot { try readTokens(try Self.meta(spot)) }
        if let perpetual { try readPerpetual(try Self.meta(perpetual)) }
        if let spot { try readSpot(try Self.meta(spot)) }
    }

    public subscript(coin coin: String) -> HyperliquidMarket? { byCoin[coin].map { markets[$0] } }
    public subscript(asset index: Int) -> HyperliquidMarket? { byAsset[index].map { markets[$0] } }
    /// By `BTC/USDC:USDC` or `HYPE/USDC`; of several of one name the first that is not delisted.
    public subscript(symbol symbol: String) -> HyperliquidMarket? { bySymbol[symbol].map { markets[$0] } }

    /// Answers with contexts are a pair whose first part is the answer without them.
    private static func meta(_ message: MessageReader) throws(MessageError) -> MessageReader {
        guard message.json.kind == .array else { return message }
        guard let first = message.json[0] else {
            throw MessageError(field: "universe", problem: .missing, value: message.json.text)
        }
        return MessageReader(first, path: "[0]")
    }

    private static func sizeDecimals(_ entry: MessageReader) throws(MessageError) -> Int {
        let decimals = try entry.integer("szDecimals")
        guard (0...18).contains(decimals) else {
            throw MessageError(field: entry.name("szDecimals"), problem: .outOfRange, value: String(decimals))
        }
        return Int(decimals)
    }

    private mutating func readPerpetual(_ meta: MessageReader) throws(MessageError) {
        let collateral = try meta.optionalInteger("collateralToken").flatMap { tokens[$0] } ?? "USDC"
        for (index, entry) in try meta.list("universe").enumerated() {
            let coin = try entry.text("name")
            add(
                HyperliquidMarket(
                    coin: coin, assetIndex: index, isSpot: false, sizeDecimals: try Self.sizeDecimals(entry),
                    maximumLeverage: try entry.optionalInteger("maxLeverage") ?? 1,
                    isOnlyIsolated: try entry.flag("onlyIsolated"), isDelisted: try entry.flag("isDelisted"),
                    base: coin, quote: collateral))
        }
    }

    private mutating func readTokens(_ meta: MessageReader) throws(MessageError) {
        for token in try meta.list("tokens") { tokens[try token.integer("index")] = try token.text("name") }
    }

    private mutating func readSpot(_ meta: MessageReader) throws(MessageError) {
        var decimals: [Int64: Int] = [:]
        for token in try meta.list("tokens") { decimals[try token.integer("index")] = try Self.sizeDecimals(token) }
        for pair in try meta.list("universe") {
            let index = try pair.integer("index")
            let sides = try pair.list("tokens")
            guard (0...1_000_000).contains(index), sides.count == 2, let base = sides[0].json.integer,
                let quote = sides[1].json.integer, let baseName = tokens[base], let quoteName = tokens[quote],
                let sizeDecimals = decimals[base]
            else {
                throw MessageError(
                    field: pair.name("tokens"), problem: .wrongType(expected: "two tokens of the list"),
                    value: pair.json.text)
            }
            add(
                HyperliquidMarket(
                    coin: try pair.text("name"), assetIndex: 10_000 + Int(index), isSpot: true,
                    sizeDecimals: sizeDecimals, maximumLeverage: 1, isOnlyIsolated: false, isDelisted: false,
                    base: baseName, quote: quoteName))
        }
    }

    private mutating func add(_ market: HyperliquidMarket) {
        let place = markets.count
        markets.append(market)
        if byCoin[market.coin] == nil { byCoin[market.coin] = place }
        if byAsset[market.assetIndex] == nil { byAsset[market.assetIndex] = place }
        if let other = bySymbol[market.symbol], !markets[other].isDelisted || market.isDelisted { return }
        bySymbol[market.symbol] = place
    }

    /// The market as an instrument: at most five significant digits, whole prices always, at least ten dollars an order.
    public static func instrument(
        for market: HyperliquidMarket, id: InstrumentID, venue: String = "hyperliquid", base: AssetID, quote: AssetID,
        makerFee: Rate, takerFee: Rate
    ) throws(Instrument.DefinitionError) -> Instrument {
        let rules = TradingRules(
            tick: .significant(digits: 5, decimals: market.priceDecimals), lot: 1,
            minimumQuantity: Quantity(units: 1), minimumNotional: Amount(whole: 10), makerFee: makerFee,
            takerFee: takerFee)
        return try Instrument(
            id: id, symbol: market.symbol, venue: venue, kind: market.isSpot ? .spot : .linearPerpetual,
            base: base, quote: quote, settlement: quote, priceDecimals: market.priceDecimals,
            quantityDecimals: market.sizeDecimals, marginTiers: tiers(market), rules: [(.distantPast, rules)])
    }

    /// Half of the initial margin at the highest leverage is kept as maintenance margin.
    private static func tiers(_ market: HyperliquidMarket) -> [MarginTier] {
        guard !market.isSpot, (1...1_000).contains(market.maximumLeverage) else { return [] }
        return [
            MarginTier(
                upToNotional: nil, maintenanceRate: Rate(units: Rate.one / (2 * market.maximumLeverage)),
                maximumLeverage: market.maximumLeverage)
        ]
    }
}
