// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Indicators
import MarketData
import Strategies
import Testing
import Trading

struct SeriesTests {
    private struct Seen: Sendable, Equatable {
        let now: Timestamp
        let bar: Bar
    }

    /// Bars of a longer timeframe by the definition: all base bars that open in the bucket, once one that ends it or a
    /// later one has closed; not the first bucket where the data begins inside it.
    private func reference(_ bars: [Bar], minutes: Int64) -> [Seen] {
        let length = minutes * Market.minute
        let buckets = Dictionary(grouping: bars) { $0.openTime.nanoseconds / length }
        return buckets.keys.sorted().compactMap { key in
            guard let parts = buckets[key], let first = parts.first, let last = parts.last else { return nil }
            if first == bars.first, first.openTime.nanoseconds != key * length { return nil }
            let end = (key + 1) * length
            let closes = bars.map { $0.openTime.nanoseconds + Market.minute }
            guard let now = closes.first(where: { $0 >= end }) else { return nil }
            let bar = Bar(
                openTime: Timestamp(nanoseconds: key * length), open: first.open,
                high: parts.map(\.high).max() ?? first.high,
                low: parts.map(\.low).min() ?? first.low, close: last.close,
                volume: Quantity(units: parts.reduce(0) { $0 + $1.volume.units }))
            return Seen(now: Timestamp(nanoseconds: now), bar: bar)
        }
    }

    @Test(arguments: 0..<200)
    func aStrategySeesClosedBarsOfItsTimeframeAndNoOthers(seed: Int) throws {
        let walk = Market.walk(seed: UInt64(seed), count: 400, hasGaps: seed % 2 == 0)
        let bars = Array(walk.dropFirst(seed % 7))
        let own = Log<Seen>()
        let further = Log<Seen>()
        let order = Log<String>()
        var strategy = Scripted { bar, context in
            own.add(Seen(now: context.now, bar: bar))
            order.add("own \(context.now.nanoseconds)")
            if context.bar() != bar { throw StrategyError.badParameter(strategy: "", reason: "another bar") }
            let count = context.barCount()
            if context.bar(ago: count) != nil || context.bar(ago: -1) != nil || context.bar(ago: count - 1) == nil {
                throw StrategyError.badParameter(strategy: "", reason: "bars that are not there")
            }
        }
        strategy.prepare = { setup in _ = try setup.bars(.oneHour) }
        strategy.further = { bar, series, context in
            further.add(Seen(now: context.now, bar: bar))
            order.add("further \(context.now.nanoseconds)")
            if context.bar(of: series) != bar { throw StrategyError.badParameter(strategy: "", reason: "another bar") }
        }
        var world = try World([bars])
        world.add(strategy, timeframe: .fifteenMinutes)
        let result = try world.run()
        let hours = reference(bars, minutes: 60)
        let quarters = reference(bars, minutes: 15)
        #expect(further.entries == hours)
        // Its own first bar may come before there is an hour to look at.
        #expect(own.entries == quarters.filter { $0.now >= hours[0].now })
        #expect(own.entries.allSatisfy { $0.bar.openTime.nanoseconds + 15 * Market.minute <= $0.now.nanoseconds })
        for hour in hours {
            let both = order.entries.filter { $0.hasSuffix(" \(hour.now.nanoseconds)") }
            #expect(both.first == "further \(hour.now.nanoseconds)")
        }
        let batch = try world.feeds[0].aggregated(to: .oneHour)
        #expect(batch.series.bars == hours.map(\.bar))
        #expect(result.bars == bars.count)
    }

    @Test(arguments: 0..<200)
    func theBarsOfTheDataAreCountedBackFromThePresent(seed: Int) throws {
        let bars = Market.walk(seed: UInt64(seed), count: 60, hasGaps: true)
        let log = Log<[Bar?]>()
        var world = try World([bars])
        world.add(
            Scripted { bar, context in
                let count = context.barCount()
                log.add([bar, context.bar()] + (0...count).map { context.bar(ago: $0) })
                let close = Double(bar.close.units) / 100
                if context.close != close || context.values()?.volume != Double(bar.volume.units) / 1000 {
                    throw StrategyError.badParameter(strategy: "", reason: "other values")
                }
            })
        _ = try world.run()
        #expect(log.entries.count == bars.count)
        for (index, seen) in log.entries.enumerated() {
            #expect(seen == [bars[index], bars[index]] + bars[...index].reversed() + [nil])
        }
    }

