// SPDX-License-Identifier: Apache-2.0

public import Trading

/// When a market is looked at: at the first call in each piece of time.
struct Looks: Sendable {
    let interval: TimeSpan
    private var lastSlot: Int64?

    init(every interval: TimeSpan) { self.interval = interval }

    func isDue(at now: Timestamp) -> Bool {
        guard let lastSlot else { return true }
        return slot(of: now, length: interval) > lastSlot
    }

    /// Looks; returns whether the piece of time before went by without a look, or `nil` where no look is due.
    mutating func look(at now: Timestamp) -> Bool? {
        guard isDue(at: now) else { return nil }
        let current = slot(of: now, length: interval)
        defer { lastSlot = current }
        return lastSlot.map { current != $0 + 1 } ?? false
    }
}

/// A state that counts only once every look has seen it for some time.
struct StableState<State: Equatable & Sendable>: Sendable {
    private(set) var counted: State
    private var pending: (state: State, since: Timestamp)?

    init(_ first: State) { counted = first }

    /// Takes what a look saw; returns how long every look has seen it, where it is not what counted before.
    mutating func see(_ seen: State, missedLook: Bool, stability: TimeSpan, at now: Timestamp) -> TimeSpan {
        if seen == counted {
            pending = nil
            return .zero
        }
        guard let pending, pending.state == seen, !missedLook else {
            self.pending = (seen, now)
            return .zero
        }
        let stableFor = Freshness.age(of: pending.since, at: now)
        if stableFor >= stability {
            counted = seen
            self.pending = nil
        }
        return stableFor
    }
}

/// What a look saw, and what counts from it on.
public struct Judged<State: Equatable & Sendable & BitwiseCopyable>: Sendable, Equatable, BitwiseCopyable {
    public let seen: State
    /// What counts from this look on.
    public let state: State
    public let previous: State
    /// How long `seen` has been seen at every look, where it is not what counted before.
    public let stableFor: TimeSpan

    public var isChange: Bool { state != previous }
}

extension Judged where State: RawRepresentable<String> {
    /// `HIGH instead of NORMAL`, `HIGH seen for 0 min, NORMAL still counts`, `NORMAL`.
    var reason: String {
        if isChange { return "\(state.rawValue) instead of \(previous.rawValue)" }
        return seen == state
            ? state.rawValue : "\(seen.rawValue) seen for \(text(stableFor)), \(state.rawValue) still counts"
    }
}

extension StableState where State: BitwiseCopyable {
    mutating func judge(_ seen: State, missedLook: Bool, stability: TimeSpan, at now: Timestamp) -> Judged<State> {
        let previous = counted
        let stableFor = see(seen, missedLook: missedLook, stability: stability, at: now)
        return Judged(seen: seen, state: counted, previous: previous, stableFor: stableFor)
    }
}
