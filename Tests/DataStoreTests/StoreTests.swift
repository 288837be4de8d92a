// SPDX-License-Identifier: Apache-2.0

import Glibc
import MarketData
import TestSupport
import Testing
import Trading

@testable import DataStore

@Suite struct StoreTests {
    let folder = TemporaryFolder()
    let store: DataStore
    let key: SeriesKey

    init() throws {
        store = try DataStore(path: folder.path + "/data/store", create: true)
        key = try SeriesKey(venue: "binance-spot", symbol: "BTCUSDT", timeframe: .oneMinute)
    }

    private func stored() throws -> BarSeries {
        try store.bars(venue: "binance-spot", symbol: "BTCUSDT", timeframe: .oneMinute)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let series = try randomSeries(seed: 1, count: 500)
        try store.writer().replace(key, with: series.rows)
        let read = try stored()
        #expect(read.bars == series.bars && read.scales == series.scales && read.contentHash == series.contentHash)
        #expect(try store.check(key) == SeriesCheck.report(on: series))
        let summary = try #require(try store.list().first?.get())
        #expect(summary.key == key && summary.rowCount == 500 && summary.contentHash == series.contentHash)
        #expect(summary.firstTime == series.firstOpenTime && summary.lastTime == series.lastOpenTime)
        #expect(summary.missingBars == SeriesCheck.report(on: series).missingBars)
        #expect(
            summary.fields.json.contains(#""venue":"binance-spot","symbol":"BTCUSDT","kind":"bars","timeframe":"1m""#))
    }

    @Test func aSliceIsStoredAsWhatItHolds() throws {
        let slice = try randomSeries(seed: 1, count: 500)[100..<150]
        try store.writer().replace(key, with: slice.rows)
        #expect(try stored().bars == slice.bars)
        try store.writer().replace(key, with: slice[0..<0].rows)
        #expect(try stored().isEmpty)
    }

    @Test func aMappedSeriesOutlivesItsReplacement() throws {
        let first = try randomSeries(seed: 1, count: 500)
        try store.writer().replace(key, with: first.rows)
        let held = try stored()
        try store.writer().replace(key, with: randomSeries(seed: 2, count: 400).rows)
        #expect(held.bars == first.bars)
        #expect(try stored().count == 400)
    }

    @Test func readersSeeWholeSeriesWhileOneWrites() async throws {
        let versions = try (UInt64(1)...3).map { try randomSeries(seed: $0, count: 200 * Int($0)) }
        let hashes = Set(versions.map(\.contentHash))
        let (store, key) = (store, key)
        try store.writer().replace(key, with: versions[0].rows)
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                for round in 0..<60 { try store.writer().replace(key, with: versions[round % 3].rows) }
                return 0
            }
            for _ in 0..<3 {
                group.addTask {
                    var seen = 0
                    for _ in 0..<100 {
                        let read = try store.series(key)
                        seen += hashes.contains(read.contentHash) ? 1 : 0
                    }
                    return seen
                }
            }
            let seen = try await group.reduce(0, +)
            #expect(seen == 300)
        }
    }

    @Test func listingIsOrderedByName() throws {
        let rows = try randomSeries(seed: 1, count: 10).rows
        let hourly = try BarSeries([bar(60, 1, 1, 1, 1, 1)], timeframe: .oneHour, priceDecimals: 0, quantityDecimals: 0)
        let writer = try store.writer()
        for (venue, symbol) in [("b", "X"), ("a", "ETH/USDT:USDT"), ("a", "BTC"), ("a", "../../etc"), ("ä", ".hidden")]
        {
            try writer.replace(SeriesKey(venue: venue, symbol: symbol, timeframe: .oneMinute), with: rows)
        }
        try writer.replace(SeriesKey(venue: "a", symbol: "BTC", timeframe: .oneHour), with: hourly.rows)
        let names = try store.list().map { try $0.get().key.description }
        #expect(
            names == [
                "a ../../etc bars 1m", "a BTC bars 1m", "a BTC bars 1h", "a ETH/USDT:USDT bars 1m", "b X bars 1m",
                "ä .hidden bars 1m",
            ])
        #expect(Files.names(in: folder.path + "/data") == ["store"], "no symbol leaves the store")
    }

    @Test func everyKindIsStored() throws {
        let trades = RecordSeries(
            (0..<100).map { index in
                MarketTrade(
                    time: Timestamp(seconds: index / 2), receiveTime: Timestamp(seconds: index / 2),
                    price: Price(units: 100 + index), quantity: Quantity(units: index), id: TradeID(UInt64(index)),
                    aggressor: .seller)
            }, scales: DecimalScales(price: 2, quantity: 4))
        try store.writer().replace(SeriesKey(venue: "v", symbol: "s", kind: .trades), with: trades.columns)
        let read = try store.records(MarketTrade.self, venue: "v", symbol: "s")
        #expect(Array(read) == Array(trades) && read.scales == trades.scales)
        #expect(throws: StoreError.self) { try store.records(Quote.self, venue: "v", symbol: "s") }
    }

    @Test func appendingAddsOnlyWhatIsNew() throws {
        let key = try SeriesKey(venue: "v", symbol: "s", kind: .markPrices)
        func prices(_ range: ClosedRange<Int64>) -> SeriesTable {
            RecordSeries(
                range.map { MarkPrice(time: Timestamp(seconds: $0), price: Price(units: $0)) },
                scales: DecimalScales(price: 0, quantity: 0)
            ).columns
        }
        #expect(try store.writer().append(prices(1...5), to: key) == 5)
        #expect(try store.writer().append(prices(3...9), to: key) == 4)
        #expect(try store.writer().append(prices(3...9), to: key) == 0)
        #expect(try store.records(MarkPrice.self, venue: "v", symbol: "s").map(\.price.units) == Array(1...9))
        let other = RecordSeries(
            [MarkPrice(time: Timestamp(seconds: 9), price: Price(units: 10))],
            scales: DecimalScales(price: 0, quantity: 0))
        #expect(throws: StoreError.self) { try store.writer().append(other.columns, to: key) }
    }

    @Test func mergingAddsRefusesKeepsOrReplaces() throws {
        let series = try randomSeries(seed: 3, count: 100)
        let writer = try store.writer()
        #expect(try writer.merge(series[0..<60], into: key).added == 60)
        #expect(try writer.merge(series[40..<100], into: key).added == 40)
        #expect(try stored().bars == series.bars)
        var bars = series.bars
        bars[10] = bar(bars[10].openTime.nanoseconds / 60_000_000_000, 7, 7, 7, 7, 7)
        let changed = try BarSeries(bars, timeframe: .oneMinute, priceDecimals: 2, quantityDecimals: 3)
        do throws(StoreError) {
            _ = try writer.merge(changed, into: key)
            Issue.record("a conflict was accepted")
        } catch {
            #expect(error.kind == .conflict && error.problem.contains("\(bars[10].openTime)"))
        }
        #expect(try stored().bars == series.bars)
        #expect(try writer.merge(changed, into: key, conflicts: .keep).conflictCount == 1)
        #expect(try stored().bars == series.bars)
        _ = try writer.merge(changed, into: key, conflicts: .replace)
        #expect(try stored().bars == bars)
    }

    @Test func oneWriterAtATime() throws {
        var writer: StoreWriter? = try store.writer()
        do throws(StoreError) {
            _ = try store.writer()
            Issue.record("two writers")
        } catch {
            #expect(error.kind == .locked && error.advice.contains("reading is possible"))
        }
        _ = writer.take()
        _ = try store.writer()
    }

    @Test func errorsSayWhatIsMissing() throws {
        do throws(StoreError) {
            _ = try store.bars(venue: "binance-spot", symbol: "BTCUSDT", timeframe: .oneMinute)
            Issue.record("a series from nowhere")
        } catch { #expect(error.kind == .noSuchSeries && error.advice.contains("apus data list")) }
        #expect(throws: StoreError.self) { try DataStore(path: folder.path + "/nowhere") }
        #expect(throws: StoreError.self) { try SeriesKey(venue: "", symbol: "x", timeframe: .oneDay) }
        #expect(throws: StoreError.self) { try SeriesKey(venue: "a", symbol: "x\n", timeframe: .oneDay) }
        #expect(throws: StoreError.self) { try SeriesKey(venue: "a", symbol: "x") }
        #expect(throws: StoreError.self) { try store.writer().remove(key) }
        try store.writer().replace(key, with: randomSeries(seed: 1, count: 3).rows)
        try store.writer().remove(key)
        #expect(!store.contains(key) && store.list().isEmpty)
    }

    // MARK: Damage

    @Test("A changed bit anywhere is found, or the file says the same", arguments: UInt64(0)..<120)
    func damageIsFound(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let series = try randomSeries(seed: 5, count: 50)
        try store.writer().replace(key, with: series.rows)
        let path = store.file(of: key)
        var bytes = TemporaryFolder.read(path)
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        _ = folder.write(bytes, as: "data/store/" + key.relativePath)
        do throws(StoreError) {
            let rows = try store.series(key)
            #expect(BarSeriesReader.bars(rows) == series.bars, "only padding may differ")
        } catch {
            #expect(error.kind == .damaged || error.kind == .newerVersion, "\(error)")
        }
    }

    @Test("A file of any other length is refused", arguments: [0, 1, 100, 4_095, 4_096, 5_000, -1, -64, 64])
    func lengthIsChecked(length: Int) throws {
        try store.writer().replace(key, with: randomSeries(seed: 5, count: 50).rows)
        var bytes = TemporaryFolder.read(store.file(of: key))
        bytes =
            length == 64
            ? bytes + [UInt8](repeating: 0, count: 64)
            : Array(length < 0 ? bytes.dropLast(-length) : bytes.prefix(length))
        _ = folder.write(bytes, as: "data/store/" + key.relativePath)
        #expect(throws: StoreError.self) { try store.series(key, verifying: .header) }
        if case .success = try #require(store.list().first) { Issue.record("it was listed as sound") }
    }

    @Test func aFileUnderAnotherNameIsRefused() throws {
        try store.writer().replace(key, with: randomSeries(seed: 5, count: 50).rows)
        let other = try SeriesKey(venue: "binance-spot", symbol: "BTCUSDT", timeframe: .fiveMinutes)
        rename(store.file(of: key), store.file(of: other))
        #expect(throws: StoreError.self) { try store.series(other) }
    }

    @Test func aNewerFormatIsNamed() throws {
        try store.writer().replace(key, with: randomSeries(seed: 5, count: 50).rows)
        var bytes = TemporaryFolder.read(store.file(of: key))
        bytes[8] = 2
        _ = folder.write(bytes, as: "data/store/" + key.relativePath)
        do throws(StoreError) {
            _ = try store.series(key)
            Issue.record("it was read")
        } catch { #expect(error.kind == .newerVersion) }
    }
}

enum BarSeriesReader {
    static func bars(_ rows: SeriesTable) -> [Bar] { RecordSeries<Bar>(rows).map { Array($0) } ?? [] }
}
