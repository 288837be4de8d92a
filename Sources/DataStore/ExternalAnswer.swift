// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import MarketData
public import Trading

/// Why the answer of a source outside, or a part of it, says nothing.
public struct ExternalProblem: Error, Hashable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// No connection, no trust, no answer in time, one that ends early or is too long.
        case transport
        /// A status that is no success.
        case status
        case redirect
        /// A page for people.
        case markup
        /// Neither JSON nor CSV.
        case malformed
        /// What was asked for is not there.
        case missing
        case notANumber
        case notATime
        /// Two values of one time.
        case contradiction
        /// Values of times that have not come yet.
        case future
        /// Rows without a finite value.
        case valueless
    }

    public let kind: Kind
    /// What was found and what to do, as a sentence without its full stop.
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Where the value and its time are in what a source outside answers.
///
/// A path is names and places in lists with points between, `-1` the last of a list, `.` the row itself. In CSV it is the
/// name of a column.
public struct ExternalPick: Hashable, Sendable {
    /// `nil`: everything.
    public let rows: String?
    public let value: String
    public let time: String

    public init(rows: String? = nil, value: String, time: String) {
        self.rows = rows
        self.value = value
        self.time = time
    }
}

/// What a source outside answered: JSON or CSV, told apart by the first character.
public struct ExternalAnswer: Hashable, Sendable {
    /// The value of the newest time, known from when it was received. Older ones cannot be read by anybody from then on.
    public let newest: ExternalObservation?
    /// What was left out, and the rest counts.
    public let problems: [ExternalProblem]

    /// How far ahead of the time of receipt a value's time may be: then it is known from its own time on. Clocks differ.
    public static let clockTolerance = TimeSpan.minutes(5)

    /// - Parameters:
    ///   - receivedAt: By the session's clock.
    ///   - saysItsLength: Whether a cut answer would have been noticed. Otherwise CSV must end with a line feed.
    /// - Throws: Where nothing of it can be believed.
    public init(
        reading body: [UInt8], _ pick: ExternalPick, receivedAt: Timestamp, saysItsLength: Bool = true
    ) throws(ExternalProblem) {
        var rows = AnswerRows(receivedAt: receivedAt)
        switch body.first(where: { $0 > 32 }) {
        case UInt8(ascii: "<"):
            throw ExternalProblem(
                .markup, "it answered with a page for people (HTML or XML), not with data. Check the address")
        case UInt8(ascii: "{"), UInt8(ascii: "["): try rows.read(json: body, pick)
        default: try rows.read(csv: body, pick, saysItsLength: saysItsLength)
        }
        newest = rows.newest
        problems = rows.problems
    }
}

/// The rows of one answer, as they are read.
private struct AnswerRows {
    let receivedAt: Timestamp
    private(set) var newest: ExternalObservation?
    private var future: (count: Int, first: Timestamp)?
    private var valueless = 0

    init(receivedAt: Timestamp) { self.receivedAt = receivedAt }

    var problems: [ExternalProblem] {
        var problems: [ExternalProblem] = []
        if let future {
            problems.append(
                ExternalProblem(
                    .future,
                    "\(future.count) of its values are of times that have not come yet, such as \(future.first), and are "
                        + "left out: its clock is wrong, or 'time' names something else"))
        }
        if valueless > 0 {
            problems.append(
                ExternalProblem(.valueless, "\(valueless) of its rows have no finite value and are left out"))
        }
        return problems
    }

    private mutating func add(time: FieldBytes, value: FieldBytes) throws(ExternalProblem) {
        guard let time = answerTime(time) else {
            throw ExternalProblem(
                .notATime, "\(quoted(time)) is not a time. See whether 'time' names the right place")
        }
        guard let value = externalNumber(value) else {
            throw ExternalProblem(
                .notANumber, "\(quoted(value)) is not a number. See whether 'value' names the right place")
        }
        guard value.isFinite else { return valueless += 1 }
        let (latest, overflow) = receivedAt.nanoseconds.addingReportingOverflow(
            ExternalAnswer.clockTolerance.nanoseconds)
        guard overflow || time.nanoseconds <= latest else {
            return future = ((future?.count ?? 0) + 1, min(time, future?.first ?? time))
        }
        if let newest, newest.valueTime >= time {
            guard newest.valueTime > time || newest.value == value else {
                throw ExternalProblem(
                    .contradiction, "the value of \(time) is both \(newest.value) and \(value)")
            }
            return
        }
        newest = ExternalObservation(valueTime: time, knownAt: max(receivedAt, time), value: value)
    }

    // MARK: JSON

    mutating func read(json body: [UInt8], _ pick: ExternalPick) throws(ExternalProblem) {
        let document: JSONValue
        do { document = try JSON.parse(body) } catch {
            throw ExternalProblem(.malformed, "its answer is \(error), or was cut")
        }
        guard let place = pick.rows.map({ document.at($0) }) ?? document else {
            throw ExternalProblem(.missing, "its answer has nothing at '\(pick.rows ?? "")'. Check 'rows'")
        }
        switch place.kind {
        case .array: for row in place.elements { try add(row, pick) }
        case .object: try add(place, pick)
        default:
            throw ExternalProblem(
                .missing, "at '\(pick.rows ?? ".")' of its answer is \(place.kind), no list and no object. Check 'rows'"
            )
        }
    }

