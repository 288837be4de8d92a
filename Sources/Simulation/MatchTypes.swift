// SPDX-License-Identifier: Apache-2.0

import Risk
import Trading

/// Something that happened to an order while a bar was walked; made into reports once the path is chosen.
struct MatchEffect: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case fill, trigger, activate, amend, cancel, liquidation
    }
    let kind: Kind
    let order: OrderID
    let strategy: Int
    /// Where the order is among the orders; −1 for a liquidation.
    var place = -1
    /// Signed for fills.
    var quantity: Int64 = 0
    var price: Int64 = 0
    /// Of fills: the price that the order met, before slippage.
    var met: Int64 = 0
    var liquidity = Liquidity.taker
    var fillReason = FillReason.order
    var reason = RejectReason.none
    var isReducing = false
}

/// What a bar means for matching: everything but the orders.
struct MatchContext {
    let isHedging: Bool
    let fillsLimitsOnTouch: Bool
    let slippage: SlippageModel
    let priceDecimals: Int
    var rules: TradingRules
    /// In quantity units.
    var volume: Double = 0
    var volatility: Double = 0
    /// Spot without borrowing: nothing is spent or sold that is not there.
    let isPaidInFull: Bool
    let isInverse: Bool
    let notionalFactor: Int128
    let liquidationFee: Rate
    let tiers: [MaintenanceTier]
}

extension MatchContext {
    /// The value of a signed quantity, rising with the price: exact for linear contracts in price × quantity units; for
    /// inverse ones −quantity ÷ price, in `10^-15`.
    @inline(__always)
    func value(_ quantity: Int64, at price: Int64) -> Int128 {
        if !isInverse { return Int128(quantity) * Int128(price) }
        return price > 0 ? -(Int128(quantity) * 1_000_000_000_000_000) / Int128(price) : 0
    }

    /// Where an order that takes liquidity ends up: further from `price` than it aimed at, rounded away to the tick.
    func slipped(_ price: Int64, isBuy: Bool, quantity: Int64) -> Int64 {
        let units: Int64
        // An order in a bar without volume counts as all of it.
        let share = volume > 0 ? Double(quantity) / volume : 1
        switch slippage {
        case .none: return price
        case .ticks(let count):
            let step = rules.step(at: Price(units: price), decimals: priceDecimals)
            units = Int64(clamping: Int128(count) * Int128(step))
        case .constant(let fixed, let rate):
            let product = Int128(price) * Int128(rate.units)
            let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(Rate.one))
            units = Int64(clamping: Int128(fixed.units) + quotient + (remainder > 0 ? 1 : 0))
        case .volumeShare(let impact): units = Self.up(Double(price) * impact * share * share)
        case .squareRoot(let impact, _): units = Self.up(Double(price) * impact * volatility * share.squareRoot())
        }
        let target = isBuy ? price.addingReportingOverflow(units) : price.subtractingReportingOverflow(units)
        guard !target.overflow else { return price }
        let rounded = rules.rounded(Price(units: target.partialValue), decimals: priceDecimals, isBuy ? .up : .down)
        // A market does not trade at nothing: the lowest tick is the worst there is.
        return rounded.units > 0 ? rounded.units : rules.rounded(Price(units: 1), decimals: priceDecimals, .up).units
    }

    /// Rounded up, a hair less, so that an exact product that Double puts a bit above stays exact.
    private static func up(_ distance: Double) -> Int64 {
        guard distance.isFinite, distance > 0 else { return distance > 0 ? Int64.max / 4 : 0 }
        return Int64(min((distance * (1 - 1e-12)).rounded(.up), 2e18))
    }

    /// A level `rate` away from an average entry, rounded towards the entry: a stop never risks more, and a target never
    /// asks for more, than was said.
    func level(cost: Int128, quantity: Int64, rate: Rate) -> Int64 {
        rules.level(cost: cost, quantity: quantity, rate: rate, decimals: priceDecimals)
    }
}
