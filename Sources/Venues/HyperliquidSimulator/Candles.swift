// SPDX-License-Identifier: Apache-2.0

import Trading

struct Candle: Sendable {
    /// In nanoseconds.
    var openTime: Int64
    var open: Units
    var high: Units
    var low: Units
    var close: Units
    var volume: Units
    var trades: Int64

    mutating func merge(_ later: Candle) {
        high = max(high, later.high)
        low = min(low, later.low)
        close = later.close
        volume = volume.adding(later.volume)
        trades &+= later.trades
    }
}

/// The intervals that the venue publishes.
struct CandleInterval: Sendable {
    let name: String
    /// Nanoseconds; a month's is the shortest possible.
    let length: Int64
    let isMonth: Bool

    private static let minute: Int64 = 60_000_000_000
    static let all: [CandleInterval] =
        [
            ("1m", 1), ("3m", 3), ("5m", 5), ("15m", 15), ("30m", 30), ("1h", 60), ("2h", 120), ("4h", 240),
            ("8h", 480), ("12h", 720), ("1d", 1440), ("3d", 4320), ("1w", 10_080),
        ].map { CandleInterval(name: $0.0, length: $0.1 * minute, isMonth: false) } + [
            CandleInterval(name: "1M", length: 28 * 1440 * minute, isMonth: true)
        ]

    func openTime(containing time: Int64) -> Int64 {
        if isMonth {
            let date = CivilDate(daysSinceEpoch: Timestamp(nanoseconds: time).dayNumber)
            return CivilDate(year: date.year, month: date.month, day: 1).daysSinceEpoch * 86_400_000_000_000
        }
        // 1970-01-01 was a Thursday: weeks begin four days later.
        let origin: Int64 = name == "1w" ? 4 * 86_400_000_000_000 : 0
        let rest = (time - origin) % length
        return time - (rest < 0 ? rest + length : rest)
    }

    func nextOpenTime(after openTime: Int64) -> Int64 {
        isMonth ? self.openTime(containing: openTime + 32 * 86_400_000_000_000) : openTime + length
    }

    func isMadeOf(_ shorter: Int64) -> Bool {
        isMonth ? 86_400_000_000_000 % shorter == 0 : length >= shorter && length % shorter == 0
    }
}

/// The latest 5000 candles of every interval. A trade touches only the running minute; a minute that is over is folded
/// into the longer ones.
struct CandleStore: Sendable {
    static let kept = 5000
    private struct Series: Sendable {
        var closed: [Candle] = []
        var running: Candle?
    }
    private var series = [Series](repeating: Series(), count: CandleInterval.all.count)
    private(set) var minute: Candle?

    mutating func add(time: Int64, price: Units, size: Units) {
        let next = Candle(
            openTime: 0, open: price, high: price, low: price, close: price, volume: size, trades: size > 0 ? 1 : 0)
        if let open = minute?.openTime, time < open + 60_000_000_000 {
            minute!.merge(next)
            return
        }
        if let minute { fold(minute, length: 60_000_000_000) }
        var opened = next
        opened.openTime = CandleInterval.all[0].openTime(containing: time)
        minute = opened
    }

    /// Adds a whole candle of some length to every interval that is made of such.
    mutating func fold(_ candle: Candle, length: Int64) {
        for index in series.indices where CandleInterval.all[index].isMadeOf(length) {
            let open = CandleInterval.all[index].openTime(containing: candle.openTime)
            if series[index].running?.openTime == open {
                series[index].running!.merge(candle)
                continue
            }
            if let running = series[index].running {
                if running.openTime > open { continue }
                series[index].closed.append(running)
                if series[index].closed.count >= Self.kept + 1000 {
                    series[index].closed.removeFirst(series[index].closed.count - Self.kept)
                }
            }
            series[index].running = candle
            series[index].running!.openTime = open
        }
    }

    /// The candle that is still open.
    func current(_ interval: Int) -> Candle? {
        guard let minute else { return series[interval].running }
        let open = CandleInterval.all[interval].openTime(containing: minute.openTime)
        if var running = series[interval].running, running.openTime == open {
            running.merge(minute)
            return running
        }
        var candle = minute
        candle.openTime = open
        return candle
    }

    /// The latest 5000 that opened in a range of nanoseconds, oldest first, the open one included.
    func candles(_ interval: Int, from: Int64, to: Int64) -> [Candle] {
        var all = series[interval].closed
        if let running = series[interval].running, running.openTime != current(interval)?.openTime {
            all.append(running)
        }
        if let current = current(interval) { all.append(current) }
        return all.suffix(Self.kept).filter { $0.openTime >= from && $0.openTime <= to }
    }
}
