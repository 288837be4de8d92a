// SPDX-License-Identifier: Apache-2.0

internal import MarketData
internal import Trading

/// Collects the rows of one source, whatever its format, and checks each: numbers, sanity, order, repetition.
struct BarRows: ~Copyable {
    let file: String
    let ordering: ImportOptions.Ordering
    /// The names of time, open, high, low, close and volume in the source, for error messages.
    var columnNames = CSVLayout.valueNames
    private(set) var builder = BarSeriesBuilder()
    private(set) var rowsRead = 0
    private(set) var unitCounts = [Int](repeating: 0, count: TimeUnit.allCases.count)
    private(set) var repairs: [ImportRepair] = []
    private(set) var repairCount = 0
    private var previousTime = Int64.min
    /// Where the distance between a bar's index and its row changes: few entries, whatever the length.
    private var rowRuns: [(index: Int, row: Int)] = []
    private var nextRow = -1

    init(file: String, ordering: ImportOptions.Ordering) {
        self.file = file
        self.ordering = ordering
    }

    /// Adds a row whose values are at the builder's present scales.
    ///
    /// - Returns: `false` where the volume needs another scale: `add(fields:)` finds it.
    @inline(__always)
    mutating func add(values: UnsafePointer<Int64>, unit: TimeUnit, row: Int) throws(ImportError) -> Bool {
        let time = values[0]
        if let kind = SeriesCheck.problem(
            open: values[1], high: values[2], low: values[3], close: values[4], volume: values[5])
        {
            throw impossible(kind, row: row)
        }
        if time <= previousTime, ordering == .refuse {
            rowsRead += 1
            unitCounts[unit.rawValue] += 1
            try handleNotRising(values, row: row)
            return true
        }
        guard
            builder.append(
                time: time, open: values[1], high: values[2], low: values[3], close: values[4], volume: values[5])
        else { return false }
        rowsRead &+= 1
        unitCounts[unit.rawValue] &+= 1
        previousTime = time
        if row != nextRow { rowRuns.append((builder.count - 1, row)) }
        nextRow = row &+ 1
        return true
    }

    /// Adds a row from the text of its six values, in any notation, and grows the scales where it needs that.
    mutating func add(fields: [FieldBytes], row: Int) throws(ImportError) {
        guard let (time, unit) = parseTime(fields[0]) else {
            throw failure(
                .notATime, row: row, place: 0, "\(quoted(fields[0])) is not a time",
                "Write seconds, milliseconds, microseconds or nanoseconds since 1970, or an ISO date, up to 2250.")
        }
        var numbers: [ExactDecimal] = []
        for place in 1...5 {
            let field = fields[place]
            guard field.count <= maximumFieldLength, let number = ExactDecimal(parsing: field) else {
                throw failure(
                    .notANumber, row: row, place: place, "\(quoted(field)) is not a number",
                    field.count > maximumFieldLength
                        ? "A number has at most \(maximumFieldLength) characters."
                        : "Use digits and one decimal point, such as 101.25.")
            }
            if place < 5 {
                guard number.significand > 0 else {
                    throw failure(
                        .impossibleBar, row: row, place: place, "the price \(quoted(field)) is not above zero",
                        "Remove the row or correct it.")
                }
                do {
                    try builder.admit(price: number)
                } catch {
                    throw unholdable(error, field, row: row, place: place)
                }
            }
            numbers.append(number)
        }
        var values = [time, 0, 0, 0, 0, 0]
        for place in 1...4 {
            do { values[place] = try builder.units(ofPrice: numbers[place - 1]) } catch {
                throw unholdable(error, fields[place], row: row, place: place)
            }
        }
        guard numbers[4].significand >= 0 else {
            throw failure(
                .impossibleBar, row: row, place: 5, "the volume \(quoted(fields[5])) is negative",
                "Remove the row or correct it.")
        }
        do { values[5] = try builder.admit(volume: numbers[4]) } catch {
            throw unholdable(error, fields[5], row: row, place: 5)
        }
        let isAdded = try add(values: values, unit: unit, row: row)
        precondition(isAdded, "a volume that was admitted must fit")
    }

