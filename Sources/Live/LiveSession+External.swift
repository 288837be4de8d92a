// SPDX-License-Identifier: Apache-2.0

import Engine
import MarketData
import Strategies
public import Trading
public import VenueInterface

extension LiveSession {
    /// From when on an observation is known that is handed in at a moment; `nil` while the session has no time: a venue on
    /// its own clock has said none yet.
    public func timeOfReceipt(at moment: Moment) -> Timestamp? {
        var time = core.engine.context.now
        for link in links {
            time = max(time, link.settings.clock == .wall ? moment.wall + link.clockOffset : link.latestTime)
        }
        return time > .distantPast ? time : nil
    }

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
