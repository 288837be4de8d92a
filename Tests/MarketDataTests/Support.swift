// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Trading

func bar(_ minute: Int64, _ open: Int64, _ high: Int64, _ low: Int64, _ close: Int64, _ volume: Int64) -> Bar {
    Bar(
        openTime: Timestamp(seconds: minute * 60), open: Price(units: open), high: Price(units: high),
        low: Price(units: low), close: Price(units: close), volume: Quantity(units: volume))
}

/// Bars of a random walk with random gaps, beginning anywhere on the grid.
func randomBars(seed: UInt64, timeframe: Timeframe = .oneMinute, count: Int) -> [Bar] {
    var random = SeededRandom(seed: seed)
    var time = timeframe.openTime(containing: Timestamp(seconds: Int64.random(in: 0...2_000_000_000, using: &random)))
    var price = Int64.random(in: 1_000...100_000, using: &random)
    return (0..<count).map { _ in
        let open = price
        let close = max(1, open + Int64.random(in: -50...50, using: &random))
        let high = max(open, close) + Int64.random(in: 0...20, using: &random)
        let low = max(1, min(open, close) - Int64.random(in: 0...20, using: &random))
        let made = Bar(
            openTime: time, open: Price(units: open), high: Price(units: high), low: Price(units: low),
            close: Price(units: close), volume: Quantity(units: Int64.random(in: 0...1_000, using: &random)))
        price = close
        let steps = Int.random(in: 0..<10, using: &random) == 0 ? Int64.random(in: 2...40, using: &random) : 1
        time = time + timeframe.span * steps
        return made
    }
}

func series(_ bars: [Bar], timeframe: Timeframe = .oneMinute) throws -> BarSeries {
    try BarSeries(bars, timeframe: timeframe, priceDecimals: 2, quantityDecimals: 3)
}
