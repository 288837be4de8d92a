// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import Engine
import MarketData
import Portfolio
import Risk
import Simulation
import Strategies
import Supervision
import Trading

/// What a configuration says of a run apart from where its data comes from: assets, account, strategies, simulation. The
/// same for a backtest and for a session on a venue, which add their markets.
struct TradingAssembly {
    struct Market {
        let resolved: ResolvedMarket
        let instrument: Instrument
        /// The configured venue that it is traded on; `nil`: on any, as in a backtest.
        let venue: String?
    }

    let configuration: ApusConfiguration
    private let registry: StrategyRegistry
    private(set) var markets: [Market] = []
    let assets: AssetTable

    /// - Parameter further: Assets that only the venues name.
    init(
        _ configuration: ApusConfiguration, _ registry: StrategyRegistry, further: [String] = []
    ) throws(CommandFailure) {
        self.configuration = configuration
        self.registry = registry
        guard !configuration.markets.isEmpty else { throw .failed(BacktestError.noStrategies) }
        var names = configuration.account.balances.map(\.asset) + further
        names += configuration.account.conversionRates.map(\.asset)
        names.append(configuration.account.baseCurrency)
        for market in configuration.markets {
            let settings = configuration.instrument(of: market)
            names.append(settings.base ?? market.base)
            names.append(settings.quote ?? market.quote)
            names.append(settings.settlement ?? market.settlement)
        }
        assets = AssetTable(names: names)
    }

    /// Adds a market; its place is the instrument's.
    mutating func add(_ market: ResolvedMarket, _ instrument: Instrument, on venue: String? = nil) {
        markets.append(Market(resolved: market, instrument: instrument, venue: venue))
    }

    /// The same markets and assets under another configuration of what strategies do.
    func with(_ other: ApusConfiguration) throws(CommandFailure) -> TradingAssembly {
        var copy = try TradingAssembly(other, registry, further: assets.names)
        for settings in other.strategies where settings.isEnabled {
            for traded in settings.needed where !markets.contains(where: { $0.isSame(as: traded) }) {
                let place = traded.venue.map { " on \($0)" } ?? ""
                let known = markets.map { $0.resolved.written + ($0.venue.map { " on \($0)" } ?? "") }
                throw .failed(
                    "strategies.\(settings.key) trades \(traded.market.written)\(place), of which there are no bars here. There "
                        + "are bars of \(known.joined(separator: ", ")).")
            }
        }
        let further = copy.assets.names.filter { assets.id(named: $0) == nil }
        guard further.isEmpty else {
            throw .failed("it names \(further.joined(separator: ", ")), which nothing is known of here.")
        }
        for market in markets { copy.add(market.resolved, market.instrument, on: market.venue) }
        return copy
    }

    /// What the strategies are, in canonical order.
    func specifications() throws(CommandFailure) -> [StrategySpecification] {
        var specifications: [StrategySpecification] = []
        for settings in configuration.strategies where settings.isEnabled {
            for market in settings.markets {
                guard
                    let place = markets.firstIndex(where: {
                        $0.isSame(as: TradedMarket(market: market, venue: settings.venue))
                    })
                else { continue }
                specifications.append(try specification(settings, markets[place]))
            }
        }
        return specifications
    }

    /// The series from outside, without what is in their files.
    var external: [ExternalFeed] { configuration.external.map { $0.feed() } }

    /// The configured balances, by asset.
    func deposits() -> [Amount] {
        var deposits = [Amount](repeating: .zero, count: assets.names.count)
        for balance in configuration.account.balances {
            if let id = assets.id(named: balance.asset) { deposits[id.index] = balance.amount }
        }
        return deposits
    }

    private func specification(
        _ settings: StrategySettings, _ market: Market
    ) throws(CommandFailure) -> StrategySpecification {
        do {
            let definition = try registry.definition(named: settings.type)
            return StrategySpecification(
                name: settings.markets.count > 1 ? "\(settings.key) \(market.resolved.written)" : settings.key,
                strategy: try strategy(settings, market),
                instrument: market.instrument.id, timeframe: settings.timeframe,
                plan: try plan(settings, market.instrument, needsSize: !definition.sizesItsOrders))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("strategies.\(settings.key): \(error)")
        }
    }

