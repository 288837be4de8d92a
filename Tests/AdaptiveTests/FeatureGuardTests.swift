// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Testing
import Trading

@Suite("A feature that fails")
struct FeatureGuardTests {
    struct Broken: Error, CustomStringConvertible { var description: String { "broken" } }
    static let start = Timestamp(nanoseconds: 0)

    static func fail(_ health: inout FeatureGuard, _ feature: Feature, at now: Timestamp) -> Bool {
        health.ask(feature, at: now) { () throws(Broken) -> Int in throw Broken() }.value == nil
    }

    @Test("PRP 26: is switched off alone, whichever it is", arguments: Feature.allCases)
    func alone(feature: Feature) {
        var health = FeatureGuard(enabled: Set(Feature.allCases))
        for _ in 0..<3 { #expect(Self.fail(&health, feature, at: Self.start)) }
        #expect(!health.isActive(feature, at: Self.start))
        #expect(health.takeChanges() == [.suspended(feature, until: Self.start + .hours(1), reason: "broken")])
        for other in Feature.allCases where other != feature {
            #expect(health.ask(other, at: Self.start) { 1 }.value == 1)
        }
    }

    @Test("PRP 26: all of them at once leave the strategy going")
    func all() {
        var health = FeatureGuard(enabled: Set(Feature.allCases))
        for feature in Feature.allCases { for _ in 0..<3 { _ = Self.fail(&health, feature, at: Self.start) } }
        #expect(Feature.allCases.allSatisfy { !health.isActive($0, at: Self.start) })
        #expect(health.takeChanges().count == Feature.allCases.count)
    }

    @Test("comes back after its pause, and pauses twice as long each time it fails again")
    func comesBack() {
        var health = FeatureGuard(enabled: [.regime])
        for _ in 0..<3 { _ = Self.fail(&health, .regime, at: Self.start) }
        let later = Self.start + .hours(1)
        #expect(health.isActive(.regime, at: later))
        #expect(Self.fail(&health, .regime, at: later))
        #expect(health.state(.regime) == .suspended(until: later + .hours(2)))
        let again = later + .hours(2)
        #expect(health.ask(.regime, at: again) { 7 }.value == 7)
        #expect(health.state(.regime) == .on)
        #expect(health.takeChanges().last == .resumed(.regime))
    }

    @Test("counts failures in a row only")
    func inARow() {
        var health = FeatureGuard(enabled: [.regime])
        for _ in 0..<10 {
            _ = Self.fail(&health, .regime, at: Self.start)
            _ = Self.fail(&health, .regime, at: Self.start)
            #expect(health.ask(.regime, at: Self.start) { 1 }.value == 1)
        }
        #expect(health.takeChanges().isEmpty)
    }

    @Test("an answer that is no number is a failure")
    func nonsense() {
        var health = FeatureGuard(enabled: [.thresholds], settings: .init(limit: 1))
        #expect(
            health.ask(.thresholds, at: Self.start) {
                Double.nan
            } isSound: {
                $0.isFinite
            }.value == nil)
        #expect(!health.isActive(.thresholds, at: Self.start))
    }

    @Test("one that is off does no work, and a hand switches it on and off")
    func byHand() {
        var health = FeatureGuard(enabled: [])
        var calls = 0
        #expect(health.ask(.regime, at: Self.start) { calls += 1 }.value == nil)
        #expect(calls == 0)
        health.set(.regime, isOn: true)
        #expect(health.ask(.regime, at: Self.start) { calls += 1 }.value != nil)
    }

    @Test("a background task that stalls counts as a failure")
    func stalls() {
        var health = FeatureGuard(enabled: [.prediction], settings: .init(limit: 2))
        health.stalled(.prediction, at: Self.start)
        #expect(health.isActive(.prediction, at: Self.start))
        health.stalled(.prediction, at: Self.start)
        #expect(!health.isActive(.prediction, at: Self.start))
        #expect(health.isSuspended(.prediction, at: Self.start + .minutes(59)))
        #expect(!health.isSuspended(.prediction, at: Self.start + .hours(1)))
    }

    @Test("answers from what is known do not hide that the background task stalls, and it comes back when that ends")
    func stallsBetweenAnswers() {
        var health = FeatureGuard(enabled: [.volumeProfile])
        for _ in 0..<3 {
            #expect(health.ask(.volumeProfile, at: Self.start) { 1 }.value == 1)
            health.stalled(.volumeProfile, at: Self.start)
        }
        let until = Self.start + .hours(1)
        let reason = "its background task stalled"
        #expect(health.takeChanges() == [.suspended(.volumeProfile, until: until, reason: reason)])
        #expect(health.ask(.volumeProfile, at: until) { 1 }.value == 1, "it is tried again")
        #expect(health.takeChanges().isEmpty, "and has not shown yet that it works")
        health.stalled(.volumeProfile, at: until)
        #expect(
            health.takeChanges() == [.suspended(.volumeProfile, until: until + .hours(2), reason: reason)],
            "each time for twice as long")
        health.ended(.volumeProfile)
        #expect(health.ask(.volumeProfile, at: until + .hours(2)) { 1 }.value == 1)
        #expect(health.takeChanges() == [.resumed(.volumeProfile)])
        health.stalled(.volumeProfile, at: until + .hours(3))
        #expect(health.isActive(.volumeProfile, at: until + .hours(3)), "it has all its chances again")
    }
}
