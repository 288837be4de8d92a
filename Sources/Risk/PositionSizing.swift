// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How large a position may become. What is `nil` is not used.
///
/// The share of the equity is the smallest of the ceilings (fixed fraction, volatility, Kelly) times all factors
/// (confidence, correlation, regime), each of them between 0 and 1: switching a part on never makes a position larger.
public struct SizingSettings: Hashable, Sendable {
    /// Of the equity, as notional. Always used.
    public var fixedFraction = 0.10
    /// Of the equity, lost where the price moves against the position by `atrMultiple` × ATR.
    public var volatilityRisk: Double?
    public var atrMultiple = 2.0
    public var kelly: Kelly?
    public var usesConfidence = true
    /// What is left beside a position that moves exactly the same; 1: correlation changes nothing.
    public var correlatedShare: Double?

    /// By the outcome of recent trades.
    public struct Kelly: Hashable, Sendable {
        /// Of the full Kelly share.
        public var fraction = 0.5
        /// Of the equity, at risk at most.
        public var maximumRisk = 0.02
        /// With fewer trades it says nothing.
        public var minimumTrades = 30
        public init() {}
    }

    public init() {}

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        for (key, share) in [
            ("fixed_fraction", fixedFraction), ("volatility_risk", volatilityRisk ?? fixedFraction),
            ("kelly.fraction", kelly?.fraction ?? 1), ("kelly.maximum_risk", kelly?.maximumRisk ?? 1),
        ] where !(share > 0 && share <= 1) {
            found.append("\(key) must be above 0 and at most 1, was \(share).")
        }
        if let correlatedShare, !(correlatedShare >= 0 && correlatedShare <= 1) {
            found.append("correlated_share must be from 0 to 1, was \(correlatedShare).")
        }
        if !(atrMultiple > 0 && atrMultiple <= 100) {
            found.append("atr_multiple must be above 0 and at most 100, was \(atrMultiple).")
        }
        if let kelly, kelly.minimumTrades < 2 {
            found.append("kelly.minimum_trades must be at least 2, was \(kelly.minimumTrades).")
        }
        return found
    }
}

/// What is known when a position is to be opened. What is `nil` is not known.
public struct SizingInput: Hashable, Sendable {
    public var price: Double
    /// In price units of the quote, as `price`.
    public var atr: Double?
    /// How far the stop is from the price; `nil`: `atrMultiple` × ATR.
    public var stopDistance: Double?
    /// In [0, 1].
    public var confidence: Double
    public var recentTrades: RecentTrades?
    /// The largest correlation with anything that is held in the same sense (negated where one of the two is short); 1
    /// where it was not measured. `nil`: nothing is held.
    public var correlation: Double?
    /// What the market's regime leaves of a position, in [0, 1]; above 1 counts as 1, so that no regime sizes above normal.
    public var regimeShare: Double

    /// Wins ÷ trades, and gross profit ÷ gross loss.
    public struct RecentTrades: Hashable, Sendable {
        public var count: Int
        public var winRate: Double
        public var profitFactor: Double
        public init(count: Int, winRate: Double, profitFactor: Double) {
            self.count = count
            self.winRate = winRate
            self.profitFactor = profitFactor
        }
    }

    public init(
        price: Double, atr: Double? = nil, stopDistance: Double? = nil, confidence: Double = 1,
        recentTrades: RecentTrades? = nil, correlation: Double? = nil, regimeShare: Double = 1
    ) {
        self.price = price
        self.atr = atr
        self.stopDistance = stopDistance
        self.confidence = confidence
        self.recentTrades = recentTrades
        self.correlation = correlation
        self.regimeShare = regimeShare
    }
}

/// One number that a result is made of, and why.
public struct RiskFactor: Hashable, Sendable, CustomStringConvertible {
    public enum Role: Hashable, Sendable {
        /// The result is at most this.
        case ceiling
        /// The result is multiplied with this.
        case factor
        /// It has no say: the reason tells why.
        case unused
    }
    public let name: String
    public let role: Role
    public let value: Double
    public let reason: String

    public init(_ name: String, _ role: Role, _ value: Double, _ reason: String) {
        self.name = name
        self.role = role
        self.value = value
        self.reason = reason
    }

    public var description: String {
        switch role {
        case .ceiling: "\(name): at most \(value), \(reason)"
        case .factor: "\(name): × \(value), \(reason)"
        case .unused: "\(name): not used, \(reason)"
        }
    }
}

/// How large a position may be, and what made it so.
public struct PositionSize: Hashable, Sendable {
    /// Of the equity, as notional; rounded down to 10⁻⁹.
    public let share: Rate
    /// In the order they were looked at.
    public let factors: [RiskFactor]

    /// In the base currency; `nil` where it cannot be held.
    public func notional(of equity: Amount) -> Amount? { share.of(max(equity, .zero)) }
}

/// Why nothing can be sized by these settings.
public struct SizingError: Error, Hashable, CustomStringConvertible {
    public let problems: [String]
    public var description: String { problems.joined(separator: " ") }
}

/// Sizes positions. Pure: equal inputs give equal sizes.
public struct PositionSizing: Hashable, Sendable {
    public let settings: SizingSettings

