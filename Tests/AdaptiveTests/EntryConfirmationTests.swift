// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Testing
import Trading

@Suite("Waiting for a better price")
struct EntryConfirmationTests {
    static func waiting(
        pullback: ClosedRange<Double>? = 0.005...0.01, acceleration: Bool = false, patience: Int = 3
    ) -> EntryConfirmation {
        EntryConfirmation(.init(pullback: pullback, needsAcceleration: acceleration, patience: patience))
    }

    @Test("with nothing to wait for a signal is confirmed at once")
    func atOnce() {
        var confirmation = Self.waiting(pullback: nil)
        #expect(confirmation.begin(.buy, at: 100, acceleration: -1) == .confirmed(.buy))
        #expect(!confirmation.isWaiting)
    }

    @Test("a pull-back of half a percent to one confirms, a deeper one takes the signal back")
    func pullback() {
        for (low, outcome) in [
            (99.6, EntryConfirmation.Outcome.waiting), (99.5, .confirmed(.buy)), (99.0, .confirmed(.buy)),
            (98.9, .abandoned(.buy, .tooDeep)),
        ] {
            var confirmation = Self.waiting()
            #expect(confirmation.begin(.buy, at: 100, acceleration: 0) == .waiting)
            #expect(confirmation.update(high: 100, low: low, acceleration: 0) == outcome, "\(low)")
        }
        var short = Self.waiting()
        #expect(short.begin(.sell, at: 100, acceleration: 0) == .waiting)
        #expect(short.update(high: 100.7, low: 100, acceleration: 0) == .confirmed(.sell))
    }

    @Test("after the pull-back it waits for acceleration, and gives up in time, with what was missing")
    func gives() {
        var confirmation = Self.waiting(acceleration: true)
        _ = confirmation.begin(.buy, at: 100, acceleration: 1)
        #expect(confirmation.update(high: 100, low: 99.3, acceleration: -1) == .waiting)
        #expect(confirmation.update(high: 100, low: 99.8, acceleration: 1) == .confirmed(.buy))
        _ = confirmation.begin(.buy, at: 100, acceleration: 1)
        _ = confirmation.update(high: 100, low: 99.3, acceleration: -1)
        _ = confirmation.update(high: 100, low: 99.3, acceleration: .nan)
        #expect(
            confirmation.update(high: 100, low: 99.3, acceleration: 0) == .abandoned(.buy, .noAcceleration))
        var still = Self.waiting(patience: 1)
        _ = still.begin(.buy, at: 100, acceleration: 0)
        #expect(still.update(high: 101, low: 100, acceleration: 0) == .abandoned(.buy, .noPullback))
    }
}
