// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How far a venue's clock is ahead of ours, from the times in its answers.
///
/// Each sample compares the venue's time with the middle of the request; half of the round trip is its uncertainty. Of the
/// last five the estimate is the mean of their median and of their mean weighted by certainty: one slow answer moves
/// neither much.
public struct ClockOffset: Hashable, Sendable {
    public enum Change: Hashable, Sendable {
        /// Our clock was set while a request was out: what was known is forgotten.
        case clockJumped(by: TimeSpan)
        /// The offset went beyond what is allowed.
        case alarm(TimeSpan)
        case calm(TimeSpan)
    }
    private struct Sample: Hashable { var offset, uncertainty: Int64 }

    public static let samplesKept = 5
    public let alarmBeyond: TimeSpan
    private var samples: [Sample] = []
    public private(set) var isAlarming = false

    public init(alarmBeyond: TimeSpan = .seconds(1)) { self.alarmBeyond = alarmBeyond }

    /// `nil` before the first sample.
    public private(set) var offset: TimeSpan?

    /// How wrong the offset may be: half of the shortest round trip, or half of the samples' spread where that is more.
    public var uncertainty: TimeSpan? {
        guard let surest = samples.map(\.uncertainty).min(), let low = samples.map(\.offset).min(),
            let high = samples.map(\.offset).max()
        else { return nil }
        return TimeSpan(nanoseconds: max(surest, high / 2 - low / 2))
    }

    /// Our time, moved to the venue's.
    public func corrected(_ wall: Timestamp) -> Timestamp { offset.map { wall.later(by: $0) } ?? wall }

    /// - Parameters:
    ///   - venue: What the answer says.
    ///   - sent: By our clock, when the request went.
    ///   - received: By our clock, when the answer came.
    ///   - roundTrip: Between the two by a clock that does not jump.
    public mutating func add(
        venue: Timestamp, sent: Timestamp, received: Timestamp, roundTrip: TimeSpan
    ) -> Change? {
        guard roundTrip >= .zero else { return nil }
        let jump = received.since(sent).since(roundTrip)
        // A tenth of a second is far more than two readings of clocks can be apart.
        if jump > .milliseconds(100) || jump < .milliseconds(-100) {
            samples.removeAll()
            offset = nil
            return .clockJumped(by: jump)
        }
        let half = roundTrip.nanoseconds / 2
        let middle = sent.later(by: TimeSpan(nanoseconds: half))
        // Beyond a year it is no clock's time, and the sums below stay small.
        let year = TimeSpan.days(366)
        let difference = min(max(venue.since(middle), TimeSpan(nanoseconds: -year.nanoseconds)), year)
        samples.append(Sample(offset: difference.nanoseconds, uncertainty: max(half, 1_000)))
        if samples.count > Self.samplesKept { samples.removeFirst() }
        let estimate = self.estimate
        offset = estimate
        let isBeyond = estimate > alarmBeyond || estimate < TimeSpan(nanoseconds: -alarmBeyond.nanoseconds)
        guard isBeyond != isAlarming else { return nil }
        isAlarming = isBeyond
        return isBeyond ? .alarm(estimate) : .calm(estimate)
    }

    private var estimate: TimeSpan {
        let sorted = samples.map(\.offset).sorted()
        let middle = sorted.count / 2
        let median =
            sorted.count % 2 == 1 ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
        var sum = 0.0
        var weights = 0.0
        for sample in samples {
            let weight = 1 / Double(sample.uncertainty)
            sum += weight * Double(sample.offset)
            weights += weight
        }
        return TimeSpan(nanoseconds: Int64(((median + sum / weights) / 2).rounded()))
    }
}