    private mutating func add(_ row: JSONValue, _ pick: ExternalPick) throws(ExternalProblem) {
        let time = try bytes(row, pick.time, "time")
        let value = try bytes(row, pick.value, "value")
        var problem: ExternalProblem?
        time.withUnsafeBufferPointer { time in
            value.withUnsafeBufferPointer { value in
                do throws(ExternalProblem) { try add(time: trimmed(time), value: trimmed(value)) } catch {
                    problem = error
                }
            }
        }
        if let problem { throw problem }
    }

    private func bytes(_ row: JSONValue, _ path: String, _ key: String) throws(ExternalProblem) -> [UInt8] {
        guard let found = row.at(path) else {
            throw ExternalProblem(.missing, "a row of its answer has nothing at '\(path)'. Check '\(key)'")
        }
        if found.isNull { return [] }
        guard let bytes = found.withText({ Array($0) }) else {
            throw ExternalProblem(
                key == "time" ? .notATime : .notANumber,
                "at '\(path)' of a row is \(found.kind), no number. Check '\(key)'")
        }
        return bytes
    }

    // MARK: CSV

    mutating func read(csv body: [UInt8], _ pick: ExternalPick, saysItsLength: Bool) throws(ExternalProblem) {
        guard body.contains(where: { $0 > 32 }) else {
            throw ExternalProblem(.malformed, "its answer is empty")
        }
        guard pick.rows == nil else {
            throw ExternalProblem(.malformed, "its answer is no JSON, in which 'rows' would be: \(beginning(of: body))")
        }
        guard saysItsLength || body.last == 0x0A else {
            throw ExternalProblem(.malformed, "its answer does not end with a line feed: it may have been cut")
        }
        var problem: ExternalProblem?
        body.withUnsafeBufferPointer { body in
            do throws(ExternalProblem) { try read(csv: body, pick) } catch { problem = error }
        }
        if let problem { throw problem }
    }

    private mutating func read(csv body: FieldBytes, _ pick: ExternalPick) throws(ExternalProblem) {
        var columns: (count: Int, time: Int, value: Int)?
        var delimiter: UInt8 = 0x2C
        for part in body.split(separator: 0x0A) {
            var line = FieldBytes(rebasing: part)
            if line.last == 0x0D { line = FieldBytes(rebasing: line.dropLast()) }
            line = trimmed(line)
            guard !line.isEmpty else { continue }
            if columns == nil { delimiter = CSVLayout.delimiter(of: line) }
            guard let fields = splitFields(line, delimiter: delimiter) else {
                throw ExternalProblem(.malformed, "a quote is opened and not closed in its line \(beginning(of: line))")
            }
            guard let columns else {
                let names = fields.map { CSVLayout.normalised(String(decoding: $0, as: UTF8.self)) }
                func place(_ name: String, _ key: String) throws(ExternalProblem) -> Int {
                    guard let place = names.firstIndex(of: CSVLayout.normalised(name)) else {
                        throw ExternalProblem(
                            .missing,
                            "its answer has no column '\(name)'. Check '\(key)'. It begins: \(beginning(of: line))")
                    }
                    return place
                }
                columns = (fields.count, try place(pick.time, "time"), try place(pick.value, "value"))
                continue
            }
            guard fields.count == columns.count else {
                throw ExternalProblem(
                    .malformed,
                    "a row has \(fields.count) columns and the first line \(columns.count): "
                        + beginning(of: line))
            }
            try add(time: fields[columns.time], value: fields[columns.value])
        }
    }

    private func beginning(of bytes: some Sequence<UInt8>) -> String {
        "'\(printable(Array(bytes.prefix(60))))'"
    }
}

/// A time as `parseTime` reads it, and one in seconds or milliseconds with a fraction, which is left out: the value is then
/// of a moment earlier, never later.
private func answerTime(_ bytes: FieldBytes) -> Timestamp? {
    if let point = bytes.firstIndex(of: 0x2E), bytes.indices.allSatisfy({ $0 == point || bytes[$0] &- 0x30 < 10 }) {
        return parseTime(FieldBytes(rebasing: bytes[..<point])).map { Timestamp(nanoseconds: $0.nanoseconds) }
    }
    return parseTime(bytes).map { Timestamp(nanoseconds: $0.nanoseconds) }
}

extension JSONValue {
    /// What stands at a path; `nil` where there is nothing.
    fileprivate func at(_ path: String) -> JSONValue? {
        guard path != "." else { return self }
        var place = self
        for name in path.split(separator: ".") {
            let next: JSONValue?
            if place.kind == .array {
                next = Int(name).flatMap { place[$0 < 0 ? $0 + place.count : $0] }
            } else {
                next = place[String(name)]
            }
            guard let next else { return nil }
            place = next
        }
        return place
    }
}
