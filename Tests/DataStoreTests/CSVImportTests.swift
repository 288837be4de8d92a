// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import TestSupport
import Testing
import Trading

@Suite struct CSVImportTests {
    let folder = TemporaryFolder()

    /// Two bars of 2020-01-01 00:00 and 00:01: 100.5 101 99.25 100 volume 1.5, and 100 102 100 101 volume 2.
    private static let expected = [
        bar(26_297_280, 10_050, 10_100, 9_925, 10_000, 15), bar(26_297_281, 10_000, 10_200, 10_000, 10_100, 20),
    ]

    @Test(arguments: [
        "open_time_ms,open,high,low,close,volume\n1577836800000,100.5,101,99.25,100,1.5\n1577836860000,100,102,100,101,2\n",
        "\u{FEFF}open_time_ms,open,high,low,close,volume\r\n1577836800000,100.50,101.00,99.25,100.00,1.500\r\n"
            + "1577836860000,100,102,100,101,2\r\n\r\n\n",
        "open_time,open,high,low,close,volume\n1577836800,100.5,101,99.25,100,1.5\n1577836860,100,102,100,101,2",
        "Open Time;Open;High;Low;Close;Volume\n1577836800000000;100.5;101;99.25;100;1.5\n1577836860000000;100;102;100;101;2\n",
        "opentime\tvolume\tclose\tlow\thigh\topen\n1577836800000000000\t1.5\t100\t99.25\t101\t100.5\n"
            + "1577836860000000000\t2\t101\t100\t102\t100\n",
        "open_time,open,close,high,low,volume\n2020-01-01 00:00:00,100.5,100,101,99.25,1.5\n"
            + "2020-01-01T00:01:00Z,100,101,102,100,2\n",
        "open_time,open,high,low,close,volume\n2020-01-01T00:00:00+00:00,100.5,101,99.25,100,1.5\n"
            + "2020-01-01T01:01:00.000+01:00,100,102,100,101,2\n",
        "\"open_time\",\"open\",\"high\",\"low\",\"close\",\"volume\",\"note\"\n"
            + "\"1577836800000\",\"100.5\",101,99.25,100,1.5,\"a,\"\"b\"\"\"\n1577836860000,100,102,100,101,2,\"c,d\"\n",
        "note,open_time,open,high,low,close,volume\n\"x,y\",1577836800000,1.005e2,101,99.25,100,1.5\n"
            + ",1577836860000, 100 ,102,100,1.01E+02,2.0\n",
        "open_time,open,high,low,close,volume\n1577836800.0,100.5,101,99.25,100,1.5\n1577836860.000,100,102,100,101,2\n",
        "1577836800000,100.5,101,99.25,100,1.5,1577836859999,150,10,1,1,0\n"
            + "1577836860000000,100,102,100,101,2,1577836919999999,200,10,1,1,0\n",
        "open_time,open,high,low,close,volume,close_time\n1577836800000,100.5,101,99.25,100,1.5,1577836859999\n"
            + "1577836860000,100,102,100,101,2,1577836919999\n",
        "close_time,open,high,low,close,volume\n1577836859999,100.5,101,99.25,100,1.5\n1577836919999,100,102,100,101,2\n",
        "close_time,open,high,low,close,volume\n1577836860000,100.5,101,99.25,100,1.5\n1577836920000,100,102,100,101,2\n",
        "close_time,open,high,low,close,volume\n1577836859999999,100.5,101,99.25,100,1.5\n1577836919999999,100,102,100,101,2\n",
    ])
    func everyNotationGivesTheSameBars(text: String) throws {
        let result = try BarImporter.read(path: folder.write(text))
        #expect(result.series.bars == Self.expected)
        #expect(result.series.scales == DecimalScales(price: 2, quantity: 1))
        #expect(result.series.timeframe == .oneMinute)
        #expect(result.report.rows == 2 && result.report.check.isSound && result.report.repairCount == 0)
    }

    @Test func theReportSaysWhatWasDecided() throws {
        let text =
            "close_time,open,high,low,close,volume\n1577836859999,100.5,101,99.25,100,1.5\n1577836919999,100,102,100,101,2\n"
        let path = folder.write(text)
        let report = try BarImporter.read(path: path).report
        #expect(report.stamp == .close && report.stampSource == "from the header")
        #expect(report.timeColumn == "close_time" && report.timeUnits == ["milliseconds"])
        #expect(!report.timeframeWasDeclared)
        #expect(report.notes == ["times were moved from close to open, back by one 1m"])
        #expect(report.lines[0] == "\(path): CSV, 2 rows")
        #expect(report.lines[2] == "timeframe: 1m (the most common step)")
        #expect(report.fields.json.contains(#""stamp":"close","stampSource":"from the header","timeframe":"1m""#))
    }

