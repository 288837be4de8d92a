// SPDX-License-Identifier: Apache-2.0

/// What kind of contract an instrument is; it decides how profit, margin and settlement are worked out.
public enum InstrumentKind: Hashable, Sendable {
    /// Two assets change hands at the fill.
    case spot
    /// No expiry; profit in the quote (settlement) asset, linear in the price.
    case linearPerpetual
    /// No expiry; counted in quote value, margined and settled in the base asset.
    case inversePerpetual
    /// Linear, settled in cash at the expiry.
    case future(expiry: Timestamp)
    /// The premium is paid at the fill; settled in cash at the expiry. European exercise.
    case option(expiry: Timestamp, strike: Price, right: OptionRight)

    public var expiry: Timestamp? {
        switch self {
        case .spot, .linearPerpetual, .inversePerpetual: nil
        case .future(let expiry), .option(let expiry, _, _): expiry
        }
    }

    /// Whether it is counted in quote value and settled in the base asset.
    public var isInverse: Bool {
        if case .inversePerpetual = self { return true }
        return false
    }

    /// Whether a position is held against margin instead of being paid for in full.
    public var isMargined: Bool {
        switch self {
        case .spot, .option: false
        case .linearPerpetual, .inversePerpetual, .future: true
        }
    }
}

public enum OptionRight: String, Hashable, Sendable { case call, put }

/// Which prices a venue accepts.
public enum TickRule: Hashable, Sendable {
    /// Multiples of one step, in price units.
    case uniform(step: Int64)
    /// At most so many significant digits and so many decimals, whole numbers always allowed (Hyperliquid).
    case significant(digits: Int, decimals: Int)
    /// The step depends on the price: the last tier whose `from` is at or below the price. Sorted, the first from 0.
    case tiered([TickTier])
}

public struct TickTier: Hashable, Sendable {
    public let from: Price
    public let step: Int64
    public init(from: Price, step: Int64) {
        self.from = from
        self.step = step
    }
}

/// Margin asked for positions up to a notional value, in the settlement asset.
public struct MarginTier: Hashable, Sendable {
    /// `nil` in the last tier.
    public let upToNotional: Amount?
    public let maintenanceRate: Rate
    public let maximumLeverage: Int64
    public init(upToNotional: Amount?, maintenanceRate: Rate, maximumLeverage: Int64) {
        self.upToNotional = upToNotional
        self.maintenanceRate = maintenanceRate
        self.maximumLeverage = maximumLeverage
    }
}

/// What a venue asked for at some time: rules change, and old data is judged by the rules of its day.
public struct TradingRules: Hashable, Sendable {
    public var tick: TickRule
    /// Quantities are multiples of this, in quantity units.
    public var lot: Int64
    public var minimumQuantity: Quantity
    public var minimumNotional: Amount
    public var makerFee: Rate
    public var takerFee: Rate

    public init(
        tick: TickRule = .uniform(step: 1), lot: Int64 = 1, minimumQuantity: Quantity = .zero,
        minimumNotional: Amount = .zero, makerFee: Rate = .zero, takerFee: Rate = .zero
    ) {
        self.tick = tick
        self.lot = lot
        self.minimumQuantity = minimumQuantity
        self.minimumNotional = minimumNotional
        self.makerFee = makerFee
        self.takerFee = takerFee
    }
}

/// One thing that can be traded at one venue, with its number scales and its rules through time.
///
/// Immutable, and shared by reference: it is handed around with every order.
public final class Instrument: Sendable {
    public let id: InstrumentID
    public let symbol: String
    public let venue: String
    public let kind: InstrumentKind
    public let base: AssetID
    public let quote: AssetID
    /// The asset that profit, fees and margin are in.
    public let settlement: AssetID
    public let priceDecimals: Int
    public let quantityDecimals: Int
    /// What one unit of quantity stands for: base units (linear) or quote units (inverse). In `10^-multiplierDecimals`.
    public let multiplier: Int64
    public let multiplierDecimals: Int
    public let liquidationFee: Rate
    /// Sorted by notional; empty: half of the initial margin at 10 × leverage (5 % maintenance).
    public let marginTiers: [MarginTier]
    /// Sorted by time; the first applies to all earlier times as well.
    public let rules: [(from: Timestamp, rules: TradingRules)]

