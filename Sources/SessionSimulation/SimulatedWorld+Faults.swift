// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import Journal
import Trading
import VenueInterface

// What goes wrong, and when.
extension SimulatedWorld {
    /// A day that held too little is none: whoever counts days must be able to rely on them.
    func endDay() throws(Violation) {
        let counts = DayCounts(events: state.events, orders: watch.placedCount, faults: state.faults.total)
        let held = DayCounts(
            events: counts.events - dayBegan.events, orders: counts.orders - dayBegan.orders,
            faults: counts.faults - dayBegan.faults)
        dayBegan = counts
        guard state.day > 0 else { return }
        totals.noteDay(held)
        let isWhole = state.plan.faults.isSuperset(of: FaultKind.usual) && state.plan.defect == nil
        if isWhole, held.least(.least) != .least {
            throw violation(
                .emptyDay, "it held \(held.events) events, \(held.orders) orders and \(held.faults) faults")
        }
    }

    /// Plans the faults of a day, and its calm hours.
    func beginDay() {
        state.day += 1
        totals.days = state.day
        let day = state.now
        state.queue.add(.day, at: day + .days(1))
        for half in 1...2 {
            let end = day + SimulationPlan.calmEvery * Int64(half) + .minutes(-5)
            state.queue.add(.calm, at: end + TimeSpan(nanoseconds: -SimulationPlan.calmLength.nanoseconds))
            state.queue.add(.still, at: end + TimeSpan(nanoseconds: -SimulationPlan.stillLength.nanoseconds))
            state.queue.add(.check, at: end)
        }
        let kinds = FaultKind.allCases.filter { state.plan.faults.contains($0) && $0 != .slowStatus }
        guard !kinds.isEmpty else { return }
        for _ in 0..<state.plan.faultsPerDay {
            var kind = state.chance.pick(kinds)
            // A restart costs as much as it tells; some a day are enough.
            if FaultKind.deadly.contains(kind), kinds.count > 4, state.chance.happens(0.6) {
                kind = state.chance.pick(kinds)
            }
            let start = day + state.chance.span(.minutes(3), .minutes(24 * 60 - 70))
            let length: TimeSpan =
                switch kind {
                case .maintenance: state.chance.span(.minutes(1), .minutes(8))
                case .clock, .diskFull: state.chance.span(.seconds(20), .minutes(15))
                default: state.chance.span(.seconds(5), .minutes(10))
                }
            state.queue.add(.faultBegins(kind, length), at: start)
        }
    }

    func beginCalm() {
        state.isCalm = true
        state.clockError = .zero
        disk.fault = nil
        for index in state.active.indices { state.active[index] = 0 }
        state.endsSoon = nil
        state.venue.takesOnlyPostOnly = false
    }

    func beginFault(_ kind: FaultKind, _ span: TimeSpan) {
        guard !state.isCalm else { return }
        state.faults[kind] += 1
        state.active[kind.index] += 1
        state.queue.add(.faultEnds(kind), at: state.now + span)
        switch kind {
        case .halfOpen:
            for place in state.links.indices where state.chance.happens(0.7) { state.links[place].isHalfOpen = true }
        case .disconnect:
            for place in state.links.indices where state.chance.happens(0.7) { state.cut(place) }
        case .maintenance:
            state.venue.closeAll(wall: state.wall, reason: "maintenance")
            state.publish()
        case .clock:
            state.clockError = clockError()
            state.hadRightClock = false
        case .diskFull: disk.fault = .full(after: state.chance.below(20_000))
        case .kill, .powerCut: if state.isRunning { state.endsSoon = kind }
        case .postOnly: state.venue.takesOnlyPostOnly = true
        case .tornWrite:
            if state.isRunning { disk.fault = .killedInsideWrite(after: state.chance.below(200)) }
        case .latency, .loss, .duplicate, .reorder, .lostAnswer, .unreachable, .tooMany, .serverError, .refusedText,
            .badData, .truncated, .slowStatus:
            break
        }
    }

    /// Mostly a little, sometimes a lot.
    private func clockError() -> TimeSpan {
        let size =
            state.chance.happens(0.2)
            ? state.chance.span(.minutes(1), .hours(3)) : state.chance.span(.milliseconds(50), .seconds(20))
        return state.chance.happens(0.5) ? size : TimeSpan(nanoseconds: -size.nanoseconds)
    }

    func endFault(_ kind: FaultKind) {
        guard state.active[kind.index] > 0 else { return }
        state.active[kind.index] -= 1
        guard state.active[kind.index] == 0 else { return }
        switch kind {
        case .clock: state.clockError = .zero
        case .diskFull: if case .full = disk.fault { disk.fault = nil }
        case .tornWrite: if case .killedInsideWrite = disk.fault { disk.fault = nil }
        case .postOnly: state.venue.takesOnlyPostOnly = false
        default: break
        }
    }
}
