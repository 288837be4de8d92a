// SPDX-License-Identifier: Apache-2.0

import Execution
import Risk
import TestSupport
import Testing
import Trading

@Suite struct PreTradeChecksTests {
    static let instruments: [Instrument] = [
        make(0, "BTC", venue: "one"), make(1, "ETH", venue: "one"), make(2, "SOL", venue: "two"),
    ]

    static func make(_ id: UInt32, _ symbol: String, venue: String) -> Instrument {
        do {
            return try Instrument(
                id: InstrumentID(id), symbol: symbol, venue: venue, kind: .linearPerpetual, base: AssetID(id),
                quote: AssetID(9), settlement: AssetID(9), priceDecimals: 0, quantityDecimals: 0,
                rules: [(.epoch, TradingRules())])
        } catch { preconditionFailure("\(error)") }
    }

    /// Price 100 everywhere, equity 1,000, nothing held.
    static func view() -> RiskView {
        RiskView(
            markets: Array(repeating: RiskView.Market(last: Price(units: 100)), count: 3), equity: Amount(whole: 1000))
    }

    static func ticket(
        _ side: Side = .buy, _ quantity: Int64 = 1, at limit: Int64 = 100, instrument: UInt32 = 0,
        type: OrderType = .limit, trigger: Int64? = nil, reduceOnly: Bool = false
    ) -> OrderTicket {
        OrderTicket(
            client: ClientOrderID(instance: 1, order: OrderID(1)), instrument: InstrumentID(instrument), side: side,
            type: type, quantity: Quantity(units: quantity), limit: Price(units: limit),
            trigger: trigger.map { Price(units: $0) }, isReduceOnly: reduceOnly)
    }

