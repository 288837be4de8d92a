// SPDX-License-Identifier: Apache-2.0

import DataStore
import Foundation
import Glibc
import MarketData
import Networking
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Commands
@testable import Live

@Suite("Streams of a session in the data store") struct StreamRowsTests {
    private static let all: StreamKinds = [.trades, .quotes, .books, .funding, .contexts]
    private static let start = Timestamp(seconds: 1_700_000_000)
    private let folder: TemporaryFolder
    private let instrument: Instrument

    init() throws {
        folder = try TemporaryFolder()
        instrument = try Instrument(
            id: InstrumentID(index: 0), symbol: "BTC", venue: "hyperliquid", kind: .linearPerpetual,
            base: AssetID(index: 0), quote: AssetID(index: 1), settlement: AssetID(index: 1), priceDecimals: 1,
            quantityDecimals: 5, rules: [(from: .distantPast, rules: TradingRules())])
    }

    private func sessionStore(_ kinds: StreamKinds = Self.all) throws -> SessionStore {
        let key = try SeriesKey(venue: "hyperliquid", symbol: "BTC", kind: .bars, timeframe: .oneMinute)
        let series = SessionStore.Series(key: key, instrument: instrument, timeframe: .oneMinute)
        return SessionStore(path: folder.store, [series], kinds)
    }

    private func stored<Record: SeriesRecord>(_ type: Record.Type) throws -> [Record] {
        guard let store = try? DataStore(path: folder.store) else { return [] }
        guard store.contains(try SeriesKey(venue: "hyperliquid", symbol: "BTC", kind: type.kind)) else { return [] }
        return Array(try store.records(type, venue: "hyperliquid", symbol: "BTC"))
    }

    private func at(_ seconds: Double) -> Timestamp {
        Timestamp(nanoseconds: Self.start.nanoseconds + Int64(seconds * 1e9))
    }

    private func trade(_ id: UInt64, _ seconds: Double, received: Double? = nil) -> StreamRecord {
        StreamRecord(
            time: at(received ?? seconds + 0.1),
            .trade(
                VenueTrade(
                    instrument: InstrumentID(index: 0), time: at(seconds), price: Price(units: 100 + Int64(id)),
                    quantity: Quantity(units: 5), taker: id % 2 == 0 ? .buy : .sell, id: TradeID(id))))
    }

    private func context(
        _ seconds: Double, mark: Int64? = nil, oracle: Int64? = nil, rate: Int64? = nil, interest: Int64? = nil
    ) -> StreamRecord {
        StreamRecord(
            time: at(seconds),
            .context(
                MarketContext(
                    instrument: InstrumentID(index: 0), mark: mark.map { Price(units: $0) },
                    oracle: oracle.map { Price(units: $0) }, fundingRate: rate.map { Rate(units: $0) },
                    openInterest: interest.map { Quantity(units: $0) })))
    }

    private func quote(_ seconds: Double, _ bid: Int64?, _ ask: Int64?) -> StreamRecord {
        func level(_ price: Int64?) -> BookSnapshot.Level? {
            price.map { BookSnapshot.Level(price: Price(units: $0), quantity: Quantity(units: 3)) }
        }
        return StreamRecord(
            time: at(seconds + 0.1),
            .quote(
                VenueQuote(instrument: InstrumentID(index: 0), time: at(seconds), bid: level(bid), ask: level(ask))))
    }

    // MARK: What becomes a row

