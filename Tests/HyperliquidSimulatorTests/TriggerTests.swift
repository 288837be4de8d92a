// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import JSON
import Testing
import Trading

@Suite struct TriggerTests {
    private func status(_ venue: Venue, _ cloid: UInt128) -> OrderStatus? {
        venue.simulator.order(Cloid(cloid), of: Venue.alice)?.status
    }

    private func bracket(_ entry: String, size: String = "0.002") -> [String] {
        [
            entry, trigger(0, buy: false, at: "51000", "50000", size, kind: "tp", cloid: 2),
            trigger(0, buy: false, at: "49000", "48000", size, kind: "sl", cloid: 3),
        ]
    }

    @Test func childrenSleepUntilTheEntryIsFilled() {
        var venue = Venue()
        let parts = bracket(limit(0, buy: true, "49500", "0.002", cloid: 1))
        #expect(
            venue.order(parts[0], parts[1], parts[2], grouping: "normalTpsl")
                == ["resting", "waitingForFill", "waitingForFill"])
        #expect(status(venue, 2) == .waitingForFill)
        let open = venue.info(#"{"type":"frontendOpenOrders","user":"\#(Venue.alice)"}"#)
        #expect(open.count == 3 && open[2]?["children"]?.count == 2)
        venue.trade("BTC", "49400")
        #expect(status(venue, 1) == .filled && status(venue, 2) == .open && status(venue, 3) == .open)
        venue.trade("BTC", "48900")
        #expect(status(venue, 3) == .filled && status(venue, 2) == .siblingFilledCanceled)
        #expect(venue.alice.positions.isEmpty && venue.alice.openOrders.isEmpty)
    }

