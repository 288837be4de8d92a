// SPDX-License-Identifier: Apache-2.0

public import Trading

/// One value of a series from outside the markets, with the time that it is of and the time from which it was known.
///
/// A later observation with the same value time is a revision of it.
public struct ExternalObservation: Hashable, Sendable, BitwiseCopyable {
    /// What the value is about: the end of the day that an index was measured on, the block of a metric.
    public let valueTime: Timestamp
    /// The first instant at which a program could have had it; never before `valueTime`.
    public let knownAt: Timestamp
    public let value: Double

    public init(valueTime: Timestamp, knownAt: Timestamp, value: Double) {
        self.valueTime = valueTime
        self.knownAt = knownAt
        self.value = value
    }
}

/// Why observations could not become a series.
public enum ExternalSeriesError: Error, Equatable, CustomStringConvertible {
    case notFinite(ExternalObservation)
    case knownBeforeItsTime(ExternalObservation)
    /// Two values of one value time that became known at one time: nothing says which holds.
    case contradiction(ExternalObservation, Double)

    public var description: String { "\(problem). \(advice)" }

    /// What is wrong, with the values.
    public var problem: String {
        switch self {
        case .notFinite(let found): "the value of \(found.valueTime), \(found.value), is not a number"
        case .knownBeforeItsTime(let found):
            "the value of \(found.valueTime) is said to be known at \(found.knownAt), before the time that it is of"
        case .contradiction(let found, let other):
            "the value of \(found.valueTime), known at \(found.knownAt), is both \(found.value) and \(other)"
        }
    }

    /// What to do next.
    public var advice: String {
        switch self {
        case .notFinite: "Leave the observation out."
        case .knownBeforeItsTime:
            "Check that the two times are not exchanged; date a forecast by when it was made."
        case .contradiction: "Give a revision a later known_at, or remove one of the two."
        }
    }
}

/// A series from outside the markets (sentiment, a metric of a chain), as it was known at each point in time.
///
/// Observations are kept in the order in which they became known, so that what was known at a time is a beginning of the
/// list: a late value or a revision never changes what an earlier time saw.
public struct ExternalSeries: Hashable, Sendable {
    /// By the time from which they were known, then by value time.
    public let observations: [ExternalObservation]
    /// For each observation, the one that holds once it is known: the newest value time's latest revision.
    private let holding: [Int]

    public static let empty = ExternalSeries(sorted: [])

    /// - Parameter observations: In any order; exact repetitions count once.
    public init(_ observations: some Sequence<ExternalObservation>) throws(ExternalSeriesError) {
        var sorted: [ExternalObservation] = []
        for found in observations {
            guard found.value.isFinite else { throw .notFinite(found) }
            guard found.knownAt >= found.valueTime else { throw .knownBeforeItsTime(found) }
            sorted.append(found)
        }
        sorted.sort { Self.isBefore($0, $1) }
        var kept: [ExternalObservation] = []
        kept.reserveCapacity(sorted.count)
        for found in sorted {
            if let last = kept.last, last.knownAt == found.knownAt, last.valueTime == found.valueTime {
                guard last.value == found.value else { throw .contradiction(last, found.value) }
            } else {
                kept.append(found)
            }
        }
        self.init(sorted: kept)
    }

    private init(sorted: [ExternalObservation]) {
        observations = sorted
        var holding: [Int] = []
        holding.reserveCapacity(sorted.count)
        for (index, found) in sorted.enumerated() {
            // Equal value times: the later one is the revision.
            if let last = holding.last, sorted[last].valueTime > found.valueTime {
                holding.append(last)
            } else {
                holding.append(index)
            }
        }
        self.holding = holding
    }

    private static func isBefore(_ left: ExternalObservation, _ right: ExternalObservation) -> Bool {
        (left.knownAt, left.valueTime, left.value) < (right.knownAt, right.valueTime, right.value)
    }

    /// How many observations were known at a time.
    private func count(knownBy now: Timestamp) -> Int {
        var (low, high) = (0, observations.count)
        while low < high {
            let middle = low + (high - low) / 2
            if observations[middle].knownAt <= now { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The observation that holds at a time: of those known by then, the latest revision of the newest value time.
    ///
    /// - Complexity: O(log *n*).
    public func observation(at now: Timestamp) -> ExternalObservation? {
        let count = count(knownBy: now)
        return count == 0 ? nil : observations[holding[count - 1]]
    }

    /// Its value; NaN where nothing is known yet, or where the value is of a time more than `maxAge` ago.
    public func value(at now: Timestamp, maxAge: TimeSpan) -> Double {
        guard let found = observation(at: now), !found.isStale(at: now, maxAge: maxAge) else { return .nan }
        return found.value
    }

    /// The series as it was known at a time.
    public func known(by time: Timestamp) -> ExternalSeries {
        ExternalSeries(sorted: Array(observations.prefix(count(knownBy: time))))
    }

    /// What has to be told to give the same values from a time on: the observation that holds then, and all that become
    /// known later, in their order.
    public func told(from time: Timestamp) -> [ExternalObservation] {
        let count = count(knownBy: time)
        return (count == 0 ? [] : [observations[holding[count - 1]]]) + observations[count...]
    }

    /// What this series says that `earlier` did not, in the order in which it became known.
    ///
    /// An observation that `earlier` had a later revision of says nothing new. One that is gone from this series stays
    /// known all the same.
    public func news(since earlier: ExternalSeries) -> [ExternalObservation] {
        var (place, other) = (0, 0)
        var added: [ExternalObservation] = []
        while place < observations.count {
            if other < earlier.observations.count {
                if observations[place] == earlier.observations[other] {
                    place += 1
                    other += 1
                    continue
                }
                if Self.isBefore(earlier.observations[other], observations[place]) {
                    other += 1
                    continue
                }
            }
            added.append(observations[place])
            place += 1
        }
        guard !added.isEmpty else { return [] }
        var latest: [Timestamp: Timestamp] = [:]
        for found in earlier.observations { latest[found.valueTime] = found.knownAt }
        return added.filter { found in latest[found.valueTime].map { $0 <= found.knownAt } ?? true }
    }
}

extension ExternalObservation {
    /// Whether its value is of a time more than `maxAge` ago.
    public func isStale(at now: Timestamp, maxAge: TimeSpan) -> Bool {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(valueTime.nanoseconds)
        return overflow || age > maxAge.nanoseconds
    }
}
