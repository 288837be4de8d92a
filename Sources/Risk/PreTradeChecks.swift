// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// The checks that every order passes before it may be sent. Pure: no clock, nothing random.
///
/// What makes a position smaller is never stopped by exposure, margin, leverage or the day's loss, and the stops and
/// targets of a position (reduce-only and triggered) not even by a halt. Cancels are not asked about.
public struct PreTradeChecks: Sendable {
    public let limits: RiskLimits
    /// Set by people and by breakers.
    public var state: TradingState
    /// Set after a start in the middle of a day.
    public var dailyLoss = DailyLoss()
    private let instruments: [Instrument]
    private var rate = OrderRate()

    public init(instruments: [Instrument], limits: RiskLimits, state: TradingState = .active) {
        self.instruments = instruments
        self.limits = limits
        self.state = state
    }

    /// The stricter of what was set and what the day's loss leaves.
    public var effectiveState: TradingState { state == .active && dailyLoss.isReached ? .reducing : state }

    // MARK: The day

    /// Takes in the equity, in the base currency.
    ///
    /// - Returns: The loss, where this is what reached the day's limit.
    @discardableResult
    public mutating func observe(equity: Amount, at time: Timestamp) -> Amount? {
        dailyLoss.observe(equity, limit: limits.dailyLoss, at: time)
    }

    /// Takes in money that came (positive) or went, in the base currency: neither profit nor loss of the day.
    public mutating func transfer(_ amount: Amount) { dailyLoss.transfer(amount) }

    // MARK: Approval

    /// Checks orders that are sent together: all of them are approved or none is.
    ///
    /// - Parameter now: Monotonic, for the order rate.
    public mutating func approve(
        _ tickets: [OrderTicket], grouping: TicketGrouping, view: RiskView, at now: TimeSpan
    ) -> RiskDecision {
        var book = Exposure(view: view)
        var reducing = 0
        for (index, ticket) in tickets.enumerated() {
            // Children come to life with their entry and hold no more than it does.
            let isChild = grouping == .entryWithProtection && index > 0
            let judged: Judged
            switch judge(ticket, replaced: .zero, isChild: isChild, book) {
            case .success(let result): judged = result
            case .failure(let refusal): return .denied(refusal.denial)
            }
            if judged == .reduces { reducing += 1 }
            if let denial = checkCount(judged, view.openOrders + index, ticket) { return .denied(denial) }
            if !ticket.isReduceOnly { book.add(ticket) }
        }
        // Leaving has twice the room of entering: a loop that goes wrong is stopped, the way out of what it did is not.
        if let denial = checkRate(tickets, isReducing: reducing == tickets.count, at: now) { return .denied(denial) }
        rate.add(tickets.count, at: now)
        return .approved(ApprovedOrders(checked: tickets, grouping: grouping))
    }

    /// Checks a change of a working order.
    ///
    /// - Parameter replaced: What may still trade of the order as it is now.
    public mutating func approve(
        _ change: ModifyTicket, replacing replaced: Quantity, view: RiskView, at now: TimeSpan
    ) -> ChangeDecision {
        let book = Exposure(view: view)
        let judged: Judged
        switch judge(change.order, replaced: replaced, isChild: false, book) {
        case .success(let result): judged = result
        case .failure(let refusal): return .denied(refusal.denial)
        }
        if let denial = checkRate([change.order], isReducing: judged == .reduces, at: now) { return .denied(denial) }
        rate.add(1, at: now)
        return .approved(ApprovedChange(checked: change))
    }

    // MARK: One order

    private enum Judged { case reduces, increases }
    private struct Refusal: Error { let denial: RiskDenial }

