// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What kind of contract a market is.
public enum MarketKind: String, Sendable, Hashable, CaseIterable {
    case spot
    case linearPerpetual = "linear_perpetual"
    case inversePerpetual = "inverse_perpetual"
    case future
    case option
}

/// A market that a name stands for on an exchange.
public struct ResolvedMarket: Sendable, Hashable {
    /// The exchange as the configuration names it; `generic` where none is named.
    public let exchange: String
    /// As written by the user.
    public let written: String
    /// The exchange's own name: `ETH` (Hyperliquid perpetual), `ETHUSDT`, `ETH-USDT-SWAP`.
    public let symbol: String
    /// The name that is the same on every exchange, in the notation of ccxt: `ETH/USDT`, `ETH/USDT:USDT`.
    public let unified: String
    public let base: String
    public let quote: String
    /// The asset in which profits are paid; the quote asset for spot.
    public let settlement: String
    public let kind: MarketKind

    /// The least that an opening order must be worth in the quote asset, where the venue asks for the same everywhere.
    ///
    /// Source: Hyperliquid documentation, error responses ("Order must have minimum value of $10."), read 2026-11.
    public var minimumNotional: Amount { exchange == "hyperliquid" ? Amount(whole: 10) : .zero }

    /// Whether a key of `data.sources` or `instruments` means this market.
    public func isNamed(_ key: String) -> Bool {
        key == written || (try? SymbolMap.resolve(exchange: exchange, market: key))?.unified == unified
    }
}

/// Why a market's name could not be understood, and what to write instead.
public struct SymbolError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

/// What a market's name means on each exchange. `Documentation/symbols.md` is this map in words.
public enum SymbolMap {
    /// Assets that a name without separators may end with, longest first, then the more common first.
    static let quoteAssets = [
        "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDE", "BTC", "ETH", "BNB", "USD", "EUR", "GBP", "JPY", "DAI",
    ]

    static let exchangeChoices: [ValueType.Choice] = [
        .init("generic", "no exchange in particular: spot, named like ETHUSDT, ETH-USDT or ETH/USDT"),
        .init("binance", "ETHUSDT is spot, ETH/USDT:USDT the USD-M perpetual"),
        .init("bybit", "ETHUSDT is spot, ETH/USDT:USDT the linear perpetual, ETHPERP the USDC one"),
        .init("okx", "ETH-USDT is spot, ETH-USDT-SWAP the perpetual, ETH-USD-SWAP the inverse one"),
        .init("coinbase", "ETH-USD is spot"),
        .init("hyperliquid", "ETH-USD is the perpetual ETH, ETH-USDC is spot"),
        .init("dydx", "ETH-USD is the perpetual, settled in USDC"),
    ]

    /// The names of all exchanges in the map.
    public static var exchanges: [String] { exchangeChoices.map(\.name) }

    /// Finds the market that `market` names on `exchange`.
    ///
    /// - Parameters:
    ///   - exchange: One of `exchanges`, letter case ignored; `nil` means `generic`.
    ///   - market: The exchange's own name, or the notation of ccxt, which every exchange takes.
    /// - Throws: An error that says what to write, for an unknown exchange or a name that fits no pattern.
    public static func resolve(exchange: String?, market: String) throws(SymbolError) -> ResolvedMarket {
        let venue = (exchange ?? "generic").lowercased()
        guard exchanges.contains(venue) else {
            let near = Suggestion.nearest(to: venue, among: exchanges).map { " Did you mean '\($0)'?" } ?? ""
            throw SymbolError(
                description:
                    "The exchange \(venue.inMessage) is not known.\(near) Known are \(exchanges.joined(separator: ", ", last: " and "))."
            )
        }
        guard TextRule.symbol.allows(market) else {
            throw SymbolError(description: "\(market.inMessage) is not the name of a market. \(advice(venue))")
        }
        guard let parts = parts(of: market, on: venue), let found = resolved(parts, written: market, on: venue) else {
            throw SymbolError(description: "\(market.inMessage) is not understood on \(venue). \(advice(venue))")
        }
        return found
    }

    private static func advice(_ venue: String) -> String {
        let examples =
            switch venue {
            case "binance": "ETHUSDT (spot) or ETH/USDT:USDT (perpetual)"
            case "bybit": "ETHUSDT (spot) or ETH/USDT:USDT (perpetual)"
            case "okx": "ETH-USDT (spot), ETH-USDT-SWAP (perpetual) or ETH-USD-SWAP (inverse perpetual)"
            case "coinbase": "ETH-USD"
            case "hyperliquid": "ETH-USD (perpetual) or ETH-USDC (spot)"
            case "dydx": "ETH-USD"
            default: "ETH-USDT, ETH/USDT or ETHUSDT, or give its base and quote under 'instruments'"
            }
        return "Write \(examples)."
    }

    private struct Parts {
        var base: String
        var quote: String
        var settlement: String? = nil
        var kind: MarketKind = .spot
    }

