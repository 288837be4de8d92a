// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The equity curve with its drawdown, reduced to what a chart can show; extremes survive.
struct SampledEquity {
    private(set) var times: [Int64] = []
    private(set) var close: [Double] = []
    private(set) var hold: [Double] = []
    private(set) var drawdown: [Double] = []

    init(_ report: BacktestReport, maximumPoints: Int = 4_000) {
        let curve = report.equity
        let low = curve.low.isEmpty ? curve.close : curve.low
        let high = curve.high.isEmpty ? curve.close : curve.high
        var falls: [Double] = []
        falls.reserveCapacity(curve.close.count)
        var peak = report.performance.startEquity
        for index in curve.close.indices {
            peak = max(peak, high[index], curve.close[index])
            falls.append(peak > 0 ? (min(low[index], curve.close[index]) - peak) / peak : .nan)
        }
        let byClose = Downsampling.extremes(of: curve.close, atMost: maximumPoints / 2)
        let byFall = Downsampling.extremes(of: falls, atMost: maximumPoints / 2)
        var previous: Int64?
        for index in Self.merged(byClose, byFall) {
            // Charts have a resolution of seconds; a point within the same second gives way to the later one.
            let second = curve.times[index] / 1_000_000_000
            if second == previous {
                close[close.count - 1] = curve.close[index]
                drawdown[drawdown.count - 1] = min(drawdown[drawdown.count - 1], falls[index])
                if !curve.buyAndHold.isEmpty { hold[hold.count - 1] = curve.buyAndHold[index] }
                continue
            }
            if let previous, second < previous { continue }
            previous = second
            times.append(second)
            close.append(curve.close[index])
            drawdown.append(falls[index])
            if !curve.buyAndHold.isEmpty { hold.append(curve.buyAndHold[index]) }
        }
    }

    private static func merged(_ left: [Int], _ right: [Int]) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(left.count + right.count)
        var (first, second) = (0, 0)
        while first < left.count || second < right.count {
            let next = min(first < left.count ? left[first] : .max, second < right.count ? right[second] : .max)
            result.append(next)
            if first < left.count, left[first] == next { first += 1 }
            if second < right.count, right[second] == next { second += 1 }
        }
        return result
    }
}

/// The numbers that the page's script draws, as compact JSON: times are seconds, each as the distance to the one
/// before it.
enum PageData {
    /// Trades in the page; all of them are in the CSV file.
    static let maximumTrades = 3_000
    /// Candles of all symbols together.
    static let maximumCandles = 12_000

    static func json(_ report: BacktestReport, curve: SampledEquity) -> [UInt8] {
        var json = JSONWriter(capacity: 500_000)
        json.object { json in
            json.object("equity") { json in
                distances("time", curve.times, &json)
                column("close", curve.close, decimals: decimals(for: curve.close), &json)
                column("hold", curve.hold, decimals: decimals(for: curve.hold), &json)
                column("drawdown", curve.drawdown, decimals: 5, &json)
            }
            json.array("charts") { json in
                let charts = report.charts.filter { !$0.candles.isEmpty }
                for chart in charts {
                    write(chart, report, maximumCandles: max(50, maximumCandles / charts.count), &json)
                }
            }
            writeTrades(report, &json)
        }
        return json.text.bytes
    }

    private static func write(
        _ chart: BacktestReport.SymbolChart, _ report: BacktestReport, maximumCandles: Int, _ json: inout JSONWriter
    ) {
        let reduced = BacktestReport.SymbolChart(
            symbol: chart.symbol, timeframe: chart.timeframe, priceDecimals: chart.priceDecimals,
            maximumCandles: maximumCandles, count: chart.candles.count
        ) { chart.candles[$0] }
        let bars = chart.barsPerCandle * reduced.barsPerCandle
        var candles: [BacktestReport.SymbolChart.Candle] = []
        for candle in reduced.candles
        where [candle.open, candle.high, candle.low, candle.close].allSatisfy(\.isFinite) {
            if let last = candles.last, candle.time / 1_000_000_000 <= last.time / 1_000_000_000 { continue }
            candles.append(candle)
        }
        json.object { json in
            json.string("symbol", report.names.symbol(chart.symbol))
            json.integer("decimals", chart.priceDecimals)
            json.string(
                "note",
                bars > 1 ? "One candle holds \(NumberText.grouped(bars)) bars of \(chart.timeframe)." : "")
            distances("time", candles.map { $0.time / 1_000_000_000 }, &json)
            column("open", candles.map(\.open), decimals: chart.priceDecimals, &json)
            column("high", candles.map(\.high), decimals: chart.priceDecimals, &json)
            column("low", candles.map(\.low), decimals: chart.priceDecimals, &json)
            column("close", candles.map(\.close), decimals: chart.priceDecimals, &json)
            writeMarkers(report.fillList.filter { $0.symbol == chart.symbol }, candles, &json)
        }
    }

