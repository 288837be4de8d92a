// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Indicators

/// Every batch form against the incremental form of the registry.
@Suite struct BatchTests {
    typealias Batch = @Sendable (BarColumns) throws -> [[Double]]

    struct Form: Sendable, CustomTestStringConvertible {
        let name: String
        let parameters: [String: ParameterValue]
        /// The outputs of the registry's form that the batch form gives, in its order.
        let outputs: [Int]
        let batch: Batch

        init(_ name: String, _ parameters: [String: ParameterValue], _ outputs: [Int] = [0], _ batch: @escaping Batch) {
            self.name = name
            self.parameters = parameters
            self.outputs = outputs
            self.batch = batch
        }

        var testDescription: String { "\(name) \(parameters)" }
    }

    static let forms: [Form] = averages + oscillators + bands + trend + statistics + levels

    static let averages: [Form] = [1, 2, 3, 20, 600].flatMap { (n: Int) -> [Form] in
        let period: [String: ParameterValue] = ["period": .integer(n)]
        let first = period.merging(["seed": "first"]) { $1 }
        return [
            Form("sma", period) { [try SimpleMovingAverage.values(of: $0.close.span, period: n)] },
            Form("ema", period) { [try ExponentialMovingAverage.values(of: $0.close.span, period: n)] },
            Form("ema", first) { [try ExponentialMovingAverage.values(of: $0.close.span, period: n, seed: .first)] },
            Form("rma", period) { [try WilderMovingAverage.values(of: $0.close.span, period: n)] },
            Form("wma", period) { [try WeightedMovingAverage.values(of: $0.close.span, period: n)] },
            Form("dema", period) { [try DoubleExponentialMovingAverage.values(of: $0.close.span, period: n)] },
            Form("tema", period) { [try TripleExponentialMovingAverage.values(of: $0.close.span, period: n)] },
            Form("tema", first) {
                [try TripleExponentialMovingAverage.values(of: $0.close.span, period: n, seed: .first)]
            },
            Form("vwma", period) {
                [try VolumeWeightedMovingAverage.values(of: $0.close.span, volume: $0.volume.span, period: n)]
            },
            Form("hma", ["period": .integer(n + 1)]) {
                [try HullMovingAverage.values(of: $0.close.span, period: n + 1)]
            },
            Form("kama", ["period": .integer(n + 1)]) {
                [try KaufmanAdaptiveMovingAverage.values(of: $0.close.span, period: n + 1)]
            },
        ]
    }

    static let oscillators: [Form] =
        [1, 2, 14, 530].flatMap { (n: Int) -> [Form] in
            let period: [String: ParameterValue] = ["period": .integer(n)]
            return [
                Form("rsi", period) { [try RelativeStrengthIndex.values(of: $0.close.span, period: n)] },
                Form("roc", period) { [try RateOfChange.values(of: $0.close.span, period: n)] },
                Form("momentum", period) { [try Momentum.values(of: $0.close.span, period: n)] },
                Form("acceleration", period) { [try PriceAcceleration.values(of: $0.close.span, period: n)] },
                Form("williams_r", period) {
                    [try WilliamsR.values(high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)]
                },
                Form("cci", ["period": .integer(n + 1)]) {
                    [
                        try CommodityChannelIndex.values(
                            high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n + 1)
                    ]
                },
                Form("mfi", period) {
                    [
                        try MoneyFlowIndex.values(
                            high: $0.high.span, low: $0.low.span, close: $0.close.span, volume: $0.volume.span,
                            period: n)
                    ]
                },
                Form("stochastic", period, [0, 1]) {
                    let series = try StochasticOscillator.values(
                        high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)
                    return [series.k, series.d]
                },
                Form("stochrsi", ["period": .integer(n), "window": 9, "smoothing_period": 1], [0, 1]) {
                    let series = try StochasticRSI.values(of: $0.close.span, period: n, window: 9, smoothing: 1)
                    return [series.k, series.d]
                },
            ]
        } + [
            Form("obv", [:]) { [try OnBalanceVolume.values(close: $0.close.span, volume: $0.volume.span)] },
            Form("vwap", [:]) { [try SessionVWAP.values(of: $0)] },
            Form("anchored_vwap", [:]) { [AnchoredVWAP.values(of: $0)] },
        ]

