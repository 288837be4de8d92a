// SPDX-License-Identifier: Apache-2.0

/// One closed bar as floating-point numbers: what every indicator reads.
///
/// Prices are in quote currency, volume in the base asset. An indicator treats a bar with a value that is not finite
/// as no bar at all: its outputs are NaN for that bar and its state is unchanged.
public struct BarValues: BitwiseCopyable, Sendable, Equatable {
    /// Nanoseconds since the Unix epoch, UTC, at which the bar opened.
    public var time: Int64
    public var open: Double
    public var high: Double
    public var low: Double
    public var close: Double
    public var volume: Double

    @inlinable
    public init(time: Int64, open: Double, high: Double, low: Double, close: Double, volume: Double) {
        self.time = time
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// (high + low + close) / 3.
    @inlinable public var typicalPrice: Double { (high + low + close) / 3 }

    @usableFromInline var isFinite: Bool { (high - low + (close - open) + volume).isFinite }
}

/// The number that an indicator of one series takes from a bar.
public enum BarSource: String, CaseIterable, Sendable, BitwiseCopyable {
    case open, high, low, close
    case hl2, hlc3, ohlc4
    case volume

    /// Returns the bar's value for this source; `hl2` is the mean of high and low, and so on.
    @inlinable
    public func value(of bar: BarValues) -> Double {
        switch self {
        case .close: bar.close
        case .open: bar.open
        case .high: bar.high
        case .low: bar.low
        case .hl2: (bar.high + bar.low) / 2
        case .hlc3: bar.typicalPrice
        case .ohlc4: (bar.open + bar.high + bar.low + bar.close) / 4
        case .volume: bar.volume
        }
    }
}
