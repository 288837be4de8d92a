// SPDX-License-Identifier: Apache-2.0

internal import Trading

/// Collects rows of any kind whose decimals are not known before: the scales grow to the smallest that hold all of them.
public struct SeriesTableBuilder: ~Copyable {
    /// One field of a row.
    public enum Field: Hashable, Sendable {
        case integer(Int64)
        case decimal(ExactDecimal)
    }

    public let kind: SeriesKind
    private let units: [SeriesColumn.Unit]
    private var priceDecimals = 0
    private var quantityDecimals = 0
    private var rows: ColumnTableBuilder
    /// How many rates had more than 12 decimals and were rounded, half to even.
    public private(set) var roundedRates = 0

    public init(kind: SeriesKind) {
        self.kind = kind
        units = kind.columns.map(\.unit)
        rows = ColumnTableBuilder(columnCount: units.count)
    }

    public var count: Int { rows.count }

    /// A stored value of a row, at the present scales.
    public func value(row: Int, column: Int) -> Int64 { rows.column(column)[row] }

    /// A row at the present scales, after they have grown for it. It is not added.
    public mutating func values(of fields: [Field]) throws(BarValueError) -> [Int64] {
        precondition(fields.count == units.count, "\(kind.name) have \(units.count) columns, not \(fields.count)")
        for (unit, field) in zip(units, fields) {
            guard case .decimal(let value) = field, unit == .price || unit == .quantity else { continue }
            try grow(unit, to: value.decimals)
        }
        var values: [Int64] = []
        for (unit, field) in zip(units, fields) {
            let number: Int64?
            switch (field, unit) {
            case (.integer(let value), _): number = value
            case (.decimal(let value), .price): number = value.units(at: priceDecimals)
            case (.decimal(let value), .quantity): number = value.units(at: quantityDecimals)
            case (.decimal(let value), .rate):
                if value.decimals > FundingRate.decimals { roundedRates += 1 }
                number = value.roundedUnits(at: FundingRate.decimals)
            case (.decimal(let value), .integer), (.decimal(let value), .nanoseconds): number = value.units(at: 0)
            }
            guard let number else { throw .outOfRange }
            values.append(number)
        }
        return values
    }

    /// Adds a row that `values(of:)` made.
    public mutating func append(_ values: [Int64]) { rows.append { values[$0] } }

    /// Puts the rows in order of their first column. Rows of equal time keep their order.
    ///
    /// - Returns: For each row, the place where it was before.
    public mutating func sort() -> [Int] {
        let times = rows.column(0)
        let order = (0..<rows.count).sorted { times[$0] == times[$1] ? $0 < $1 : times[$0] < times[$1] }
        var copy = [Int64](repeating: 0, count: rows.count)
        for column in units.indices {
            let values = rows.column(column)
            for (place, row) in order.enumerated() { copy[place] = values[row] }
            for row in 0..<rows.count { values[row] = copy[row] }
        }
        return order
    }

    private mutating func grow(_ unit: SeriesColumn.Unit, to decimals: Int) throws(BarValueError) {
        let present = unit == .price ? priceDecimals : quantityDecimals
        guard decimals > present else { return }
        guard decimals <= BarSeriesBuilder.maximumDecimals else { throw .tooManyDecimals }
        let factor = DecimalText.powerOfTen(decimals - present)
        for column in units.indices where units[column] == unit {
            for row in 0..<rows.count {
                let (product, overflow) = rows.column(column)[row].multipliedReportingOverflow(by: factor)
                guard !overflow else { throw .outOfRange }
                rows.column(column)[row] = product
            }
        }
        if unit == .price { priceDecimals = decimals } else { quantityDecimals = decimals }
    }

    public consuming func finish() -> SeriesTable {
        let count = rows.count
        return SeriesTable(
            kind: kind, timeframe: nil, scales: DecimalScales(price: priceDecimals, quantity: quantityDecimals),
            table: rows.finish(), rows: 0..<count)
    }
}