    static let bands: [Form] = [1, 2, 20, 530].flatMap { (n: Int) -> [Form] in
        let period: [String: ParameterValue] = ["period": .integer(n)]
        return [
            Form("bollinger", period, [0, 1, 2, 3, 4]) {
                let bands = try BollingerBands.values(of: $0.close.span, period: n)
                return [bands.upper, bands.middle, bands.lower, bands.percentB(of: $0.close.span), bands.width]
            },
            Form("keltner", period, [0, 1, 2]) {
                let channel = try KeltnerChannel.values(
                    high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)
                return [channel.upper, channel.middle, channel.lower]
            },
            Form("donchian", period, [0, 1, 2]) {
                let channel = try DonchianChannel.values(high: $0.high.span, low: $0.low.span, period: n)
                return [channel.upper, channel.middle, channel.lower]
            },
        ]
    }

    static let trend: [Form] =
        [1, 2, 14, 300].flatMap { (n: Int) -> [Form] in
            let period: [String: ParameterValue] = ["period": .integer(n)]
            return [
                Form("atr", period) {
                    [try AverageTrueRange.values(high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)]
                },
                Form("natr", period) {
                    [
                        try NormalizedAverageTrueRange.values(
                            high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)
                    ]
                },
                Form("adx", period) {
                    [try DirectionalMovement.adx(high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)]
                },
                Form("adx", period, [0, 1, 2]) {
                    let lines = try DirectionalMovement.values(
                        high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)
                    return [lines.adx, lines.plusDI, lines.minusDI]
                },
                Form("aroon", period, [0, 1]) {
                    let lines = try Aroon.values(high: $0.high.span, low: $0.low.span, period: n)
                    return [lines.up, lines.down]
                },
                Form("supertrend", period, [0, 1]) {
                    let series = try SuperTrend.values(
                        high: $0.high.span, low: $0.low.span, close: $0.close.span, period: n)
                    return [series.line, series.direction]
                },
                Form("macd", ["fast_period": .integer(n), "slow_period": .integer(2 * n)], [0, 1, 2]) {
                    let lines = try MACD.values(of: $0.close.span, fastPeriod: n, slowPeriod: 2 * n)
                    return [lines.macd, lines.signal, lines.histogram]
                },
            ]
        } + [
            Form("macd", ["seed": "first"], [0, 1, 2]) {
                let lines = try MACD.values(of: $0.close.span, seed: .first)
                return [lines.macd, lines.signal, lines.histogram]
            },
            Form("psar", [:]) { [try ParabolicSAR.values(high: $0.high.span, low: $0.low.span)] },
            Form("ichimoku", [:], Array(0..<7)) {
                let values = try Ichimoku.values(high: $0.high.span, low: $0.low.span, close: $0.close.span)
                return [
                    values.map(\.conversion), values.map(\.base), values.map(\.cloudA), values.map(\.cloudB),
                    values.map(\.aheadA), values.map(\.aheadB), values.map(\.laggingReference),
                ]
            },
        ]

