// SPDX-License-Identifier: Apache-2.0

public import Execution
public import MarketData
public import Trading

/// A venue that fills orders against bars, by the contract of Documentation/fill-model.md. Deterministic, no I/O.
///
/// It keeps its own account, from which it refuses what cannot be paid for, and says everything that happens in `reports`,
/// in order. The caller empties them.
public struct SimulatedVenue: ~Copyable {
    public let settings: SimulationSettings
    public internal(set) var account: Account
    public var reports: [VenueReport] = []
    var books: FixedBuffer<InstrumentBook>
    var trades: UInt64 = 0
    /// Spot: quote set aside for resting buy orders, by asset; margined: initial margin of working orders, by asset.
    var reserved: [Int128]
    public internal(set) var liquidations = 0

    /// - Parameters:
    ///   - details: Finer bars, by instrument, for `IntrabarPolicy.finer`.
    ///   - volumeDecimals: The scale of the bars' volumes, by instrument.
    public init(
        settings: SimulationSettings, account: Account, volumeDecimals: [Int], details: [BarSeries?]
    ) {
        self.settings = settings
        self.account = account
        let description = account.description
        books = FixedBuffer(count: description.instruments.count) { index in
            InstrumentBook(
                instrument: description.instruments[index], settings: settings, account: description,
                volumeDecimals: volumeDecimals[index], detail: details[index])
        }
        reserved = Array(repeating: 0, count: description.assets.names.count)
        reports.reserveCapacity(256)
        for index in books.indices where books[index].isMargined && description.marginMode == .cross {
            let settlement = books[index].instrument.settlement
            books[index].sharesMargin =
                books.indices.count { books[$0].isMargined && books[$0].instrument.settlement == settlement } > 1
        }
    }

    public var ambiguousBars: Int { books.indices.reduce(0) { $0 + books[$1].ambiguousBars } }

    // MARK: Commands

    /// Takes a command that was sent now; it arrives after the latency.
    @inline(__always)
    public mutating func receive(_ command: OrderCommand) {
        books[command.instrument.index].inbound.append(command)
    }

    /// Takes all the commands that were sent now, and leaves an empty buffer.
    @inline(__always)
    public mutating func receive(all commands: inout [OrderCommand]) {
        if books.count == 1, books[0].inbound.isEmpty { return swap(&books[0].inbound, &commands) }
        for index in commands.indices { receive(commands[index]) }
        commands.clear()
    }

    /// With no latency: lets commands take effect at the close they were made on.
    public mutating func settleAtClose(_ instrument: InstrumentID, at time: Timestamp) {
        let index = instrument.index
        guard !books[index].inbound.isEmpty, let price = books[index].lastPrice, books[index].lastClose == time else {
            return
        }
        if time >= books[index].nextRules { books[index].updateRules(at: time) }
        if books[index].preparedClose != time.nanoseconds {
            prepareQuantity(index, volume: books[index].lastVolume, closeTime: time.nanoseconds)
        } else if let returns = books[index].returns {
            books[index].context.volatility = returns.value
        }
        admitArrivals(index, before: .max, notBefore: time, price: price.units)
        finish(index)
    }

    // MARK: Bars

    /// Walks one bar of an instrument, from its open to its close.
    @inline(__always)
    public mutating func advance(
        _ index: Int, openTime: Int64, closeTime: Int64, open: Int64, high: Int64, low: Int64, close: Int64,
        volume: Int64
    ) {
        if books[index].isUntouched(byLow: low, high: high, close: close, closeTime: closeTime, volume: volume) {
            return
        }
        walk(
            index,
            VenueBar(
                opens: openTime, closes: closeTime, open: open, high: high, low: low, close: close, volume: volume))
    }

    @inline(never)
    private mutating func walk(_ index: Int, _ bar: VenueBar) {
        if settings.intrabar == .finer, let parts = detail(index, of: bar) {
            let before = Snapshot(venue: &self, index)
            if walk(index, bar, policy: .pessimistic, volumeDecimals: books[index].volumeDecimals) {
                before.restore(&self, index)
                books[index].ambiguousBars += 1
                for part in parts {
                    let decimals = books[index].detail?.quantityDecimals ?? 0
                    _ = walk(index, part, policy: .pessimistic, volumeDecimals: decimals)
                }
            }
        } else {
            let policy = settings.intrabar == .finer ? .pessimistic : settings.intrabar
            if walk(index, bar, policy: policy, volumeDecimals: books[index].volumeDecimals) {
                books[index].ambiguousBars += 1
            }
        }
        books[index].lastVolume = bar.volume
        if books[index].returns != nil {
            let price = books[index].instrument.approximation(of: Price(units: bar.close))
            books[index].returns?.add(price)
        }
    }

    /// One bar, coarse or fine.
    ///
    /// - Returns: Whether it was ambiguous.
    private mutating func walk(
        _ index: Int, _ bar: VenueBar, policy: IntrabarPolicy, volumeDecimals: Int
    ) -> Bool {
        let opened = Timestamp(nanoseconds: bar.opens)
        if opened >= books[index].nextRules { books[index].updateRules(at: opened) }
        books[index].prepareQuantity(
            volume: bar.volume, decimals: volumeDecimals, closeTime: bar.closes, limit: settings.volumeLimit)
        if books[index].nextExpiry <= bar.opens { expire(index, upTo: bar.opens, at: opened) }
        if !books[index].inbound.isEmpty { admitBeforeOpen(index, opened, price: bar.open) }
        if books[index].watchesEveryBar || bar.open <= books[index].watchBelow || bar.open >= books[index].watchAbove {
            if books[index].sharesMargin, settings.liquidates { updateLiquidation(index) }
            prepareBudget(index)
            books[index].meetOpen(bar.open)
            books[index].state.isDirty = true
            commit(index, at: opened)
        }
        if !books[index].inbound.isEmpty {
            admitArrivals(index, before: bar.closes, notBefore: opened, price: bar.open)
        }
        if books[index].nextExpiry < bar.closes { expire(index, upTo: bar.closes - 1, at: opened) }
        if books[index].state.isDirty || books[index].sharesMargin { finishOne(index) }
        var isAmbiguous = false
        if books[index].watchesEveryBar || bar.low <= books[index].watchBelow || bar.high >= books[index].watchAbove {
            prepareBudget(index)
            isAmbiguous = resolve(index, bar, policy)
            books[index].state.isDirty = true
        }
        books[index].lastPrice = Price(units: bar.close)
        books[index].lastClose = Timestamp(nanoseconds: bar.closes)
        finish(index)
        return isAmbiguous
    }

