// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// Puts prices on the venue's grid so that an order keeps its meaning.
public enum HyperliquidRounding {
    /// A limit: never worse for its owner than asked. Buys round down, sells up.
    public static func limit(_ price: Price, _ side: Side, of instrument: Instrument, at time: Timestamp) -> Price {
        instrument.rules(at: time).rounded(price, decimals: instrument.priceDecimals, side == .buy ? .down : .up)
    }

    /// The worst price of an order that is to trade at once: never nearer than asked. Buys round up, sells down.
    public static func bound(_ price: Price, _ side: Side, of instrument: Instrument, at time: Timestamp) -> Price {
        instrument.rules(at: time).rounded(price, decimals: instrument.priceDecimals, side == .buy ? .up : .down)
    }
}

/// Why an order has no form at this venue.
public struct OrderFormError: Error, Hashable, CustomStringConvertible {
    public let description: String
}

extension HyperliquidOrder {
    /// A ticket in the venue's terms.
    ///
    /// - Throws: For kinds of order that the venue does not know: fill-or-kill, good-til-date and trailing stops are
    ///   made of others above the connector.
    public init(_ ticket: OrderTicket, asset: Int, of instrument: Instrument) throws(OrderFormError) {
        func protection(_ protection: Protection, isMarket: Bool) throws(OrderFormError) -> Kind {
            guard let trigger = ticket.trigger else {
                throw OrderFormError(description: "a triggered order of \(instrument.symbol) has no trigger price")
            }
            return .trigger(price: instrument.text(trigger), isMarket: isMarket, protection)
        }
        let kind: Kind
        switch ticket.type {
        case .market: kind = .limit(.immediateOrCancel)
        case .limit:
            switch ticket.timeInForce {
            case .goodTilCancelled: kind = .limit(ticket.isPostOnly ? .addLiquidityOnly : .goodTilCancelled)
            case .immediateOrCancel:
                guard !ticket.isPostOnly else {
                    throw OrderFormError(description: "an order cannot be both post-only and immediate-or-cancel")
                }
                kind = .limit(.immediateOrCancel)
            case .fillOrKill, .goodTilDate:
                throw OrderFormError(description: "Hyperliquid has no fill-or-kill and no good-til-date orders")
            }
        case .stop: kind = try protection(.stopLoss, isMarket: true)
        case .stopLimit: kind = try protection(.stopLoss, isMarket: false)
        case .takeProfit: kind = try protection(.takeProfit, isMarket: true)
        case .takeProfitLimit: kind = try protection(.takeProfit, isMarket: false)
        case .trailingStop:
            throw OrderFormError(description: "Hyperliquid has no trailing stops: move a stop by modifying it")
        }
        // Reduce-only is refused on spot: that no more is sold than is held is seen to above the connector.
        self.init(
            asset: asset, isBuy: ticket.side == .buy, price: instrument.text(ticket.limit),
            size: instrument.text(ticket.quantity), isReduceOnly: ticket.isReduceOnly && instrument.kind != .spot,
            kind: kind,
            client: ticket.client)
    }
}

extension HyperliquidGrouping {
    public init(_ grouping: TicketGrouping) {
        switch grouping {
        case .none: self = .none
        case .entryWithProtection: self = .normal
        case .positionProtection: self = .position
        }
    }
}