    static let statistics: [Form] = [2, 14, 530].flatMap { (n: Int) -> [Form] in
        let period: [String: ParameterValue] = ["period": .integer(n)]
        return [
            Form("linear_regression", period, [0, 1]) {
                [
                    try LinearRegression.values(of: $0.close.span, period: n),
                    try LinearRegression.slopes(of: $0.close.span, period: n),
                ]
            },
            Form("stddev", period) { [try StandardDeviation.values(of: $0.close.span, period: n)] },
            Form("zscore", period) { [try ZScore.values(of: $0.close.span, period: n)] },
            Form("correlation", period) {
                [try RollingCorrelation.values($0.close.span, $0.volume.span, period: n)]
            },
            Form("covariance", period) { [try RollingCovariance.values($0.close.span, $0.volume.span, period: n)] },
            Form("beta", period) { [try RollingBeta.values($0.close.span, $0.volume.span, period: n)] },
            Form("realized_volatility", period) {
                [try RealizedVolatility.values(of: $0.close.span, period: n)]
            },
            Form("parkinson", period) { [try ParkinsonVolatility.values(of: $0, period: n)] },
            Form("garman_klass", period) { [try GarmanKlassVolatility.values(of: $0, period: n)] },
            Form("yang_zhang", period) { [try YangZhangVolatility.values(of: $0, period: n)] },
        ]
    }

    static let levels: [Form] = [
        Form("swings", [:], [0, 1, 2, 3]) {
            let values = try SwingPoints.values(high: $0.high.span, low: $0.low.span)
            return [values.map(\.high), values.map(\.low), values.map(\.highAge), values.map(\.lowAge)]
        },
        Form("support_resistance", [:], [0, 1, 2, 3]) {
            let values = try SupportResistance.values(high: $0.high.span, low: $0.low.span, close: $0.close.span)
            return [
                values.map(\.support), values.map(\.resistance), values.map(\.supportStrength),
                values.map(\.resistanceStrength),
            ]
        },
        Form("pivots", [:], [0, 1, 6]) {
            let values = try PivotPoints.values(of: $0)
            return [values.map(\.pivot), values.map(\.resistance1), values.map(\.support3)]
        },
    ]

    @Test func everyIndicatorHasABatchForm() {
        #expect(Set(Self.forms.map(\.name)) == Set(IndicatorRegistry.standard.names))
    }

    @Test("Batch and incremental agree to the declared tolerance", arguments: forms)
    func agree(form: Form) throws {
        let definition = try IndicatorRegistry.standard.definition(named: form.name)
        for market in Market.allCases {
            for seed in UInt64(1)...4 {
                // Lengths around the blocks of the batch forms, and none at all.
                let bars = market.bars([0, 1, 700, 2703][Int(seed) - 1], seed: seed)
                try compare(form, bars, definition, "\(market) seed \(seed)")
            }
        }
    }

    @Test("Batch and incremental agree where values are missing", arguments: forms)
    func agreeWithMissingValues(form: Form) throws {
        let definition = try IndicatorRegistry.standard.definition(named: form.name)
        var random = SeededRandom(seed: 99)
        for count in [3, 40, 1200] {
            var bars = Market.walk.bars(count, seed: 4)
            for _ in 0..<3 {
                let place = Int(random.next() % UInt64(count))
                bars[place].close = .nan
                bars[place].high = .nan
                bars[place].low = .nan
                bars[place].volume = .nan
            }
            try compare(form, bars, definition, "\(count) bars with holes")
        }
    }

    private func compare(
        _ form: Form, _ bars: [BarValues], _ definition: IndicatorDefinition, _ what: String
    ) throws {
        let incremental = try IndicatorRegistry.standard.make(form.name, parameters: form.parameters).run(bars)
        let batch = try form.batch(BarColumns(bars))
        let scale = bars.isEmpty ? 1 : scale(of: bars.filter { $0.close.isFinite }, definition)
        for (values, output) in zip(batch, form.outputs) {
            let difference = firstDisagreement(
                values, incremental[output], tolerance: definition.batchTolerance, scale: max(scale, 100))
            #expect(difference == nil, "\(form.testDescription) output \(output), \(what): \(difference ?? "")")
        }
    }

    @Test func inputsOfDifferentLengthAreRefused() {
        #expect(throws: IndicatorError.unequalLengths([2, 1])) {
            try DonchianChannel.values(high: [1, 2].span, low: [1].span)
        }
        #expect(throws: IndicatorError.outOfRange(parameter: "period", value: "0", allowed: "1 to 1000000")) {
            try SimpleMovingAverage.values(of: [1].span, period: 0)
        }
    }
}
