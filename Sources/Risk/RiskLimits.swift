// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What may be traded at most. Amounts are in the account's base currency; what is `nil` has no limit.
public struct RiskLimits: Hashable, Sendable {
    /// Of one order.
    public var orderNotional: Amount?
    /// Of one order, by instrument, in its own units.
    public var orderQuantity: [InstrumentID: Quantity] = [:]
    /// What an instrument may be set to.
    public var leverage: Int64?
    /// All exposure as a multiple of the equity: `Rate.one` is 1 ×.
    public var accountLeverage: Rate?
    /// In the base currency: what must stay free of margin when positions are opened.
    public var marginLeft: Amount?
    /// How much worse than the market an order's limit may be.
    public var priceCollar: Rate?
    public var ordersPerSecond: Int?
    public var ordersPerMinute: Int?
    /// Of one instrument, if everything that is working filled.
    public var symbolExposure: Amount?
    public var venueExposure: Amount?
    public var totalExposure: Amount?
    public var openOrders: Int?
    /// Loss of equity since 00:00 UTC, deposits and withdrawals left out.
    public var dailyLoss: Amount?
    /// The caps of the mode with real orders of the smallest size.
    public var deMinimis: DeMinimis?

    public init() {}

    /// The caps on what the smallest real orders may come to.
    public struct DeMinimis: Hashable, Sendable, BitwiseCopyable {
        public var position: Amount
        public var total: Amount
        public init(position: Amount, total: Amount) {
            self.position = position
            self.total = total
        }
    }

    /// What contradicts itself or can never let an order through, one sentence each; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        for (name, amount) in [
            ("order_notional", orderNotional), ("symbol_exposure", symbolExposure), ("venue_exposure", venueExposure),
            ("total_exposure", totalExposure), ("daily_loss", dailyLoss), ("de_minimis.position", deMinimis?.position),
            ("de_minimis.total", deMinimis?.total),
        ] {
            if let amount, amount <= .zero { found.append("\(name) must be above zero, was \(amount).") }
        }
        for (name, count) in [
            ("orders_per_second", ordersPerSecond), ("orders_per_minute", ordersPerMinute), ("open_orders", openOrders),
        ] {
            if let count, count < 1 { found.append("\(name) must be at least 1, was \(count).") }
        }
        if let leverage, leverage < 1 { found.append("leverage must be at least 1, was \(leverage).") }
        for (name, rate) in [("account_leverage", accountLeverage), ("price_collar", priceCollar)] {
            if let rate, rate.units <= 0 { found.append("\(name) must be above zero, was \(rate).") }
        }
        for (id, quantity) in orderQuantity.sorted(by: { $0.key < $1.key }) where quantity.units <= 0 {
            found.append("order_quantity of instrument \(id) must be above zero.")
        }
        func ordered(_ small: (String, Amount?), _ large: (String, Amount?)) {
            guard let less = small.1, let more = large.1, less > more else { return }
            found.append("\(small.0) (\(less)) is above \(large.0) (\(more)), which would never let it be reached.")
        }
        ordered(("symbol_exposure", symbolExposure), ("venue_exposure", venueExposure))
        ordered(("symbol_exposure", symbolExposure), ("total_exposure", totalExposure))
        ordered(("venue_exposure", venueExposure), ("total_exposure", totalExposure))
        ordered(("order_notional", orderNotional), ("total_exposure", totalExposure))
        ordered(("de_minimis.position", deMinimis?.position), ("de_minimis.total", deMinimis?.total))
        if let second = ordersPerSecond, let minute = ordersPerMinute, second > minute {
            found.append("orders_per_second (\(second)) is above orders_per_minute (\(minute)).")
        }
        return found
    }
}

/// What trading is allowed to do.
public enum TradingState: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// Everything within the limits.
    case active
    /// Only orders that make a position smaller.
    case reducing
    /// Only cancels, and the stops and targets of positions that are there.
    case halted
}
