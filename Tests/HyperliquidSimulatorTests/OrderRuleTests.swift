// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import JSON
import Testing
import Trading

@Suite struct OrderRuleTests {
    /// BTC is at 50000 with a spread of 5 dollars: 49997@50003.
    @Test(arguments: [
        (limit(0, buy: true, "49000", "0.001"), "resting"),
        (limit(0, buy: true, "49000.5", "0.001"), "error Price must be divisible by tick size. asset=0"),
        (
            limit(0, buy: true, "9999.9", "0.01"),
            "error Order price cannot be more than 80% away from the reference price. asset=0"
        ),
        (
            limit(0, buy: true, "90001", "0.001"),
            "error Order price cannot be more than 80% away from the reference price. asset=0"
        ),
        (limit(0, buy: true, "49000", "0.000001"), "error Order has invalid size. asset=0"),
        (limit(0, buy: true, "49000", "0"), "error Order has zero size."),
        (limit(0, buy: true, "49000", "0.0002"), "error Order must have minimum value of $10. asset=0"),
        (limit(0, buy: true, "50000", "0.0002"), "resting"),
        (limit(0, buy: true, "49000", "100"), "error Insufficient margin to place order. asset=0"),
        (
            limit(0, buy: true, "50003", "0.001", tif: "Alo"),
            "error Post only order would have immediately matched, bbo was 49997@50003. asset=0"
        ),
        (
            limit(0, buy: false, "49997", "0.001", tif: "Alo"),
            "error Post only order would have immediately matched, bbo was 49997@50003. asset=0"
        ),
        (limit(0, buy: true, "50002", "0.001", tif: "Alo"), "resting"),
        (
            limit(0, buy: true, "50002", "0.001", tif: "Ioc"),
            "error Order could not immediately match against any resting orders. asset=0"
        ),
        (
            limit(0, buy: true, "50002", "0.001", tif: "FrontendMarket"),
            "error No liquidity available for market order. asset=0"
        ),
        (limit(0, buy: true, "51000", "0.001", tif: "Ioc"), "filled 0.001@50003.0"),
        (limit(0, buy: true, "51000", "0.001"), "filled 0.001@50003.0"),
        (
            limit(0, buy: false, "49000", "0.001", reduceOnly: true),
            "error Reduce only order would increase position. asset=0"
        ),
        (
            trigger(0, buy: false, at: "49000", "48000", "0.001"),
            "error Reduce only order would increase position. asset=0"
        ),
        (limit(1, buy: true, "2300.15", "0.01"), "error Price must be divisible by tick size. asset=1"),
        (limit(1, buy: true, "2200.1", "0.01"), "resting"),
        (limit(10_000, buy: true, "0.19", "50"), "error Order must have minimum value of 10 USDC. asset=10000"),
        (limit(10_000, buy: true, "0.19", "60"), "resting"),
        (limit(10_000, buy: true, "0.19", "60000"), "error Insufficient spot balance asset=10000"),
        (limit(10_000, buy: false, "0.21", "501"), "error Insufficient spot balance asset=10000"),
        (limit(7, buy: true, "1", "60"), "err Unknown asset. asset=7"),
    ])
    func oneOrder(order: String, expected: String) {
        var venue = Venue()
        #expect(venue.order(order) == [expected])
    }