    private func judge(
        _ ticket: OrderTicket, replaced: Quantity, isChild: Bool, _ book: Exposure
    ) -> Result<Judged, Refusal> {
        guard ticket.instrument.index < instruments.count, ticket.instrument.index < book.markets.count else {
            return .failure(
                Refusal(denial: RiskDenial(.notTrading, instrument: "instrument \(ticket.instrument)")))
        }
        let instrument = instruments[ticket.instrument.index]
        func no(_ reason: RejectReason, _ value: String = "", _ limit: String = "") -> Result<Judged, Refusal> {
            .failure(
                Refusal(
                    denial: RiskDenial(reason, instrument: instrument.symbol, value: value, limit: limit)))
        }
        guard ticket.quantity.units > 0, ticket.limit.units > 0, ticket.trigger.map({ $0.units > 0 }) ?? true,
            replaced.units >= 0
        else { return no(.notPositive) }
        let market = book.markets[ticket.instrument.index]
        let isProtective = ticket.isReduceOnly && ticket.type.isTriggered
        let reduces = ticket.isReduceOnly || market.reduces(ticket, replaced: replaced)
        switch effectiveState {
        case .active: break
        case .reducing:
            if !reduces { return no(dailyLoss.isReached && state == .active ? .dailyLoss : .onlyReducing) }
        case .halted:
            // Where triggers are watched by the order manager, a stop that acts is an order like any other exit.
            if !isProtective, !ticket.isReduceOnly || instrument.kind != .spot { return no(.tradingHalted) }
        }
        if let limit = limits.orderQuantity[ticket.instrument], ticket.quantity > limit, !ticket.isReduceOnly {
            return no(.orderTooLarge, instrument.text(ticket.quantity), instrument.text(limit))
        }
        if isProtective || isChild && ticket.isReduceOnly { return .success(.reduces) }
        guard let collar = checkCollar(ticket, market) else { return no(.missingPrice) }
        if !collar {
            return no(
                .priceOutsideCollar, instrument.text(ticket.limit), (limits.priceCollar ?? .zero).percentage)
        }
        if reduces { return .success(.reduces) }
        guard let worth = worth(ticket.quantity, at: price(of: ticket, market), instrument, market) else {
            return no(.tooLarge)
        }
        if let limit = limits.orderNotional, worth > limit { return no(.orderTooLarge, "\(worth)", "\(limit)") }
        if let limit = limits.leverage, market.leverage > limit {
            return no(.leverageLimit, "\(market.leverage)", "\(limit)")
        }
        if let denial = checkExposure(ticket, replaced, instrument, book, worth) {
            return .failure(Refusal(denial: denial))
        }
        return .success(.increases)
    }

    /// The price that an order is measured at: a limit is what may be paid; nothing is measured below the market.
    private func price(of ticket: OrderTicket, _ market: RiskView.Market) -> Price {
        let own = ticket.trigger.map { ticket.type.hasLimit ? ticket.limit : $0 } ?? ticket.limit
        guard let reference = market.reference else { return own }
        return max(own, reference)
    }

    /// Whether the limit is no worse than the market by more than the collar; `nil` where no price says so.
    private func checkCollar(_ ticket: OrderTicket, _ market: RiskView.Market) -> Bool? {
        guard let collar = limits.priceCollar else { return true }
        guard let reference = ticket.trigger ?? market.reference else { return ticket.isReduceOnly ? true : nil }
        let bound = Int128(reference.units) * Int128(collar.units) / Int128(Rate.one)
        let worse = (Int128(ticket.limit.units) - Int128(reference.units)) * Int128(ticket.side.sign)
        return worse <= bound
    }

    private func checkCount(_ judged: Judged, _ open: Int, _ ticket: OrderTicket) -> RiskDenial? {
        guard let limit = limits.openOrders, judged == .increases, open >= limit else { return nil }
        return RiskDenial(
            .openOrderLimit, instrument: instruments[ticket.instrument.index].symbol, value: "\(open + 1)",
            limit: "\(limit)")
    }

    private mutating func checkRate(_ tickets: [OrderTicket], isReducing: Bool, at now: TimeSpan) -> RiskDenial? {
        if tickets.allSatisfy({ $0.isReduceOnly && $0.type.isTriggered }) { return nil }
        let symbol = tickets.first.map { instruments[$0.instrument.index].symbol } ?? ""
        for (limit, span, unit) in [
            (limits.ordersPerSecond, TimeSpan.seconds(1), "a second"),
            (limits.ordersPerMinute, TimeSpan.minutes(1), "a minute"),
        ] {
            guard let limit else { continue }
            let allowed = isReducing && limit <= Int.max / 2 ? limit * 2 : limit
            let count = rate.count(within: span, at: now) + tickets.count
            if count > allowed {
                return RiskDenial(.rateLimit, instrument: symbol, value: "\(count) \(unit)", limit: "\(allowed)")
            }
        }
        return nil
    }

    /// What a quantity is worth in the base currency; `nil` where it cannot be held or nothing says it.
    private func worth(
        _ quantity: Quantity, at price: Price, _ instrument: Instrument, _ market: RiskView.Market
    ) -> Amount? {
        guard let rate = market.quoteRate, let notional = instrument.notional(of: quantity, at: price),
            notional.units != .min
        else { return nil }
        return notional.magnitude.units.multiplied(by: rate.units, dividedBy: 1_000_000_000_000_000_000)
            .map { Amount(units: $0) }
    }

    // MARK: Exposure

    /// Positions and working orders, with those of the same request counted as they are looked at.
    private struct Exposure {
        var markets: [RiskView.Market]
        let equity: Amount?
        let marginUsed: Amount

