// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What the checks need to know of the present. Whoever asks for an approval keeps it up to date.
public struct RiskView: Hashable, Sendable {
    /// One instrument's part.
    public struct Market: Hashable, Sendable, BitwiseCopyable {
        public var last: Price?
        public var mark: Price?
        /// Net, signed.
        public var position: Quantity
        /// What may still trade of working orders that are not reduce-only.
        public var workingBuys: Quantity
        public var workingSells: Quantity
        /// What may still trade of working orders that are reduce-only: stops, targets, exits.
        public var closingBuys = Quantity.zero
        public var closingSells = Quantity.zero
        public var leverage: Int64
        /// Whether the venue has that leverage, as far as is known: otherwise nothing opens a position.
        public var isLeverageConfirmed = true
        /// The worth of one unit of the quote asset in the base currency; `nil`: not known.
        public var quoteRate: Amount?

        public init(
            last: Price? = nil, mark: Price? = nil, position: Quantity = .zero, workingBuys: Quantity = .zero,
            workingSells: Quantity = .zero, leverage: Int64 = 1, quoteRate: Amount? = Amount(whole: 1)
        ) {
            self.last = last
            self.mark = mark
            self.position = position
            self.workingBuys = workingBuys
            self.workingSells = workingSells
            self.leverage = leverage
            self.quoteRate = quoteRate
        }

        /// Counts what may still trade of an order; at least zero, at most the largest quantity there is.
        public mutating func add(_ quantity: Quantity, _ side: Side, isReduceOnly: Bool = false) {
            func add(to working: inout Quantity) {
                let (sum, overflow) = working.units.addingReportingOverflow(quantity.units)
                working = Quantity(units: overflow ? .max : max(0, sum))
            }
            switch (side, isReduceOnly) {
            case (.buy, false): add(to: &workingBuys)
            case (.sell, false): add(to: &workingSells)
            case (.buy, true): add(to: &closingBuys)
            case (.sell, true): add(to: &closingSells)
            }
        }

        /// The mark price, which positions are valued at, before the last trade.
        public var reference: Price? { mark ?? last }
    }

    /// By instrument.
    public var markets: [Market]
    /// In the base currency; `nil`: cannot be worked out.
    public var equity: Amount?
    /// Initial margin of positions and working orders, in the base currency.
    public var marginUsed: Amount
    /// Working orders of all kinds.
    public var openOrders: Int

    public init(markets: [Market], equity: Amount?, marginUsed: Amount = .zero, openOrders: Int = 0) {
        self.markets = markets
        self.equity = equity
        self.marginUsed = marginUsed
        self.openOrders = openOrders
    }
}

/// Why orders were stopped before they were sent.
public struct RiskDenial: Hashable, Sendable, CustomStringConvertible {
    public var reason: RejectReason
    /// What would have been, and what is allowed; empty where there is no number to it.
    public var value: String
    public var limit: String
    public var instrument: String

    public init(_ reason: RejectReason, instrument: String, value: String = "", limit: String = "") {
        self.reason = reason
        self.instrument = instrument
        self.value = value
        self.limit = limit
    }

    public var description: String {
        let numbers = limit.isEmpty ? (value.isEmpty ? "" : ": \(value)") : ": \(value), allowed \(limit)"
        return "\(instrument): \(reason.text)\(numbers)"
    }
}

public enum RiskDecision: ~Copyable, Sendable {
    case approved(ApprovedOrders)
    case denied(RiskDenial)
}

public enum ChangeDecision: ~Copyable, Sendable {
    case approved(ApprovedChange)
    case denied(RiskDenial)
}
