// SPDX-License-Identifier: Apache-2.0

import Trading
import VenueInterface

extension OrderManager {
    /// When it wants `wake`, by what it knows now.
    func earliestWake() -> TimeSpan? {
        var next: TimeSpan?
        func at(_ time: TimeSpan?) {
            guard let time else { return }
            next = next.map { min($0, time) } ?? time
        }
        // A query waits for its turn.
        let turn =
            budget.count < settings.queriesPerCycle
            ? budget.next : max(budget.next, budget.cycle.adding(.seconds(2)))
        // By index: it is asked after every event, and an order is not copied for it.
        for index in orders.indices where !orders[index].isFinal {
            at(orders[index].query.at.map { max($0, turn) })
            at(orders[index].query.asked?.adding(settings.queryDelayLimit))
            if orders[index].isIdle { at(orders[index].notBefore) }
            if orders[index].cancelWanted == nil, orders[index].request.timeInForce == .goodTilDate,
                let expires = orders[index].request.expires
            {
                at(monotonic(of: expires))
            }
        }
        for orphan in orphans { at(orphan.nextAt) }
        for item in unclaimed { at(item.until) }
        at(nextClosing)
        if let requested = snapshots.requestedAt {
            at(requested.adding(settings.snapshotTimeout))
        } else if isStarted {
            if snapshots.wanted != nil { at(snapshots.notBefore ?? now.monotonic) }
            at(snapshots.checkAt)
        }
        return next.map { max($0, now.monotonic) }
    }

    /// A time of the day's clock as one of the clock that never jumps, by how they stand now.
    private func monotonic(of time: Timestamp) -> TimeSpan {
        let (span, overflow) = time.nanoseconds.subtractingReportingOverflow(now.wall.nanoseconds)
        return now.monotonic.adding(TimeSpan(nanoseconds: overflow ? .max : max(0, span)))
    }
}
