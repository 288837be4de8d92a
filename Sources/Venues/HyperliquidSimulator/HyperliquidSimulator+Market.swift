// SPDX-License-Identifier: Apache-2.0

import Cryptography
public import Trading

/// What happens in a market, apart from the simulated accounts.
public enum MarketEvent: Sendable, Hashable {
    /// A trade: the price moves there, a new book forms around it.
    case trade(price: Fixed8, size: Fixed8, takerIsBuy: Bool)
    /// Where data has them; until then both are the last price.
    case mark(Fixed8)
    case oracle(Fixed8)
    /// Per hour, paid at the next full hour.
    case fundingRate(Rate)
    case liquidity(Liquidity)
    /// A recorded book, best first: it stands in place of the generated one, also after trades, until the next one.
    /// Two empty sides bring the generated one back.
    case book(bids: [PriceLevel], asks: [PriceLevel])
}

public struct PriceLevel: Sendable, Hashable, BitwiseCopyable {
    public var price: Fixed8
    public var size: Fixed8
    public init(price: Fixed8, size: Fixed8) {
        self.price = price
        self.size = size
    }
}

/// A bar from data, with the volume in base currency.
public struct MarketBar: Sendable, Hashable {
    public var openTime: Timestamp
    public var open: Fixed8
    public var high: Fixed8
    public var low: Fixed8
    public var close: Fixed8
    public var volume: Fixed8
    public init(
        openTime: Timestamp, open: Fixed8, high: Fixed8, low: Fixed8, close: Fixed8, volume: Fixed8
    ) {
        self.openTime = openTime
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// The path that stands for what happened inside the bar: open, the nearer extreme, the other one, close, each with
    /// a quarter of the volume; the first trade at the open time, the last a millisecond before the bar ends.
    public func trades(length: TimeSpan) -> [(time: Timestamp, event: MarketEvent)] {
        let highFirst = high.units - open.units < open.units - low.units
        let path = [open, highFirst ? high : low, highFirst ? low : high, close]
        let last = max(0, length.nanoseconds - 1_000_000)
        let quarter = Fixed8(units: volume.units / 4)
        return path.indices.map { step in
            let before = step == 0 ? open : path[step - 1]
            let size = step == 3 ? Fixed8(units: volume.units - 3 * quarter.units) : quarter
            return (
                openTime + TimeSpan(nanoseconds: last * Int64(step) / 3),
                .trade(price: path[step], size: size, takerIsBuy: path[step] >= before)
            )
        }
    }
}

extension HyperliquidSimulator {
    /// Lets something happen in a market.
    ///
    /// - Parameters:
    ///   - coin: As in market data: `BTC`, `PURR/USDC`, `@1`. An unknown one is a mistake of the caller.
    ///   - market: The market time; one before the latest is taken as the latest.
    public mutating func advanceMarket(_ coin: String, _ event: MarketEvent, at market: Timestamp, wall: Timestamp) {
        guard let index = marketOfCoin[coin] else { preconditionFailure("there is no market \(coin)") }
        advanceMarket(index: index, event, at: market, wall: wall)
    }

    /// The same, of the market in this place of the configuration.
    public mutating func advanceMarket(
        index: Int, _ event: MarketEvent, at market: Timestamp, wall: Timestamp
    ) {
        begin(wall)
        statistics.marketEvents += 1
        let now = max(marketTime ?? bounded(market), bounded(market))
        marketTime = now
        if nextFunding.map({ now >= $0 }) ?? true { payFunding(until: now) }
        switch event {
        case .trade(let price, let size, let takerIsBuy):
            guard let price = usable(price) else { break }
            let size = Units(clamping: max(0, min(size.units, Int128(Decimals.largest))))
            move(index, price: price, size: size, takerIsBuy: takerIsBuy)
        case .mark(let price):
            guard let price = usable(price) else { break }
            markets[index].isMarkGiven = true
            markets[index].mark = price
            markChanged(index)
        case .oracle(let price):
            guard let price = usable(price) else { break }
            markets[index].isOracleGiven = true
            markets[index].oracle = price
        case .fundingRate(let rate):
            // At most four percent an hour.
            // The venue shows eight decimals.
            markets[index].fundingRate = max(-40_000_000, min(40_000_000, rate.units / 10 * 10))
        case .liquidity(let liquidity):
            markets[index].liquidity = liquidity
            markets[index].newBook()
        case .book(let bids, let asks):
            let (bids, asks) = (usable(bids, isBid: true), usable(asks, isBid: false))
            if let bid = bids.first, let ask = asks.first, bid.price >= ask.price {
                statistics.unusablePrices += 1
                break
            }
            markets[index].recorded = bids.isEmpty && asks.isEmpty ? nil : (bids, asks)
            markets[index].newBook()
            hitResting(index, price: markets[index].last, size: 0, takerIsBuy: false)
            settleConsequences()
        }
        if !twaps.isEmpty { runTwaps() }
        publishMarket(index)
        flush()
    }

