// SPDX-License-Identifier: Apache-2.0

/// What a run did in one span of its time, such as the days before or after a split.
///
/// Returns belong to the day on which they came; a trade belongs to the span in which it was opened, also where it was
/// closed after it.
public struct PeriodOutcome: Sendable, Equatable {
    /// Nanoseconds since the epoch; the equity of `from` is the start, that of `to` the end.
    public let from: Int64
    public let to: Int64
    /// Simple returns, one a UTC day from the first to the last; days without bars, and those after a total loss, are 0.
    public let dailyReturns: [Double]
    public let trades: TradeStatistics
    /// The deepest fall of the equity on closes of bars, as a negative fraction; `nil` where it was not measured.
    public let maximumDrawdown: Double?
    /// By the day on which they were opened, as many as there are returns.
    private let tradesByDay: [DayOfTrades]

    private struct DayOfTrades: Sendable, Equatable {
        var count = 0
        var wins = 0
        var profit = 0.0
        var loss = 0.0
    }

    /// - Parameters:
    ///   - times: Closes of bars, nanoseconds since the epoch, oldest first; only those in (`from`, `to`] count.
    ///   - equity: At the same times.
    ///   - startEquity: Before the first of all bars.
    ///   - trades: Of the whole run; those that were opened in [`from`, `to`) count.
    public init(
        times: [Int64], equity: [Double], startEquity: Double, trades: [TradeSample], from: Int64, to: Int64
    ) {
        self.from = from
        self.to = max(from, to)
        let day = MetricConventions.nanosecondsPerDay
        let origin = from - (from % day + day) % day
        let first = firstIndex(of: times, after: from)
        let end = firstIndex(of: times, after: self.to)
        let start = first > 0 ? equity[first - 1] : startEquity
        var tracker = EquityTracker(startEquity: start, startTime: from)
        let days = end > first ? Int((times[end - 1] - 1 - origin) / day) + 1 : 0
        var returns = [Double](repeating: 0, count: days)
        var previous = start
        var last = start
        var reached = 0
        for index in first..<max(first, end) {
            let place = Int((times[index] - 1 - origin) / day)
            if place > reached {
                returns[reached] = previous > 0 ? last / previous - 1 : 0
                (previous, reached) = (last, place)
            }
            last = equity[index]
            tracker.update(time: times[index], close: last)
        }
        if days > 0 { returns[reached] = previous > 0 ? last / previous - 1 : 0 }
        dailyReturns = returns
        maximumDrawdown = days > 0 ? tracker.closeDrawdown.maximum : nil

        var statistics = TradeStatistics()
        var byDay = [DayOfTrades](repeating: DayOfTrades(), count: days)
        for trade in trades where trade.entryTime >= from && trade.entryTime < self.to {
            statistics.add(trade)
            let place = Int((trade.entryTime - origin) / day)
            guard place < days else { continue }
            byDay[place].count += 1
            if trade.profit > 0 { byDay[place].wins += 1 }
            byDay[place].profit += max(0, trade.profit)
            byDay[place].loss -= min(0, trade.profit)
        }
        self.trades = statistics
        tradesByDay = byDay
    }

    public var days: Int { dailyReturns.count }
    public var totalReturn: Double? { days > 0 ? growth(dailyReturns).finite : nil }
    /// The return over all days as if it had been the same every week, compounded.
    public var weeklyReturn: Double? { Self.weekly(growth: totalReturn.map { $0 + 1 }, days: days) }

    private static func weekly(growth: Double?, days: Int) -> Double? {
        guard let growth, days > 0 else { return nil }
        return growth <= 0 ? -1 : (power(growth, 7 / Double(days)) - 1).finite
    }

    /// The ranges that resampled days give.
    public struct Ranges: Sendable, Equatable {
        public let winRate: RangedValue?
        public let profitFactor: RangedValue?
        public let weeklyReturn: RangedValue?
    }

    /// Resamples days, each with its return and with the trades that were opened on it.
    ///
    /// - Returns: `nil` where there are too few days.
    public func ranges(_ settings: BootstrapSettings = BootstrapSettings()) -> Ranges? {
        guard days >= settings.minimumDays, dailyReturns.allSatisfy(\.isFinite) else { return nil }
        let block = BlockLength.stationary(of: dailyReturns) ?? 1
        var bootstrap = StationaryBootstrap(count: days, blockLength: block, seed: settings.seed)
        var positions: [Int] = []
        var rates: [Double] = []
        var factors: [Double] = []
        var weeks: [Double] = []
        for _ in 0..<settings.resamples {
            bootstrap.draw(into: &positions)
            var sum = DayOfTrades()
            var grown = 1.0
            for position in positions {
                let day = tradesByDay[position]
                sum.count += day.count
                sum.wins += day.wins
                sum.profit += day.profit
                sum.loss += day.loss
                grown *= 1 + dailyReturns[position]
            }
            rates.append(Double(sum.wins) / Double(sum.count))
            factors.append(sum.profit / sum.loss)
            weeks.append(Self.weekly(growth: grown, days: days) ?? .nan)
        }
        func ranged(_ value: Double?, _ resampled: [Double]) -> RangedValue? {
            RangedValue(value, resampled: resampled, confidence: settings.confidence)
        }
        return Ranges(
            winRate: ranged(trades.winRate, rates), profitFactor: ranged(trades.profitFactor, factors),
            weeklyReturn: ranged(weeklyReturn, weeks))
    }
}

/// The first place whose time is after another, in sorted times.
private func firstIndex(of times: [Int64], after time: Int64) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
        let middle = (low + high) / 2
        if times[middle] > time { high = middle } else { low = middle + 1 }
    }
    return low
}
