// SPDX-License-Identifier: Apache-2.0

import Indicators
public import MarketData
import Strategies
public import Trading

/// Where an instrument's bars come from.
public enum EngineFeed: Sendable {
    /// All of them are there; `close` uncovers one after the other.
    case recorded(BarSeries)
    /// They come one by one with `close`; as many stay readable as the strategies declare, or `keeps`.
    case arriving(Timeframe, quantityDecimals: Int, keeps: Int? = nil)

    var timeframe: Timeframe {
        switch self {
        case .recorded(let series): series.timeframe
        case .arriving(let timeframe, _, _): timeframe
        }
    }
    var quantityDecimals: Int {
        switch self {
        case .recorded(let series): series.quantityDecimals
        case .arriving(_, let decimals, _): decimals
        }
    }
    var columns: MarketData.BarColumns? {
        if case .recorded(let series) = self { return series.columns }
        return nil
    }
    /// How much of a series of this timeframe stays.
    func retention(of timeframe: Timeframe, _ policy: RetentionPolicy) -> SeriesRetention {
        let parts = Int(timeframe.nanoseconds / self.timeframe.nanoseconds)
        var readable = policy.bars(of: timeframe)
        switch self {
        case .recorded(let series):
            return SeriesRetention(
                readable: readable, limit: .max, capacity: parts == 1 ? 0 : series.count / parts + 2)
        case .arriving(_, _, let keeps):
            if let keeps { readable = max(2, keeps / parts) }
            let limit = readable + policy.barsBetweenPrunes(of: timeframe)
            return SeriesRetention(readable: readable, limit: limit, capacity: limit)
        }
    }
}

/// How much of a series stays in memory.
struct SeriesRetention: BitwiseCopyable {
    /// Bars that can be read, newest first.
    var readable: Int
    /// At so many, all but the readable ones are dropped; `.max`: never.
    var limit: Int
    /// Bars to make room for.
    var capacity: Int
}

/// Collects the series and indicators that strategies declare, each once.
final class SeriesBuilder {
    private let feeds: [EngineFeed?]
    private let instruments: [Instrument]
    private(set) var series: [SeriesState] = []
    private(set) var columns: [MarketData.BarColumns?] = []
    private(set) var scales: [SeriesScales] = []
    /// By series: what builds it, for those that are built.
    private(set) var aggregators: [BarAggregator?] = []
    private(set) var nodes: [IndicatorNode] = []

    init(feeds: [EngineFeed?], instruments: [Instrument]) {
        self.feeds = feeds
        self.instruments = instruments
    }

    func addBase(_ feed: EngineFeed, _ instrument: InstrumentID) -> Int {
        add(instrument, feed.timeframe, feed, columns: feed.columns, aggregator: nil)
    }

    private func add(
        _ instrument: InstrumentID, _ timeframe: Timeframe, _ feed: EngineFeed, columns: MarketData.BarColumns?,
        aggregator: BarAggregator?
    ) -> Int {
        series.append(SeriesState(instrument: instrument, timeframe: timeframe))
        self.columns.append(columns)
        scales.append(
            SeriesScales(
                price: instruments[instrument.index].priceScale,
                volume: Double(DecimalText.powerOfTen(feed.quantityDecimals))))
        aggregators.append(aggregator)
        return series.count - 1
    }

    func series(_ instrument: InstrumentID, _ timeframe: Timeframe, _ strategy: String) throws(StrategyError) -> Int {
        if let found = series.firstIndex(where: { $0.instrument == instrument && $0.timeframe == timeframe }) {
            return found
        }
        let symbol = instruments[instrument.index].symbol
        guard let feed = feeds[instrument.index] else {
            throw .incompatible(strategy: strategy, reason: "there is no data for \(symbol)")
        }
        let aggregator: BarAggregator
        do {
            aggregator = try BarAggregator(from: feed.timeframe, to: timeframe)
        } catch {
            throw .incompatible(strategy: strategy, reason: "\(error) The data for \(symbol) is \(feed.timeframe)")
        }
        return add(instrument, timeframe, feed, columns: nil, aggregator: aggregator)
    }

    /// How much of each series stays, given what is declared of its instrument.
    func retentions(_ policies: [RetentionPolicy]) -> [SeriesRetention] {
        series.map { state in
            let index = state.instrument.index
            guard let feed = feeds[index] else { preconditionFailure("a series has the data of its instrument") }
            return feed.retention(of: state.timeframe, policies[index])
        }
    }

    func node(_ series: Int, _ instance: IndicatorInstance) -> Int {
        if let found = nodes.firstIndex(where: { $0.series == series && $0.key == instance.key }) { return found }
        nodes.append(IndicatorNode(series: series, key: instance.key, instance: instance))
        return nodes.count - 1
    }
}

/// What a bar of one instrument's data moves.
struct FeedState: BitwiseCopyable {
    /// The series that the data arrives in, −1 where there is none.
    var series = -1
    /// Whether its bars are not there yet and must be kept as they close.
    var isArriving = false
    /// Its indicators: a share of `Engine.instances`.
    var firstIndicator = 0
    var endIndicator = 0
    /// The series built from it: a share of `Engine.built`.
    var firstBuilt = 0
    var endBuilt = 0
}

/// A series that is built from the data of its instrument, and what builds it.
struct BuiltSeries: BitwiseCopyable {
    let series: Int
    var aggregator: BarAggregator
}
