// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import MarketData
public import Trading

/// A series from outside, read from a file, and what was found there.
public struct ExternalImport: Sendable {
    public let series: ExternalSeries
    /// `CSV`, `JSON lines in gzip`, …
    public let format: String
    /// Rows of data; header and blank lines not counted.
    public let rowsRead: Int
    /// Rows that say nothing: the value is empty, NaN, null or infinite.
    public let valueless: Int
    public let firstValueless: Int?
    /// Rows that repeat another one exactly.
    public let repeated: Int
}

/// How a file of a series from outside is read.
public struct ExternalReadOptions: Sendable {
    /// The column of the values; `nil`: the one that is called value.
    public var column: String?
    /// For a file that does not say when its values became known: so long after the time that they are of.
    public var knownAfter: TimeSpan?
    /// Whether somebody is writing to it: then a last line without its end is left for the next time.
    public var isGrowing: Bool

    public init(column: String? = nil, knownAfter: TimeSpan? = nil, isGrowing: Bool = false) {
        self.column = column
        self.knownAfter = knownAfter
        self.isGrowing = isGrowing
    }
}

/// Reads a series from outside from CSV or JSON lines (plain, gzip, zstd, zip): value time, known-at time, value.
///
/// Rows may stand in any order. Which names a header may use is in `ExternalColumns`.
public enum ExternalReader {
    public static func read(
        path: String, options: ExternalReadOptions = ExternalReadOptions()
    ) throws(ImportError) -> ExternalImport {
        let source = try openByteSource(path: path)
        var lines = LineReader(source: source, file: path)
        var parser = ExternalParser(file: path, options: options)
        while let portion = try lines.nextPortion(linesSoFar: parser.line) { try parser.consume(portion) }
        guard parser.line > 0 || options.isGrowing else {
            throw ImportError(
                .empty, file: path, problem: "the file is empty", advice: "Check where it was made or downloaded.")
        }
        let series: ExternalSeries
        do { series = try ExternalSeries(parser.observations) } catch {
            throw ImportError(.conflictingDuplicate, file: path, problem: error.problem, advice: error.advice)
        }
        let container = source.container == "plain" ? "" : " in \(source.container)"
        return ExternalImport(
            series: series, format: (parser.isJSON ? "JSON lines" : "CSV") + container, rowsRead: parser.rowsRead,
            valueless: parser.valueless, firstValueless: parser.firstValueless,
            repeated: parser.observations.count - series.observations.count)
    }
}

/// The names that value time, known-at time and value may have, the clearest first; case, spaces and a unit at the end
/// (`_ms`, `_utc`) do not count.
enum ExternalColumns {
    static let valueTime = [
        "value_time", "observation_time", "event_time", "timestamp", "datetime", "time", "date", "ts", "t",
    ]
    static let knownAt = [
        "known_at", "known", "published_at", "published", "released_at", "release_time", "available_at", "received_at",
    ]
    static let value = ["value", "val", "v"]

    static func plain(_ name: String) -> String {
        let name = CSVLayout.normalised(name)
        for unit in ["_s", "_ms", "_us", "_ns", "_utc"] where name.hasSuffix(unit) {
            return String(name.dropLast(unit.count))
        }
        return name
    }
}

/// Reads observations from portions of text.
struct ExternalParser {
    private let file: String
    private let options: ExternalReadOptions
    private(set) var line = 0
    private(set) var rowsRead = 0
    private(set) var isJSON = false
    private(set) var observations: [ExternalObservation] = []
    private(set) var valueless = 0
    private(set) var firstValueless: Int?
    private var delimiter: UInt8 = 0x2C
    private var names: [String] = []
    private var places: (valueTime: Int, knownAt: Int?, value: Int)?

    init(file: String, options: ExternalReadOptions) {
        self.file = file
        self.options = options
    }

    mutating func consume(_ portion: FieldBytes) throws(ImportError) {
        var start = 0
        while start < portion.count {
            var end = start
            while end < portion.count, portion[end] != 0x0A { end += 1 }
            if end == portion.count, options.isGrowing { return }
            let next = end + 1
            if end > start, portion[end - 1] == 0x0D { end -= 1 }
            line += 1
            let text = trimmed(FieldBytes(rebasing: portion[start..<end]))
            if !text.isEmpty { try consumeLine(text) }
            start = next
        }
    }

    private mutating func consumeLine(_ text: FieldBytes) throws(ImportError) {
        if rowsRead == 0, places == nil, text[0] == 0x7B { isJSON = true }
        if isJSON { return try consumeJSON(text) }
        if places == nil { delimiter = CSVLayout.delimiter(of: text) }
        guard let fields = splitFields(text, delimiter: delimiter) else {
            throw failure(.malformedRow, nil, "a quote is opened and not closed", "Check the line in an editor.")
        }
        guard let places else {
            names = fields.map { String(decoding: $0, as: UTF8.self) }
            return places = try match(names)
        }
        guard fields.count == names.count else {
            throw failure(
                .malformedRow, nil, "it has \(fields.count) columns, the first line has \(names.count)",
                "Check the line in an editor.")
        }
        try add(
            valueTime: try time(fields[places.valueTime], names[places.valueTime]),
            knownAt: try places.knownAt.map { place throws(ImportError) in try time(fields[place], names[place]) },
            value: try number(fields[places.value], names[places.value]))
    }

