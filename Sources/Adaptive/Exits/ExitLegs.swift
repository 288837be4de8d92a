// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A profit level at which a part of a position is closed.
public struct ExitLevel: Hashable, Sendable, BitwiseCopyable {
    /// From the average entry in the direction of the position, in ATRs at entry.
    public let distance: Double
    /// Of the whole position; the last level closes what is left, whatever its share.
    public let share: Rate
    public init(distance: Double, share: Rate) {
        self.distance = distance
        self.share = share
    }
}

/// One part of a position with the level that closes it.
public struct ExitLeg: Hashable, Sendable, BitwiseCopyable {
    /// Its place among the levels.
    public let level: Int
    public let quantity: Quantity
    /// How many earlier levels' parts it holds, because they were too small to trade alone.
    public let mergedLevels: Int
    public init(level: Int, quantity: Quantity, mergedLevels: Int) {
        self.level = level
        self.quantity = quantity
        self.mergedLevels = mergedLevels
    }
}

extension ExitLeg {
    /// Divides a position among profit levels: exact, and never more nor less than the whole.
    ///
    /// A part that is smaller than the minimum, or that would leave less than the minimum, goes into the next level.
    ///
    /// - Parameters:
    ///   - quantity: The size of the position, positive.
    ///   - levels: Nearest first.
    ///   - lot: The venue's step in quantity units, at least 1.
    ///   - minimum: The smallest quantity the venue takes at each level, in quantity units, by level.
    /// - Returns: Legs in the order of their levels; each level at most once; their sum is `quantity`.
    public static func divide(
        _ quantity: Quantity, among levels: [ExitLevel], lot: Int64, minimum: [Int64]
    ) -> [ExitLeg] {
        precondition(lot >= 1 && minimum.count == levels.count, "a lot, and a minimum for each level")
        var legs: [ExitLeg] = []
        var rest = max(0, quantity.units)
        var carried: Int64 = 0
        var merged = 0
        for (index, level) in levels.enumerated() where rest > 0 {
            let share = Int128(max(0, quantity.units)) * Int128(max(0, level.share.units)) / Int128(Rate.one)
            let asked = min(rest, carried + Int64(clamping: share))
            let part = index == levels.count - 1 ? rest : asked - asked % lot
            let left = rest - part
            guard
                index == levels.count - 1 || part >= minimum[index] && part > 0 && (left == 0 || left >= minimum[index])
            else {
                carried = asked
                merged += 1
                continue
            }
            legs.append(ExitLeg(level: index, quantity: Quantity(units: part), mergedLevels: merged))
            rest = left
            carried = asked - part
            merged = 0
        }
        return legs
    }
}
