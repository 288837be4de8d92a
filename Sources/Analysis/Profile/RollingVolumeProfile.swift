// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The volume profile of the look-back that ends now, kept up bar by bar.
///
/// Input: closed bars of one instrument, of any one timeframe (one minute by default). Output: every 15 minutes a
/// `VolumeProfile`. Bars are added and removed in exact integers, so that the numbers are those of
/// `VolumeProfile(of:at:)` over the same bars. What is left to calculate, the levels, is a `VolumeProfileRequest`:
/// `request(at:)` on the engine's thread, `calculate()` on any, `accept(_:)` when its result comes back as an event.
/// Warm-up: `minimumHistory`. Cost: O(bins in a bar) per bar, O(bins) per profile.
public struct RollingVolumeProfile: Sendable {
    public let settings: VolumeProfileSettings
    /// The last profile that was accepted.
    public private(set) var latest: VolumeProfile?
    /// The levels of accepted profiles, oldest first.
    public private(set) var history: History<ProfileLevels>
    /// Bars that were not placed because a number in them cannot be, or because they did not close after the last.
    public private(set) var refusedBars = 0
    private let binWidth: Double
    private var histogram = VolumeHistogram()
    private var bars: Ring<PlacedBar>
    private var lastSlot: Int64?
    /// The close of the last bar that left for want of room.
    private var lastDropped: Timestamp?
    private var lastClose = Timestamp.distantPast

    public init(settings: VolumeProfileSettings = VolumeProfileSettings()) throws(AnalysisError) {
        try settings.validate()
        self.settings = settings
        binWidth = settings.binWidth
        history = History(capacity: settings.historyCapacity)
        bars = Ring(capacity: settings.barCapacity)
    }

    /// Takes the next closed bar; returns whether it counts.
    @discardableResult
    public mutating func add(_ bar: ProfileBar) -> Bool {
        guard bar.closeTime > lastClose, let placed = PlacedBar(bar, binWidth: binWidth) else {
            refusedBars += 1
            return false
        }
        lastClose = bar.closeTime
        forget(at: bar.closeTime)
        if bars.isFull {
            lastDropped = bars[0].closeTime
            histogram.remove(bars.removeFirst())
        }
        bars.append(placed)
        histogram.add(placed)
        return true
    }

    /// Bars that count.
    public var count: Int { bars.count }

    /// Makes room for so many bars at once.
    mutating func reserve(_ count: Int) { bars.reserve(count) }

    /// Whether a quarter of an hour (or what the settings say) has begun or ended since the last request.
    public func isDue(at time: Timestamp) -> Bool {
        slot(of: time, length: settings.interval) != lastSlot
    }

    /// What there is to calculate at `time`, which must not lie before the last bar's close.
    public mutating func request(at time: Timestamp) -> VolumeProfileRequest {
        lastSlot = slot(of: time, length: settings.interval)
        forget(at: time)
        histogram.trim()
        return VolumeProfileRequest(
            time: time, since: count > 0 ? bars[0].closeTime : time, barCount: count,
            isCut: lastDropped.map { Freshness.age(of: $0, at: time) < settings.lookBack } ?? false,
            settings: settings, histogram: histogram)
    }

    /// Takes the result of a request; returns whether it was newer than the one that is there.
    @discardableResult
    public mutating func accept(_ profile: VolumeProfile) -> Bool {
        if let latest, profile.time <= latest.time { return false }
        latest = profile
        if let levels = profile.levels { history.append(levels) }
        return true
    }

    /// The profile to use at `now`: the last accepted one, unless that is older than `staleAfter` intervals.
    public func profile(at now: Timestamp) -> VolumeProfile? {
        guard let latest,
            !Freshness.isStale(
                Freshness.age(of: latest.time, at: now), interval: settings.interval, staleAfter: settings.staleAfter)
        else { return nil }
        return latest
    }

    private mutating func forget(at time: Timestamp) {
        let (limit, underflow) = time.nanoseconds.subtractingReportingOverflow(settings.lookBack.nanoseconds)
        guard !underflow else { return }
        while count > 0, bars[0].closeTime.nanoseconds <= limit { histogram.remove(bars.removeFirst()) }
    }
}

/// A calculation of a profile, complete in itself: it may run on any thread.
public struct VolumeProfileRequest: Sendable {
    public let time: Timestamp
    public let since: Timestamp
    public let barCount: Int
    public let isCut: Bool
    public let settings: VolumeProfileSettings
    let histogram: VolumeHistogram

    /// Finds the levels.
    ///
    /// - Complexity: O(bins).
    public func calculate() -> VolumeProfile {
        VolumeProfile(self)
    }
}
