// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import MarketData
internal import Trading

/// Reads rows of bars from portions of CSV text.
///
/// Plain rows (digits, points and delimiters) go straight from bytes to integers; every other row takes the slow path,
/// which knows quotes, exponents and dates, grows the scales, and finds the words for what is wrong.
struct CSVBarParser: ~Copyable {
    var rows: BarRows
    private(set) var layout: CSVLayout?
    private let options: ImportOptions
    /// The lines so far, blank ones included.
    private(set) var line = 0
    private let places: UnsafeMutablePointer<Int>
    private var columnCount = 0
    private var delimiter: UInt8 = 0
    /// Time, four prices, volume, and a place for what is skipped.
    private let values: UnsafeMutablePointer<Int64>
    private let powers: UnsafeMutablePointer<UInt64>

    init(file: String, options: ImportOptions) {
        rows = BarRows(file: file, ordering: options.ordering)
        self.options = options
        places = .allocate(capacity: LineReader.maximumLineLength + 1)
        values = .allocate(capacity: CSVLayout.skipped + 1)
        values.initialize(repeating: 0, count: CSVLayout.skipped + 1)
        powers = .allocate(capacity: 19)
        for exponent in 0...18 { powers[exponent] = UInt64(DecimalText.powerOfTen(exponent)) }
    }

    deinit {
        places.deallocate()
        values.deallocate()
        powers.deallocate()
    }

    /// Reads every line of a portion of whole lines.
    mutating func consume(_ portion: UnsafeBufferPointer<UInt8>) throws(ImportError) {
        guard var start = portion.baseAddress else { return }
        let portionEnd = start + portion.count
        while start < portionEnd {
            let feed = memchr(start, 0x0A, portionEnd - start)
            let next = feed.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) } ?? portionEnd
            var end = next
            if end > start, (end - 1).pointee == 0x0D { end -= 1 }
            line += 1
            if end > start { try consumeLine(start, end) }
            start = next + 1
        }
    }

    @inline(__always)
    private mutating func consumeLine(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) throws(ImportError) {
        guard columnCount > 0 else {
            return try consumeFirstLine(FieldBytes(start: start, count: end - start))
        }
        if let unit = parsePlainRow(start, end, delimiter: delimiter),
            try rows.add(values: values, unit: unit, row: line)
        {
            return
        }
        try consumeOddLine(FieldBytes(start: start, count: end - start), delimiter: delimiter)
    }

    /// Reads a row of plain numbers into `values`; `nil` where any field needs the slow path.
    @inline(__always)
    private func parsePlainRow(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, delimiter: UInt8
    ) -> TimeUnit? {
        let priceDecimals = rows.builder.priceDecimals
        let quantityDecimals = rows.builder.quantityDecimals
        var at = start
        var unit = TimeUnit.milliseconds
        let last = columnCount - 1
        for column in 0...last {
            let place = places[column]
            switch place {
            case 0:
                let first = at
                var number: UInt64 = 0
                while at < end {
                    let digit = at.pointee &- 0x30
                    guard digit < 10 else { break }
                    number = number &* 10 &+ UInt64(digit)
                    at += 1
                }
                if at - first == 4, at < end, at.pointee == 0x2D {
                    at = first
                    guard let time = fastISODate(&at, end: end) else { return nil }
                    values[0] = time
                    unit = .isoDate
                    break
                }
                guard at - first <= 19, at > first, let time = nanoseconds(fromEpoch: number) else { return nil }
                values[0] = time.nanoseconds
                unit = time.unit
            case 1...5:
                let decimals = place == 5 ? quantityDecimals : priceDecimals
                guard let value = fastDecimal(&at, end: end, decimals: decimals, powers: powers) else { return nil }
                values[place] = value
            default:
                while at < end, at.pointee != delimiter {
                    guard at.pointee != 0x22 else { return nil }
                    at += 1
                }
            }
            if column < last {
                guard at < end, at.pointee == delimiter else { return nil }
                at += 1
            }
        }
        return at == end ? unit : nil
    }

    @inline(never)
    private mutating func consumeFirstLine(_ text: FieldBytes) throws(ImportError) {
        guard !trimmed(text).isEmpty else { return }
        guard text.count <= LineReader.maximumLineLength else { throw tooLong() }
        let (layout, isHeader) = try CSVLayout.detect(
            firstLine: text, row: line, file: rows.file, options: options)
        self.layout = layout
        columnCount = layout.places.count
        delimiter = layout.delimiter
        for (column, place) in layout.places.enumerated() { places[column] = place }
        rows.columnNames = (0..<CSVLayout.skipped).map(layout.name(ofPlace:))
        if !isHeader { try consumeOddLine(text, delimiter: layout.delimiter) }
    }

    @inline(never)
    private mutating func consumeOddLine(_ text: FieldBytes, delimiter: UInt8) throws(ImportError) {
        guard !trimmed(text).isEmpty else { return }
        guard text.count <= LineReader.maximumLineLength else { throw tooLong() }
        guard let fields = splitFields(text, delimiter: delimiter) else {
            throw malformed("a quote is opened and not closed")
        }
        guard fields.count == columnCount else {
            throw malformed("it has \(fields.count) columns, the first line has \(columnCount)")
        }
        var wanted = [FieldBytes](repeating: FieldBytes(start: nil, count: 0), count: CSVLayout.skipped)
        for column in 0..<columnCount where places[column] < CSVLayout.skipped {
            wanted[places[column]] = fields[column]
        }
        try rows.add(fields: wanted, row: line)
    }

    private func tooLong() -> ImportError {
        malformed("the line is longer than \(LineReader.maximumLineLength) bytes")
    }

    private func malformed(_ problem: String) -> ImportError {
        ImportError(
            .malformedRow, file: rows.file, row: line, problem: problem, advice: "Check the line in an editor.")
    }

    /// Hands the rows over; none are left here.
    mutating func takeRows() -> BarRows {
        var taken = BarRows(file: rows.file, ordering: rows.ordering)
        swap(&taken, &rows)
        return taken
    }
}
