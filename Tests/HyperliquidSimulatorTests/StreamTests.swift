// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import Testing
import Trading

@Suite struct StreamTests {
    private func connected(change: (inout SimulatorConfiguration) -> Void = { _ in }) -> Venue {
        var venue = Venue(change: change)
        venue.simulator.open(connection: 1, wall: venue.wall)
        return venue
    }

    private func subscribe(_ venue: inout Venue, _ subscription: String) -> [JSONValue] {
        venue.send(#"{"method":"subscribe","subscription":\#(subscription)}"#)
        return venue.messages().map { venue.value(Array($0.utf8)) }
    }

    @Test func greetingPingAndNonsense() {
        var venue = connected { $0.greets = true }
        #expect(venue.messages() == ["Websocket connection established."])
        venue.send(#"{"method":"ping"}"#)
        #expect(venue.messages() == [#"{"channel":"pong"}"#])
        venue.send("nonsense")
        #expect(
            venue.messages() == [
                #"{"channel":"error","data":"Error parsing JSON into valid websocket request: nonsense"}"#
            ])
    }

    @Test func subscribingTwiceOrWronglyIsAnError() {
        var venue = connected()
        #expect(
            subscribe(&venue, #"{"type":"trades","coin":"BTC"}"#)[0].text
                == #"{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}}"#
        )
        #expect(
            subscribe(&venue, #"{"type":"trades","coin":"BTC"}"#)[0]["data"]?.string
                == #"Already subscribed: {"type":"trades","coin":"BTC"}"#)
        #expect(
            subscribe(&venue, #"{"type":"trades","coin":"NONE"}"#)[0]["data"]?.string?.hasPrefix("Invalid subscription")
                == true)
        venue.send(#"{"method":"unsubscribe","subscription":{"type":"trades","coin":"BTC"}}"#)
        #expect(venue.messages()[0].contains(#""method":"unsubscribe""#))
        venue.send(#"{"method":"unsubscribe","subscription":{"type":"trades","coin":"BTC"}}"#)
        #expect(venue.messages()[0].contains("Already unsubscribed"))
        venue.trade("BTC", "50001")
        #expect(venue.messages().isEmpty)
    }

    @Test func marketChannelsSendASnapshotAndThenWhatChanges() {
        var venue = connected()
        venue.trade("BTC", "50000")
        let book = subscribe(&venue, #"{"type":"l2Book","coin":"BTC"}"#)
        #expect(book[1]["channel"]?.string == "l2Book")
        let levels = book[1]["data"]?["levels"]
        #expect(levels?[0]?.count == 20 && levels?[1]?.count == 20)
        #expect(levels?[0]?[0]?["px"]?.string == "49997.0" && levels?[1]?[0]?["px"]?.string == "50003.0")
        let quote = subscribe(&venue, #"{"type":"bbo","coin":"BTC"}"#)
        #expect(quote[1]["data"]?["bbo"]?[0]?["px"]?.string == "49997.0")
        let candle = subscribe(&venue, #"{"type":"candle","coin":"BTC","interval":"5m"}"#)
        #expect(candle[1]["data"]?["i"]?.string == "5m" && candle[1]["data"]?["c"]?.string == "50000.0")
        let context = subscribe(&venue, #"{"type":"activeAssetCtx","coin":"BTC"}"#)
        #expect(context[1]["data"]?["ctx"]?["markPx"]?.string == "50000.0")
        let spot = subscribe(&venue, #"{"type":"activeAssetCtx","coin":"PURR/USDC"}"#)
        #expect(spot[1]["channel"]?.string == "activeSpotAssetCtx")
        let mids = subscribe(&venue, #"{"type":"allMids"}"#)
        #expect(mids[1]["data"]?["mids"]?["BTC"]?.string == "50000.0")
        venue.trade("BTC", "50010")
        let channels = venue.messages().map { venue.value(Array($0.utf8))["channel"]?.string ?? "" }
        #expect(channels == ["l2Book", "bbo", "candle", "activeAssetCtx", "allMids"])
    }

    @Test func aBookComesAtMostTwiceASecondOfMarketTime() {
        var venue = connected()
        _ = subscribe(&venue, #"{"type":"l2Book","coin":"BTC"}"#)
        var count = 0
        for _ in 0..<20 {
            venue.trade("BTC", "50000", after: .milliseconds(100))
            count += venue.messages().count
        }
        #expect(count == 4)
    }

    @Test func theLastWordOnACandleComesBeforeItsSuccessor() {
        var venue = connected()
        _ = subscribe(&venue, #"{"type":"candle","coin":"BTC","interval":"1m"}"#)
        for step in 0..<30 { venue.trade("BTC", "\(50_000 + step)", size: "0.5", after: .seconds(7)) }
        let candles = venue.messages().map { venue.value(Array($0.utf8))["data"]! }
        let history = venue.info(
            #"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"1m","startTime":0,"endTime":null}}"#)
        for (index, candle) in candles.enumerated() {
            let isLast = index + 1 == candles.count || candles[index + 1]["t"]!.integer != candle["t"]!.integer
            guard isLast else { continue }
            #expect(history.elements.contains { $0.text == candle.text })
        }
        #expect(history.count >= 3)
    }

    @Test func accountChannelsSendFillsOnceWithASnapshotFirst() {
        var venue = connected()
        _ = venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc"))
        let user = Venue.alice.description
        let fills = subscribe(&venue, #"{"type":"userFills","user":"\#(user)"}"#)
        #expect(fills[1]["data"]?["isSnapshot"]?.bool == true && fills[1]["data"]?["fills"]?.count == 1)
        _ = subscribe(&venue, #"{"type":"orderUpdates","user":"\#(user)"}"#)
        _ = subscribe(&venue, #"{"type":"userEvents","user":"\#(user)"}"#)
        _ = venue.order(limit(0, buy: true, "49000", "0.001", cloid: 4))
        let update = venue.value(Array(venue.messages()[0].utf8))
        #expect(update["channel"]?.string == "orderUpdates")
        #expect(update["data"]?[0]?["status"]?.string == "open")
        #expect(update["data"]?[0]?["order"]?["cloid"]?.string == Cloid(4).description)
        venue.trade("BTC", "48900")
        let messages = venue.messages().map { venue.value(Array($0.utf8)) }
        #expect(messages.map { $0["channel"]?.string } == ["userFills", "orderUpdates", "user"])
        #expect(messages[0]["data"]?["isSnapshot"] == nil && messages[0]["data"]?["fills"]?.count == 1)
        #expect(messages[1]["data"]?[0]?["status"]?.string == "filled")
        #expect(messages[1]["data"]?[0]?["order"]?["sz"]?.string == "0.0")
        #expect(
            messages[2]["data"]?["fills"]?[0]?["tid"]?.integer == messages[0]["data"]?["fills"]?[0]?["tid"]?.integer)
    }

    @Test func fundingAndTransfersReachTheirChannels() {
        var venue = connected { $0.markets[0].fundingRate = Rate(units: 1_000_000) }
        let user = Venue.alice.description
        _ = subscribe(&venue, #"{"type":"userFundings","user":"\#(user)"}"#)
        _ = subscribe(&venue, #"{"type":"userNonFundingLedgerUpdates","user":"\#(user)"}"#)
        _ = venue.order(limit(0, buy: true, "51000", "0.001", tif: "Ioc"))
        venue.trade("BTC", "50000")
        venue.trade("BTC", "50000", after: .hours(1))
        let funding = venue.messages().map { venue.value(Array($0.utf8)) }.first {
            $0["channel"]?.string == "userFundings"
        }
        #expect(funding?["data"]?["fundings"]?[0]?["usdc"]?.string == "-0.05")
        venue.simulator.deposit(Fixed8(100), to: Venue.alice, wall: venue.wall)
        let transfer = venue.value(Array(venue.messages()[0].utf8))
        #expect(
            transfer["data"]?["nonFundingLedgerUpdates"]?[0]?["delta"]?.text == #"{"type":"deposit","usdc":"100.0"}"#)
    }

    @Test func ordersCanBePostedOverTheConnection() {
        var venue = connected()
        let action = #"{"type":"order","orders":[\#(limit(0, buy: true, "49000", "0.001"))],"grouping":"na"}"#
        venue.send(
            #"{"method":"post","id":7,"request":{"type":"action","payload":{"action":\#(action),"nonce":1700000000001,"signature":{"r":"0x1","s":"0x1","v":27}}}}"#
        )
        let answer = venue.value(Array(venue.messages()[0].utf8))
        #expect(answer["channel"]?.string == "post" && answer["data"]?["id"]?.integer == 7)
        #expect(answer["data"]?["response"]?["type"]?.string == "action")
        #expect(answer["data"]?["response"]?["payload"]?["status"]?.string == "ok")
        venue.send(#"{"method":"post","id":8,"request":{"type":"info","payload":{"type":"l2Book","coin":"BTC"}}}"#)
        let info = venue.value(Array(venue.messages()[0].utf8))
        #expect(info["data"]?["response"]?["payload"]?["type"]?.string == "l2Book")
        #expect(info["data"]?["response"]?["payload"]?["data"]?["levels"]?.count == 2)
        venue.send(#"{"method":"post","id":9,"request":{"type":"info","payload":{"type":"nothing"}}}"#)
        #expect(venue.messages()[0].contains(#""id":9,"response":{"type":"error""#))
    }

    @Test func silenceOfAMinuteClosesTheConnection() {
        var venue = connected()
        let start = venue.wall
        #expect(venue.simulator.nextWake == start + .seconds(60))
        venue.wall = start + .seconds(50)
        venue.send(#"{"method":"ping"}"#)
        _ = venue.messages()
        #expect(venue.simulator.nextWake == start + .seconds(110))
        venue.simulator.wake(wall: start + .seconds(109))
        #expect(venue.messages().isEmpty)
        venue.simulator.wake(wall: start + .seconds(110))
        #expect(venue.messages() == ["close 1 nothing was sent for too long"])
        #expect(venue.simulator.nextWake == nil)
    }

    @Test func connectionsUsersAndMessagesAreLimited() {
        var venue = connected {
            $0.limits.connections = 2
            $0.limits.users = 1
            $0.limits.messagesPerMinute = 5
        }
        venue.simulator.open(connection: 2, wall: venue.wall)
        venue.simulator.open(connection: 3, wall: venue.wall)
        #expect(venue.messages() == ["close 3 too many connections"])
        _ = subscribe(&venue, #"{"type":"userFills","user":"\#(Venue.alice)"}"#)
        #expect(
            subscribe(&venue, #"{"type":"userFills","user":"\#(Venue.bob)"}"#)[0]["data"]?.string
                == "Cannot track more than 1 total users.")
        for _ in 0..<3 { venue.send(#"{"method":"ping"}"#) }
        _ = venue.messages()
        venue.send(#"{"method":"ping"}"#)
        #expect(venue.messages()[0].contains("Too many websocket messages"))
    }

    @Test func aModifySendsBothUpdatesInEitherOrder() {
        var orders: Set<String> = []
        for seed in UInt64(0)..<20 {
            var venue = connected {
                $0.seed = seed
                $0.shufflesUpdates = true
            }
            _ = subscribe(&venue, #"{"type":"orderUpdates","user":"\#(Venue.alice)"}"#)
            _ = venue.order(limit(0, buy: true, "49000", "0.001", cloid: 9))
            _ = venue.messages()
            _ = venue.exchange(
                #"{"type":"modify","oid":"\#(Cloid(9))","order":\#(limit(0, buy: true, "48000", "0.001", cloid: 9))}"#)
            let data = venue.value(Array(venue.messages()[0].utf8))["data"]!
            orders.insert(data.elements.map { $0["status"]?.string ?? "" }.joined(separator: " "))
        }
        #expect(orders == ["canceled open", "open canceled"])
    }
}
