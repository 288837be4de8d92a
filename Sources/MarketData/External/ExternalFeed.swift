// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A series from outside as strategies are given it: under a name, and for as long as it is young enough.
public struct ExternalFeed: Hashable, Sendable {
    public let name: String
    /// Older values read as unknown; measured from the time that a value is of.
    public let maxAge: TimeSpan
    /// What is known ahead of the run; live it is empty, and observations arrive.
    public var series: ExternalSeries

    public init(name: String, maxAge: TimeSpan, series: ExternalSeries = .empty) {
        self.name = name
        self.maxAge = maxAge
        self.series = series
    }
}

/// An observation on its way to the strategies of a running session.
public struct ExternalArrival: Hashable, Sendable, BitwiseCopyable {
    /// The series, by its place among the session's.
    public let series: Int
    public let observation: ExternalObservation

    public init(series: Int, _ observation: ExternalObservation) {
        self.series = series
        self.observation = observation
    }
}

/// What is known of the series from outside at the present instant, and what becomes known later.
///
/// Observations of the future lie here too, as bars of the future lie in their columns: `advance` is the only way to
/// them, and time is the only key.
package struct ExternalBoard: Sendable {
    private struct Slot: Sendable {
        let name: String
        let maxAge: TimeSpan
        /// What holds; `nil` before the first.
        var holding: ExternalObservation?
        /// By the time from which they are known; those before `next` are known.
        var queue: [ExternalObservation]
        var next = 0
    }

    private var slots: [Slot]
    /// When the next observation becomes known.
    package private(set) var nextChange = Timestamp.distantFuture

    package init(_ feeds: [ExternalFeed] = []) {
        slots = feeds.map { Slot(name: $0.name, maxAge: $0.maxAge, queue: $0.series.observations) }
        findNextChange()
    }

    package var names: [String] { slots.map(\.name) }

    package func index(named name: String) -> Int? { slots.firstIndex { $0.name == name } }

    /// NaN while nothing is known, or what is known is too old.
    package func value(_ index: Int, at now: Timestamp) -> Double {
        guard slots.indices.contains(index), let found = slots[index].holding,
            !found.isStale(at: now, maxAge: slots[index].maxAge)
        else { return .nan }
        return found.value
    }

    /// Adds observations that are known from their time on; one that is known already counts from the next instant.
    /// Those of a series that is not there, and values that are no numbers, say nothing.
    package mutating func add(_ arrivals: [ExternalArrival]) {
        for arrival in arrivals where slots.indices.contains(arrival.series) && arrival.observation.value.isFinite {
            let slot = arrival.series
            if slots[slot].next > 1024 {
                slots[slot].queue.removeFirst(slots[slot].next)
                slots[slot].next = 0
            }
            // Behind those of the same time: what arrives later is the revision.
            var place = slots[slot].queue.count
            while place > slots[slot].next, slots[slot].queue[place - 1].knownAt > arrival.observation.knownAt {
                place -= 1
            }
            slots[slot].queue.insert(arrival.observation, at: place)
        }
        findNextChange()
    }

    /// Makes known what is known at `now`.
    package mutating func advance(to now: Timestamp) {
        guard nextChange <= now else { return }
        for index in slots.indices {
            while slots[index].next < slots[index].queue.count {
                let found = slots[index].queue[slots[index].next]
                guard found.knownAt <= now else { break }
                slots[index].next += 1
                if slots[index].holding.map({ $0.valueTime <= found.valueTime }) ?? true {
                    slots[index].holding = found
                }
            }
        }
        findNextChange()
    }

    private mutating func findNextChange() {
        nextChange = slots.reduce(.distantFuture) { earliest, slot in
            slot.next < slot.queue.count ? min(earliest, slot.queue[slot.next].knownAt) : earliest
        }
    }
}
