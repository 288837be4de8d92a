// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import DataStore
import Engine
import MarketData
import Simulation
import Strategies
import Trading

/// What a configuration becomes before it runs: markets with their bars, an account, strategies.
struct BacktestAssembly {
    /// One instrument with where its data came from.
    struct Market {
        let resolved: ResolvedMarket
        let instrument: Instrument
        let series: BarSeries
        let check: CheckReport
        let funding: [DatedFunding]
        let detail: BarSeries?
        let origin: String
    }

    private(set) var configuration: ApusConfiguration
    private let console: Console
    private(set) var markets: [Market] = []
    private(set) var trading: TradingAssembly
    private(set) var external: [ExternalFeed] = []
    private(set) var warnings: [String] = []

    init(_ configuration: ApusConfiguration, _ console: Console) throws(CommandFailure) {
        self.configuration = configuration
        self.console = console
        trading = try TradingAssembly(configuration, console.strategies)
        for (index, market) in configuration.markets.enumerated() {
            let loaded = try load(market, InstrumentID(index: index))
            markets.append(loaded)
            trading.add(market, loaded.instrument)
        }
        console.endProgress()
        for settings in configuration.external { external.append(try load(settings)) }
        warnings += try trading.judgeLeverage()
        for source in unusedSources {
            warnings.append("data.sources.\(source): no enabled strategy trades it, so it was not read.")
        }
    }

    /// Sources with a file that no market takes its bars from.
    private var unusedSources: [String] {
        let used = configuration.markets.compactMap { configuration.source(of: $0)?.symbol }
        return configuration.data.sources.filter { $0.file != nil && !used.contains($0.symbol) }.map(\.symbol)
    }

    private mutating func load(_ settings: ExternalSettings) throws(CommandFailure) -> ExternalFeed {
        guard let file = settings.file else { throw .failed(settings.lackOfHistory) }
        let found: ExternalImport
        do throws(ImportError) { found = try settings.read(file) } catch {
            throw .failed("external.\(settings.name): \(error)")
        }
        warnings += settings.warnings(found, in: file)
        let end = markets.compactMap { market in market.series.lastOpenTime.map { $0 + market.series.timeframe.span } }
            .max()
        if let end, found.series.observation(at: end) == nil {
            warnings.append(
                "external.\(settings.name): \(file) has no value that was known by \(end), when the bars end: it "
                    + "reads as unknown throughout.")
        }
        return settings.feed(found.series)
    }

    // MARK: Markets

    private mutating func load(_ market: ResolvedMarket, _ id: InstrumentID) throws(CommandFailure) -> Market {
        let source = configuration.source(of: market)
        var (series, origin) = try bars(of: market, source)
        let data = configuration.data
        if data.from != nil || data.to != nil {
            let whole = series
            series = series.slice(from: data.from, to: data.to)
            if series.count == 0, let first = whole.firstOpenTime, let last = whole.lastOpenTime {
                throw .failed(
                    "\(market.written): no bars between \(data.from.map { "\($0)" } ?? "the start") and "
                        + "\(data.to.map { "\($0)" } ?? "the end"). \(origin) has bars from \(first) to \(last). Change "
                        + "data.from and data.to (--from, --to).")
            }
        }
        guard series.count > 0 else { throw .failed("\(market.written): there are no bars in \(origin).") }
        let check = SeriesCheck.report(on: series)
        let settings = configuration.instrument(of: market)
        try judgeGaps(check, market)
        let instrument = try describe(market, settings, series, id)
        if instrument.priceDecimals != series.priceDecimals {
            series = try rescaled(series, to: instrument.priceDecimals, market)
        }
        var detail: BarSeries?
        if let finer = source?.detail {
            guard finer.timeframe < series.timeframe, series.timeframe.isMultiple(of: finer.timeframe) else {
                throw .failed(
                    "\(market.written): the finer bars (data.sources.\(market.written).detail) are \(finer.timeframe), of "
                        + "which the \(series.timeframe) bars are not made. Name a file of shorter bars.")
            }
            let read = try read(finer.file, market, timeframe: finer.timeframe, stamp: source?.importStamp)
            detail =
                read.priceDecimals == instrument.priceDecimals
                ? read : try rescaled(read, to: instrument.priceDecimals, market)
        }
        let funding = try funding(of: market, source, during: series)
        return Market(
            resolved: market, instrument: instrument, series: series, check: check, funding: funding, detail: detail,
            origin: origin)
    }