    private func strategy(_ settings: StrategySettings, _ market: Market) throws -> any Strategy {
        let parameters = try parameters(settings)
        guard settings.orders.isEmpty else { return ListedOrders(try listedOrders(settings, market)) }
        return try CrashReport.naming(settings.key) { try registry.make(settings.type, parameters: parameters) }
    }

    private func parameters(_ settings: StrategySettings) throws -> StrategyParameters {
        try StrategyParameters(
            settings.parameters.mapValues(\.parameterValue), for: try registry.definition(named: settings.type),
            preset: StrategyPreset(rawValue: settings.preset.rawValue))
    }

    /// The bars of a market that the strategies cannot do without beside their own.
    func barNeeds(in market: ResolvedMarket) -> [BarNeed] {
        configuration.strategies.filter { $0.isEnabled && $0.orders.isEmpty && $0.markets.contains(market) }
            .flatMap { settings in
                let parameters = try? self.parameters(settings)
                let made = parameters.flatMap { try? registry.make(settings.type, parameters: $0) }
                return made?.barNeeds(on: settings.timeframe) ?? []
            }
    }

    private func plan(
        _ settings: StrategySettings, _ instrument: Instrument, needsSize: Bool
    ) throws(CommandFailure) -> TradePlan {
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
                Quantity(
                    units: try Self.units(
                        amount, instrument.quantityDecimals, "quantity", instrument.symbol,
                        in: "strategies.\(settings.key).risk_parameters")))
        case nil where !needsSize: sizing = .quantity(.zero)
        case nil:
            throw .failed(
                "strategies.\(settings.key).risk_parameters: say how much to trade with max_position_size or quantity.")
        }
        if settings.capital != nil {
            guard !instrument.kind.isInverse,
                assets.name(of: instrument.settlement) == configuration.account.baseCurrency
            else {
                throw .failed(
                    "strategies.\(settings.key).capital is in \(configuration.account.baseCurrency), but "
                        + "\(instrument.symbol) settles in \(assets.name(of: instrument.settlement)). Leave capital out and "
                        + "limit the size with max_position_size.")
            }
        }
        let isSpot = instrument.kind == .spot
        var plan = TradePlan(
            sizing: sizing, stopLoss: risk.stopLoss, takeProfit: risk.takeProfit, trailingStop: risk.trailingStop,
            belowMinimum: configuration.simulation.belowMinimum == .roundUp ? .roundUp : .reject,
            allowsShort: !isSpot || configuration.account.allowsBorrowing, leverage: leverage(of: settings),
            capital: settings.capital.map { Amount(units: $0.units / Int128(max(1, settings.markets.count))) },
            execution: settings.execution.plan, trailing: settings.execution.trailing)
        plan.riskSizing = risk.sizing.map(\.plan)
        plan.dynamicLeverage = risk.dynamicLeverage.map(\.plan)
        plan.hedge = try hedge(settings, instrument)
        return plan
    }

    private func hedge(_ settings: StrategySettings, _ instrument: Instrument) throws(CommandFailure) -> HedgePlan? {
        guard let given = settings.risk.hedge else { return nil }
        let place = markets.firstIndex {
            $0.isSame(as: TradedMarket(market: given.market, venue: settings.venue))
        }
        guard let place else {
            throw .failed(
                "strategies.\(settings.key).risk_parameters.hedge.market: \(given.market.written) is not among the markets "
                    + "of the run.")
        }
        let hedge = markets[place].instrument
        if settings.capital != nil, hedge.settlement != instrument.settlement {
            throw .failed(
                "strategies.\(settings.key).risk_parameters.hedge.market settles in "
                    + "\(assets.name(of: hedge.settlement)), but the strategy's capital is in "
                    + "\(assets.name(of: instrument.settlement)). Leave capital out, or hedge with another market.")
        }
        return given.plan(with: hedge.id)
    }

    private func leverage(of settings: StrategySettings) -> Int64 {
        max(1, Int64(clamping: settings.risk.leverage.units / Amount(whole: 1).units))
    }

    /// The strategies that trade a market or hedge with it.
    private func users(of market: Market) -> [StrategySettings] {
        configuration.strategies.filter { $0.isEnabled && $0.traded.contains { market.isSame(as: $0) } }
    }

    func accountDescription(_ specifications: [StrategySpecification]) -> AccountDescription {
        let settings = configuration.account
        guard let base = assets.id(named: settings.baseCurrency) else {
            preconditionFailure("the base currency was put into the table of assets")
        }
        let leverage = markets.map { market in users(of: market).map { self.leverage(of: $0) }.max() ?? 1 }
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
    /// - Returns: Warnings.
    func judgeLeverage() throws(CommandFailure) -> [String] {
        var warnings: [String] = []
        for market in markets {
            let users = users(of: market)
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
        return warnings
    }

    /// What watches over all strategies together; `nil` where neither `risk` nor `portfolio` is configured.
    func supervision() -> SupervisionSettings? {
        guard configuration.risk != nil || configuration.portfolio != nil || configuration.liquidation != nil else {
            return nil
        }
        var supervision = SupervisionSettings(
            breakers: configuration.risk.map { given in
                var breakers = BreakerSettings()
                breakers.volatilityRatio = given.volatilityRatio.approximation
                breakers.volatilityCalm = min(2, given.volatilityRatio.approximation)
                breakers.flashCrash = given.flashCrash.fraction
                breakers.drawdown = given.drawdown.fraction
                breakers.dailyLoss = given.dailyLoss
                breakers.errorRate = given.errorRate.fraction
                let byHand = given.resumesByHand
                breakers.volatilityRule = BreakerRule(
                    given.volatilityHaltsAll ? .account : .market, coolDown: byHand ? nil : given.volatilityPause)
                breakers.flashCrashRule = BreakerRule(
                    given.flashCrashHaltsAll ? .account : .market, coolDown: byHand ? nil : given.flashCrashPause)
                breakers.errorRateRule.coolDown = byHand ? nil : given.errorRatePause
                breakers.dailyLossRule.coolDown = byHand ? nil : .zero
                return breakers
            })
        supervision.liquidation = configuration.liquidation.map { given in
            var liquidation = LiquidationSettings()
            liquidation.warning = given.warning.fraction
            liquidation.reduction = given.reduction.fraction
            liquidation.target = given.target.fraction
            return liquidation
        }
        guard let given = configuration.portfolio else { return supervision }
        var allocation = AllocationLimits()
        allocation.singleSymbol = given.singleSymbol.fraction
        allocation.correlatedPair = given.correlatedPair.fraction
        allocation.correlatedGroup = given.correlatedGroup.fraction
        allocation.correlation = given.correlation.fraction
        allocation.totalRisk = given.totalRisk.fraction
        allocation.total = given.total.fraction
        supervision.allocation = allocation
        supervision.rebalanceEvery = given.rebalance
        var portfolio = PortfolioLimits()
        portfolio.valueAtRisk = given.valueAtRisk?.fraction
        portfolio.expectedShortfall = given.expectedShortfall?.fraction
        portfolio.grossExposure = given.grossExposure?.fraction
        portfolio.diversificationRatio = given.diversificationRatio?.approximation
        portfolio.confidence = given.confidence.fraction
        switch given.method {
        case .historical: portfolio.method = .historical
        case .parametric: portfolio.method = .parametric
        case .cornishFisher: portfolio.method = .cornishFisher
        case .monteCarlo: portfolio.method = .monteCarlo(draws: given.draws, seed: 1)
        }
        supervision.portfolio = portfolio
        supervision.reducesOnBreach = given.onBreach == .reduce
        return supervision
    }

    func simulationSettings() -> Simulation.SimulationSettings {
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

extension InstrumentKind {
    /// Whether its price is what one unit of the base asset is worth in the quote.
    fileprivate var pricesItsBase: Bool {
        switch self {
        case .spot, .linearPerpetual, .inversePerpetual: true
        case .future, .option: false
        }
    }
}

extension ExecutionSettings {
    /// The same in the words of the engine.
    var plan: ExecutionPlan {
        var work = ExecutionPlan.Work.market
        if let pace { work = .paced(pace) } else if let display { work = .iceberg(display: display) }
        return ExecutionPlan(
            work: work, style: style, acceleration: acceleration, completes: completes, timeframe: timeframe,
            hours: hours)
    }

    fileprivate var trailing: TrailingPlan? {
        guard atrMultiple != nil || activation != nil else { return nil }
        return TrailingPlan(atrMultiple: atrMultiple, atrPeriod: atrPeriod, activation: activation)
    }
}
