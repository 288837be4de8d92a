// SPDX-License-Identifier: Apache-2.0

import Connectivity
import DataStore
import Live
import MarketData
import Trading
import VenueInterface

/// The streams of one market as rows for the data store: each thing that the venue said once, in the order in which it
/// was known, whatever is said again after a new connection or a restart.
struct StreamRows {
    let instrument: Instrument
    let kinds: StreamKinds
    /// Between two payments.
    let fundingInterval: TimeSpan

    private(set) var trades: [MarketTrade] = []
    private(set) var quotes: [Quote] = []
    private(set) var deltas: [OrderBookDelta] = []
    private(set) var marks: [MarkPrice] = []
    private(set) var indexes: [IndexPrice] = []
    private(set) var interests: [OpenInterest] = []
    private(set) var payments: [FundingRate] = []

    /// By kind: the time of the last row, stored or not. A clock that is set back does not turn the order round.
    private var lastTime: [SeriesKind: Timestamp] = [:]
    private var knownTrades = RecentIdentifiers<UInt64>(capacity: 8_192)
    private var lastQuote: Quote?
    private var lastMark: Price?
    private var lastIndex: Price?
    private var lastInterest: Quantity?
    /// The rate that the venue said last, and when.
    private var rate: (units: Int64, time: Timestamp)?
    private var book: BookSnapshot?

    init(_ instrument: Instrument, _ kinds: StreamKinds, fundingInterval: TimeSpan = .hours(1)) {
        self.instrument = instrument
        self.kinds = kinds
        self.fundingInterval = fundingInterval
    }

    var count: Int {
        trades.count + quotes.count + deltas.count + marks.count + indexes.count + interests.count + payments.count
    }

    private var scales: DecimalScales {
        DecimalScales(price: instrument.priceDecimals, quantity: instrument.quantityDecimals)
    }

    // MARK: What is stored already

    /// The kinds of rows that the streams give.
    var storedKinds: [SeriesKind] {
        var found: [SeriesKind] = []
        if kinds.contains(.trades) { found.append(.trades) }
        if kinds.contains(.quotes) { found.append(.quotes) }
        if kinds.contains(.books) { found.append(.bookDeltas) }
        if kinds.contains(.contexts) { found += [.markPrices, .indexPrices, .openInterest] }
        if kinds.contains(.funding) { found.append(.fundingRates) }
        return found
    }

    /// Goes on after what is stored: the end of a series, as far back as the venue may say things again.
    mutating func resume(after stored: SeriesTable) {
        if let time = stored.lastTime { lastTime[stored.kind] = time }
        switch stored.kind {
        case .trades:
            guard let trades = RecordSeries<MarketTrade>(stored) else { return }
            for trade in trades.suffix(knownTrades.capacity) { _ = knownTrades.insert(trade.id.rawValue) }
        case .quotes: lastQuote = same(RecordSeries<Quote>(stored))
        case .markPrices: lastMark = same(RecordSeries<MarkPrice>(stored))?.price
        case .indexPrices: lastIndex = same(RecordSeries<IndexPrice>(stored))?.price
        case .openInterest: lastInterest = same(RecordSeries<OpenInterest>(stored))?.quantity
        case .fundingRates, .bookDeltas, .bookOrderEvents, .bars: break
        }
    }

    /// The last record, if it counts in the units of the present.
    private func same<Record>(_ records: RecordSeries<Record>?) -> Record? {
        guard let records, records.scales == scales else { return nil }
        return records.last
    }

    // MARK: What comes

    mutating func add(_ record: StreamRecord) {
        switch record.item {
        case .trade(let trade): if kinds.contains(.trades) { add(trade, record.time) }
        case .quote(let quote): if kinds.contains(.quotes) { add(quote, record.time) }
        case .book(let next): if kinds.contains(.books) { add(next, record.time) }
        case .context(let context):
            if kinds.contains(.contexts) { add(context, record.time) }
            if kinds.contains(.funding) { fund(context, record.time) }
        }
    }

    private mutating func time(_ kind: SeriesKind, _ received: Timestamp) -> Timestamp {
        let time = max(received, lastTime[kind] ?? .epoch)
        lastTime[kind] = time
        return time
    }

    private mutating func add(_ trade: VenueTrade, _ received: Timestamp) {
        guard knownTrades.insert(trade.id.rawValue) else { return }
        trades.append(
            MarketTrade(
                time: trade.time, receiveTime: time(.trades, received), price: trade.price, quantity: trade.quantity,
                id: trade.id, aggressor: trade.taker == .buy ? .buyer : .seller))
    }

