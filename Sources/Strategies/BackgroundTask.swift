// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Names one piece of work that a strategy gave away.
public struct BackgroundTaskID: Hashable, Sendable, BitwiseCopyable {
    /// Counts from 1 in a run: equal runs give equal numbers.
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
    /// No task.
    public static let none = BackgroundTaskID(number: 0)
}

/// What came of a piece of work.
public enum BackgroundOutcome: Sendable {
    case finished(any Sendable)
    /// It did not answer in time: a watchdog gave it up.
    case stalled
}

/// Work that runs beside the engine. Its result comes back at the first instant that is `latency` later, on every run
/// and machine, so that it makes no difference where and how fast it was computed.
package struct BackgroundTask: Sendable {
    package let id: BackgroundTaskID
    package let strategy: Int
    package let dueAt: Timestamp
    /// What the strategy said that it may take.
    package let latency: TimeSpan
    package let work: @Sendable () -> any Sendable
    /// Set by a shell that computed it ahead of time, or gave it up.
    package var outcome: BackgroundOutcome?
}

extension StrategyContext {
    /// Gives away work that is too slow for the engine's thread, such as a model or a profile of a long time.
    ///
    /// The work sees nothing but what it captures, and equal work gives equal results. `Strategy.onBackground` is told of
    /// its result at the first instant from `now + latency` on.
    ///
    /// In a session it is computed on another thread, and a watchdog gives it up where it does not end: what it captures
    /// must be `Sendable`, and what it calls must not wait for anybody. The strategy is then told `.stalled`.
    ///
    /// - Parameter latency: How long it may take; positive.
    public mutating func background(
        latency: TimeSpan, _ work: @escaping @Sendable () -> any Sendable
    ) -> BackgroundTaskID {
        precondition(latency > .zero, "work beside the engine takes time")
        lastTask += 1
        let id = BackgroundTaskID(number: lastTask)
        tasks.append(BackgroundTask(id: id, strategy: current, dueAt: now + latency, latency: latency, work: work))
        return id
    }
}