    private static func parts(of market: String, on venue: String) -> Parts? {
        // Hyperliquid's kPEPE, a thousand PEPE, is the one kind of name with a small letter in it.
        let isThousands = venue == "hyperliquid" && market.first == "k" && market.dropFirst().first?.isUppercase == true
        let name = isThousands ? "k" + market.dropFirst().uppercased() : market.uppercased()
        if name.contains(":") { return unifiedParts(name) }
        let words = name.split(whereSeparator: { "-/_".contains($0) }, keepingEmpty: true)
        guard words.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isLetterOrDigit) }) else { return nil }
        switch (venue, words.count) {
        case ("hyperliquid", 1):
            return Parts(base: words[0], quote: "USD", settlement: "USDC", kind: .linearPerpetual)
        case ("hyperliquid", 2) where words[1] == "USD" || words[1] == "PERP":
            return Parts(base: words[0], quote: "USD", settlement: "USDC", kind: .linearPerpetual)
        case ("dydx", 2) where words[1] == "USD":
            return Parts(base: words[0], quote: "USD", settlement: "USDC", kind: .linearPerpetual)
        case ("dydx", _): return nil
        case ("okx", 3) where words[2] == "SWAP":
            return words[1] == "USD"
                ? Parts(base: words[0], quote: "USD", settlement: words[0], kind: .inversePerpetual)
                : Parts(base: words[0], quote: words[1], settlement: words[1], kind: .linearPerpetual)
        case ("bybit", 1) where words[0].hasSuffix("PERP") && words[0].count > 4:
            return Parts(
                base: String(words[0].dropLast(4)), quote: "USDC", settlement: "USDC", kind: .linearPerpetual)
        case ("bybit", 1) where words[0].hasSuffix("USD") && words[0].count > 3 && quoteSuffix(of: words[0]) == "USD":
            let base = String(words[0].dropLast(3))
            return Parts(base: base, quote: "USD", settlement: base, kind: .inversePerpetual)
        case ("binance", 2) where words[1] == "PERP" && words[0].hasSuffix("USD") && words[0].count > 3:
            let base = String(words[0].dropLast(3))
            return Parts(base: base, quote: "USD", settlement: base, kind: .inversePerpetual)
        case ("okx", 1), ("coinbase", 1): return nil
        case (_, 1):
            guard let quote = quoteSuffix(of: words[0]) else { return nil }
            return Parts(base: String(words[0].dropLast(quote.count)), quote: quote)
        case (_, 2) where words[1] != "PERP":
            return Parts(base: words[0], quote: words[1])
        default: return nil
        }
    }

    /// `BASE/QUOTE:SETTLEMENT`, the notation of ccxt for perpetuals.
    private static func unifiedParts(_ name: String) -> Parts? {
        let sides = name.split(whereSeparator: { $0 == ":" }, keepingEmpty: true)
        guard sides.count == 2 else { return nil }
        let pair = sides[0].split(whereSeparator: { $0 == "/" }, keepingEmpty: true)
        guard pair.count == 2, (pair + [sides[1]]).allSatisfy({ TextRule.asset.allows($0) }), pair[0] != pair[1] else {
            return nil
        }
        return Parts(
            base: pair[0], quote: pair[1], settlement: sides[1],
            kind: sides[1] == pair[0] ? .inversePerpetual : .linearPerpetual)
    }

    private static func quoteSuffix(of name: String) -> String? {
        quoteAssets.first { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
    }

    /// Gives a market its names on its exchange, or `nil` where the exchange has no such kind of market.
    private static func resolved(_ parts: Parts, written: String, on venue: String) -> ResolvedMarket? {
        let (base, quote, kind) = (parts.base, parts.quote, parts.kind)
        guard base != quote else { return nil }
        let settlement = parts.settlement ?? quote
        let symbol: String
        switch (venue, kind) {
        case ("hyperliquid", .linearPerpetual):
            guard settlement == "USDC", quote == "USD" || quote == "USDC" else { return nil }
            return ResolvedMarket(
                exchange: venue, written: written, symbol: base, unified: "\(base)/USD:USDC", base: base, quote: "USD",
                settlement: "USDC", kind: kind)
        case ("hyperliquid", .spot): symbol = "\(base)/\(quote)"
        case ("dydx", .linearPerpetual):
            guard quote == "USD", settlement == "USDC" else { return nil }
            symbol = "\(base)-USD"
        case ("okx", .spot), ("coinbase", .spot): symbol = "\(base)-\(quote)"
        case ("okx", .linearPerpetual), ("okx", .inversePerpetual): symbol = "\(base)-\(quote)-SWAP"
        case ("binance", .inversePerpetual): symbol = "\(base)\(quote)_PERP"
        case ("bybit", .linearPerpetual) where quote == "USDC": symbol = "\(base)PERP"
        case ("hyperliquid", _), ("dydx", _), ("coinbase", _): return nil
        default: symbol = "\(base)\(quote)"
        }
        return ResolvedMarket(
            exchange: venue, written: written, symbol: symbol,
            unified: kind == .spot ? "\(base)/\(quote)" : "\(base)/\(quote):\(settlement)", base: base, quote: quote,
            settlement: settlement, kind: kind)
    }
}

extension String {
    fileprivate func split(whereSeparator isSeparator: (Character) -> Bool, keepingEmpty: Bool) -> [String] {
        split(omittingEmptySubsequences: !keepingEmpty, whereSeparator: isSeparator).map(String.init)
    }
}
