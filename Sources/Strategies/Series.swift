// SPDX-License-Identifier: Apache-2.0

package import Indicators
package import MarketData
package import Trading

/// Names one series of bars that a strategy declared.
public struct SeriesHandle: Hashable, Sendable, BitwiseCopyable {
    package let index: Int
    package init(index: Int) { self.index = index }
    /// Not declared yet; using it is a mistake that stops the program.
    public static let none = SeriesHandle(index: -1)
}

/// Names one indicator that a strategy declared.
public struct IndicatorHandle: Hashable, Sendable, BitwiseCopyable {
    package let index: Int
    package init(index: Int) { self.index = index }
    /// Not declared yet; using it is a mistake that stops the program.
    public static let none = IndicatorHandle(index: -1)
}

/// The closed bars of one instrument and timeframe, as far as the present. There is no way to a later bar.
package struct SeriesState {
    package let instrument: InstrumentID
    package let timeframe: Timeframe
    package let priceScale: Double
    package let volumeScale: Double
    /// Base series: the columns of the data, of which `count` bars have closed. Built series: bars of its own.
    package let columns: MarketData.BarColumns?
    package var built: [Bar] = []
    package var aggregator: BarAggregator?
    package private(set) var count = 0
    /// Bars that were built although some of their parts were missing.
    package private(set) var incompleteCount = 0
    /// Whether a bar of this series closed at the present instant.
    package var closedNow = false
    /// The indicators that read it.
    package var indicators: [Int] = []

    package init(
        instrument: InstrumentID, timeframe: Timeframe, priceScale: Double, volumeScale: Double,
        columns: MarketData.BarColumns?, aggregator: BarAggregator?, capacity: Int = 0
    ) {
        self.instrument = instrument
        self.timeframe = timeframe
        self.priceScale = priceScale
        self.volumeScale = volumeScale
        self.columns = columns
        self.aggregator = aggregator
        if columns == nil { built.reserveCapacity(capacity) }
    }

    @inline(__always)
    package mutating func closeBase() {
        count &+= 1
        closedNow = true
    }

    @inline(__always)
    package mutating func closeBuilt(_ bar: AggregatedBar) {
        built.append(bar.bar)
        count &+= 1
        if bar.missing > 0 { incompleteCount &+= 1 }
        closedNow = true
    }

    /// The bar `ago` closed bars before the last one.
    @inline(__always)
    package func bar(ago: Int) -> Bar? {
        guard ago >= 0, ago < count else { return nil }
        if let columns { return columns[count - 1 - ago] }
        return built[count - 1 - ago]
    }

    @inline(__always)
    package func values(of bar: Bar) -> BarValues {
        BarValues(
            time: bar.openTime.nanoseconds, open: Double(bar.open.units) / priceScale,
            high: Double(bar.high.units) / priceScale, low: Double(bar.low.units) / priceScale,
            close: Double(bar.close.units) / priceScale, volume: Double(bar.volume.units) / volumeScale)
    }
}

/// One indicator that somebody declared; two strategies that declare the same one share it.
package struct IndicatorNode {
    package let series: Int
    package let key: String
    package let instance: IndicatorInstance
    package init(series: Int, key: String, instance: IndicatorInstance) {
        self.series = series
        self.key = key
        self.instance = instance
    }
}