    private mutating func bars(
        of market: ResolvedMarket, _ source: SourceSettings?
    ) throws(CommandFailure) -> (BarSeries, String) {
        if let file = source?.file {
            let rivals = configuration.data.sources.filter {
                $0.file != nil && $0.venue == source?.venue && market.isNamed($0.symbol)
            }
            guard rivals.count < 2 else {
                throw .failed(
                    "\(market.written) has two files: "
                        + rivals.map { "\($0.file ?? "") as \($0.symbol)" }.joined(separator: ", ")
                        + ". Both names mean the same market; leave one out.")
            }
            return (try read(file, market, timeframe: source?.timeframe, stamp: source?.importStamp), file)
        }
        do throws(StoreError) {
            let store = try DataStore(path: configuration.data.store)
            let (venue, symbol, timeframe) = try stored(market, source, in: store)
            return (
                try store.bars(venue: venue, symbol: symbol, timeframe: timeframe),
                "\(venue) \(symbol) \(timeframe) in \(configuration.data.store)"
            )
        } catch {
            let others = unusedSources
            let hint =
                others.isEmpty
                ? "" : " There is a file for \(others.joined(separator: ", ")), which no enabled strategy trades."
            throw .failed(
                "\(market.written): \(error)\(hint)\nName a file under data.sources.\(market.written).file or with "
                    + "--bars \(market.written)=FILE, or import one: apus data import FILE --symbol \(market.written).")
        }
    }

    /// Which stored series a market means: of its venue where there is one, the longest that everything can be built from
    /// that the strategies want to see, or, where that is too much, their own bars.
    private func stored(
        _ market: ResolvedMarket, _ source: SourceSettings?, in store: DataStore
    ) throws(StoreError) -> (String, String, Timeframe) {
        let wanted = configuration.strategies
            .filter { $0.isEnabled && $0.needed.contains { $0.market == market } }.map(\.timeframe)
        let found = store.list().compactMap { try? $0.get().key }.filter { key in
            key.kind == .bars && (key.symbol == market.written || key.symbol == market.symbol)
                && (source?.venue.map { key.venue == $0 } ?? true)
                && (source?.timeframe.map { key.timeframe == $0 } ?? true)
        }
        let venues = Set(found.map(\.venue)).sorted()
        let venue = source?.venue ?? (venues.contains(market.exchange) ? market.exchange : venues.first)
        if venues.count > 1, source?.venue == nil, !venues.contains(market.exchange) {
            throw StoreError(
                .noSuchSeries, path: store.path,
                problem: "\(market.written) is stored for several venues (\(venues.joined(separator: ", ")))",
                advice: "Choose one under data.sources.\(market.written).venue.")
        }
        let usable = found.filter { $0.venue == venue }
            .filter { key in wanted.allSatisfy { $0.isMultiple(of: key.timeframe ?? $0) } }
            .sorted { ($0.timeframe ?? .oneDay) > ($1.timeframe ?? .oneDay) }
        let needs = trading.barNeeds(in: market)
        let best = usable.first { key in needs.allSatisfy { $0.isServed(by: key.timeframe ?? .oneDay) } }
        guard let key = best ?? usable.first, let timeframe = key.timeframe else {
            let needed = wanted.map(\.description).joined(separator: ", ")
            throw StoreError(
                .noSuchSeries, path: store.path,
                problem: "there are no bars of \(market.written) that \(needed) bars can be built from",
                advice: "`apus data list` shows what there is.")
        }
        return (key.venue, key.symbol, timeframe)
    }

    private mutating func read(
        _ file: String, _ market: ResolvedMarket, timeframe: Timeframe?, stamp: BarStamp?
    ) throws(CommandFailure) -> BarSeries {
        let (console, began) = (console, ContinuousClock.now)
        let options = ImportOptions(timeframe: timeframe, stamp: stamp) { state in
            if state.totalBytes > 0 {
                console.showProgress(
                    "Reading \(market.written)", Double(state.bytes) / Double(state.totalBytes), since: began)
            }
            return !console.isInterrupted()
        }
        do throws(ImportError) {
            let imported = try BarImporter.read(path: file, options: options)
            let report = imported.report
            if report.repairCount > 0, let first = report.repairs.first {
                warnings.append(
                    "\(market.written): \(file): \(counted(Int64(report.repairCount), "row")) repaired, the first: \(first)."
                )
            }
            warnings += report.notes.map { "\(market.written): \(file): \($0)" }
            return imported.series
        } catch {
            console.endProgress()
            switch error.kind {
            case .cancelled: throw BacktestCommand.interrupted
            case .stampUndeclared:
                throw .failed(
                    "\(file): \(error.problem). Say which with data.sources.\(market.written).stamp: open (or close), or "
                        + "--set data.sources.\(market.written).stamp=open.")
            default: throw .failed(error)
            }
        }
    }

    private mutating func funding(
        of market: ResolvedMarket, _ source: SourceSettings?, during series: BarSeries
    ) throws(CommandFailure) -> [DatedFunding] {
        guard let (rates, file) = try fundingRates(of: market, source) else { return [] }
        // Venues stamp payments some milliseconds late; they are due on the whole minute.
        var payments = (0..<rates.count).map { index in
            let due = rates[index].roundedToPeriod(.minutes(1))
            return DatedFunding(time: due.time, rate: due.fraction)
        }
        guard let first = series.firstOpenTime, let last = series.lastOpenTime else { return [] }
        let end = last + series.timeframe.span
        payments.removeAll { $0.time < first || $0.time > end }
        judgeFunding(payments, from: first, to: end, market, file)
        return payments
    }

