// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Engine
import Execution
import Hyperliquid
import HyperliquidSimulator
import Live
import OrderManagement
import Risk
import Strategies
import Trading
import VenueInterface

/// Who trades what in a run: the venue, the session's settings and strategies, as the seed decides.
struct SimulatedSetup: Sendable {
    /// The last one is traded by hand only.
    static let coins: [(name: String, szDecimals: Int, price: Double)] = [
        ("BTC", 5, 50_000), ("ETH", 4, 2_500), ("SOL", 2, 150),
    ]
    static let timeframe = Timeframe.fiveMinutes
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

    init(_ plan: SimulationPlan) throws {
        var random = Randomness(seed: plan.seed, purpose: 1)
        let (agent, master) = (try Self.key(1), try Self.key(2))
        self.master = master
        signer = HyperliquidSigner(key: agent, isMainnet: false)

        let names = Self.coins.map(\.name) + ["USDC"]
        let table = AssetTable(names: names)
        let usdc = AssetID(index: names.count - 1)
        assets = [("USDC", usdc)]
        var markets: [HyperliquidConnector.Market] = []
        for (index, coin) in Self.coins.enumerated() {
            let market = HyperliquidMarket(
                coin: coin.name, assetIndex: index, isSpot: false, sizeDecimals: coin.szDecimals,
                maximumLeverage: 50, isOnlyIsolated: false, isDelisted: false, base: coin.name, quote: "USDC")
            let instrument = try HyperliquidUniverse.instrument(
                for: market, id: InstrumentID(index: index), base: AssetID(index: index), quote: usdc,
                makerFee: Rate(units: 150_000), takerFee: Rate(units: 450_000))
            markets.append(HyperliquidConnector.Market(instrument: instrument, market))
        }
        self.markets = markets
        let instruments = markets.map(\.instrument)

        // A gambler has so much at stake that a crash liquidates it.
        let isGambler = random.happens(0.15)
        let worth = isGambler ? 60_000.0 : random.pick([200.0, 600, 1_500])
        let leverage: Int64 = isGambler ? 40 : random.pick([5, 10, 20])
        let specifications = try Self.strategies(plan, instruments, worth: worth, leverage, &random)
        isProtected = [true, false]
        let description = AccountDescription(
            assets: table, instruments: instruments, baseCurrency: usdc,
            valuations: Self.coins.indices.map { .multiplied(by: InstrumentID(index: $0)) } + [.base],
            strategyCount: specifications.count + 1, leverage: instruments.map { _ in leverage })
        decision = DecisionSetup(
            account: description, deposits: names.map { _ in .zero },
            feeds: Self.coins.map { coin in
                DecisionSetup.Feed(timeframe: Self.timeframe, quantityDecimals: coin.szDecimals, keeps: 500)
            }, strategies: specifications, simulation: nil, start: SimulationPlan.epoch)

        var orders = OrderManagerSettings(instance: UInt32(truncatingIfNeeded: plan.seed) | 1)
        orders.snapshotInterval = .minutes(10)
        var limits = RiskLimits()
        limits.orderNotional = Amount(whole: Int64(worth) * 2)
        limits.symbolExposure = Amount(whole: Int64(worth) * 5)
        limits.totalExposure = Amount(whole: Int64(worth) * 8)
        limits.dailyLoss = Amount(whole: isGambler ? 20_000 : 5_000)
        limits.priceCollar = Rate(units: 150_000_000)
        limits.ordersPerMinute = Self.ordersPerMinute
        largest = Self.coins.map { coin in
            let units = worth * 2 / coin.price
            return Quantity(units: Int64(units * Double(DecimalText.powerOfTen(coin.szDecimals))) + 1)
        }
        for (index, quantity) in largest.enumerated() { limits.orderQuantity[InstrumentID(index: index)] = quantity }
        session = SessionSettings(
            mode: .live, instance: orders.instance,
            venues: [
                VenueSettings(
                    name: "hyperliquid", instruments: instruments.map(\.id), orders: orders,
                    deadManSwitch: random.happens(0.3) ? .whenUnprotected(after: .minutes(2)) : .off)
            ], limits: limits, barGrace: .seconds(3), history: .hours(6), staleAfter: .minutes(2))

        generators = Self.coins.enumerated().map { index, coin in
            MarketGenerator(
                coin: coin.name, szDecimals: coin.szDecimals, price: coin.price, seed: plan.seed,
                purpose: 10 + UInt64(index))
        }
        var account = AccountConfiguration(address: master.address, balance: Fixed8(10_000))
        account.volume = Fixed8(random.happens(0.5) ? 5_000_000 : 0)
        var venue = SimulatorConfiguration(
            markets: Self.coins.map { coin in
                var market = MarketConfiguration(
                    coin: coin.name, szDecimals: coin.szDecimals, price: Fixed8(Int64(coin.price)))
                market.liquidity = MarketGenerator.liquidity
                return market
            }, accounts: [account])
        venue.agents = [AgentConfiguration(address: agent.address, account: master.address)]
        venue.seed = plan.seed
        venue.verifiesSignatures = plan.verifiesSignatures ?? (plan.seed % 8 == 0)
        venue.assumedSigner = agent.address
        venue.statusLag = plan.faults.contains(.slowStatus) ? random.pick([.zero, .milliseconds(400), .seconds(3)]) : .zero
        venue.refusesUsedClientIDs = random.happens(0.3)
        venue.acceptsSmallClose = random.happens(0.7)
        self.venue = venue
    }

    private static func key(_ last: UInt8) throws -> PrivateKey {
        guard let key = PrivateKey(bytes: [UInt8](repeating: 7, count: 31) + [last]) else {
            preconditionFailure("32 bytes below the curve's order are a key")
        }
        return key
    }

    private static func strategies(
        _ plan: SimulationPlan, _ instruments: [Instrument], worth: Double, _ leverage: Int64,
        _ random: inout Randomness
    ) throws -> [StrategySpecification] {
        let registry = StrategyRegistry.standard
        let definition = try registry.definition(named: "ema_cross")
        let parameters = try StrategyParameters(
            [
                "fast_period": .integer(2), "slow_period": .integer(3 + random.below(4)),
                "warmup_bars": .integer(2), "direction": .text("both"),
            ], for: definition)
        func plan(_ hasTrail: Bool) -> TradePlan {
            TradePlan(
                sizing: .notional(Amount(whole: Int64(worth))), stopLoss: Rate(units: random.pick([5_000_000, 12_000_000])),
                takeProfit: Rate(units: random.pick([6_000_000, 20_000_000])),
                trailingStop: hasTrail ? Rate(units: random.pick([4_000_000, 8_000_000])) : nil, leverage: leverage)
        }
        return [
            StrategySpecification(
                name: "cross", strategy: try registry.make("ema_cross", parameters: parameters),
                instrument: instruments[0].id, timeframe: timeframe, plan: plan(random.happens(0.7))),
            StrategySpecification(
                name: "restless", strategy: RestlessStrategy(seed: self.seed(plan), worth: worth),
                instrument: instruments[1].id, timeframe: timeframe, plan: plan(random.happens(0.5))),
        ]
    }

    private static func seed(_ plan: SimulationPlan) -> UInt64 { plan.seed }
}
