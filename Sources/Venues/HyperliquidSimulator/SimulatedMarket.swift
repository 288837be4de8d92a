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
        fundingRate = configuration.fundingRate.units
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

    /// A generated level, `number` 0 being the best; `nil` where there is none.
    func generated(isBid: Bool, _ number: Int) -> Level? {
        guard number < liquidity.levels, liquidity.levelValue.units > 0, last > 0 else { return nil }
        let tick = tick(at: last)
        let half = max(0, Int64(clamping: Int128(last) * Int128(liquidity.spread.units) / 2_000_000_000))
        let away = Units(number) * max(1, liquidity.ticksBetweenLevels) * tick
        var bid = (last - half) / tick * tick
        let ask = (last + half + tick - 1) / tick * tick
        if bid == ask { bid -= tick }
        let price = isBid ? bid - away : ask + away
        guard price > 0 else { return nil }
        let noise = mixed(seed ^ (epoch << 7) ^ UInt64(number << 1) ^ (isBid ? 1 : 0)) & 255
        // Between a half and one and a half times as much, and more further away.
        let value = liquidity.levelValue.units * Int128(128 + noise) * Int128(4 + number) / 1024
        let size = Units(clamping: value * Int128(Decimals.one) / Int128(price)) / lot * lot
        return Level(price: price, size: max(lot, size))
    }

    /// The best generated level that is not taken yet, for an order on the other side.
    func bestGenerated(isBid: Bool) -> Level? {
        var gone = isBid ? taken.bids : taken.asks
        var number = 0
        while let level = generated(isBid: isBid, number) {
            if gone < level.size { return Level(price: level.price, size: level.size - gone) }
            gone -= level.size
            number += 1
        }
        return nil
    }

    /// What the generated levels not taken yet hold at `limit` or better.
    func generatedSize(isBid: Bool, limit: Units) -> Units {
        var sum: Units = 0
        var number = 0
        while let level = generated(isBid: isBid, number), isBid ? level.price >= limit : level.price <= limit {
            sum = sum.addingReportingOverflow(level.size).overflow ? .max : sum + level.size
            number += 1
        }
        return max(0, sum - (isBid ? taken.bids : taken.asks))
    }

    mutating func take(isBid: Bool, _ size: Units) {
        if isBid { taken.bids += size } else { taken.asks += size }
    }

    mutating func newBook() {
        epoch &+= 1
        taken = (0, 0)
    }
}