    @Test func aTradeThatIsSaidAgainIsStoredOnce() throws {
        var keeper = StoreKeeper(try sessionStore())
        keeper.take([], [trade(1, 0), trade(2, 1), trade(1, 0, received: 2), trade(3, 2)], lost: 0)
        #expect(keeper.write() == nil)
        // A new session hears the latest trades once more, and its clock is behind.
        var next = StoreKeeper(try sessionStore())
        next.take([], [trade(2, 1, received: -5), trade(3, 2, received: -5), trade(4, 3, received: -4)], lost: 0)
        next.take([], [trade(5, 4, received: 60)], lost: 0)
        #expect(next.write() == nil)
        let trades = try stored(MarketTrade.self)
        #expect(trades.map(\.id.rawValue) == [1, 2, 3, 4, 5])
        #expect(trades.map(\.time) == [0, 1, 2, 3, 4].map { at($0) })
        #expect(
            trades.map(\.receiveTime) == [0.1, 1.1, 2.1, 2.1, 60].map { at($0) }, "never earlier than the one before")
        #expect(trades.map(\.aggressor) == [.seller, .buyer, .seller, .buyer, .seller])
    }

    @Test func onlyWhatChangesIsARow() throws {
        var keeper = StoreKeeper(try sessionStore())
        keeper.take(
            [],
            [
                quote(0, 100, 101), quote(1, 100, 101), quote(2, 99, 101), quote(1.5, 98, 101), quote(3, nil, 101),
                context(0, mark: 100, oracle: 99, interest: 7), context(1, mark: 100, oracle: 98, interest: 7),
                context(2, mark: 102),
            ], lost: 0)
        #expect(keeper.write() == nil)
        var next = StoreKeeper(try sessionStore())
        next.take([], [quote(9, 99, 101), context(9, mark: 102, oracle: 98, interest: 8)], lost: 0)
        #expect(next.write() == nil)
        #expect(try stored(Quote.self).map(\.bid.price.units) == [100, 99])
        #expect(try stored(MarkPrice.self).map(\.time) == [at(0), at(2)])
        #expect(try stored(MarkPrice.self).map(\.price.units) == [100, 102])
        #expect(try stored(IndexPrice.self).map(\.price.units) == [99, 98])
        #expect(try stored(OpenInterest.self).map(\.quantity.units) == [7, 8])
    }

    /// The start is 800 s before the end of an hour.
    @Test func whatWasSaidLastBeforeAnHourEndsIsPaid() throws {
        let due = Timestamp(seconds: 1_700_000_000 / 3600 * 3600 + 3600)
        let left = Double((due - Self.start).nanoseconds) / 1e9
        var keeper = StoreKeeper(try sessionStore(.funding))
        keeper.take(
            [],
            [
                context(left - 900, rate: 1), context(left - 2, rate: 12_500), context(left + 1, rate: 20_000),
                context(left + 3590, rate: 21_000), context(left + 3601, rate: 22_000),
                // Two hours of which nothing is known, and one that ends more than a minute after its last rate.
                context(left + 3 * 3600 - 61, rate: 30_000), context(left + 3 * 3600 + 5, rate: 31_000),
            ], lost: 0)
        #expect(keeper.write() == nil)
        var next = StoreKeeper(try sessionStore(.funding))
        next.take([], [context(left - 1, rate: 9), context(left + 1, rate: 9)], lost: 0)
        #expect(next.write() == nil)
        let paid = try stored(FundingRate.self)
        #expect(paid.map(\.time) == [due, due + .hours(1)])
        #expect(paid.map(\.rateUnits) == [12_500_000, 21_000_000] && paid.allSatisfy { $0.period == .hours(1) })
        #expect(try stored(MarkPrice.self).isEmpty)
    }

    @Test("The book that is stored can be made again at every message", arguments: UInt64(0)..<30)
    func books(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func side(_ first: Int64, _ step: Int64) -> [BookSnapshot.Level] {
            let count = Int64.random(in: 0...6, using: &random)
            return (0..<count).map { place in
                BookSnapshot.Level(
                    price: Price(units: first + step * place * Int64.random(in: 1...2, using: &random)),
                    quantity: Quantity(units: Int64.random(in: 1...3, using: &random)))
            }.reduce(into: []) { levels, level in
                if !levels.contains(where: { $0.price == level.price }) { levels.append(level) }
            }
        }
        var seconds = 0.0
        let books = (0..<60).map { _ -> (StreamRecord, BookSnapshot) in
            seconds += Double(Int.random(in: 1...300, using: &random))
            let book = BookSnapshot(
                instrument: InstrumentID(index: 0), time: at(seconds), bids: side(100, -1), asks: side(101, 1))
            return (StreamRecord(time: at(seconds), .book(book)), book)
        }
        var keeper = StoreKeeper(try sessionStore(.books))
        for (index, book) in books.enumerated() {
            keeper.take([], [book.0], lost: 0)
            if index % 7 == 0 { #expect(keeper.write() == nil) }
            // A session that begins anew begins with the whole book.
            if index == 30 {
                #expect(keeper.write() == nil)
                keeper = StoreKeeper(try sessionStore(.books))
            }
        }
        #expect(keeper.write() == nil)
        var made: [BookSide: [Int64: Int64]] = [:]
        var seen: [Timestamp: [BookSide: [Int64: Int64]]] = [:]
        var isFirst = true
        for row in try stored(OrderBookDelta.self) {
            if isFirst, row.flags.contains(.snapshot) { made = [:] }
            let price = row.level.price.units
            made[row.side, default: [:]][price] = row.level.quantity == .zero ? nil : row.level.quantity.units
            isFirst = row.flags.contains(.lastOfMessage)
            if isFirst { seen[row.receiveTime] = made }
        }
        var last: [BookSide: [Int64: Int64]] = [:]
        for (record, book) in books {
            last = seen[record.time] ?? last
            guard !book.bids.isEmpty || !book.asks.isEmpty else { continue }
            for (side, levels) in [(BookSide.bid, book.bids), (.ask, book.asks)] {
                let expected = Dictionary(uniqueKeysWithValues: levels.map { ($0.price.units, $0.quantity.units) })
                #expect(last[side] ?? [:] == expected)
            }
        }
    }

    @Test func kindsThatAreNotAskedForAreNotStored() throws {
        var keeper = StoreKeeper(try sessionStore([.trades]))
        keeper.take([], [trade(1, 0), quote(0, 1, 2), context(0, mark: 5, oracle: 5, rate: 1, interest: 1)], lost: 0)
        #expect(keeper.write() == nil)
        #expect(try DataStore(path: folder.store).list().map { try $0.get().key.kind } == [.trades])
    }

    // MARK: A disk that is full

    @Test func whatCannotBeWrittenIsKeptAndSaidOnce() throws {
        // A file where the store should be: nothing can be written.
        let path = folder.store
        try #require(fclose(fopen(path, "w")) == 0)
        var keeper = StoreKeeper(try sessionStore())
        keeper.take([InstrumentBar(InstrumentID(index: 0), bar(0))], [trade(1, 0)], lost: 0)
        let problem = keeper.write()
        #expect(problem?.isProblem == true && problem?.text.contains("tried again") == true)
        keeper.take([InstrumentBar(InstrumentID(index: 0), bar(1))], [trade(2, 1)], lost: 0)
        #expect(keeper.write() == nil, "it is said once")
        unlink(path)
        keeper.take([], [trade(3, 2)], lost: 0)
        let back = keeper.write()
        #expect(back?.isProblem == false && back?.text.contains("again") == true)
        #expect(keeper.write() == nil)
        #expect(try stored(MarketTrade.self).map(\.id.rawValue) == [1, 2, 3])
        let bars = try DataStore(path: path).bars(venue: "hyperliquid", symbol: "BTC", timeframe: .oneMinute)
        #expect(bars.bars == [bar(0), bar(1)])
        keeper.take([], [], lost: 5)
        #expect(keeper.write()?.text.contains("5 messages") == true)
    }

    @Test func aSeriesThatIsDamagedHoldsNothingElseUp() throws {
        var keeper = StoreKeeper(try sessionStore([.trades, .quotes]))
        keeper.take([], [trade(1, 0), quote(0, 100, 101)], lost: 0)
        #expect(keeper.write() == nil)
        let folder = "\(self.folder.store)/hyperliquid/BTC/trades"
        let part = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        let file = try #require(fopen("\(folder)/\(part)", "r+"))
        fseek(file, 4_100, SEEK_SET)
        fputc(0x55, file)
        fclose(file)
        keeper.take([], [trade(2, 1), quote(1, 100, 102)], lost: 0)
        #expect(keeper.write()?.text.contains("header says") == true)
        #expect(try stored(Quote.self).map(\.ask.price.units) == [101, 102])
        // The next hour has a part of its own.
        keeper.take([], [trade(3, 4_000), quote(4_000, 100, 103)], lost: 0)
        #expect(keeper.write()?.isProblem == false)
        unlink("\(folder)/\(part)")
        #expect(try stored(MarketTrade.self).map(\.id.rawValue) == [3])
        #expect(try stored(Quote.self).count == 3)
    }

    private func bar(_ minute: Int64) -> Bar {
        Bar(
            openTime: Timestamp(seconds: 1_700_000_040 + minute * 60), open: Price(units: 5), high: Price(units: 5),
            low: Price(units: 5), close: Price(units: 5), volume: Quantity(units: 1))
    }

    @Test func theThreadWritesWhatItWasGivenBeforeItEnds() throws {
        let loop = try EventLoop()
        let thread = StoreThread(try sessionStore(), every: .hours(1), signal: loop.makeSignal {})
        for id in UInt64(1)...50 { thread.hand([], (records: [trade(id, Double(id))], lost: 0)) }
        #expect(try stored(MarketTrade.self).isEmpty)
        thread.finish()
        #expect(try stored(MarketTrade.self).map(\.id.rawValue) == Array(1...50))
        #expect(thread.takeMessages().isEmpty)
    }
}
