// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Cryptography
import Engine
import Execution
import Hyperliquid
import HyperliquidSimulator
import Indicators
import Live
import OrderManagement
import Portfolio
import Risk
import Strategies
import Supervision
import Trading
import VenueInterface

/// Who trades what in a run: the venue, the session's settings and strategies, as the seed decides.
struct SimulatedSetup: Sendable {
    typealias Coin = (name: String, szDecimals: Int, price: Double)
    /// Of perpetuals. The last one is traded by hand only.
    static let coins: [Coin] = [
        ("BTC", 5, 50_000), ("ETH", 4, 2_500), ("SOL", 2, 150),
    ]
    /// What is traded by hand.
    static let handMarket = coins.count - 1
    static let ordersPerMinute = 40

    let decision: DecisionSetup
    let session: SessionSettings
    let markets: [HyperliquidConnector.Market]
    let assets: [(name: String, id: AssetID)]
    let signer: HyperliquidSigner
    let master: PrivateKey
    let venue: SimulatorConfiguration
    let generators: [MarketGenerator]
    /// Strategies that never hold what no stop protects.
    let isProtected: [Bool]
    let largest: [Quantity]
    /// What one market may have, in the quote currency.
    let symbolExposure: Amount
    /// What breakers are configured to do; `nil`: there are none.
    let breakers: BreakerSettings?
    /// The share of the equity that one symbol may have; `nil`: capital is not divided.
    let singleSymbol: Double?
    /// The feature that fails; `nil`: none does.
    let probe: FeatureProbe?

    init(_ plan: SimulationPlan) throws {
        var random = Randomness(seed: plan.seed, purpose: 1)
        let (agent, master) = (try Self.key(1), try Self.key(2))
        self.master = master
        signer = HyperliquidSigner(key: agent, isMainnet: false)

        let traded = Self.traded(plan)
        let table = AssetTable(names: traded.map(\.name) + ["USDC"])
        let held = traded.dropFirst(Self.coins.count).map(\.name) + ["USDC"]
        assets = held.compactMap { name in table.id(named: name).map { (name, $0) } }
        let usdc = assets[assets.count - 1].id
        let venue = Self.venue(plan, agent: agent.address, master: master.address, &random)
        self.venue = venue
        markets = try Self.markets(of: venue, table)
        let instruments = markets.map(\.instrument)

        // A gambler has so much at stake that a crash liquidates it.
        let isGambler = random.happens(0.15)
        let worth = isGambler ? 60_000.0 : random.pick([200.0, 600, 1_500])
        let leverage: Int64 = isGambler ? 40 : random.pick([5, 10, 20])
        let guarding = Self.guarding(plan, worth: worth, isGambler: isGambler)
        (breakers, singleSymbol, probe) = guarding
        let spot = plan.hasSpot ? try Self.spotStrategies(plan, instruments, worth: worth) : []
        let specifications =
            try Self.strategies(plan, instruments, worth: worth, leverage, guarding.probe, &random) + spot
        isProtected = [true, false] + spot.map { $0.name == "spot-cross" }
        let description = AccountDescription(
            assets: table, instruments: instruments, baseCurrency: usdc,
            valuations: table.names.map { name in
                traded.firstIndex { $0.name == name }.map { .multiplied(by: InstrumentID(index: $0)) } ?? .base
            },
            strategyCount: specifications.count + 1, leverage: instruments.map { $0.kind == .spot ? 1 : leverage })
        decision = DecisionSetup(
            account: description, deposits: table.names.map { _ in .zero },
            feeds: traded.map { coin in
                DecisionSetup.Feed(timeframe: plan.timeframe, quantityDecimals: coin.szDecimals, keeps: 500)
            }, strategies: specifications, simulation: nil,
            supervision: Self.supervision(plan, guarding.breakers, guarding.singleSymbol), start: SimulationPlan.epoch)

        var orders = OrderManagerSettings(instance: UInt32(truncatingIfNeeded: plan.seed) | 1)
        orders.snapshotInterval = .minutes(15)
        var limits = RiskLimits()
        limits.orderNotional = Amount(whole: Int64(worth) * 2)
        // A strategy without sense runs into it where it is tight.
        let exposure = Amount(whole: Int64(plan.isGuarded ? worth * 1.25 : worth * 5))
        symbolExposure = exposure
        limits.symbolExposure = plan.defect == .exposureIgnored ? nil : exposure
        limits.totalExposure = Amount(whole: Int64(worth) * (plan.hasSpot ? 14 : 8))
        limits.dailyLoss = Amount(whole: isGambler ? 20_000 : 5_000)
        limits.priceCollar = Rate(units: 150_000_000)
        limits.ordersPerMinute = Self.ordersPerMinute
        largest = traded.map { coin in
            let units = worth * 2 / coin.price
            return Quantity(units: Int64(units * Double(DecimalText.powerOfTen(coin.szDecimals))) + 1)
        }
        for (index, quantity) in largest.enumerated() { limits.orderQuantity[InstrumentID(index: index)] = quantity }
        session = SessionSettings(
            mode: .live, instance: orders.instance,
            venues: [
                VenueSettings(
                    name: "hyperliquid", instruments: instruments.map(\.id), orders: orders,
                    deadManSwitch: random.happens(0.3) ? .whenUnprotected(after: .minutes(10)) : .off)
            ], limits: limits, barGrace: .seconds(3), history: .hours(6), staleAfter: .minutes(2))

        generators = zip(traded, markets).enumerated().map { index, pair in
            MarketGenerator(
                coin: pair.1.coin, szDecimals: pair.0.szDecimals, price: pair.0.price,
                isSpot: pair.1.instrument.kind == .spot, seed: plan.seed, purpose: 10 + UInt64(index))
        }
    }

