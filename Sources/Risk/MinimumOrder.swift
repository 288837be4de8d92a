// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The quantity that an amount of money comes to at a venue that has a minimum.
public enum MinimumOrder: Hashable, Sendable, BitwiseCopyable {
    /// At or above the minimum.
    case asked(Quantity)
    /// The venue's minimum, which is more than was asked for.
    case raised(Quantity)
    /// Below the minimum, and not to be raised.
    case refused(RejectReason)

    /// - Parameters:
    ///   - notional: In the instrument's quote asset.
    ///   - raises: Whether to go up to the venue's minimum where less was asked for.
    public init(notional: Amount, instrument: Instrument, price: Price, raises: Bool, at time: Timestamp) {
        let rules = instrument.rules(at: time)
        guard notional > .zero, price.units > 0 else {
            self = .refused(.notPositive)
            return
        }
        guard let one = instrument.notional(of: Quantity(units: 1), at: price), one > .zero else {
            self = .refused(.tooLarge)
            return
        }
        let lot = Int128(rules.lot)
        let units = notional.units / one.units / lot * lot
        guard let exact = Int64(exactly: units) else {
            self = .refused(.tooLarge)
            return
        }
        let isEnough = exact > 0 && exact >= rules.minimumQuantity.units
        if isEnough, Amount(units: one.units * units) >= rules.minimumNotional {
            self = .asked(Quantity(units: exact))
            return
        }
        guard raises else {
            self = .refused(isEnough ? .belowMinimumNotional : .belowMinimumQuantity)
            return
        }
        // Rounded up after all else: a quantity rounded down at the minimum is worth less than it.
        let needed = max(
            Int128(rules.minimumQuantity.units), (rules.minimumNotional.units + one.units - 1) / one.units, 1)
        guard let raised = Int64(exactly: (needed + lot - 1) / lot * lot) else {
            self = .refused(.tooLarge)
            return
        }
        self = .raised(Quantity(units: raised))
    }
}