    /// Those of the file that is named, or else those that are stored beside the bars.
    private func fundingRates(
        of market: ResolvedMarket, _ source: SourceSettings?
    ) throws(CommandFailure) -> (RecordSeries<FundingRate>, origin: String)? {
        if let file = source?.fundingFile {
            do throws(ImportError) {
                let rows = try RecordImporter.read(path: file, kind: .fundingRates).rows
                return RecordSeries<FundingRate>(rows).map { ($0, file) }
            } catch { throw .failed(error) }
        }
        guard source?.file == nil else { return nil }
        do throws(StoreError) {
            let store = try DataStore(path: configuration.data.store)
            let (venue, symbol, _) = try stored(market, source, in: store)
            let key = try SeriesKey(venue: venue, symbol: symbol, kind: .fundingRates)
            guard store.contains(key) else { return nil }
            return RecordSeries<FundingRate>(try store.series(key)).map { ($0, "\(key) in \(store.path)") }
        } catch { throw .failed(error) }
    }

    /// Says where the rates do not cover the bars: there nothing is charged.
    private mutating func judgeFunding(
        _ payments: [DatedFunding], from: Timestamp, to: Timestamp, _ market: ResolvedMarket, _ file: String
    ) {
        guard let first = payments.first?.time, let last = payments.last?.time else {
            warnings.append(
                "\(market.written): \(file) has no funding rates between \(from) and \(to): none is charged.")
            return
        }
        let steps = zip(payments, payments.dropFirst()).map { $1.time.nanoseconds - $0.time.nanoseconds }.sorted()
        guard let step = steps.isEmpty ? nil : steps[steps.count / 2], step > 0 else { return }
        let holes = steps.reduce(0) { $0 + max(0, Int(($1 + step / 2) / step) - 1) }
        var places: [String] = []
        if first.nanoseconds - from.nanoseconds > step { places.append("before \(first)") }
        if holes > 0 { places.append("\(holes) times in between") }
        if to.nanoseconds - last.nanoseconds > step { places.append("after \(last)") }
        guard !places.isEmpty else { return }
        warnings.append(
            "\(market.written): \(file) has no funding rates \(places.joined(separator: ", ")): none is charged there.")
    }

    private mutating func judgeGaps(_ check: CheckReport, _ market: ResolvedMarket) throws(CommandFailure) {
        guard check.missingBars > 0 else { return }
        let limit = configuration.data.maximumMissingShare.fraction
        let share = "\((check.missingShare * 10_000).rounded() / 100) %"
        let first = check.gaps.first.map { ", the first from \($0.start)" } ?? ""
        let text =
            "\(market.written): \(counted(check.missingBars, "bar")) missing in "
            + "\(counted(Int64(check.gaps.count), "gap")) (\(share))\(first)."
        if check.missingShare > limit, !configuration.data.overridesGaps {
            throw .failed(
                "\(text) That is more than data.maximum_missing_share allows. Fill the gaps, or set "
                    + "data.override_gaps: true to run all the same.")
        }
        warnings.append(text + " Nothing was filled in: orders wait for the next bar.")
    }

    private func rescaled(
        _ series: BarSeries, to decimals: Int, _ market: ResolvedMarket
    ) throws(CommandFailure) -> BarSeries {
        do throws(BarSeriesError) {
            return try series.rescaled(priceDecimals: decimals, quantityDecimals: series.quantityDecimals)
        } catch {
            throw .failed("\(market.written): instruments.\(market.written).price_decimals: \(error)")
        }
    }

    // MARK: The run's input

    /// The same markets and bars under a configuration that differs in what strategies do, not in what they trade.
    func with(_ other: ApusConfiguration) throws(CommandFailure) -> BacktestAssembly {
        var copy = self
        copy.configuration = other
        copy.trading = try trading.with(other)
        return copy
    }

    /// - Parameter intrabar: In place of the configured policy, for the range in the report.
    func input(intrabar: Simulation.IntrabarPolicy? = nil) throws(CommandFailure) -> BacktestInput {
        let specifications = try trading.specifications()
        let account = trading.accountDescription(specifications)
        var simulation = trading.simulationSettings()
        if let intrabar { simulation.intrabar = intrabar }
        var input = BacktestInput(
            account: account, deposits: trading.deposits(), feeds: markets.map(\.series),
            details: markets.map(\.detail), funding: markets.map(\.funding), strategies: specifications,
            simulation: simulation)
        input.supervision = trading.supervision()
        input.external = external
        return input
    }
}

extension SourceSettings {
    var importStamp: BarStamp? { stamp.map { $0 == .open ? .open : .close } }
}
