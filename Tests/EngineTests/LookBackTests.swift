// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Indicators
import MarketData
import Strategies
import Testing
import Trading

@Suite("How far back strategies look") struct LookBackTests {
    /// What each bar of a run finds `bar(ago:)` to reach, in a backtest and with bars that come one by one.
    private func reach(
        _ bars: [Bar], timeframe: Timeframe = .oneMinute, _ prepare: @escaping @Sendable (inout StrategySetup) -> Void
    ) throws -> (recorded: [Int], arriving: [Int], retention: RetentionPolicy) {
        func run(isArriving: Bool) throws -> ([Int], RetentionPolicy) {
            let log = Log<Int>()
            var strategy = Scripted { _, context in
                var ago = 0
                while context.bar(ago: ago) != nil { ago += 1 }
                log.add(ago)
            }
            strategy.prepare = { prepare(&$0) }
            var world = try World([bars])
            world.add(strategy, timeframe: timeframe)
            let input = try world.input()
            let feeds: [EngineFeed?] = input.feeds.map { feed in
                feed.map {
                    isArriving
                        ? .arriving($0.timeframe, quantityDecimals: $0.quantityDecimals) : .recorded($0)
                }
            }
            var engine = try Engine(
                account: Account(input.account), specifications: input.strategies, feeds: feeds, registry: .standard)
            for bar in bars {
                engine.close(bar, of: 0)
                try engine.observe(at: bar.openTime + .minutes(1))
            }
            return (log.entries, engine.retention(of: InstrumentID(index: 0)))
        }
        let (recorded, retention) = try run(isArriving: false)
        return (recorded, try run(isArriving: true).0, retention)
    }

    @Test func aBacktestReadsAsFarBackAsASessionDoes() throws {
        let bars = Market.walk(seed: 1, count: 2000)
        let reach = try reach(bars) { $0.lookBack(.hours(2)) }
        #expect(reach.recorded == (1...2000).map { min($0, 121) })
        #expect(reach.arriving == reach.recorded)
    }

    @Test func aLongerTimeframeReachesAsFarInTime() throws {
        let bars = Market.walk(seed: 1, count: 1200)
        let reach = try reach(bars, timeframe: .fifteenMinutes) {
            $0.lookBack(.minutes(30))
            $0.lookBack(.hours(2))
        }
        #expect(reach.recorded.last == 9 && reach.arriving == reach.recorded)
    }

    @Test(
        "What is declared is kept, and what waits and windows need",
        arguments: [
            (lookBack: nil, wait: 0, period: 1, kept: TimeSpan.days(7)),
            (lookBack: TimeSpan.hours(3), wait: 0, period: 1, kept: .hours(3)),
            (lookBack: .hours(3), wait: 299, period: 1, kept: .hours(5)),
            (lookBack: .hours(3), wait: 0, period: 299, kept: .hours(5)),
            (lookBack: nil, wait: 299, period: 299, kept: .days(7)),
            (lookBack: nil, wait: 20 * 1440 - 1, period: 1, kept: .days(20)),
            (lookBack: .days(30), wait: 20, period: 1, kept: .days(30)),
            (lookBack: nil, wait: .max, period: 1, kept: .days(3650)),
        ] as [(lookBack: TimeSpan?, wait: Int, period: Int, kept: TimeSpan)])
    func declared(lookBack: TimeSpan?, wait: Int, period: Int, kept: TimeSpan) throws {
        let found = try reach(Market.walk(seed: 1, count: 3)) { setup in
            if let lookBack { setup.lookBack(lookBack) }
            if wait > 0 { setup.wait(bars: wait) }
            _ = try? setup.indicator("sma", ["period": .integer(period)])
        }
        #expect(found.retention.lookBack == kept)
    }
}
