// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Tells when candles close, where a venue only sends the present state of the latest one: a candle has closed when a
/// later one is there.
///
/// Each closed candle is told once and in order, whatever is repeated or comes late, and only from a state that is known
/// to be its last: after an interruption the one that was growing is forgotten, and the caller asks for what it missed.
public struct CandleTracker: Hashable, Sendable {
    public struct Update: Hashable, Sendable {
        public let bar: Bar
        public let isClosed: Bool
        public init(bar: Bar, isClosed: Bool) {
            self.bar = bar
            self.isClosed = isClosed
        }
    }

    private var current: Bar?
    /// Of the last one told as closed, or known to be complete elsewhere.
    private var lastClosed: Timestamp?

    public init() {}

    /// When the latest candle that is known opened.
    public var latestOpen: Timestamp? { current?.openTime ?? lastClosed }

    /// - Returns: What is new: nothing for a candle that is older than the latest.
    public mutating func observe(_ bar: Bar) -> [Update] {
        if let last = lastClosed, bar.openTime <= last { return [] }
        guard let growing = current else {
            current = bar
            return [Update(bar: bar, isClosed: false)]
        }
        guard bar.openTime >= growing.openTime else { return [] }
        current = bar
        guard bar.openTime > growing.openTime else { return [Update(bar: bar, isClosed: false)] }
        lastClosed = growing.openTime
        return [Update(bar: growing, isClosed: true), Update(bar: bar, isClosed: false)]
    }

    /// Updates may have been missed.
    public mutating func interrupt() { current = nil }
}
