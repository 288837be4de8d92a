// SPDX-License-Identifier: Apache-2.0

import Execution
import Hyperliquid
import Networking
import TestSupport
import Testing
import Trading
import VenueInterface

/// Apus itself trades against the simulated venue over sockets.
@Suite struct ApusTests {
    @Test("Every operation, over HTTP and over the stream", arguments: [false, true])
    func operations(posts: Bool) throws {
        let apus = try ApusClient { $0.postsActions = posts }
        #expect(apus.isUp())
        #expect(
            apus.wait { if case .book(let book) = $0 { !book.bids.isEmpty && !book.asks.isEmpty } else { nil } } == true
        )
        #expect(apus.wait { if case .bar(_, .oneMinute, let bar, _) = $0 { bar.close.units > 0 } else { nil } } == true)

        guard case .resting(let order) = apus.place([ApusClient.ticket(1, limit: 400_000)]).first else {
            Issue.record("the order does not rest")
            return
        }
        guard case .known(let update) = apus.query(1), update.status == .open else {
            Issue.record("the order is not known as open")
            return
        }
        guard case .done(let moved?) = apus.modify(ApusClient.ticket(1, limit: 401_000), order), moved != order else {
            Issue.record("the order was not modified")
            return
        }
        #expect(apus.cancel(1) == .done)
        guard case .notWorking = apus.cancel(1) else {
            Issue.record("an order was cancelled twice")
            return
        }

        let group = apus.place(
            [
                ApusClient.ticket(2, limit: 400_000),
                ApusClient.ticket(3, .sell, .stop, limit: 370_000, trigger: 390_000, isReduceOnly: true),
                ApusClient.ticket(4, .sell, .takeProfitLimit, limit: 450_000, trigger: 451_000, isReduceOnly: true),
            ], .entryWithProtection)
        #expect(group.count == 3)
        let waiting = try #require(apus.snapshot())
        #expect(waiting.openOrders.compactMap(\.client).sorted() == [2, 3, 4].map(ApusClient.client))
        #expect(apus.cancel(2) == .done)

        apus.act { $0.setLeverage(ApusClient.bitcoin, 5, isCross: true, at: $1, into: &$2) }
        var bought = ApusClient.ticket(5, limit: 440_000)
        bought.timeInForce = .immediateOrCancel
        guard case .filled(_, let quantity, _) = apus.place([bought]).first else {
            Issue.record("nothing was bought")
            return
        }
        #expect(quantity == Quantity(units: 1_000))
        let held = try #require(apus.snapshot())
        #expect(held.positions.map(\.quantity) == [quantity] && held.openOrders.isEmpty)
        #expect(held.fills.count == 1 && held.fills.allSatisfy { $0.fee.units > 0 })

        // A dollar's worth, and half a tick off.
        for ticket in [ApusClient.ticket(6, limit: 1_000), ApusClient.ticket(7, limit: 421_005)] {
            guard case .rejected = apus.place([ticket]).first else {
                Issue.record("\(ticket) was taken")
                continue
            }
        }
        apus.act { $0.requestBars(ApusClient.bitcoin, .oneMinute, from: .epoch, to: $1.wall, at: $1, into: &$2) }
        #expect(apus.wait { if case .bars(_, .oneMinute, let bars) = $0 { bars.count >= 450 } else { nil } } == true)
    }

    @Test("A recorded session, played to a new connector, gives the same events")
    func recording() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        var seen: [VenueEvent] = []
        do {
            let apus = try ApusClient(recording: path)
            #expect(apus.isUp())
            var isOver = false
            apus.loop.schedule(at: EventLoop.now.monotonic + .milliseconds(2500)) { isOver = true }
            while !isOver { apus.loop.runOnce() }
            seen = apus.events
        }
        var connector = HyperliquidConnector(try ApusClient.configuration(), seed: 1)
        var reader = try RecordingReader(path: path)
        var played: [VenueEvent] = []
        while let entry = reader.next() {
            var outputs: [ConnectorOutput] = []
            connector.handle(entry.input, at: entry.now, into: &outputs)
            for case .event(let event) in outputs { played.append(event) }
        }
        #expect(reader.failure == nil)
        #expect(seen.count > 10 && played.count >= seen.count)
        // The live one gave away its first events when it waited for the link.
        #expect(Array(played.suffix(seen.count)) == seen)
    }

    @Test func itComesBackAfterMaintenance() throws {
        let apus = try ApusClient(options: ["--maintenance", "1-2"])
        #expect(apus.isUp())
        #expect(apus.wait { if case .linkDown = $0 { true } else { nil } } == true)
        #expect(apus.isUp())
        #expect(apus.snapshot() != nil)
    }

    @Test("After an upgrade of the venue a post-only order rests, and any other is refused with that reason")
    func upgrade() throws {
        let apus = try ApusClient(options: ["--post-only", "0-600"])
        #expect(apus.isUp())
        let plain = ApusClient.ticket(1, limit: 400_000)
        let text = "Only post-only orders allowed immediately after a network upgrade"
        #expect(apus.place([plain]) == [.rejected(.onlyPostOnly, text: text)])
        var posted = ApusClient.ticket(2, limit: 400_000)
        posted.isPostOnly = true
        guard case .resting(let number)? = apus.place([posted]).first else {
            Issue.record("the post-only order does not rest")
            return
        }
        var changed = plain
        changed.client = posted.client
        #expect(apus.modify(changed, number) == .rejected(.onlyPostOnly, text: text))
    }

    @Test("A client id that was used proves nothing, whether its order works or is over")
    func usedClients() throws {
        let apus = try ApusClient(options: ["--strict-cloids", "--greet"])
        #expect(apus.isUp())
        let ticket = ApusClient.ticket(1, limit: 400_000)
        let used = PlaceOutcome.unknown(reason: "Client order id was already used. asset=0")
        guard case .resting? = apus.place([ticket]).first else {
            Issue.record("the order does not rest")
            return
        }
        #expect(apus.place([ticket]) == [used])
        #expect(apus.cancel(1) == .done)
        #expect(apus.place([ticket]) == [used])
    }

    @Test(
        "What becomes of an order on a bad network is known in the end",
        arguments: [
            ["--fault", "answer-lost@place=1"], ["--fault", "disconnect-after@place=1"],
            ["--fault", "5xx-after@place=1"],
            ["--fault", "bad-json@place=1"], ["--fault", "lost@place=1"], ["--fault", "5xx@place=1"],
            ["--fault", "disconnect@place=1"], ["--fault", "half-open@place=1"], ["--fault", "429@place=1"],
        ])
    func unsureOrders(faults: [String]) throws {
        let apus = try ApusClient(options: faults) {
            $0.requestTimeout = .seconds(1)
            $0.limits.failuresUntilBreak = 100
        }
        #expect(apus.isUp())
        let outcome = try #require(apus.place([ApusClient.ticket(1, limit: 400_000)]).first)
        let rests = try #require(apus.snapshot()).openOrders.contains { $0.client == ApusClient.client(1) }
        switch outcome {
        case .unknown: break
        case .rejected(_, let text):
            #expect(!rests, "it was called rejected (\(text)), but it rests")
        case .resting: #expect(rests)
        case .filled, .waiting: Issue.record("\(outcome)")
        }
        let acts = ["answer-lost@place=1", "disconnect-after@place=1", "5xx-after@place=1", "bad-json@place=1"]
        #expect(rests == acts.contains(faults[1]))
        if rests {
            guard case .known = apus.query(1) else {
                Issue.record("the order is not found")
                return
            }
        }
    }
}
