// SPDX-License-Identifier: Apache-2.0

package import MarketData
package import Strategies
import TestSupport
package import Trading

/// A strategy that trades a series from outside: against the mood, and not at all while nobody knows it.
package struct MoodFollower: Strategy {
    package static let definition = StrategyDefinition(
        name: "mood_follower", summary: "Buys fear, sells greed.", parameters: [])
    private var mood = ExternalHandle.none

    package init(parameters: StrategyParameters) {}
    package init() {}

    package mutating func prepare(_ setup: inout StrategySetup) throws { mood = try setup.external("mood") }

    package mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let mood = context.external(mood)
        if mood.isNaN { return context.exit() }
        if mood < 0 { context.enter(.buy) } else { context.enter(.sell) }
    }
}

extension Market {
    /// Values of random minutes, known up to a quarter of an hour late, often revised.
    package static func mood(seed: UInt64, minutes: Int, count: Int = 60) -> [ExternalObservation] {
        var random = SeededRandom(seed: seed)
        var taken: Set<[Int64]> = []
        var found: [ExternalObservation] = []
        for _ in 0..<count {
            let valueTime = time(Int.random(in: -10..<minutes, using: &random) / 4 * 4)
            let late = Int64.random(in: 0...900, using: &random) * 1_000_000_000
            let knownAt = Timestamp(nanoseconds: valueTime.nanoseconds + late)
            guard taken.insert([valueTime.nanoseconds, late]).inserted else { continue }
            let value = Double(Int64.random(in: -9...9, using: &random))
            found.append(ExternalObservation(valueTime: valueTime, knownAt: knownAt, value: value))
        }
        return found
    }

    package static func feed(_ observations: [ExternalObservation], maxAge: TimeSpan = .minutes(30)) throws
        -> ExternalFeed
    {
        ExternalFeed(name: "mood", maxAge: maxAge, series: try ExternalSeries(observations))
    }
}
