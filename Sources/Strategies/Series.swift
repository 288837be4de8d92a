// SPDX-License-Identifier: Apache-2.0

public import Indicators
public import Trading

/// Names one series of bars that a strategy declared.
public struct SeriesHandle: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline package let index: Int
    package init(index: Int) { self.index = index }
    /// Not declared yet; using it is a mistake that stops the program.
    public static let none = SeriesHandle(index: -1)
}

/// Names one indicator that a strategy declared.
public struct IndicatorHandle: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline package let index: Int
    package init(index: Int) { self.index = index }
    /// Not declared yet; using it is a mistake that stops the program.
    public static let none = IndicatorHandle(index: -1)
}

/// Names one series from outside the markets that a strategy declared.
public struct ExternalHandle: Hashable, Sendable, BitwiseCopyable {
    package let index: Int
    package init(index: Int) { self.index = index }
    /// Not declared: it reads as unknown.
    public static let none = ExternalHandle(index: -1)
}

/// How far the closed bars of one instrument and timeframe have come. Small, because every bar touches it; what else
/// belongs to a series lies in buffers of its own beside it (`StrategyContext.columns`, `scales`, `builtBars`).
@usableFromInline package struct SeriesState: BitwiseCopyable {
    package let instrument: InstrumentID
    package let timeframe: Timeframe
    /// Bars that have closed. There is no way to a later one.
    @usableFromInline package var count = 0
    /// Of those, how many can be read, newest first: the same in a backtest, which has all, as live, which forgets.
    @usableFromInline package var readable = Int.max
    /// Bars that were built although some of their parts were missing.
    package private(set) var incompleteCount = 0
    /// The number of the instant at which the last one closed (`StrategyContext.instant`).
    @usableFromInline package var lastInstant: UInt64 = 0

    package init(instrument: InstrumentID, timeframe: Timeframe) {
        self.instrument = instrument
        self.timeframe = timeframe
    }

    @inlinable @inline(__always)
    package mutating func close(at instant: UInt64) {
        count &+= 1
        lastInstant = instant
    }

    package mutating func closeBuilt(missing: Int64, at instant: UInt64) {
        close(at: instant)
        if missing > 0 { incompleteCount &+= 1 }
    }
}

/// What turns a series' integers into Doubles.
@usableFromInline package struct SeriesScales: BitwiseCopyable {
    @usableFromInline package let price: Double
    @usableFromInline package let volume: Double

    package init(price: Double, volume: Double) {
        self.price = price
        self.volume = volume
    }

    /// Division, not multiplication by an inverse: it gives the Double nearest to the decimal text.
    @inlinable @inline(__always)
    package func values(of bar: Bar) -> BarValues {
        let prices =
            SIMD4(
                Double(bar.open.units), Double(bar.high.units), Double(bar.low.units), Double(bar.close.units)) / price
        return BarValues(
            time: bar.openTime.nanoseconds, open: prices.x, high: prices.y, low: prices.z, close: prices.w,
            volume: Double(bar.volume.units) / volume)
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
