// SPDX-License-Identifier: Apache-2.0

import Configuration
import DataStore
import Hyperliquid
import Live
import MarketData
import Trading

/// The data store on behalf of a session: what is there is not asked of the venue again, and what the venue gave is kept.
///
/// Venues with a clock of their own are simulated: they neither read nor write it.
struct SessionStore: Sendable {
    struct Series: Sendable {
        let key: SeriesKey
        let instrument: Instrument
        let timeframe: Timeframe
    }

    private let path: String
    /// By instrument; `nil` for those that are not stored.
    private let series: [Series?]
    /// What is kept besides bars.
    let kinds: StreamKinds

    init(path: String, _ series: [Series?], _ kinds: StreamKinds) {
        self.path = path
        self.series = series
        self.kinds = kinds
    }

    init(_ assembly: TradeAssembly) {
        var series: [Series?] = assembly.instruments.map { _ in nil }
        for venue in assembly.venues where venue.settings.clock == .wall {
            for (instrument, market) in zip(venue.instruments, venue.markets) {
                // Another network, or an address of its own, has other bars: it is kept under the venue's own name.
                let isMain = venue.settings.network == .mainnet && !venue.settings.address.isThisMachine
                guard
                    let key = try? SeriesKey(
                        venue: isMain ? venue.settings.type.rawValue : venue.settings.name,
                        symbol: market.ownName,
                        kind: .bars, timeframe: venue.settings.candles)
                else { continue }
                series[instrument.index] = Series(
                    key: key, instrument: assembly.instruments[instrument.index], timeframe: venue.settings.candles)
            }
        }
        let kinds = series.contains { $0 != nil } ? assembly.configuration.live.store.kinds : []
        self.init(path: assembly.configuration.data.store, series, kinds)
    }

    /// Gives a session the bars of its past that are stored.
    ///
    /// - Returns: How many there were; a series that cannot be read counts as not there.
    func provide(to session: inout LiveSession, at now: Timestamp) -> Int {
        guard let store = try? DataStore(path: path) else { return 0 }
        var count = 0
        for case let entry? in series where store.contains(entry.key) {
            guard
                let stored = try? store.bars(
                    venue: entry.key.venue, symbol: entry.key.symbol, timeframe: entry.timeframe),
                let bars = try? stored.slice(from: now - session.history(of: entry.instrument.id), to: nil).rescaled(
                    priceDecimals: entry.instrument.priceDecimals,
                    quantityDecimals: entry.instrument.quantityDecimals
                ).bars
            else { continue }
            session.provide(bars, of: entry.instrument.id, fetched: store.writeTime(of: entry.key))
            count += bars.count
        }
        return count
    }

    /// Keeps bars that a venue gave. Stored ones stay as they are.
    func keep(_ bars: [InstrumentBar]) throws(StoreError) {
        guard bars.contains(where: { series[$0.instrument.index] != nil }) else { return }
        let writer = try DataStore(path: path, create: true).writer()
        for case let entry? in series {
            var own: [Bar] = []
            for bar in bars where bar.instrument == entry.instrument.id {
                if own.last.map({ $0.openTime < bar.bar.openTime }) ?? true { own.append(bar.bar) }
            }
            guard
                !own.isEmpty,
                let added = try? BarSeries(
                    own, timeframe: entry.timeframe, priceDecimals: entry.instrument.priceDecimals,
                    quantityDecimals: entry.instrument.quantityDecimals)
            else { continue }
            _ = try writer.merge(added, into: entry.key, conflicts: .keep)
        }
    }

    // MARK: Streams

    /// By instrument; `nil` for those that are not stored.
    func emptyRows() -> [StreamRows?] {
        series.map { entry in entry.map { StreamRows($0.instrument, kinds) } }
    }

    /// Lets rows go on where the stored ones end.
    func resume(_ rows: inout StreamRows?) {
        guard let entry = rows.flatMap({ series[$0.instrument.id.index] }), let store = try? DataStore(path: path)
        else {
            return
        }
        for kind in rows?.storedKinds ?? [] {
            // A series that cannot be read is not lost on us: writing to it says what is wrong with it.
            guard let key = try? entry.key.of(kind), let last = store.lastPart(of: key) else { continue }
            rows?.resume(after: last)
        }
    }

    /// Writes rows and forgets those that are written, and those of a series that cannot be written any more: one that is
    /// damaged holds nothing else up.
    func keep(_ streams: inout [StreamRows?]) throws(StoreError) {
        guard streams.contains(where: { $0.map { $0.count > 0 } ?? false }) else { return }
        let writer = try DataStore(path: path, create: true).writer()
        var failure: StoreError?
        for index in streams.indices {
            guard let rows = streams[index], let entry = series[index] else { continue }
            for table in rows.tables {
                do throws(StoreError) {
                    try writer.collect(table, into: try entry.key.of(table.kind))
                    streams[index]?.remove(table.kind)
                } catch {
                    failure = failure ?? error
                    if !error.passes { streams[index]?.remove(table.kind) }
                }
            }
        }
        if let failure { throw failure }
    }
}

extension SeriesKey {
    /// Another kind of the same market.
    fileprivate func of(_ kind: SeriesKind) throws(StoreError) -> SeriesKey {
        try SeriesKey(venue: venue, symbol: symbol, kind: kind)
    }
}

extension [LiveSettings.Stream] {
    fileprivate var kinds: StreamKinds {
        reduce(into: []) { kinds, stream in
            switch stream {
            case .trades: kinds.insert(.trades)
            case .quotes: kinds.insert(.quotes)
            case .books: kinds.insert(.books)
            case .funding: kinds.insert(.funding)
            case .contexts: kinds.insert(.contexts)
            }
        }
    }
}
