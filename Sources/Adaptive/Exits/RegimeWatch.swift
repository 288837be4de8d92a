// SPDX-License-Identifier: Apache-2.0

import Analysis
import Trading

/// Tells whether the market's regime turned against a position: it was not against it at the entry or later, and is now.
struct RegimeWatch: Sendable, BitwiseCopyable {
    let side: Side
    /// The last regime that was not against the position; `nil` before there was one.
    private var last: MarketRegime?

    /// - Parameter regime: That of the entry.
    init(side: Side, regime: MarketRegime) {
        self.side = side
        last = regime.isAgainst(side) ? nil : regime
    }

    /// Takes in the regime of now.
    ///
    /// - Returns: What it turned from, where it is against the position and was not always.
    mutating func turn(to regime: MarketRegime) -> MarketRegime? {
        if regime.isAgainst(side) { return last }
        last = regime
        return nil
    }
}

extension MarketRegime {
    /// Whether it trends against a position of that side.
    func isAgainst(_ side: Side) -> Bool { self == (side == .buy ? .trendingBearish : .trendingBullish) }
}
