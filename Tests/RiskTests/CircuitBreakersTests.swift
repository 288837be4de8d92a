// SPDX-License-Identifier: Apache-2.0

import Risk
import TestSupport
import Testing
import Trading

@Suite struct CircuitBreakersTests {
    private static let start = Timestamp(seconds: 1_700_000_000)
    private let bitcoin = InstrumentID(0)

    private func breakers(_ change: (inout BreakerSettings) -> Void = { _ in }) throws -> CircuitBreakers {
        var settings = BreakerSettings()
        change(&settings)
        return try CircuitBreakers(settings, instruments: 2)
    }

    private func at(_ seconds: Double) -> Timestamp { Self.start + .milliseconds(Int64(seconds * 1000)) }

    private func trade(_ breakers: inout CircuitBreakers, _ price: Double, _ seconds: Double) -> [String] {
        breakers.observe(low: price, high: price, close: price, of: bitcoin, at: at(seconds)).map(\.description)
    }

    // MARK: Flash crash

    @Test func aFlashCrashHaltsWithinOneEventAndResumesWhenItIsOver() throws {
        var breakers = try breakers()
        #expect(trade(&breakers, 100, 0).isEmpty)
        #expect(trade(&breakers, 95, 20).isEmpty)
        #expect(breakers.state(of: bitcoin) == .active)
        #expect(
            trade(&breakers, 89.9, 40) == [
                "flash crash: trading halted, the price went from 100 to 89.9 within a minute, -10.1 %; allowed are 10 %"
            ])
        #expect(breakers.state(of: bitcoin) == .halted)
        // It keeps on for 15 minutes after the last price that met it.
        #expect(trade(&breakers, 89.9, 59).isEmpty)
        #expect(trade(&breakers, 90, 120).isEmpty)
        #expect(trade(&breakers, 90, 59 + 899).isEmpty)
        #expect(breakers.state(of: bitcoin) == .halted)
        #expect(
            trade(&breakers, 90, 59 + 900) == [
                "flash crash: over, last met at 2023-11-14T22:14:19Z, after which 900 s were to pass"
            ])
        #expect(breakers.state(of: bitcoin) == .active && breakers.tripped.isEmpty)
    }

    @Test func aMinuteIsAMinute() throws {
        var slow = try breakers()
        _ = trade(&slow, 100, 0)
        #expect(trade(&slow, 80, 62).isEmpty)
        var rise = try breakers()
        _ = trade(&rise, 100, 0)
        #expect(trade(&rise, 110.1, 60).count == 1, "a rise ruins a short")
        var bar = try breakers()
        #expect(bar.observe(low: 89, high: 100, close: 99, span: .minutes(1), of: bitcoin, at: at(0)).count == 1)
    }

    @Test(
        "On longer bars two of them are the minute",
        arguments: [Timeframe.oneMinute, .fiveMinutes, .oneHour],
        [
            // (low, high, close) of bars that follow each other, and whether the last one trips.
            (bars: [(100, 100, 100), (60, 100, 60)], trips: true),
            (bars: [(100, 100, 100), (60, 100, 99)], trips: true),
            (bars: [(100, 100, 100), (89.9, 89.9, 89.9)], trips: true),
            // Half of it before the close between two bars, half after.
            (bars: [(94, 100, 94), (89, 94, 93)], trips: true),
            (bars: [(100, 106, 106), (105, 111, 110)], trips: true),
            (bars: [(100, 100, 100), (91, 100, 95)], trips: false),
            // Slowly, over three bars.
            (bars: [(95, 100, 95), (91, 95, 91), (87, 91, 87)], trips: false),
        ] as [(bars: [(low: Double, high: Double, close: Double)], trips: Bool)])
    func longerBars(timeframe: Timeframe, example: (bars: [(low: Double, high: Double, close: Double)], trips: Bool))
        throws
    {
        var breakers = try breakers { $0.volatilityRatio = nil }
        var found: [BreakerEvent] = []
        for (index, bar) in example.bars.enumerated() {
            #expect(found.isEmpty)
            let close = Self.start + timeframe.span * Int64(index + 1)
            found = breakers.observe(
                low: bar.low, high: bar.high, close: bar.close, span: timeframe.span, of: bitcoin, at: close)
        }
        #expect(found.map(\.kind) == (example.trips ? [.flashCrash] : []))
        #expect(breakers.state(of: bitcoin) == (example.trips ? .halted : .active))
    }

    @Test func aCrashOnLongerBarsSaysWhatWasMeasured() throws {
        var breakers = try breakers()
        let events = breakers.observe(
            low: 60, high: 100, close: 60, span: .minutes(5), of: bitcoin, at: at(0))
        #expect(
            events.map(\.description) == [
                "flash crash: trading halted, the price went from 100 to 60 within two bars of 5 minutes, -40 %; allowed "
                    + "are 10 %"
            ])
    }

    @Test("No crash within a minute is missed, whatever bars it is seen in", arguments: UInt64(0)..<200)
    func noCrashIsMissed(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let timeframe = [Timeframe.oneMinute, .fiveMinutes, .fifteenMinutes, .oneHour][Int(random.below(4))]
        let length = Int(timeframe.nanoseconds / 10_000_000_000)
        var breakers = try breakers {
            $0.volatilityRatio = nil
            $0.flashCrashRule = BreakerRule(coolDown: .zero)
        }
        // A price each ten seconds, quiet but for crashes of a few steps.
        var prices: [Double] = []
        var (price, push, steps) = (100.0, 0.0, 0)
        for _ in 0..<length * 40 {
            if steps == 0, random.chance(1) { (push, steps) = (random.uniform(-0.05, 0.05), Int(random.below(6))) }
            price *= 1 + random.uniform(-0.001, 0.001) + (steps > 0 ? push : 0)
            steps = max(0, steps - 1)
            prices.append(price)
        }
        for bar in 0..<40 {
            let range = bar * length..<(bar + 1) * length
            let crashed = range.contains { last in
                let minute = prices[max(0, last - 6)...last]
                let (low, high) = (minute.min() ?? price, minute.max() ?? price)
                return 1 - prices[last] / high >= 0.1 || prices[last] / low - 1 >= 0.1
            }
            let seen = prices[range]
            _ = breakers.observe(
                low: seen.min() ?? price, high: seen.max() ?? price, close: seen.last ?? price, span: timeframe.span,
                of: bitcoin, at: Self.start + timeframe.span * Int64(bar + 1))
            #expect(breakers.state(of: bitcoin) == .halted || !crashed, "bar \(bar) of \(timeframe)")
        }
    }

    @Test("It fires exactly where a plain look at the last minute says so", arguments: UInt64(0)..<200)
    func flashCrashAgainstPlainArithmetic(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var breakers = try breakers {
            $0.volatilityRatio = nil
            $0.flashCrashRule = BreakerRule(coolDown: .zero)
        }
        var history: [(second: Int, price: Double)] = []
        var (second, price) = (0, 100.0)
        for _ in 0..<200 {
            second += Int(random.below(25))
            price *= random.uniform(0.95, 1.05)
            history.append((second, price))
            let recent = history.filter { second - $0.second <= 60 }.map(\.price)
            let worst = max((recent.max() ?? price) / price - 1, 0)
            let isFall = 1 - price / (recent.max() ?? price) >= 0.1
            let isRise = price / (recent.min() ?? price) - 1 >= 0.1
            _ = trade(&breakers, price, Double(second))
            #expect((breakers.state(of: bitcoin) == .halted) == (isFall || isRise), "\(worst)")
        }
    }

    // MARK: Volatility

    @Test func volatilityThreeTimesNormalHaltsItsMarket() throws {
        var breakers = try breakers { $0.flashCrash = nil }
        var random = SeededRandom(seed: 3)
        var price = 100.0
        var minute = 0.0
        func next(_ size: Double) -> [String] {
            price *= 1 + size * (random.chance(50) ? 1 : -1)
            minute += 1
            return trade(&breakers, price, minute * 60)
        }
        for _ in 0..<2000 { #expect(next(0.001).isEmpty) }
        // Present volatility after one return of r: √(⅛ r² + ⅞ 0.001²), which passes 0.003 above r = 0.0081.
        #expect(next(0.0075).isEmpty)
        for _ in 0..<200 { #expect(next(0.001).isEmpty) }
        let fired = next(0.0090)
        #expect(fired.count == 1 && fired[0].hasPrefix("volatility: trading halted in its market, volatility is 3."))
        #expect(fired[0].hasSuffix("× normal; allowed are 3 ×"))
        #expect(breakers.state(of: bitcoin) == .halted && breakers.state(of: InstrumentID(1)) == .active)
        var minutes = 0
        while breakers.state(of: bitcoin) != .active, minutes < 100 {
            _ = next(0.001)
            minutes += 1
        }
        #expect(minutes >= 15 && minutes < 30)
    }

    @Test func aMarketThatStandsStillHasNoNormal() throws {
        var breakers = try breakers()
        for minute in 0..<500 { #expect(trade(&breakers, 100, Double(minute) * 60).isEmpty) }
        #expect(trade(&breakers, 101, 500 * 60).isEmpty)
    }

    // MARK: Rules and errors

    @Test func aRuleSaysWhereItHaltsAndThatOnlyAPersonLetsGo() throws {
        var breakers = try breakers {
            $0.volatilityRatio = nil
            $0.flashCrashRule = BreakerRule(.market, coolDown: nil)
        }
        _ = trade(&breakers, 100, 0)
        #expect(trade(&breakers, 80, 10).first?.hasPrefix("flash crash: trading halted in its market, ") == true)
        #expect(breakers.state(of: bitcoin) == .halted && breakers.state(of: InstrumentID(1)) == .active)
        #expect(trade(&breakers, 80, 1e6).isEmpty && breakers.state(of: bitcoin) == .halted)
        #expect(breakers.resume(at: at(1e6)).count == 1 && breakers.state(of: bitcoin) == .active)
    }

    @Test func halfOfTheLastOperationsFailing() throws {
        var breakers = try breakers()
        for second in 0..<19 {
            #expect(breakers.operation(succeeded: second % 2 == 0, at: at(Double(second))).isEmpty)
        }
        let events = breakers.operation(succeeded: false, at: at(19))
        #expect(events.map(\.reason) == ["10 of the last 20 operations failed; allowed are less than 50 %"])
        #expect(breakers.state(of: bitcoin) == .halted)
        #expect(breakers.operation(succeeded: true, at: at(20)).isEmpty)
        for second in 21..<40 { _ = breakers.operation(succeeded: true, at: at(Double(second))) }
        #expect(breakers.passTime(at(618)).isEmpty)
        #expect(breakers.passTime(at(621)).map(\.change) == [.resumed])
    }

    // MARK: Equity

    @Test func theDaysLossHaltsUntilTheNextDay() throws {
        var breakers = try breakers { $0.dailyLoss = Amount(whole: 100) }
        let noon = try Timestamp(parsing: "2025-03-01T12:00:00Z")
        #expect(breakers.observe(equity: Amount(whole: 1000), at: noon).isEmpty)
        breakers.transfer(Amount(whole: -50))
        #expect(breakers.observe(equity: Amount(whole: 860), at: noon + .hours(1)).isEmpty)
        let events = breakers.observe(equity: Amount(whole: 850), at: noon + .hours(2))
        #expect(events.map(\.reason) == ["the day's loss is 100, allowed are less than 100"])
        #expect(breakers.state(of: bitcoin) == .halted && breakers.dailyLoss.isReached)
        #expect(breakers.observe(equity: Amount(whole: 990), at: noon + .hours(11)).isEmpty)
        #expect(breakers.observe(equity: Amount(whole: 990), at: noon + .hours(12)).map(\.change) == [.resumed])
        #expect(breakers.state(of: bitcoin) == .active)
    }

    @Test func aDrawdownHaltsUntilAPersonResumes() throws {
        var breakers = try breakers()
        _ = breakers.observe(equity: Amount(whole: 1000), at: at(0))
        breakers.transfer(Amount(whole: 1000))
        #expect(breakers.observe(equity: Amount(whole: 1601), at: at(1)).isEmpty)
        let events = breakers.observe(equity: Amount(whole: 1600), at: at(2))
        #expect(
            events.map(\.reason) == ["equity 1600 is 20 % below its highest, 2000; allowed are less than 20 %"])
        #expect(breakers.observe(equity: Amount(whole: 2500), at: at(1e6)).isEmpty)
        #expect(breakers.state(of: bitcoin) == .halted)
        let resumed = breakers.resume(.drawdown, equity: Amount(whole: 1600), at: at(1e6))
        #expect(resumed.map(\.change) == [.resumedByHand])
        #expect(breakers.observe(equity: Amount(whole: 1500), at: at(1e6)).isEmpty)
        #expect(breakers.observe(equity: Amount(whole: 1280), at: at(1e6)).count == 1)
        #expect(breakers.observe(equity: Amount(whole: -5), at: at(1e6)).isEmpty, "it is on already")
    }

    // MARK: By hand, together

    @Test func theStrictestDecidesAndAPersonCanStopAndResumeAll() throws {
        var breakers = try breakers { $0.dailyLoss = Amount(whole: 1) }
        _ = breakers.observe(equity: Amount(whole: 100), at: at(0))
        _ = breakers.observe(equity: Amount(whole: 99), at: at(1))
        #expect(breakers.state(of: bitcoin) == .halted)
        #expect(
            breakers.stop(reason: "I do not like it", at: at(2)).map(\.description) == [
                "by hand: trading halted, I do not like it"
            ])
        #expect(breakers.stop(reason: "again", at: at(2)).isEmpty)
        #expect(breakers.state(of: bitcoin) == .halted)
        #expect(breakers.resume(.byHand, at: at(3)).count == 1 && breakers.state(of: bitcoin) == .halted)
        #expect(breakers.resume(at: at(4)).count == 1 && breakers.state(of: bitcoin) == .active)
        #expect(breakers.observe(equity: Amount(whole: 98), at: at(5)).isEmpty, "the day's loss was reached before")
    }

    @Test("Any input has an outcome, and equal inputs the same", arguments: UInt64(0)..<200)
    func anyInput(seed: UInt64) throws {
        func run() throws -> [BreakerEvent] {
            var random = SeededRandom(seed: seed)
            var breakers = try breakers { $0.dailyLoss = Amount(whole: 100) }
            var events: [BreakerEvent] = []
            for _ in 0..<300 {
                let now =
                    random.chance(95)
                    ? at(Double(random.below(100_000))) : [.distantPast, .distantFuture][Int(random.below(2))]
                let number = [100, .nan, 0, -1, .infinity, 1e-300, 1e300, random.uniform(50, 150)][Int(random.below(8))]
                switch random.below(4) {
                case 0:
                    events += breakers.observe(
                        low: number, high: number, close: number, of: InstrumentID(UInt32(random.below(4))), at: now)
                case 1: events += breakers.operation(succeeded: random.chance(60), at: now)
                case 2: events += breakers.observe(equity: Amount(whole: random.between(-1000, 1000)), at: now)
                default: breakers.transfer(Amount(whole: random.between(-10, 10)))
                }
            }
            return events
        }
        #expect(try run() == run())
    }

    @Test func settingsThatContradictThemselvesAreRefusedByName() {
        for (change, key): ((inout BreakerSettings) -> Void, String) in [
            ({ $0.volatilityRatio = 1 }, "volatility_ratio"), ({ $0.volatilityCalm = 4 }, "volatility_calm (4.0)"),
            ({ $0.volatilityShort = 2000 }, "volatility_short (2000)"), ({ $0.flashCrash = 0 }, "flash_crash"),
            ({ $0.errorRate = .nan }, "error_rate"), ({ $0.errorWindow = 0 }, "error_window"),
            ({ $0.dailyLoss = .zero }, "daily_loss"),
            ({ $0.drawdown = 1.01 }, "drawdown"),
            ({ $0.flashCrashRule.coolDown = .seconds(-1) }, "flash_crash: the cool-down"),
        ] {
            var settings = BreakerSettings()
            change(&settings)
            #expect(settings.problems.first?.hasPrefix(key) == true, "\(settings.problems)")
            #expect(throws: BreakerSettingsError.self) { try CircuitBreakers(settings, instruments: 1) }
        }
    }
}
