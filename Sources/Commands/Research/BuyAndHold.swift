// SPDX-License-Identifier: Apache-2.0

import MarketData
import Statistics
import Trading

/// A start equity split evenly over the markets, bought at their first opens of a span and held.
struct BuyAndHold {
    private(set) var tracker: EquityTracker
    /// At the given times, where it is kept.
    private(set) var curve: [Double] = []

    /// - Parameters:
    ///   - start: `nil` comes of nothing to buy with, or no market.
    ///   - from: Bars that open earlier are not bought.
    ///   - times: When the value is taken, nanoseconds since the epoch, oldest first.
    init?(
        start: Double, from: Int64, times: ArraySlice<Int64>, markets: [BacktestAssembly.Market],
        valuation: BacktestValuation, keepsCurve: Bool = false
    ) {
        guard start > 0, !markets.isEmpty else { return nil }
        tracker = EquityTracker(startEquity: start, startTime: from)
        if keepsCurve { curve.reserveCapacity(times.count) }
        let share = start / Double(markets.count)
        let columns = markets.map(\.series.columns)
        defer { withExtendedLifetime(markets) {} }
        let lengths = markets.map(\.series.timeframe.nanoseconds)
        let currencies = markets.map { Self.priceCurrency(of: $0.instrument) }
        let isConstant = currencies.map(valuation.isConstant)
        func rate(_ market: Int, _ time: Int64) -> Double {
            valuation.rate(of: currencies[market], at: Timestamp(nanoseconds: time)) ?? 1
        }
        var positions = columns.map { columns in
            var (low, high) = (0, columns.count)
            while low < high {
                let middle = (low + high) / 2
                if columns.openTime[middle] >= from { high = middle } else { low = middle + 1 }
            }
            return low
        }
        // A market without a bar in the span stays money.
        let rates = columns.indices.map { market in
            positions[market] < columns[market].count ? rate(market, columns[market].openTime[positions[market]]) : 1
        }
        let weights = columns.indices.map { market in
            positions[market] < columns[market].count
                ? share / (Double(columns[market].open[positions[market]]) * rates[market]) : 0
        }
        var values = [Double](repeating: share, count: columns.count)
        for now in times {
            for market in columns.indices {
                while positions[market] < columns[market].count,
                    columns[market].openTime[positions[market]] + lengths[market] <= now
                {
                    let price = Double(columns[market].close[positions[market]])
                    values[market] = weights[market] * price * (isConstant[market] ? rates[market] : rate(market, now))
                    positions[market] += 1
                }
            }
            let equity = values.reduce(0, +)
            tracker.update(time: now, close: equity)
            if keepsCurve { curve.append(equity) }
        }
    }

    /// What the price of one unit of an instrument's base is stated in. Linear contracts settle their quote one to one.
    private static func priceCurrency(of instrument: Instrument) -> AssetID {
        if instrument.kind.isInverse { return instrument.quote }
        return instrument.settlement
    }
}
