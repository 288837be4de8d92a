// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why rows cannot be added after others.
public enum SeriesAppendError: Error, Equatable, CustomStringConvertible {
    case differentKinds(SeriesKind, SeriesKind)
    /// Rows of the same time as stored ones are not the same rows.
    case conflict(time: Timestamp)
    case outOfRange

    public var description: String {
        switch self {
        case .differentKinds(let first, let second): "\(second.name) cannot be added to \(first.name)."
        case .conflict(let time): "the rows from \(time) on differ from those that are stored."
        case .outOfRange: "the rows cannot be held in 64 bits at the decimals that both need."
        }
    }
}

extension SeriesTable {
    /// These rows followed by those of `newer` that come after them, for series that only grow (trades, funding).
    ///
    /// Where the two overlap, the overlap must be the same row for row: it is how the place to go on is found.
    ///
    /// - Returns: All rows at the larger scales of the two, and how many are new.
    public func appending(_ newer: SeriesTable) throws(SeriesAppendError) -> (rows: SeriesTable, added: Int) {
        guard kind == newer.kind, timeframe == newer.timeframe else { throw .differentKinds(kind, newer.kind) }
        let scales = DecimalScales(
            price: max(scales.price, newer.scales.price), quantity: max(scales.quantity, newer.scales.quantity))
        let units = kind.columns.map(\.unit)
        var builder = ColumnTableBuilder(columnCount: units.count, capacity: count + newer.count)
        func row(_ index: Int, of table: SeriesTable) throws(SeriesAppendError) -> [Int64] {
            var values: [Int64] = []
            for (column, unit) in units.enumerated() {
                var shift = 0
                if unit == .price { shift = scales.price - table.scales.price }
                if unit == .quantity { shift = scales.quantity - table.scales.quantity }
                guard let value = table.column(column)[index].shifted(byDecimals: shift) else { throw .outOfRange }
                values.append(value)
            }
            return values
        }
        for index in 0..<count {
            let values = try row(index, of: self)
            builder.append { values[$0] }
        }
        var overlap = 0
        if let first = newer.firstTime {
            let start = column(0).firstIndex(notBelow: first.nanoseconds)
            overlap = min(count - start, newer.count)
            for offset in 0..<overlap {
                guard try row(start + offset, of: self) == row(offset, of: newer) else {
                    throw .conflict(time: Timestamp(nanoseconds: newer.column(0)[offset]))
                }
            }
        }
        for index in overlap..<newer.count {
            let values = try row(index, of: newer)
            builder.append { values[$0] }
        }
        let total = builder.count
        let rows = SeriesTable(
            kind: kind, timeframe: timeframe, scales: scales, table: builder.finish(), rows: 0..<total)
        return (rows, newer.count - overlap)
    }
}

extension SeriesTable {
    /// Tables of one kind, one after the other, at the largest scales of all.
    ///
    /// - Throws: Where they are of different kinds, or one begins before the end of the one before it.
    public static func joining(_ tables: [SeriesTable]) throws(SeriesAppendError) -> SeriesTable {
        guard let first = tables.first else { preconditionFailure("there is a table to join") }
        guard tables.count > 1 else { return first }
        let scales = DecimalScales(
            price: tables.map(\.scales.price).max() ?? 0, quantity: tables.map(\.scales.quantity).max() ?? 0)
        let units = first.kind.columns.map(\.unit)
        let count = tables.reduce(0) { $0 + $1.count }
        var builder = ColumnTableBuilder(columnCount: units.count, capacity: count)
        var last = Int64.min
        var values = [Int64](repeating: 0, count: units.count)
        for table in tables {
            guard table.kind == first.kind, table.timeframe == first.timeframe else {
                throw .differentKinds(first.kind, table.kind)
            }
            if let time = table.firstTime, time.nanoseconds < last { throw .conflict(time: time) }
            last = table.lastTime?.nanoseconds ?? last
            let shifts = units.map { unit in
                switch unit {
                case .price: scales.price - table.scales.price
                case .quantity: scales.quantity - table.scales.quantity
                case .nanoseconds, .rate, .integer: 0
                }
            }
            for row in 0..<table.count {
                for column in units.indices {
                    guard let value = table.column(column)[row].shifted(byDecimals: shifts[column]) else {
                        throw .outOfRange
                    }
                    values[column] = value
                }
                builder.append { values[$0] }
            }
        }
        return SeriesTable(
            kind: first.kind, timeframe: first.timeframe, scales: scales, table: builder.finish(), rows: 0..<count)
    }
}
