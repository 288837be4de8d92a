// SPDX-License-Identifier: Apache-2.0

internal import HyperliquidSimulator
internal import Trading
internal import VenueFaults

/// The shapes of made-up markets.
enum MarketShape: String, CaseIterable, Sendable {
    /// Rises for hours, then falls for hours.
    case trend
    /// Swings around one price.
    case range
    /// Swings, and once in two hours falls by a fifth within minutes, then recovers half of it.
    case crash
    /// Swings, and about once an hour the price is elsewhere from one trade to the next.
    case gap
    /// Swings with a wide spread and little in the book.
    case thin
}

/// A market that is made up: a trade each second of market time. The same seed gives the same market.
///
/// Only additions, multiplications and divisions, so that it is the same on every machine.
struct MarketGenerator: Sendable {
    private let shape: MarketShape
    private let grid: MarketGrid
    private let home: Double
    private var price: Double
    private var random: SplitMix
    private(set) var nextTime: Timestamp?
    private let end: Timestamp?
    /// The second that the shape's crash or gap comes in, once; `nil`: again and again, as the shape says.
    private let eventSecond: Int64?
    private var second: Int64 = 0
    private var direction = 1.0

    /// - Parameters:
    ///   - start: Of the first trade.
    ///   - end: No trade at or after it; `nil`: it goes on for ever.
    ///   - event: When the crash or gap of the shape comes, the only one; `nil`: as the shape says.
    init(
        shape: MarketShape, price: Fixed8, grid: MarketGrid, seed: UInt64, start: Timestamp, end: Timestamp? = nil,
        event: Timestamp? = nil
    ) {
        self.shape = shape
        self.grid = grid
        home = Double(price.units)
        self.price = home
        random = SplitMix(seed: seed)
        nextTime = start
        self.end = end
        // The first trade is that of second 1.
        eventSecond = event.map { ($0 - start).nanoseconds / 1_000_000_000 + 1 }
    }

    mutating func next() -> MarketEvent? {
        guard let time = nextTime else { return nil }
        second += 1
        // About normal: the sum of uniform numbers. Half a percent in an hour, more or less.
        var step = 0.0
        for _ in 0..<6 { step += random.fraction() - 0.5 }
        let noise = step * 0.00012
        let pull = (home - price) / home * 0.0005
        switch shape {
        case .trend:
            if second % 14_400 == 0 { direction = -direction }
            price *= 1 + noise + direction * 0.000004
        case .range, .thin: price *= 1 + noise + pull
        case .crash:
            let phase = eventSecond.map { second - $0 + 3600 } ?? second % 7200
            // A fifth in three minutes: each second about an eighth of a percent.
            let fall = (3600..<3780).contains(phase) ? -0.00124 : (3780..<4500).contains(phase) ? 0.000155 : 0
            price *= 1 + noise + fall + (fall == 0 ? pull / 10 : 0)
        case .gap:
            price *= 1 + noise + pull
            if let eventSecond {
                if second == eventSecond { price *= 0.97 }
            } else if random.fraction() < 1.0 / 3600 {
                price *= random.fraction() < 0.5 ? 0.97 : 1.03
            }
        }
        price = min(max(price, home / 50), home * 50)
        let value = shape == .thin ? 40.0 : 4000.0
        let size = Fixed8(units: Int128(value * 1e8 / (price / 1e8) * (0.2 + 1.6 * random.fraction())))
        let next = time + .seconds(1)
        nextTime = end.map { next < $0 } ?? true ? next : nil
        return .trade(
            price: grid.price(Fixed8(units: Int128(price))), size: grid.volume(size), takerIsBuy: step > 0)
    }

    /// Runs ahead to a time and gives what happened as bars of one minute.
    mutating func history(until time: Timestamp) -> [MarketBar] {
        var bars: [MarketBar] = []
        while let now = nextTime, now < time, case .trade(let price, let size, _) = next() {
            let open = Timeframe.oneMinute.openTime(containing: now)
            if let last = bars.indices.last, bars[last].openTime == open {
                bars[last].high = max(bars[last].high, price)
                bars[last].low = min(bars[last].low, price)
                bars[last].close = price
                bars[last].volume = bars[last].volume + size
            } else {
                bars.append(
                    MarketBar(openTime: open, open: price, high: price, low: price, close: price, volume: size))
            }
        }
        return bars
    }

    /// Makes the book of a market what its shape asks for.
    static func adjust(_ market: inout MarketConfiguration, to shape: MarketShape) {
        guard shape == .thin else { return }
        market.liquidity.spread = Rate(units: 5_000_000)
        market.liquidity.levelValue = Fixed8(100)
        market.liquidity.levels = 5
    }
}
