// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import JSON
import Testing
import Trading

@Suite struct TradingTests {
    @Test func aRoundTripIsBookedLikeTheVenueDoes() {
        var venue = Venue()
        // Two of five thousandths as taker, closed as taker at a lower price.
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        venue.trade("BTC", "50100")
        _ = venue.order(limit(0, buy: false, "49000", "0.002", tif: "Ioc", reduceOnly: true))
        let fills = venue.alice.fills
        #expect(fills.count == 2)
        #expect(fills[0].direction == "Open Long" && fills[1].direction == "Close Long")
        #expect(fills[0].isTaker && fills[0].price == Fixed8(50_003) && fills[0].startPosition == .zero)
        // 0.00045 × 100.006 = 0.0450027, cut to millionths.
        #expect(fills[0].fee == Fixed8("0.045002")!)
        #expect(fills[1].price == Fixed8(50_097) && fills[1].startPosition == Fixed8("0.002")!)
        #expect(fills[1].closedPnl == Fixed8("0.188")!)
        #expect(fills[1].fee == Fixed8("0.045087")!)
        #expect(venue.alice.cash == Fixed8("10000.097911")!)
        #expect(Set(fills.map(\.tid)).count == 2)
    }

    @Test func aRestingOrderIsFilledAsMakerAtItsPriceWhenTheMarketComesThrough() {
        var venue = Venue()
        #expect(venue.order(limit(0, buy: true, "49500", "0.002", cloid: 5)) == ["resting"])
        venue.trade("BTC", "49600")
        #expect(venue.alice.fills.isEmpty)
        venue.trade("BTC", "49400")
        let fill = venue.alice.fills.first
        #expect(fill?.price == Fixed8(49_500) && fill?.isTaker == false && fill?.cloid == Cloid(5))
        // 0.00015 × 99 = 0.01485.
        #expect(fill?.fee == Fixed8("0.01485")!)
        #expect(venue.simulator.order(Cloid(5), of: Venue.alice)?.status == .filled)
    }

    @Test func aTouchFillsNoMoreThanTheTradeAndTheNextTradeTheRest() {
        var venue = Venue { $0.markets[0].liquidity.spread = Rate(units: 1_000_000) }
        #expect(venue.order(limit(0, buy: true, "49990", "0.002")) == ["resting"])
        venue.trade("BTC", "49990", size: "0.0005")
        #expect(venue.alice.openOrders.first?.remaining == Fixed8("0.0015")!)
        venue.trade("BTC", "49989", size: "5")
        #expect(venue.alice.openOrders.isEmpty && venue.alice.fills.count == 2)
    }