    @Test func anEntryThatFillsAtOnceWakesItsChildren() {
        var venue = Venue()
        let parts = bracket(limit(0, buy: true, "51000", "0.002", tif: "Ioc", cloid: 1))
        #expect(
            venue.order(parts[0], parts[1], parts[2], grouping: "normalTpsl")
                == ["filled 0.002@50003.0", "waitingForTrigger", "waitingForTrigger"])
        venue.trade("BTC", "51200")
        #expect(status(venue, 2) == .filled && status(venue, 3) == .siblingFilledCanceled)
        #expect(venue.alice.fills.last?.price == Fixed8(51_197))
    }

    @Test func aPartlyFilledEntryThatIsCancelledTakesItsChildrenAlong() {
        var venue = Venue()
        let parts = bracket(limit(0, buy: true, "49500", "0.002", cloid: 1))
        _ = venue.order(parts[0], parts[1], parts[2], grouping: "normalTpsl")
        venue.simulator.advanceMarket(
            "BTC", .liquidity(Liquidity()), at: venue.wall, wall: venue.wall)
        venue.trade("BTC", "49500", size: "0.001")
        #expect(status(venue, 1) == .open && venue.alice.positions.count == 1)
        _ = venue.exchange(#"{"type":"cancelByCloid","cancels":[{"asset":0,"cloid":"\#(Cloid(1))"}]}"#)
        #expect(status(venue, 2) == .canceled && status(venue, 3) == .canceled)
    }

    @Test func aRefusedEntryIsAnsweredAlone() {
        var venue = Venue()
        let parts = bracket(limit(0, buy: true, "49500", "0.0001", cloid: 1))
        #expect(
            venue.order(parts[0], parts[1], parts[2], grouping: "normalTpsl")
                == ["error Order must have minimum value of $10. asset=0"])
        #expect(venue.alice.openOrders.isEmpty && status(venue, 2) == nil)
    }

    @Test func stopsOfThePositionGrowAndShrinkWithIt() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        #expect(
            venue.order(
                trigger(0, buy: false, at: "52000", "51000", "0", kind: "tp", cloid: 2),
                trigger(0, buy: false, at: "49000", "48000", "0", kind: "sl", cloid: 3), grouping: "positionTpsl")
                == ["resting", "resting"])
        #expect(venue.alice.openOrders.map(\.size) == [Fixed8("0.002")!, Fixed8("0.002")!])
        _ = venue.order(limit(0, buy: true, "51000", "0.003", tif: "Ioc"))
        #expect(venue.alice.openOrders.map(\.size) == [Fixed8("0.005")!, Fixed8("0.005")!])
        venue.trade("BTC", "48500")
        #expect(venue.alice.positions.isEmpty)
        #expect(status(venue, 3) == .filled && status(venue, 2) == .siblingFilledCanceled)
    }

    @Test func stopsOfThePositionEndWithIt() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        _ = venue.order(trigger(0, buy: false, at: "49000", "48000", "0", cloid: 3), grouping: "positionTpsl")
        _ = venue.order(limit(0, buy: false, "49000", "0.002", tif: "Ioc", reduceOnly: true))
        #expect(status(venue, 3) == .reduceOnlyCanceled)
    }

    @Test func triggersFollowTheMarkPriceWhereThereIsOne() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        venue.simulator.advanceMarket("BTC", .mark(Fixed8(50_000)), at: venue.wall, wall: venue.wall)
        _ = venue.order(trigger(0, buy: false, at: "49500", "48000", "0.002", cloid: 3))
        venue.trade("BTC", "49000")
        #expect(status(venue, 3) == .open)
        venue.simulator.advanceMarket("BTC", .mark(Fixed8(49_400)), at: venue.wall, wall: venue.wall)
        #expect(status(venue, 3) == .filled)
        #expect(venue.simulator.marketsWithoutMark == ["ETH"])
    }

    @Test func aMarketStopBelowTheBookIsNotFilled() {
        // The limit of 48900 does not reach the bids around 48000.
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        _ = venue.order(trigger(0, buy: false, at: "49500", "48900", "0.002", cloid: 3))
        venue.trade("BTC", "48000")
        #expect(status(venue, 3) == .marketOrderNoLiquidityRejected)
        #expect(venue.alice.positions.count == 1)
    }

    @Test func aLimitStopRestsOnceTriggered() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        _ = venue.order(trigger(0, buy: false, at: "49500", "49400", "0.002", isMarket: false, cloid: 3))
        venue.trade("BTC", "49000")
        #expect(status(venue, 3) == .open)
        venue.trade("BTC", "49450", takerIsBuy: true)
        #expect(status(venue, 3) == .filled)
        #expect(venue.alice.fills.last?.isTaker == false)
    }

    @Test func modifiedChildrenStayInTheirBracket() {
        var venue = Venue()
        let parts = bracket(limit(0, buy: true, "51000", "0.002", tif: "Ioc", cloid: 1))
        _ = venue.order(parts[0], parts[1], parts[2], grouping: "normalTpsl")
        let raised = trigger(0, buy: false, at: "49800", "48000", "0.002", cloid: 3)
        #expect(
            venue.statuses(
                venue.exchange(#"{"type":"batchModify","modifies":[{"oid":"\#(Cloid(3))","order":\#(raised)}]}"#))
                == ["resting"])
        venue.trade("BTC", "49700")
        #expect(status(venue, 3) == .filled && status(venue, 2) == .siblingFilledCanceled)
    }

    @Test func aChildOnTheWrongSideOfItsEntryIsRefused() {
        var venue = Venue()
        #expect(
            venue.order(
                limit(0, buy: true, "49500", "0.002"),
                trigger(0, buy: false, at: "49400", "48000", "0.002", kind: "tp"),
                trigger(0, buy: false, at: "49400", "48000", "0.002", kind: "sl"), grouping: "normalTpsl")
                == ["resting", "error Invalid TP/SL price. asset=0", "waitingForFill"])
    }

    @Test func anEntryThatOnlyClosesLeavesNoChildren() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: false, "49000", "0.002", tif: "Ioc"))
        let parts = bracket(limit(0, buy: true, "51000", "0.002", tif: "Ioc", cloid: 1))
        _ = venue.order(parts[0], parts[1], parts[2], grouping: "normalTpsl")
        #expect(venue.alice.positions.isEmpty && venue.alice.openOrders.isEmpty)
        #expect(status(venue, 2) == .reduceOnlyCanceled && status(venue, 3) == .reduceOnlyCanceled)
    }
}
