// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading

struct OrderTests {
    private func makeOrder(_ quantity: Int64 = 10, after events: [OrderEvent] = []) -> Order {
        var order = Order(
            id: OrderID(1), strategy: StrategyID(0),
            request: OrderRequest(
                instrument: InstrumentID(0), side: .buy, type: .limit, quantity: Quantity(units: quantity),
                limit: Price(units: 100)))
        for event in events { _ = order.receive(event) }
        return order
    }

    @Test func fillsAddUpAndTheLastOneEndsIt() {
        var order = makeOrder(after: [.submit, .accept])
        #expect(order.receiveFill(Quantity(units: 4)) == .none)
        #expect(order.status == .partiallyFilled && order.remaining.units == 6)
        #expect(order.receiveFill(Quantity(units: 6)) == .none)
        #expect(order.status == .filled && order.filled.units == 10 && order.remaining == .zero)
    }

    @Test(arguments: [0, -1, 11, Int64.max, Int64.min])
    func aFillOfNothingOrTooMuchIsForReconciling(units: Int64) {
        var order = makeOrder(after: [.submit, .accept])
        #expect(order.receiveFill(Quantity(units: units)) == .reconcile)
        #expect(order.status == .accepted && order.filled == .zero)
    }

    @Test(arguments: [OrderEvent.cancel, .expire, .reject])
    func aLateFillCountsAndTheOrderStaysOver(end: OrderEvent) {
        var order = makeOrder(after: [.submit, .accept])
        _ = order.receiveFill(Quantity(units: 3))
        _ = order.receive(end, reason: .byRequest)
        let status = order.status
        #expect(order.reason == .byRequest)
        #expect(order.receiveFill(Quantity(units: 4)) == .lateFill)
        #expect(order.receiveFill(Quantity(units: 3)) == .lateFill)
        #expect(order.filled.units == 10 && order.status == status)
        #expect(order.receiveFill(Quantity(units: 1)) == .reconcile)
        #expect(order.filled.units == 10)
    }

    @Test(arguments: [
        [OrderEvent.submit], [.submit, .accept], [.submit, .trigger], [.submit, .accept, .requestUpdate],
        [.submit, .accept, .requestCancel], [.submit, .accept, .cancel], [.submit, .accept, .expire],
        [.submit, .reject],
        [.submit, .hold],
    ])
    func repeatedReportsAreHarmless(events: [OrderEvent]) throws {
        let once = makeOrder(after: events)
        var twice = once
        let last = try #require(events.last)
        // Holding is told once; everything else can be told twice.
        if last != .hold { #expect(twice.receive(last) == .none) }
        #expect(twice.status == once.status && twice.filled == once.filled)
        // The answer to the submission may come after what followed it.
        if last != .submit, last != .hold, !once.status.isFinal {
            #expect(twice.receive(.accept) == .none)
            #expect(twice.status == once.status)
        }
    }

    @Test func anOrderGoesBackToWhatItWasWhenARequestIsRefused() {
        for (events, expected) in [
            ([.submit, .accept, .requestUpdate, .rejectUpdate], OrderStatus.accepted),
            ([.submit, .accept, .requestUpdate, .update], .accepted),
            ([.submit, .accept, .requestCancel, .rejectCancel], .accepted),
            ([.submit, .accept, .trigger, .requestCancel, .rejectCancel], .triggered),
            ([.submit, .accept, .requestUpdate, .trigger, .update], .triggered),
            ([.submit, .accept, .requestUpdate, .requestCancel, .rejectCancel], .accepted),
            ([.submit, .hold, .requestCancel, .rejectCancel], .held),
            ([.submit, .requestUpdate, .hold, .update], .held),
            ([.submit, .requestCancel, .hold, .rejectCancel], .held),
            ([.submit, .hold, .requestCancel, .accept, .rejectCancel], .accepted),
            ([.submit, .hold, .requestCancel, .trigger, .rejectCancel], .triggered),
        ] as [([OrderEvent], OrderStatus)] {
            #expect(makeOrder(after: events).status == expected, "\(events)")
        }
        var partial = makeOrder(after: [.submit, .accept, .requestCancel])
        _ = partial.receiveFill(Quantity(units: 1))
        #expect(partial.status == .pendingCancel)
        _ = partial.receive(.rejectCancel)
        #expect(partial.status == .partiallyFilled)
    }

    @Test func theReasonIsThatOfTheEnd() {
        var order = makeOrder(after: [.submit])
        _ = order.receive(.requestCancel, reason: .byRequest)
        #expect(order.reason == .none)
        _ = order.receive(.cancel, reason: .groupDone)
        _ = order.receive(.cancel, reason: .expired)
        #expect(order.reason == .groupDone)
    }

    @Test func aFillWithoutItsQuantityIsForReconciling() {
        var order = makeOrder(after: [.submit, .accept])
        #expect(order.receive(.fill) == .reconcile)
        #expect(order.receive(.partialFill) == .reconcile)
        #expect(order.status == .accepted && order.filled == .zero)
    }

    @Test func aChangeNeverTakesAwayWhatFilled() {
        var order = makeOrder(after: [.submit, .accept])
        order.amend(quantity: Quantity(units: 8), limit: Price(units: 101), trigger: Price(units: 99))
        #expect(order.request.quantity.units == 8 && order.request.limit?.units == 101)
        #expect(order.request.trigger == .price(Price(units: 99)))
        order.amend(quantity: Quantity(units: 8), limit: nil, trigger: nil)
        #expect(order.request.limit?.units == 101)
        _ = order.receiveFill(Quantity(units: 5))
        order.amend(quantity: Quantity(units: 3), limit: nil, trigger: nil)
        #expect(order.request.quantity.units == 5 && order.remaining == .zero && order.status == .filled)
        order.amend(quantity: Quantity(units: 9), limit: nil, trigger: nil)
        #expect(order.request.quantity.units == 5)
    }

    /// Whatever a venue says, in whatever order.
    @Test(arguments: 0..<300)
    func anyMessagesKeepTheOrderConsistent(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var order = makeOrder(Int64.random(in: 1...20, using: &random), after: [.submit])
        var counted: Int64 = 0
        for _ in 0..<80 {
            let before = order
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3:
                let units = Int64.random(in: -1...12, using: &random)
                let action = order.receiveFill(Quantity(units: units))
                if action == .reconcile {
                    #expect(order.filled == before.filled && order.status == before.status)
                } else {
                    counted += units
                    #expect((action == .lateFill) == before.status.isFinal)
                }
            case 3:
                order.amend(
                    quantity: Quantity(units: Int64.random(in: 0...25, using: &random)), limit: nil, trigger: nil)
            default:
                let event = OrderEvent.allCases.randomElement(using: &random) ?? .accept
                let action = order.receive(event, reason: .byRequest)
                #expect(order.filled == before.filled)
                if action == .reconcile { #expect(order.status == before.status) }
                #expect(action != .lateFill)
            }
            #expect(order.filled.units == counted)
            #expect(order.filled >= before.filled)
            #expect(order.filled <= order.request.quantity)
            if before.status.isFinal {
                #expect(order.status == before.status)
                #expect(order.reason == before.reason)
            }
            if order.status == .filled { #expect(order.remaining == .zero) }
            if order.status == .partiallyFilled { #expect(order.filled > .zero && order.remaining > .zero) }
            if order.status == .held || order.status == .accepted { #expect(order.filled == .zero) }
            #expect(order.status != .initialized && order.status != .denied)
        }
    }
}