    /// `Amount` units for one price unit times one quantity unit (linear), or for one quantity unit (inverse, quote).
    @usableFromInline package let notionalFactor: Int128

    /// `Amount` units for one quantity unit of the base asset, or of the quote for inverse contracts; `nil` where it
    /// cannot be held.
    private let quantityFactor: Int128?

    /// Units in one whole: `10^priceDecimals` and `10^quantityDecimals`.
    public let priceScale: Double
    public let quantityScale: Double

    /// Why an instrument cannot be described.
    public enum DefinitionError: Error, Equatable, CustomStringConvertible {
        case tooManyDecimals(symbol: String, total: Int)
        case noRules(symbol: String)
        /// A rule that no price or quantity could be judged by.
        case badRule(symbol: String, reason: String)
        public var description: String {
            switch self {
            case .tooManyDecimals(let symbol, let total):
                "\(symbol): price, quantity and multiplier have \(total) decimals together; at most 18 are exact. "
                    + "Set price_decimals and quantity_decimals for it."
            case .noRules(let symbol): "\(symbol) has no trading rules."
            case .badRule(let symbol, let reason): "\(symbol): \(reason)."
            }
        }
    }

    public init(
        id: InstrumentID, symbol: String, venue: String, kind: InstrumentKind, base: AssetID, quote: AssetID,
        settlement: AssetID, priceDecimals: Int, quantityDecimals: Int, multiplier: Int64 = 1,
        multiplierDecimals: Int = 0, liquidationFee: Rate = .zero, marginTiers: [MarginTier] = [],
        rules: [(from: Timestamp, rules: TradingRules)]
    ) throws(DefinitionError) {
        for (name, decimals) in [
            ("price", priceDecimals), ("quantity", quantityDecimals), ("multiplier", multiplierDecimals),
        ] where !(0...Amount.decimals).contains(decimals) {
            throw .badRule(symbol: symbol, reason: "the \(name) cannot have \(decimals) decimals, only 0 to 18")
        }
        let total = priceDecimals + quantityDecimals + multiplierDecimals
        guard total <= Amount.decimals else { throw .tooManyDecimals(symbol: symbol, total: total) }
        guard multiplier > 0 else {
            throw .badRule(symbol: symbol, reason: "the contract multiplier must be above zero, was \(multiplier)")
        }
        guard !rules.isEmpty else { throw .noRules(symbol: symbol) }
        for entry in rules {
            if let reason = entry.rules.defect { throw .badRule(symbol: symbol, reason: reason) }
        }
        priceScale = Double(DecimalText.powerOfTen(priceDecimals))
        quantityScale = Double(DecimalText.powerOfTen(quantityDecimals))
        self.id = id
        self.symbol = symbol
        self.venue = venue
        self.kind = kind
        self.base = base
        self.quote = quote
        self.settlement = settlement
        self.priceDecimals = priceDecimals
        self.quantityDecimals = quantityDecimals
        self.multiplier = multiplier
        self.multiplierDecimals = multiplierDecimals
        self.liquidationFee = liquidationFee
        self.marginTiers = marginTiers
        self.rules = rules.sorted { $0.from < $1.from }
        // Both fit in 64 bits, so the product fits in 128.
        notionalFactor = Int128(DecimalText.powerOfTen(Amount.decimals - total)) * Int128(multiplier)
        let (factor, overflow) = notionalFactor.multipliedReportingOverflow(
            by: Int128(DecimalText.powerOfTen(priceDecimals)))
        quantityFactor = overflow ? nil : factor
    }

