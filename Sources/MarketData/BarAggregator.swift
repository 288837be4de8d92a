// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A bar that was built from shorter ones.
public struct AggregatedBar: Hashable, Sendable, BitwiseCopyable {
    public let bar: Bar
    /// How many of the shorter bars the source did not have.
    public let missing: Int64

    @inlinable public init(bar: Bar, missing: Int64) {
        self.bar = bar
        self.missing = missing
    }
}

/// Why one timeframe cannot be built from another.
public struct AggregationError: Error, Equatable, CustomStringConvertible {
    public let base: Timeframe
    public let target: Timeframe

    public init(base: Timeframe, target: Timeframe) {
        self.base = base
        self.target = target
    }

    public var description: String {
        "\(target) bars cannot be built from \(base) bars: \(target) is not a multiple of \(base)."
    }
}

/// Builds bars of a longer timeframe from shorter ones, one at a time, on the grid of the epoch.
///
/// - The first bucket is dropped where the data starts in its middle.
/// - A bucket with missing base bars is built, and says how many are missing; a bucket with none is not built.
/// - A bucket closes when the base bar that ends at its boundary arrives, or else with the next base bar after it.
/// - The bucket in progress is never given out as closed; `openBar` shows it.
///
/// What was given out never depends on what comes later. One `add` allocates nothing.
public struct BarAggregator: Sendable, BitwiseCopyable {
    public let base: Timeframe
    public let target: Timeframe

    @usableFromInline let baseLength: Int64
    @usableFromInline let targetLength: Int64
    /// How many base bars make one.
    @usableFromInline let ratio: Int64
    @usableFromInline var bucketOpen = Int64.min
    /// The boundary of the bucket in progress; `Int64.min` while there is none.
    @usableFromInline var bucketEnd = Int64.min
    /// Up to here `closeOverdue` has closed buckets; base bars from before are too late.
    @usableFromInline var closedUntil = Int64.min
    @usableFromInline var isDropped = false
    @usableFromInline var hasStarted = false
    @usableFromInline var present: Int64 = 0
    @usableFromInline var open: Int64 = 0
    @usableFromInline var high: Int64 = 0
    @usableFromInline var low: Int64 = 0
    @usableFromInline var close: Int64 = 0
    @usableFromInline var volume: Int64 = 0

    public init(from base: Timeframe, to target: Timeframe) throws(AggregationError) {
        guard target.isMultiple(of: base) else { throw AggregationError(base: base, target: target) }
        self.base = base
        self.target = target
        baseLength = base.nanoseconds
        targetLength = target.nanoseconds
        ratio = target.nanoseconds / base.nanoseconds
    }

    /// The bucket in progress, or `nil` where there is none; `missing` counts up to the last base bar.
    public var openBar: AggregatedBar? {
        guard bucketEnd != .min, !isDropped else { return nil }
        let expected = (lastEnd - bucketOpen) / baseLength
        return AggregatedBar(bar: bar, missing: expected - present)
    }
    @usableFromInline var lastEnd = Int64.min

    /// Adds the next base bar. `closed` is called for each bucket that is complete with it: usually none or one, and
    /// two where the bucket before lacked its last bar and this bar ends the next one.
    @inlinable @inline(__always)
    public mutating func add(_ bar: Bar, closed: (AggregatedBar) -> Void) {
        add(
            openTime: bar.openTime.nanoseconds, open: bar.open.units, high: bar.high.units, low: bar.low.units,
            close: bar.close.units, volume: bar.volume.units, closed: closed)
    }

    /// The same, from the columns of a `BarSeries`.
    @inlinable @inline(__always)
    public mutating func add(
        openTime: Int64, open: Int64, high: Int64, low: Int64, close: Int64, volume: Int64,
        closed: (AggregatedBar) -> Void
    ) {
        if openTime < bucketEnd {
            assert(openTime >= lastEnd, "base bars must be in order of time")
            if high > self.high { self.high = high }
            if low < self.low { self.low = low }
            self.close = close
            self.volume += volume
            present &+= 1
        } else {
            guard openTime >= closedUntil else { return }
            if bucketEnd != .min, !isDropped { closed(finished) }
            startBucket(at: openTime)
            self.open = open
            self.high = high
            self.low = low
            self.close = close
            self.volume = volume
            present = 1
        }
        lastEnd = openTime &+ baseLength
        if lastEnd >= bucketEnd {
            if !isDropped { closed(finished) }
            bucketEnd = .min
        }
    }

    /// Closes the bucket in progress where its time is over at `time`, though its last base bar never came. Base bars
    /// of a bucket closed so are ignored when they come after all.
    public mutating func closeOverdue(at time: Timestamp) -> AggregatedBar? {
        guard bucketEnd != .min, time.nanoseconds >= bucketEnd else { return nil }
        let result = isDropped ? nil : finished
        closedUntil = bucketEnd
        bucketEnd = .min
        return result
    }

    @usableFromInline var bar: Bar {
        Bar(
            openTime: Timestamp(nanoseconds: bucketOpen), open: Price(units: open), high: Price(units: high),
            low: Price(units: low), close: Price(units: close), volume: Quantity(units: volume))
    }

    @usableFromInline var finished: AggregatedBar {
        AggregatedBar(bar: bar, missing: ratio - present)
    }

    @usableFromInline
    mutating func startBucket(at openTime: Int64) {
        // Where nothing is missing, a bucket starts where the one before ended: no division.
        bucketOpen =
            hasStarted && openTime == bucketOpen &+ targetLength
            ? openTime : target.openTime(containing: Timestamp(nanoseconds: openTime)).nanoseconds
        bucketEnd = bucketOpen + targetLength
        isDropped = !hasStarted && openTime != bucketOpen
        hasStarted = true
    }
}

/// A whole series in a longer timeframe.
public struct AggregatedSeries: Sendable {
    /// The closed bars.
    public let series: BarSeries
    /// How many base bars each of them lacks.
    public let missing: [Int64]
    /// The unfinished bucket at the end, where there is one. It is not part of `series`.
    public let open: AggregatedBar?
}

extension BarSeries {
    /// This series in a longer timeframe: the same bars, bit for bit, that a `BarAggregator` gives one at a time.
    public func aggregated(to target: Timeframe) throws(AggregationError) -> AggregatedSeries {
        var aggregator = try BarAggregator(from: timeframe, to: target)
        let expected = count / Int(target.nanoseconds / timeframe.nanoseconds) + 2
        var builder = ColumnTableBuilder(columnCount: Bar.columns.count, capacity: expected)
        var missing: [Int64] = []
        missing.reserveCapacity(expected)
        withColumns { columns in
            for index in 0..<columns.count {
                aggregator.add(columns[index]) { closed in
                    builder.append(closed.bar.field)
                    missing.append(closed.missing)
                }
            }
        }
        let rows = builder.count
        let table = SeriesTable(
            kind: .bars, timeframe: target, scales: scales, table: builder.finish(), rows: 0..<rows)
        return AggregatedSeries(series: BarSeries(trusted: table), missing: missing, open: aggregator.openBar)
    }
}
