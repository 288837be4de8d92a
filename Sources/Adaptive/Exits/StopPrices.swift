// SPDX-License-Identifier: Apache-2.0

import Trading

/// The prices that the stop of a position can have at its venue.
struct StopPrices {
    let side: Side
    let instrument: Instrument
    let now: Timestamp

    /// The price of a level: where the venue has none just there, the next one in the direction of profit, so that a stop
    /// never risks more than was said, and break-even is not short of it.
    ///
    /// - Returns: `nil` where that is no price.
    func price(of level: Double) -> Price? {
        let scaled = level * instrument.priceScale
        guard scaled > 0, scaled < 9e18 else { return nil }
        // What a few steps of arithmetic leave of a whole number is that number.
        let nearest = scaled.rounded()
        let isWhole = abs(scaled - nearest) <= 1e-9 + 1e-14 * scaled
        let units = isWhole ? nearest : scaled.rounded(side == .buy ? .up : .down)
        let price = instrument.rules(at: now).rounded(
            Price(units: Int64(units)), decimals: instrument.priceDecimals, side == .buy ? .up : .down)
        return price.units > 0 ? price : nil
    }

    /// The same as a number.
    func rounded(_ level: Double) -> Double? { price(of: level).map { Double($0.units) / instrument.priceScale } }
}
