// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Tells times that a venue's market data can have from those that it cannot: one message dated years ahead would make
/// every later one look old.
public struct MarketTimes: Hashable, Sendable {
    /// What is known of the venue's present.
    public enum Present: Hashable, Sendable {
        /// By its clock, as it was measured.
        case measured(Timestamp)
        /// By our clock: the venue's was not read yet, or ours was found to jump.
        case ours(Timestamp)
        /// The venue has a clock of its own, which nothing but its market data shows.
        case unknown
    }

    /// How far ahead of the present something may be dated, beyond a bar that follows the latest one.
    public static let tolerance = TimeSpan.minutes(1)
    public static let toleranceUnmeasured = TimeSpan.days(1)
    /// Data that is played back can have a hole of this length.
    public static let longestHole = TimeSpan.days(30)

    /// The latest time that was believed.
    public private(set) var latest: Timestamp?

    public init() {}

    /// Takes a time in, unless it cannot be.
    ///
    /// - Parameter span: From this on it could be told without anything in between: of bars, their length.
    /// - Returns: Where it cannot be, the latest time that could be.
    public mutating func take(_ time: Timestamp, following span: TimeSpan = .zero, _ present: Present) -> Timestamp? {
        let next = latest?.later(by: span)
        let end: Timestamp
        switch present {
        case .measured(let now): end = max(now, next ?? now).later(by: Self.tolerance)
        case .ours(let now): end = max(now, next ?? now).later(by: Self.toleranceUnmeasured)
        case .unknown: end = next?.later(by: Self.longestHole) ?? time
        }
        guard time <= end else { return end }
        latest = max(latest ?? time, time)
        return nil
    }

    /// How much happened since the latest time is not known any more.
    public mutating func interrupt() { latest = nil }
}
