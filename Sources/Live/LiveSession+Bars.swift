// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Journal
import MarketData
public import Trading
import VenueInterface

/// Bars of the past, collected from all feeds before they are shown to the strategies in the order of time.
struct PastBars: Sendable {
    /// Of each feed, oldest first once nothing more is awaited.
    private var bars: [[Bar]]
    private var feeds: [(instrument: InstrumentID, timeframe: Timeframe)]
    /// Answers that are awaited; `nil` before they are asked for.
    private var awaited: [Int?]
    /// Ranges that the venue was just asked for and has no bars of.
    private var absent: [[Range<Timestamp>]]
    /// How many of each feed's bars `next` has given.
    private var shown: [Int]

    init(feeds: [(instrument: InstrumentID, timeframe: Timeframe)]) {
        self.feeds = feeds
        bars = feeds.map { _ in [] }
        awaited = feeds.map { _ in nil }
        absent = feeds.map { _ in [] }
        shown = feeds.map { _ in 0 }
    }

    var isComplete: Bool { awaited.allSatisfy { $0 == 0 } }

    private func index(_ instrument: InstrumentID) -> Int? { feeds.firstIndex { $0.instrument == instrument } }

    func lastOpenTime(_ instrument: InstrumentID) -> Timestamp? {
        index(instrument).flatMap { bars[$0].last?.openTime }
    }

    /// Adds bars; of those with the same time the first to come counts.
    mutating func add(_ more: [Bar], of instrument: InstrumentID) {
        if let index = index(instrument) { bars[index] += more }
    }

    /// Bars that are known already, oldest first.
    ///
    /// - Parameter isFresh: The venue was just asked for what they lack.
    mutating func begin(with known: [Bar], of instrument: InstrumentID, isFresh: Bool) {
        guard let index = index(instrument) else { return }
        bars[index] = known
        if isFresh, let first = known.first, let last = known.last { absent[index] = [first.openTime..<last.openTime] }
    }

    func isWaiting(for instrument: InstrumentID) -> Bool { index(instrument).map { awaited[$0] != 0 } ?? false }

    /// What is to be asked of the venue: what is not known of a time that is over. Each range has its answer.
    mutating func ask(_ wanted: Range<Timestamp>, of instrument: InstrumentID) -> [Range<Timestamp>] {
        guard let index = index(instrument) else { return [] }
        let ranges = missing(wanted, index)
        awaited[index] = ranges.count
        return ranges
    }

    /// A venue counts a request like a thousand bars: gaps near to each other are asked for at once.
    private static let barsOfARequest: Int64 = 1_000

    private func missing(_ wanted: Range<Timestamp>, _ index: Int) -> [Range<Timestamp>] {
        bars[index].map(\.openTime.nanoseconds).withUnsafeBufferPointer { held in
            MissingRanges.ranges(
                wanted: wanted, timeframe: feeds[index].timeframe, held: held, absent: absent[index],
                now: wanted.upperBound, joiningGapsOf: Self.barsOfARequest)
        }
    }

    /// An answer came, or will not come.
    mutating func answered(_ instrument: InstrumentID) {
        guard let index = index(instrument) else { return }
        awaited[index] = max(0, (awaited[index] ?? 0) - 1)
        guard awaited[index] == 0 else { return }
        var sorted: [Bar] = []
        sorted.reserveCapacity(bars[index].count)
        let order = bars[index].indices.sorted {
            (bars[index][$0].openTime, $0) < (bars[index][$1].openTime, $1)
        }
        for place in order where sorted.last?.openTime != bars[index][place].openTime {
            sorted.append(bars[index][place])
        }
        bars[index] = sorted
    }

    /// How many bars are missing between the first and the last of a feed that is complete.
    func gaps(_ instrument: InstrumentID) -> Int64 {
        guard let index = index(instrument), let first = bars[index].first, let last = bars[index].last else {
            return 0
        }
        let span = last.openTime.nanoseconds - first.openTime.nanoseconds
        return span / feeds[index].timeframe.nanoseconds + 1 - Int64(bars[index].count)
    }

    /// The next bars by the time of their close; once there are none left, none are kept.
    mutating func next() -> (close: Timestamp, bars: [InstrumentBar])? {
        var next: Timestamp?
        for index in feeds.indices {
            guard let close = nextClose(index) else { continue }
            next = next.map { min($0, close) } ?? close
        }
        guard let next else {
            bars = feeds.map { _ in [] }
            shown = feeds.map { _ in 0 }
            return nil
        }
        var together: [InstrumentBar] = []
        for index in feeds.indices where nextClose(index) == next {
            together.append(InstrumentBar(feeds[index].instrument, bars[index][shown[index]]))
            shown[index] += 1
        }
        return (next, together)
    }

