// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Stops asking a venue that does not answer properly, and finds out by single requests when it does again.
public struct CircuitBreaker: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// All pass. Next: open, after enough failures in a row.
        case closed(failures: Int)
        /// None pass. Next: half open, when the time has come.
        case open(until: TimeSpan)
        /// One is on its way. Next: closed when it goes well, open when not.
        case halfOpen
    }
    public enum Change: Hashable, Sendable { case opened, closed }

    public let threshold: Int
    public let pause: TimeSpan
    public let longestPause: TimeSpan
    public private(set) var state = State.closed(failures: 0)
    private var nextPause: TimeSpan

    /// - Parameters:
    ///   - threshold: Failures in a row that open it.
    ///   - pause: Until the first probe; it doubles with each one that fails.
    public init(threshold: Int = 5, pause: TimeSpan = .seconds(5), longestPause: TimeSpan = .seconds(60)) {
        precondition(threshold >= 1, "a breaker opens after at least one failure, was \(threshold)")
        self.threshold = threshold
        self.pause = pause
        self.longestPause = longestPause
        nextPause = pause
    }

    public var isClosed: Bool { if case .closed = state { true } else { false } }

    /// When a probe may go; `nil` where none is called for.
    public var nextProbe: TimeSpan? { if case .open(let until) = state { until } else { nil } }

    /// Whether a request may go now. Where it is a probe, exactly one may: its outcome must be told.
    public mutating func allows(at now: TimeSpan) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until):
            guard now >= until else { return false }
            state = .halfOpen
            return true
        case .halfOpen: return false
        }
    }

    public mutating func failed(at now: TimeSpan) -> Change? {
        switch state {
        case .closed(let failures):
            guard failures + 1 >= threshold else {
                state = .closed(failures: failures + 1)
                return nil
            }
            nextPause = pause
            open(at: now)
            return .opened
        case .halfOpen:
            open(at: now)
            return nil
        case .open: return nil
        }
    }

    /// An answer came, whatever it said: the venue is there.
    public mutating func succeeded() -> Change? {
        defer { state = .closed(failures: 0) }
        return isClosed ? nil : .closed
    }

    private mutating func open(at now: TimeSpan) {
        state = .open(until: now.later(by: nextPause))
        nextPause = nextPause.doubled(upTo: longestPause)
    }
}
