// SPDX-License-Identifier: Apache-2.0

import Trading

struct PublicTrade: Sendable {
    var time: Timestamp
    var price: Units
    var size: Units
    var isBuy: Bool
    var tid: UInt64
    var buyer: Address
    var seller: Address
}

/// One perpetual or spot pair: its rules, its prices, its book.
struct SimulatedMarket: Sendable {
    let index: Int
    /// The name in market data: `BTC`, `PURR/USDC`, `@1`.
    let coin: String
    let asset: Int
    let configuration: MarketConfiguration
    let lot: Units
    private let finestTick: Units
    /// Of the base token of a spot pair.
    let token: Int
    let seed: UInt64
    var liquidity: Liquidity

    var last: Units
    var mark: Units
    var oracle: Units
    var isMarkGiven = false
    var isOracleGiven = false
    var fundingRate: Int64
    var dayStart: Int64 = .min
    var previousDayPrice: Units
    var dayValue: Money = 0
    var dayVolume: Money = 0

    /// A book from data, in place of the generated one.
    var recorded: (bids: [Level], asks: [Level])?
    /// Counts price changes: each brings a new book.
    var epoch: UInt64 = 0
    /// What was taken from the generated levels since the last price change.
    var taken = (bids: Units(0), asks: Units(0))

    /// Resting orders, best first, then oldest first.
    var bids: [Int] = []
    var asks: [Int] = []
    /// Trigger orders that wait for the mark price.
    var triggers: [Int] = []
    /// Accounts with a position.
    var holders: [Int] = []

    var candles = CandleStore()
    var trades: [PublicTrade] = []
    /// Of the last trades, those that no subscriber was told of.
    var unpublishedTrades = 0
    var fundingHistory: [(time: Timestamp, rate: Int64)] = []

    init(_ configuration: MarketConfiguration, index: Int, coin: String, asset: Int, token: Int, seed: UInt64) {
        self.index = index
        self.coin = coin
        self.asset = asset
        self.token = token
        self.configuration = configuration
        self.seed = mixed(seed &+ UInt64(index) &* 0x9E37)
        liquidity = configuration.liquidity
        lot = powerOfTen(8 - configuration.szDecimals)
        finestTick = powerOfTen(8 - max(0, (configuration.isSpot ? 8 : 6) - configuration.szDecimals))
        last = Units(clamping: configuration.price.units)
        mark = last
        oracle = last
        previousDayPrice = last
        fundingRate = configuration.fundingRate.units / 10 * 10
    }

    var isSpot: Bool { configuration.isSpot }

    /// The distance of neighbouring prices around `price`: five significant figures, but whole numbers always are
    /// prices, and never more decimals than the market has.
    func tick(at price: Units) -> Units {
        var tick: Units = 1
        var rest = price
        while rest >= 100_000 {
            rest /= 10
            tick *= 10
        }
        return max(finestTick, min(tick, Decimals.one))
    }

    func isOnTick(_ price: Units) -> Bool { price > 0 && price % tick(at: price) == 0 }
}

/// `10^exponent`, for exponents that are not negative.
func powerOfTen(_ exponent: Int) -> Units { (0..<max(0, exponent)).reduce(Units(1)) { value, _ in value * 10 } }

// MARK: - The generated book

extension SimulatedMarket {
    struct Level {
        var price: Units
        var size: Units
    }

    /// What all generated levels of one side have in common at this moment.
    private struct Ladder {
        var best: Units
        /// From one level to the next, signed.
        var step: Units
        /// About what the best level holds.
        var size: Int128
        var lot: Units
        var noise: UInt64
        var count: Int

        /// The level of a number, 0 being the best.
        func level(_ number: Int) -> Level? {
            let price = best + Units(number) * step
            guard number < count, price > 0 else { return nil }
            // Between a half and one and a half times as much, and more further away.
            let factor = Int64(128 + mixed(noise ^ UInt64(number << 1)) & 255) * Int64(4 + number)
            return Level(price: price, size: max(lot, Units(clamping: (size * Int128(factor)) >> 10) / lot * lot))
        }
    }

    private func ladder(isBid: Bool) -> Ladder {
        let tick = tick(at: last)
        let half = max(0, Int64(clamping: Int128(last) * Int128(min(Rate.one, liquidity.spread.units)) / 2_000_000_000))
        var bid = (last - half) / tick * tick
        let ask = (last + half + tick - 1) / tick * tick
        if bid == ask { bid -= tick }
        let step = max(1, min(1_000_000, liquidity.ticksBetweenLevels)) * tick
        let isEmpty = liquidity.levelValue.units <= 0
        return Ladder(
            best: isBid ? bid : ask, step: isBid ? -step : step,
            size: isEmpty ? 0 : liquidity.levelValue.units * Int128(Decimals.one) / Int128(last), lot: lot,
            noise: seed ^ (epoch << 7) ^ (isBid ? 1 : 0), count: isEmpty ? 0 : min(1000, liquidity.levels))
    }

    /// The generated levels not taken yet, best first, as long as `body` wants more.
    func forGenerated(isBid: Bool, _ body: (Level) -> Bool) {
        var gone = isBid ? taken.bids : taken.asks
        let given = recorded.map { isBid ? $0.bids : $0.asks }
        let ladder = ladder(isBid: isBid)
        var number = 0
        while var level = given.map({ number < $0.count ? $0[number] : nil }) ?? ladder.level(number) {
            number += 1
            let part = min(gone, level.size)
            gone -= part
            level.size -= part
            if level.size > 0, !body(level) { return }
        }
    }

    /// The best of them.
    func bestGenerated(isBid: Bool) -> Level? {
        var best: Level?
        forGenerated(isBid: isBid) {
            best = $0
            return false
        }
        return best
    }

    /// What those at `limit` or better hold.
    func generatedSize(isBid: Bool, limit: Units) -> Units {
        var sum: Units = 0
        forGenerated(isBid: isBid) { level in
            guard isBid ? level.price >= limit : level.price <= limit else { return false }
            sum = sum.adding(level.size)
            return true
        }
        return sum
    }

    mutating func take(isBid: Bool, _ size: Units) {
        if isBid { taken.bids = taken.bids.adding(size) } else { taken.asks = taken.asks.adding(size) }
    }

    mutating func newBook() {
        epoch &+= 1
        taken = (0, 0)
    }
}
