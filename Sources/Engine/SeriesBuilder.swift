// SPDX-License-Identifier: Apache-2.0

import Indicators
import MarketData
import Strategies
import Trading

/// Collects the series and indicators that strategies declare, each once.
final class SeriesBuilder {
    private let feeds: [BarSeries?]
    private let instruments: [Instrument]
    private(set) var series: [SeriesState] = []
    private(set) var columns: [MarketData.BarColumns?] = []
    private(set) var scales: [SeriesScales] = []
    /// By series: what builds it, for those that are built.
    private(set) var aggregators: [BarAggregator?] = []
    /// Bars to make room for, by series.
    private(set) var capacities: [Int] = []
    private(set) var nodes: [IndicatorNode] = []

    init(feeds: [BarSeries?], instruments: [Instrument]) {
        self.feeds = feeds
        self.instruments = instruments
    }

    func addBase(_ feed: BarSeries, _ instrument: InstrumentID) -> Int {
        add(instrument, feed.timeframe, feed, columns: feed.columns, aggregator: nil, capacity: 0)
    }

    private func add(
        _ instrument: InstrumentID, _ timeframe: Timeframe, _ feed: BarSeries, columns: MarketData.BarColumns?,
        aggregator: BarAggregator?, capacity: Int
    ) -> Int {
        series.append(SeriesState(instrument: instrument, timeframe: timeframe))
        self.columns.append(columns)
        scales.append(
            SeriesScales(
                price: instruments[instrument.index].priceScale,
                volume: Double(DecimalText.powerOfTen(feed.quantityDecimals))))
        aggregators.append(aggregator)
        capacities.append(capacity)
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
        return add(
            instrument, timeframe, feed, columns: nil, aggregator: aggregator,
            capacity: feed.count / Int(timeframe.nanoseconds / feed.timeframe.nanoseconds) + 2)
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
