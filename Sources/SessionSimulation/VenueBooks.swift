// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import Trading

/// What the venue has booked, kept so that single records are found fast.
struct VenueBooks: Sendable {
    struct FillRecord: Sendable {
        let fill: SimulatedFill
        let instrument: Int
        /// What the session has booked of it so far, in the venue's units.
        var counted: Int128 = 0
        var countedFee: Int128 = 0
    }

    let coins: [String]
    let address: Address
    private(set) var fills: [UInt64: FillRecord] = [:]
    private(set) var fillCount = 0

    init(coins: [String], address: Address) {
        self.coins = coins
        self.address = address
    }

    /// - Parameter all: The venue's fills of the account, oldest first.
    mutating func update(_ all: [SimulatedFill]) {
        guard all.count > fillCount else { return }
        for fill in all[fillCount...] {
            fills[fill.tid] = FillRecord(fill: fill, instrument: coins.firstIndex(of: fill.coin) ?? -1)
        }
        fillCount = all.count
    }

    subscript(tid: UInt64) -> FillRecord? {
        get { fills[tid] }
        set { fills[tid] = newValue }
    }

    /// The session that counted is gone: the next one counts anew.
    mutating func forgetCounts() {
        for tid in fills.keys {
            fills[tid]?.counted = 0
            fills[tid]?.countedFee = 0
        }
    }
}