    @Test func aStampThatNothingDeclaresIsRefused() throws {
        let text = "timestamp,open,high,low,close,volume\n1577836800000,1,1,1,1,1\n1577836860000,1,1,1,1,1\n"
        let path = folder.write(text)
        let error = try #require(failure(path))
        #expect(error.kind == .stampUndeclared && error.column == "timestamp" && error.row == 1)
        #expect(error.advice.contains("--stamp open") && error.advice.contains("--stamp close"))
        let open = try BarImporter.read(path: path, options: ImportOptions(stamp: .open))
        let close = try BarImporter.read(path: path, options: ImportOptions(stamp: .close))
        #expect(open.series.firstOpenTime == Timestamp(milliseconds: 1_577_836_800_000))
        #expect(close.series.firstOpenTime == Timestamp(milliseconds: 1_577_836_740_000))
        #expect(open.report.stampSource == "declared")
    }

    @Test func aStampThatContradictsTheHeaderIsRefused() {
        let open = folder.write("open_time,open,high,low,close,volume\n1577836800000,1,1,1,1,1\n", as: "a.csv")
        #expect(failure(open, ImportOptions(stamp: .close))?.kind == .stampUndeclared)
        let close = folder.write("close_time,open,high,low,close,volume\n1577836800000,1,1,1,1,1\n", as: "b.csv")
        #expect(failure(close, ImportOptions(stamp: .open))?.kind == .stampUndeclared)
    }

    @Test func whereBothTimesAreThereEitherCanBeTaken() throws {
        let path = folder.write(
            "open_time,close_time,open,high,low,close,volume\n1577836800000,1577836859999,1,1,1,1,1\n"
                + "1577836860000,1577836919999,1,1,1,1,1\n")
        let open = try BarImporter.read(path: path, options: ImportOptions())
        let close = try BarImporter.read(path: path, options: ImportOptions(stamp: .close))
        #expect(open.report.timeColumn == "open_time" && close.report.timeColumn == "close_time")
        #expect(open.series.bars == close.series.bars)
    }

    @Test func columnNamesCanBeGivenForAFileWithoutHeader() throws {
        let path = folder.write("2020-01-01,10,12,13,9,5\n2020-01-02,12,11,12,10,6\n")
        #expect(failure(path)?.kind == .header)
        let names = ["Date", "open", "close", "high", "low", "volume"]
        let result = try BarImporter.read(path: path, options: ImportOptions(stamp: .open, columnNames: names))
        #expect(result.series.timeframe == .oneDay)
        #expect(result.series[0].high == Price(units: 13) && result.series[0].close == Price(units: 12))
    }

    @Test func columnsMayCarryTheSymbolAndStandInAnyOrder() throws {
        // The layout of the sample data: open and close before high and low, each with the symbol before it.
        let path = folder.write(
            "Date,BTC.open,BTC.close,BTC.high,BTC.low,BTC.volume\n2017-10-01 00:00:00,4367.1,4386.3,4387.5,4365.0,755.5\n"
                + "2017-10-01 00:30:00,4386.6,4367.4,4394.0,4367.0,705.60946785\n")
        #expect(failure(path)?.kind == .stampUndeclared)
        let result = try BarImporter.read(path: path, options: ImportOptions(stamp: .open))
        #expect(result.series.timeframe == .thirtyMinutes)
        #expect(result.series[0].field(1) == 43_671 && result.series[0].field(2) == 43_875)
        #expect(result.series[0].field(3) == 43_650 && result.series[0].field(4) == 43_863)
        #expect(result.report.timeColumn == "Date" && result.report.timeUnits == ["ISO dates (UTC)"])
        let mixed = folder.write("Date,BTC.open,ETH.close,BTC.high,BTC.low,BTC.volume\n", as: "mixed.csv")
        #expect(failure(mixed, ImportOptions(stamp: .open))?.kind == .header)
    }