    /// The row in the source of a bar's index, before anything was sorted or removed.
    func row(ofIndex index: Int) -> Int {
        var low = 0
        var high = rowRuns.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if rowRuns[middle].index <= index { low = middle } else { high = middle }
        }
        return rowRuns.isEmpty ? index + 1 : rowRuns[low].row + index - rowRuns[low].index
    }

    /// Puts rows in order where that was asked for, and drops repetitions among them.
    ///
    /// - Returns: For each bar, its row in the source; `nil` where nothing was moved or dropped.
    mutating func sortIfAsked() throws(ImportError) -> [Int]? {
        guard ordering == .sort, builder.count > 1 else { return nil }
        let order = builder.sort()
        var rows: [Int] = []
        for index in order { rows.append(row(ofIndex: index)) }
        var dropped: [Int] = []
        var latest = -1
        for (index, place) in order.enumerated() {
            let time = Timestamp(nanoseconds: builder.column(0)[index])
            if index > 0, builder.column(0)[index] == builder.column(0)[index - 1] {
                guard (1...5).allSatisfy({ builder.column($0)[index] == builder.column($0)[index - 1] }) else {
                    throw conflict(time: time, row: rows[index])
                }
                dropped.append(index)
                note(ImportRepair(kind: .duplicateDropped, row: rows[index], openTime: time))
                continue
            }
            if place < latest {
                note(ImportRepair(kind: .moved, row: rows[index], openTime: time))
            }
            latest = max(latest, place)
        }
        builder.remove(at: dropped)
        for index in dropped.reversed() { rows.remove(at: index) }
        return rows
    }

    consuming func finish(timeframe: Timeframe) -> BarSeries { builder.finish(timeframe: timeframe) }

    // MARK: Errors

    @inline(never)
    private mutating func handleNotRising(_ values: UnsafePointer<Int64>, row: Int) throws(ImportError) {
        let time = Timestamp(nanoseconds: values[0])
        guard values[0] == previousTime else {
            throw failure(
                .outOfOrder, row: row, place: 0,
                "\(time) comes after \(Timestamp(nanoseconds: previousTime)) of the row before",
                "Sort the file, or import it with `apus data import --sort`.")
        }
        let last = builder.count - 1
        guard (1...5).allSatisfy({ builder.column($0)[last] == values[$0] }) else {
            throw conflict(time: time, row: row)
        }
        note(ImportRepair(kind: .duplicateDropped, row: row, openTime: time))
    }

    private mutating func note(_ repair: ImportRepair) {
        repairCount += 1
        if repairs.count < ImportReport.repairLimit { repairs.append(repair) }
    }

    private func conflict(time: Timestamp, row: Int) -> ImportError {
        failure(
            .conflictingDuplicate, row: row, place: 0, "\(time) was there before, with other values",
            "Remove one of the two rows.")
    }

    @inline(never)
    private func impossible(_ kind: SeriesProblem.Kind, row: Int) -> ImportError {
        let place: Int
        switch kind {
        case .notPositive(let column), .outsideRange(let column):
            place = CSVLayout.valueNames.firstIndex(of: column) ?? 0
        case .highBelowLow: place = 2
        case .negativeVolume: place = 5
        case .notRising, .duplicate, .offGrid: place = 0
        }
        return failure(.impossibleBar, row: row, place: place, kind.text, "Remove the row or correct it.")
    }

    private func unholdable(
        _ error: BarValueError, _ field: FieldBytes, row: Int, place: Int
    ) -> ImportError {
        switch error {
        case .tooManyDecimals:
            failure(
                .outOfRange, row: row, place: place,
                "the price \(quoted(field)) has more than \(BarSeriesBuilder.maximumDecimals) decimals",
                "Round the prices before the import.")
        case .outOfRange:
            failure(
                .outOfRange, row: row, place: place,
                "\(quoted(field)) cannot be held exactly in 64 bits with the decimals of this file",
                "Check the value, or round the file to fewer decimals.")
        }
    }

    func failure(
        _ kind: ImportError.Kind, row: Int, place: Int, _ problem: String, _ advice: String
    ) -> ImportError {
        ImportError(kind, file: file, row: row, column: columnNames[place], problem: problem, advice: advice)
    }
}

func quoted(_ field: FieldBytes) -> String { field.isEmpty ? "an empty cell" : "'\(printable(field))'" }