    /// - Throws: where the settings contradict themselves, with the keys.
    public init(_ settings: SizingSettings) throws(SizingError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw SizingError(problems: problems) }
        self.settings = settings
    }

    /// The share of the equity that a position may have. Whatever is needed and is not a sensible number makes it zero,
    /// and the factor says so.
    public func size(_ input: SizingInput) -> PositionSize {
        var factors = [RiskFactor("fixed fraction", .ceiling, settings.fixedFraction, "as configured")]
        guard input.price.isFinite, input.price > 0 else {
            return none(factors + [RiskFactor("price", .factor, 0, "\(input.price) is no price")])
        }
        if let risk = settings.volatilityRisk { factors.append(volatility(input, risk)) }
        if let kelly = settings.kelly { factors.append(self.kelly(input, kelly)) }
        if settings.usesConfidence { factors.append(confidence(input)) }
        if let share = settings.correlatedShare { factors.append(correlation(input, share)) }
        factors.append(regime(input))
        var ceiling = 1.0
        var product = 1.0
        for factor in factors {
            switch factor.role {
            case .ceiling: ceiling = min(ceiling, factor.value)
            case .factor: product *= factor.value
            case .unused: break
            }
        }
        // A hair more, so that a quarter that Double misses by its last bit stays a quarter.
        return PositionSize(
            share: Rate(units: Int64((ceiling * product * 1e9 + 1e-3).rounded(.down))), factors: factors)
    }

    private func none(_ factors: [RiskFactor]) -> PositionSize { PositionSize(share: .zero, factors: factors) }

    // MARK: Ceilings

    private func volatility(_ input: SizingInput, _ risk: Double) -> RiskFactor {
        let name = "volatility"
        guard let atr = input.atr, atr.isFinite, atr > 0 else {
            return RiskFactor(name, .ceiling, 0, "\(noRange(input.atr)), so nothing says how far the price may move")
        }
        let distance = settings.atrMultiple * atr / input.price
        return RiskFactor(
            name, .ceiling, min(1, risk / distance),
            "\(percent(risk)) of the equity is lost when the price moves \(percent(distance)) "
                + "(\(text(settings.atrMultiple)) × ATR)")
    }

    private func kelly(_ input: SizingInput, _ kelly: SizingSettings.Kelly) -> RiskFactor {
        let name = "Kelly"
        guard let trades = input.recentTrades, trades.count >= kelly.minimumTrades else {
            return RiskFactor(
                name, .unused, 0,
                "\(input.recentTrades?.count ?? 0) trades say nothing yet, \(kelly.minimumTrades) are needed")
        }
        guard trades.winRate >= 0, trades.winRate <= 1, trades.profitFactor >= 0 else {
            return RiskFactor(
                name, .ceiling, 0,
                "win rate \(trades.winRate) and profit factor \(trades.profitFactor) are no sensible numbers")
        }
        guard let distance = stopShare(input) else {
            return RiskFactor(name, .ceiling, 0, "\(noRange(input.stopDistance ?? input.atr)), so a loss has no size")
        }
        // With payoff ratio b = F (1 − p) ÷ p, p − (1 − p) ÷ b is p (1 − 1 ÷ F). Without a loss yet F is infinite.
        let full = trades.profitFactor > 0 ? trades.winRate * (1 - 1 / trades.profitFactor) : -1
        guard full > 0 else {
            return RiskFactor(
                name, .ceiling, 0,
                "win rate \(percent(trades.winRate)) with profit factor \(text(trades.profitFactor)) is no edge")
        }
        let risk = min(kelly.maximumRisk, full * kelly.fraction)
        return RiskFactor(
            name, .ceiling, min(1, risk / distance),
            "win rate \(percent(trades.winRate)) and profit factor \(text(trades.profitFactor)) of \(trades.count) "
                + "trades make \(percent(full)), of which \(percent(risk)) is risked at \(percent(distance))")
    }

    /// How much of its worth a position loses at its stop.
    private func stopShare(_ input: SizingInput) -> Double? {
        let distance = input.stopDistance ?? input.atr.map { $0 * settings.atrMultiple }
        guard let distance, distance.isFinite, distance > 0 else { return nil }
        return distance / input.price
    }

    // MARK: Factors

    private func confidence(_ input: SizingInput) -> RiskFactor {
        guard input.confidence >= 0, input.confidence <= 1 else {
            return RiskFactor("confidence", .factor, 0, "\(input.confidence) is not from 0 to 1")
        }
        return RiskFactor("confidence", .factor, input.confidence, "of the signal")
    }

    private func correlation(_ input: SizingInput, _ share: Double) -> RiskFactor {
        guard let correlation = input.correlation else {
            return RiskFactor("correlation", .unused, 1, "nothing is held beside it")
        }
        // Not measured, or nonsense, counts as moving the same.
        let value = correlation >= -1 && correlation <= 1 ? max(0, correlation) : 1
        return RiskFactor(
            "correlation", .factor, 1 - (1 - share) * value, "it moves \(text(value)) with what is held")
    }

    private func regime(_ input: SizingInput) -> RiskFactor {
        guard input.regimeShare >= 0, input.regimeShare.isFinite else {
            return RiskFactor("regime", .factor, 0, "its share \(input.regimeShare) is no sensible number")
        }
        let value = min(1, input.regimeShare)
        return RiskFactor("regime", .factor, value, "of the normal size, by the market's regime")
    }

    private func noRange(_ value: Double?) -> String { value.map { "the range is \($0)" } ?? "no range is known" }
}

/// Three decimals at most, for reasons that people read.
func text(_ value: Double) -> String { DecimalText.rounded(value, decimals: 3, minimumDecimals: 0) }

func percent(_ share: Double) -> String { text(share * 100) + " %" }
