// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Which bar is taken where two series have different ones for the same time.
public enum MergeConflictPolicy: String, CaseIterable, Sendable {
    /// Neither: the conflicts are reported, and the stored bar stays.
    case refuse
    case keep
    case replace
}

/// Two series joined into one.
public struct BarMerge: Sendable {
    public struct Conflict: Hashable, Sendable {
        public let stored: Bar
        public let new: Bar
    }
    public let series: BarSeries
    /// Bars that were not there before.
    public let added: Int
    /// Bars that were there with the same values.
    public let repeated: Int
    /// Bars that were there with other values: the first of them, at most `conflictLimit`, at the scales of `series`.
    public let conflicts: [Conflict]
    public let conflictCount: Int
    /// Whether `series` is anything else than what was stored.
    public let changesStored: Bool

    public static let conflictLimit = 20

    package init(
        series: BarSeries, added: Int, repeated: Int, conflicts: [Conflict], conflictCount: Int,
        changesStored: Bool = true
    ) {
        self.series = series
        self.added = added
        self.repeated = repeated
        self.conflicts = conflicts
        self.conflictCount = conflictCount
        self.changesStored = changesStored
    }
}

extension BarSeries {
    /// This series and another of the same timeframe as one, at the larger scales of the two.
    public func merging(_ other: BarSeries, conflicts policy: MergeConflictPolicy) throws(BarSeriesError) -> BarMerge {
        guard timeframe == other.timeframe else { throw .differentTimeframes(timeframe, other.timeframe) }
        let price = max(priceDecimals, other.priceDecimals)
        let quantity = max(quantityDecimals, other.quantityDecimals)
        let stored = try rescaled(priceDecimals: price, quantityDecimals: quantity)
        let new = try other.rescaled(priceDecimals: price, quantityDecimals: quantity)
        let (storedColumns, newColumns) = (stored.columns, new.columns)
        var builder = ColumnTableBuilder(columnCount: Bar.columns.count, capacity: stored.count + new.count)
        var added = 0
        var repeated = 0
        var conflicts: [BarMerge.Conflict] = []
        var conflictCount = 0
        var volume: Int64 = 0
        var first = 0
        var second = 0
        while first < storedColumns.count || second < newColumns.count {
            let storedTime = first < storedColumns.count ? storedColumns.openTime[first] : .max
            let newTime = second < newColumns.count ? newColumns.openTime[second] : .max
            let bar: Bar
            if storedTime < newTime {
                bar = storedColumns[first]
            } else if newTime < storedTime {
                bar = newColumns[second]
                added += 1
            } else {
                let (old, new) = (storedColumns[first], newColumns[second])
                if old == new {
                    repeated += 1
                } else {
                    conflictCount += 1
                    if conflicts.count < BarMerge.conflictLimit {
                        conflicts.append(BarMerge.Conflict(stored: old, new: new))
                    }
                }
                bar = policy == .replace ? new : old
            }
            if storedTime <= newTime { first += 1 }
            if newTime <= storedTime { second += 1 }
            let (sum, overflow) = volume.addingReportingOverflow(bar.volume.units)
            guard !overflow else { throw .outOfRange(index: builder.count, what: "sum of volumes") }
            volume = sum
            builder.append(bar.field)
        }
        withExtendedLifetime((stored, new)) {}
        let count = builder.count
        let rows = SeriesTable(
            kind: .bars, timeframe: timeframe, scales: DecimalScales(price: price, quantity: quantity),
            table: builder.finish(), rows: 0..<count)
        return BarMerge(
            series: BarSeries(trusted: rows), added: added, repeated: repeated, conflicts: conflicts,
            conflictCount: conflictCount, changesStored: added > 0 || (policy == .replace && conflictCount > 0))
    }

    /// The same bars at other decimals; more of them, or fewer where only zeros are cut. Over the same memory where
    /// nothing changes.
    public func rescaled(priceDecimals: Int, quantityDecimals: Int) throws(BarSeriesError) -> BarSeries {
        if priceDecimals == self.priceDecimals, quantityDecimals == self.quantityDecimals { return self }
        var builder = ColumnTableBuilder(columnCount: Bar.columns.count, capacity: count)
        let columns = columns
        var volume: Int64 = 0
        for index in 0..<count {
            let bar = columns[index]
            var values: [6 of Int64] = [bar.openTime.nanoseconds, 0, 0, 0, 0, 0]
            for column in 1...5 {
                let shift = column == 5 ? quantityDecimals - self.quantityDecimals : priceDecimals - self.priceDecimals
                guard let value = bar.field(column).shifted(byDecimals: shift) else {
                    throw .outOfRange(index: index, what: Bar.columns[column].name)
                }
                values[column] = value
            }
            let (sum, overflow) = volume.addingReportingOverflow(values[5])
            guard !overflow else { throw .outOfRange(index: index, what: "sum of volumes") }
            volume = sum
            builder.append { values[$0] }
        }
        withExtendedLifetime(self) {}
        let rows = count
        return BarSeries(
            trusted: SeriesTable(
                kind: .bars, timeframe: timeframe,
                scales: DecimalScales(price: priceDecimals, quantity: quantityDecimals), table: builder.finish(),
                rows: 0..<rows))
    }
}

extension Int64 {
    /// This number times `10^decimals`; `nil` where it does not fit or a digit other than zero would be lost.
    func shifted(byDecimals decimals: Int) -> Int64? {
        guard decimals >= -18, decimals <= 18 else { return self == 0 ? 0 : nil }
        if decimals >= 0 {
            let (product, overflow) = multipliedReportingOverflow(by: DecimalText.powerOfTen(decimals))
            return overflow ? nil : product
        }
        let (quotient, remainder) = quotientAndRemainder(dividingBy: DecimalText.powerOfTen(-decimals))
        return remainder == 0 ? quotient : nil
    }
}
