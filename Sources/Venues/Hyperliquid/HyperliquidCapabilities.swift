// SPDX-License-Identifier: Apache-2.0

public import Execution

extension VenueCapabilities {
    /// What Hyperliquid does itself.
    ///
    /// Its own TWAP is not used: the request for it takes no client order id, so that after a lost answer nobody could
    /// tell whether it runs, and its slices take no stop of their own.
    public static let hyperliquid = VenueCapabilities(hasSpotTriggers: false) { feature in
        switch feature {
        case .market: .native("sent as immediate-or-cancel with the worst price that slippage allows")
        case .limit, .postOnly, .immediateOrCancel: .native()
        case .stop, .stopLimit, .takeProfit, .takeProfitLimit: .native("on the mark price")
        case .bracket: .native("one request; the venue holds stop and target until the entry fills")
        case .fillOrKill: .unsupported("the venue has none, and what filled cannot be given back")
        case .goodTilDate: .managed("cancelled when its time has come")
        case .trailingStop: .managed("a native stop that is moved with the price; where it stands it acts alone")
        case .oneCancelsOther: .managed("each rests at the venue; what one fills is taken off the others")
        case .volatilityTrailing:
            .emulated("a native stop, moved with the price; its distance is set at closed bars")
        case .timeSlices:
            .emulated("slices at closed bars; the venue's TWAP takes no client order id and no stops")
        case .linkedMarkets, .averaging, .volumeSlices, .iceberg, .acceleration, .schedule, .condition:
            .emulated(engineNote(feature))
        }
    }
}