    static func denial(
        _ checks: inout PreTradeChecks, _ tickets: [OrderTicket], _ view: RiskView = view(),
        grouping: TicketGrouping = .none, at now: TimeSpan = .zero
    ) -> RiskDenial? {
        switch checks.approve(tickets, grouping: grouping, view: view, at: now) {
        case .approved(let orders):
            #expect(orders.tickets == tickets)
            return nil
        case .denied(let denial): return denial
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let reason: RejectReason?
        let ticket: OrderTicket
        let change: @Sendable (inout RiskLimits, inout RiskView) -> Void
        var testDescription: String { name }
        init(
            _ name: String, _ reason: RejectReason?, _ ticket: OrderTicket = PreTradeChecksTests.ticket(),
            _ change: @escaping @Sendable (inout RiskLimits, inout RiskView) -> Void = { _, _ in }
        ) {
            self.name = name
            self.reason = reason
            self.ticket = ticket
            self.change = change
        }
    }

    @Test(arguments: [
        Case("no limits", nil),
        Case("at the order's value", nil, ticket(.buy, 5)) { limits, _ in limits.orderNotional = Amount(whole: 500) },
        Case("above the order's value", .orderTooLarge, ticket(.buy, 6)) { limits, _ in
            limits.orderNotional = Amount(whole: 500)
        },
        Case("above the order's quantity", .orderTooLarge, ticket(.buy, 6)) { limits, _ in
            limits.orderQuantity = [InstrumentID(0): Quantity(units: 5)]
        },
        Case("another instrument's quantity", nil, ticket(.buy, 6)) { limits, _ in
            limits.orderQuantity = [InstrumentID(1): Quantity(units: 5)]
        },
        Case("at the collar", nil, ticket(.buy, 1, at: 105)) { limits, _ in limits.priceCollar = Rate(units: 50_000_000)
        },
        Case("above the collar", .priceOutsideCollar, ticket(.buy, 1, at: 106)) { limits, _ in
            limits.priceCollar = Rate(units: 50_000_000)
        },
        Case("a sale below the collar", .priceOutsideCollar, ticket(.sell, 1, at: 94)) { limits, _ in
            limits.priceCollar = Rate(units: 50_000_000)
        },
        Case("a bid far below", nil, ticket(.buy, 1, at: 10)) { limits, _ in
            limits.priceCollar = Rate(units: 50_000_000)
        },
        Case("the mark goes before the last price", .priceOutsideCollar, ticket(.buy, 1, at: 105)) { limits, view in
            limits.priceCollar = Rate(units: 50_000_000)
            view.markets[0].mark = Price(units: 90)
        },
        Case("no price for the collar", .missingPrice) { limits, view in
            limits.priceCollar = Rate(units: 50_000_000)
            view.markets[0].last = nil
        },
        Case("leverage of the instrument", .leverageLimit) { limits, view in
            limits.leverage = 3
            view.markets[0].leverage = 4
        },
        Case("leverage of the account", .leverageLimit, ticket(.buy, 5)) { limits, view in
            limits.accountLeverage = Rate(units: 2_000_000_000)
            view.markets[1].position = Quantity(units: -16)
        },
        Case("exposure of the symbol with what works", .exposureLimit, ticket(.buy, 2)) { limits, view in
            limits.symbolExposure = Amount(whole: 500)
            view.markets[0].position = Quantity(units: 2)
            view.markets[0].workingBuys = Quantity(units: 2)
        },
        Case("exposure of the other side does not add up", nil, ticket(.buy, 2)) { limits, view in
            limits.symbolExposure = Amount(whole: 500)
            view.markets[0].workingSells = Quantity(units: 5)
        },
        Case("exposure of the other side behind a position", nil, ticket(.sell, 4, type: .market)) { limits, view in
            limits.symbolExposure = Amount(whole: 500)
            view.markets[0].position = Quantity(units: 3)
            view.markets[0].workingSells = Quantity(units: 2)
        },
        Case("an order that rests against a position counts whole", .exposureLimit, ticket(.buy, 6)) { limits, view in
            limits.symbolExposure = Amount(whole: 500)
            view.markets[0].position = Quantity(units: -4)
        },
        Case("an order that trades at once trades against what is held", nil, ticket(.buy, 6, type: .market)) {
            limits, view in
            limits.symbolExposure = Amount(whole: 500)
            view.markets[0].position = Quantity(units: -4)
        },
        Case(
            "a market order once stops have closed the position", .exposureLimit, ticket(.sell, 4, type: .market)
        ) { limits, view in
            limits.symbolExposure = Amount(whole: 500)
            view.markets[0].position = Quantity(units: 3)
            view.markets[0].workingSells = Quantity(units: 2)
            view.markets[0].closingSells = Quantity(units: 3)
        },
        Case("exposure of the venue", .exposureLimit, ticket(.buy, 2)) { limits, view in
            limits.venueExposure = Amount(whole: 500)
            view.markets[1].position = Quantity(units: -4)
        },
        Case("another venue's exposure", nil, ticket(.buy, 2)) { limits, view in
            limits.venueExposure = Amount(whole: 500)
            view.markets[2].position = Quantity(units: 4)
        },
        Case("total exposure", .exposureLimit, ticket(.buy, 2)) { limits, view in
            limits.totalExposure = Amount(whole: 500)
            view.markets[2].position = Quantity(units: 4)
        },
        Case("de-minimis position", .exposureLimit, ticket(.buy, 2)) { limits, _ in
            limits.deMinimis = RiskLimits.DeMinimis(position: Amount(whole: 150), total: Amount(whole: 1000))
        },
        Case("de-minimis total", .exposureLimit, ticket(.buy, 1)) { limits, view in
            limits.deMinimis = RiskLimits.DeMinimis(position: Amount(whole: 150), total: Amount(whole: 150))
            view.markets[1].position = Quantity(units: 1)
        },
        Case("margin", .insufficientMargin, ticket(.buy, 11)),
        Case("margin with leverage", nil, ticket(.buy, 11)) { _, view in view.markets[0].leverage = 2 },
        Case("margin in use", .insufficientMargin, ticket(.buy, 2)) { _, view in view.marginUsed = Amount(whole: 900) },
        Case("margin that must be left", .insufficientMargin, ticket(.buy, 6)) { limits, _ in
            limits.marginLeft = Amount(whole: 500)
        },
        Case("as much margin left as must be", nil, ticket(.buy, 5)) { limits, _ in
            limits.marginLeft = Amount(whole: 500)
        },
        Case("open orders", .openOrderLimit) { limits, view in
            limits.openOrders = 3
            view.openOrders = 3
        },
        Case("a value that cannot be held", .tooLarge, ticket(.buy, .max, at: .max)),
        Case("nothing", .notPositive, ticket(.buy, 0)),
        Case("unknown worth of the quote", .tooLarge) { _, view in view.markets[0].quoteRate = nil },
        Case("a quote worth half", nil, ticket(.buy, 6)) { limits, view in
            limits.orderNotional = Amount(whole: 300)
            view.markets[0].quoteRate = Amount(units: 500_000_000_000_000_000)
        },
        Case("unknown instrument", .notTrading, ticket(instrument: 7)),
        // What makes a position smaller is not stopped by any of these.
        Case("a reduction above every cap", nil, ticket(.sell, 20)) { limits, view in
            limits.orderNotional = Amount(whole: 1)
            limits.symbolExposure = Amount(whole: 1)
            limits.totalExposure = Amount(whole: 1)
            limits.openOrders = 1
            view.openOrders = 5
            view.marginUsed = Amount(whole: 2000)
            view.markets[0].position = Quantity(units: 20)
        },
        Case("more than a reduction", .orderTooLarge, ticket(.sell, 21)) { limits, view in
            limits.orderNotional = Amount(whole: 1)
            view.markets[0].position = Quantity(units: 20)
        },
        Case("a second reduction beside a working one", .orderTooLarge, ticket(.sell, 11)) { limits, view in
            limits.orderNotional = Amount(whole: 1)
            view.markets[0].position = Quantity(units: 20)
            view.markets[0].workingSells = Quantity(units: 10)
        },
        Case("a stop far from the market", nil, ticket(.sell, 20, at: 50, type: .stop, trigger: 60, reduceOnly: true)) {
            limits, view in
            limits.priceCollar = Rate(units: 10_000_000)
            limits.orderQuantity = [InstrumentID(0): Quantity(units: 1)]
        },
    ])
    func eachLimitStopsWhatIsBeyondIt(example: Case) {
        var limits = RiskLimits()
        var view = Self.view()
        example.change(&limits, &view)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        #expect(Self.denial(&checks, [example.ticket], view)?.reason == example.reason)
    }

    @Test func aDenialSaysWhatIsAllowed() {
        var limits = RiskLimits()
        limits.priceCollar = Rate(units: 20_000_000)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        let denial = Self.denial(&checks, [Self.ticket(.buy, 1, at: 103)])
        #expect(denial?.description == "BTC: the price is too far from the market: 103, allowed 2 %")
    }

    @Test(
        arguments: [
            (.active, nil, nil, nil), (.reducing, .onlyReducing, nil, nil),
            (.halted, .tradingHalted, .tradingHalted, nil),
        ] as [(TradingState, RejectReason?, RejectReason?, RejectReason?)])
    func theStateDecidesWhatMayGo(
        state: TradingState, entry: RejectReason?, exit: RejectReason?, protection: RejectReason?
    ) {
        var checks = PreTradeChecks(instruments: Self.instruments, limits: RiskLimits(), state: state)
        var view = Self.view()
        view.markets[0].position = Quantity(units: 5)
        #expect(Self.denial(&checks, [Self.ticket()], view)?.reason == entry)
        #expect(Self.denial(&checks, [Self.ticket(.sell, 5, reduceOnly: true)], view)?.reason == exit)
        let stop = Self.ticket(.sell, 5, at: 80, type: .stop, trigger: 90, reduceOnly: true)
        #expect(Self.denial(&checks, [stop], view)?.reason == protection)
    }

    /// A stop on spot is an ordinary sale when it acts.
    @Test func aHaltLetsSpotPositionsGo() throws {
        let spot = try Instrument(
            id: InstrumentID(0), symbol: "PURR", venue: "one", kind: .spot, base: AssetID(0), quote: AssetID(9),
            settlement: AssetID(9), priceDecimals: 0, quantityDecimals: 0, rules: [(.epoch, TradingRules())])
        var checks = PreTradeChecks(instruments: [spot], limits: RiskLimits(), state: .halted)
        var view = Self.view()
        view.markets[0].position = Quantity(units: 5)
        #expect(Self.denial(&checks, [Self.ticket(.sell, 5, type: .market, reduceOnly: true)], view) == nil)
        #expect(Self.denial(&checks, [Self.ticket(.sell, 5, type: .market)], view)?.reason == .tradingHalted)
        #expect(Self.denial(&checks, [Self.ticket()], view)?.reason == .tradingHalted)
    }

    @Test func ordersOfOneRequestCountTogether() {
        var limits = RiskLimits()
        limits.symbolExposure = Amount(whole: 300)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        #expect(Self.denial(&checks, [Self.ticket(.buy, 2), Self.ticket(.buy, 1)]) == nil)
        #expect(Self.denial(&checks, [Self.ticket(.buy, 2), Self.ticket(.buy, 2)])?.reason == .exposureLimit)
    }

    @Test func childrenOfAnEntryAreNotExposure() {
        var limits = RiskLimits()
        limits.symbolExposure = Amount(whole: 200)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        let children = [
            Self.ticket(.sell, 2, at: 110, type: .takeProfit, trigger: 120, reduceOnly: true),
            Self.ticket(.sell, 2, at: 80, type: .stop, trigger: 90, reduceOnly: true),
        ]
        #expect(Self.denial(&checks, [Self.ticket(.buy, 2)] + children, grouping: .entryWithProtection) == nil)
    }

    @Test func theRateIsOverASlidingWindow() {
        var limits = RiskLimits()
        limits.ordersPerSecond = 2
        limits.ordersPerMinute = 3
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        func reason(_ milliseconds: Int64, _ ticket: OrderTicket = Self.ticket()) -> RejectReason? {
            Self.denial(&checks, [ticket], at: .milliseconds(milliseconds))?.reason
        }
        #expect(reason(0) == nil)
        #expect(reason(500) == nil)
        #expect(reason(999) == .rateLimit)
        #expect(reason(1000) == nil)
        #expect(reason(3000) == .rateLimit)
        // The way out has twice the room, and protection is not counted against.
        #expect(reason(3000, Self.ticket(.sell, 1, reduceOnly: true)) == nil)
        #expect(reason(59_999) == .rateLimit)
        #expect(reason(60_500) == nil)
    }

    @Test func theDaysLossStopsNewRiskUntilTheNextDay() {
        var limits = RiskLimits()
        limits.dailyLoss = Amount(whole: 100)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        let day = Timestamp(seconds: 86_400 * 20_000)
        #expect(checks.observe(equity: Amount(whole: 1000), at: day) == nil)
        // A withdrawal is no loss, a deposit no profit.
        checks.transfer(-Amount(whole: 300))
        #expect(checks.observe(equity: Amount(whole: 700), at: day + .hours(1)) == nil)
        #expect(checks.observe(equity: Amount(whole: 601), at: day + .hours(2)) == nil)
        #expect(Self.denial(&checks, [Self.ticket()]) == nil)
        #expect(checks.observe(equity: Amount(whole: 600), at: day + .hours(3)) == Amount(whole: 100))
        #expect(checks.effectiveState == .reducing)
        #expect(Self.denial(&checks, [Self.ticket()])?.reason == .dailyLoss)
        #expect(Self.denial(&checks, [Self.ticket(.sell, 1, reduceOnly: true)]) == nil)
        // Winning it back does not undo it, nor does a clock that jumps back.
        #expect(checks.observe(equity: Amount(whole: 900), at: day + .hours(4)) == nil)
        #expect(checks.observe(equity: Amount(whole: 900), at: day.epochDayBefore) == nil)
        #expect(checks.effectiveState == .reducing)
        #expect(checks.observe(equity: Amount(whole: 600), at: day + .hours(24)) == nil)
        #expect(Self.denial(&checks, [Self.ticket()]) == nil)
    }

    @Test func aChangeCountsInPlaceOfWhatItChanges() {
        var limits = RiskLimits()
        limits.symbolExposure = Amount(whole: 500)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        var view = Self.view()
        view.markets[0].workingBuys = Quantity(units: 4)
        func reason(_ quantity: Int64) -> RejectReason? {
            let change = ModifyTicket(venueOrder: nil, order: Self.ticket(.buy, quantity))
            switch checks.approve(change, replacing: Quantity(units: 4), view: view, at: .zero) {
            case .approved: return nil
            case .denied(let denial): return denial.reason
            }
        }
        #expect(reason(5) == nil)
        #expect(reason(6) == .exposureLimit)
    }

    @Test("Whatever is approved keeps the exposure within its limit", arguments: UInt64(0)..<200)
    func exposureIsNeverExceeded(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var limits = RiskLimits()
        limits.symbolExposure = Amount(whole: 1500)
        limits.totalExposure = Amount(whole: 2500)
        var checks = PreTradeChecks(instruments: Self.instruments, limits: limits)
        var view = Self.view()
        view.equity = Amount(whole: 1_000_000)
        for _ in 0..<100 {
            let place = Int.random(in: 0..<3, using: &random)
            let side: Side = Bool.random(using: &random) ? .buy : .sell
            let quantity = Int64.random(in: 1...12, using: &random)
            let ticket = Self.ticket(side, quantity, instrument: UInt32(place))
            guard Self.denial(&checks, [ticket], view) == nil else { continue }
            // It fills at once, or works.
            if Bool.random(using: &random) {
                view.markets[place].position = view.markets[place].position + Quantity(units: quantity * side.sign)
            } else if side == .buy {
                view.markets[place].workingBuys = view.markets[place].workingBuys + Quantity(units: quantity)
            } else {
                view.markets[place].workingSells = view.markets[place].workingSells + Quantity(units: quantity)
            }
            var total: Int64 = 0
            for market in view.markets {
                let own = max(
                    market.position.units + market.workingBuys.units, market.workingSells.units - market.position.units)
                #expect(own <= 15)
                total += own
            }
            #expect(total <= 25)
        }
    }

    @Test(
        arguments: [
            (Int64(1), 50, false, MinimumOrder.refused(.belowMinimumQuantity)),
            (10, 50, false, .refused(.belowMinimumQuantity)),
            (1, 50, true, .raised(Quantity(units: 2))),
            (100, 50, false, .asked(Quantity(units: 2))),
            (150, 50, true, .asked(Quantity(units: 2))),
            (60, 30, true, .asked(Quantity(units: 2))),
            (59, 30, true, .raised(Quantity(units: 2))),
            (0, 30, true, .refused(.notPositive)),
        ] as [(Int64, Int64, Bool, MinimumOrder)])
    func smallAmountsAreRaisedOrRefused(notional: Int64, price: Int64, raises: Bool, expected: MinimumOrder) throws {
        let instrument = try Instrument(
            id: InstrumentID(0), symbol: "X", venue: "one", kind: .linearPerpetual, base: AssetID(0), quote: AssetID(1),
            settlement: AssetID(1), priceDecimals: 0, quantityDecimals: 0,
            rules: [(.epoch, TradingRules(lot: 2, minimumNotional: Amount(whole: 60)))])
        let result = MinimumOrder(
            notional: Amount(whole: notional), instrument: instrument, price: Price(units: price), raises: raises,
            at: .epoch)
        #expect(result == expected)
    }
}

extension Timestamp {
    fileprivate var epochDayBefore: Timestamp { self - .hours(1) }
}
