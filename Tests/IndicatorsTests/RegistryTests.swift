// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Indicators

@Suite struct RegistryTests {
    typealias Case = (name: String, parameters: [String: ParameterValue], message: String)

    @Test(
        arguments: [
            ("emaa", [:], "There is no indicator 'emaa'. Did you mean 'ema'?"),
            ("bolinger", [:], "There is no indicator 'bolinger'. Did you mean 'bollinger'?"),
            ("zzzzzzzzz", [:], "There is no indicator 'zzzzzzzzz'. `apus indicators list` shows them all."),
            ("ema", ["periods": 20], "The indicator 'ema' has no parameter 'periods'. Did you mean 'period'?"),
            ("ema", ["q": 20], "The indicator 'ema' has no parameter 'q'. It has: period, seed, source."),
            ("ema", ["period": 0], "The parameter 'period' is 0. Allowed: 1 to 1000000."),
            ("ema", ["period": .integer(.max)], "The parameter 'period' is \(Int.max). Allowed: 1 to 1000000."),
            ("ema", ["period": 2.5], "The parameter 'period' of 'ema' is a whole number, not '2.5'."),
            ("ema", ["period": "long"], "The parameter 'period' of 'ema' is a whole number, not 'long'."),
            (
                "ema", ["source": "clsoe"],
                "The parameter 'source' is clsoe. Allowed: open, high, low, close, hl2, hlc3, ohlc4, volume."
            ),
            ("bollinger", ["deviations": .number(.nan)], "The parameter 'deviations' is nan. Allowed: 0.0 to 1000.0."),
            (
                "realized_volatility", ["centered": 1],
                "The parameter 'centered' of 'realized_volatility' is true or false, not '1'."
            ),
            (
                "macd", ["fast_period": 26],
                "The parameters of 'macd' do not go together: fast_period (26) must be below slow_period (26)."
            ),
            (
                "psar", ["acceleration": 0.5],
                "The parameters of 'psar' do not go together: acceleration (0.5) must not be above maximum (0.2)."
            ),
        ] as [Case])
    func mistakes(example: Case) {
        do throws(IndicatorError) {
            _ = try IndicatorRegistry.standard.make(example.name, parameters: example.parameters)
            Issue.record("accepted \(example)")
        } catch {
            #expect("\(error)" == example.message)
        }
    }

    @Test func valuesFromTheCommandLine() {
        #expect(ParameterValue(parsing: "20") == .integer(20))
        #expect(ParameterValue(parsing: "-0.5") == .number(-0.5))
        #expect(ParameterValue(parsing: "true") == .boolean(true))
        #expect(ParameterValue(parsing: "first") == .text("first"))
        #expect(ParameterValue(parsing: "nan") == .text("nan"))
        #expect(ParameterValue(parsing: "99999999999999999999") == .number(1e20))
    }

    @Test func equalIndicatorsAreComputedOnce() throws {
        let registry = IndicatorRegistry.standard
        let indicators = IndicatorSet()
        let first = indicators.add(try registry.make("ema", parameters: ["period": 20]))
        let second = indicators.add(try registry.make("exponential_moving_average", parameters: ["seed": "sma"]))
        let third = indicators.add(try registry.make("ema", parameters: ["seed": "first"]))
        let rest = try (21...40).map { indicators.add(try registry.make("ema", parameters: ["period": .integer($0)])) }
        #expect(first == second && first != third)
        #expect(rest == Array(2..<22))
        #expect(indicators.instances[0].key == "ema(period=20, seed=sma, source=close)")
        let alone = try registry.make("ema")
        for bar in Market.walk.bars(100, seed: 1) {
            indicators.update(bar)
            alone.update(bar)
        }
        #expect(indicators.output(0, at: first) == alone.output(0))
    }

    @Test func aWholeNumberServesAsANumber() throws {
        let parameters: [String: ParameterValue] = ["deviations": 3, "period": 10.0]
        let bands = try IndicatorRegistry.standard.make("bollinger", parameters: parameters)
        #expect(bands.key == "bollinger(period=10, deviations=3.0, source=close)")
    }

    @Test func ownIndicatorsJoin() throws {
        struct Spread: Indicator {
            static let definition = IndicatorDefinition(
                name: "spread", summary: "High less low.", parameters: [], outputs: ["value"],
                inputs: .columns([.high, .low]), firstOutput: { _ in 1 }, memory: { _ in .bars(1) })
            init(parameters: IndicatorParameters) throws(IndicatorError) {}
            mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
                outputs[0] = bar.high - bar.low
            }
        }
        var registry = IndicatorRegistry.standard
        try registry.register(Spread.self)
        #expect(registry.names.contains("spread"))
        #expect(throws: IndicatorError.nameTaken("spread")) { try registry.register(Spread.self) }
        let spread = try registry.make("spread")
        spread.update(BarValues(time: 0, open: 1, high: 3, low: 1, close: 2, volume: 0))
        #expect(spread.output(0) == 2)
    }

    @Test func everyIndicatorOfTheRequirementIsThere() {
        let wanted = [
            "sma", "ema", "wma", "dema", "tema", "hma", "kama", "vwma", "rma", "rsi", "stochastic", "stochrsi", "macd",
            "bollinger", "keltner", "donchian", "atr", "natr", "adx", "aroon", "cci", "mfi", "obv", "vwap",
            "anchored_vwap", "roc", "momentum", "acceleration", "williams_r", "psar", "supertrend", "ichimoku",
            "linear_regression", "zscore", "correlation", "covariance", "beta", "realized_volatility", "parkinson",
            "garman_klass", "yang_zhang", "support_resistance", "pivots", "swings",
        ]
        #expect(Set(wanted).subtracting(IndicatorRegistry.standard.names).isEmpty)
    }
}