    /// Lets a whole bar happen at once: its four trades at their market times.
    public mutating func advanceMarket(_ coin: String, _ bar: MarketBar, length: TimeSpan, wall: Timestamp) {
        for (time, event) in bar.trades(length: length) { advanceMarket(coin, event, at: time, wall: wall) }
    }

    /// Lets time pass in the markets without a trade: funding is paid, TWAPs go on.
    public mutating func advanceClock(to market: Timestamp, wall: Timestamp) {
        begin(wall)
        let now = max(marketTime ?? bounded(market), bounded(market))
        marketTime = now
        if nextFunding.map({ now >= $0 }) ?? true { payFunding(until: now) }
        if !twaps.isEmpty { runTwaps() }
        flush()
    }

    /// Gives candles that clients can ask for, from before the first event.
    ///
    /// - Parameter bars: Oldest first, in whole bars of one length.
    public mutating func loadHistory(_ coin: String, length: TimeSpan, _ bars: [MarketBar]) {
        guard let index = marketOfCoin[coin] else { preconditionFailure("there is no market \(coin)") }
        precondition(length > .zero, "a bar has a length")
        for bar in bars where bar.open > .zero && bar.openTime == bounded(bar.openTime) {
            markets[index].candles.fold(
                Candle(
                    openTime: bar.openTime.nanoseconds, open: Units(clamping: bar.open.units),
                    high: Units(clamping: bar.high.units), low: Units(clamping: bar.low.units),
                    close: Units(clamping: bar.close.units), volume: Units(clamping: bar.volume.units), trades: 4),
                length: length.nanoseconds)
        }
        // Whoever asks before the market moves on is told the time that the history ends at.
        if let last = bars.last { marketTime = max(marketTime ?? .distantPast, last.openTime + length) }
    }

    /// A price that can be: others are counted and change nothing, since data comes from outside.
    private mutating func usable(_ price: Fixed8) -> Units? {
        guard price > .zero, price.units <= Int128(Decimals.largest) else {
            statistics.unusablePrices += 1
            return nil
        }
        return Units(price.units)
    }

    /// At most a hundred levels, best first.
    private mutating func usable(_ levels: [PriceLevel], isBid: Bool) -> [SimulatedMarket.Level] {
        levels.prefix(100).compactMap { level in
            guard let price = usable(level.price), level.size > .zero, level.size.units <= Int128(Decimals.largest)
            else { return nil }
            return SimulatedMarket.Level(price: price, size: Units(level.size.units))
        }.sorted { isBid ? $0.price > $1.price : $0.price < $1.price }
    }

    private mutating func move(_ index: Int, price: Units, size: Units, takerIsBuy: Bool) {
        let before = markets[index].mark
        markets[index].last = price
        if !markets[index].isOracleGiven { markets[index].oracle = price }
        if !markets[index].isMarkGiven { markets[index].mark = price }
        markets[index].newBook()
        tradeCount += 1
        tape(
            PublicTrade(
                time: time, price: price, size: size, isBuy: takerIsBuy, tid: tradeID(tradeCount), buyer: .zero,
                seller: .zero), in: index, isOfMarket: true)
        if !markets[index].bids.isEmpty || !markets[index].asks.isEmpty {
            hitResting(index, price: price, size: size, takerIsBuy: takerIsBuy)
            settleConsequences()
        }
        if markets[index].mark != before { markChanged(index) }
    }

    private mutating func markChanged(_ index: Int) {
        if !markets[index].triggers.isEmpty {
            fireTriggers(index)
            settleConsequences()
        }
        if !markets[index].holders.isEmpty {
            liquidate(holdersOf: index)
            settleConsequences()
        }
    }

    /// Shows a trade to everybody. Those of the market data make the candles; what the accounts trade does not change
    /// them, so that they stay what the data says.
    mutating func tape(_ trade: PublicTrade, in index: Int, isOfMarket: Bool) {
        if markets[index].trades.count >= 200 { markets[index].trades.removeFirst(100) }
        markets[index].trades.append(trade)
        markets[index].unpublishedTrades += 1
        guard isOfMarket else { return }
        let now = marketTime ?? wall
        let day = now.dayNumber
        if day != markets[index].dayStart {
            markets[index].previousDayPrice = markets[index].candles.current(0)?.close ?? trade.price
            markets[index].dayStart = day
            markets[index].dayValue = 0
            markets[index].dayVolume = 0
        }
        markets[index].dayValue += Decimals.notional(trade.price, trade.size)
        markets[index].dayVolume += Int128(trade.size)
        markets[index].candles.add(time: now.nanoseconds, price: trade.price, size: trade.size)
    }
}