    /// Where a symbol has no bar, its strategy is not called with the bar of another time.
    @Test(arguments: 0..<200)
    func missingBarsAreNotMadeUp(seed: Int) throws {
        let full = Market.walk(seed: UInt64(seed), count: 120)
        let gaps = Market.walk(seed: UInt64(seed) + 500, count: 120, hasGaps: true)
        let seen = Log<Seen>()
        let others = Log<Bool>()
        var world = try World([full, gaps])
        world.add(Scripted { _, _ in others.add(true) }, name: "a", instrument: 0)
        world.add(Scripted { bar, context in seen.add(Seen(now: context.now, bar: bar)) }, name: "b", instrument: 1)
        let result = try world.run()
        let expected = gaps.map { Seen(now: Timestamp(nanoseconds: $0.openTime.nanoseconds + Market.minute), bar: $0) }
        #expect(seen.entries == expected)
        #expect(others.entries.count == 120)
        #expect(result.equity.times == (1...120).map { Market.time($0).nanoseconds })
    }

    /// IND-3: the same indicator on the same series is worked out once, whoever asks for it.
    @Test func strategiesShareTheirIndicators() throws {
        func count(_ prepares: [@Sendable (inout StrategySetup) throws -> Void], _ timeframes: [Timeframe]) throws
            -> Int
        {
            var world = try World([Market.walk(seed: 1, count: 100)])
            for (index, prepare) in prepares.enumerated() {
                var strategy = Scripted()
                strategy.prepare = prepare
                world.add(strategy, name: "s\(index)", timeframe: timeframes[index % timeframes.count])
            }
            let input = try world.input()
            let engine = try Engine(
                account: Account(input.account), specifications: input.strategies,
                feeds: input.feeds.map { $0.map { .recorded($0) } },
                registry: .standard)
            return engine.indicatorCount
        }
        let ema: @Sendable (inout StrategySetup) throws -> Void = { _ = try $0.indicator("ema", ["period": 9]) }
        let written: @Sendable (inout StrategySetup) throws -> Void = {
            _ = try $0.indicator("EMA", ["period": 9.0, "seed": "sma"])
        }
        let longer: @Sendable (inout StrategySetup) throws -> Void = { _ = try $0.indicator("ema", ["period": 10]) }
        #expect(try count([ema, ema, ema], [.oneMinute]) == 1)
        #expect(try count([ema, written], [.oneMinute]) == 1, "defaults and types do not tell indicators apart")
        #expect(try count([ema, longer], [.oneMinute]) == 2)
        #expect(try count([ema, ema], [.oneMinute, .fiveMinutes]) == 2)
    }

    @Test func aSharedIndicatorHasTheValuesOfOneAlone() throws {
        let bars = Market.walk(seed: 3, count: 60)
        func values(_ strategies: Int) throws -> [Double] {
            let log = Log<Double>()
            var world = try World([bars])
            for index in 0..<strategies {
                world.add(Reader(log: index == 0 ? log : nil), name: "s\(index)")
            }
            _ = try world.run()
            return log.entries
        }
        let alone = try values(1)
        #expect(alone.count == 56)
        #expect(try values(4) == alone)
        for (index, value) in alone.enumerated() {
            let mean = bars[index..<index + 5].reduce(0.0) { $0 + Double($1.close.units) / 100 } / 5
            #expect(abs(value - mean) < 1e-9 * mean)
        }
    }

    private struct Reader: Strategy {
        static let definition = StrategyDefinition(name: "reader", summary: "For tests.", parameters: [])
        var log: Log<Double>?
        var average = IndicatorHandle.none
        init(log: Log<Double>?) { self.log = log }
        init(parameters: StrategyParameters) {}
        mutating func prepare(_ setup: inout StrategySetup) throws {
            average = try setup.indicator("sma", ["period": 5])
        }
        mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws { log?.add(context.value(average)) }
    }
}
