// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import TestSupport
import Testing
import Trading

@Suite struct ArchiveTests {
    let folder = TemporaryFolder()
    private let text: [UInt8]
    private let bars: [Bar]

    init() throws {
        let series = try randomSeries(seed: 11, count: 3_000)
        bars = series.bars
        try SeriesExporter.write(series.rows, to: folder.path + "/source.csv", format: .csv)
        text = folder.read("source.csv")
    }

    @Test func gzipInOneMemberOrSeveral() throws {
        let one = folder.write(try gzipped(text), as: "one.csv.gz")
        #expect(try BarImporter.read(path: one).series.bars == bars)
        #expect(try BarImporter.read(path: one).report.format == "CSV in gzip")
        let cut = 12_345
        let parts = try gzipped(Array(text[..<cut])) + gzipped([]) + gzipped(Array(text[cut...]))
        #expect(try BarImporter.read(path: folder.write(parts, as: "parts.csv.gz")).series.bars == bars)
        let padded = folder.write(parts + [UInt8](repeating: 0, count: 512), as: "padded.gz")
        #expect(try BarImporter.read(path: padded).series.bars == bars)
    }

    @Test("A gzip file cut anywhere is refused", arguments: UInt64(0)..<40)
    func truncatedGzip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let packed = try gzipped(text)
        let length = Int.random(in: 2..<packed.count, using: &random)
        let error = try #require(failure(folder.write(packed[..<length], as: "cut.csv.gz")))
        #expect(error.kind == .damagedArchive && error.problem.contains("ends in the middle"))
    }

    @Test func aChangedByteInGzipIsFoundByItsChecksum() throws {
        var packed = try gzipped(text)
        packed[packed.count - 6] ^= 1
        #expect(failure(folder.write(packed, as: "a.csv.gz"))?.kind == .damagedArchive)
        var middle = try gzipped(text)
        middle[middle.count / 2] ^= 0x10
        #expect(failure(folder.write(middle, as: "b.csv.gz")) != nil)
        #expect(failure(folder.write(try gzipped(text) + Array("rest".utf8), as: "c.csv.gz"))?.kind == .damagedArchive)
    }

    @Test func gzipOfNothingIsEmpty() throws {
        #expect(failure(folder.write(try gzipped([]), as: "none.csv.gz"))?.kind == .empty)
    }

    @Test func zstd() throws {
        let small = Array(text[...(text[..<60_000].lastIndex(of: 0x0A) ?? 0)])
        let path = folder.write(zstdFrame(small), as: "bars.csv.zst")
        let result = try BarImporter.read(path: path)
        #expect(result.series.bars == Array(bars.prefix(result.series.count)) && result.series.count > 500)
        #expect(result.report.format == "CSV in zstd")
        let cut = try #require(failure(folder.write(zstdFrame(small).dropLast(5), as: "cut.csv.zst")))
        #expect(cut.kind == .damagedArchive)
        #expect(
            failure(folder.write([0x28, 0xB5, 0x2F, 0xFD, 0xFF, 0xFF, 0xFF], as: "bad.zst"))?.kind == .damagedArchive)
    }

    @Test func binanceVisionZip() throws {
        let klines =
            "1577836800000,100.50000000,101.00000000,99.25000000,100.00000000,1.50000000,1577836859999,150.0,7,1.0,99.0,0\n"
            + "1577836860000,100.00000000,102.00000000,100.00000000,101.00000000,2.00000000,1577836919999,200.0,9,1,1,0\n"
        let path = folder.write(
            zipArchive([("BTCUSDT-1m-2020-01.csv", Array(klines.utf8))]), as: "BTCUSDT-1m-2020-01.zip")
        let result = try BarImporter.read(path: path)
        #expect(result.series.bars.map(\.close.units) == [10_000, 10_100])
        #expect(result.series.scales == DecimalScales(price: 2, quantity: 1))
        #expect(result.report.format == "CSV of Binance klines in zip")
        #expect(result.report.stamp == .open && result.report.stampSource == "from the format")
    }

    @Test func aZipWithoutExactlyOneCSVIsRefused() throws {
        let none = failure(folder.write(zipArchive([("readme.txt", [65])]), as: "none.zip"))
        #expect(none?.kind == .unknownFormat && none?.problem.contains("0 CSV files") == true)
        let two = failure(folder.write(zipArchive([("a.csv", text), ("b.csv", text)]), as: "two.zip"))
        #expect(two?.kind == .unknownFormat && two?.problem.contains("2 CSV files") == true)
        let archive = zipArchive([("a.csv", text)])
        #expect(failure(folder.write(archive[..<(archive.count / 2)], as: "cut.zip"))?.kind == .damagedArchive)
        var changed = archive
        changed[1_000] ^= 1
        #expect(failure(folder.write(changed, as: "changed.zip")) != nil)
    }

    @Test func freqtradeJSON() throws {
        let json = "[[1577836800000,100.5,101.0,99.25,100.0,1.5],\n [1577836860000, 1.0e2, 102, 100, 101, 2e0]]\n"
        for path in [
            folder.write(json, as: "BTC_USDT-1m.json"), folder.write(try gzipped(Array(json.utf8)), as: "a.json.gz"),
        ] {
            let result = try BarImporter.read(path: path)
            #expect(result.series.bars.map(\.open.units) == [10_050, 10_000])
            #expect(result.series.bars.map(\.volume.units) == [15, 20])
            #expect(result.report.stamp == .open && result.report.format.hasPrefix("freqtrade JSON"))
        }
    }

    @Test(
        arguments: [
            ("", .malformedRow, nil), ("[", .malformedRow, nil), ("[]", .empty, nil), ("{}", .malformedRow, nil),
            ("[1,2]", .malformedRow, 1), ("[[1577836800000,1,1,1,1]]", .malformedRow, 1),
            ("[[1577836800000,1,1,1,1,1,1]]", .malformedRow, 1), ("[[1577836800000,1,1,1,\"1\",1]]", .malformedRow, 1),
            ("[[1577836800000,1,1,1,1,1],[1577836860000,1,1,null,1,1]]", .malformedRow, 2),
            ("[[1577836800000,1,1,1,1,1],[1577836860000,0,1,1,1,1]]", .impossibleBar, 2),
            ("[[1577836800000,1,1,1,1,1],[1577836740000,1,1,1,1,1]]", .outOfOrder, 2),
            ("[[1577836800000,1,1,1,1,1],[1577836860000,1,1,1,1,1]] x", .malformedRow, nil),
            ("[[1577836800000,1,1,1,1,1],[1577836860000,1,1,1,1,1]", .malformedRow, nil),
            ("[[1577836800000,1e400,1,1,1,1]]", .notANumber, 1), ("[[1577836800000,1-1,1,1,1,1]]", .notANumber, 1),
        ] as [(String, ImportError.Kind, Int?)])
    func badJSONIsRefused(json: String, kind: ImportError.Kind, row: Int?) throws {
        let error = try #require(failure(folder.write(json, as: "bars.json")))
        #expect(error.kind == kind, "\(error)")
        if let row { #expect(error.row == row) }
    }
}
