// SPDX-License-Identifier: Apache-2.0

import Execution
import Hyperliquid
import JSON
import Testing
import Trading
import VenueInterface

/// A reply of the venue to something that acts.
func reply(_ type: String, _ statuses: String...) -> String {
    #"{"status":"ok","response":{"type":"\#(type)","data":{"statuses":[\#(statuses.joined(separator: ","))]}}}"#
}

@Suite struct ConnectorOrderTests {
    private let resting = #"{"resting":{"oid":77}}"#

    @Test("Tickets go out in the venue's words, signed, in one request")
    func wireForm() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        let stop = OrderTicket(
            client: ConnectorHarness.client(2), instrument: ConnectorHarness.ether, side: .sell, type: .stop,
            quantity: Quantity(units: 12_500), limit: Price(units: 190_000), trigger: Price(units: 195_050),
            isReduceOnly: true)
        let target = OrderTicket(
            client: ConnectorHarness.client(3), instrument: ConnectorHarness.ether, side: .sell, type: .takeProfitLimit,
            quantity: Quantity(units: 1), limit: Price(units: 250_000), trigger: Price(units: 240_000))
        harness.place([ConnectorHarness.ticket(1), stop, target], .entryWithProtection)
        let request = try #require(harness.pending("order").first)
        #expect(request.path == "/exchange" && request.method == .post)
        let body = try JSON.parse(request.body)
        #expect(
            body["action"]?.text == #"{"type":"order","orders":["#
                + #"{"a":0,"b":true,"p":"42100","s":"0.01","r":false,"t":{"limit":{"tif":"Gtc"}},"c":"\#(ConnectorHarness.client(1))"},"#
                + #"{"a":1,"b":false,"p":"1900","s":"1.25","r":true,"t":{"trigger":{"isMarket":true,"triggerPx":"1950.5","tpsl":"sl"}},"c":"\#(ConnectorHarness.client(2))"},"#
                + #"{"a":1,"b":false,"p":"2500","s":"0.0001","r":false,"t":{"trigger":{"isMarket":false,"triggerPx":"2400","tpsl":"tp"}},"c":"\#(ConnectorHarness.client(3))"}"#
                + #"],"grouping":"normalTpsl"}"#)
        #expect(body["nonce"]?.unsigned == 1_700_000_000_000)
        #expect(body["expiresAfter"]?.unsigned == 1_700_000_010_000)
        #expect(body["signature"]?["r"]?.string?.utf8.count == 66)
    }

    @Test("Answers are matched to tickets; what has no status is unknown, not rejected")
    func placeAnswers() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.place((1...5).map { ConnectorHarness.ticket($0) })
        harness.answer(
            "order",
            reply(
                "order", resting, #"{"filled":{"totalSz":"0.01","avgPx":"42099.9","oid":78}}"#,
                #"{"error":"Order must have minimum value of $10. asset=0"}"#, #""waitingForFill""#))
        #expect(
            harness.takeEvents() == [
                .placed(ConnectorHarness.client(1), .resting(VenueOrderID(77))),
                .placed(
                    ConnectorHarness.client(2),
                    .filled(VenueOrderID(78), quantity: Quantity(units: 1_000), averagePrice: "42099.9")),
                .placed(
                    ConnectorHarness.client(3),
                    .rejected(.belowMinimumNotional, text: "Order must have minimum value of $10. asset=0")),
                .placed(ConnectorHarness.client(4), .waiting(nil)),
                .placed(ConnectorHarness.client(5), .unknown(reason: "the answer has no status for this order")),
            ])
        #expect(harness.connector.pendingRequests == 0)
    }

    @Test("What the venue cannot have is never sent, and nor is the rest of its group")
    func unsendable() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        var trailing = ConnectorHarness.ticket(1)
        trailing.type = .trailingStop
        var whole = ConnectorHarness.ticket(2)
        whole.timeInForce = .fillOrKill
        var unknown = ConnectorHarness.ticket(3)
        unknown.instrument = InstrumentID(9)
        harness.place([trailing, whole, unknown, ConnectorHarness.ticket(4)])
        let refused = harness.takeEvents().compactMap { event -> UInt64? in
            guard case .placed(let client, .rejected(_, let text)) = event, text.hasPrefix("never sent: ") else {
                return nil
            }
            return client.order.rawValue
        }
        #expect(refused == [1, 2, 3])
        #expect(harness.pending("order").count == 1)
        harness.place([ConnectorHarness.ticket(5), trailing], .entryWithProtection)
        #expect(harness.takeEvents().count == 2)
        #expect(harness.pending("order").count == 1)
        harness.modify(whole)
        #expect(harness.takeEvents().count == 1)
    }

    @Test func modificationsAndCancellations() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.modify(ConnectorHarness.ticket(1), venueOrder: VenueOrderID(5))
        let body = try JSON.parse(try #require(harness.pending("batchModify").first).body)
        #expect(body["action"]?["modifies"]?[0]?["oid"]?.string == ConnectorHarness.client(1).description)
        harness.answer("batchModify", reply("order", resting))
        harness.modify(ConnectorHarness.ticket(2))
        harness.answer("batchModify", reply("order", #"{"error":"Cannot modify canceled or filled order"}"#))
        harness.cancel([3, 4, 5])
        harness.answer(
            "cancelByCloid",
            reply(
                "cancel", #""success""#, #"{"error":"Order was never placed, already canceled, or filled. asset=0"}"#))
        #expect(
            harness.takeEvents() == [
                .modified(ConnectorHarness.client(1), .done(VenueOrderID(77))),
                .modified(
                    ConnectorHarness.client(2),
                    .rejected(.unknownOrder, text: "Cannot modify canceled or filled order")),
                .cancelled(ConnectorHarness.client(3), .done),
                .cancelled(
                    ConnectorHarness.client(4),
                    .notWorking(text: "Order was never placed, already canceled, or filled. asset=0")),
                .cancelled(ConnectorHarness.client(5), .unknown(reason: "the answer has no status for this order")),
            ])
    }

    @Test("Orders of others are taken back by the venue's number")
    func foreignOrders() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        let foreign = CancelTicket(
            client: ClientOrderID(high: 1, low: 2), venueOrder: VenueOrderID(991), instrument: ConnectorHarness.ether)
        harness.perform { $0.cancel([foreign], at: $1, into: &$2) }
        let body = try JSON.parse(try #require(harness.pending("cancel").first).body)
        #expect(body["action"]?["cancels"]?.text == #"[{"a":1,"o":991}]"#)
    }

    @Test func queries() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.query(1)
        let order =
            #"{"coin":"BTC","side":"B","limitPx":"42100.0","sz":"0.004","oid":77,"timestamp":1700000000001,"origSz":"0.01","cloid":"\#(ConnectorHarness.client(1))"}"#
        let body = try JSON.parse(try #require(harness.pending("orderStatus").first).body)
        #expect(body["oid"]?.string == ConnectorHarness.client(1).description)
        #expect(body["user"]?.string == ConnectorHarness.account)
        harness.answer(
            "orderStatus",
            #"{"status":"order","order":{"order":\#(order),"status":"open","statusTimestamp":1700000000002}}"#)
        let update = OrderUpdate(
            client: ConnectorHarness.client(1), venueOrder: VenueOrderID(77), instrument: ConnectorHarness.bitcoin,
            side: .buy, status: .open, limit: Price(units: 421_000), quantity: Quantity(units: 1_000),
            remaining: Quantity(units: 400), time: Timestamp(milliseconds: 1_700_000_000_002))
        #expect(harness.takeEvents() == [.status(ConnectorHarness.client(1), .known(update))])
        harness.query(2)
        harness.answer("orderStatus", #"{"status":"unknownOid"}"#)
        #expect(harness.takeEvents() == [.status(ConnectorHarness.client(2), .notKnown)])
    }

    @Test("A signer that the venue does not know is a rejection, and a person is told why that may be")
    func unknownSigner() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        harness.answer("order", #"{"status":"err","response":"User or API Wallet 0xab does not exist."}"#)
        let events = harness.takeEvents()
        #expect(
            events.first
                == .placed(
                    ConnectorHarness.client(1),
                    .rejected(.unauthorised, text: "User or API Wallet 0xab does not exist.")))
        guard case .notice(.warning(let text))? = events.last else {
            Issue.record("nobody is told: \(events)")
            return
        }
        #expect(text.contains("0x14791697260e4c9a71f18484c9f997b308e59325"), "our key's address")
        #expect(text.contains(ConnectorHarness.account) && text.contains("agent") && text.contains("network"))
    }

    @Test func aRefusedNonceIsJumpedOver() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        harness.answer("order", #"{"status":"err","response":"Invalid nonce: duplicate nonce"}"#)
        // A copy of the request may have come first: the network repeated it, and this is the answer to the second one.
        guard case .placed(_, .unknown)? = harness.takeEvents().first else {
            Issue.record("taken as a proof of refusal")
            return
        }
        harness.place([ConnectorHarness.ticket(2)])
        let body = try JSON.parse(try #require(harness.pending("order").first).body)
        #expect(body["nonce"]?.unsigned == 1_700_000_001_001)
        #expect(harness.connector.lastNonce == 1_700_000_001_001)
    }

    @Test func withoutAKeyNothingActs() throws {
        var harness = try ConnectorHarness { $0.signer = nil }
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        harness.modify(ConnectorHarness.ticket(2))
        harness.cancel([3])
        let events = harness.takeEvents()
        #expect(events.count == 3)
        #expect(harness.requests.isEmpty)
        guard case .placed(_, .rejected(_, let text)) = events[0] else {
            Issue.record("\(events)")
            return
        }
        #expect(text == "never sent: no key is configured; this connector only reads")
    }

    @Test("Orders go over the WebSocket where that is asked for and up, else over HTTP")
    func posts() throws {
        var harness = try ConnectorHarness {
            $0.postsActions = true
            $0.usesOneConnection = true
        }
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        #expect(harness.requests.isEmpty)
        let frame = try #require(harness.frames().last)
        #expect(frame["method"]?.string == "post" && frame["request"]?["type"]?.string == "action")
        #expect(frame["request"]?["payload"]?["action"]?["type"]?.string == "order")
        _ = harness.take()
        let id = try #require(frame["id"]?.unsigned)
        harness.message(
            #"{"channel":"post","data":{"id":\#(id),"response":{"type":"action","payload":\#(reply("order", resting))}}}"#
        )
        harness.message(
            #"{"channel":"post","data":{"id":\#(id),"response":{"type":"action","payload":\#(reply("order", resting))}}}"#
        )
        #expect(harness.takeEvents() == [.placed(ConnectorHarness.client(1), .resting(VenueOrderID(77)))])

        harness.place([ConnectorHarness.ticket(2)])
        harness.input(.streamClosed(harness.openStreams[0], .timedOut))
        let events = harness.takeEvents()
        guard case .placed(ConnectorHarness.client(2), .unknown)? = events.first else {
            Issue.record("lost with the connection, but told as \(events)")
            return
        }
        harness.place([ConnectorHarness.ticket(3)])
        #expect(harness.pending("order").count == 1)
    }

    @Test(arguments: [
        ("429 Too Many Requests", "retried"), ("422 Failed to deserialize the JSON body", "rejected"),
        ("something else", "unknown"),
    ])
    func postErrors(text: String, expected: String) throws {
        var harness = try ConnectorHarness { $0.postsActions = true }
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        let id = try #require(harness.frames().last?["id"]?.unsigned)
        _ = harness.take()
        harness.message(
            #"{"channel":"post","data":{"id":\#(id),"response":{"type":"error","payload":"\#(text)"}}}"#,
            on: harness.openStreams[1])
        switch harness.takeEvents().first {
        case .placed(_, .rejected)?: #expect(expected == "rejected")
        case .placed(_, .unknown)?: #expect(expected == "unknown")
        default:
            #expect(expected == "retried")
            harness.pass(.seconds(1))
            #expect(harness.frames().last?["id"]?.unsigned.map { $0 > id } == true)
        }
    }

    @Test("What the address has left is kept for cancels and protection, and warned about")
    func addressBudget() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.snapshot()
        harness.answer("userRateLimit", #"{"cumVlm":"0","nRequestsUsed":9990,"nRequestsCap":10000}"#)
        let notices = harness.takeEvents().filter { if case .notice = $0 { true } else { false } }
        #expect(notices.first == .notice(.requestBudget(used: 9_990, cap: 10_000)))
        #expect(notices.count == 3, "the share that is used is warned about")
        harness.place([ConnectorHarness.ticket(1)])
        guard case .placed(_, .rejected(_, let text))? = harness.takeEvents().first else {
            Issue.record("sent")
            return
        }
        #expect(text.hasPrefix("never sent: the 10 requests"))
        harness.place([ConnectorHarness.ticket(2, isReduceOnly: true)])
        harness.cancel([3])
        #expect(harness.pending("order").count == 1 && harness.pending("cancelByCloid").count == 1)
    }

    @Test("A used-up address may send one order in ten seconds")
    func usedUpAddress() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.snapshot()
        harness.answer("userRateLimit", #"{"cumVlm":"0","nRequestsUsed":10000,"nRequestsCap":10000}"#)
        harness.place([ConnectorHarness.ticket(1)])
        harness.place([ConnectorHarness.ticket(2)])
        #expect(harness.pending("order").count == 1)
        let refused = harness.takeEvents().compactMap { event -> String? in
            if case .placed(ConnectorHarness.client(2), .rejected(_, let text)) = event { text } else { nil }
        }
        #expect(refused.first?.hasPrefix("never sent: this address has used up its 10000 requests") == true)
        harness.pass(.seconds(10))
        harness.place([ConnectorHarness.ticket(3)])
        #expect(harness.pending("order").count == 2)
    }

    @Test("With a clock that went back by days nothing is signed, and a person is told")
    func brokenClock() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        harness.now.wall = harness.now.wall - .days(3)
        harness.place([ConnectorHarness.ticket(2)])
        let events = harness.takeEvents()
        guard events.count == 2, case .notice(.warning(let text)) = events[0],
            case .placed(_, .rejected(.notTrading, _)) = events[1]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(text.contains("Set this machine's clock"))
    }
}
