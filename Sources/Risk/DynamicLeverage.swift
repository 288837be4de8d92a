// SPDX-License-Identifier: Apache-2.0

/// How much leverage to use. What is `nil` is not used; every part only lowers it.
public struct LeverageSettings: Hashable, Sendable {
    /// With a calm market, a strong trend and a fresh position.
    public var maximum = 5.0
    /// Never less than this while a position may be held at all.
    public var minimum = 1.0
    /// Volatility (as the caller measures it, such as ATR ÷ price) up to which the maximum is used; twice the volatility
    /// halves the leverage.
    public var targetVolatility: Double?
    /// ADX at and above which a trend is as strong as it needs to be.
    public var strongTrend: Double?
    /// What is left without any trend.
    public var trendlessShare = 0.5
    /// Over which time in a trade the leverage falls, in a straight line, to `agedShare`.
    public var fullAge: Double?
    public var agedShare = 0.5
    /// Share of the equity that is free of margin up to which nothing is lowered; half of it free halves the leverage.
    public var freeMargin: Double?

    public init() {}

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        if !(minimum >= 1 && minimum.isFinite) { found.append("minimum must be at least 1, was \(minimum).") }
        if !(maximum <= 1000 && maximum >= minimum) {
            found.append("maximum must be from minimum (\(minimum)) to 1000, was \(maximum).")
        }
        for (key, value) in [
            ("target_volatility", targetVolatility), ("strong_trend", strongTrend), ("full_age", fullAge),
        ] {
            if let value, !(value > 0 && value.isFinite) { found.append("\(key) must be above 0, was \(value).") }
        }
        for (key, share) in [("trendless_share", trendlessShare), ("aged_share", agedShare)]
        where !(share >= 0 && share <= 1) {
            found.append("\(key) must be from 0 to 1, was \(share).")
        }
        if let freeMargin, !(freeMargin > 0 && freeMargin <= 1) {
            found.append("free_margin must be above 0 and at most 1, was \(freeMargin).")
        }
        return found
    }
}

/// What the leverage of a position depends on. What is `nil` is not known.
public struct LeverageInput: Hashable, Sendable {
    public var volatility: Double?
    /// ADX, from 0 to 100.
    public var trendStrength: Double?
    /// Seconds since the position was opened; 0 for one that is to be opened.
    public var age: Double
    /// Equity that is free of margin, as a share of all.
    public var freeMargin: Double?
    /// What the venue allows for this size.
    public var venueMaximum: Double

    public init(
        volatility: Double? = nil, trendStrength: Double? = nil, age: Double = 0, freeMargin: Double? = nil,
        venueMaximum: Double
    ) {
        self.volatility = volatility
        self.trendStrength = trendStrength
        self.age = age
        self.freeMargin = freeMargin
        self.venueMaximum = venueMaximum
    }
}

/// How much leverage to use, and what made it so.
public struct Leverage: Hashable, Sendable {
    public let value: Double
    /// For venues that take whole numbers: rounded down, at least 1.
    public var whole: Int64 { max(1, Int64(value.rounded(.down))) }
    public let factors: [RiskFactor]
}

/// Works out leverage. Pure: equal inputs give equal results.
public struct DynamicLeverage: Hashable, Sendable {
    public let settings: LeverageSettings

    /// - Throws: where the settings contradict themselves, with the keys.
    public init(_ settings: LeverageSettings) throws(SizingError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw SizingError(problems: problems) }
        self.settings = settings
    }

    /// What is needed and not known, or is no sensible number, lowers the leverage to the minimum, and its factor says so.
    public func leverage(_ input: LeverageInput) -> Leverage {
        let allowed = input.venueMaximum >= 1 ? min(input.venueMaximum, settings.maximum) : 1
        var factors = [
            RiskFactor(
                "maximum", .ceiling, allowed, "configured \(text(settings.maximum)), venue \(text(input.venueMaximum))")
        ]
        func add(_ name: String, _ value: Double?, _ range: ClosedRange<Double>, _ share: (Double) -> (Double, String))
        {
            guard let value, range.contains(value) else {
                factors.append(
                    RiskFactor(name, .factor, 0, value.map { "\($0) is no sensible value" } ?? "it is not known"))
                return
            }
            let (factor, reason) = share(value)
            factors.append(RiskFactor(name, .factor, min(1, max(0, factor)), reason))
        }
        if let target = settings.targetVolatility {
            add("volatility", input.volatility, 0...Double.greatestFiniteMagnitude) {
                ($0 > target ? target / $0 : 1, "\(percent($0)), and up to \(percent(target)) is calm")
            }
        }
        if let strong = settings.strongTrend {
            add("trend", input.trendStrength, 0...100) {
                let share = min(1, $0 / strong)
                return (
                    settings.trendlessShare + (1 - settings.trendlessShare) * share,
                    "strength \(text($0)), and \(text(strong)) is strong"
                )
            }
        }
        if let full = settings.fullAge {
            add("age", input.age, 0...Double.greatestFiniteMagnitude) {
                (1 - (1 - settings.agedShare) * min(1, $0 / full), "\(text($0)) s in the trade of \(text(full)) s")
            }
        }
        if let free = settings.freeMargin {
            add("margin", input.freeMargin, -Double.greatestFiniteMagnitude...1) {
                ($0 / free, "\(percent($0)) of the equity is free, and \(percent(free)) is comfortable")
            }
        }
        let product = factors.reduce(1) { $1.role == .factor ? $0 * $1.value : $0 }
        // The venue's limit holds even where it is below the configured minimum.
        return Leverage(value: min(allowed, max(settings.minimum, allowed * product)), factors: factors)
    }
}
