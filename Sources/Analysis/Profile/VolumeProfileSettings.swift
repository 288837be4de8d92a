// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// How a volume profile is made and read.
public struct VolumeProfileSettings: Hashable, Sendable {
    /// How far back bars count: those that closed after `time − lookBack` and not after `time`.
    public var lookBack = TimeSpan.days(7)
    /// The least time from the first bar's close to the profile's; with less there are no levels.
    public var minimumHistory = TimeSpan.days(1)
    /// The relative height of a price bin; a bin is `ln(1 + binSize)` wide and one edge lies at price 1.
    public var binSize = 0.001
    /// The share of the volume that the value area holds at least, in steps of 0.0001.
    public var valueArea = 0.7
    /// How often the profile is made anew, on a grid that starts at the Unix epoch.
    public var interval = TimeSpan.minutes(15)
    /// The relative distance from a level that is near.
    public var nearDistance = 0.005
    /// A bin with less than this share of the mean bin's volume is a low-volume area.
    public var lowVolumeShare = 0.5
    /// What sizes are multiplied by in a low-volume area, 0 to 1.
    public var lowVolumeSizeFactor = 0.5
    /// Intervals without a new profile after which the last one is too old to be used.
    public var staleAfter = 2
    /// Bars that are kept at most; a week of one-minute bars has 10,080.
    public var barCapacity = 10_080
    /// Profiles whose levels are kept: a week of quarter hours.
    public var historyCapacity = 672

    public init() {}

    /// - Throws: `AnalysisError` that names the first key whose value cannot be used.
    public func validate() throws(AnalysisError) {
        try require(lookBack, "profile.look_back", in: .minutes(1) ... .days(366))
        try require(minimumHistory, "profile.minimum_history", in: .zero ... .days(366))
        try require(binSize, "profile.bin_size", in: 0.0001...0.1)
        try require(valueArea, "profile.value_area", in: 0.0001...1)
        try require(interval, "profile.interval", in: .minutes(1) ... .days(1))
        try require(nearDistance, "profile.near_distance", in: 0...1)
        try require(lowVolumeShare, "profile.low_volume_share", in: 0...10)
        try require(lowVolumeSizeFactor, "profile.low_volume_size_factor", in: 0...1)
        try require(staleAfter, "profile.stale_after", in: 1...1000)
        try require(barCapacity, "profile.bar_capacity", in: 1...VolumeHistogram.largestBarCount)
        try require(historyCapacity, "profile.history_capacity", in: 1...longestWindow)
        guard minimumHistory < lookBack else {
            throw .contradiction(
                key: "profile.minimum_history",
                reason: "\(text(minimumHistory)) of bars are never seen in a look-back of \(text(lookBack))")
        }
    }

    /// The width of a bin as a difference of natural logarithms of prices.
    public var binWidth: Double { log(1 + binSize) }

    var valueAreaParts: Int128 { Int128((valueArea * 10_000).rounded()) }
}

func require(
    _ value: TimeSpan, _ key: String, in range: ClosedRange<TimeSpan>
) throws(AnalysisError) {
    guard range.contains(value) else {
        throw .notAllowed(
            key: key, value: text(value), allowed: "\(text(range.lowerBound)) to \(text(range.upperBound))")
    }
}
