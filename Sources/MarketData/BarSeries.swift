// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Raw access to the columns of a `BarSeries`: what the engine's loop reads.
///
/// The pointers are valid while the series they came from is retained, and never written through. Times are in
/// nanoseconds since the epoch and strictly rising; prices and volumes are units at the series' scales.
public struct BarColumns: BitwiseCopyable {
    public let count: Int
    public let openTime: UnsafePointer<Int64>
    public let open: UnsafePointer<Int64>
    public let high: UnsafePointer<Int64>
    public let low: UnsafePointer<Int64>
    public let close: UnsafePointer<Int64>
    public let volume: UnsafePointer<Int64>

    @inlinable public init(
        count: Int, openTime: UnsafePointer<Int64>, open: UnsafePointer<Int64>, high: UnsafePointer<Int64>,
        low: UnsafePointer<Int64>, close: UnsafePointer<Int64>, volume: UnsafePointer<Int64>
    ) {
        self.count = count
        self.openTime = openTime
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// One bar. The index is not checked in release builds.
    @inlinable public subscript(index: Int) -> Bar {
        assert(index >= 0 && index < count, "there is no bar \(index) of \(count)")
        return Bar(
            openTime: Timestamp(nanoseconds: openTime[index]), open: Price(units: open[index]),
            high: Price(units: high[index]), low: Price(units: low[index]), close: Price(units: close[index]),
            volume: Quantity(units: volume[index]))
    }
}

/// Why bars could not become a series.
public enum BarSeriesError: Error, Equatable, CustomStringConvertible {
    case notRising(index: Int, time: Timestamp, previous: Timestamp)
    case offGrid(index: Int, time: Timestamp, timeframe: Timeframe)
    case outOfRange(index: Int, what: String)
    case differentTimeframes(Timeframe, Timeframe)

    public var description: String {
        switch self {
        case .notRising(let index, let time, let previous):
            "bar \(index) opens at \(time), not after the bar before it (\(previous)). Sort the bars and drop doubles."
        case .offGrid(let index, let time, let timeframe):
            "bar \(index) opens at \(time), which is not a multiple of \(timeframe) since the epoch."
        case .outOfRange(let index, let what):
            "bar \(index): the \(what) cannot be held in 64 bits at this many decimals. Use fewer decimals."
        case .differentTimeframes(let first, let second):
            "a series of \(first) bars cannot be joined with one of \(second) bars."
        }
    }
}

/// Bars of one instrument and timeframe in columns, oldest first, strictly rising, on the timeframe's grid.
///
/// Missing bars are missing rows: nothing is filled in. Prices and volumes are exact integers at the series' own
/// decimal scales. The sum of all volumes fits 64 bits, so adding some of them up never overflows. The memory is
/// owned or a mapped file; reading it is the same.
public final class BarSeries: Sendable {
    public let timeframe: Timeframe
    public let priceDecimals: Int
    public let quantityDecimals: Int
    public let rows: SeriesTable

    /// Takes rows that are known to be in order and on the grid (checked at import, or sealed by a checksum).
    package init(trusted rows: SeriesTable) {
        guard rows.kind == .bars, let timeframe = rows.timeframe else {
            preconditionFailure("a bar series is made of bars with a timeframe, not of \(rows.kind.name)")
        }
        self.timeframe = timeframe
        self.rows = rows
        priceDecimals = rows.scales.price
        quantityDecimals = rows.scales.quantity
    }

    /// Copies bars, whose prices and volumes are at the given scales.
    public convenience init(
        _ bars: some Collection<Bar>, timeframe: Timeframe, priceDecimals: Int, quantityDecimals: Int
    ) throws(BarSeriesError) {
        var previous: Timestamp?
        var volume: Int64 = 0
        for (index, bar) in bars.enumerated() {
            if let previous, bar.openTime <= previous {
                throw .notRising(index: index, time: bar.openTime, previous: previous)
            }
            guard timeframe.openTime(containing: bar.openTime) == bar.openTime else {
                throw .offGrid(index: index, time: bar.openTime, timeframe: timeframe)
            }
            let (sum, overflow) = volume.addingReportingOverflow(bar.volume.units)
            guard !overflow, bar.volume.units >= 0 else { throw .outOfRange(index: index, what: "sum of volumes") }
            volume = sum
            previous = bar.openTime
        }
        let scales = DecimalScales(price: priceDecimals, quantity: quantityDecimals)
        self.init(trusted: RecordSeries<Bar>(bars, scales: scales, timeframe: timeframe).columns)
    }

    public var count: Int { rows.count }
    public var isEmpty: Bool { rows.count == 0 }
    public var scales: DecimalScales { rows.scales }

    /// When the first bar opens, and the last.
    public var firstOpenTime: Timestamp? { rows.firstTime }
    public var lastOpenTime: Timestamp? { rows.lastTime }

    /// The columns, valid while this series is retained: for a loop that keeps the series in a `let` around it.
    public var columns: BarColumns {
        BarColumns(
            count: rows.count, openTime: base(0), open: base(1), high: base(2), low: base(3), close: base(4),
            volume: base(5))
    }

    /// Runs `body` with the columns; they must not leave it.
    public func withColumns<Result: ~Copyable, Failure: Error>(
        _ body: (BarColumns) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(columns)
    }

    public subscript(index: Int) -> Bar {
        precondition(index >= 0 && index < count, "there is no bar \(index) of \(count)")
        return columns[index]
    }

    /// Every bar, copied.
    public var bars: [Bar] { withColumns { columns in (0..<columns.count).map { columns[$0] } } }

    /// The bars that open in `from ..< to`, over the same memory.
    public func slice(from: Timestamp? = nil, to: Timestamp? = nil) -> BarSeries {
        BarSeries(trusted: rows.slice(from: from, to: to))
    }

    /// The bars at these positions, over the same memory.
    public subscript(range: Range<Int>) -> BarSeries {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bars \(range) of \(count)")
        let start = rows.rows.lowerBound
        return BarSeries(
            trusted: SeriesTable(
                kind: .bars, timeframe: timeframe, scales: scales, table: rows.table,
                rows: start + range.lowerBound..<start + range.upperBound))
    }

    /// The content hash of the bars (`dataHash` of a result document): equal for equal bars, wherever they came from.
    public var contentHash: UInt64 { rows.contentHash }

    private func base(_ column: Int) -> UnsafePointer<Int64> { rows.table.column(column) + rows.rows.lowerBound }
}
