// SPDX-License-Identifier: Apache-2.0

import Connectivity
import TestSupport
import Testing
import Trading

@Suite struct CandleTrackerTests {
    private func bar(_ minute: Int64, close: Int64) -> Bar {
        Bar(
            openTime: Timestamp(seconds: minute * 60), open: Price(units: 1), high: Price(units: close),
            low: Price(units: 1), close: Price(units: close), volume: Quantity(units: close))
    }

    @Test func closesWhenALaterOneComes() {
        var tracker = CandleTracker()
        #expect(tracker.observe(bar(1, close: 5)) == [.init(bar: bar(1, close: 5), isClosed: false)])
        #expect(tracker.observe(bar(1, close: 6)) == [.init(bar: bar(1, close: 6), isClosed: false)])
        #expect(
            tracker.observe(bar(2, close: 7)) == [
                .init(bar: bar(1, close: 6), isClosed: true), .init(bar: bar(2, close: 7), isClosed: false),
            ])
        #expect(tracker.observe(bar(1, close: 9)) == [])
        #expect(tracker.latestOpen == Timestamp(seconds: 120))
    }

    @Test("What grew when the stream broke is not told as closed")
    func interruption() {
        var tracker = CandleTracker()
        _ = tracker.observe(bar(1, close: 5))
        tracker.interrupt()
        #expect(tracker.observe(bar(2, close: 7)) == [.init(bar: bar(2, close: 7), isClosed: false)])
        // A complete reading of the one that was missed comes too late to be told in order.
        #expect(tracker.observe(bar(1, close: 8)) == [])
        #expect(tracker.observe(bar(3, close: 7)).first == .init(bar: bar(2, close: 7), isClosed: true))
    }

    @Test("In any order, with repeats and interruptions: closed once, in order, in the last state", arguments: 0..<200)
    func property(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var tracker = CandleTracker()
        var minute: Int64 = 1
        var states: [Int64: Int64] = [:]
        var closed: [Int64] = []
        for _ in 0..<400 {
            if Int.random(in: 0..<10, using: &random) == 0 { minute += .random(in: 1...2, using: &random) }
            if Int.random(in: 0..<50, using: &random) == 0 { tracker.interrupt() }
            let isLate = Int.random(in: 0..<8, using: &random) == 0
            let at = isLate ? max(1, minute - .random(in: 0...3, using: &random)) : minute
            let isNew = tracker.latestOpen.map { at * 60 >= $0.nanoseconds / 1_000_000_000 } ?? true
            let close = Int64.random(in: 1...1_000, using: &random)
            if isNew { states[at] = close }
            for update in tracker.observe(bar(at, close: close)) where update.isClosed {
                let open = update.bar.openTime.nanoseconds / 60_000_000_000
                #expect(closed.last.map { $0 < open } ?? true)
                #expect(update.bar.close.units == states[open])
                closed.append(open)
            }
        }
        #expect(closed.count > 5)
    }

    @Test func onlyTheLastIdentifiersAreKept() {
        var recent = RecentIdentifiers<Int>(capacity: 3)
        let areNew = [1, 2, 3, 1, 4, 1, 3, 5].map { recent.insert($0) }
        #expect(areNew == [true, true, true, false, true, true, false, true])
        #expect(recent.count == 3)
        for id in 0..<1_000 { _ = recent.insert(id) }
        #expect(recent.count == 3)
    }
}
