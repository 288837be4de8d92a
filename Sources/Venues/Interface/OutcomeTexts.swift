// SPDX-License-Identifier: Apache-2.0

import Trading

// In words: they are written to the journal with every answer, so no mirror is held up to them.

extension PlaceOutcome: CustomStringConvertible {
    public var description: String {
        switch self {
        case .resting(let order): "resting as \(order)"
        case .filled(let order, let quantity, let price): "filled as \(order): \(quantity.units) units at \(price)"
        case .waiting(let order?): "waiting as \(order)"
        case .waiting(nil): "waiting"
        case .rejected(_, let text): "refused: \(text)"
        case .unknown(let reason): "not certain: \(reason)"
        }
    }
}

extension CancelOutcome: CustomStringConvertible {
    public var description: String {
        switch self {
        case .done: "done"
        case .notWorking(let text): "there is nothing to take back: \(text)"
        case .rejected(let text): "refused: \(text)"
        case .unknown(let reason): "not certain: \(reason)"
        }
    }
}

extension ModifyOutcome: CustomStringConvertible {
    public var description: String {
        switch self {
        case .done(let order?): "done, now \(order)"
        case .done(nil): "done"
        case .rejected(_, let text): "refused: \(text)"
        case .unknown(let reason): "not certain: \(reason)"
        }
    }
}

extension StatusOutcome: CustomStringConvertible {
    public var description: String {
        switch self {
        case .known(let update):
            "\(update.status), \(update.remaining.units) of \(update.quantity.units) units are left"
        case .notKnown: "no such order"
        case .unknown(let reason): "not certain: \(reason)"
        }
    }
}

extension VenueOrderStatus: CustomStringConvertible {
    public var description: String {
        switch self {
        case .open: "open"
        case .triggered: "triggered"
        case .filled: "filled"
        case .cancelled(_, let text): "cancelled: \(text)"
        case .rejected(_, let text): "refused: \(text)"
        }
    }
}