    /// Tries both paths and keeps the one that the policy asks for.
    ///
    /// - Returns: Whether they ended differently.
    private mutating func resolve(_ index: Int, _ bar: VenueBar, _ policy: IntrabarPolicy) -> Bool {
        let closed = Timestamp(nanoseconds: bar.closes)
        let (up, down) = (bar.high - bar.open, bar.open - bar.low)
        let adaptive = up != down ? up < down : bar.close < bar.open
        guard books[index].pathMatters(low: bar.low, high: bar.high) else {
            books[index].walk(
                from: bar.open, adaptive ? bar.high : bar.low, adaptive ? bar.low : bar.high, to: bar.close)
            commit(index, at: closed)
            return false
        }
        let tried = books[index].tryBoth(open: bar.open, high: bar.high, low: bar.low, close: bar.close)
        let keepsHighFirst: Bool
        switch policy {
        case .adaptive: keepsHighFirst = adaptive
        case .pessimistic, .finer: keepsHighFirst = tried.advantage == 0 ? adaptive : tried.advantage < 0
        case .optimistic: keepsHighFirst = tried.advantage == 0 ? adaptive : tried.advantage > 0
        }
        books[index].keep(highFirst: keepsHighFirst)
        commit(index, at: closed)
        return tried.isAmbiguous
    }

    /// The finer bars that cover a bar, where all of them are there and the bar could be ambiguous.
    private mutating func detail(_ index: Int, of bar: VenueBar) -> [VenueBar]? {
        guard let detail = books[index].detail, !books[index].state.orders.isEmpty || !books[index].inbound.isEmpty
        else { return nil }
        let columns = detail.columns
        defer { withExtendedLifetime(detail) {} }
        var first = books[index].detailIndex
        while first < columns.count, columns.openTime[first] < bar.opens { first += 1 }
        books[index].detailIndex = first
        let length = detail.timeframe.nanoseconds
        let expected = Int((bar.closes - bar.opens) / length)
        guard expected > 0, first + expected <= columns.count, columns.openTime[first] == bar.opens,
            columns.openTime[first + expected - 1] == bar.closes - length
        else { return nil }
        return (first..<first + expected).map { position in
            VenueBar(
                opens: columns.openTime[position], closes: columns.openTime[position] + length,
                open: columns.open[position], high: columns.high[position], low: columns.low[position],
                close: columns.close[position], volume: columns.volume[position])
        }
    }

    private mutating func prepareQuantity(_ index: Int, volume: Int64, closeTime: Int64) {
        let decimals = books[index].volumeDecimals
        books[index].prepareQuantity(
            volume: volume, decimals: decimals, closeTime: closeTime, limit: settings.volumeLimit)
    }

    mutating func prepareBudget(_ index: Int) {
        guard books[index].context.isPaidInFull else { return }
        books[index].state.budget = account.balance(books[index].spendAsset).units
        books[index].state.stock = stock(index)
    }

    /// What of the base asset there is to sell, in quantity units.
    mutating func stock(_ index: Int) -> Int64 {
        Int64(clamping: account.balance(books[index].base).units / books[index].baseUnit)
    }

    mutating func expire(_ index: Int, upTo time: Int64, at reportTime: Timestamp) {
        for order in books[index].state.orders.indices
        where books[index].state.orders[order].isLive && books[index].state.orders[order].expires <= time {
            books[index].state.cancel(order, .expired)
        }
        commit(index, at: reportTime)
    }

    // MARK: Between bars

    /// Works out what matters next in this instrument, and in those that share its margin.
    mutating func finish(_ index: Int) {
        if books[index].sharesMargin {
            refreshBands(index)
        } else if books[index].state.isDirty {
            finishOne(index)
        }
    }

    private mutating func finishOne(_ index: Int) {
        if books[index].isMargined, settings.liquidates { updateLiquidation(index) }
        books[index].tidy()
    }
}

/// One bar, in the instrument's units and nanoseconds.
struct VenueBar: BitwiseCopyable {
    let opens: Int64
    let closes: Int64
    let open: Int64
    let high: Int64
    let low: Int64
    let close: Int64
    let volume: Int64
}

/// What walking a bar may change, so that the bar can be walked again in finer steps.
private struct Snapshot {
    let book: InstrumentBook
    let account: Account
    let reserved: [Int128]
    let reports: Int
    let trades: UInt64
    let liquidations: Int

    init(venue: inout SimulatedVenue, _ index: Int) {
        book = venue.books[index]
        account = venue.account
        reserved = venue.reserved
        reports = venue.reports.count
        trades = venue.trades
        liquidations = venue.liquidations
    }

    func restore(_ venue: inout SimulatedVenue, _ index: Int) {
        venue.books[index] = book
        venue.account = account
        venue.reserved = reserved
        venue.reports.removeSubrange(reports...)
        venue.trades = trades
        venue.liquidations = liquidations
    }
}
