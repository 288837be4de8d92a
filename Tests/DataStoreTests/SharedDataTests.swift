// SPDX-License-Identifier: Apache-2.0

import DataStore
import Glibc
import MarketData
import Testing
import Trading

/// Real market data that is not part of this repository. Its `README.md` states rows, gaps and more for each file.
private let shared = getenv("APUS_SHARED").map { String(cString: $0) + "/data" }.flatMap { path in
    access(path + "/README.md", R_OK) == 0 ? path : nil
}

@Suite(.enabled(if: shared != nil, "APUS_SHARED names no folder with real market data"))
struct SharedDataTests {
    private var root: String { shared ?? "" }

    private func candles(_ name: String) throws -> BarImport {
        try BarImporter.read(path: "\(root)/candles/\(name).csv.gz")
    }

    /// The cells of each row of a table in the README whose first cell begins with `prefix`.
    private func table(_ prefix: String) -> [[String]] {
        String(decoding: TemporaryFolder.read(root + "/README.md"), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("| " + prefix) }
            .map { $0.split(separator: "|").map { String($0.dropFirst().dropLast()) } }
    }

    @Test func everyCandleFileIsWhatItsDescriptionSays() throws {
        let rows = table("candles/")
        #expect(rows.count == 23)
        for cells in rows {
            let result = try BarImporter.read(path: "\(root)/\(cells[0])")
            let report = result.report.check
            #expect(grouped(result.series.count) == cells[1])
            #expect(report.isSound && result.report.repairCount == 0)
            func minute(_ time: Timestamp?) -> String {
                (time.map { "\($0)" } ?? "").prefix(16).map { $0 == "T" ? " " : String($0) }.joined()
            }
            #expect(minute(report.firstOpenTime) == cells[2] && minute(report.lastOpenTime) == cells[3])
            #expect("\(report.gaps.count) gaps/\(report.missingBars) bars" == cells[4])
            #expect("\(report.zeroVolumeBars)" == cells[5])
            // The description cuts or rounds the last digit.
            let percent = try #require(Double(cells[7].dropLast()))
            #expect(abs((report.largestMove?.fraction ?? 0) * 100 - percent) < 0.1, "\(cells[0])")
        }
    }

    private func grouped(_ number: Int) -> String {
        number >= 1000 ? "\(grouped(number / 1000))," + String(String(number % 1000 + 1000).dropFirst()) : "\(number)"
    }

    @Test func minutesMakeTheFiveMinutesAndHoursOfTheVenue() throws {
        for symbol in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
            let minutes = try candles("binance-spot/\(symbol)-1m").series
            let venue = try candles("binance-spot/\(symbol)-1h").series
            let made = try minutes.aggregated(to: .oneHour)
            let scales = (
                max(minutes.priceDecimals, venue.priceDecimals), max(minutes.quantityDecimals, venue.quantityDecimals)
            )
            let left = try made.series.rescaled(priceDecimals: scales.0, quantityDecimals: scales.1)
            let right = try venue.rescaled(priceDecimals: scales.0, quantityDecimals: scales.1)
            let hours = Dictionary(uniqueKeysWithValues: right.bars.map { ($0.openTime, $0) })
            let same = zip(left.bars, made.missing).filter { bar, missing in missing == 0 && hours[bar.openTime] == bar
            }
            let shared = zip(left.bars, made.missing).filter { bar, missing in
                missing == 0 && hours[bar.openTime] != nil
            }
            #expect(shared.count >= 8_756)
            #expect(same.count == shared.count, "\(symbol): every full hour equals the venue's")
        }
    }

    @Test func fundingFilesKeepTheirRows() throws {
        for cells in table("funding/") {
            let result = try RecordImporter.read(path: "\(root)/\(cells[0])", kind: .fundingRates)
            #expect(grouped(result.rows.count) == cells[1], "\(cells[0])")
            let rates = try #require(RecordSeries<FundingRate>(result.rows))
            let hours: Int64 = cells[0].contains("-8h") ? 8 : 1
            let due = rates.map { $0.roundedToPeriod(.hours(hours)).time }
            #expect(zip(due, due.dropFirst()).allSatisfy { $0 < $1 }, "one payment for each period")
            // A few times in two years Hyperliquid paid minutes late.
            let late = zip(rates, due).count { abs(($0.time - $1).nanoseconds) > 60_000_000_000 }
            #expect(late <= 4, "\(cells[0])")
        }
    }

    @Test func tradesAndBooksAreRead() throws {
        let trades = try RecordImporter.read(
            path: "\(root)/trades/binance-usdm-APEUSDT-aggTrades-2024-10-18.csv.gz", kind: .trades)
        #expect(trades.rows.count == 45_342)
        let files: [(String, SeriesKind, Int)] = [
            ("bitstamp-BTCUSD-trades-2015-05-01T00", .trades, 406), ("bitstamp-BTCUSD-trades-2026-05-02", .trades, 284),
            ("bitstamp-BTCUSD-l2-top20-2015-05-01T00", .bookDeltas, 15_047),
            ("bitstamp-BTCUSD-l3-orders-2015-05-01T00", .bookOrderEvents, 32_609),
            ("bitstamp-BTCUSD-l3-orders-2026-05-02", .bookOrderEvents, 314_057),
        ]
        for (name, kind, count) in files {
            // The recording of 2026 has messages out of order.
            let options = ImportOptions(ordering: name.contains("l3-orders-2026") ? .sort : .refuse)
            let result = try RecordImporter.read(path: "\(root)/l2/\(name).csv.gz", kind: kind, options: options)
            #expect(result.report.rowsRead == count && result.rows.count == count, "\(name)")
            let times = result.rows.column(0)
            #expect((1..<times.count).allSatisfy { times[$0 - 1] <= times[$0] })
        }
    }

    @Test func importStoreExportAndImportGiveTheSameYear() throws {
        let folder = TemporaryFolder()
        let series = try candles("binance-spot/BTCUSDT-1m").series
        let store = try DataStore(path: folder.path + "/store", create: true)
        let key = try SeriesKey(venue: "binance-spot", symbol: "BTCUSDT", timeframe: .oneMinute)
        try store.writer().replace(key, with: series.rows)
        let stored = try store.bars(venue: "binance-spot", symbol: "BTCUSDT", timeframe: .oneMinute)
        try SeriesExporter.write(stored.rows, to: folder.path + "/year.csv", format: .csv)
        let again = try BarImporter.read(path: folder.path + "/year.csv").series
        #expect(again.contentHash == series.contentHash && again.count == 525_520)
    }
}