    private func nextClose(_ index: Int) -> Timestamp? {
        guard shown[index] < bars[index].count else { return nil }
        return bars[index][shown[index]].openTime + feeds[index].timeframe.span
    }
}

extension LiveSession {
    /// The time that bars are measured in: the venues' latest, or ours with the venue's offset.
    var marketTime: Timestamp {
        var time = Timestamp.distantPast
        for venue in links.indices { time = max(time, marketTime(of: venue)) }
        return time
    }

    /// How much of an instrument's past is shown to the strategies at the start.
    public func history(of instrument: InstrumentID) -> TimeSpan {
        settings.history ?? core.engine.retention(of: instrument).lookBack
    }

    /// Bars that are known already, such as those of the data store, oldest first: only what is missing is asked of the
    /// venue. Given before the start.
    ///
    /// - Parameter fetched: When the venue was last asked for them: within the cache age of their timeframe it is not asked
    ///   again for bars that are missing between them.
    public mutating func provide(_ bars: [Bar], of instrument: InstrumentID, fetched: Timestamp? = nil) {
        guard let feed = feeds[instrument.index] else { return }
        let isFresh = fetched.map { CacheAge.isFresh(fetched: $0, now: now.wall, timeframe: feed.timeframe) } ?? false
        past.begin(with: bars, of: instrument, isFresh: isFresh)
    }

    /// Hands over the bars that the venue gave since the last time, for the data store.
    public mutating func takeUnstoredBars() -> [InstrumentBar] {
        defer { unstoredBars.removeAll() }
        return unstoredBars
    }

    // MARK: The past

    /// Asks for what is missing of the past.
    ///
    /// On a venue's own clock it must have said a time first.
    mutating func requestPast(_ venue: Int) {
        guard links[venue].isUp, !links[venue].hasAskedForPast, marketTime(of: venue) > .distantPast else { return }
        links[venue].hasAskedForPast = true
        let marketTime = marketTime(of: venue)
        for instrument in settings.venues[venue].instruments where past.isWaiting(for: instrument) {
            guard let feed = feeds[instrument.index] else { continue }
            let first = marketTime.nanoseconds.subtractingReportingOverflow(history(of: instrument).nanoseconds)
            let from =
                resumedAfter[instrument.index].map { $0 + feed.timeframe.span }
                ?? max(.epoch, first.overflow ? .epoch : Timestamp(nanoseconds: first.partialValue))
            let ranges = past.ask(min(from, marketTime)..<marketTime, of: instrument)
            guard !ranges.isEmpty else {
                pastArrived([], of: instrument)
                continue
            }
            for range in ranges {
                links[venue].connector.requestBars(
                    instrument, feed.timeframe, from: range.lowerBound, to: range.upperBound, at: now, into: &scratch)
            }
        }
    }

    func marketTime(of venue: Int) -> Timestamp {
        switch links[venue].settings.clock {
        case .wall: now.wall + links[venue].clockOffset
        case .venue: links[venue].latestTime
        }
    }

    private mutating func pastArrived(_ bars: [Bar], of instrument: InstrumentID) {
        unstoredBars += bars.map { InstrumentBar(instrument, $0) }
        past.add(bars, of: instrument)
        past.answered(instrument)
        if !past.isWaiting(for: instrument), past.gaps(instrument) > 0 {
            let symbol = core.engine.account.description.instruments[instrument.index].symbol
            log(.info, .engine, "\(symbol): \(past.gaps(instrument)) bars of the past are not to be had")
        }
        guard past.isComplete else { return }
        pastEnds = feeds.indices.map { index in
            past.lastOpenTime(InstrumentID(index: index)) ?? resumedAfter[index]
        }
        showPast()
    }

    /// Shows the strategies what was before, as far as the work that counts with it is done; then lets the present come.
    mutating func showPast() {
        guard let last = pastEnds else { return }
        while let instant = heldPast ?? past.next() {
            heldPast = instant
            guard settleBackground(upTo: instant.close) else { return }
            heldPast = nil
            if restsOnPaper {
                let closed = ClosedInstant(close: instant.close, bars: instant.bars, acts: false)
                let commands = take(.instant(closed))
                if !commands.isEmpty { send(commands) }
            } else {
                _ = take(.history(close: instant.close, instant.bars))
            }
            giveAwayWork()
            // Months of minutes need not be in memory a second time.
            if journal.uncommittedCount >= 1000, nextJournalRetry == nil { _ = commit() }
        }
        for (index, feed) in feeds.enumerated() {
            guard let feed else { continue }
            let length = feed.timeframe.nanoseconds
            let grid = marketTime.nanoseconds - marketTime.nanoseconds % length
            let next = last[index].map { $0 + feed.timeframe.span } ?? Timestamp(nanoseconds: grid)
            gate.start(InstrumentID(index: index), at: next)
        }
        pastEnds = nil
        log(.info, .engine, "the past is known")
        startIfReady()
    }

