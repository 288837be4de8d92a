// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How much of a series is loaded and stays in memory: the longest look-back that anything enabled declares. On disk it
/// stays for good.
public struct RetentionPolicy: Hashable, Sendable {
    /// Where nothing declares a look-back.
    public static let defaultLookBack = TimeSpan.days(7)
    /// The longest that is held, whatever is declared.
    public static let longestLookBack = TimeSpan.days(3650)
    /// How often old data is dropped, so that dropping costs nothing per bar.
    public static let pruneInterval = TimeSpan.hours(6)

    public let lookBack: TimeSpan

    /// - Parameter declaredLookBacks: One for each that needs the past; those not above zero are ignored.
    public init(declaredLookBacks: [TimeSpan]) {
        let longest = declaredLookBacks.filter { $0.nanoseconds > 0 }.max()
        lookBack = min(longest ?? Self.defaultLookBack, Self.longestLookBack)
    }

    /// The newest bars that are needed: those that the look-back touches, and the last one to compare with.
    public func bars(of timeframe: Timeframe) -> Int {
        Int((lookBack.nanoseconds - 1) / timeframe.nanoseconds) + 2
    }

    /// How many bars come before old ones are dropped again.
    public func barsBetweenPrunes(of timeframe: Timeframe) -> Int {
        max(1, Int(Self.pruneInterval.nanoseconds / timeframe.nanoseconds))
    }
}
