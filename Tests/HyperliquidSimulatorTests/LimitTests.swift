// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import JSON
import Testing
import Trading

@Suite struct LimitTests {
    @Test(arguments: [
        ("nonsense", 422), (#"{"type":"nothing"}"#, 422), (#"{"type":"openOrders"}"#, 422),
        (#"{"type":"openOrders","user":"0x12"}"#, 422), (#"{"type":"l2Book","coin":5}"#, 422),
        (#"{"type":"l2Book","coin":"BTC","nSigFigs":9}"#, 422),
        (#"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"7m","startTime":0}}"#, 422),
        (#"{"type":"userFillsByTime","user":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"}"#, 422),
        (#"{"type":"l2Book","coin":"NONE"}"#, 200), (#"{"type":"meta"}"#, 200),
    ])
    func unreadableRequestsGetPlainText(body: String, status: Int) {
        var venue = Venue()
        let answer = venue.post("/info", body)
        #expect(answer.status == status)
        if status == 422 {
            #expect(
                String(decoding: answer.body, as: UTF8.self)
                    == "Failed to deserialize the JSON body into the target type")
        }
    }

    @Test func weightIsCountedByTheMinute() {
        var venue = Venue()
        for _ in 0..<60 { #expect(venue.post("/info", #"{"type":"meta"}"#).status == 200) }
        #expect(venue.post("/info", #"{"type":"meta"}"#).status == 429)
        venue.wall = venue.wall + .seconds(59)
        #expect(venue.post("/info", #"{"type":"allMids"}"#).status == 429)
        venue.wall = venue.wall + .seconds(1)
        #expect(venue.post("/info", #"{"type":"meta"}"#).status == 200)
        // Another address has its own weight.
        #expect(
            venue.simulator.post(path: "/info", body: Array(#"{"type":"meta"}"#.utf8), wall: venue.wall, sender: 9)
                .status == 200)
    }

    @Test(arguments: [
        (#"{"type":"allMids"}"#, 2), (#"{"type":"meta"}"#, 20), (#"{"type":"userRole","user":"\#(Venue.alice)"}"#, 60),
        (#"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"1m","startTime":0}}"#, 22),
        (#"{"type":"userFills","user":"\#(Venue.alice)"}"#, 21),
    ])
    func weights(body: String, weight: Int) {
        var venue = Venue { $0.limits.areEnforced = false }
        for step in 0..<120 { venue.trade("BTC", "\(50_000 + step)", after: .minutes(1)) }
        for _ in 0..<20 { _ = venue.order(limit(0, buy: true, "60000", "0.001", tif: "Ioc")) }
        #expect(venue.post("/info", body).weight == weight)
    }

    @Test func aBatchOfEightyWeighsThree() {
        var venue = Venue()
        let orders = Array(repeating: limit(0, buy: true, "49000", "0.001"), count: 80).joined(separator: ",")
        let body =
            #"{"action":{"type":"order","orders":[\#(orders)],"grouping":"na"},"nonce":1700000000001,"signature":{"r":"0x1","s":"0x1","v":27}}"#
        #expect(venue.post("/exchange", body).weight == 3)
        #expect(venue.alice.requestsUsed == 80)
    }

    @Test func theBudgetOfAnAddressIsEarnedByTrading() {
        var venue = Venue { $0.limits.requestsToStart = 3 }
        for _ in 0..<3 { #expect(venue.order(limit(0, buy: true, "49000", "0.001")) == ["resting"]) }
        // One every ten seconds beyond it.
        #expect(venue.order(limit(0, buy: true, "49000", "0.001")) == ["resting"])
        #expect(
            venue.order(limit(0, buy: true, "49000", "0.001")) == [
                "err Too many cumulative requests sent (5 > 3) for cumulative volume traded $0. Place taker orders to free up 1 request per USDC traded."
            ])
        // Cancels have more.
        let oid = venue.alice.openOrders[0].oid
        #expect(venue.statuses(venue.exchange(#"{"type":"cancel","cancels":[{"a":0,"o":\#(oid)}]}"#)) == ["success"])
        venue.wall = venue.wall + .seconds(10)
        #expect(venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc")) == ["filled 0.001@50003.0"])
        #expect(venue.order(limit(0, buy: true, "49000", "0.001")) == ["resting"])
        let limits = venue.info(#"{"type":"userRateLimit","user":"\#(Venue.alice)"}"#)
        #expect(limits.text == #"{"cumVlm":"50.003","nRequestsUsed":7,"nRequestsCap":53}"#)
        let bought = venue.exchange(#"{"type":"reserveRequestWeight","weight":100}"#)
        #expect(bought["status"]?.string == "ok" && venue.alice.requestsCap == 153)
    }

    @Test func theDeadManSwitchNeedsVolumeAndFiveSeconds() {
        var poor = Venue()
        #expect(
            poor.exchange(#"{"type":"scheduleCancel","time":1700000010000}"#)["response"]?.string
                == "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.")
        var venue = Venue { $0.accounts[0].volume = Fixed8(2_000_000) }
        _ = venue.order(limit(0, buy: true, "49000", "0.001", cloid: 1))
        #expect(venue.exchange(#"{"type":"scheduleCancel","time":1700000004999}"#)["status"]?.string == "err")
        #expect(venue.exchange(#"{"type":"scheduleCancel","time":1700000005000}"#)["status"]?.string == "ok")
        #expect(venue.exchange(#"{"type":"scheduleCancel","time":1700000006000}"#)["status"]?.string == "ok")
        venue.simulator.wake(wall: Timestamp(milliseconds: 1_700_000_005_999))
        #expect(venue.alice.openOrders.count == 1)
        #expect(venue.simulator.nextWake != nil)
        venue.simulator.wake(wall: Timestamp(milliseconds: 1_700_000_006_000))
        #expect(venue.simulator.order(Cloid(1), of: Venue.alice)?.status == .scheduledCancel)
        for round in 1..<10 {
            let time = 1_700_000_006_000 + round * 6_000
            venue.wall = Timestamp(milliseconds: Int64(time) - 6_000)
            #expect(venue.exchange(#"{"type":"scheduleCancel","time":\#(time)}"#)["status"]?.string == "ok")
            venue.simulator.wake(wall: Timestamp(milliseconds: Int64(time)))
        }
        venue.wall = venue.wall + .seconds(60)
        #expect(
            venue.exchange(#"{"type":"scheduleCancel","time":1700000200000}"#)["response"]?.string
                == "Too many scheduled cancels triggered today.")
    }

    @Test func anOrderIsUnknownForAWhile() {
        var venue = Venue { $0.statusLag = .seconds(2) }
        _ = venue.order(limit(0, buy: true, "49000", "0.001", cloid: 4))
        let ask = #"{"type":"orderStatus","user":"\#(Venue.alice)","oid":"\#(Cloid(4))"}"#
        #expect(venue.info(ask).text == #"{"status":"unknownOid"}"#)
        venue.wall = venue.wall + .seconds(2)
        let answer = venue.info(ask)
        #expect(answer["order"]?["status"]?.string == "open")
        #expect(answer["order"]?["order"]?["origSz"]?.string == "0.001")
    }

    @Test func leverageAndTransfersHaveTheirRules() {
        var venue = Venue()
        func response(_ action: String) -> String? { venue.exchange(action)["response"]?.string }
        #expect(
            response(#"{"type":"updateLeverage","asset":0,"isCross":true,"leverage":41}"#) == "Invalid leverage value")
        #expect(response(#"{"type":"updateLeverage","asset":0,"isCross":true,"leverage":5}"#) == nil)
        _ = venue.order(limit(0, buy: true, "51000", "0.2", tif: "Ioc"))
        #expect(
            response(#"{"type":"updateLeverage","asset":0,"isCross":true,"leverage":1}"#)
                == "Insufficient margin to decrease leverage.")
        #expect(
            response(#"{"type":"updateLeverage","asset":0,"isCross":false,"leverage":5}"#)
                == "Cannot switch leverage type with open position.")
        let amount =
            #"{"type":"usdClassTransfer","amount":"99999","toPerp":false,"nonce":\#(venue.nonce + 1),"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#
        #expect(venue.exchange(amount)["response"]?.string == "Insufficient balance for withdrawal.")
        let toPerp =
            #"{"type":"usdClassTransfer","amount":"250.5","toPerp":true,"nonce":\#(venue.nonce + 1),"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#
        let cash = venue.alice.cash
        #expect(venue.exchange(toPerp)["status"]?.string == "ok")
        #expect(venue.alice.cash == cash + Fixed8("250.5")!)
        #expect(venue.alice.balances[0].total == Fixed8("749.5")!)
    }
}