    func newWatch() -> OrderWatch {
        OrderWatch(
            ordersPerMinute: Self.ordersPerMinute, largest: largest,
            isSpot: markets.map { $0.instrument.kind == .spot })
    }

    /// Worlds with the adaptive strategy have breakers, parts of the capital, and a feature that fails.
    private static func guarding(
        _ plan: SimulationPlan, worth: Double, isGambler: Bool
    ) -> (breakers: BreakerSettings?, singleSymbol: Double?, probe: FeatureProbe?) {
        guard plan.isGuarded else { return (nil, nil, nil) }
        var random = Randomness(seed: plan.seed, purpose: 30)
        var breakers = BreakerSettings()
        var crashes = Randomness(seed: plan.seed, purpose: 31)
        breakers.flashCrash = crashes.pick([0.05, 0.1])
        breakers.errorRate = nil
        breakers.volatilityRatio = random.pick([2.0, 2.5, 3.0])
        breakers.volatilityCalm = 1.3
        breakers.volatilityShort = 3
        breakers.volatilityNormal = 60
        breakers.volatilityRule.coolDown = .zero
        // Somebody trades by hand beside the strategies, and breakers look at the whole account.
        let atStake = worth + 1_000
        breakers.dailyLoss = Amount(whole: Int64(atStake * random.pick([0.05, 0.1])))
        breakers.drawdown = isGambler ? 0.15 : atStake / 10_000 * random.pick([0.08, 0.15])
        // Of those that the bars can show.
        let bars: [Feature: Timeframe] = [.thresholds: .oneHour, .regime: .fifteenMinutes]
        let failing = [
            Feature.thresholds, .regime, .volatilityFilter, .liquidityFilter, .structureStops, .sizing,
        ].filter { bars[$0]?.isMultiple(of: plan.timeframe) ?? true }
        return (breakers, isGambler ? nil : random.pick([0.02, 0.1]), FeatureProbe(breaking: random.pick(failing)))
    }

    private static func supervision(
        _ plan: SimulationPlan, _ breakers: BreakerSettings?, _ singleSymbol: Double?
    ) -> SupervisionSettings? {
        guard var breakers else { return nil }
        if plan.defect == .breakerLate {
            breakers.volatilityRatio = breakers.volatilityRatio.map { $0 * 1.1 }
            breakers.flashCrash = breakers.flashCrash.map { $0 * 1.1 }
            breakers.dailyLoss = breakers.dailyLoss.map { Amount(units: $0.units / 10 * 11) }
            breakers.drawdown = breakers.drawdown.map { $0 * 1.1 }
        }
        var supervision = SupervisionSettings(breakers: breakers)
        supervision.allocation = singleSymbol.map { share in
            var limits = AllocationLimits()
            limits.singleSymbol = share
            return limits
        }
        return supervision
    }

    private static func venue(
        _ plan: SimulationPlan, agent: Address, master: Address, _ random: inout Randomness
    ) -> SimulatorConfiguration {
        var account = AccountConfiguration(address: master, balance: Fixed8(10_000))
        account.volume = Fixed8(random.happens(0.5) ? 5_000_000 : 0)
        var venue = SimulatorConfiguration(
            markets: coins.map { coin in
                var market = MarketConfiguration(
                    coin: coin.name, szDecimals: coin.szDecimals, price: Fixed8(Int64(coin.price)))
                MarketGenerator.configure(&market)
                return market
            } + (plan.hasSpot ? spotMarkets : []), accounts: [account])
        if plan.hasSpot { addSpotBalances(to: &venue, plan) }
        venue.agents = [AgentConfiguration(address: agent, account: master)]
        venue.seed = plan.seed
        venue.messageTimes = .wall
        venue.bookCadence = .zero
        venue.verifiesSignatures = plan.verifiesSignatures ?? (plan.seed % 8 == 0)
        venue.assumedSigner = agent
        let lags: [TimeSpan] = plan.faults.contains(.slowStatus) ? [.zero, .milliseconds(400), .seconds(3)] : [.zero]
        venue.statusLag = random.pick(lags)
        venue.refusesUsedClientIDs = random.happens(0.3)
        venue.acceptsSmallClose = random.happens(0.7)
        return venue
    }

