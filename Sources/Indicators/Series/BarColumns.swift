// SPDX-License-Identifier: Apache-2.0

/// Bars as columns of equal length, oldest first: the input of the batch forms that need more than one series.
public struct BarColumns: Sendable {
    /// Nanoseconds since the Unix epoch, UTC, at which each bar opened.
    public let time: [Int64]
    public let open: [Double]
    public let high: [Double]
    public let low: [Double]
    public let close: [Double]
    public let volume: [Double]

    /// Takes the columns as they are.
    ///
    /// - Throws: `IndicatorError.unequalLengths` unless all columns have the same length.
    public init(
        time: [Int64], open: [Double], high: [Double], low: [Double], close: [Double], volume: [Double]
    ) throws(IndicatorError) {
        try requireEqualLengths([time.count, open.count, high.count, low.count, close.count, volume.count])
        self.time = time
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// Collects bars into columns.
    public init(_ bars: some Sequence<BarValues>) {
        var time: [Int64] = []
        var open: [Double] = []
        var high: [Double] = []
        var low: [Double] = []
        var close: [Double] = []
        var volume: [Double] = []
        for bar in bars {
            time.append(bar.time)
            open.append(bar.open)
            high.append(bar.high)
            low.append(bar.low)
            close.append(bar.close)
            volume.append(bar.volume)
        }
        self.time = time
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    public var count: Int { close.count }

    public subscript(index: Int) -> BarValues {
        BarValues(
            time: time[index], open: open[index], high: high[index], low: low[index], close: close[index],
            volume: volume[index])
    }
}

func requireEqualLengths(_ lengths: [Int]) throws(IndicatorError) {
    guard lengths.allSatisfy({ $0 == lengths[0] }) else { throw .unequalLengths(lengths) }
}
