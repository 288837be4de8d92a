// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Parkinson's volatility from highs and lows: √(Σ ln(high / low)² / (4 n ln 2)).
///
/// Source: Michael Parkinson, The Extreme Value Method, Journal of Business, 1980.
public struct ParkinsonVolatility: RangeVolatilityIndicator {
    var window: VolatilityWindow

    public init(period: Int = 20, periodsPerYear: Double = 1) throws(IndicatorError) {
        window = try VolatilityWindow(period: period, periodsPerYear: periodsPerYear)
    }

    /// Takes the next bar and returns the volatility, NaN before `period` bars or where a price is not positive.
    public mutating func update(_ bar: BarValues) -> Double {
        guard bar.hasPositivePrices else { return .nan }
        let range = log(bar.high / bar.low)
        return window.push(range * range / (4 * log(2)))
    }

    public static let definition = rangeVolatilityDefinition(
        name: "parkinson", summary: "Parkinson's volatility, from highs and lows.")
}

/// Garman and Klass's volatility: √(Σ (½ ln(high / low)² − (2 ln 2 − 1) ln(close / open)²) / n), 0 where that is
/// negative.
///
/// Source: Mark Garman and Michael Klass, On the Estimation of Security Price Volatilities, Journal of Business, 1980.
public struct GarmanKlassVolatility: RangeVolatilityIndicator {
    var window: VolatilityWindow

    public init(period: Int = 20, periodsPerYear: Double = 1) throws(IndicatorError) {
        window = try VolatilityWindow(period: period, periodsPerYear: periodsPerYear)
    }

    /// Takes the next bar and returns the volatility, NaN before `period` bars or where a price is not positive.
    public mutating func update(_ bar: BarValues) -> Double {
        guard bar.hasPositivePrices else { return .nan }
        let range = log(bar.high / bar.low)
        let move = log(bar.close / bar.open)
        return window.push(0.5 * range * range - (2 * log(2) - 1) * move * move)
    }

    public static let definition = rangeVolatilityDefinition(
        name: "garman_klass", summary: "Garman and Klass's volatility, from all four prices.")
}

/// Yang and Zhang's volatility, which takes account of gaps between bars and of drift.
///
/// √(V(open / previous close) + k V(close / open) + (1 − k) RS) with sample variances V of the logarithms,
/// k = 0.34 / (1.34 + (n + 1) / (n − 1)) and the mean of Rogers and Satchell's
/// ln(high / close) ln(high / open) + ln(low / close) ln(low / open).
///
/// Source: Dennis Yang and Qiang Zhang, Drift-Independent Volatility Estimation, Journal of Business, 2000.
public struct YangZhangVolatility: RangeVolatilityIndicator {
    private var overnight: RollingMoments
    private var intraday: RollingMoments
    private var rogersSatchell: RollingSum
    private let weight: Double
    private let periodsPerYear: Double
    private var previousClose = Double.nan

    public init(period: Int = 20, periodsPerYear: Double = 1) throws(IndicatorError) {
        try requireNumber(periodsPerYear, "periods_per_year", in: 0...1e9)
        overnight = try RollingMoments(period: period, atLeast: 2)
        intraday = overnight
        rogersSatchell = try RollingSum(period: period)
        let n = Double(period)
        weight = 0.34 / (1.34 + (n + 1) / (n - 1))
        self.periodsPerYear = periodsPerYear
    }

    /// Takes the next bar and returns the volatility, NaN before `period + 1` bars or where a price is not positive.
    public mutating func update(_ bar: BarValues) -> Double {
        guard bar.hasPositivePrices else { return .nan }
        let last = previousClose
        previousClose = bar.close
        guard !last.isNaN else { return .nan }
        _ = overnight.push(log(bar.open / last))
        _ = intraday.push(log(bar.close / bar.open))
        let drift = log(bar.high / bar.close) * log(bar.high / bar.open)
        guard rogersSatchell.push(drift + log(bar.low / bar.close) * log(bar.low / bar.open)) else { return .nan }
        let mean = rogersSatchell.sum / Double(rogersSatchell.period)
        let variance = overnight.sampleVariance + weight * intraday.sampleVariance + (1 - weight) * mean
        return (larger(variance, 0) * periodsPerYear).squareRoot()
    }

    public static let definition = rangeVolatilityDefinition(
        name: "yang_zhang", summary: "Yang and Zhang's volatility, from all four prices and the gaps between bars.",
        atLeast: 2, extraBars: 1)
}

/// A volatility from whole bars.
public protocol RangeVolatilityIndicator: Indicator {
    init(period: Int, periodsPerYear: Double) throws(IndicatorError)
    mutating func update(_ bar: BarValues) -> Double
}

extension RangeVolatilityIndicator {
    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, periodsPerYear: parameters.number("periods_per_year"))
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(bar)
    }

    /// Returns the volatility at each bar, NaN before the first; bit for bit the incremental form.
    public static func values(
        of bars: BarColumns, period: Int = 20, periodsPerYear: Double = 1
    ) throws(IndicatorError) -> [Double] {
        var state = try Self(period: period, periodsPerYear: periodsPerYear)
        return mapIndices(bars.count) { state.update(bars[$0]) }
    }
}

/// The root of the mean of the last `period` squared ranges.
struct VolatilityWindow: Sendable {
    private var sum: RollingSum
    private let scale: Double

    init(period: Int, periodsPerYear: Double) throws(IndicatorError) {
        try requireNumber(periodsPerYear, "periods_per_year", in: 0...1e9)
        sum = try RollingSum(period: period)
        scale = periodsPerYear / Double(period)
    }

    mutating func push(_ value: Double) -> Double {
        sum.push(value) ? (larger(sum.sum, 0) * scale).squareRoot() : .nan
    }
}

extension BarValues {
    /// Whether every price has a finite logarithm.
    var hasPositivePrices: Bool {
        isFinite && open > 0 && high > 0 && low > 0 && close > 0
    }
}

private func rangeVolatilityDefinition(
    name: String, summary: String, atLeast minimum: Int = 1, extraBars: Int = 0
) -> IndicatorDefinition {
    IndicatorDefinition(
        name: name, aliases: [name + "_volatility"], summary: summary,
        parameters: [.period(20, atLeast: minimum), periodsPerYearParameter], outputs: ["value"],
        inputs: .columns([.open, .high, .low, .close]), firstOutput: { $0.period + extraBars },
        memory: { .bars($0.period + extraBars) })
}
