// SPDX-License-Identifier: Apache-2.0

import Portfolio
import TestSupport
import Testing
import Trading

@testable import Analysis

@Suite("Conditions of a market and of a portfolio") struct ConditionsTests {
    private let start = Timestamp(seconds: 1_700_006_400)

    // MARK: Against Fixtures/make_conditions_reference.py

    @Test("Conditions agree with the reference to 1e-9, with missing bars, a day without volume and missed looks")
    func conditionsAgree() throws {
        let reference = try Fixture("conditions.csv")
        let file = try Fixture("condition-bars.csv")
        let bars = file.candles(.fifteenMinutes)
        var (detector, conditions, next) = (try RegimeDetector(), try MarketConditions(), 0)
        var states: Set<String> = []
        for row in reference.rows.indices {
            let time = Timestamp(nanoseconds: Int64(reference.integer(row, 0)) * Timeframe.fifteenMinutes.nanoseconds)
            while next < bars.count, bars[next].closeTime <= time {
                let bar = bars[next]
                detector.update(closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
                conditions.update(
                    closeTime: bar.closeTime, close: bar.close, volume: bar.volume, spread: file.number(next, 5))
                next += 1
            }
            let look = detector.evaluate(at: time)
            let reading = try see(try #require(look), &conditions)
            #expect(agree(reading.rangePercentile, reference.number(row, 1)), "row \(row)")
            #expect(agree(reading.adx, reference.number(row, 2)), "row \(row)")
            // Of the order of 1e-7: what counts is the quotient.
            let illiquidity = reference.number(row, 3)
            #expect(
                illiquidity.isFinite
                    ? agree(reading.illiquidity / illiquidity, 1)
                    : reading.illiquidity.isNaN == illiquidity.isNaN && !reading.illiquidity.isFinite, "row \(row)")
            #expect(agree(reading.illiquidityPercentile, reference.number(row, 4)), "row \(row)")
            let found = [
                reading.volatility.seen.rawValue, reading.trend.seen.rawValue, reading.liquidity.seen.rawValue,
                reading.volatility.state.rawValue, reading.trend.state.rawValue, reading.liquidity.state.rawValue,
            ]
            #expect(found == Array(reference.rows[row][5...]), "row \(row)")
            for (kind, state) in found.suffix(3).enumerated() { states.insert("\(kind) \(state)") }
        }
        #expect(states.count == 12, "every state of every kind")
    }

    @Test(
        "Correlation agrees with the reference to 1e-9: a market that lists late, one that stands still, prices that lack"
    )
    func correlationAgrees() throws {
        let reference = try Fixture("correlations.csv")
        let prices = try Fixture("four-markets.csv")
        var returns = ReturnsTable(symbols: 4, window: .hours(96))
        var detector = try CorrelationDetector()
        var states: Set<String> = []
        for hour in prices.rows.indices {
            let time = start + .hours(Int64(hour))
            let row = (1...4).map { prices.number(hour, $0) }.map { $0.isNaN ? nil : $0 }
            guard returns.observe(row, at: time) else { continue }
            let matrix = CorrelationMatrix(of: returns)
            let pairs = (0..<4).flatMap { second in (0..<second).map { matrix[$0, second].value } }
            let found = detector.evaluate(pairs, at: time)
            let reading = try #require(found)
            #expect(reading.measured == reference.integer(hour - 1, 1), "hour \(hour)")
            #expect(agree(reading.mean, reference.number(hour - 1, 2)), "hour \(hour)")
            #expect(reading.regime.seen.rawValue == reference.rows[hour - 1][3], "hour \(hour)")
            #expect(reading.regime.state.rawValue == reference.rows[hour - 1][4], "hour \(hour)")
            states.insert(reading.regime.state.rawValue)
        }
        #expect(states.count == CorrelationRegime.allCases.count)
        #expect(detector.history.count == 720)
    }

    // MARK: Examples

    private func look(_ minute: Int64, percentile: Double = .nan, adx: Double = .nan) -> RegimeReading {
        RegimeReading(
            time: start + .minutes(minute),
            state: MarketState(adx: adx, plusDI: 1, minusDI: 2, rangePercentile: percentile, bollingerWidth: 0.1),
            staleAge: nil, seen: .uncertain, regime: .uncertain, previousRegime: .uncertain, stableFor: .zero,
            effects: RegimeSettings().uncertain)
    }

    private func see(_ look: RegimeReading, _ conditions: inout MarketConditions) throws -> ConditionReading {
        let reading = conditions.evaluate(look)
        return try #require(reading)
    }

    private func small() throws -> MarketConditions {
        var settings = ConditionSettings()
        settings.liquidityPeriod = 2
        settings.rankMinimum = 2
        return try MarketConditions(settings: settings)
    }

    @Test(
        "Illiquidity is movement for turnover; without turnover nothing is liquid, and without movement everything is")
    func illiquidity() throws {
        var conditions = try small()
        func add(_ number: Int64, _ close: Double, _ volume: Double) throws -> ConditionReading {
            conditions.update(closeTime: start + .minutes(15 * number), close: close, volume: volume)
            return try see(look(15 * number), &conditions)
        }
        _ = try add(1, 100, 5)
        #expect(try add(2, 200, 1).illiquidity.isNaN, "two movements are needed")
        let third = try add(3, 100, 4)
        #expect(agree(third.illiquidity * 1e3, 1e3 * 0.6931471805599453 / 300))
        #expect(third.liquidity.seen == .unknown, "one value is no rank")
        let fourth = try add(4, 100, 0)
        #expect(agree(fourth.illiquidity * 1e3, 1e3 * 0.6931471805599453 / 400))
        #expect(fourth.illiquidityPercentile == 25)
        let fifth = try add(5, 150, 0)
        #expect(fifth.illiquidity == .infinity && fifth.liquidity.seen == .illiquid)
        #expect(fifth.reason.contains("no turnover"))
        #expect(try add(6, 150, 3).illiquidity > 0)
        let seventh = try add(7, 150, 3)
        #expect(seventh.illiquidity == 0 && seventh.liquidity.seen == .normal && seventh.illiquidityPercentile == 12.5)
    }

    @Test("A spread that was told makes a market illiquid by itself, until a narrower one is told")
    func spread() throws {
        var conditions = try small()
        var seen: [LiquidityRegime] = []
        for (number, spread) in [Double.nan, 0.004999, 0.005, .nan, -1, 0.001].enumerated() {
            let minute = 15 * Int64(number + 1)
            conditions.update(closeTime: start + .minutes(minute), close: 1, volume: 1, spread: spread)
            seen.append(try see(look(minute), &conditions).liquidity.seen)
        }
        #expect(seen == [.unknown, .unknown, .illiquid, .illiquid, .illiquid, .normal])
    }

    @Test(
        "Volatility and trend by their bounds",
        arguments: [
            (80, 25, VolatilityRegime.high, TrendRegime.trending), (79.999, 24.999, .normal, .undecided),
            (20, 20, .low, .ranging), (20.001, 20.001, .normal, .undecided), (.nan, .nan, .unknown, .unknown),
            (.infinity, 0, .unknown, .ranging), (100, .infinity, .high, .unknown),
        ])
    func bounds(percentile: Double, adx: Double, volatility: VolatilityRegime, trend: TrendRegime) throws {
        var conditions = try small()
        let first = try see(look(0, percentile: percentile, adx: adx), &conditions)
        #expect(first.volatility.seen == volatility && first.trend.seen == trend)
        #expect(conditions.volatility == .unknown && conditions.trend == .unknown, "once is not enough")
        let early = conditions.evaluate(look(14, percentile: percentile, adx: adx))
        #expect(early == nil)
        conditions.evaluate(look(15, percentile: percentile, adx: adx))
        #expect(conditions.volatility == volatility && conditions.trend == trend)
    }

    @Test("What is no bar changes nothing")
    func noBars() throws {
        var conditions = try small()
        func take(_ minute: Int64, _ close: Double, _ volume: Double) -> Bool {
            conditions.update(closeTime: start + .minutes(minute), close: close, volume: volume)
        }
        #expect(take(0, 5, 1))
        for (close, volume) in [
            (0.0, 1.0), (-5, 1), (.nan, 1), (.infinity, 1), (5, -1), (5, .nan), (5, .infinity), (1e200, 1e200),
        ] {
            #expect(!take(15, close, volume))
        }
        #expect(!take(0, 5, 1), "the same time")
        #expect(take(15, 5, 1))
    }

    @Test("A stale market's conditions are unknown")
    func stale() throws {
        var (detector, conditions) = (try RegimeDetector(), try small())
        for number: Int64 in 1...300 {
            let time = start + .minutes(15 * number)
            detector.update(closeTime: time, high: 11, low: 9, close: 10)
            conditions.update(closeTime: time, close: 10, volume: 1)
            if let look = detector.evaluate(at: time) { conditions.evaluate(look) }
        }
        #expect(conditions.liquidity == .normal && conditions.volatility == .normal && conditions.trend == .ranging)
        let dead = start + .minutes(15 * 300 + 31)
        for minutes: Int64 in [0, 15] {
            let look = detector.evaluate(at: dead + .minutes(minutes))
            _ = try see(try #require(look), &conditions)
        }
        #expect(conditions.liquidity == .unknown && conditions.volatility == .unknown && conditions.trend == .unknown)
    }

    @Test(
        "The mean of what was measured, where that is half of the pairs at least",
        arguments: [
            ([0.7], CorrelationRegime.high, 0.7), ([0.8, 0.8, 0.8], .high, 0.8), ([0.3], .low, 0.3),
            ([0.2, 0.9, nil, nil], .normal, 0.55),
            ([0.9, nil, nil], .unknown, .nan), ([nil, nil], .unknown, .nan), ([], .unknown, .nan),
            ([.nan, 0.1], .low, 0.1), ([-1, 1], .low, 0),
        ] as [([Double?], CorrelationRegime, Double)])
    func correlation(pairs: [Double?], regime: CorrelationRegime, mean: Double) throws {
        var detector = try CorrelationDetector()
        let found = detector.evaluate(pairs, at: start)
        let first = try #require(found)
        #expect(first.regime.seen == regime && agree(first.mean, mean) && detector.regime == .unknown)
        let early = detector.evaluate(pairs, at: start + .minutes(59))
        #expect(early == nil)
        detector.evaluate(pairs, at: start + .hours(1))
        #expect(detector.regime == regime)
    }

    typealias Change = @Sendable (inout ConditionSettings) -> Void

    private static let mistakes: [(String, Change)] = [
        ("conditions.low_volatility", { $0.lowVolatility = 80 }),
        ("conditions.trending_adx", { $0.trendingADX = .nan }),
        ("conditions.liquid_percentile", { $0.liquidPercentile = 95 }),
        ("conditions.liquidity_period", { $0.liquidityPeriod = 0 }),
        ("conditions.rank_minimum", { $0.rankMinimum = 673 }),
        ("conditions.stability", { $0.stability = .minutes(14) }),
        ("conditions.illiquid_spread", { $0.illiquidSpread = -1 }),
    ]

    @Test("Settings that cannot be used are named", arguments: mistakes)
    func settings(key: String, change: Change) throws {
        var settings = ConditionSettings()
        try settings.validate()
        change(&settings)
        let wrong = settings
        #expect(problem { try wrong.validate() }?.key == key)
    }

    @Test("So are those of correlation")
    func correlationSettings() throws {
        var settings = CorrelationSettings()
        try settings.validate()
        settings.low = 0.7
        #expect(problem { _ = try CorrelationDetector(settings: settings) }?.key == "correlation.low")
        settings.high = 1.5
        #expect(problem { _ = try CorrelationDetector(settings: settings) }?.key == "correlation.high")
    }

    // MARK: Properties

    /// Looks at random times over a restless market, in some quarters none, with nonsense among the bars.
    private func restless(_ seed: UInt64, volume: Double = 1) throws -> MarketConditions {
        var random = SeededRandom(seed: seed)
        var regimes = RegimeSettings()
        (regimes.period, regimes.rankWindow, regimes.rankMinimum, regimes.bandPeriod) = (3, 30, 5, 3)
        var settings = ConditionSettings()
        (settings.liquidityPeriod, settings.rankWindow, settings.rankMinimum) = (random.integer(1...6), 30, 5)
        settings.stability = .minutes(Int64([15, 15, 20, 45][random.integer(0...3)]))
        var (detector, conditions) = (try RegimeDetector(settings: regimes), try MarketConditions(settings: settings))
        for bar in random.candles(300, .fifteenMinutes) {
            let isNonsense = random.chance(0.02)
            let spread = random.chance(0.3) ? random.uniform(0...0.006) : .nan
            detector.update(closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
            conditions.update(
                closeTime: bar.closeTime, close: isNonsense ? .nan : bar.close, volume: bar.volume * volume,
                spread: spread)
            var time = bar.closeTime
            while random.chance(0.7), time < bar.closeTime + .minutes(15) {
                if let look = detector.evaluate(at: time) { conditions.evaluate(look) }
                time = time + .seconds(Int64(random.integer(1...900)))
            }
        }
        return conditions
    }

    @Test("No condition changes before it was stable, and none later", arguments: UInt64(0)..<200)
    func stableBeforeChange(seed: UInt64) throws {
        let conditions = try restless(seed)
        let looks = conditions.history.elements
        #expect(looks.count > 100)
        func check<State>(_ kind: KeyPath<ConditionReading, Judged<State>>, from first: State) {
            var counted = first
            for (index, look) in looks.enumerated() {
                var first = index
                while first > 0, looks[first - 1][keyPath: kind].seen == look[keyPath: kind].seen,
                    slot(of: looks[first].time, length: .minutes(15))
                        == slot(of: looks[first - 1].time, length: .minutes(15)) + 1
                { first -= 1 }
                let isStable = look.time - looks[first].time >= conditions.settings.stability
                #expect(look[keyPath: kind].previous == counted)
                #expect(look[keyPath: kind].state == (isStable ? look[keyPath: kind].seen : counted))
                counted = look[keyPath: kind].state
            }
        }
        check(\.volatility, from: .unknown)
        check(\.trend, from: .unknown)
        check(\.liquidity, from: .unknown)
    }

    @Test("What is traded in larger units is as liquid: only ranks count", arguments: UInt64(0)..<200)
    func unitsDoNotCount(seed: UInt64) throws {
        // A power of two, so that not one bit changes.
        let (one, other) = (try restless(seed), try restless(seed, volume: 1024))
        #expect(one.history.elements.map(\.liquidity) == other.history.elements.map(\.liquidity))
        for look in one.history.elements where !look.illiquidityPercentile.isNaN {
            #expect((0...100).contains(look.illiquidityPercentile) && look.illiquidity >= 0)
        }
    }
}