    /// The rules in force at `time`.
    public func rules(at time: Timestamp) -> TradingRules {
        var current = rules[0].rules
        for entry in rules.dropFirst() where entry.from <= time { current = entry.rules }
        return current
    }
}

// MARK: - Value

extension Instrument {
    /// The exact value of a quantity at a price: in quote for linear kinds, in base for inverse ones (there the nearest
    /// `10^-18`). It has the sign of the quantity (times that of the price).
    ///
    /// - Returns: `nil` where it cannot be held, or where an inverse contract's price is not positive.
    @inlinable
    public func value(of quantity: Quantity, at price: Price) -> Amount? {
        if case .inversePerpetual = kind { return inverseValue(of: quantity, at: price) }
        let (product, overflow) = price.units.multipliedReportingOverflow(by: quantity.units)
        if !overflow, notionalFactor <= Int128(Int64.max) {
            // The product of two 64-bit numbers always fits in 128 bits.
            return Amount(units: Int128(product) &* notionalFactor)
        }
        return wideValue(of: quantity, at: price)
    }

    @usableFromInline
    func wideValue(of quantity: Quantity, at price: Price) -> Amount? {
        let product = Int128(price.units) * Int128(quantity.units)
        let (value, overflow) = product.multipliedReportingOverflow(by: notionalFactor)
        return overflow ? nil : Amount(units: value)
    }

    @usableFromInline
    func inverseValue(of quantity: Quantity, at price: Price) -> Amount? {
        guard price.units > 0 else { return nil }
        guard let quote = scaledQuantity(quantity) else { return nil }
        let scale = Int128(DecimalText.powerOfTen(priceDecimals))
        return quote.units.multiplied(by: scale, dividedBy: Int128(price.units)).map { Amount(units: $0) }
    }

    /// A quantity times the multiplier: of the base asset, or of the quote for inverse contracts.
    func scaledQuantity(_ quantity: Quantity) -> Amount? {
        guard let factor = quantityFactor else { return nil }
        let (units, overflow) = Int128(quantity.units).multipliedReportingOverflow(by: factor)
        return overflow ? nil : Amount(units: units)
    }

    /// What the venue measures minimums by: the value in quote.
    public func notional(of quantity: Quantity, at price: Price) -> Amount? {
        if case .inversePerpetual = kind { return scaledQuantity(quantity) }
        return value(of: quantity, at: price)
    }

    /// The tier that a notional value falls into.
    public func marginTier(forNotional notional: Amount) -> MarginTier {
        for tier in marginTiers {
            guard let limit = tier.upToNotional else { return tier }
            if notional <= limit { return tier }
        }
        return marginTiers.last
            ?? MarginTier(upToNotional: nil, maintenanceRate: Rate(units: 50_000_000), maximumLeverage: 10)
    }

    /// The price as the nearest Double.
    @inlinable public func approximation(of price: Price) -> Double { Double(price.units) / priceScale }
    /// The quantity as the nearest Double.
    @inlinable public func approximation(of quantity: Quantity) -> Double { Double(quantity.units) / quantityScale }

    public func text(_ price: Price) -> String { DecimalText.format(price.units, decimals: priceDecimals) }
    public func text(_ quantity: Quantity) -> String { DecimalText.format(quantity.units, decimals: quantityDecimals) }
}

// MARK: - Refusals

