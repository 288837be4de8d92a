// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// How volume was spread over prices during the look-back up to `time`.
public struct VolumeProfile: Sendable, Equatable {
    public enum Outcome: UInt8, Sendable, BitwiseCopyable {
        case complete
        /// The bars do not reach back as far as the settings ask.
        case tooLittleHistory
        /// Not one bar had volume.
        case noVolume
    }

    public let time: Timestamp
    public let outcome: Outcome
    /// Bars that were counted, those without volume among them.
    public let barCount: Int
    /// The close of the oldest counted bar; `time` without bars.
    public let since: Timestamp
    /// Whether bars of the look-back are missing because there was no room for them (`barCapacity`).
    public let isCut: Bool
    /// The width of a bin as a difference of natural logarithms of prices.
    public let binWidth: Double
    /// The number of the lowest bin with volume; bin *i* begins at price exp(*i* × `binWidth`).
    public let firstBin: Int
    /// Volume in the base asset, bin by bin, from the lowest to the highest that has any.
    public let volumes: [Double]
    public let totalVolume: Double
    /// The point of control and the value area; `nil` unless complete.
    public let levels: ProfileLevels?

    private let nearDistance: Double
    private let lowVolumeShare: Double
    private let lowVolumeSizeFactor: Double

    init(_ request: VolumeProfileRequest) {
        let settings = request.settings
        let histogram = request.histogram
        time = request.time
        since = request.since
        barCount = request.barCount
        isCut = request.isCut
        let width = settings.binWidth
        binWidth = width
        nearDistance = settings.nearDistance
        lowVolumeShare = settings.lowVolumeShare
        lowVolumeSizeFactor = settings.lowVolumeSizeFactor
        totalVolume = VolumeHistogram.volume(histogram.total)
        guard let used = histogram.used else {
            outcome = .noVolume
            firstBin = 0
            volumes = []
            levels = nil
            return
        }
        firstBin = histogram.firstBin + used.lowerBound
        volumes = histogram.units[used].map(VolumeHistogram.volume)
        guard barCount > 0, Freshness.age(of: since, at: time) >= settings.minimumHistory else {
            outcome = .tooLittleHistory
            levels = nil
            return
        }
        outcome = .complete
        let point = pointOfControl(histogram.units, in: used)
        let area = valueArea(
            histogram.units, in: used, around: point, parts: settings.valueAreaParts, total: histogram.total)
        let inside = histogram.units[area].reduce(0, +)
        levels = ProfileLevels(
            time: time, pointOfControlBin: histogram.firstBin + point,
            valueAreaBins: histogram.firstBin + area.lowerBound...histogram.firstBin + area.upperBound,
            binWidth: width, valueAreaVolume: VolumeHistogram.volume(inside), totalVolume: totalVolume)
    }

    /// Makes the profile of the bars that closed after `time − lookBack` and not after `time`: the whole calculation,
    /// a pure function that may run on any thread. `RollingVolumeProfile` gives the same numbers bar by bar.
    ///
    /// Bars that cannot be placed (see `ProfileBar`) do not count, and no more than `barCapacity` of the last do.
    ///
    /// - Parameter bars: Oldest first; a bar that does not close after the one before does not count.
    /// - Complexity: O(bars × bins in a bar).
    /// - Throws: `AnalysisError` where the settings are not valid.
    public init(
        of bars: [ProfileBar], at time: Timestamp, settings: VolumeProfileSettings = VolumeProfileSettings()
    ) throws(AnalysisError) {
        var rolling = try RollingVolumeProfile(settings: settings)
        rolling.reserve(bars.count)
        for bar in bars where bar.closeTime <= time && Freshness.age(of: bar.closeTime, at: time) < settings.lookBack {
            rolling.add(bar)
        }
        self = rolling.request(at: time).calculate()
    }

    /// The number of the bin that holds a price; `nil` where there is no such bin.
    public func bin(at price: Double) -> Int? {
        guard price >= 1e-12, price <= 1e12 else { return nil }
        return Int(floor(log(price) / binWidth))
    }

    /// The volume of the bin that holds `price`, in the base asset; 0 outside the profile.
    public func volume(at price: Double) -> Double {
        guard let bin = bin(at: price), bin >= firstBin, bin - firstBin < volumes.count else { return 0 }
        return volumes[bin - firstBin]
    }

    /// The level nearest to `price`, where one is within the settings' relative distance of it; of equally near ones
    /// the point of control before VAH before VAL. `nil` without levels.
    public func keyLevel(near price: Double) -> KeyLevel? {
        guard let levels, price > 0, price.isFinite else { return nil }
        var nearest: KeyLevel?
        func consider(_ kind: KeyLevel.Kind, _ level: Double) {
            let distance = (price - level) / level
            guard abs(distance) <= nearDistance, abs(distance) < abs(nearest?.distance ?? .infinity) else { return }
            nearest = KeyLevel(kind: kind, price: level, distance: distance)
        }
        consider(.pointOfControl, levels.pointOfControl)
        consider(.valueAreaHigh, levels.valueAreaHigh)
        consider(.valueAreaLow, levels.valueAreaLow)
        return nearest
    }

    /// Whether `price` lies in a bin with less than the settings' share of the mean volume of a bin, or outside the
    /// profile. False without levels: nothing is known then.
    public func isLowVolume(at price: Double) -> Bool {
        guard levels != nil, price.isFinite else { return false }
        return volume(at: price) < lowVolumeShare * (totalVolume / Double(volumes.count))
    }

    /// What a size is multiplied by at `price`: smaller in a low-volume area, otherwise 1.
    public func sizeFactor(at price: Double) -> Double { isLowVolume(at: price) ? lowVolumeSizeFactor : 1 }

    /// What the profile says about `price`, in words and numbers.
    public func reason(at price: Double) -> String {
        guard levels != nil else { return reason }
        let area =
            isLowVolume(at: price)
            ? "low-volume area: size × \(text(lowVolumeSizeFactor, decimals: 2))" : "no low-volume area: size × 1.00"
        let share = volumes.isEmpty ? 0 : volume(at: price) / (totalVolume / Double(volumes.count))
        let near = keyLevel(near: price).map { "near \($0.reason)" } ?? "not near POC, VAH or VAL"
        return "price \(text(price)) is \(near); \(text(100 * share, decimals: 0)) % of the mean bin's volume, "
            + "\(area); \(reason)"
    }

    /// What came of the calculation, in words and numbers.
    public var reason: String {
        switch outcome {
        case .complete: (levels?.reason ?? "") + (isCut ? ", from the last \(counted(barCount, "bar")) only" : "")
        case .tooLittleHistory: "no profile: \(counted(barCount, "bar")) since \(since) are too few"
        case .noVolume: "no profile: no volume in \(counted(barCount, "bar"))"
        }
    }
}