    /// A quote without one of its sides is no row.
    private mutating func add(_ quote: VenueQuote, _ received: Timestamp) {
        guard let bid = quote.bid, let ask = quote.ask else { return }
        let row = Quote(
            time: quote.time, receiveTime: max(received, lastTime[.quotes] ?? .epoch), bid: bid.stored, ask: ask.stored)
        if let last = lastQuote, row.time < last.time || (row.bid == last.bid && row.ask == last.ask) { return }
        lastTime[.quotes] = row.receiveTime
        lastQuote = row
        quotes.append(row)
    }

    private mutating func add(_ context: MarketContext, _ received: Timestamp) {
        if let mark = context.mark, mark != lastMark {
            lastMark = mark
            marks.append(MarkPrice(time: time(.markPrices, received), price: mark))
        }
        if let index = context.oracle, index != lastIndex {
            lastIndex = index
            indexes.append(IndexPrice(time: time(.indexPrices, received), price: index))
        }
        if let interest = context.openInterest, interest != lastInterest {
            lastInterest = interest
            interests.append(OpenInterest(time: time(.openInterest, received), quantity: interest))
        }
    }

    /// What is paid at the end of an interval is the rate that the venue said last before it. Where it said none for a
    /// minute, the payment is not known.
    private mutating func fund(_ context: MarketContext, _ received: Timestamp) {
        guard let said = context.fundingRate else { return }
        defer { rate = (said.units, received) }
        guard let rate, rate.time <= received else { return }
        let length = fundingInterval.nanoseconds
        let due = Timestamp(nanoseconds: (rate.time.nanoseconds / length + 1) * length)
        guard due <= received, due - rate.time <= .minutes(1) else { return }
        let (units, overflow) = rate.units.multipliedReportingOverflow(by: 1_000)
        guard !overflow, lastTime[.fundingRates].map({ due - $0 > .minutes(1) }) ?? true else { return }
        lastTime[.fundingRates] = due
        payments.append(FundingRate(time: due, rateUnits: units, period: fundingInterval))
    }

    /// A book is the whole of it at first and in each new hour, and otherwise what has changed.
    private mutating func add(_ next: BookSnapshot, _ received: Timestamp) {
        guard !next.bids.isEmpty || !next.asks.isEmpty else { return }
        let before = lastTime[.bookDeltas]
        let hour = TimeSpan.hours(1).nanoseconds
        let at = time(.bookDeltas, received)
        let isWhole = book == nil || before.map { $0.nanoseconds / hour != at.nanoseconds / hour } ?? true
        let changes =
            isWhole
            ? next.bids.map { (BookSide.bid, $0) } + next.asks.map { (BookSide.ask, $0) }
            : Self.changes(from: book?.bids ?? [], to: next.bids).map { (BookSide.bid, $0) }
                + Self.changes(from: book?.asks ?? [], to: next.asks).map { (BookSide.ask, $0) }
        book = next
        for (index, change) in changes.enumerated() {
            var flags: OrderBookDelta.Flags = isWhole ? .snapshot : []
            if index == changes.count - 1 { flags.insert(.lastOfMessage) }
            deltas.append(
                OrderBookDelta(
                    time: next.time, receiveTime: at, side: change.0, level: change.1.stored, sequence: 0, flags: flags)
            )
        }
    }

    /// Levels that are new or other than before, and those that are gone with a quantity of zero.
    private static func changes(
        from old: [BookSnapshot.Level], to new: [BookSnapshot.Level]
    ) -> [BookSnapshot.Level] {
        let gone = old.filter { level in !new.contains { $0.price == level.price } }
        return gone.map { BookSnapshot.Level(price: $0.price, quantity: .zero) } + new.filter { !old.contains($0) }
    }

    // MARK: What is handed over

    /// The rows that came, by kind.
    var tables: [SeriesTable] {
        func table<Record: SeriesRecord>(_ rows: [Record]) -> SeriesTable? {
            rows.isEmpty ? nil : RecordSeries(rows, scales: scales).columns
        }
        return [
            table(trades), table(quotes), table(deltas), table(marks), table(indexes), table(interests),
            table(payments),
        ].compactMap { $0 }
    }

    /// Forgets rows that are stored.
    mutating func remove(_ kind: SeriesKind) {
        switch kind {
        case .trades: trades = []
        case .quotes: quotes = []
        case .bookDeltas: deltas = []
        case .markPrices: marks = []
        case .indexPrices: indexes = []
        case .openInterest: interests = []
        case .fundingRates: payments = []
        case .bars, .bookOrderEvents: break
        }
    }
}

extension BookSnapshot.Level {
    fileprivate var stored: OrderBookLevel { OrderBookLevel(price: price, quantity: quantity) }
}
