// SPDX-License-Identifier: Apache-2.0

/// A strategy whose code ended the program while a record of the journal was played back, and the record at which it did.
///
/// The strategy is off from that record on, in this playing back and in every later one: a record of the kind `trapped`
/// says so, and whoever plays back reads those first.
public struct StrategyTrap: Hashable, Sendable {
    /// Of its record in the journal.
    public static let recordKind: UInt16 = 17

    /// Its number in the session.
    public let strategy: Int
    /// Of the journal's record; it is not shown to the strategy.
    public let sequence: UInt64

    public init(strategy: Int, sequence: UInt64) {
        self.strategy = strategy
        self.sequence = sequence
    }
}

/// Traps whose records are still to come, in the order of those.
struct PendingTraps {
    private var traps: ArraySlice<StrategyTrap>

    init(_ traps: [StrategyTrap]) { self.traps = traps.sorted { $0.sequence < $1.sequence }[...] }

    /// Before a record is taken in: switches off the strategies that are left out from it on.
    mutating func leaveOut(at sequence: UInt64, from core: inout DecisionCore) {
        while let trap = traps.first, trap.sequence <= sequence {
            core.switchOff(trap.strategy)
            traps.removeFirst()
        }
    }
}
