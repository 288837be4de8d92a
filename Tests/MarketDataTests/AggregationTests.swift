// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Testing
import Trading

@Suite struct AggregationTests {
    /// 5m from 1m. The data begins in the middle of 00:00–00:05, lacks 00:07 and 00:14, and ends in the middle.
    @Test func bucketsByHand() throws {
        var bars = [bar(3, 10, 11, 9, 10, 1), bar(4, 10, 12, 8, 11, 2)]
        bars += [bar(5, 11, 15, 10, 12, 3), bar(6, 12, 13, 7, 8, 4), bar(8, 8, 9, 8, 9, 5), bar(9, 9, 9, 9, 9, 0)]
        bars += [
            bar(10, 9, 10, 9, 10, 1), bar(11, 10, 20, 10, 20, 1), bar(12, 20, 21, 5, 6, 1), bar(13, 6, 6, 6, 6, 1),
        ]
        bars += [bar(15, 6, 7, 6, 7, 9)]
        let result = try series(bars).aggregated(to: .fiveMinutes)
        #expect(result.series.bars == [bar(5, 11, 15, 7, 9, 12), bar(10, 9, 21, 5, 6, 4)])
        #expect(result.missing == [1, 1])
        #expect(result.open == AggregatedBar(bar: bar(15, 6, 7, 6, 7, 9), missing: 0))
    }

    @Test func aFullFirstBucketIsKept() throws {
        let result = try series((0..<5).map { bar($0, 10, 11, 9, 10, 1) }).aggregated(to: .fiveMinutes)
        #expect(result.series.bars == [bar(0, 10, 11, 9, 10, 5)])
        #expect(result.missing == [0])
        #expect(result.open == nil)
    }