/// Why a venue would not take an order; `rawValue` is the code that records and reports carry.
public enum RejectReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case none = 0
    case offTick, offLot, notPositive, belowMinimumQuantity, belowMinimumNotional, tooLarge
    case insufficientBalance, insufficientMargin, leverageTooHigh
    case wouldTakeLiquidity, nothingToReduce, unknownOrder, notTrading, duplicateOrder, missingPrice
    case groupDone, parentDone, notFilledWhole, notFilledAtOnce, expired, byRequest, liquidated
    // Stopped by our own checks or before sending
    case orderTooLarge, priceOutsideCollar, rateLimit, exposureLimit, leverageLimit, dailyLoss, tradingHalted,
        onlyReducing
    case openOrderLimit, notSent, unsupported
    // Said by a venue
    case badTrigger, noLiquidity, openInterestCap, positionLimit, selfTrade, marginCall, wouldIncrease, delisted
    case scheduledCancel, tooManyOrders, unauthorised, venueBusy, venueRefused
    // Not even decided on
    case outsideHours, noProtection
    // The other half of a turn
    case positionNotClosed
    // Said by a venue, and expected: it passes by itself
    case onlyPostOnly
    // Stopped by our own checks as well
    case leverageNotConfirmed

    public var text: String {
        switch self {
        case .none: "no reason"
        case .offTick: "the price is between ticks"
        case .offLot: "the quantity is not a whole number of lots"
        case .notPositive: "price and quantity must be positive"
        case .belowMinimumQuantity: "the quantity is below the venue's minimum"
        case .belowMinimumNotional: "the value is below the venue's minimum"
        case .tooLarge: "the value cannot be held exactly"
        case .insufficientBalance: "the balance is too small (spot sales need the asset; there is no borrowing)"
        case .insufficientMargin: "the margin is too small"
        case .leverageTooHigh: "the leverage is above what the venue allows for this size"
        case .wouldTakeLiquidity: "a post-only order would have traded at once"
        case .nothingToReduce: "there is no position to reduce"
        case .unknownOrder: "no such working order"
        case .notTrading: "the instrument is not trading at this time"
        case .duplicateOrder: "this order id was used before"
        case .missingPrice: "this type of order needs a price that was not given"
        case .groupDone: "another order of its group filled"
        case .parentDone: "its entry order ended without a fill"
        case .notFilledWhole: "it could not fill whole (fill or kill)"
        case .notFilledAtOnce: "the rest did not fill at once (immediate or cancel)"
        case .expired: "its time has passed"
        case .byRequest: "it was asked for"
        case .liquidated: "the position was liquidated"
        case .orderTooLarge: "the order is larger than the configured limit"
        case .priceOutsideCollar: "the price is too far from the market"
        case .rateLimit: "too many orders in a short time"
        case .exposureLimit: "the exposure would be above the configured limit"
        case .leverageLimit: "the leverage would be above the configured limit"
        case .dailyLoss: "the day's loss has reached the configured limit"
        case .tradingHalted: "trading is halted"
        case .onlyReducing: "only orders that reduce a position are allowed now"
        case .openOrderLimit: "as many orders are open as the configured limit allows"
        case .notSent: "it was decided on and never sent"
        case .unsupported: "the venue has no such order and it cannot be stood in for"
        case .badTrigger: "the trigger price would act at once"
        case .noLiquidity: "there was nothing to trade against"
        case .openInterestCap: "the venue's open interest is at its cap"
        case .positionLimit: "the position would be above what the venue allows"
        case .selfTrade: "it would have traded with an order of the same account"
        case .marginCall: "the venue took it back for lack of margin"
        case .wouldIncrease: "a reduce-only order would have increased the position"
        case .delisted: "the instrument was delisted"
        case .scheduledCancel: "the dead-man switch took it back"
        case .tooManyOrders: "the venue takes no more open orders"
        case .unauthorised: "the venue does not accept the key that signed it"
        case .venueBusy: "the venue is busy or closed"
        case .venueRefused: "the venue refused it"
        case .outsideHours: "it was outside of the strategy's trading hours"
        case .noProtection: "the distance of its trailing stop could not be worked out"
        case .positionNotClosed: "the opposite position was not closed at once"
        case .onlyPostOnly: "the venue takes only post-only orders for some minutes after an upgrade"
        case .leverageNotConfirmed: "the venue has not confirmed the market's leverage and margin mode"
        }
    }
}