        init(view: RiskView) {
            markets = view.markets
            equity = view.equity
            marginUsed = view.marginUsed
        }

        mutating func add(_ ticket: OrderTicket) { markets[ticket.instrument.index].add(ticket.quantity, ticket.side) }
    }

    private func checkExposure(
        _ ticket: OrderTicket, _ replaced: Quantity, _ instrument: Instrument, _ book: Exposure, _ worth: Amount
    ) -> RiskDenial? {
        func no(_ reason: RejectReason, _ value: Amount?, _ limit: Amount) -> RiskDenial {
            RiskDenial(
                reason, instrument: instrument.symbol, value: value.map { "\($0)" } ?? "unknown", limit: "\(limit)")
        }
        var market = book.markets[ticket.instrument.index]
        market.add(-replaced, ticket.side)
        guard
            let own = exposure(of: market, with: ticket, at: price(of: ticket, market), instrument)
        else {
            return RiskDenial(.tooLarge, instrument: instrument.symbol)
        }
        if let limit = limits.symbolExposure, own > limit { return no(.exposureLimit, own, limit) }
        if let limit = limits.deMinimis?.position, own > limit { return no(.exposureLimit, own, limit) }
        var venue = own
        var total = own
        for other in instruments.indices where other != ticket.instrument.index && other < book.markets.count {
            guard let amount = exposure(of: book.markets[other], at: nil, instruments[other]),
                let sum = total.adding(amount)
            else { return RiskDenial(.missingPrice, instrument: instruments[other].symbol) }
            total = sum
            if instruments[other].venue == instrument.venue { venue += amount }
        }
        if let limit = limits.venueExposure, venue > limit { return no(.exposureLimit, venue, limit) }
        if let limit = limits.totalExposure, total > limit { return no(.exposureLimit, total, limit) }
        if let limit = limits.deMinimis?.total, total > limit { return no(.exposureLimit, total, limit) }
        guard let equity = book.equity else {
            return limits.accountLeverage == nil ? nil : RiskDenial(.leverageLimit, instrument: instrument.symbol)
        }
        if let rate = limits.accountLeverage, let allowed = rate.of(max(equity, .zero)), total > allowed {
            return no(.leverageLimit, total, allowed)
        }
        let margin = Amount(units: worth.units / Int128(instrument.kind.isMargined ? max(1, market.leverage) : 1))
        guard let free = equity.adding(-book.marginUsed)?.adding(-(limits.marginLeft ?? .zero)) else {
            return RiskDenial(.tooLarge, instrument: instrument.symbol)
        }
        // A change is charged whole, as the venue does while both legs exist.
        return margin > free ? no(.insufficientMargin, margin, free) : nil
    }

    /// The larger of what would be long and what would be short if everything on that side filled.
    private func exposure(
        of market: RiskView.Market, with ticket: OrderTicket? = nil, at price: Price?, _ instrument: Instrument
    ) -> Amount? {
        guard let units = market.largestPosition(with: ticket) else { return nil }
        guard units > 0 else { return .zero }
        guard let price = price ?? market.reference else { return nil }
        return worth(Quantity(units: units), at: price, instrument, market)
    }
}

extension RiskView.Market {
    /// The largest position that could come of this one, of what works and of an order; `nil` where it cannot be held.
    ///
    /// An order that trades at once trades against what is held, as far as no stop or exit closes that before. One that may
    /// rest counts whole: by the time at which it trades, the position may be closed.
    fileprivate func largestPosition(with ticket: OrderTicket?) -> Int64? {
        let held = Int128(position.units)
        var (long, short) = (max(held, 0), max(-held, 0))
        if let ticket {
            let quantity = Int128(ticket.quantity.units)
            switch (ticket.side, ticket.isImmediate) {
            case (.buy, false): long += quantity
            case (.sell, false): short += quantity
            case (.buy, true): long = max(0, held + min(short, max(Int128(closingBuys.units), 0)) + quantity)
            case (.sell, true): short = max(0, quantity - held + min(long, max(Int128(closingSells.units), 0)))
            }
        }
        return Int64(exactly: max(long + Int128(workingBuys.units), short + Int128(workingSells.units)))
    }

    /// Whether an order can only make the position smaller, with everything that works on its side.
    fileprivate func reduces(_ ticket: OrderTicket, replaced: Quantity) -> Bool {
        guard position.units != 0, (position.units > 0) == (ticket.side == .sell) else { return false }
        let working = ticket.side == .buy ? workingBuys : workingSells
        let (others, below) = working.units.subtractingReportingOverflow(replaced.units)
        let (sum, above) = max(0, others).addingReportingOverflow(ticket.quantity.units)
        return !below && !above && sum.magnitude <= position.units.magnitude
    }
}
