// SPDX-License-Identifier: Apache-2.0

import Engine
import MarketData
import Strategies
import Trading

extension LiveSession {
    /// Takes in observations of series from outside.
    ///
    /// What a new session is told before it is shown the past was known when it says. Whatever comes later is known from
    /// now on and no earlier: instants that are decided stay as they were.
    mutating func receive(_ arrivals: [ExternalArrival]) {
        guard !arrivals.isEmpty else { return }
        let isBeforeAll = lastRecorded == nil && !past.isComplete
        let earliest = isBeforeAll ? .distantPast : max(core.engine.context.now, marketTime)
        _ = take(
            .external(
                arrivals.map { arrival in
                    let found = arrival.observation
                    return ExternalArrival(
                        series: arrival.series,
                        ExternalObservation(
                            valueTime: found.valueTime, knownAt: max(found.knownAt, earliest), value: found.value))
                }))
    }
}
