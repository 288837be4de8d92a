// SPDX-License-Identifier: Apache-2.0

internal import HyperliquidSimulator
internal import Trading

/// What happens in the simulated markets, in order of time.
struct MarketFeed: Sendable {
    struct Event: Sendable {
        var time: Timestamp
        /// Of the market, in the order of the configuration.
        var market: Int
        var event: MarketEvent
    }

    private var sources: [Source]

    private enum Source: Sendable {
        case bars(BarReplay)
        case generated(MarketGenerator)

        var nextTime: Timestamp? {
            switch self {
            case .bars(let replay): replay.nextTime
            case .generated(let generator): generator.nextTime
            }
        }

        mutating func next() -> MarketEvent? {
            switch self {
            case .bars(var replay):
                defer { self = .bars(replay) }
                return replay.next()
            case .generated(var generator):
                defer { self = .generated(generator) }
                return generator.next()
            }
        }
    }

    init(replays: [BarReplay]) { sources = replays.map { .bars($0) } }
    init(generators: [MarketGenerator]) { sources = generators.map { .generated($0) } }

    /// Of the next event; `nil`: there is no more.
    var nextTime: Timestamp? { sources.lazy.compactMap(\.nextTime).min() }

    /// Those of one time come in the order of the markets.
    mutating func next() -> Event? {
        guard let time = nextTime, let index = sources.firstIndex(where: { $0.nextTime == time }),
            let event = sources[index].next()
        else { return nil }
        return Event(time: time, market: index, event: event)
    }
}

/// The trades that stand for a series of bars.
struct BarReplay: Sendable {
    private let bars: [MarketBar]
    private let length: TimeSpan
    private var position = 0
    private var step = 0
    private var path: [(time: Timestamp, event: MarketEvent)] = []

    /// - Parameter bars: Oldest first.
    init(bars: [MarketBar], length: TimeSpan) {
        self.bars = bars
        self.length = length
        path = bars.first?.trades(length: length) ?? []
    }

    var nextTime: Timestamp? { step < path.count ? path[step].time : nil }

    mutating func next() -> MarketEvent? {
        guard step < path.count else { return nil }
        let event = path[step].event
        step += 1
        if step == path.count {
            position += 1
            step = 0
            path = position < bars.count ? bars[position].trades(length: length) : []
        }
        return event
    }
}

/// The prices and sizes that a market of the venue can have.
struct MarketGrid: Hashable, Sendable {
    var szDecimals: Int
    var isSpot: Bool

    /// The nearest price on the grid: five significant figures, `6 − szDecimals` decimals (spot: 8), whole numbers
    /// always.
    func price(_ price: Fixed8) -> Fixed8 {
        var step = Self.power(8 - max(0, (isSpot ? 8 : 6) - szDecimals))
        var figures = Self.power(0)
        while price.units / figures >= 100_000 { figures *= 10 }
        step = max(step, min(figures, Self.power(8)))
        return Fixed8(units: max(step, (price.units + step / 2) / step * step))
    }

    /// A size that can be divided into four whole lots; one that is not zero stays above it.
    func volume(_ volume: Fixed8) -> Fixed8 {
        let step = 4 * Self.power(8 - szDecimals)
        return Fixed8(units: max(step, volume.units / step * step))
    }

    func bar(_ bar: MarketBar) -> MarketBar {
        MarketBar(
            openTime: bar.openTime, open: price(bar.open), high: price(bar.high), low: price(bar.low),
            close: price(bar.close), volume: volume(bar.volume))
    }

    /// Decimals of a size such that one lot is worth between about 10 cents and a dollar, as the venue has them; for
    /// coins it lists, what it lists.
    static func szDecimals(_ coin: String, price: Fixed8) -> Int {
        let known = [
            "BTC": 5, "ETH": 4, "SOL": 2, "XRP": 0, "DOGE": 0, "LTC": 2, "BNB": 3, "ADA": 0, "LINK": 1, "DOT": 1,
            "HYPE": 2, "EOS": 0,
        ]
        if let decimals = known[coin] { return decimals }
        var decimals = 0
        var lot = price.units
        while lot > power(8), decimals < 5 {
            lot /= 10
            decimals += 1
        }
        return decimals
    }

    private static func power(_ exponent: Int) -> Int128 {
        var value: Int128 = 1
        for _ in 0..<max(0, exponent) { value *= 10 }
        return value
    }
}
