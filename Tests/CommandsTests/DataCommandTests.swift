// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

@Suite struct DataCommandTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func importing(_ files: String..., symbol: String = "BTCUSDT", more: [String] = []) -> Ran {
        apus(["data", "import"] + files + ["--symbol", symbol, "--store", folder.store] + more)
    }

    private func rows(of symbol: String = "BTCUSDT") throws -> Int {
        let series = try #require(apus(["data", "list", "--json", "--store", folder.store]).json()["series"] as? [Any])
        let found = series.compactMap { $0 as? [String: Any] }.first { $0["symbol"] as? String == symbol }
        return found?["rows"] as? Int ?? 0
    }

    // MARK: Import

    @Test func importReportsWhatWasReadAndStored() throws {
        let file = try folder.write(csv(minutes: Array(0..<10) + Array(13..<1500)), as: "bars.csv")
        let first = importing(file)
        #expect(first.status == 0)
        #expect(first.errors == "")
        #expect(first.output.hasPrefix("\(file): CSV, 1497 rows\n"))
        for part in [
            "stamped at open", "timeframe: 1m", "gaps: 1, with 3 missing bars", "bars without volume: 0",
            "2024-01-01T00:10:00Z to 2024-01-01T00:13:00Z: 3 bars",
            "Stored in \(folder.store) as local BTCUSDT bars 1m: 1,497 new bars; 1,497 bars in all.\n",
        ] { #expect(first.output.contains(part)) }

        let second = importing(file)
        #expect(second.status == 0)
        #expect(second.output.hasSuffix("0 new bars, 1,497 bars stored already; 1,497 bars in all.\n"))
    }

    @Test func importAsJSONHasTheReportAndTheCounts() throws {
        let file = try folder.write(csv(minutes: 0..<5), as: "bars.csv")
        let document = try importing(file, more: ["--json", "--venue", "binance"]).json()
        #expect(document["added"] as? Int == 5)
        #expect(document["venue"] as? String == "binance")
        #expect(document["timeframe"] as? String == "1m")
        let report = try #require((document["files"] as? [[String: Any]])?.first)
        #expect(report["rows"] as? Int == 5)
        #expect(report["stamp"] as? String == "open")
    }

    @Test(arguments: [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]])
    func severalFilesBecomeOneSeriesInAnyOrder(order: [String]) throws {
        let files = [
            "a": try folder.write(csv(minutes: 0..<10), as: "a.csv"),
            "b": try folder.write(csv(minutes: 8..<20), as: "b.csv"),
            "c": try folder.write(csv(minutes: 20..<25), as: "c.csv"),
        ]
        let paths = order.compactMap { files[$0] }
        let ran = apus(["data", "import"] + paths + ["--symbol", "BTCUSDT", "--store", folder.store])
        #expect(ran.status == 0)
        let exported = apus(["data", "export", "BTCUSDT", "--output", "-", "--store", folder.store])
        let times = exported.outputLines.dropFirst().compactMap { $0.split(separator: ",").first.flatMap { Int($0) } }
        #expect(times == (0..<25).map { 1_704_067_200_000 + $0 * 60_000 })
    }

    @Test(
        "Bad input is refused with its place, and the store stays as it was",
        arguments: [
            ("row 4", "1704067320000,NaN,103,100,101,1\n"),
            ("row 4", "1704067260000,100,103,99,101,7\n"),
            ("row 4", "1704067200000,100,103,99,101,1\n"),
            ("row 4", "1704067320000,100,98,99,100,1\n"),
            ("row 4", "1704067320000,100,103,-1,101,1\n"),
            ("row 4", "1704067320000,100,103\n"),
            ("row 4", "soon,100,103,99,101,1\n"),
            ("row 4", "1704067320000,\(String(repeating: "9", count: 1000)),103,99,101,1\n"),
        ])
    func badRows(place: String, row: String) throws {
        #expect(importing(try folder.write(csv(minutes: 100..<110), as: "good.csv")).status == 0)
        let before = try folder.storedFiles()
        let bad = try folder.write(csv(minutes: 0..<2) + row, as: "bad.csv")
        let ran = importing(bad)
        #expect(ran.status == 1)
        #expect(ran.output == "")
        #expect(ran.errors.hasPrefix("apus: \(bad), \(place)"))
        #expect(try folder.storedFiles() == before)
    }

    @Test(arguments: [
        ("", "is empty"), ("open_time_ms,open,high,low,close,volume\n", "no rows"),
        ("timestamp,open,high,low,close,volume\n1704067200,1,1,1,1,1\n1704067260,1,1,1,1,1\n", "--stamp open"),
        ("open_time_ms,open,high,low,volume\n1704067200000,1,1,1,1\n", "'close'"),
    ])
    func unusableFiles(text: String, words: String) throws {
        let ran = importing(try folder.write(text, as: "bad.csv"))
        #expect(ran.status == 1)
        #expect(ran.output == "")
        #expect(ran.errors.contains(words))
        #expect(!FileManager.default.fileExists(atPath: folder.store))
    }

    @Test func oneBadFileOfSeveralStoresNone() throws {
        let good = try folder.write(csv(minutes: 0..<10), as: "good.csv")
        let bad = try folder.write(csv(minutes: 10..<12) + "x\n", as: "bad.csv")
        #expect(importing(good, bad).status == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.store))
    }

    @Test func rowsOutOfOrderAreSortedWhereAskedFor() throws {
        let file = try folder.write(csv(minutes: [0, 1, 3, 2, 4]), as: "bars.csv")
        let refused = importing(file)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("\(file), row 5"))
        #expect(!FileManager.default.fileExists(atPath: folder.store))
        let sorted = importing(file, more: ["--sort"])
        #expect(sorted.status == 0)
        #expect(sorted.output.contains("repairs: 1"))
        #expect(try rows() == 5)
    }

    @Test func declaredTimeframeIsChecked() throws {
        let file = try folder.write(csv(minutes: 0..<10), as: "bars.csv")
        let ran = importing(file, more: ["--timeframe", "5m"])
        #expect(ran.status == 1)
        #expect(ran.errors.contains("5m was declared"))
    }

    @Test(arguments: [("refuse", 1, "101"), ("keep", 0, "101"), ("replace", 0, "102")] as [(String, Int32, String)])
    func conflictsFollowThePolicy(policy: String, status: Int32, close: String) throws {
        #expect(importing(try folder.write(csv(minutes: 0..<3), as: "old.csv")).status == 0)
        let changed = csv(minutes: 0..<3).replacingOccurrences(of: ",101,1.5", with: ",102,1.5")
        let file = try folder.write(changed, as: "new.csv")
        let ran = importing(file, more: ["--conflicts", policy])
        #expect(ran.status == status)
        if status == 1 {
            #expect(ran.errors.contains("--conflicts keep"))
        } else {
            #expect(ran.output.contains("1 bar with other values than stored"))
        }
        let exported = apus(["data", "export", "BTCUSDT", "--output", "-", "--store", folder.store])
        #expect(exported.outputLines[2].split(separator: ",")[4] == close + ".0")
    }

    @Test func conflictsBetweenFilesNameBoth() throws {
        let first = try folder.write(csv(minutes: 0..<3), as: "first.csv")
        let changed = csv(minutes: 0..<3).replacingOccurrences(of: ",101,1.5", with: ",102,1.5")
        let second = try folder.write(changed, as: "second.csv")
        let ran = importing(first, second)
        #expect(ran.status == 1)
        #expect(ran.errors.contains("\(first) and \(second): 1 bar of the same time differ"))
        #expect(!FileManager.default.fileExists(atPath: folder.store))
    }

    @Test func interruptionLeavesTheStoreAsItWas() throws {
        let file = try folder.write(csv(minutes: 0..<3), as: "bars.csv")
        let ran = apus(
            ["data", "import", file, "--symbol", "BTCUSDT", "--store", folder.store], isInterrupted: true)
        #expect(ran.status == 1)
        #expect(ran.output == "")
        #expect(ran.errors.contains("cancelled"))
        #expect(!FileManager.default.fileExists(atPath: folder.store))
    }

    @Test func namedColumnsReplaceTheHeader() throws {
        let text = "When,x.o,x.c,x.h,x.l,x.v\n2024-01-01 00:00:00,1,2,3,0.5,7\n2024-01-01 00:30:00,2,2,2,2,8\n"
        let file = try folder.write(text, as: "odd.csv")
        let ran = importing(file, more: ["--columns", "time,open,close,high,low,volume", "--stamp", "open"])
        #expect(ran.status == 0)
        let exported = apus(["data", "export", "BTCUSDT", "--output", "-", "--store", folder.store])
        #expect(exported.outputLines[1] == "1704067200000,1.0,3.0,0.5,2.0,7")
    }

    @Test func fundingRatesAreImportedAndOnlyNewOnesAdded() throws {
        let header = "time,rate\n"
        let rows = (0..<4).map { "\(1_704_067_200_000 + $0 * 28_800_000),0.000\($0 + 1)\n" }
        let first = try folder.write(header + rows[0..<3].joined(), as: "first.csv")
        let second = try folder.write(header + rows[1..<4].joined(), as: "second.csv")
        #expect(importing(first, more: ["--kind", "funding"]).status == 0)
        let ran = importing(second, more: ["--kind", "funding"])
        #expect(ran.status == 0)
        #expect(ran.output.hasSuffix("as local BTCUSDT funding-rates: 1 new row; 4 rows in all.\n"))
        #expect(apus(["data", "check", "--store", folder.store]).status == 0)
    }

    @Test(
        arguments: [
            (["--kind", "candles"], "--kind cannot be 'candles'"), (["--conflicts", "kep"], "Did you mean 'keep'?"),
            (["--kind", "trades", "--stamp", "open"], "--stamp concerns bars only"),
            (["--stamp", "mid"], "open, close"),
            (["--timeframe", "1x"], "'1x' is not a timeframe"), (["--venue", ""], "--venue ''"),
            (["--symbol", "Y"], "--symbol is given twice"), (["--store"], "--store needs a value"),
        ] as [([String], String)])
    func badOptionsAreWrongUsage(options: [String], words: String) throws {
        let file = try folder.write(csv(minutes: 0..<3), as: "bars.csv")
        let ran = apus(["data", "import", file, "--symbol", "X"] + options)
        #expect(ran.status == 2)
        #expect(ran.output == "")
        #expect(ran.errors.contains(words))
        #expect(ran.errors.contains("Usage: apus data import FILE… --symbol SYMBOL [OPTIONS]"))
    }

    // MARK: List

    @Test func listShowsEverySeries() throws {
        #expect(importing(try folder.write(csv(minutes: 0..<1500), as: "bars.csv")).status == 0)
        let other = try folder.write(csv(minutes: stride(from: 0, to: 50, by: 5)), as: "other.csv")
        #expect(importing(other, symbol: "ETHUSDT").status == 0)
        let ran = apus(["data", "list", "--store", folder.store])
        #expect(ran.status == 0)
        let cells = ran.outputLines.map { $0.split(separator: " ").map(String.init) }
        #expect(cells[0] == ["VENUE", "SYMBOL", "KIND", "TIMEFRAME", "ROWS", "MISSING", "FIRST", "LAST", "SIZE"])
        #expect(
            cells[1].prefix(8) == [
                "local", "BTCUSDT", "bars", "1m", "1,500", "0", "2024-01-01T00:00:00Z", "2024-01-02T00:59:00Z",
            ])
        #expect(cells[2].prefix(5) == ["local", "ETHUSDT", "bars", "5m", "10"])
        #expect(cells.count == 3)
    }

    @Test func anEmptyStoreSaysHowToImport() throws {
        try FileManager.default.createDirectory(atPath: folder.store, withIntermediateDirectories: false)
        let ran = apus(["data", "list", "--store", folder.store])
        #expect(ran.status == 0)
        #expect(ran.output == "")
        #expect(ran.errors.contains("apus data import FILE --symbol SYMBOL"))
        let document = try apus(["data", "list", "--store", folder.store, "--json"]).json()
        #expect((document["series"] as? [Any])?.count == 0)
    }

    @Test(arguments: [["data", "list"], ["data", "check"], ["data", "export", "X", "--output", "-"]])
    func aStoreThatWasNamedMustExist(command: [String]) {
        let ran = apus(command + ["--store", folder.path("nowhere")])
        #expect(ran.status == 1)
        #expect(ran.output == "")
        #expect(ran.errors.contains("There is no data store at \(folder.path("nowhere"))"))
    }

    // MARK: Check

    @Test("A changed byte is found, wherever it is", arguments: [4, 100, 4_096, 5_000, 20_000])
    func damageIsFound(offset: Int) throws {
        #expect(importing(try folder.write(csv(minutes: 0..<1500), as: "bars.csv")).status == 0)
        #expect(importing(try folder.write(csv(minutes: 0..<15), as: "small.csv"), symbol: "ETHUSDT").status == 0)
        #expect(apus(["data", "check", "--store", folder.store]).status == 0)

        let path = folder.store + "/local/BTCUSDT/bars-1m.apus"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[offset] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
        let ran = apus(["data", "check", "--store", folder.store])
        #expect(ran.status == 1)
        #expect(ran.output.contains("DAMAGED"))
        #expect(ran.output.contains("local ETHUSDT bars 1m: checksums right"))
        #expect(ran.errors.hasPrefix("apus: 1 of 2 series is not sound"))
        #expect(ran.errors.contains("BTCUSDT"))
        let document = try apus(["data", "check", "--store", folder.store, "--json"]).json()
        #expect(document["sound"] as? Bool == false)
    }

    @Test func checkReportsGapsOfTheChosenSeries() throws {
        #expect(importing(try folder.write(csv(minutes: [0, 1, 5, 6]), as: "bars.csv")).status == 0)
        #expect(importing(try folder.write(csv(minutes: 0..<15), as: "other.csv"), symbol: "ETHUSDT").status == 0)
        let ran = apus(["data", "check", "BTCUSDT", "--store", folder.store])
        #expect(ran.status == 0)
        #expect(ran.output.contains("gaps: 1, with 3 missing bars"))
        #expect(!ran.output.contains("ETHUSDT"))
    }

    @Test func checkOfAnUnknownSymbolSuggestsANearOne() throws {
        #expect(importing(try folder.write(csv(minutes: 0..<5), as: "bars.csv")).status == 0)
        let ran = apus(["data", "check", "BTCUSD", "--store", folder.store])
        #expect(ran.status == 1)
        #expect(ran.errors.contains("has no BTCUSD. Did you mean BTCUSDT?"))
        #expect(apus(["data", "check", "--timeframe", "1h", "--store", folder.store]).status == 1)
    }

    // MARK: Export

    @Test(arguments: ["out.csv", "out.csv.gz", "out.json"])
    func whatIsExportedAndImportedIsTheSameSeries(name: String) throws {
        #expect(importing(try folder.write(csv(minutes: 0..<500), as: "bars.csv")).status == 0)
        let output = folder.path(name)
        let exported = apus(["data", "export", "BTCUSDT", "--output", output, "--store", folder.store])
        #expect(exported.status == 0)
        #expect(exported.output == "")
        let again = importing(output, symbol: "COPY")
        #expect(again.status == 0, "\(again.errors)")
        let series = try #require(apus(["data", "list", "--json", "--store", folder.store]).json()["series"] as? [Any])
        let hashes = series.compactMap { ($0 as? [String: Any])?["contentHash"] as? String }
        #expect(hashes.count == 2)
        #expect(Set(hashes).count == 1)
    }

    @Test func exportTakesHalfOpenRangesOfTime() throws {
        #expect(importing(try folder.write(csv(minutes: 0..<100), as: "bars.csv")).status == 0)
        let ran = apus([
            "data", "export", "BTCUSDT", "--output", "-", "--from", "2024-01-01T00:10", "--to", "2024-01-01T00:12",
            "--store", folder.store,
        ])
        #expect(ran.outputLines.count == 3)
        #expect(ran.outputLines[1].hasPrefix("1704067800000,"))
    }

    @Test(
        arguments: [
            (["--output", "out.txt"], 2, ".csv, .csv.gz and .json"), ([], 2, "--output FILE is missing"),
            (["--output", "-", "--from", "yesterday"], 2, "'yesterday' is not a time"),
            (["--output", "-", "--from", "2024-02-01", "--to", "2024-01-01"], 2, "is not before"),
            (["--output", "-", "--from", "2030-01-01"], 1, "it holds from 2024-01-01T00:00:00Z"),
            (["--output", "-", "--venue", "binance"], 1, "Of BTCUSDT it has: local BTCUSDT bars 1m"),
            (["--output", "-", "--format", "xml"], 2, "Known: csv, freqtrade"),
            (["--output", "out.json", "--kind", "trades"], 2, "bars only, not trades"),
            (["--output", "/proc/nowhere/out.csv"], 1, "cannot be written"),
        ] as [([String], Int32, String)])
    func exportsThatCannotBe(options: [String], status: Int32, words: String) throws {
        #expect(importing(try folder.write(csv(minutes: 0..<5), as: "bars.csv")).status == 0)
        let ran = apus(["data", "export", "BTCUSDT", "--store", folder.store] + options)
        #expect(ran.status == status)
        #expect(ran.output == "")
        #expect(ran.errors.contains(words), "\(ran.errors)")
    }

    @Test func exportAsksWhichWhereThereAreSeveral() throws {
        #expect(importing(try folder.write(csv(minutes: 0..<5), as: "bars.csv")).status == 0)
        let hours = try folder.write(csv(minutes: stride(from: 0, to: 600, by: 60)), as: "hours.csv")
        #expect(importing(hours).status == 0)
        let ran = apus(["data", "export", "BTCUSDT", "--output", "-", "--store", folder.store])
        #expect(ran.status == 1)
        #expect(ran.errors.contains("Choose one with --timeframe."))
        let chosen = apus([
            "data", "export", "BTCUSDT", "--output", "-", "--timeframe", "1h", "--store", folder.store,
        ])
        #expect(chosen.outputLines.count == 11)
    }

    @Test func devicesAreWrittenToAndNotReplaced() throws {
        #expect(importing(try folder.write(csv(minutes: 0..<5), as: "bars.csv")).status == 0)
        let pipe = folder.path("pipe.csv")
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        #expect(apus(["data", "export", "BTCUSDT", "--output", pipe, "--store", folder.store]).status == 0)
        var status = stat()
        #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        var bytes = [UInt8](repeating: 0, count: 4096)
        #expect(
            String(decoding: bytes[..<max(0, read(reader, &bytes, 4096))], as: UTF8.self).hasPrefix("open_time_ms,"))
    }
}
