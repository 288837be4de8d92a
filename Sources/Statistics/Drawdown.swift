// SPDX-License-Identifier: Apache-2.0

/// The deepest fall of equity from a peak, and how the falls were as a whole.
public struct DrawdownSummary: Equatable, Sendable {
    /// One fall from a peak: times are nanoseconds since the epoch.
    public struct Episode: Equatable, Sendable {
        /// Fraction of the peak, negative: -0.25 lost a quarter; below -1 the account owes money.
        public var depth: Double
        /// When the peak was last reached.
        public var start: Int64
        public var trough: Int64
        /// When equity was back at the peak; `nil` where it was not until the end.
        public var recovery: Int64?
        public var peakEquity: Double
        public var troughEquity: Double
    }

    /// `nil` where equity never fell, or was not measured.
    public var deepest: Episode?
    /// Falls that ended, plus the one that lasts until the end.
    public var count: Int
    /// Mean depth over all falls, negative; `nil` without any.
    public var average: Double?
    /// The longest time below a peak, until recovery or the end, in nanoseconds.
    public var longest: Int64
    /// False where a value of equity was not finite or the first peak was not positive.
    public var isMeasured: Bool

    /// Depth of the deepest fall: zero where equity never fell, `nil` where it was not measured.
    public var maximum: Double? { isMeasured ? (deepest?.depth ?? 0) : nil }
}

/// Follows one series of equity from peak to peak; the engine's hot loop calls it on every bar.
///
/// A bar costs two comparisons unless it makes a new peak: depth is divided out only when a fall ends.
struct DrawdownTracker: Sendable {
    private var peak: Double
    private var peakTime: Int64
    private var trough: Double
    private var troughTime: Int64
    private var deepest: DrawdownSummary.Episode?
    private var count = 0
    private var depthSum = 0.0
    private var longest: Int64 = 0
    private let startsPositive: Bool

    init(start: Double, time: Int64) {
        peak = start
        peakTime = time
        trough = start
        troughTime = time
        startsPositive = start > 0 && start.isFinite
    }

    /// Takes the highest and then the lowest equity of a bar: the worse order of the two.
    @inline(__always)
    mutating func update(time: Int64, high: Double, low: Double) {
        if high >= peak {
            if trough < peak { endEpisode(recovery: time) }
            peak = high
            peakTime = time
            trough = high
        }
        if low < trough {
            trough = low
            troughTime = time
        }
    }

    @inline(never)
    private mutating func endEpisode(recovery: Int64?) {
        let depth = (trough - peak) / peak
        count += 1
        depthSum += depth
        if depth < (deepest?.depth ?? 0) {
            deepest = .init(
                depth: depth, start: peakTime, trough: troughTime, recovery: recovery, peakEquity: peak,
                troughEquity: trough)
        }
        if let recovery { note(from: peakTime, to: recovery) }
    }

    private mutating func note(from start: Int64, to end: Int64) {
        let (length, overflow) = end.subtractingReportingOverflow(start)
        longest = max(longest, overflow ? .max : length)
    }

    /// The summary with the fall that still lasts at `end` counted in.
    func summary(end: Int64, allFinite: Bool) -> DrawdownSummary {
        guard startsPositive, allFinite else {
            return DrawdownSummary(deepest: nil, count: 0, average: nil, longest: 0, isMeasured: false)
        }
        var closed = self
        if trough < peak {
            closed.endEpisode(recovery: nil)
            closed.note(from: peakTime, to: end)
        }
        return DrawdownSummary(
            deepest: closed.deepest, count: closed.count,
            average: closed.count > 0 ? closed.depthSum / Double(closed.count) : nil, longest: closed.longest,
            isMeasured: true)
    }
}
