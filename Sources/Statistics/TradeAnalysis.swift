// SPDX-License-Identifier: Apache-2.0

/// The trades of a run: as a whole and split by side, strategy, symbol, hour of day and exit reason.
public struct TradeAnalysis: Equatable, Sendable {
    /// One part of a split.
    public struct Group: Equatable, Sendable {
        /// The dense index of strategy, symbol or exit reason; 0 to 23 for the hour (UTC) of entry.
        public var key: Int
        public var statistics: TradeStatistics
    }

    public private(set) var all = TradeStatistics()
    public private(set) var long = TradeStatistics()
    public private(set) var short = TradeStatistics()
    public private(set) var byStrategy: [Group] = []
    public private(set) var bySymbol: [Group] = []
    public private(set) var byHour: [Group] = []
    public private(set) var byExitReason: [Group] = []
    /// Share of the run's time in which at least one trade was open; `nil` for a run without length.
    public private(set) var exposure: Double?

    /// - Parameters:
    ///   - trades: In order of exit.
    ///   - openSince: Entry times of positions that are still open at the end; they count in `exposure` only.
    ///   - from: Start of the run, nanoseconds since the epoch.
    ///   - to: End of the run, nanoseconds since the epoch.
    /// - Complexity: O(*n* log *n*).
    public init(trades: [TradeSample], openSince: [Int64] = [], from: Int64, to: Int64) {
        var strategies = Split()
        var symbols = Split()
        var hours = Split()
        var reasons = Split()
        for trade in trades {
            all.add(trade)
            if trade.isLong { long.add(trade) } else { short.add(trade) }
            strategies.add(trade, key: Int(trade.strategy))
            symbols.add(trade, key: Int(trade.symbol))
            reasons.add(trade, key: Int(trade.exitReason))
            hours.add(trade, key: Self.hour(of: trade.entryTime))
        }
        byStrategy = strategies.groups
        bySymbol = symbols.groups
        byHour = hours.groups
        byExitReason = reasons.groups
        exposure = Self.exposure(trades, openSince: openSince, from: from, to: to)
    }

    private static func hour(of time: Int64) -> Int {
        let remainder = time % MetricConventions.nanosecondsPerDay
        let ofDay = remainder < 0 ? remainder + MetricConventions.nanosecondsPerDay : remainder
        return Int(ofDay / 3_600_000_000_000)
    }

    /// The union of all holding times, cut to the run, over its length.
    private static func exposure(_ trades: [TradeSample], openSince: [Int64], from: Int64, to: Int64) -> Double? {
        guard to > from else { return nil }
        var spans = trades.map { (start: $0.entryTime, end: $0.exitTime) }
        spans += openSince.map { (start: $0, end: to) }
        spans.sort { $0.start < $1.start }
        var held = 0.0
        var reached = from
        for span in spans {
            let start = max(span.start, reached)
            let end = min(span.end, to)
            if end > start {
                held += Double(end) - Double(start)
                reached = end
            }
        }
        return held / (Double(to) - Double(from))
    }
}

/// Statistics by a small non-negative key; other keys are gathered under -1.
private struct Split {
    private var statistics: [TradeStatistics] = []
    private var others = TradeStatistics()

    mutating func add(_ trade: TradeSample, key: Int) {
        guard key >= 0, key < 100_000 else { return others.add(trade) }
        while statistics.count <= key { statistics.append(TradeStatistics()) }
        statistics[key].add(trade)
    }

    var groups: [TradeAnalysis.Group] {
        let known = statistics.enumerated().filter { $0.element.count > 0 }
        return known.map { .init(key: $0.offset, statistics: $0.element) }
            + (others.count > 0 ? [.init(key: -1, statistics: others)] : [])
    }
}
