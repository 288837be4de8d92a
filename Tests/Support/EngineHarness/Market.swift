// SPDX-License-Identifier: Apache-2.0

package import MarketData
import TestSupport
package import Trading

/// Small markets for tests: prices in cents, quantities in thousandths, one-minute bars from 2024-01-01.
package enum Market {
    package static let start = Timestamp(seconds: 1_704_067_200)
    package static let minute: Int64 = 60_000_000_000

    /// Bars with these closes, in whole units; each opens where the one before closed.
    package static func bars(closes: [Double], first: Int = 0) -> [Bar] {
        var open = closes[0]
        return closes.enumerated().map { index, close in
            defer { open = close }
            return bar(first + index, open, max(open, close), min(open, close), close)
        }
    }

    package static func bar(_ index: Int, _ open: Double, _ high: Double, _ low: Double, _ close: Double) -> Bar {
        func price(_ value: Double) -> Price { Price(units: Int64((value * 100).rounded())) }
        return Bar(
            openTime: time(index), open: price(open), high: price(high), low: price(low), close: price(close),
            volume: Quantity(units: 1_000_000_000))
    }

    /// When the bar of this number opens.
    package static func time(_ index: Int) -> Timestamp {
        Timestamp(nanoseconds: start.nanoseconds + Int64(index) * minute)
    }

    /// A random walk; with gaps, a tenth of the bars is missing.
    package static func walk(seed: UInt64, count: Int, hasGaps: Bool = false) -> [Bar] {
        var random = SeededRandom(seed: seed)
        var price = Int64.random(in: 5_000...50_000, using: &random)
        var bars: [Bar] = []
        for index in 0..<count {
            let open = max(100, price + Int64.random(in: -20...20, using: &random))
            let close = max(100, open + Int64.random(in: -300...300, using: &random))
            let high = max(open, close) + Int64.random(in: 0...150, using: &random)
            let low = max(50, min(open, close) - Int64.random(in: 0...150, using: &random))
            price = close
            if hasGaps, Int.random(in: 0..<10, using: &random) == 0 { continue }
            bars.append(
                Bar(
                    openTime: time(index), open: Price(units: open), high: Price(units: high), low: Price(units: low),
                    close: Price(units: close), volume: Quantity(units: Int64.random(in: 1...100_000, using: &random))))
        }
        return bars
    }

    package static func series(_ bars: [Bar], timeframe: Timeframe = .oneMinute) throws -> BarSeries {
        try BarSeries(bars, timeframe: timeframe, priceDecimals: 2, quantityDecimals: 3)
    }
}
