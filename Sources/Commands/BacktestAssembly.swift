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

    let configuration: ApusConfiguration
    private let registry: StrategyRegistry
    private let console: Console
    private(set) var markets: [Market] = []
    private(set) var assets = AssetTable(names: [])
    private(set) var warnings: [String] = []

    init(_ configuration: ApusConfiguration, _ console: Console) throws(CommandFailure) {
        self.configuration = configuration
        self.console = console
        registry = console.strategies
        let resolved = configuration.markets
        guard !resolved.isEmpty else { throw .failed(BacktestError.noStrategies) }
        var names = configuration.account.balances.map(\.asset)
        names += configuration.account.conversionRates.map(\.asset)
        names.append(configuration.account.baseCurrency)
        for market in resolved {
            let settings = configuration.instrument(of: market)
            names.append(settings.base ?? market.base)
            names.append(settings.quote ?? market.quote)
            names.append(settings.settlement ?? market.settlement)
        }
        assets = AssetTable(names: names)
        for (index, market) in resolved.enumerated() {
            markets.append(try load(market, InstrumentID(index: index)))
        }
        console.endProgress()
        try judgeLeverage()
        for source in unusedSources {
            warnings.append("data.sources.\(source): no enabled strategy trades it, so it was not read.")
        }
    }

    /// Sources with a file that no market takes its bars from.
    private var unusedSources: [String] {
        let used = configuration.markets.compactMap { configuration.source(of: $0)?.symbol }
        return configuration.data.sources.filter { $0.file != nil && !used.contains($0.symbol) }.map(\.symbol)
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

    /// Which stored series a market means: of its venue where there is one, in the strategy's timeframe or the longest
    /// shorter one that it can be built from.
    private func stored(
        _ market: ResolvedMarket, _ source: SourceSettings?, in store: DataStore
    ) throws(StoreError) -> (String, String, Timeframe) {
        let wanted = configuration.strategies.filter { $0.isEnabled && $0.markets.contains(market) }.map(\.timeframe)
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
        guard let key = usable.first, let timeframe = key.timeframe else {
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
        guard let file = source?.fundingFile else { return [] }
        var payments: [DatedFunding] = []
        do throws(ImportError) {
            if let rates = RecordSeries<FundingRate>(try RecordImporter.read(path: file, kind: .fundingRates).rows) {
                // Venues stamp payments some milliseconds late; they are due on the whole minute.
                payments = (0..<rates.count).map { index in
                    let due = rates[index].roundedToPeriod(.minutes(1))
                    return DatedFunding(time: due.time, rate: due.fraction)
                }
            }
        } catch { throw .failed(error) }
        guard let first = series.firstOpenTime, let last = series.lastOpenTime else { return [] }
        let end = last + series.timeframe.span
        payments.removeAll { $0.time < first || $0.time > end }
        judgeFunding(payments, from: first, to: end, market, file)
        return payments
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

    /// - Parameter intrabar: In place of the configured policy, for the range in the report.
    func input(intrabar: Simulation.IntrabarPolicy? = nil) throws(CommandFailure) -> BacktestInput {
        var specifications: [StrategySpecification] = []
        for settings in configuration.strategies where settings.isEnabled {
            for market in settings.markets {
                guard let place = markets.firstIndex(where: { $0.resolved == market }) else { continue }
                specifications.append(try specification(settings, markets[place]))
            }
        }
        let account = try accountDescription(specifications)
        var deposits = [Amount](repeating: .zero, count: assets.names.count)
        for balance in configuration.account.balances {
            if let id = assets.id(named: balance.asset) { deposits[id.index] = balance.amount }
        }
        var simulation = try simulationSettings()
        if let intrabar { simulation.intrabar = intrabar }
        return BacktestInput(
            account: account, deposits: deposits, feeds: markets.map(\.series), details: markets.map(\.detail),
            funding: markets.map(\.funding), strategies: specifications, simulation: simulation)
    }

    private func specification(
        _ settings: StrategySettings, _ market: Market
    ) throws(CommandFailure) -> StrategySpecification {
        do {
            let definition = try registry.definition(named: settings.type)
            let parameters = try StrategyParameters(
                settings.parameters.mapValues(\.parameterValue), for: definition,
                preset: StrategyPreset(rawValue: settings.preset.rawValue))
            return StrategySpecification(
                name: settings.markets.count > 1 ? "\(settings.key) \(market.resolved.written)" : settings.key,
                strategy: try CrashReport.naming(settings.key) {
                    try registry.make(settings.type, parameters: parameters)
                },
                instrument: market.instrument.id, timeframe: settings.timeframe,
                plan: try plan(settings, market.instrument))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("strategies.\(settings.key): \(error)")
        }
    }

    private func plan(_ settings: StrategySettings, _ instrument: Instrument) throws(CommandFailure) -> TradePlan {
        let risk = settings.risk
        let sizing: TradePlan.Sizing
        switch risk.size {
        case .notional(let amount): sizing = .notional(amount)
        case .margin(let amount):
            let one = Amount(whole: 1).units
            guard let product = amount.units.multiplied(by: risk.leverage.units, dividedBy: one) else {
                throw .failed("strategies.\(settings.key).risk_parameters: the size is too large.")
            }
            sizing = .notional(Amount(units: product))
        case .quantity(let amount):
            sizing = .quantity(
                Quantity(units: try units(amount, instrument.quantityDecimals, "quantity", instrument.symbol)))
        case nil:
            throw .failed(
                "strategies.\(settings.key).risk_parameters: say how much to trade with max_position_size or quantity.")
        }
        if settings.capital != nil {
            var isInverse = false
            if case .inversePerpetual = instrument.kind { isInverse = true }
            guard !isInverse, assets.name(of: instrument.settlement) == configuration.account.baseCurrency else {
                throw .failed(
                    "strategies.\(settings.key).capital is in \(configuration.account.baseCurrency), but "
                        + "\(instrument.symbol) settles in \(assets.name(of: instrument.settlement)). Leave capital out and "
                        + "limit the size with max_position_size.")
            }
        }
        let isSpot = instrument.kind == .spot
        return TradePlan(
            sizing: sizing, stopLoss: risk.stopLoss, takeProfit: risk.takeProfit, trailingStop: risk.trailingStop,
            belowMinimum: configuration.simulation.belowMinimum == .roundUp ? .roundUp : .reject,
            allowsShort: !isSpot || configuration.account.allowsBorrowing, leverage: leverage(of: settings),
            capital: settings.capital.map { Amount(units: $0.units / Int128(max(1, settings.markets.count))) })
    }

    private func leverage(of settings: StrategySettings) -> Int64 {
        max(1, Int64(clamping: settings.risk.leverage.units / Amount(whole: 1).units))
    }

    private func accountDescription(_ specifications: [StrategySpecification]) throws(CommandFailure)
        -> AccountDescription
    {
        let settings = configuration.account
        guard let base = assets.id(named: settings.baseCurrency) else {
            preconditionFailure("the base currency was put into the table of assets")
        }
        let leverage = markets.indices.map { index in
            specifications.filter { $0.instrument.index == index }.map(\.plan.leverage).max() ?? 1
        }
        return AccountDescription(
            assets: assets, instruments: markets.map(\.instrument), baseCurrency: base,
            valuations: valuations(in: base),
            positionMode: settings.positionMode == .hedging ? .hedging : .netting,
            marginMode: settings.marginMode == .isolated ? .isolated : .cross,
            allowsBorrowing: settings.allowsBorrowing, strategyCount: specifications.count, leverage: leverage)
    }

    /// Where each asset's value is known from: a stated rate, a market with the base currency, or a market with an asset
    /// whose value is known, over as few markets as possible.
    private func valuations(in base: AssetID) -> [AssetValuation] {
        var valuations = assets.names.map { name -> AssetValuation in
            let rates = configuration.account.conversionRates.filter { $0.asset == name }
            return rates.isEmpty ? .unknown : .rates(rates.map { DatedRate(from: $0.from, rate: $0.rate) })
        }
        valuations[base.index] = .base
        let pricing = markets.map(\.instrument).filter { $0.kind.pricesItsBase }
            .enumerated().sorted {
                ($0.element.kind == .spot ? 0 : 1, $0.offset) < ($1.element.kind == .spot ? 0 : 1, $1.offset)
            }
            .map(\.element)
        var isKnown = valuations.map { $0 != .unknown }
        var foundAny = true
        while foundAny {
            foundAny = false
            for index in valuations.indices where !isKnown[index] {
                let asset = AssetID(index: index)
                if let market = pricing.first(where: { $0.base == asset && $0.quote == base }) {
                    valuations[index] = .multiplied(by: market.id)
                } else if let market = pricing.first(where: { $0.quote == asset && $0.base == base }) {
                    valuations[index] = .divided(by: market.id)
                } else if let market = pricing.first(where: { $0.base == asset && isKnown[$0.quote.index] }) {
                    valuations[index] = .multiplied(by: market.id)
                } else if let market = pricing.first(where: { $0.quote == asset && isKnown[$0.base.index] }) {
                    valuations[index] = .divided(by: market.id)
                }
                if valuations[index] != .unknown { foundAny = true }
            }
            isKnown = valuations.map { $0 != .unknown }
        }
        return valuations
    }

    // MARK: Leverage

    /// A venue has one whole leverage per market, and a highest one: what differs is said, what cannot be is refused.
    private mutating func judgeLeverage() throws(CommandFailure) {
        for market in markets {
            let users = configuration.strategies.filter { $0.isEnabled && $0.markets.contains(market.resolved) }
            let symbol = market.resolved.written
            guard market.instrument.kind.isMargined else { continue }
            let levels = Set(users.map { leverage(of: $0) }).sorted()
            if levels.count > 1, let highest = levels.last {
                warnings.append(
                    "\(symbol) is traded with leverage \(levels.map(String.init).joined(separator: " and ")), but a market has "
                        + "one: margin is counted with \(highest). Sizes stay as configured.")
            }
            for user in users {
                let exact = Amount(whole: leverage(of: user))
                if user.risk.leverage != exact {
                    warnings.append(
                        "strategies.\(user.key).risk_parameters.leverage: margin is counted with \(exact) in place of "
                            + "\(user.risk.leverage), because venues take whole numbers.")
                }
                let tier = market.instrument.marginTier(forNotional: .zero)
                guard leverage(of: user) > tier.maximumLeverage else { continue }
                let origin =
                    market.instrument.marginTiers.isEmpty
                    ? "what is assumed where instruments.\(symbol).margin_tiers is not given"
                    : "the highest of instruments.\(symbol).margin_tiers"
                throw .failed(
                    "strategies.\(user.key).risk_parameters.leverage is \(user.risk.leverage), above \(tier.maximumLeverage), "
                        + "\(origin). Lower it, or describe the venue's tiers.")
            }
        }
    }

    private func simulationSettings() throws(CommandFailure) -> Simulation.SimulationSettings {
        let given = configuration.simulation
        var settings = Simulation.SimulationSettings()
        settings.latency = given.latency
        switch given.intrabar {
        case .pessimistic: settings.intrabar = .pessimistic
        case .adaptive: settings.intrabar = .adaptive
        case .finer: settings.intrabar = .finer
        case .optimistic: settings.intrabar = .optimistic
        }
        settings.volumeLimit = given.volumeLimit
        settings.fillsLimitsOnTouch = given.limitTouch == .fill
        switch given.slippage {
        case .none: settings.slippage = .none
        case .ticks(let count):
            settings.slippage = .ticks(count)
        case .share(let share): settings.slippage = .constant(distance: .zero, share: share)
        case .volumeShare(let impact): settings.slippage = .volumeShare(impact: impact.approximation)
        case .squareRoot(let impact, let window):
            settings.slippage = .squareRoot(impact: impact.approximation, window: window)
        }
        settings.chargesFunding = given.chargesFunding
        settings.liquidates = given.liquidates
        return settings
    }
}

extension SourceSettings {
    var importStamp: BarStamp? { stamp.map { $0 == .open ? .open : .close } }
}

extension InstrumentKind {
    /// Whether its price is what one unit of the base asset is worth in the quote.
    fileprivate var pricesItsBase: Bool {
        switch self {
        case .spot, .linearPerpetual, .inversePerpetual: true
        case .future, .option: false
        }
    }
}
