// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Testing
import Trading

@testable import DataStore

@Suite("Series that are collected in parts") struct PartsTests {
    private let folder = TemporaryFolder()
    private let key: SeriesKey
    private let store: DataStore
    private static let hour: Int64 = 3600
    private static let start: Int64 = 1_700_000_000 / hour * hour

    init() throws {
        key = try SeriesKey(venue: "v", symbol: "s", kind: .trades)
        store = try DataStore(path: folder.path + "/store", create: true)
    }

    /// A trade that reached us so many seconds after the start.
    private func trade(_ second: Int64, _ id: UInt64? = nil) -> MarketTrade {
        let time = Timestamp(seconds: Self.start + second)
        return MarketTrade(
            time: time, receiveTime: time, price: Price(units: 100 + second), quantity: Quantity(units: 7),
            id: TradeID(id ?? UInt64(second)), aggressor: .buyer)
    }

    private func table(_ trades: [MarketTrade], decimals: Int = 2) -> SeriesTable {
        RecordSeries(trades, scales: DecimalScales(price: decimals, quantity: 3)).columns
    }

    private func stored() throws -> [MarketTrade] {
        Array(try store.records(MarketTrade.self, venue: "v", symbol: "s"))
    }

    private var parts: [String] { Files.names(in: store.path + "/v/s/trades") }

    @Test("However rows come, all are there once and in their order", arguments: UInt64(0)..<40)
    func collected(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var second: Int64 = 0
        let all = (0..<300).map { index in
            second += Int64.random(in: 0...2, using: &random) == 0 ? Int64.random(in: 0...2_000, using: &random) : 0
            return trade(second, UInt64(index))
        }
        var (done, written) = (0, 0)
        while done < all.count {
            // A message is never torn: its trades have one time. What was written before is given again now and then.
            var end = min(all.count, done + Int.random(in: 1...80, using: &random))
            while end < all.count, all[end].receiveTime == all[end - 1].receiveTime { end += 1 }
            let from = Bool.random(using: &random) ? max(0, done - 20) : done
            written += try store.writer().collect(table(Array(all[from..<end])), into: key)
            done = end
        }
        #expect(try stored() == all && written == all.count)
        let hours = Set(all.map { $0.receiveTime.nanoseconds / (Self.hour * 1_000_000_000) })
        #expect(parts.count == hours.count)
        let summaries = try store.list().map { try $0.get() }
        #expect(summaries.map(\.key) == [key] && summaries[0].rowCount == all.count)
        #expect(summaries[0].firstTime == all.first?.receiveTime && summaries[0].lastTime == all.last?.receiveTime)
        #expect(try store.series(key).columnHash(4) == table(all).columnHash(4))
    }

    @Test func partsAreNamedByTheirTimes() throws {
        try store.writer().collect(table([trade(0), trade(3599), trade(3600), trade(90_000)]), into: key)
        #expect(parts == ["2023-11-14T22.apus", "2023-11-14T23.apus", "2023-11-15T23.apus"])
        let marks = try SeriesKey(venue: "v", symbol: "s", kind: .markPrices)
        let rows = [0, 7_199, 7_200].map {
            MarkPrice(time: Timestamp(seconds: Self.start + $0), price: Price(units: 1))
        }
        try store.writer().collect(
            RecordSeries(rows, scales: DecimalScales(price: 2, quantity: 3)).columns, into: marks)
        #expect(Files.names(in: store.path + "/v/s/mark-prices") == ["2023-11-14.apus", "2023-11-15.apus"])
        #expect(try store.records(MarkPrice.self, venue: "v", symbol: "s").map(\.time) == rows.map(\.time))
    }

    @Test func fundingStaysInOneFile() throws {
        let funding = try SeriesKey(venue: "v", symbol: "s", kind: .fundingRates)
        func rates(_ hours: ClosedRange<Int64>) -> SeriesTable {
            let rows = hours.map {
                FundingRate(time: Timestamp(seconds: $0 * Self.hour), rateUnits: $0, period: .hours(1))
            }
            return RecordSeries(rows, scales: DecimalScales(price: 2, quantity: 3)).columns
        }
        #expect(try store.writer().collect(rates(1...5), into: funding) == 5)
        #expect(try store.writer().collect(rates(4...9), into: funding) == 4)
        #expect(try store.records(FundingRate.self, venue: "v", symbol: "s").map(\.rateUnits) == Array(1...9))
        #expect(Files.names(in: store.path + "/v/s") == ["funding-rates.apus"])
    }

    @Test func whatWasImportedComesBeforeWhatIsCollected() throws {
        #expect(try store.writer().append(table([trade(0), trade(1)]), to: key) == 2)
        #expect(try store.writer().collect(table([trade(1), trade(2), trade(4_000)]), into: key) == 2)
        #expect(try stored() == [0, 1, 2, 4_000].map { trade($0) })
        #expect(
            try store.series(key, from: Timestamp(seconds: Self.start + 4_000)).count == 3, "but for the first part")
        do throws(StoreError) {
            _ = try store.writer().append(table([trade(9_000)]), to: key)
            Issue.record("an import went between the parts")
        } catch { #expect(error.kind == .conflict && error.problem.contains("collects")) }
        #expect(try stored().count == 4)
    }

    @Test("A write that ends anywhere leaves what was there, and the next one goes on", arguments: 0..<30)
    func interrupted(step: Int) throws {
        try store.writer().collect(table([trade(0), trade(10)]), into: key)
        let news = [trade(10, 11), trade(20), trade(3_700), trade(7_300)]
        var steps = 0
        var writer = try store.writer()
        writer.observe = { _ throws(StoreError) in
            steps += 1
            if steps > step { throw StoreError(.unwritable, path: "", problem: "the disk is full", advice: "") }
        }
        let isWhole = (try? writer.collect(table(news), into: key)) != nil
        _ = consume writer
        let there = try stored()
        let all = [trade(0), trade(10)] + news
        #expect(there.count >= 2 && there == Array(all.prefix(there.count)) && isWhole == (there.count == all.count))
        try store.writer().collect(table(news), into: key)
        #expect(try stored() == all)
        #expect(parts.allSatisfy { $0.hasSuffix(".apus") && !$0.hasPrefix(".") })
    }

    @Test func finerDecimalsDoNotEndASeries() throws {
        try store.writer().collect(table([trade(0)]), into: key)
        try store.writer().collect(table([trade(1)], decimals: 4), into: key)
        try store.writer().collect(table([trade(4_000)]), into: key)
        let read = try store.records(MarketTrade.self, venue: "v", symbol: "s")
        #expect(read.scales.price == 4)
        #expect(read.map(\.price.units) == [10_000, 101, 410_000])
    }

    @Test func damageIsFoundAndRemovalTakesEverything() throws {
        try store.writer().collect(table([trade(0), trade(4_000)]), into: key)
        let path = "\(store.path)/v/s/trades/\(parts[0])"
        var bytes = TemporaryFolder.read(path)
        bytes[4_100] ^= 1
        _ = folder.write(bytes, as: "store/v/s/trades/\(parts[0])")
        #expect(throws: StoreError.self) { try store.series(key) }
        try store.writer().remove(key)
        #expect(parts.isEmpty && store.list().isEmpty && !store.contains(key))
        #expect(throws: StoreError.self) { try store.writer().remove(key) }
    }
}
