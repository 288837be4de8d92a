// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// Why a number of a source cannot be part of a series.
public enum BarValueError: Error, Equatable, Sendable {
    /// A price has more than `BarSeriesBuilder.maximumDecimals` decimals.
    case tooManyDecimals
    /// The number cannot be held together with the others at the decimals that they need.
    case outOfRange
}

/// Collects bars of unknown decimals: the scales grow to the smallest that hold everything exactly.
///
/// Prices are always exact: more than 12 decimals are an error. Volumes with more than 12 decimals, or so many that the
/// sum of all volumes would not fit 64 bits, are rounded half to even, and `roundedVolumes` counts them.
public struct BarSeriesBuilder: ~Copyable {
    public static let maximumDecimals = 12

    public private(set) var priceDecimals = 0
    public private(set) var quantityDecimals = 0
    /// How many volumes were rounded. Where the scale had to be lowered, every volume so far counts.
    public private(set) var roundedVolumes = 0
    private var quantityLimit = maximumDecimals
    private var volumeSum: Int64 = 0
    @usableFromInline var rows: ColumnTableBuilder

    public init(capacity: Int = 4096) { rows = ColumnTableBuilder(columnCount: 6, capacity: capacity) }

    public var count: Int { rows.count }

    /// A column of the rows so far: 0 to 5 for time, open, high, low, close and volume. Valid until the next change.
    @inline(__always) public func column(_ index: Int) -> UnsafeMutablePointer<Int64> { rows.column(index) }

    /// Adds a row whose prices and volume are at the present scales.
    ///
    /// - Returns: `false`, and nothing is added, where the sum of the volumes does not fit at the present scale.
    @inline(__always)
    public mutating func append(
        time: Int64, open: Int64, high: Int64, low: Int64, close: Int64, volume: Int64
    ) -> Bool {
        let (sum, overflow) = volumeSum.addingReportingOverflow(volume)
        guard !overflow else { return false }
        volumeSum = sum
        if rows.count == rows.capacity { rows.grow() }
        let index = rows.count
        rows.column(0)[index] = time
        rows.column(1)[index] = open
        rows.column(2)[index] = high
        rows.column(3)[index] = low
        rows.column(4)[index] = close
        rows.column(5)[index] = volume
        rows.count = index + 1
        return true
    }

    /// Makes the price scale large enough for `value`.
    public mutating func admit(price value: ExactDecimal) throws(BarValueError) {
        guard value.decimals > priceDecimals else { return }
        guard value.decimals <= Self.maximumDecimals else { throw .tooManyDecimals }
        let factor = DecimalText.powerOfTen(value.decimals - priceDecimals)
        for column in 1...4 {
            let values = rows.column(column)
            for index in 0..<rows.count {
                let (product, overflow) = values[index].multipliedReportingOverflow(by: factor)
                guard !overflow else { throw .outOfRange }
                values[index] = product
            }
        }
        priceDecimals = value.decimals
    }

    /// The units of a price at the present scale, which `admit` made large enough.
    public func units(ofPrice value: ExactDecimal) throws(BarValueError) -> Int64 {
        guard let units = value.units(at: priceDecimals) else { throw .outOfRange }
        return units
    }

    /// The units of a volume. The scale grows for it where it can; where the sum of all volumes would not fit, the scale
    /// shrinks.
    public mutating func admit(volume value: ExactDecimal) throws(BarValueError) -> Int64 {
        raiseQuantityScale(to: min(value.decimals, quantityLimit))
        while true {
            if let units = value.roundedUnits(at: quantityDecimals),
                !volumeSum.addingReportingOverflow(units).overflow
            {
                if value.decimals > quantityDecimals { roundedVolumes += 1 }
                return units
            }
            guard quantityDecimals > 0 else { throw .outOfRange }
            lowerQuantityScale()
        }
    }

    private mutating func raiseQuantityScale(to wanted: Int) {
        var target = wanted
        while target > quantityDecimals,
            volumeSum.multipliedReportingOverflow(by: DecimalText.powerOfTen(target - quantityDecimals)).overflow
        {
            target -= 1
        }
        if target < wanted { quantityLimit = max(target, quantityDecimals) }
        guard target > quantityDecimals else { return }
        let factor = DecimalText.powerOfTen(target - quantityDecimals)
        for index in 0..<rows.count { rows.column(5)[index] *= factor }
        volumeSum *= factor
        quantityDecimals = target
    }

    private mutating func lowerQuantityScale() {
        var sum: Int64 = 0
        for index in 0..<rows.count {
            let units = Int64(Int128(rows.column(5)[index]).dividedRoundingHalfToEven(by: 10))
            rows.column(5)[index] = units
            sum += units
        }
        volumeSum = sum
        roundedVolumes = rows.count
        quantityDecimals -= 1
        quantityLimit = quantityDecimals
    }

    /// Puts the rows in order of time. Rows of equal time keep their order.
    ///
    /// - Returns: For each row, the place where it was before.
    public mutating func sort() -> [Int] {
        let times = rows.column(0)
        let order = (0..<rows.count).sorted { times[$0] == times[$1] ? $0 < $1 : times[$0] < times[$1] }
        var copy = [Int64](repeating: 0, count: rows.count)
        for column in 0..<6 {
            let values = rows.column(column)
            for (place, index) in order.enumerated() { copy[place] = values[index] }
            for index in 0..<rows.count { values[index] = copy[index] }
        }
        return order
    }

    /// Drops rows. The indices are in rising order.
    public mutating func remove(at indices: [Int]) {
        guard !indices.isEmpty else { return }
        for index in indices { volumeSum -= rows.column(5)[index] }
        for column in 0..<6 {
            let values = rows.column(column)
            var next = 0
            var write = 0
            for read in 0..<rows.count {
                if next < indices.count, indices[next] == read {
                    next += 1
                } else {
                    values[write] = values[read]
                    write += 1
                }
            }
        }
        rows.count -= indices.count
    }

    /// The series. The caller has made sure that the times rise and lie on the grid.
    public consuming func finish(timeframe: Timeframe) -> BarSeries {
        let scales = DecimalScales(price: priceDecimals, quantity: quantityDecimals)
        let count = rows.count
        return BarSeries(
            trusted: SeriesTable(
                kind: .bars, timeframe: timeframe, scales: scales, table: rows.finish(), rows: 0..<count))
    }
}