    @Test func wholeNumbersAreAlwaysPrices() {
        var venue = Venue { $0.markets[0].price = Fixed8(123_456) }
        #expect(venue.order(limit(0, buy: true, "123451", "0.001")) == ["resting"])
        #expect(
            venue.order(limit(0, buy: true, "12345.6", "0.001")) == [
                "error Price must be divisible by tick size. asset=0"
            ])
    }

    @Test func oneBadTickRefusesTheBatchWithOneError() {
        var venue = Venue()
        let good = limit(0, buy: true, "49000", "0.001")
        let bad = limit(0, buy: true, "49000.5", "0.001")
        #expect(venue.order(good, bad) == ["error Price must be divisible by tick size. asset=0"])
        #expect(venue.alice.openOrders.isEmpty)
        var other = Venue { $0.checksTicksBeforeAll = false }
        #expect(other.order(good, bad) == ["resting", "error Price must be divisible by tick size. asset=0"])
    }

    @Test func anEmptyBatchAndOpenChildrenAreRefusedAsAWhole() {
        var venue = Venue()
        #expect(venue.order() == ["error Order batch must not be empty."])
        let entry = limit(0, buy: true, "49000", "0.001")
        let open = trigger(0, buy: false, at: "48000", "47000", "0.001", reduceOnly: false)
        #expect(
            venue.order(entry, open, grouping: "normalTpsl") == [
                "error TP/SL orders must be reduce only trigger orders."
            ])
    }

    @Test func aWholePositionBelowTheMinimumMayBeClosed() {
        for accepts in [true, false] {
            var venue = Venue { $0.acceptsSmallClose = accepts }
            #expect(venue.order(limit(0, buy: true, "51000", "0.0002", tif: "Ioc")) == ["filled 0.0002@50003.0"])
            venue.trade("BTC", "40000")
            let answer = venue.order(limit(0, buy: false, "39000", "0.0002", tif: "Ioc", reduceOnly: true))
            #expect(
                answer == [accepts ? "filled 0.0002@39998.0" : "error Order must have minimum value of $10. asset=0"])
            #expect(venue.alice.positions.isEmpty == accepts)
        }
    }

    @Test func aTriggerThatWouldFireAtOnceIsRefused() {
        var venue = Venue()
        #expect(venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc")) == ["filled 0.001@50003.0"])
        let rows: [(String, String, String)] = [
            ("50000", "sl", "error Invalid TP/SL price. asset=0"), ("49999", "sl", "resting"),
            ("50000", "tp", "error Invalid TP/SL price. asset=0"), ("50001", "tp", "resting"),
        ]
        for (price, kind, expected) in rows {
            #expect(
                venue.order(trigger(0, buy: false, at: price, "45000", "0.001", kind: kind)) == [expected],
                "\(price) \(kind)")
        }
    }

    @Test func openOrdersAreLimited() {
        var venue = Venue {
            $0.limits.openOrders = 3
            $0.limits.openOrdersAtMost = 3
        }
        for _ in 0..<3 { #expect(venue.order(limit(0, buy: true, "49000", "0.001")) == ["resting"]) }
        #expect(venue.order(limit(0, buy: true, "49000", "0.001")) == ["error Too many open orders (3 of 3)."])
    }

    @Test(arguments: [false, true])
    func `two orders that work have not the same client id`(isStrict: Bool) {
        var venue = Venue { $0.refusesUsedClientIDs = isStrict }
        let order = limit(0, buy: true, "49000", "0.001", cloid: 7)
        let used = ["error Client order id was already used. asset=0"]
        #expect(venue.order(order) == ["resting"])
        #expect(venue.order(order) == used)
        #expect(venue.alice.openOrders.count == 1)
        let status = venue.info(#"{"type":"orderStatus","user":"\#(Venue.alice)","oid":"\#(Cloid(7))"}"#)
        #expect(status["order"]?["status"]?.string == "open", "the name stays that of the order that works")
        let change = #"{"type":"batchModify","modifies":[{"oid":"\#(Cloid(7))","order":\#(order)}]}"#
        #expect(venue.statuses(venue.exchange(change)) == ["resting"], "a changed order keeps its own")
        let cancel = #"{"type":"cancelByCloid","cancels":[{"asset":0,"cloid":"\#(Cloid(7))"}]}"#
        #expect(venue.statuses(venue.exchange(cancel)) == ["success"])
        #expect(venue.order(order) == (isStrict ? used : ["resting"]))
    }

    @Test func `after an upgrade nothing but post-only orders is taken for a while`() {
        var venue = Venue()
        let refused = "error Only post-only orders allowed immediately after a network upgrade"
        let resting = limit(0, buy: true, "49000", "0.001")
        let posted = limit(0, buy: true, "49000", "0.001", tif: "Alo", cloid: 9)
        #expect(venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc")) == ["filled 0.001@50003.0"])
        venue.simulator.takesOnlyPostOnly = true
        let stop = trigger(0, buy: false, at: "48000", "47000", "0.001")
        #expect(venue.order(resting, posted, stop) == [refused, "resting", refused])
        let change = #"{"type":"batchModify","modifies":[{"oid":"\#(Cloid(9))","order":\#(resting)}]}"#
        #expect(venue.statuses(venue.exchange(change)) == [refused])
        #expect(venue.alice.openOrders.count == 1)
        venue.simulator.takesOnlyPostOnly = false
        #expect(venue.order(resting, stop) == ["resting", "resting"])
    }

    @Test func refusedOrdersHaveAStatusToAskFor() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "49000", "0.0002", cloid: 7))
        let answer = venue.info(
            #"{"type":"orderStatus","user":"\#(Venue.alice)","oid":"\#(Cloid(7))"}"#)
        #expect(answer["order"]?["status"]?.string == "minTradeNtlRejected")
    }
}
