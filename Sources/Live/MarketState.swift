// SPDX-License-Identifier: Apache-2.0

import Trading
import VenueInterface

/// The latest word on one instrument.
struct MarketState: Sendable {
    var last: Price?
    var bid: Price?
    var ask: Price?
    var mark: Price?
    var oracle: Price?
    /// For one funding interval, as the venue says at the moment.
    var fundingRate: Rate?
    /// When the venue said something of it last, by its own time.
    var time = Timestamp.distantPast
    /// Whether its bars are missing while the venue says nothing of it.
    var isSilent = false

    /// What an order that takes liquidity would meet; what is not known falls back on the last price.
    func price(for side: Side) -> Price? { (side == .buy ? ask : bid) ?? last ?? mark }

    mutating func apply(_ quote: VenueQuote) {
        guard quote.time >= time else { return }
        time = quote.time
        bid = quote.bid?.price
        ask = quote.ask?.price
    }

    mutating func apply(_ book: BookSnapshot) {
        guard book.time >= time else { return }
        time = book.time
        bid = book.bids.first?.price
        ask = book.asks.first?.price
    }

    mutating func apply(_ trade: VenueTrade) {
        guard trade.time >= time else { return }
        time = trade.time
        last = trade.price
    }

    mutating func apply(_ context: MarketContext) {
        mark = context.mark ?? mark
        oracle = context.oracle ?? oracle
        fundingRate = context.fundingRate ?? fundingRate
    }
}
