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
    @usableFromInline package let notionalFactor: Int64

    /// Units in one whole: `10^priceDecimals` and `10^quantityDecimals`.
    public let priceScale: Double
    public let quantityScale: Double

    /// Why an instrument cannot be described.
    public enum DefinitionError: Error, Equatable, CustomStringConvertible {
        case tooManyDecimals(symbol: String, total: Int)
        case noRules(symbol: String)
        public var description: String {
            switch self {
            case .tooManyDecimals(let symbol, let total):
                "\(symbol): price, quantity and multiplier have \(total) decimals together; at most 18 are exact. "
                    + "Set price_decimals and quantity_decimals for it."
            case .noRules(let symbol): "\(symbol) has no trading rules."
            }
        }
    }

    public init(
        id: InstrumentID, symbol: String, venue: String, kind: InstrumentKind, base: AssetID, quote: AssetID,
        settlement: AssetID, priceDecimals: Int, quantityDecimals: Int, multiplier: Int64 = 1,
        multiplierDecimals: Int = 0, liquidationFee: Rate = .zero, marginTiers: [MarginTier] = [],
        rules: [(from: Timestamp, rules: TradingRules)]
    ) throws(DefinitionError) {
        let total = priceDecimals + quantityDecimals + multiplierDecimals
        guard total <= Amount.decimals, priceDecimals >= 0, quantityDecimals >= 0, multiplierDecimals >= 0 else {
            throw .tooManyDecimals(symbol: symbol, total: total)
        }
        guard !rules.isEmpty else { throw .noRules(symbol: symbol) }
        let (factor, overflow) = DecimalText.powerOfTen(Amount.decimals - total)
            .multipliedReportingOverflow(by: multiplier)
        guard !overflow, factor > 0 else { throw .tooManyDecimals(symbol: symbol, total: total) }
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
        self.rules = rules
        notionalFactor = factor
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
        if !overflow {
            // The product of two 64-bit numbers always fits in 128 bits.
            return Amount(units: Int128(product) &* Int128(notionalFactor))
        }
        return wideValue(of: quantity, at: price)
    }

    @usableFromInline
    func wideValue(of quantity: Quantity, at price: Price) -> Amount? {
        let product = Int128(price.units) * Int128(quantity.units)
        let (value, overflow) = product.multipliedReportingOverflow(by: Int128(notionalFactor))
        return overflow ? nil : Amount(units: value)
    }

    @usableFromInline
    func inverseValue(of quantity: Quantity, at price: Price) -> Amount? {
        guard price.units > 0 else { return nil }
        // factor = multiplier × 10^(18−p−q−m); the value needs 10^(18+p−q−m), which is 10^2p more.
        var numerator = Int128(quantity.units) * Int128(notionalFactor)
        for _ in 0..<2 {
            let (product, overflow) = numerator.multipliedReportingOverflow(
                by: Int128(DecimalText.powerOfTen(priceDecimals)))
            guard !overflow else { return nil }
            numerator = product
        }
        return Amount(units: numerator.dividedRoundingHalfToEven(by: Int128(price.units)))
    }

    /// What the venue measures minimums by: the value in quote.
    public func notional(of quantity: Quantity, at price: Price) -> Amount? {
        if case .inversePerpetual = kind {
            let scale = Int128(DecimalText.powerOfTen(priceDecimals))
            let (value, overflow) = (Int128(quantity.units) * Int128(notionalFactor))
                .multipliedReportingOverflow(by: scale)
            return overflow ? nil : Amount(units: value)
        }
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

// MARK: - Rules

/// Why a venue would not take an order; `rawValue` is the code that records and reports carry.
public enum RejectReason: UInt8, Hashable, Sendable, BitwiseCopyable {
    case none = 0
    case offTick, offLot, notPositive, belowMinimumQuantity, belowMinimumNotional, tooLarge
    case insufficientBalance, insufficientMargin, leverageTooHigh
    case wouldTakeLiquidity, nothingToReduce, unknownOrder, notTrading, duplicateOrder, missingPrice
    case groupDone, parentDone, notFilledWhole, notFilledAtOnce, expired, byRequest, liquidated

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
        }
    }
}

extension TradingRules {
    /// Whether `price` is one the venue takes.
    public func accepts(_ price: Price, decimals: Int) -> Bool {
        switch tick {
        case .uniform(let step): price.units % step == 0
        case .tiered(let tiers): price.units % (tiers.last { $0.from <= price } ?? tiers[0]).step == 0
        case .significant: rounded(price, decimals: decimals, .down) == price
        }
    }

    public enum Rounding: Sendable { case down, up, nearest }

    /// The accepted price next to `price` in the given direction.
    public func rounded(_ price: Price, decimals: Int, _ rounding: Rounding) -> Price {
        let step: Int64
        switch tick {
        case .uniform(let uniform): step = uniform
        case .tiered(let tiers): step = (tiers.last { $0.from <= price } ?? tiers[0]).step
        case .significant(let digits, let allowed):
            // The step that leaves `digits` significant digits, no finer than the allowed decimals, at most one whole.
            var significant: Int64 = 1
            var rest = price.units.magnitude
            for _ in 0..<digits { rest /= 10 }
            while rest > 0 {
                rest /= 10
                significant *= 10
            }
            let finest = DecimalText.powerOfTen(max(0, decimals - allowed))
            step = max(finest, min(significant, DecimalText.powerOfTen(decimals)))
        }
        if step == 1 { return price }
        let (quotient, remainder) = price.units.flooredDivision(by: step)
        switch rounding {
        case .down: return Price(units: quotient * step)
        case .up: return Price(units: (remainder == 0 ? quotient : quotient + 1) * step)
        case .nearest: return Price(units: (remainder * 2 >= step ? quotient + 1 : quotient) * step)
        }
    }
}
