// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What a look at the market said.
public struct RegimeReading: Sendable, Equatable, BitwiseCopyable {
    public let time: Timestamp
    public let state: MarketState
    /// How old the last bar was where that was too old; otherwise `nil`.
    public let staleAge: TimeSpan?
    /// The regime that the numbers say at this look.
    public let seen: MarketRegime
    /// The regime that counts from this look on.
    public let regime: MarketRegime
    /// The regime that counted before.
    public let previousRegime: MarketRegime
    /// How long `seen` has been seen at every look, where it is not what counted before.
    public let stableFor: TimeSpan
    public let effects: RegimeEffects

    public var isChange: Bool { regime != previousRegime }

    public var reason: String {
        let numbers = staleAge.map { "last bar closed \(text($0)) ago" } ?? state.reason
        let outcome =
            if isChange {
                "\(regime.rawValue) instead of \(previousRegime.rawValue), seen for \(text(stableFor))"
            } else if seen != regime {
                "\(seen.rawValue) seen for \(text(stableFor)), \(regime.rawValue) still counts"
            } else {
                "\(regime.rawValue) as before"
            }
        return "\(numbers): \(outcome); \(effects.reason)"
    }
}