    /// As the venue describes them.
    private static func markets(
        of venue: SimulatorConfiguration, _ assets: AssetTable
    ) throws -> [HyperliquidConnector.Market] {
        var simulator = HyperliquidSimulator(configuration: venue)
        let answer = simulator.post(path: "/info", body: Array(#"{"type":"meta"}"#.utf8), wall: .epoch)
        var spot: SimulatedAnswer?
        if venue.markets.contains(where: \.isSpot) {
            spot = simulator.post(path: "/info", body: Array(#"{"type":"spotMeta"}"#.utf8), wall: .epoch)
        }
        let universe = try HyperliquidUniverse(
            perpetual: try MessageReader(bytes: answer.body), spot: try spot.map { try MessageReader(bytes: $0.body) })
        return try universe.markets.enumerated().map { index, market in
            guard let base = assets.id(named: market.base), let quote = assets.id(named: market.quote) else {
                preconditionFailure("every asset of a simulated market is in the table")
            }
            return HyperliquidConnector.Market(
                instrument: try HyperliquidUniverse.instrument(
                    for: market, id: InstrumentID(index: index), base: base, quote: quote,
                    makerFee: market.isSpot ? venue.fees.spotMaker : Rate(units: 150_000),
                    takerFee: market.isSpot ? venue.fees.spotTaker : Rate(units: 450_000)), market)
        }
    }

    private static func key(_ last: UInt8) throws -> PrivateKey {
        try PrivateKey(bytes: [UInt8](repeating: 7, count: 31) + [last])
    }

    /// The adaptive strategy with what a day can warm up, asking for little: its exits in parts and moving stops are what
    /// is of interest here.
    private static func adaptive(
        _ plan: SimulationPlan, _ instrument: InstrumentID, worth: Double, _ leverage: Int64, _ probe: FeatureProbe
    ) throws -> StrategySpecification {
        var values: [String: ParameterValue] = [
            "direction": .text("both"), "signal_timeframe": .text("own"), "cost_filter": .boolean(false),
            "sizing_volatility": .number(0.5), "entry_threshold": .number(0.05), "signal_period": .integer(2),
            "atr_period": .integer(5), "acceleration_period": .integer(3), "volume_period": .integer(5),
            "timeframes": .boolean(false), "thresholds": .boolean(false), "regime": .boolean(false),
            "volume_profile": .boolean(false), "pullback": .boolean(false), "acceleration": .boolean(false),
            "volatility_filter": .boolean(false), "liquidity_filter": .boolean(false), "stop_atr": .number(1),
            "exit_1_atr": .number(0.5), "exit_2_atr": .number(1), "exit_3_atr": .number(2),
            "time_exit_hours": .number(3),
        ]
        values[probe.broken.name] = .boolean(true)
        var strategy = try EnhancedStrategy(
            parameters: StrategyParameters(values, for: EnhancedStrategy.definition))
        strategy.fault = { try probe.ask($0) }
        if plan.defect == .failingFeatureKept {
            let enabled = Feature.allCases.filter { strategy.features.state($0) == .on }
            strategy.features = FeatureGuard(enabled: Set(enabled), settings: .init(limit: .max))
        }
        return StrategySpecification(
            name: "adaptive", strategy: strategy,
            instrument: instrument, timeframe: plan.timeframe,
            plan: TradePlan(sizing: .notional(Amount(whole: Int64(worth))), leverage: leverage))
    }

    private static func strategies(
        _ plan: SimulationPlan, _ instruments: [Instrument], worth: Double, _ leverage: Int64,
        _ probe: FeatureProbe?, _ random: inout Randomness
    ) throws -> [StrategySpecification] {
        let registry = StrategyRegistry.builtIn
        let definition = try registry.definition(named: "ema_cross")
        let parameters = try StrategyParameters(
            [
                "fast_period": .integer(2), "slow_period": .integer(3 + random.below(4)),
                "warmup_bars": .integer(2), "direction": .text("both"),
            ], for: definition)
        func terms(_ hasTrail: Bool) -> TradePlan {
            TradePlan(
                sizing: .notional(Amount(whole: Int64(worth))),
                stopLoss: Rate(units: random.pick([5_000_000, 12_000_000])),
                takeProfit: Rate(units: random.pick([6_000_000, 20_000_000])),
                trailingStop: hasTrail ? Rate(units: random.pick([4_000_000, 8_000_000])) : nil, leverage: leverage)
        }
        let cross = StrategySpecification(
            name: "cross", strategy: try registry.make("ema_cross", parameters: parameters),
            instrument: instruments[0].id, timeframe: plan.timeframe, plan: terms(random.happens(0.7)))
        return [
            try probe.map { try adaptive(plan, instruments[0].id, worth: worth, leverage, $0) } ?? cross,
            StrategySpecification(
                name: "restless",
                strategy: RestlessStrategy(seed: plan.seed, worth: worth, usesAlgorithms: plan.usesAlgorithms),
                instrument: instruments[1].id, timeframe: plan.timeframe, plan: terms(random.happens(0.5))),
        ]
    }
}