    /// `[candle, buys, sells]` for each candle that has fills.
    private static func writeMarkers(
        _ fills: [BacktestReport.Fill], _ candles: [BacktestReport.SymbolChart.Candle], _ json: inout JSONWriter
    ) {
        var counts = [(buys: Int, sells: Int)](repeating: (0, 0), count: candles.count)
        for fill in fills {
            guard let position = position(of: fill.time, in: candles) else { continue }
            if fill.isBuy { counts[position].buys += 1 } else { counts[position].sells += 1 }
        }
        json.array("markers") { json in
            for (position, count) in counts.enumerated() where count != (0, 0) {
                json.array { json in
                    json.integer(nil, position)
                    json.integer(nil, count.buys)
                    json.integer(nil, count.sells)
                }
            }
        }
    }

    /// The last candle that opened at or before the time.
    private static func position(of time: Int64, in candles: [BacktestReport.SymbolChart.Candle]) -> Int? {
        var (low, high) = (0, candles.count)
        while low < high {
            let middle = (low + high) / 2
            if candles[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    private static func writeTrades(_ report: BacktestReport, _ json: inout JSONWriter) {
        let trades = report.tradeList.suffix(maximumTrades)
        let symbols = NameTable(trades.map(\.symbol))
        let strategies = NameTable(trades.map(\.strategy))
        let reasons = NameTable(trades.map(\.exitReason))
        json.object("trades") { json in
            json.array("symbols") { json in for key in symbols.keys { json.string(nil, report.names.symbol(key)) } }
            json.array("strategies") { json in
                for key in strategies.keys { json.string(nil, report.names.strategy(key)) }
            }
            json.array("reasons") { json in for key in reasons.keys { json.string(nil, report.names.exitReason(key)) } }
            json.array("rows") { json in
                for trade in trades {
                    json.array { json in
                        json.integer(nil, Int(trade.entryTime / 1_000_000_000))
                        json.integer(nil, Int(trade.exitTime / 1_000_000_000))
                        json.integer(nil, symbols.position(trade.symbol))
                        json.integer(nil, strategies.position(trade.strategy))
                        json.integer(nil, trade.isLong ? 1 : 0)
                        for text in [trade.quantity, trade.entryPrice, trade.exitPrice, trade.profit, trade.fees] {
                            json.string(nil, text)
                        }
                        json.integer(nil, reasons.position(trade.exitReason))
                    }
                }
            }
        }
    }

    private static func distances(_ key: String, _ seconds: [Int64], _ json: inout JSONWriter) {
        json.array(key) { json in
            var previous: Int64 = 0
            for second in seconds {
                json.integer(nil, Int(second - previous))
                previous = second
            }
        }
    }

    private static func column(_ key: String, _ values: [Double], decimals: Int, _ json: inout JSONWriter) {
        json.array(key) { json in for value in values { json.number(nil, value, decimals: decimals) } }
    }

    /// About seven significant digits of the largest value: more than a screen can show.
    private static func decimals(for values: [Double]) -> Int {
        let largest = values.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
        var decimals = 6
        var limit = 10.0
        while largest >= limit, decimals > 2 {
            decimals -= 1
            limit *= 10
        }
        return decimals
    }
}

/// The keys that occur, ascending, so that only their names need to be written.
private struct NameTable {
    let keys: [Int]

    init(_ used: [Int]) { keys = Set(used).sorted() }

    func position(_ key: Int) -> Int { keys.firstIndex(of: key) ?? 0 }
}