    @Test func repeatedRowsAreDroppedAndReported() throws {
        let path = folder.write(
            "open_time,open,high,low,close,volume\n1577836800,1,1,1,1,1\n1577836800,1,1.00,1,1,1\n1577836860,1,1,1,1,1\n"
        )
        let result = try BarImporter.read(path: path)
        #expect(result.series.count == 2 && result.report.rows == 3)
        #expect(
            result.report.repairs == [
                ImportRepair(kind: .duplicateDropped, row: 3, openTime: Timestamp(seconds: 1_577_836_800))
            ])
    }

    @Test func unorderedRowsAreSortedWhenAsked() throws {
        let path = folder.write(
            "open_time,open,high,low,close,volume\n1577836860,2,2,2,2,2\n1577836800,1,1,1,1,1\n1577836920,3,3,3,3,3\n"
                + "1577836860,2,2,2,2,2\n")
        let error = try #require(failure(path))
        #expect(error.kind == .outOfOrder && error.row == 3 && error.column == "open_time")
        let result = try BarImporter.read(path: path, options: ImportOptions(ordering: .sort))
        #expect(result.series.bars.map(\.close.units) == [1, 2, 3])
        #expect(result.report.repairs.map(\.row) == [2, 5])
        #expect(result.report.repairs.map(\.kind) == [.moved, .duplicateDropped])
        let conflict = folder.write(
            "open_time,open,high,low,close,volume\n1577836860,2,2,2,2,2\n1577836800,1,1,1,1,1\n1577836860,2,3,2,2,2\n",
            as: "conflict.csv")
        let second = try #require(failure(conflict, ImportOptions(ordering: .sort)))
        #expect(second.kind == .conflictingDuplicate && second.row == 4)
    }

    @Test func progressIsReportedAndStopsTheImport() throws {
        var text = "open_time,open,high,low,close,volume\n"
        for minute in 0..<40_000 { text += "\(1_577_836_800 + minute * 60),1,1,1,1,1\n" }
        let path = folder.write(text)
        let seen = Collector()
        let options = ImportOptions(progress: { seen.add($0) })
        let result = try BarImporter.read(path: path, options: options)
        #expect(result.series.count == 40_000)
        #expect(seen.values.count > 2 && seen.values.last?.rows == 40_000)
        #expect(seen.values.allSatisfy { $0.bytes <= $0.totalBytes && $0.totalBytes == Int64(text.utf8.count) })
        let error = failure(path, ImportOptions(progress: { $0.rows < 1_000 }))
        #expect(error?.kind == .cancelled)
    }

    /// Tests call back on one thread.
    private final class Collector: @unchecked Sendable {
        var values: [ImportProgress] = []
        func add(_ value: ImportProgress) -> Bool {
            values.append(value)
            return true
        }
    }

    @Test("Numbers of every length and scale are read exactly", arguments: UInt64(0)..<60)
    func numbersAreExact(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let decimals = Int.random(in: 0...9, using: &random)
        var text = "open_time,open,high,low,close,volume\n"
        var expected: [[String]] = []
        for minute in 0..<50 {
            func number() -> String {
                let used = Int.random(in: 0...decimals, using: &random)
                let size = Int64.random(in: 1...9, using: &random)
                let units = Int64.random(in: 1...DecimalText.powerOfTen(Int(size)), using: &random)
                return DecimalText.format(units, decimals: used)
            }
            let price = number()
            let volume = number()
            let padding = Bool.random(using: &random) && price.contains(".") ? "000" : ""
            text += "\(1_577_836_800 + minute * 60),\(price)\(padding),\(price),\(price),\(price),\(volume)\n"
            expected.append([price, volume])
        }
        let series = try BarImporter.read(path: folder.write(text)).series
        let read = series.bars.map { bar in
            [
                DecimalText.format(bar.close.units, decimals: series.priceDecimals),
                DecimalText.format(bar.volume.units, decimals: series.quantityDecimals),
            ]
        }
        #expect(read == expected)
        let needed = expected.map { DecimalText.decimalsNeeded(by: $0[0]) ?? 0 }.max()
        #expect(series.priceDecimals == needed, "the scale is the smallest that holds all prices")
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("2024-02-29 23:59", 1_709_251_140), ("2024-02-29T23:59:59", 1_709_251_199),
            ("2024-02-29T23:59:59Z", 1_709_251_199), ("2024-02-29T23:59:59.000Z", 1_709_251_199),
            ("2024-03-01T01:59:59+02:00", 1_709_251_199), ("2024-02-29T18:29:59-0530", 1_709_251_199),
            ("2023-02-29", nil), ("2024-13-01", nil), ("1969-12-31", nil), ("2024-02-29T24:00", nil),
            ("2024-02-29T23:59:60", nil), ("2024-02-29T", nil), ("2024-2-29", nil), ("29.02.2024", nil),
            ("2024-02-29T23:59:59+99:00", nil), ("2400-01-01", nil), ("0", 0), ("8835955200", 8_835_955_200),
            ("8835955201", nil), ("1577836800.0", 1_577_836_800), ("1577836800.5", nil), ("1.5778368e9", nil),
            ("1577836800000", 1_577_836_800), ("1577836800000000", 1_577_836_800),
            ("1577836800000000000", 1_577_836_800),
        ] as [(String, Int64?)])
    func timesInEveryNotation(text: String, seconds: Int64?) {
        let path = folder.write("open_time,open,high,low,close,volume\n\(text),1,1,1,1,1\n")
        let second = Timeframe(seconds: 1)
        let options = ImportOptions(timeframe: second)
        if let seconds {
            let series = try? BarImporter.read(path: path, options: options).series
            #expect(series?.firstOpenTime == Timestamp(seconds: seconds))
        } else {
            #expect(failure(path, options)?.kind == .notATime)
        }
    }

    @Test func roundedVolumesAreNoted() throws {
        let path = folder.write(
            "open_time,open,high,low,close,volume\n1577836800,1,1,1,1,0.30000000000000004\n1577836860,1,1,1,1,1\n")
        let report = try BarImporter.read(path: path).report
        #expect(report.notes == ["1 volume rounded, half to even, to 12 decimals"])
    }
}
