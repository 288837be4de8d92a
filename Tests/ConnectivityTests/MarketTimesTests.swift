// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Testing
import Trading

@Suite struct MarketTimesTests {
    static let now = Timestamp(seconds: 1_700_000_000)

    @Test(arguments: [
        (TimeSpan.minutes(1), true), (.minutes(1) + .milliseconds(1), false), (.days(-400), true),
        (.days(365), false),
    ])
    func aMeasuredClockIsFollowedForAMinute(ahead: TimeSpan, isBelieved: Bool) {
        var times = MarketTimes()
        let limit = times.take(Self.now + ahead, .measured(Self.now))
        #expect((limit == nil) == isBelieved)
        #expect(limit == (isBelieved ? nil : Self.now + .minutes(1)))
        #expect(times.latest == (isBelieved ? Self.now + ahead : nil))
    }

    @Test("A bar that follows the latest one is believed though our clock was set back")
    func clockSetBack() {
        var times = MarketTimes()
        #expect(times.take(Self.now, .measured(Self.now)) == nil)
        let late = Self.now + .hours(-3)
        #expect(times.take(Self.now + .hours(1), following: .hours(1), .measured(late)) == nil)
        #expect(times.take(Self.now + .hours(3), following: .hours(1), .measured(late)) != nil)
        #expect(times.latest == Self.now + .hours(1))
    }

    @Test func beforeTheClockIsMeasuredOursMayBeADayBehind() {
        var times = MarketTimes()
        #expect(times.take(Self.now + .hours(23), .ours(Self.now)) == nil)
        #expect(times.take(Self.now + .days(3), .ours(Self.now)) != nil)
    }

    @Test("On a venue's own clock the first time is believed, and later ones leap by a month at most")
    func ownClock() {
        var times = MarketTimes()
        #expect(times.take(Self.now, .unknown) == nil)
        #expect(times.take(Self.now + .days(30), .unknown) == nil)
        #expect(times.take(Self.now + .days(90), .unknown) != nil)
        #expect(times.take(Timestamp(nanoseconds: .max), .unknown) != nil)
        times.interrupt()
        #expect(times.take(Self.now + .days(90), .unknown) == nil)
    }
}
