// SPDX-License-Identifier: Apache-2.0

import Connectivity
import TestSupport
import Testing
import Trading

@Suite struct ClockOffsetTests {
    private let start = Timestamp(seconds: 1_700_000_000)

    @Test("Noise of the network stays within the uncertainty", arguments: UInt64(0)..<100)
    func estimate(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var clock = ClockOffset(alarmBeyond: .seconds(5))
        let truth = Int64.random(in: -2_000...2_000, using: &random)
        for index in 0..<12 {
            let sent = start + .seconds(Int64(index))
            let there = Int64.random(in: 1...80, using: &random)
            let back = Int64.random(in: 1...80, using: &random)
            let change = clock.add(
                venue: sent + .milliseconds(there + truth), sent: sent, received: sent + .milliseconds(there + back),
                roundTrip: .milliseconds(there + back))
            #expect(change == nil)
            // Each sample is wrong by at most half its round trip; so is any mean of them by the longest half.
            let offset = try #require(clock.offset)
            #expect(abs(offset.nanoseconds / 1_000_000 - truth) <= 80)
        }
        #expect(try #require(clock.uncertainty) <= .milliseconds(80))
    }

    @Test("Of five samples, the mean of their median and of their weighted mean")
    func exact() {
        var clock = ClockOffset()
        for (offset, roundTrip) in [(10, 2), (20, 4), (90, 20), (10, 2), (30, 4), (20, 2)] as [(Int64, Int64)] {
            _ = clock.add(
                venue: start + .milliseconds(offset + roundTrip / 2), sent: start,
                received: start + .milliseconds(roundTrip), roundTrip: .milliseconds(roundTrip))
        }
        // The last five: 20, 90, 10, 30, 20 weighing 1/2, 1/10, 1, 1/2, 1: median 20, weighted mean 64 / 3.1.
        let expected = (20.0 + 64.0 / 3.1) / 2 * 1_000_000
        #expect(clock.offset?.nanoseconds == Int64(expected.rounded()))
        #expect(clock.uncertainty == .milliseconds(40))
        #expect(clock.corrected(start) > start + .milliseconds(20))
    }

    @Test func alarmsOnceAndCalmsDown() {
        var clock = ClockOffset(alarmBeyond: .seconds(1))
        func sample(_ milliseconds: Int64) -> ClockOffset.Change? {
            clock.add(venue: start + .milliseconds(milliseconds), sent: start, received: start, roundTrip: .zero)
        }
        #expect(sample(900) == nil)
        #expect(sample(1_900) == .alarm(.milliseconds(1_400)))
        #expect(sample(1_900) == nil)
        var calmed = 0
        for _ in 0..<5 where sample(-100) != nil { calmed += 1 }
        #expect(calmed == 1)
    }

    @Test func aClockThatIsSetIsNoticed() {
        var clock = ClockOffset()
        _ = clock.add(venue: start, sent: start, received: start, roundTrip: .zero)
        let change = clock.add(
            venue: start, sent: start, received: start + .hours(1), roundTrip: .milliseconds(20))
        #expect(change == .clockJumped(by: .milliseconds(3_600_000 - 20)))
        #expect(clock.offset == nil && clock.uncertainty == nil)
        #expect(clock.corrected(start) == start)
    }

    @Test("Absurd times do no harm", arguments: [Int64.min, .max, 0])
    func absurd(nanoseconds: Int64) {
        var clock = ClockOffset()
        let time = Timestamp(nanoseconds: nanoseconds)
        _ = clock.add(venue: time, sent: start, received: start, roundTrip: .zero)
        _ = clock.add(venue: start, sent: time, received: time, roundTrip: .zero)
        _ = clock.add(venue: time, sent: start, received: time, roundTrip: TimeSpan(nanoseconds: nanoseconds))
        _ = clock.corrected(time)
    }
}

@Suite struct NonceSourceTests {
    @Test("They rise whatever the clock does, and lie near the present", arguments: UInt64(0)..<100)
    func rising(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var nonces = NonceSource()
        var wall = Timestamp(seconds: 1_700_000_000)
        var last: UInt64 = 0
        for _ in 0..<300 {
            wall = wall + .milliseconds(.random(in: -3_000...3_100, using: &random))
            let nonce = try nonces.next(at: wall)
            #expect(nonce > last)
            #expect(nonce >= UInt64(wall.nanoseconds / 1_000_000))
            last = nonce
            if Int.random(in: 0..<20, using: &random) == 0 { nonces = NonceSource(last: nonces.last) }
        }
    }

    @Test func aClockFarBackIsReported() throws {
        var nonces = NonceSource()
        let now = Timestamp(seconds: 1_700_000_000)
        #expect(try nonces.next(at: now) == 1_700_000_000_000)
        #expect(try nonces.next(at: now - .hours(22)) == 1_700_000_000_001)
        #expect(throws: NonceError.tooFarAhead(next: 1_700_000_000_002, now: now - .hours(24))) {
            try nonces.next(at: now - .hours(24))
        }
        #expect(try nonces.next(at: now) == 1_700_000_000_002)
        #expect(throws: NonceError.noTime(.epoch)) { try nonces.next(at: .epoch) }
        #expect(throws: NonceError.noTime(.distantPast)) { try nonces.next(at: .distantPast) }
    }

    @Test func refusedNoncesAreSkipped() throws {
        var nonces = NonceSource()
        let now = Timestamp(seconds: 1_700_000_000)
        nonces.skip(to: 1_700_000_000_500)
        #expect(try nonces.next(at: now) == 1_700_000_000_501)
        nonces.skip(to: 5)
        #expect(try nonces.next(at: now) == 1_700_000_000_502)
        nonces.skip(to: .max)
        #expect(throws: NonceError.tooFarAhead(next: .max, now: now)) { try nonces.next(at: now) }
    }
}
