// SPDX-License-Identifier: Apache-2.0

/// The return of an account through which money flows: deposits and withdrawals are not profit.
///
/// The product of the growth between flows, each measured on the equity that was there (Global Investment Performance
/// Standards, "time-weighted rate of return").
public struct TimeWeightedReturn: Hashable, Sendable {
    var growth = 1.0
    /// The equity that the present period began with; `nil` before the first measurement.
    var base: Double?
    var last = 0.0

    public init() {}

    /// The equity as it is now.
    public mutating func measure(_ equity: Double) {
        if base == nil { base = equity }
        last = equity
    }

    /// Money that came in (positive) or went out just now, in the currency of the equity.
    public mutating func flow(_ amount: Double) {
        guard let begin = base else { return }
        if begin > 0 { growth *= last / begin }
        last += amount
        base = last
    }

    /// A share: 0.1 is 10 %.
    public var value: Double {
        guard let base, base > 0 else { return growth - 1 }
        return growth * last / base - 1
    }
}
