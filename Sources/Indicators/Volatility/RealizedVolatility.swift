// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Realised volatility: the standard deviation of the last `period` logarithmic returns.
///
/// `centered` subtracts their mean and divides by `period − 1`; otherwise it is the root of the mean square, as in
/// Andersen and Bollerslev (1998). Multiplied with √`periodsPerYear`, which is 1 for the volatility per bar. A value
/// that is not positive is no value.
public struct RealizedVolatility: SingleValueIndicator {
    private var moments: RollingMoments
    private let isCentered: Bool
    private let periodsPerYear: Double
    private var previous = Double.nan

    public init(period: Int = 20, isCentered: Bool = true, periodsPerYear: Double = 1) throws(IndicatorError) {
        try requireNumber(periodsPerYear, "periods_per_year", in: 0...1e9)
        moments = try RollingMoments(period: period, atLeast: 2)
        self.isCentered = isCentered
        self.periodsPerYear = periodsPerYear
    }

    /// Takes the next price and returns the volatility, NaN before `period + 1` prices.
    public mutating func update(_ price: Double) -> Double {
        guard price.isFinite, price > 0 else { return .nan }
        let last = previous
        previous = price
        guard !last.isNaN, moments.push(log(price / last)) else { return .nan }
        let mean = moments.mean
        let variance = isCentered ? moments.sampleVariance : moments.variance + mean * mean
        return (variance * periodsPerYear).squareRoot()
    }

    /// Returns the volatility at each price, NaN before the first; bit for bit the incremental form.
    public static func values(
        of prices: Span<Double>, period: Int = 20, isCentered: Bool = true, periodsPerYear: Double = 1
    ) throws(IndicatorError) -> [Double] {
        var state = try RealizedVolatility(period: period, isCentered: isCentered, periodsPerYear: periodsPerYear)
        return state.run(prices)
    }

    public static let definition = IndicatorDefinition(
        name: "realized_volatility", aliases: ["realised_volatility"],
        summary: "Standard deviation of logarithmic returns.",
        parameters: [
            .period(20, atLeast: 2, "Returns in the window."), periodsPerYearParameter,
            ParameterDefinition(
                name: "centered", kind: .boolean(default: true),
                summary: "Whether the mean return is subtracted (divisor period − 1) or not (divisor period)."),
            .source(),
        ],
        outputs: ["value"], inputs: .source, firstOutput: { $0.period + 1 }, memory: { .bars($0.period + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            period: parameters.period, isCentered: parameters.boolean("centered"),
            periodsPerYear: parameters.number("periods_per_year"))
    }
}

let periodsPerYearParameter = ParameterDefinition(
    name: "periods_per_year", kind: .number(default: 1, range: 0...1e9),
    summary: "Bars in a year to annualise with, such as 525600 for minutes; 1 for the volatility per bar.")
