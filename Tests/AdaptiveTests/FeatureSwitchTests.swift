// SPDX-License-Identifier: Apache-2.0

import Backtest
import EngineHarness
import Indicators
import Strategies
import TestSupport
import Testing
import Trading

@testable import Adaptive

@Suite("A feature that is switched at run time")
struct FeatureSwitchTests {
    private typealias Enhanced = EnhancedStrategyTests

    static let count = 9 * 288
    /// Numbers with which every feature has something to say.
    static let values: [String: ParameterValue] = [
        "volatility_min": 0.12, "volume_min": 0.8, "cost_multiple": 2, "time_exit_hours": 0.25,
        "sizing_volatility": 0.1, "pullback_min": 0.1,
        "pullback_max": 0.6, "break_even_atr": 1,
    ]

    /// Everything is on but `feature`, which is as asked; timeframes only where they are what is looked at, for they
    /// let little through.
    static func configured(_ feature: Feature, _ isOn: Bool) -> [String: ParameterValue] {
        values.merging(["timeframes": .boolean(false)]) { $1 }.merging([feature.name: .boolean(isOn)]) { $1 }
    }

    /// What was decided, in words and numbers, but for switches and the numbers of orders.
    static func story(_ result: BacktestResult, _ isIn: (Timestamp) -> Bool = { _ in true }) -> [String] {
        result.decisions.filter { $0.kind != .feature && isIn($0.time) }.map {
            "\($0.time) \($0.kind) \($0.verdict) \($0.side.map { "\($0)" } ?? "") \($0.feature): \($0.reason) \($0.values)"
        }
    }

    static func flip(_ feature: Feature, _ isOn: Bool, _ strategy: inout Handled, _ context: inout StrategyContext) {
        #expect(strategy.inner.setFeature(feature.name, isOn: isOn, &context))
    }

    @Test("is from the next bar on as if it had been configured so, off and on again", arguments: Feature.configurable)
    func switched(feature: Feature) throws {
        var differs = false
        for seed in UInt64(0)..<4 where seed < 2 || !differs {
            /// A run, and before which bars nothing was under way.
            func run(_ isOn: Bool, _ switches: [Int: Bool] = [:]) throws -> (BacktestResult, idle: [Int: Timestamp]) {
                let idle = Log<(Int, Timestamp)>()
                let result = try Handled.run(seed: seed, count: Self.count, Self.configured(feature, isOn)) {
                    if $1.isIdle($2) { idle.add(($0, $2.now)) }
                    if let isOn = switches[$0] { Self.flip(feature, isOn, &$1, &$2) }
                }
                return (result, Dictionary(uniqueKeysWithValues: idle.entries))
            }
            let (on, idleOn) = try run(true)
            let (off, idleOff) = try run(false)
            let both = Set(idleOn.keys).intersection(idleOff.keys).sorted()
            let first = try #require(both.first { $0 > Self.count * 2 / 3 })
            let second = try #require(both.first { $0 > Self.count * 5 / 6 })
            let (from, to) = (try #require(idleOn[first]), try #require(idleOn[second]))
            for start in [true, false] {
                let (mixed, _) = try run(start, [first: !start, second: start])
                let (outside, inside) = start ? (on, off) : (off, on)
                #expect(Self.story(mixed) { $0 < from } == Self.story(outside) { $0 < from }, "seed \(seed)")
                #expect(
                    Self.story(mixed) { $0 >= from && $0 < to } == Self.story(inside) { $0 >= from && $0 < to },
                    "seed \(seed)")
                #expect(Self.story(mixed) { $0 >= to } == Self.story(outside) { $0 >= to }, "seed \(seed)")
                #expect(
                    mixed.decisions.filter { $0.kind == .feature }.map(\.reason)
                        == (start
                            ? ["switched off by hand", "switched on by hand"]
                            : ["switched on by hand", "switched off by hand"]))
            }
            differs =
                differs
                || Self.story(on, { $0 >= from && $0 < to }) != Self.story(off, { $0 >= from && $0 < to })
        }
        #expect(differs, "it makes a difference while it is switched")
    }

    // MARK: With something under way

    @Test(
        "a signal that waits for what is switched off is entered with the next bar",
        arguments: [Feature.pullback, .acceleration])
    func waiting(feature: Feature) throws {
        var entered = 0
        for seed in UInt64(0)..<6 {
            let switchedAt = Log<Timestamp>()
            var values = Enhanced.only([feature])
            values["pullback_min"] = 1
            values["pullback_max"] = 5
            let result = try Handled.run(seed: seed, count: 1200, values) { _, strategy, context in
                guard strategy.inner.confirmation.isWaiting, switchedAt.entries.isEmpty else { return }
                Self.flip(feature, false, &strategy, &context)
                switchedAt.add(context.now)
            }
            guard let time = switchedAt.entries.first else { continue }
            let entry = Enhanced.entries(result).first { $0.time >= time }
            #expect(entry?.time == time, "seed \(seed)")
            #expect(!result.decisions.contains { $0.time > time && $0.feature == feature.name })
            entered += 1
        }
        #expect(entered > 0)
    }

    @Test("a position's stop no longer moves, and moves again")
    func stops() throws {
        var (before, after) = (0, 0)
        for seed in UInt64(0)..<6 {
            let span = 400..<800
            let log = Log<Timestamp>()
            let result = try Handled.run(seed: seed, count: 1200, Enhanced.only([.movingStops])) {
                if span.lowerBound == $0 || span.upperBound == $0 {
                    Self.flip(.movingStops, $0 == span.upperBound, &$1, &$2)
                    log.add($2.now)
                }
            }
            let moves = result.decisions.filter { $0.kind == .stop }.map(\.time)
            let times = log.entries
            #expect(!moves.contains { $0 >= times[0] && $0 < times[1] }, "seed \(seed)")
            before += moves.count { $0 < times[0] }
            after += moves.count { $0 >= times[1] }
        }
        #expect(before > 0 && after > 0)
    }

    @Test("a position is held for longer while the time exit is off, and left with the next bar once it is on")
    func time() throws {
        var left = 0
        for seed in UInt64(0)..<6 {
            var values = Enhanced.only([.timeExit])
            values.merge(["time_exit_hours": 1, "stop_atr": 20, "target_atr": 50]) { $1 }
            let late = Log<Timestamp>()
            let result = try Handled.run(seed: seed, count: 1200, values) { bar, strategy, context in
                if bar == 0 { Self.flip(.timeExit, false, &strategy, &context) }
                guard let position = strategy.inner.trade?.position, late.entries.isEmpty,
                    context.now - position.openedAt > .hours(3)
                else { return }
                Self.flip(.timeExit, true, &strategy, &context)
                late.add(context.now)
            }
            guard let time = late.entries.first else { continue }
            let exits = result.decisions.filter { $0.kind == .exit && $0.feature == Feature.timeExit.name }
            #expect(exits.first?.time == time, "seed \(seed)")
            left += 1
        }
        #expect(left > 0)
    }
}
