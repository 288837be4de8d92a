// SPDX-License-Identifier: Apache-2.0

public import Trading

/// An option as a venue lists it.
public struct ListedOption: Hashable, Sendable {
    public var right: OptionRight
    public var strike: Double
    /// Units of the underlying that one contract stands for: 1 BTC or 1 ETH on Deribit.
    public var contractSize: Double
    /// Contracts in the smallest step of quantity: 0.1 for BTC and 1 for ETH on Deribit.
    public var lot: Double
    /// Quoted, paid and settled in the underlying itself (Deribit's BTC and ETH options), not in the quote currency.
    public var isInverse: Bool
    /// For one unit of the underlying, in the asset that it is quoted in.
    public var bid: Double?
    public var ask: Double?

    public init(
        _ right: OptionRight, strike: Double, contractSize: Double = 1, lot: Double = 0.1, isInverse: Bool = true,
        bid: Double? = nil, ask: Double? = nil
    ) {
        self.right = right
        self.strike = strike
        self.contractSize = contractSize
        self.lot = lot
        self.isInverse = isInverse
        self.bid = bid
        self.ask = ask
    }

    /// Units of the underlying in one lot.
    public var unitsPerLot: Double { contractSize * lot }

    /// What one unit of the underlying is paid out at expiry, in the asset that the option settles in.
    ///
    /// An inverse put pays `(strike − price) ÷ price` of the coin: converted at that price it is `strike − price`, and
    /// kept it falls with the coin.
    public func payout(at price: Double) -> Double {
        let worth = max(0, right == .call ? price - strike : strike - price)
        guard isInverse else { return worth }
        return price > 0 ? worth / price : 0
    }
}

/// Options beside a position that bound what it may lose, and with a collar what it may win.
public struct OptionHedge: Hashable, Sendable {
    /// One option, in lots; negative: sold.
    public struct Leg: Hashable, Sendable {
        public let option: ListedOption
        public let lots: Int64
        public var contracts: Double { Double(lots) * option.lot }
    }
    public let legs: [Leg]
    /// Units of the underlying that are protected, and those that are not: lots are rounded down, so that protection is
    /// never a position of its own.
    public let covered: Double
    public let uncovered: Double
    /// In the asset that the options are quoted in; negative: received.
    public let premium: Double
    /// The same in the quote currency at the price of now.
    public let premiumInQuote: Double
    /// What one covered unit is worth at worst at expiry, in the quote currency, premium included: the lowest price for
    /// a long position, the highest for a short one. It assumes that an inverse payout is converted at expiry.
    public let worstPrice: Double
    /// At best; `nil`: unbounded.
    public let bestPrice: Double?
    /// Whether the payout is in the underlying itself.
    public let isInverse: Bool

    /// Protects a position with one bought option: a put for a long one, a call for a short one.
    ///
    /// - Parameters:
    ///   - position: Units of the underlying, signed.
    ///   - coverage: The share of it to protect.
    ///   - spot: The underlying's price.
    /// - Throws: `wrongRight`, `belowOneLot`, `badNumber` (also where there is no ask).
    public init(
        protecting position: Double, with option: ListedOption, coverage: Double = 1, spot: Double
    ) throws(HedgeError) {
        try self.init(position, option, sold: nil, coverage, spot)
    }

    /// A collar: the bought option, paid for by a sold one on the other side of the price. Of those whose bid brings the
    /// cost to what is allowed, the one that leaves most to win is taken.
    ///
    /// - Parameters:
    ///   - candidates: Calls above the price for a long position, puts below it for a short one; others are left out.
    ///   - allowedPremium: For one unit, in the asset of the quotes; 0: a collar that costs nothing.
    /// - Throws: `tooExpensive`, `noCandidates`; as for a single option.
    public init(
        collaring position: Double, with option: ListedOption, selling candidates: [ListedOption],
        allowedPremium: Double = 0, coverage: Double = 1, spot: Double
    ) throws(HedgeError) {
        guard let ask = option.ask, ask >= 0, ask.isFinite else {
            throw .badNumber(name: "ask", value: option.ask ?? .nan)
        }
        let isLong = position > 0
        let sellable = candidates.filter {
            $0.right != option.right && $0.isInverse == option.isInverse && $0.contractSize == option.contractSize
                && $0.lot == option.lot && (isLong ? $0.strike > spot : $0.strike < spot && $0.strike > 0)
                && ($0.bid ?? 0) > 0 && ($0.bid ?? 0).isFinite
        }
        guard let dearest = sellable.map({ $0.bid ?? 0 }).max() else { throw .noCandidates }
        let paying = sellable.filter { ask - ($0.bid ?? 0) <= allowedPremium }
        let farthest = isLong ? paying.max { $0.strike < $1.strike } : paying.min { $0.strike < $1.strike }
        guard let sold = farthest else { throw .tooExpensive(netPremium: ask - dearest, allowed: allowedPremium) }
        try self.init(position, option, sold: sold, coverage, spot)
    }

    private init(
        _ position: Double, _ option: ListedOption, sold: ListedOption?, _ coverage: Double, _ spot: Double
    ) throws(HedgeError) {
        guard position.isFinite, position != 0 else { throw .badNumber(name: "position", value: position) }
        guard coverage > 0, coverage <= 1 else { throw .badNumber(name: "coverage", value: coverage) }
        for (name, value) in [
            ("price", spot), ("strike", option.strike), ("contract size", option.contractSize), ("lot", option.lot),
        ] where !(value > 0 && value.isFinite) {
            throw .badNumber(name: name, value: value)
        }
        guard let ask = option.ask, ask >= 0, ask.isFinite else {
            throw .badNumber(name: "ask", value: option.ask ?? .nan)
        }
        let isLong = position > 0
        guard option.right == (isLong ? .put : .call) else { throw .wrongRight(option.right) }
        // A hair more, so that 0.3 is three lots of 0.1.
        let wanted = position.magnitude * coverage / option.unitsPerLot * (1 + 1e-12)
        guard wanted < 9e15 else { throw .badNumber(name: "position", value: position) }
        let lots = Int64(wanted)
        guard lots > 0 else { throw .belowOneLot(position: position.magnitude * coverage, lot: option.unitsPerLot) }
        covered = min(Double(lots) * option.unitsPerLot, position.magnitude)
        uncovered = position.magnitude - covered
        let net = ask - (sold?.bid ?? 0)
        premium = net * covered
        let netInQuote = option.isInverse ? net * spot : net
        premiumInQuote = netInQuote * covered
        worstPrice = isLong ? option.strike - netInQuote : option.strike + netInQuote
        bestPrice = sold.map { isLong ? $0.strike - netInQuote : $0.strike + netInQuote }
        isInverse = option.isInverse
        legs = [Leg(option: option, lots: lots)] + (sold.map { [Leg(option: $0, lots: -lots)] } ?? [])
    }
}
