// SPDX-License-Identifier: Apache-2.0

/// How returns are sampled and annualised; every report that shows a figure also shows this.
///
/// The defaults suit a market that never closes. Nothing here is fixed: whoever compares with another tool sets that
/// tool's numbers (252 periods for shares, for instance).
public struct MetricConventions: Hashable, Sendable {
    /// Samples a year: 365 for one a day in a market that never closes.
    public var periodsPerYear: Double
    /// Return of money without risk, a year, as a fraction: 0.03 is 3 %. The Sharpe ratio, alpha and beta subtract it.
    public var riskFreeRate: Double
    /// Return below which a period counts as a loss, a year, as a fraction. Sortino and Omega use it.
    public var requiredReturn: Double
    /// Confidence of value at risk, expected shortfall and tail ratio, between 0.5 and 1.
    public var confidence: Double
    /// Nanoseconds between samples of equity, aligned to midnight UTC.
    public var samplingInterval: Int64

    public static let nanosecondsPerDay: Int64 = 86_400_000_000_000

    /// - Parameters: see the properties. Values without meaning (not finite, not positive) become the default, so that
    ///   a figure never comes from them.
    public init(
        periodsPerYear: Double = 365, riskFreeRate: Double = 0, requiredReturn: Double = 0, confidence: Double = 0.95,
        samplingInterval: Int64 = nanosecondsPerDay
    ) {
        self.periodsPerYear = periodsPerYear.isFinite && periodsPerYear > 0 ? periodsPerYear : 365
        self.riskFreeRate = riskFreeRate.isFinite && riskFreeRate > -1 ? riskFreeRate : 0
        self.requiredReturn = requiredReturn.isFinite && requiredReturn > -1 ? requiredReturn : 0
        self.confidence = confidence >= 0.5 && confidence < 1 ? confidence : 0.95
        self.samplingInterval = samplingInterval > 0 ? samplingInterval : Self.nanosecondsPerDay
    }

    /// The convention in words, for people who read a report.
    public var text: String {
        """
        Equity is sampled \(samplingText); returns are simple, \(trimmed(periodsPerYear)) periods a year, \
        sample standard deviation (n - 1), risk-free rate \(trimmed(riskFreeRate * 100)) % a year, required return \
        \(trimmed(requiredReturn * 100)) % a year, tail figures at \(trimmed(confidence * 100)) % confidence. \
        Drawdowns are measured on every bar, on closes and on the low and high of equity inside the bar (the worse \
        order is assumed). A figure that cannot be measured is empty, never zero.
        """
    }

    private var samplingText: String {
        if samplingInterval == Self.nanosecondsPerDay { return "once a UTC day (last value of the day)" }
        return "every \(trimmed(Double(samplingInterval) / 1e9)) seconds, aligned to midnight UTC (last value)"
    }

    /// The yearly rate as a rate per period, compounded.
    func perPeriod(_ yearly: Double) -> Double {
        yearly == 0 ? 0 : power(1 + yearly, 1 / periodsPerYear) - 1
    }

    private func trimmed(_ value: Double) -> String {
        let rounded = (value * 1e6).rounded() / 1e6
        return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? String(Int64(rounded)) : String(rounded)
    }
}

/// One measured figure with what is needed to show it anywhere: in JSON, in a terminal or on a page.
public struct Figure: Equatable, Sendable {
    /// What the value is, so that a reader shows it with the right sign, digits and unit.
    public enum Unit: String, Sendable {
        /// A fraction that is shown as percent: 0.25 is 25 %.
        case fraction
        case ratio
        case count
        /// In the base currency of the account.
        case money
        case seconds
    }

    /// Stable name in JSON, such as `maximumDrawdown`.
    public let key: String
    /// Name for people, such as "Max drawdown".
    public let label: String
    /// `nil` where it was not measured.
    public let value: Double?
    public let unit: Unit

    public init(_ key: String, _ label: String, _ value: Double?, _ unit: Unit) {
        self.key = key
        self.label = label
        self.value = value.finite
        self.unit = unit
    }
}

extension Double? {
    /// The value if it is a finite number.
    var finite: Double? {
        guard let self, self.isFinite else { return nil }
        return self
    }
}

extension Double {
    /// The value if it is a finite number: the one way from arithmetic to "not measured".
    var finite: Double? { isFinite ? self : nil }

    /// The quotient, or `nil` where the divisor is zero or the result is not finite.
    func divided(by divisor: Double) -> Double? { divisor == 0 ? nil : (self / divisor).finite }
}
