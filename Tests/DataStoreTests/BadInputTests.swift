// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import TestSupport
import Testing
import Trading

@Suite struct BadInputTests {
    let folder = TemporaryFolder()
    private static let header = "open_time_ms,open,high,low,close,volume\n"
    private static let good = "1577836800000,10,12,9,11,1\n"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let kind: ImportError.Kind
        let row: Int?
        let column: String?
        var timeframe: Timeframe?
        var testDescription: String { name }

        init(
            _ name: String, _ text: String, _ kind: ImportError.Kind, row: Int? = nil, column: String? = nil,
            timeframe: Timeframe? = nil
        ) {
            (self.name, self.text, self.kind) = (name, text, kind)
            (self.row, self.column, self.timeframe) = (row, column, timeframe)
        }
    }

    static let cases: [Case] = [
        Case("empty file", "", .empty),
        Case("only blank lines", "\n\r\n\n", .empty),
        Case("only a byte-order mark", "\u{FEFF}", .empty),
        Case("header only", header, .empty),
        Case("header without its end", "open_time_ms,open,high,low,close,volume", .empty),
        Case("missing column", "open_time_ms,open,high,low,volume\n1,2\n", .header, row: 1, column: "close"),
        Case("column named twice", "open_time,open,open,high,low,close,volume\n", .header, row: 1, column: "open"),
        Case("no time column", "when,open,high,low,close,volume\n", .header, row: 1, column: "time"),
        Case("no header", "1577836800000,10,12,9,11,1\n", .header, row: 1),
        Case(
            "out of order", header + "1577836860000,10,12,9,11,1\n" + good, .outOfOrder, row: 3, column: "open_time_ms"),
        Case(
            "conflicting duplicate", header + good + "1577836800000,10,12,9,11,2\n", .conflictingDuplicate, row: 3,
            column: "open_time_ms"),
        Case("NaN", header + good + "1577836860000,10,12,9,NaN,1\n", .notANumber, row: 3, column: "close"),
        Case("infinity", header + "1577836800000,inf,12,9,11,1\n", .notANumber, row: 2, column: "open"),
        Case("empty cell", header + "1577836800000,10,,9,11,1\n", .notANumber, row: 2, column: "high"),
        Case("negative price", header + "1577836800000,10,12,-9,11,1\n", .impossibleBar, row: 2, column: "low"),
        Case("zero price", header + "1577836800000,0,12,0,11,1\n", .impossibleBar, row: 2, column: "open"),
        Case(
            "zero price with decimals", header + "1577836800000,1,1,0.00,1,1\n", .impossibleBar, row: 2, column: "low"),
        Case("negative volume", header + "1577836800000,10,12,9,11,-1\n", .impossibleBar, row: 2, column: "volume"),
        Case("high below low", header + "1577836800000,10,9,12,11,1\n", .impossibleBar, row: 2, column: "high"),
        Case("close above high", header + "1577836800000,10,12,9,13,1\n", .impossibleBar, row: 2, column: "close"),
        Case("text for a number", header + "1577836800000,10,12,nine,11,1\n", .notANumber, row: 2, column: "low"),
        Case(
            "decimal comma", "open_time;open;high;low;close;volume\n1577836800;1,5;2;1;1;1\n", .notANumber, row: 2,
            column: "open"),
        Case("text for a time", header + "yesterday,10,12,9,11,1\n", .notATime, row: 2, column: "open_time_ms"),
        Case("time beyond 2250", header + "99999999999,10,12,9,11,1\n", .notATime, row: 2, column: "open_time_ms"),
        Case(
            "time of 20 digits", header + "15778368000000000000,1,1,1,1,1\n", .notATime, row: 2, column: "open_time_ms"),
        Case("negative time", header + "-60000,10,12,9,11,1\n", .notATime, row: 2, column: "open_time_ms"),
        Case("too few columns", header + good + "1577836860000,10,12,9,11\n", .malformedRow, row: 3),
        Case("too many columns", header + good + "1577836860000,10,12,9,11,1,7\n", .malformedRow, row: 3),
        Case("cut in the middle of a row", header + good + "15778368600", .malformedRow, row: 3),
        Case("quote not closed", header + "\"1577836800000,10,12,9,11,1\n", .malformedRow, row: 2),
        Case("13 decimals", header + "1577836800000,1,1.0000000000001,1,1,1\n", .outOfRange, row: 2, column: "high"),
        Case("20 digits", header + "1577836800000,1,99999999999999999999,1,1,1\n", .outOfRange, row: 2, column: "high"),
        Case(
            "huge volume", header + "1577836800000,1,1,1,1,99999999999999999999\n", .outOfRange, row: 2,
            column: "volume"),
        Case(
            "off the grid", header + "1577836800001,1,1,1,1,1\n1577836860001,1,1,1,1,1\n", .offGrid, row: 2,
            column: "open_time_ms"),
        Case(
            "one row off the grid", header + good + "1577836860000,1,1,1,1,1\n1577836930000,1,1,1,1,1\n", .offGrid,
            row: 4, column: "open_time_ms"),
        Case(
            "another interval than declared", header + good + "1577837100000,1,1,1,1,1\n", .wrongTimeframe, row: 3,
            column: "open_time_ms", timeframe: .oneMinute),
        Case("one row and no timeframe", header + good, .wrongTimeframe),
        Case(
            "a step of half a second", header + good + "1577836800500,1,1,1,1,1\n", .wrongTimeframe, row: 3,
            column: "open_time_ms"),
        Case("control bytes", header + "1577836800000,1,\u{0}\u{1},1,1,1\n", .notANumber, row: 2, column: "high"),
        Case(
            "blank lines count as rows of the file", header + "\n\n" + "1577836800000,x,1,1,1,1\n", .notANumber, row: 4,
            column: "open"),
        Case("a zip by name only", header + good, .unknownFormat),
    ]

    @Test(arguments: cases)
    func isRefusedWithItsPlace(case bad: Case) throws {
        let path = folder.write(bad.text, as: bad.kind == .unknownFormat ? "bars.zip" : "bars.csv")
        let error = try #require(failure(path, ImportOptions(timeframe: bad.timeframe)))
        #expect(error.kind == bad.kind && error.row == bad.row && error.column == bad.column, "\(error)")
        #expect(error.description.hasPrefix(path) && error.description.hasSuffix("."))
    }

    @Test func anErrorReadsWell() throws {
        let path = folder.write(Self.header + Self.good + "1577836860000,10,12,9,NaN,1\n")
        let error = try #require(failure(path))
        #expect(
            error.description == "\(path), row 3, column 'close': 'NaN' is not a number. "
                + "Use digits and one decimal point, such as 101.25.")
    }

    @Test func bytesThatAreNoTextAreShownEscaped() throws {
        let bytes = Array((Self.header + "1577836800000,1,").utf8) + [0xFF, 0xC3, 0x28] + Array(",1,1,1\n".utf8)
        let error = try #require(failure(folder.write(bytes, as: "bars.csv")))
        #expect(error.kind == .notANumber && error.problem.contains(#"\xff\xc3("#))
    }

    @Test func aNumberOfManyDigitsIsRefusedAndNotCollected() throws {
        // A row of 1000 digits names its column; one of 3,000,000 is not read to its end.
        let digits = String(repeating: "9", count: 1_000)
        let short = try #require(failure(folder.write(Self.header + "1577836800000,\(digits),1,1,1,1\n", as: "a.csv")))
        #expect(short.kind == .notANumber && short.row == 2 && short.column == "open")
        #expect(short.description.count < 400)
        let many = [UInt8](repeating: 0x39, count: 3_000_000)
        let long = folder.write(Array((Self.header + Self.good).utf8) + many, as: "b.csv")
        let error = try #require(failure(long))
        #expect(error.kind == .malformedRow && error.row == 3)
        #expect(failure(folder.write(many, as: "c.csv"))?.kind == .malformedRow)
    }

    @Test func aMissingFileADirectoryAndForeignFormats() throws {
        let missing = try #require(failure(folder.path + "/none.csv"))
        #expect(missing.kind == .unreadable && missing.description.contains("No such file"))
        #expect(failure(folder.path)?.kind == .unreadable)
        #expect(failure(folder.path)?.problem == "it is a directory")
        #expect(failure(folder.write("ARROW1\0\0", as: "a.feather"))?.problem.contains("feather") == true)
        #expect(failure(folder.write("PAR1abcd", as: "a.parquet"))?.problem.contains("parquet") == true)
        #expect(failure(folder.write("hello", as: "a.csv.gz"))?.kind == .unknownFormat)
        #expect(failure(folder.write("hello", as: "a.csv.zst"))?.kind == .unknownFormat)
        let binary = folder.write((0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }, as: "noise.csv")
        #expect(failure(binary) != nil)
    }

    @Test("A damaged copy of a good file is read or refused, never a trap", arguments: UInt64(0)..<300)
    func mutationsNeverTrap(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes = Array(Self.header.utf8)
        for minute in 0..<12 {
            bytes += Array("\(1_577_836_800_000 + minute * 60_000),10.\(minute),12.5,9.75,11,\(minute).125\n".utf8)
        }
        let interesting = Array("0123456789,.;\"\n\r-+eE \t\u{0}N".utf8) + [0xFF, 0xEF, 0xBB, 0xBF, 0x1F, 0x8B]
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = interesting.randomElement(using: &random)!
            case 1: bytes.insert(interesting.randomElement(using: &random)!, at: place)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(contentsOf: [UInt8](repeating: 0x39, count: 40), at: place)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...80, using: &random))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        let path = folder.write(bytes, as: "bars.csv")
        for ordering in [ImportOptions.Ordering.refuse, .sort] {
            let result: BarImport
            do { result = try BarImporter.read(path: path, options: ImportOptions(ordering: ordering)) } catch {
                continue
            }
            #expect(result.report.check.isSound, "what is accepted is sound")
        }
        _ = failure(path, ImportOptions(timeframe: .oneHour, stamp: .close, ordering: .sort))
        let json = folder.write([0x5B] + bytes, as: "bars.json")
        _ = failure(json)
        _ = try? RecordImporter.read(path: path, kind: .trades)
    }
}
