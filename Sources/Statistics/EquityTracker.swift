// SPDX-License-Identifier: Apache-2.0

/// Equity bar by bar, reduced while it happens to drawdowns (on closes and inside bars) and one sample per period.
///
/// A value for the engine's hot loop: `update` takes a few nanoseconds and allocates only when the array of samples
/// grows, which `expectedSamples` avoids.
public struct EquityTracker: Sendable {
    /// Equity at the end of one sampling period.
    public struct Sample: Equatable, Sendable {
        /// Start of the period, nanoseconds since the epoch; a multiple of the sampling interval.
        public var periodStart: Int64
        /// The last equity seen in it.
        public var equity: Double

        public init(periodStart: Int64, equity: Double) {
            self.periodStart = periodStart
            self.equity = equity
        }
    }

    public let startEquity: Double
    public let startTime: Int64
    public let samplingInterval: Int64
    public private(set) var bars = 0
    public private(set) var lastTime: Int64
    public private(set) var lastEquity: Double
    /// Time of the first update that was not a finite number; from then on nothing is measured.
    public private(set) var firstNonFiniteTime: Int64?

    private var onCloses: DrawdownTracker
    private var insideBars: DrawdownTracker
    private var closedSamples: [Sample] = []
    private var period: Int64
    private var periodEnd: Int64

    /// - Parameters:
    ///   - startEquity: Equity before the first bar, in the base currency.
    ///   - startTime: Nanoseconds since the epoch; the first period is the one it lies in.
    ///   - samplingInterval: Nanoseconds; see `MetricConventions`.
    ///   - expectedSamples: Room made in advance, so that the hot loop does not allocate.
    public init(
        startEquity: Double, startTime: Int64, samplingInterval: Int64 = MetricConventions.nanosecondsPerDay,
        expectedSamples: Int = 0
    ) {
        self.startEquity = startEquity
        self.startTime = startTime
        self.samplingInterval = max(1, samplingInterval)
        lastTime = startTime
        lastEquity = startEquity
        onCloses = DrawdownTracker(start: startEquity, time: startTime)
        insideBars = onCloses
        period = Self.periodStart(of: startTime, interval: self.samplingInterval)
        periodEnd = Self.end(of: period, interval: self.samplingInterval)
        if !startEquity.isFinite { firstNonFiniteTime = startTime }
        if expectedSamples > 0 { closedSamples.reserveCapacity(min(expectedSamples, 10_000_000)) }
    }

    /// Takes equity at the close of a bar, and the lowest and highest it was inside the bar.
    ///
    /// - Parameters:
    ///   - time: Close of the bar, nanoseconds since the epoch; never earlier than the one before. A bar that closes
    ///     exactly at midnight belongs to the day that ends there.
    ///   - low: Lowest equity inside the bar; where it is above `close`, `close` counts.
    ///   - high: Highest equity inside the bar; where it is below `close`, `close` counts.
    @inline(__always)
    public mutating func update(time: Int64, close: Double, low: Double, high: Double) {
        guard (close + low + high).isFinite else {
            if firstNonFiniteTime == nil { firstNonFiniteTime = time }
            return
        }
        if time > periodEnd { startPeriod(at: time) }
        bars += 1
        lastTime = time
        lastEquity = close
        onCloses.update(time: time, high: close, low: close)
        insideBars.update(time: time, high: max(high, close), low: min(low, close))
    }

    /// Takes equity where nothing is known about the inside of the bar.
    @inline(__always)
    public mutating func update(time: Int64, close: Double) {
        update(time: time, close: close, low: close, high: close)
    }

    public var closeDrawdown: DrawdownSummary {
        onCloses.summary(end: lastTime, allFinite: firstNonFiniteTime == nil)
    }

    public var intrabarDrawdown: DrawdownSummary {
        insideBars.summary(end: lastTime, allFinite: firstNonFiniteTime == nil)
    }

    /// One sample per period that had a bar, oldest first.
    public var samples: [Sample] {
        bars == 0 ? closedSamples : closedSamples + [Sample(periodStart: period, equity: lastEquity)]
    }

    /// Simple returns per period, from the start equity on; `nil` where equity was not finite or not positive at the
    /// start.
    ///
    /// A period without a bar has the return 0, since equity stood still. After a total loss (equity at or below
    /// zero) there are no returns: the one that lost everything is the last.
    public var returns: [Double]? {
        guard firstNonFiniteTime == nil, startEquity > 0 else { return nil }
        var result: [Double] = []
        var previous = startEquity
        var previousStart: Int64?
        for sample in samples {
            if let previousStart {
                let (distance, overflow) = sample.periodStart.subtractingReportingOverflow(previousStart)
                let gap = distance / samplingInterval - 1
                guard !overflow, gap < Self.maximumReturns - Int64(result.count) else { return nil }
                if gap > 0 { result.append(contentsOf: repeatElement(0, count: Int(gap))) }
            }
            result.append(sample.equity / previous - 1)
            previous = sample.equity
            previousStart = sample.periodStart
            if previous <= 0 { break }
        }
        return result
    }

    /// Bounds the memory that one absurd time stamp could ask for.
    private static let maximumReturns: Int64 = 20_000_000

    @inline(never)
    private mutating func startPeriod(at time: Int64) {
        if bars > 0 { closedSamples.append(Sample(periodStart: period, equity: lastEquity)) }
        period = Self.periodStart(of: time - 1, interval: samplingInterval)
        periodEnd = Self.end(of: period, interval: samplingInterval)
    }

    private static func periodStart(of time: Int64, interval: Int64) -> Int64 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: interval)
        let floored = remainder < 0 ? quotient - 1 : quotient
        let (start, overflow) = floored.multipliedReportingOverflow(by: interval)
        return overflow ? .min : start
    }

    private static func end(of start: Int64, interval: Int64) -> Int64 {
        let (end, overflow) = start.addingReportingOverflow(interval)
        return overflow ? .max : end
    }
}