    @Test(arguments: [true, false])
    func aThinBookFillsInPartsAndAnIocLosesTheRest(buy: Bool) {
        var venue = Venue(balance: 1_000_000) {
            $0.markets[0].liquidity.levelValue = Fixed8(100)
            $0.markets[0].liquidity.levels = 2
        }
        let price = buy ? "51000" : "49000"
        let answer = venue.order(limit(0, buy: buy, price, "1", tif: "Ioc", cloid: 3))
        #expect(answer.first?.hasPrefix("filled 0.00") == true)
        #expect(venue.alice.fills.count == 2)
        #expect(venue.simulator.order(Cloid(3), of: Venue.alice)?.status == .canceled)
        #expect(
            venue.order(limit(0, buy: buy, price, "1", tif: "Ioc")) == [
                "error Order could not immediately match against any resting orders. asset=0"
            ])
        // The next price brings a new book.
        venue.trade("BTC", "50000")
        #expect(venue.order(limit(0, buy: buy, price, "1")) == ["resting"])
        #expect(venue.alice.fills.count == 4)
    }

    @Test func accountsTradeWithOneAnotherByPriceThenTime() {
        var venue = Venue()
        _ = venue.order(
            limit(0, buy: true, "49999", "0.001", cloid: 1), limit(0, buy: true, "50001", "0.001", cloid: 2),
            limit(0, buy: true, "50001", "0.001", cloid: 3))
        venue.assume(Venue.bob)
        #expect(venue.order(limit(0, buy: false, "49998", "0.0025", tif: "Ioc")) == ["filled 0.0025@50000.6"])
        #expect(venue.alice.fills.map { $0.cloid!.value } == [2, 3, 1])
        #expect(venue.alice.fills.allSatisfy { !$0.isTaker })
        let bob = venue.simulator.account(Venue.bob)!
        #expect(bob.positions.first?.size == Fixed8("-0.0025")!)
        #expect(bob.fills.map(\.tid) == venue.alice.fills.map(\.tid))
        #expect(bob.fills.map(\.direction) == ["Open Short", "Open Short", "Open Short"])
    }

    @Test func nobodyTradesWithHimself() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "50001", "0.001", cloid: 1))
        #expect(venue.order(limit(0, buy: false, "50001", "0.001", tif: "Ioc")) != ["filled 0.001@50001.0"])
        #expect(venue.simulator.order(Cloid(1), of: Venue.alice)?.status == .selfTradeCanceled)
        #expect(venue.alice.fills.isEmpty)
    }

    @Test func turningAPositionClosesAndOpensInOneFill() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc"))
        _ = venue.order(limit(0, buy: false, "49000", "0.003", tif: "Ioc"))
        #expect(venue.alice.fills.last?.direction == "Long > Short")
        #expect(venue.alice.fills.last?.closedPnl == Fixed8("-0.006")!)
        #expect(venue.alice.positions.first?.size == Fixed8("-0.002")!)
        #expect(venue.alice.positions.first?.cost == Fixed8("99.994")!)
    }

    @Test func reduceOnlyOrdersEndWithThePosition() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc"))
        _ = venue.order(
            limit(0, buy: false, "55000", "0.001", reduceOnly: true, cloid: 1),
            trigger(0, buy: false, at: "45000", "44000", "0.001", cloid: 2),
            limit(0, buy: false, "56000", "0.001", cloid: 3))
        _ = venue.order(limit(0, buy: false, "49000", "0.001", tif: "Ioc", reduceOnly: true))
        #expect(venue.simulator.order(Cloid(1), of: Venue.alice)?.status == .reduceOnlyCanceled)
        #expect(venue.simulator.order(Cloid(2), of: Venue.alice)?.status == .reduceOnlyCanceled)
        #expect(venue.simulator.order(Cloid(3), of: Venue.alice)?.status == .open)
    }

    @Test func aReduceOnlyOrderNeverTradesMoreThanThePosition() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc"))
        #expect(
            venue.order(limit(0, buy: false, "49000", "0.005", tif: "Ioc", reduceOnly: true)) == [
                "filled 0.001@49997.0"
            ])
        #expect(venue.alice.positions.isEmpty)
    }

    @Test func modifyGivesANewIdAndKeepsTheClientsOwn() {
        var venue = Venue()
        _ = venue.order(limit(0, buy: true, "49000", "0.001", cloid: 9))
        let first = venue.simulator.order(Cloid(9), of: Venue.alice)!
        let answer = venue.exchange(
            #"{"type":"batchModify","modifies":[{"oid":\#(first.oid),"order":\#(limit(0, buy: true, "48000", "0.002", cloid: 9))}]}"#
        )
        #expect(venue.statuses(answer) == ["resting"])
        let second = venue.simulator.order(Cloid(9), of: Venue.alice)!
        #expect(second.oid != first.oid && second.price == Fixed8(48_000) && second.status == .open)
        #expect(venue.simulator.orders(of: Venue.alice).first { $0.oid == first.oid }?.status == .canceled)
        // A new order that the rules refuse leaves the old one.
        let bad = venue.exchange(
            #"{"type":"modify","oid":"\#(Cloid(9))","order":\#(limit(0, buy: true, "48000.5", "0.002", cloid: 9))}"#)
        #expect(bad["status"]?.string == "err")
        #expect(venue.simulator.order(Cloid(9), of: Venue.alice)?.status == .open)
        let gone = venue.exchange(
            #"{"type":"modify","oid":\#(first.oid),"order":\#(limit(0, buy: true, "48000", "0.002"))}"#)
        #expect(gone["response"]?.string == "Cannot modify canceled or filled order")
    }

    @Test func cancelByEitherIdAndNotTwice() {
        var venue = Venue()
        _ = venue.order(
            limit(0, buy: true, "49000", "0.001", cloid: 1), limit(0, buy: true, "49000", "0.001", cloid: 2))
        let oid = venue.simulator.order(Cloid(1), of: Venue.alice)!.oid
        let missing = "error Order was never placed, already canceled, or filled. asset=0"
        #expect(
            venue.statuses(venue.exchange(#"{"type":"cancel","cancels":[{"a":0,"o":\#(oid)},{"a":0,"o":\#(oid)}]}"#))
                == ["success", missing])
        let byCloid = #"{"type":"cancelByCloid","cancels":[{"asset":0,"cloid":"\#(Cloid(2))"}]}"#
        #expect(venue.statuses(venue.exchange(byCloid)) == ["success"])
        #expect(venue.statuses(venue.exchange(byCloid)) == [missing])
    }

    @Test func spotFeesOfBuysAreInTheTokenThatWasBought() {
        var venue = Venue()
        #expect(venue.order(limit(10_000, buy: true, "0.25", "100", tif: "Ioc"))[0].hasPrefix("filled 100"))
        let fill = venue.alice.fills[0]
        #expect(fill.feeToken == "PURR" && fill.fee == Fixed8("0.07")! && fill.direction == "Buy")
        #expect(venue.alice.balances[1].total == Fixed8("599.93")!)
        _ = venue.order(limit(10_000, buy: false, "0.1", "100", tif: "Ioc"))
        let sale = venue.alice.fills[1]
        #expect(sale.feeToken == "USDC" && sale.direction == "Sell")
        #expect(venue.alice.balances[1].total == Fixed8("499.93")!)
        // A resting order holds what it needs.
        _ = venue.order(limit(10_000, buy: false, "0.3", "499"))
        #expect(venue.alice.balances[1].hold == Fixed8(499))
        #expect(venue.order(limit(10_000, buy: false, "0.3", "60")) == ["error Insufficient spot balance asset=10000"])
    }

    @Test func fundingIsPaidOnTheHourOnTheOraclePrice() {
        var venue = Venue { $0.markets[0].fundingRate = Rate(units: 100_000) }
        _ = venue.order(limit(0, buy: true, "51000", "0.002", tif: "Ioc"))
        let cash = venue.alice.cash
        venue.trade("BTC", "50000")
        venue.simulator.advanceMarket("BTC", .oracle(Fixed8(60_000)), at: venue.wall, wall: venue.wall)
        venue.trade("BTC", "50000", after: .hours(1))
        venue.trade("BTC", "50000", after: .minutes(1))
        // 0.002 × 60000 × 0.0001 = 0.012.
        #expect(venue.alice.funding.map(\.amount) == [Fixed8("-0.012")!])
        #expect(venue.alice.cash == cash - Fixed8("0.012")!)
        #expect((venue.alice.funding.first?.time.nanoseconds ?? 1) % 3_600_000_000_000 == 0)
    }

    @Test func liquidationClosesAtTheMarketAndCancelsOrders() {
        var venue = Venue(balance: 100)
        _ = venue.exchange(#"{"type":"updateLeverage","asset":0,"isCross":true,"leverage":40}"#)
        #expect(venue.order(limit(0, buy: true, "51000", "0.06", tif: "Ioc")) == ["filled 0.06@50003.0"])
        _ = venue.order(limit(0, buy: false, "60000", "0.001", cloid: 1))
        venue.trade("BTC", "48000")
        #expect(venue.alice.positions.isEmpty)
        #expect(venue.alice.fills.last?.liquidated == Venue.alice)
        #expect(venue.simulator.order(Cloid(1), of: Venue.alice)?.status == .liquidatedCanceled)
        #expect(venue.alice.cash == .zero)
        #expect(venue.alice.transfers.last?.kind == .insurance)
    }

    @Test func isolatedMarginIsSetAsideAndIsAllThatCanBeLost() {
        var venue = Venue(balance: 100)
        _ = venue.exchange(#"{"type":"updateLeverage","asset":0,"isCross":false,"leverage":10}"#)
        #expect(venue.order(limit(0, buy: true, "51000", "0.01", tif: "Ioc")) == ["filled 0.01@50003.0"])
        #expect(venue.alice.positions.first?.isolatedMargin == Fixed8("50.003")!)
        let answer = venue.exchange(#"{"type":"updateIsolatedMargin","asset":0,"isBuy":true,"ntli":5000000}"#)
        #expect(answer["status"]?.string == "ok")
        let cash = venue.alice.cash
        #expect(venue.alice.positions.first?.isolatedMargin == Fixed8("55.003")!)
        venue.trade("BTC", "40000")
        #expect(venue.alice.positions.isEmpty)
        // The fee of the closing fill and the margin, and nothing more.
        #expect(venue.alice.cash == cash)
        #expect(venue.alice.transfers.last?.kind == .insurance)
    }

    @Test func twapTradesInSlices() {
        var venue = Venue()
        let answer = venue.exchange(
            #"{"type":"twapOrder","twap":{"a":0,"b":true,"s":"0.01","r":false,"m":5,"t":false}}"#)
        #expect(answer["response"]?["data"]?["status"]?["running"]?["twapId"]?.integer == 1)
        for _ in 0..<12 { venue.trade("BTC", "50000", after: .seconds(30)) }
        #expect(venue.alice.positions.first?.size == Fixed8("0.01")!)
        #expect(venue.alice.fills.count == 10 && venue.alice.fills.allSatisfy { $0.twap == 1 })
        let slices = venue.info(#"{"type":"userTwapSliceFills","user":"\#(Venue.alice)"}"#)
        #expect(
            slices.count == 10 && slices[0]?["twapId"]?.integer == 1 && slices[0]?["fill"]?["sz"]?.string == "0.001")
        let history = venue.info(#"{"type":"twapHistory","user":"\#(Venue.alice)"}"#)
        #expect(history[0]?["status"]?["status"]?.string == "finished")
        let late = venue.exchange(#"{"type":"twapCancel","a":0,"t":1}"#)
        #expect(
            late["response"]?["data"]?["status"]?["error"]?.string
                == "TWAP was never placed, already canceled, or filled.")
    }
}
