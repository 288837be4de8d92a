// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Testing
import Trading

@Suite("Waiting for a better price")
struct EntryConfirmationTests {
    static func waiting(patience: Int = 3) -> EntryConfirmation {
        EntryConfirmation(.init(pullback: 0.005...0.01, patience: patience))
    }

    /// A bar while a pull-back is waited for, and acceleration unless it is off.
    static func bar(
        _ confirmation: inout EntryConfirmation, high: Double = 100, low: Double, acceleration: Double? = nil
    ) throws -> EntryConfirmation.Outcome {
        let side = try #require(confirmation.side)
        let pullback = try confirmation.pullback(high: high, low: low)
        return confirmation.update(
            pullback: .said(pullback),
            acceleration: try acceleration.map { .said(try EntryConfirmation.agrees($0, with: side)) } ?? .off)
    }

    @Test("with nothing to wait for a signal is confirmed at once")
    func atOnce() {
        var confirmation = Self.waiting()
        #expect(confirmation.begin(.buy, at: 100, pullback: .off, acceleration: .off) == .confirmed(.buy))
        #expect(!confirmation.isWaiting)
    }

    @Test("a pull-back of half a percent to one confirms, a deeper one takes the signal back")
    func pullback() throws {
        for (low, outcome) in [
            (99.6, EntryConfirmation.Outcome.waiting), (99.5, .confirmed(.buy)), (99.0, .confirmed(.buy)),
            (98.9, .abandoned(.buy, .tooDeep)),
        ] {
            var confirmation = Self.waiting()
            #expect(confirmation.begin(.buy, at: 100, pullback: .said(.notYet), acceleration: .off) == .waiting)
            #expect(try Self.bar(&confirmation, low: low) == outcome, "\(low)")
        }
        var short = Self.waiting()
        #expect(short.begin(.sell, at: 100, pullback: .said(.notYet), acceleration: .off) == .waiting)
        #expect(try Self.bar(&short, high: 100.7, low: 100) == .confirmed(.sell))
    }

    @Test("after the pull-back it waits for acceleration, and gives up in time, with what was missing")
    func gives() throws {
        var confirmation = Self.waiting()
        func begin() { _ = confirmation.begin(.buy, at: 100, pullback: .said(.notYet), acceleration: .said(true)) }
        begin()
        #expect(try Self.bar(&confirmation, low: 99.3, acceleration: -1) == .waiting)
        #expect(try Self.bar(&confirmation, low: 99.8, acceleration: 1) == .confirmed(.buy))
        begin()
        _ = try Self.bar(&confirmation, low: 99.3, acceleration: -1)
        _ = try Self.bar(&confirmation, low: 99.3, acceleration: 0)
        #expect(try Self.bar(&confirmation, low: 99.3, acceleration: 0) == .abandoned(.buy, .noAcceleration))
        var still = Self.waiting(patience: 1)
        _ = still.begin(.buy, at: 100, pullback: .said(.notYet), acceleration: .off)
        #expect(try Self.bar(&still, high: 101, low: 100) == .abandoned(.buy, .noPullback))
    }

    @Test("what is switched off is no longer waited for, and what is switched on is, from the next bar on")
    func switched() throws {
        var confirmation = Self.waiting()
        #expect(confirmation.begin(.buy, at: 100, pullback: .said(.notYet), acceleration: .off) == .waiting)
        #expect(confirmation.update(pullback: .off, acceleration: .off) == .confirmed(.buy))
        #expect(confirmation.begin(.buy, at: 100, pullback: .off, acceleration: .said(false)) == .waiting)
        #expect(confirmation.update(pullback: .said(.notYet), acceleration: .off) == .waiting)
        #expect(confirmation.update(pullback: .said(.reached), acceleration: .off) == .confirmed(.buy))
        #expect(confirmation.begin(.buy, at: 100, pullback: .off, acceleration: .said(false)) == .waiting)
        #expect(confirmation.update(pullback: .off, acceleration: .off) == .confirmed(.buy))
    }

    @Test("what fails confirms nothing with that bar, and is left out once it is switched off")
    func failing() {
        for (pullback, acceleration) in [
            (FeatureAnswer<EntryConfirmation.Pullback>.failed, FeatureAnswer<Bool>.said(true)),
            (.said(.reached), .failed),
        ] {
            var confirmation = Self.waiting()
            #expect(confirmation.begin(.buy, at: 100, pullback: .said(.notYet), acceleration: .said(true)) == .waiting)
            #expect(confirmation.update(pullback: pullback, acceleration: acceleration) == .waiting)
            #expect(confirmation.update(pullback: .suspended, acceleration: .suspended) == .confirmed(.buy))
        }
    }

    @Test("a number that is none is a failure, not a pull-back and no acceleration", arguments: [Side.buy, .sell])
    func nonsense(side: Side) {
        var confirmation = Self.waiting()
        for price in [Double.nan, .infinity] {
            _ = confirmation.begin(side, at: price, pullback: .said(.notYet), acceleration: .off)
            #expect(throws: (any Error).self) { try confirmation.pullback(high: 100, low: 99) }
            _ = confirmation.begin(side, at: 100, pullback: .said(.notYet), acceleration: .off)
            #expect(throws: (any Error).self) { try confirmation.pullback(high: price, low: price) }
            #expect(throws: (any Error).self) { try EntryConfirmation.agrees(price, with: side) }
        }
    }
}