    private mutating func consumeJSON(_ text: FieldBytes) throws(ImportError) {
        let object: JSONValue
        do { object = try JSON.parse(UnsafeRawBufferPointer(text)) } catch {
            throw failure(
                .malformedRow, nil, "it is not valid JSON", "Each line must be an object of its own, in braces.")
        }
        guard object.kind == .object else {
            throw failure(
                .malformedRow, nil, "it is no object",
                "Write {\"value_time\": …, \"known_at\": …, \"value\": …} on each line.")
        }
        let members = object.members.map { $0 }
        names = members.map(\.key)
        let places = try match(names)
        func field<Result>(
            _ place: Int, _ read: (FieldBytes, String) throws(ImportError) -> Result
        ) throws(ImportError) -> Result {
            let (name, value) = members[place]
            if value.isNull { return try read(FieldBytes(start: nil, count: 0), name) }
            let bytes = value.withText { Array($0) }
            guard let bytes else {
                throw failure(.malformedRow, name, "it is neither a number nor a text", "Write a number or a text.")
            }
            return try bytes.withUnsafeBufferPointer { bytes throws(ImportError) in try read(trimmed(bytes), name) }
        }
        try add(
            valueTime: try field(places.valueTime) { bytes, name throws(ImportError) in try time(bytes, name) },
            knownAt: try places.knownAt.map { place throws(ImportError) in
                try field(place) { bytes, name throws(ImportError) in try time(bytes, name) }
            },
            value: try field(places.value) { bytes, name throws(ImportError) in try number(bytes, name) })
    }

    // MARK: Columns

    private func match(_ names: [String]) throws(ImportError) -> (valueTime: Int, knownAt: Int?, value: Int) {
        let plain = names.map(ExternalColumns.plain)
        func find(_ aliases: [String]) throws(ImportError) -> Int? {
            for alias in aliases {
                let found = plain.indices.filter { plain[$0] == alias }
                guard found.count < 2 else {
                    throw failure(
                        .header, names[found[0]], "the name stands there \(found.count) times", "Rename one of them.")
                }
                if let place = found.first { return place }
            }
            return nil
        }
        func missing(_ what: String, _ advice: String) -> ImportError {
            failure(
                .header, what, "there is no such column (there is \(printable(names.joined(separator: ", ").utf8)))",
                advice)
        }
        guard let valueTime = try find(ExternalColumns.valueTime) else {
            throw missing("value_time", "Name the column of the time that a value is of value_time.")
        }
        let wanted = options.column
        guard let value = try find(wanted.map { [ExternalColumns.plain($0)] } ?? ExternalColumns.value) else {
            throw missing(
                wanted ?? "value", "Name the column of the values value, or give its name with external.NAME.column.")
        }
        let knownAt = try find(ExternalColumns.knownAt)
        switch (knownAt, options.knownAfter) {
        case (nil, nil):
            throw missing(
                "known_at",
                "Without it nobody can tell what was known when. Add the column, or say with external.NAME.known_after "
                    + "how long after its time a value is known.")
        case (let knownAt?, _?):
            throw failure(
                .header, names[knownAt],
                "the file says when its values were known, and external.NAME.known_after as well",
                "Remove known_after, or the column.")
        default: return (valueTime, knownAt, value)
        }
    }

    // MARK: Values

    private func time(_ bytes: FieldBytes, _ column: String) throws(ImportError) -> Timestamp {
        guard let time = parseTime(bytes) else {
            throw failure(
                .notATime, column, "\(quoted(bytes)) is not a time",
                "Write 2024-01-31T18:30:00Z, or whole seconds, milliseconds, microseconds or nanoseconds since 1970.")
        }
        return Timestamp(nanoseconds: time.nanoseconds)
    }

    /// - Returns: NaN where it says that there is no value.
    private func number(_ bytes: FieldBytes, _ column: String) throws(ImportError) -> Double {
        guard let value = externalNumber(bytes) else {
            throw failure(
                .notANumber, column, "\(quoted(bytes)) is not a number", "Correct the value or remove the row.")
        }
        return value
    }

    private mutating func add(valueTime: Timestamp, knownAt: Timestamp?, value: Double) throws(ImportError) {
        rowsRead += 1
        let after = options.knownAfter ?? .zero
        let (sum, overflow) = valueTime.nanoseconds.addingReportingOverflow(after.nanoseconds)
        guard !overflow else {
            throw failure(.outOfRange, nil, "known_after leads to a time that cannot be held", "Choose a shorter one.")
        }
        let knownAt = knownAt ?? Timestamp(nanoseconds: sum)
        let observation = ExternalObservation(valueTime: valueTime, knownAt: knownAt, value: value)
        guard knownAt >= valueTime else {
            let error = ExternalSeriesError.knownBeforeItsTime(observation)
            throw failure(.outOfRange, nil, error.problem, error.advice)
        }
        guard value.isFinite else {
            valueless += 1
            firstValueless = firstValueless ?? line
            return
        }
        observations.append(observation)
    }

    private func failure(
        _ kind: ImportError.Kind, _ column: String?, _ problem: String, _ advice: String
    ) -> ImportError {
        ImportError(kind, file: file, row: line, column: column, problem: problem, advice: advice)
    }
}

/// The number that a field holds; NaN or infinite where it says that there is no value, `nil` where it says something else.
func externalNumber(_ bytes: FieldBytes) -> Double? {
    let text = String(decoding: bytes.prefix(maximumFieldLength + 1), as: UTF8.self)
    let nothing = ["", "nan", "null", "none", "na", "n/a", "inf", "+inf", "-inf", "infinity", "-infinity"]
    if nothing.contains(text.lowercased()) { return .nan }
    let isPlain = bytes.allSatisfy { $0 &- 0x30 < 10 || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }
    guard bytes.count <= maximumFieldLength, isPlain else { return nil }
    return Double(text)
}
