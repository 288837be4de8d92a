// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why a position could not be hedged so.
public enum HedgeError: Error, Hashable, CustomStringConvertible {
    /// On a netting account a hedge in the same instrument would only be a smaller position.
    case sameInstrument(InstrumentID)
    case badNumber(name: String, value: Double)
    case tooFewSamples(have: Int, need: Int)
    /// The hedge did not move, so there is no beta.
    case hedgeStandsStill
    case wrongRight(OptionRight)
    /// The position is smaller than one lot of the option.
    case belowOneLot(position: Double, lot: Double)
    case tooExpensive(netPremium: Double, allowed: Double)
    case noCandidates

    public var description: String {
        switch self {
        case .sameInstrument(let id):
            "Instrument \(id) cannot hedge itself: on a netting account that is only a smaller position. Name another "
                + "instrument, or trade smaller."
        case .badNumber(let name, let value): "The hedge's \(name) is \(value), which is no sensible number."
        case .tooFewSamples(let have, let need): "The two have \(have) returns in common, and a beta needs \(need)."
        case .hedgeStandsStill: "The hedge did not move, so nothing says how much of it to hold."
        case .wrongRight(let right):
            "A \(right.rawValue) does not protect this position: a long one needs a put, a short one a call."
        case .belowOneLot(let position, let lot): "A position of \(position) is below one lot of the option, \(lot)."
        case .tooExpensive(let net, let allowed):
            "The cheapest collar costs \(net), and \(allowed) is allowed. Allow more, or protect from farther away."
        case .noCandidates: "There is no option on the other side of the price that somebody bids for."
        }
    }
}
