// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import Trading

/// The prices of one market: stretches of trend, range, crash, gap and thin book, as the seed decides.
struct MarketGenerator: Sendable {
    enum Regime: CaseIterable, Sendable { case trend, range, crash, gap, thin }

    let coin: String
    let szDecimals: Int
    private let isSpot: Bool
    private let origin: Double
    private var price: Double
    private var anchor: Double
    private var drift = 0.0
    private var regime = Regime.range
    private var stepsLeft = 0
    private var random: Randomness

    init(coin: String, szDecimals: Int, price: Double, isSpot: Bool = false, seed: UInt64, purpose: UInt64) {
        self.coin = coin
        self.szDecimals = szDecimals
        self.isSpot = isSpot
        origin = price
        self.price = price
        anchor = price
        random = Randomness(seed: seed, purpose: purpose)
    }

    /// The price now, on the venue's grid.
    var current: Fixed8 { grid(price) }

    mutating func pause() -> TimeSpan { random.span(.seconds(60), .seconds(110)) }

    /// Other people's orders at the price as it is, for a market that stands still.
    mutating func refilled() -> MarketEvent {
        var market = MarketConfiguration(coin: coin, szDecimals: szDecimals, price: current)
        Self.configure(&market)
        if regime == .thin { stepsLeft = 0 }
        return .liquidity(market.liquidity)
    }

    /// What happens next: a trade, sometimes with another book before it.
    mutating func next() -> [MarketEvent] {
        var events: [MarketEvent] = []
        if stepsLeft == 0 { events += beginRegime() }
        stepsLeft -= 1
        let volatility = 0.0017
        switch regime {
        case .trend, .crash: price *= 1 + drift + volatility * random.normal()
        case .range, .thin: price *= 1 + 0.05 * (anchor / price - 1) + volatility * random.normal()
        case .gap:
            price *= 1 + drift
            drift = 0
            price *= 1 + volatility * random.normal()
        }
        // Prices stay where the market's grid is fine enough to trade on.
        price = min(max(price, origin * 0.2), origin * 5)
        let size = random.between(0.1, 5) * 1_000 / price
        events.append(.trade(price: grid(price), size: lots(size), takerIsBuy: random.happens(0.5)))
        return events
    }

    private mutating func beginRegime() -> [MarketEvent] {
        let wasThin = regime == .thin
        // Home again rather than away for ever.
        let pull = price < origin * 0.6 ? 0.0008 : price > origin * 1.8 ? -0.0008 : 0
        switch random.below(20) {
        case 0..<8:
            (regime, stepsLeft, drift) = (.trend, 20 + random.below(100), random.between(-0.0008, 0.0008) + pull)
        case 8..<15: (regime, stepsLeft, drift) = (.range, 30 + random.below(150), 0)
        case 15: (regime, stepsLeft, drift) = (.crash, 5 + random.below(15), random.between(-0.015, -0.004))
        case 16, 17: (regime, stepsLeft, drift) = (.gap, 1 + random.below(20), random.between(-0.04, 0.04))
        default: (regime, stepsLeft, drift) = (.thin, 15 + random.below(30), 0)
        }
        anchor = price
        var events: [MarketEvent] = []
        if regime == .thin || wasThin {
            var market = MarketConfiguration(coin: coin, szDecimals: szDecimals, price: current)
            let thin = Fixed8(Int64(60 + random.below(600)))
            Self.configure(&market, levelValue: regime == .thin ? thin : Fixed8(20_000))
            events.append(.liquidity(market.liquidity))
        }
        if random.happens(0.2) {
            events.append(.fundingRate(Rate(units: Int64(random.between(-400_000, 400_000)))))
        }
        return events
    }

    /// How the market's book looks: a few levels, so that orders of some size reach through them.
    static func configure(_ market: inout MarketConfiguration, levelValue: Fixed8 = Fixed8(20_000)) {
        market.liquidity.levels = 5
        market.liquidity.levelValue = levelValue
        market.liquidity.spread = Rate(units: 300_000)
    }

    /// Five significant figures, and no more decimals than the market has.
    private func grid(_ value: Double) -> Fixed8 {
        let units = Int64((value * 1e8).rounded())
        var tick: Int64 = 1
        var rest = units
        while rest >= 100_000 {
            rest /= 10
            tick *= 10
        }
        var finest: Int64 = 1
        for _ in 0..<max(0, 8 - max(0, (isSpot ? 8 : 6) - szDecimals)) { finest *= 10 }
        tick = max(finest, min(tick, 100_000_000))
        return Fixed8(units: Int128(max(tick, units / tick * tick)))
    }

    private func lots(_ value: Double) -> Fixed8 {
        var lot: Int64 = 1
        for _ in 0..<max(0, 8 - szDecimals) { lot *= 10 }
        let units = Int64((value * 1e8).rounded())
        return Fixed8(units: Int128(max(lot, units / lot * lot)))
    }
}