    // MARK: The present

    mutating func receive(
        _ bar: Bar, isClosed: Bool, _ timeframe: Timeframe, of instrument: InstrumentID, from venue: Int
    ) {
        market[instrument.index].last = bar.close
        if isClosed { links[venue].sawTime(bar.openTime + timeframe.span) } else { links[venue].sawTime(bar.openTime) }
        guard feeds[instrument.index]?.timeframe == timeframe else { return }
        guard isClosed else { return gate.grow(bar, of: instrument) }
        if let request = gate.add(bar, of: instrument) { ask(for: request) }
    }

    mutating func receive(_ bars: [Bar], _ timeframe: Timeframe, of instrument: InstrumentID, from venue: Int) {
        guard feeds[instrument.index]?.timeframe == timeframe else { return }
        if past.isWaiting(for: instrument) { return pastArrived(bars, of: instrument) }
        if let request = gate.fill(bars, of: instrument) { ask(for: request) }
    }

    mutating func cannotRead(_ instrument: InstrumentID, _ timeframe: Timeframe, _ reason: String, from venue: Int) {
        guard feeds[instrument.index]?.timeframe == timeframe else { return }
        log(.warning, .venue, venue, "bars that are missing cannot be read: \(reason)")
        if past.isWaiting(for: instrument) { return pastArrived([], of: instrument) }
        gate.giveUp(instrument)
    }

    mutating func ask(for request: BarGate.Request) {
        let venue = venueOf[request.instrument.index]
        guard venue >= 0 else { return gate.giveUp(request.instrument) }
        links[venue].connector.requestBars(
            request.instrument, request.timeframe, from: request.from, to: request.to, at: now, into: &scratch)
    }

    mutating func letInstantsThrough() {
        guard lifecycle.state != .starting, lifecycle.state != .stopped else { return }
        while let instant = held ?? gate.pop(marketTime: marketTime) {
            held = instant
            guard settleBackground(upTo: instant.close) else { return }
            held = nil
            close(instant)
            giveAwayWork()
        }
    }

    private mutating func close(_ instant: BarGate.Instant) {
        let lag = marketTime.nanoseconds - instant.close.nanoseconds
        let isLate = lag > settings.staleAfter.nanoseconds + settings.barGrace.nanoseconds
        // A strategy that is halted must not take its stops back for an exit that is not sent.
        let acts = !isLate && !lifecycle.isHalted
        counters.instants += 1
        unstoredBars += instant.bars.filter { !instant.unconfirmed.contains($0.instrument) }
        if isLate { counters.staleInstants += 1 }
        let commands = take(
            .instant(
                ClosedInstant(
                    close: instant.close, bars: instant.bars, funding: dueFunding(upTo: instant.close), acts: acts)))
        noteEquity()
        noteSilence(instant)
        if !commands.isEmpty { send(commands) }
    }

    /// Without bars nothing is decided in a market: somebody is to know when the venue has gone silent about one alone.
    private mutating func noteSilence(_ instant: BarGate.Instant) {
        for instrument in instant.missing {
            let state = market[instrument.index]
            guard !state.isSilent, state.time > .distantPast, venueOf[instrument.index] >= 0 else { continue }
            let silence = marketTime.nanoseconds.subtractingReportingOverflow(state.time.nanoseconds)
            guard silence.overflow || silence.partialValue > settings.staleAfter.nanoseconds else { continue }
            market[instrument.index].isSilent = true
            noteMarket(
                instrument, .warning,
                "the venue has said nothing since \(state.time): nothing is entered there until its bars are back")
        }
        for bar in instant.bars where market[bar.instrument.index].isSilent {
            market[bar.instrument.index].isSilent = false
            noteMarket(bar.instrument, .info, "its bars are back")
        }
    }

    private mutating func noteMarket(_ instrument: InstrumentID, _ level: SessionLog.Level, _ text: String) {
        let line = "\(core.engine.account.description.instruments[instrument.index].symbol): \(text)"
        record(.note(component: "market", text: line))
        log(level, .venue, venueOf[instrument.index], line)
    }

    /// Funding that falls due, at the rates that the venues show at the moment.
    private mutating func dueFunding(upTo time: Timestamp) -> [DueFunding] {
        defer { fundedUntil = time }
        guard let since = fundedUntil else { return [] }
        var due: [DueFunding] = []
        for venue in settings.venues {
            let interval = venue.fundingInterval.nanoseconds
            let first = (since.nanoseconds / interval + 1) * interval
            for moment in stride(from: first, through: time.nanoseconds, by: Int64.Stride(interval)) {
                for instrument in venue.instruments {
                    guard let rate = market[instrument.index].fundingRate, rate != .zero else { continue }
                    due.append(DueFunding(instrument, at: Timestamp(nanoseconds: moment), rate: rate.fraction))
                }
            }
        }
        return due
    }
}
