// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How long data stays in memory: the longest look-back that an enabled feature declares. On disk it stays for good.
public struct RetentionPolicy: Hashable, Sendable {
    /// Where no feature declares a look-back.
    public static let defaultLookBack = TimeSpan.days(7)
    /// How often old data is dropped, so that dropping costs nothing per bar.
    public static let defaultPruneInterval = TimeSpan.hours(6)

    public let lookBack: TimeSpan
    public let pruneInterval: TimeSpan

    /// - Parameter declaredLookBacks: One for each enabled feature that needs the past; those not above zero are ignored.
    public init(declaredLookBacks: [TimeSpan], pruneInterval: TimeSpan = Self.defaultPruneInterval) {
        precondition(pruneInterval.nanoseconds > 0, "the prune interval must be above zero")
        lookBack = declaredLookBacks.filter { $0.nanoseconds > 0 }.max() ?? Self.defaultLookBack
        self.pruneInterval = pruneInterval
    }

    /// Data from before this time is not needed at `now`.
    public func cutoff(at now: Timestamp) -> Timestamp {
        let (time, overflow) = now.nanoseconds.subtractingReportingOverflow(lookBack.nanoseconds)
        return overflow ? .distantPast : Timestamp(nanoseconds: time)
    }

    /// Whether it is time to drop old data, given when that was done last.
    public func isPruneDue(at now: Timestamp, lastPrune: Timestamp) -> Bool {
        let (elapsed, overflow) = now.nanoseconds.subtractingReportingOverflow(lastPrune.nanoseconds)
        return overflow || elapsed >= pruneInterval.nanoseconds
    }
}

/// The recent bars of a live series in a ring: new bars come in at the end, old ones are dropped as the policy says.
public struct RollingBars: Sendable, RandomAccessCollection {
    public let timeframe: Timeframe
    public let policy: RetentionPolicy
    private var ring: [Bar] = []
    private var head = 0
    public private(set) var count = 0
    private var lastPrune: Timestamp?

    public init(timeframe: Timeframe, policy: RetentionPolicy) {
        self.timeframe = timeframe
        self.policy = policy
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// The oldest bar that is held has index 0.
    public subscript(index: Int) -> Bar {
        precondition(index >= 0 && index < count, "there is no bar \(index) of \(count)")
        return ring[(head + index) & (ring.count - 1)]
    }

    /// Adds a closed bar, which must open after the last one, and drops old bars when that is due: the first bar begins
    /// the count of the interval.
    ///
    /// - Returns: How many bars were dropped.
    @discardableResult
    public mutating func append(_ bar: Bar) -> Int {
        precondition(last.map { $0.openTime < bar.openTime } ?? true, "bars must come in order of time")
        if count == ring.count { makeRoom(for: bar) }
        ring[(head + count) & (ring.count - 1)] = bar
        count += 1
        return prune(at: bar.openTime + timeframe.span)
    }

    /// Drops the bars that close before the look-back begins, if the interval since the last time has passed. The newest
    /// bar always stays.
    @discardableResult
    public mutating func prune(at now: Timestamp) -> Int {
        guard let lastPrune else {
            self.lastPrune = now
            return 0
        }
        guard policy.isPruneDue(at: now, lastPrune: lastPrune) else { return 0 }
        self.lastPrune = now
        let cutoff = policy.cutoff(at: now)
        var dropped = 0
        while count > 1, self[0].openTime + timeframe.span <= cutoff {
            head = (head + 1) & (ring.count - 1)
            count -= 1
            dropped += 1
        }
        return dropped
    }

    private mutating func makeRoom(for bar: Bar) {
        var larger: [Bar] = []
        larger.reserveCapacity(Swift.max(64, ring.count * 2))
        larger.append(contentsOf: self)
        // The rest is filled with a bar that nobody reads: `count` ends before it.
        larger.append(contentsOf: repeatElement(bar, count: Swift.max(64, ring.count * 2) - larger.count))
        ring = larger
        head = 0
    }
}
