// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Hyperliquid
import JSON
import Testing
import Trading
import VenueInterface

@Suite struct ConnectorLinkTests {
    @Test("The link is up when every subscription of both connections is confirmed, and not before")
    func confirmation() throws {
        var harness = try ConnectorHarness()
        harness.input(.start)
        #expect(harness.openStreams.count == 2)
        let (market, account) = (harness.openStreams[0], harness.openStreams[1])
        harness.input(.streamOpened(market))
        harness.input(.streamOpened(account))
        let frames = harness.frames(on: market).compactMap { $0["subscription"]?.text }
        #expect(
            frames == [
                #"{"type":"candle","coin":"BTC","interval":"1m"}"#, #"{"type":"l2Book","coin":"BTC"}"#,
                #"{"type":"trades","coin":"BTC"}"#, #"{"type":"candle","coin":"ETH","interval":"1m"}"#,
                #"{"type":"l2Book","coin":"ETH"}"#, #"{"type":"trades","coin":"ETH"}"#,
            ])
        #expect(harness.frames(on: account).count == 5)
        harness.confirm(on: market)
        #expect(!harness.outputs.contains(.event(.linkUp)))
        for (index, frame) in harness.frames(on: account).enumerated() {
            #expect(!harness.outputs.contains(.event(.linkUp)), "before confirmation \(index)")
            // The venue may add members of its own.
            var text = frame["subscription"]?.text ?? ""
            text.removeLast()
            text += #","aggregateByTime":false}"#
            harness.message(
                #"{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":\#(text)}}"#,
                on: account)
        }
        #expect(harness.takeEvents().filter { $0 == .linkUp }.count == 1)
    }

    @Test("Data, or the complaint that it is subscribed already, confirms as well")
    func otherConfirmations() throws {
        var harness = try ConnectorHarness {
            $0.account = nil
            $0.markets.removeLast()
            $0.timeframes = []
        }
        harness.input(.start)
        harness.input(.streamOpened(harness.openStreams[0]))
        harness.message(#"{"channel":"error","data":"Already subscribed: {\"type\":\"l2Book\",\"coin\":\"BTC\"}"}"#)
        #expect(!harness.outputs.contains(.event(.linkUp)))
        harness.message(
            #"{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"42100","sz":"0.1","time":1700000000000,"hash":"0x","tid":1}]}"#
        )
        #expect(harness.takeEvents().contains(.linkUp))
    }

    @Test func pingsKeepItAliveAndSilenceEndsIt() throws {
        var harness = try ConnectorHarness { $0.usesOneConnection = true }
        harness.connect()
        let stream = harness.openStreams[0]
        for _ in 0..<4 {
            harness.pass(.seconds(30))
            #expect(harness.frames(on: stream).map(\.text) == [#"{"method":"ping"}"#])
            harness.message(#"{"channel":"pong"}"#)
            #expect(harness.takeEvents().allSatisfy { if case .streamStale = $0 { true } else { false } })
        }
        harness.pass(.seconds(64))
        #expect(!harness.outputs.contains(.closeStream(stream)))
        _ = harness.take()
        harness.pass(.seconds(1))
        let outputs = harness.take()
        #expect(outputs.contains(.closeStream(stream)))
        #expect(outputs.contains(.event(.linkDown(reason: "nothing came for 65 s"))))
        harness.pass(.seconds(1))
        #expect(harness.openStreams.count == 1 && harness.openStreams[0] != stream)
        // What the shell still says about the old connection is no news.
        harness.input(.streamClosed(stream, .closed("")))
        harness.message(#"{"channel":"pong"}"#, on: stream)
        harness.connect()
        harness.input(.streamClosed(harness.openStreams[0], .closed("bye")))
        #expect(
            harness.takeEvents() == [
                .linkDown(reason: "the connection for the venue ended: the connection was closed (bye)")
            ])
    }

    @Test("A lost connection is opened again and subscribed to anew, and the link is told once each way")
    func reconnection() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        for _ in 0..<5 {
            harness.input(.streamClosed(harness.openStreams[1], .timedOut))
            harness.input(.streamClosed(harness.openStreams[0], .timedOut))
            let events = harness.takeEvents()
            #expect(events.count == 1)
            guard case .linkDown? = events.first else {
                Issue.record("not told as down: \(events)")
                return
            }
            let before = harness.openStreams
            harness.pass(.seconds(31))
            let new = harness.openStreams.filter { !before.contains($0) }
            #expect(new.count == 2)
            _ = harness.take()
            for stream in new {
                harness.input(.streamOpened(stream))
                harness.confirm(on: stream)
            }
            #expect(harness.takeEvents().filter { $0 == .linkUp }.count == 1)
        }
    }

    @Test("However often they fail, no more than thirty connections are opened in any minute", arguments: 0..<20)
    func connectionLimit(seed: Int) throws {
        var harness = try ConnectorHarness(seed: UInt64(seed)) {
            $0.backoff = .init(minimum: .milliseconds(1), maximum: .milliseconds(50))
        }
        harness.input(.start)
        var opened: [TimeSpan] = []
        var known: Set<StreamID> = []
        for _ in 0..<3_000 {
            for stream in harness.openStreams where known.insert(stream).inserted {
                opened.append(harness.now.monotonic)
                harness.input(.streamClosed(stream, .unreachable("refused")))
            }
            harness.pass(.milliseconds(100))
            _ = harness.take()
        }
        #expect(opened.count >= 120)
        for first in opened.indices {
            let inMinute = opened[first...].prefix { $0.nanoseconds - opened[first].nanoseconds <= 60_000_000_000 }
            #expect(inMinute.count <= 30)
        }
    }

    @Test("What is not confirmed in time is named with what the venue said, and tried again")
    func refusedSubscription() throws {
        var harness = try ConnectorHarness {
            $0.account = nil
            $0.markets.removeLast()
        }
        harness.input(.start)
        let stream = harness.openStreams[0]
        harness.input(.streamOpened(stream))
        harness.message(#"{"channel":"error","data":"Invalid subscription {\"type\":\"candle\"}"}"#)
        harness.pass(.seconds(16))
        let warnings = harness.takeEvents().compactMap {
            if case .notice(.warning(let text)) = $0, text.contains("confirm") { text } else { nil }
        }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("candle BTC 1m, l2Book BTC, trades BTC; the venue said: Invalid sub") == true)
        harness.pass(.seconds(2))
        #expect(harness.openStreams.count == 1 && harness.openStreams[0] != stream)
    }

    @Test func aConnectionThatNeverOpensIsGivenUp() throws {
        var harness = try ConnectorHarness { $0.usesOneConnection = true }
        harness.input(.start)
        let stream = harness.openStreams[0]
        harness.pass(.seconds(15))
        #expect(harness.outputs.contains(.closeStream(stream)))
        // It opens after all, too late.
        harness.input(.streamOpened(stream))
        #expect(harness.outputs.last == .closeStream(stream))
        #expect(harness.frames().isEmpty)
    }

    @Test func stopsAndStartsAgain() throws {
        var harness = try ConnectorHarness()
        #expect(harness.connector.nextWake == nil)
        harness.connect()
        harness.input(.stop)
        #expect(harness.openStreams.isEmpty)
        #expect(harness.takeEvents() == [.linkDown(reason: "stopped")])
        #expect(harness.connector.nextWake == nil)
        harness.pass(.hours(1))
        #expect(harness.take().isEmpty)
        harness.input(.start)
        #expect(harness.openStreams.count == 2)
    }
}
