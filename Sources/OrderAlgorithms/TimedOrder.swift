// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// Another algorithm between two times and within trading hours.
///
/// Acts at the first closed bar at or after a time. Outside of the hours what works is taken back, and the inner
/// algorithm's clock stands still.
public struct TimedOrder: OrderAlgorithm {
    public let startsAt: Timestamp?
    /// What works is taken back then, for good.
    public let endsAt: Timestamp?
    public let hours: TradingHours?
    public private(set) var inner: any OrderAlgorithm
    private(set) var isPaused = false
    private(set) var hasBegun = false
    private(set) var isOver = false

    public init(
        _ inner: any OrderAlgorithm, startsAt: Timestamp? = nil, endsAt: Timestamp? = nil, hours: TradingHours? = nil
    ) throws(AlgorithmError) {
        if let startsAt, let endsAt, endsAt <= startsAt {
            throw .badValue("ends_at", "\(endsAt)", "after \(startsAt), when it starts")
        }
        self.inner = inner
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.hours = hours
    }

    public var name: String { inner.name }
    public var instruments: [InstrumentID] { inner.instruments }
    public var inputs: [AlgorithmInput] { inner.inputs }
    public var execution: AlgorithmExecution { .emulated }
    public var isReduceOnly: Bool { inner.isReduceOnly }
    public var progress: AlgorithmProgress { inner.progress }

    public mutating func observe(_ instant: AlgorithmInstant) {
        if hasBegun { inner.observe(instant) }
    }

    public mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction]) {
        guard !isOver else { return }
        if let endsAt, instant.time >= endsAt {
            isOver = true
            return inner.stop(.timeOver, &actions)
        }
        if let startsAt, instant.time < startsAt { return }
        if let hours, !hours.contains(instant.time) {
            guard hasBegun, !isPaused else { return }
            isPaused = true
            return inner.pause(.outsideHours, &actions)
        }
        isPaused = false
        hasBegun = true
        inner.advance(instant, &actions)
    }

    public mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction]) {
        inner.receive(fill, &actions)
    }
    public mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction]) { inner.receive(end, &actions) }
    public mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        isPaused = true
        inner.pause(reason, &actions)
    }
    public mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        isOver = true
        inner.stop(reason, &actions)
    }
}