    @Test func aBarThatEndsTheNextBucketClosesTwo() throws {
        var aggregator = try BarAggregator(from: .oneMinute, to: .fiveMinutes)
        var closed: [AggregatedBar] = []
        for next in [bar(5, 10, 11, 9, 10, 1), bar(14, 20, 22, 18, 21, 2)] {
            aggregator.add(next) { closed.append($0) }
        }
        #expect(
            closed == [
                AggregatedBar(bar: bar(5, 10, 11, 9, 10, 1), missing: 4),
                AggregatedBar(bar: bar(10, 20, 22, 18, 21, 2), missing: 4),
            ])
        #expect(aggregator.openBar == nil)
    }

    @Test func weeksBeginOnMonday() throws {
        // 1970-01-05 was the first Monday; days 4 to 10 since the epoch are its week.
        let days = (Int64(2)..<12).map { bar($0 * 1440, 10, 10 + $0, 10, 10, 1) }
        let week = try #require(Timeframe(seconds: 604_800))
        let result = try series(days, timeframe: .oneDay).aggregated(to: week)
        #expect(result.series.bars == [bar(4 * 1440, 10, 20, 10, 10, 7)])
        #expect(result.open?.bar == bar(11 * 1440, 10, 21, 10, 10, 1))
    }

    @Test func aTimeframeThatIsNoMultipleIsRefused() throws {
        let seven = try #require(Timeframe(seconds: 420))
        #expect(throws: AggregationError(base: .fiveMinutes, target: seven)) {
            try BarAggregator(from: .fiveMinutes, to: seven)
        }
        #expect(throws: AggregationError.self) { try BarAggregator(from: .oneHour, to: .oneMinute) }
    }

    @Test func anOverdueBucketClosesOnceAndIgnoresLateBars() throws {
        var aggregator = try BarAggregator(from: .oneMinute, to: .fiveMinutes)
        var closed: [AggregatedBar] = []
        aggregator.add(bar(5, 10, 11, 9, 10, 1)) { closed.append($0) }
        #expect(aggregator.closeOverdue(at: Timestamp(seconds: 599)) == nil)
        #expect(
            aggregator.closeOverdue(at: Timestamp(seconds: 600))
                == AggregatedBar(bar: bar(5, 10, 11, 9, 10, 1), missing: 4))
        #expect(aggregator.closeOverdue(at: Timestamp(seconds: 600)) == nil)
        aggregator.add(bar(9, 99, 99, 99, 99, 1)) { closed.append($0) }
        #expect(closed.isEmpty && aggregator.openBar == nil)
        for minute in Int64(10)..<15 { aggregator.add(bar(minute, 1, 2, 1, 2, 1)) { closed.append($0) } }
        #expect(closed == [AggregatedBar(bar: bar(10, 1, 2, 1, 2, 5), missing: 0)])
    }

    static let targets: [Timeframe] = [
        .oneMinute, .threeMinutes, .fiveMinutes, .fifteenMinutes, .oneHour, .fourHours, .oneDay,
    ]

    @Test("Batch equals a reference that groups by bucket", arguments: UInt64(0)..<60)
    func batchEqualsReference(seed: UInt64) throws {
        let bars = randomBars(seed: seed, count: 700)
        let input = try series(bars)
        for target in Self.targets {
            let result = try input.aggregated(to: target)
            let expected = reference(bars, target: target)
            #expect(result.series.bars == expected.map(\.bar))
            #expect(result.missing == expected.map(\.missing))
        }
    }

    @Test("What was closed never depends on what comes later", arguments: UInt64(0)..<40)
    func prefixInvariance(seed: UInt64) throws {
        let bars = randomBars(seed: seed &+ 1000, count: 300)
        var random = SeededRandom(seed: seed)
        for target in Self.targets {
            var aggregator = try BarAggregator(from: .oneMinute, to: target)
            var closed: [AggregatedBar] = []
            let cut = Int.random(in: 0...bars.count, using: &random)
            for next in bars[..<cut] { aggregator.add(next) { closed.append($0) } }
            let batch = try series(Array(bars[..<cut])).aggregated(to: target)
            #expect(batch.series.bars == closed.map(\.bar))
            #expect(batch.missing == closed.map(\.missing))
            #expect(batch.open == aggregator.openBar)
            let whole = try series(bars).aggregated(to: target)
            #expect(Array(whole.series.bars.prefix(closed.count)) == closed.map(\.bar))
        }
    }

    @Test("In two steps or in one: where nothing is missing, the same bars", arguments: UInt64(0)..<10)
    func composition(seed: UInt64) throws {
        var bars = randomBars(seed: seed, count: 2_000)
        let start = Timeframe.oneDay.openTime(containing: bars[0].openTime)
        bars = bars.enumerated().map { index, old in
            Bar(
                openTime: start + .minutes(Int64(index)), open: old.open, high: old.high, low: old.low,
                close: old.close, volume: old.volume)
        }
        let direct = try series(bars).aggregated(to: .oneHour).series
        let steps = try series(bars).aggregated(to: .fiveMinutes).series.aggregated(to: .oneHour).series
        #expect(direct.bars == steps.bars)
        #expect(direct.contentHash == steps.contentHash)
    }

    /// Groups by bucket with no notion of order of arrival, then drops what the rules drop.
    private func reference(_ bars: [Bar], target: Timeframe) -> [AggregatedBar] {
        var buckets: [(open: Timestamp, bars: [Bar])] = []
        for bar in bars {
            let open = target.openTime(containing: bar.openTime)
            if buckets.last?.open == open {
                buckets[buckets.count - 1].bars.append(bar)
            } else {
                buckets.append((open, [bar]))
            }
        }
        if let first = buckets.first, first.bars[0].openTime != first.open { buckets.removeFirst() }
        if let last = buckets.last, let bar = last.bars.last, bar.openTime + .minutes(1) < last.open + target.span {
            buckets.removeLast()
        }
        return buckets.map { open, bars in
            AggregatedBar(
                bar: Bar(
                    openTime: open, open: bars[0].open, high: bars.map(\.high).max()!, low: bars.map(\.low).min()!,
                    close: bars.last!.close, volume: bars.reduce(.zero) { $0 + $1.volume }),
                missing: target.nanoseconds / 60_000_000_000 - Int64(bars.count))
        }
    }
}
