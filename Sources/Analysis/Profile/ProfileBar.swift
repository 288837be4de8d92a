// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// What a volume profile reads of a closed bar: prices in quote currency, volume in the base asset.
public struct ProfileBar: Sendable, Equatable, BitwiseCopyable {
    public var closeTime: Timestamp
    public var low: Double
    public var high: Double
    public var volume: Double

    public init(closeTime: Timestamp, low: Double, high: Double, volume: Double) {
        self.closeTime = closeTime
        self.low = low
        self.high = high
        self.volume = volume
    }
}

/// A bar on the axis of bins: prices as logarithms in units of the bin's width.
struct PlacedBar: Sendable, BitwiseCopyable {
    var closeTime: Timestamp
    var low: Double
    var high: Double
    /// In units of 2⁻⁵⁰ of the base asset, a whole number.
    var volume: Double

    /// Places a bar; `nil` where a number is not finite, low is above high, the volume is negative, or a number is
    /// beyond what any market has (prices outside 10⁻¹²…10¹², a volume above 2⁴⁶).
    init?(_ bar: ProfileBar, binWidth: Double) {
        guard bar.low >= 1e-12, bar.high <= 1e12, bar.low <= bar.high, bar.volume >= 0, bar.volume <= 0x1p46
        else { return nil }
        closeTime = bar.closeTime
        low = log(bar.low) / binWidth
        high = bar.high == bar.low ? low : log(bar.high) / binWidth
        volume = (bar.volume * VolumeHistogram.unitsPerVolume).rounded()
    }
}
