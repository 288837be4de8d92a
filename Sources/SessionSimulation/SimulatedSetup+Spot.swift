// SPDX-License-Identifier: Apache-2.0

import Engine
import HyperliquidSimulator
import Indicators
import Strategies
import Trading

// Worlds in which assets themselves are bought and sold, beside the perpetuals.
extension SimulatedSetup {
    /// Whole coins of little worth, as the venue's first pair has them, and hundredths.
    static let spotCoins: [Coin] = [("PURR", 0, 0.2), ("HYPE", 2, 25)]

    /// In the order of the instruments.
    static func traded(_ plan: SimulationPlan) -> [Coin] { coins + (plan.hasSpot ? spotCoins : []) }

    static var spotMarkets: [MarketConfiguration] {
        spotCoins.map { coin in
            var market = MarketConfiguration(
                spot: coin.name, szDecimals: coin.szDecimals, price: Fixed8(units: Int128(coin.price * 1e8)))
            MarketGenerator.configure(&market)
            return market
        }
    }

    /// Money for purchases, at times less than the strategies would spend, and coins from before that are nobody's.
    static func addSpotBalances(to venue: inout SimulatorConfiguration, _ plan: SimulationPlan) {
        var random = Randomness(seed: plan.seed, purpose: 40)
        venue.accounts[0].spot = [("USDC", Fixed8(random.pick([1_500, 5_000, 20_000])))]
        for coin in spotCoins where random.happens(0.4) {
            let worth = random.between(1, 400)
            venue.accounts[0].spot.append((coin.name, Fixed8(units: Int128(worth / coin.price * 1e8))))
        }
    }

    /// One that protects every purchase, and one without sense; in every other world both trade the same market.
    static func spotStrategies(
        _ plan: SimulationPlan, _ instruments: [Instrument], worth: Double
    ) throws -> [StrategySpecification] {
        var random = Randomness(seed: plan.seed, purpose: 41)
        // The least ones leave rests that the venue does not trade.
        let worth = min(worth, random.pick([11, 25, 200, 600]))
        let registry = StrategyRegistry.builtIn
        let parameters = try StrategyParameters(
            [
                "fast_period": .integer(2), "slow_period": .integer(3 + random.below(3)), "warmup_bars": .integer(2),
                "direction": .text("both"),
            ], for: try registry.definition(named: "ema_cross"))
        func terms() -> TradePlan {
            TradePlan(
                sizing: .notional(Amount(whole: Int64(worth))),
                stopLoss: Rate(units: random.pick([5_000_000, 12_000_000])),
                takeProfit: Rate(units: random.pick([6_000_000, 20_000_000])),
                trailingStop: random.happens(0.6) ? Rate(units: random.pick([4_000_000, 8_000_000])) : nil,
                allowsShort: false)
        }
        let places = (first: coins.count, second: coins.count + Int(plan.seed % 2))
        return [
            StrategySpecification(
                name: "spot-cross", strategy: try registry.make("ema_cross", parameters: parameters),
                instrument: instruments[places.first].id, timeframe: plan.timeframe,
                plan: terms()),
            StrategySpecification(
                name: "spot-restless",
                strategy: RestlessStrategy(
                    seed: plan.seed &+ 1 << 32, worth: worth, usesAlgorithms: plan.usesAlgorithms),
                instrument: instruments[places.second].id, timeframe: plan.timeframe,
                plan: terms()),
        ]
    }
}
