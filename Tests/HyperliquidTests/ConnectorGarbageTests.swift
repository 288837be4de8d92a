// SPDX-License-Identifier: Apache-2.0

import Hyperliquid
import TestSupport
import Testing
import Trading
import VenueInterface

@Suite struct ConnectorGarbageTests {
    private static let messages = [
        #"{"channel":"l2Book","data":{"coin":"BTC","time":1700000000000,"levels":[[{"px":"42100","sz":"1","n":1}],[{"px":"42101","sz":"2","n":1}]]}}"#,
        #"{"channel":"trades","data":[{"coin":"BTC","side":"A","px":"42100.5","sz":"0.001","time":1700000000000,"hash":"0x","tid":5,"users":["a","b"]}]}"#,
        #"{"channel":"candle","data":{"t":1699999980000,"T":1700000039999,"s":"BTC","i":"1m","o":"100","h":"200","l":"50","c":"60","v":"1.5","n":3}}"#,
        #"{"channel":"userFills","data":{"user":"\#(ConnectorHarness.account)","fills":[\#(ConnectorAccountTests.fill(1))]}}"#,
        #"{"channel":"userFundings","data":{"user":"\#(ConnectorHarness.account)","fundings":[{"time":3600000,"coin":"ETH","usdc":"-0.25","szi":"1","fundingRate":"0.0001"}]}}"#,
        #"{"channel":"userNonFundingLedgerUpdates","data":{"user":"\#(ConnectorHarness.account)","nonFundingLedgerUpdates":[{"time":5,"hash":"0xs","delta":{"type":"withdraw","usdc":"7","fee":"0.5"}}]}}"#,
        #"{"channel":"orderUpdates","data":[{"order":{"coin":"BTC","side":"B","limitPx":"42100","sz":"0.01","oid":9,"timestamp":1,"origSz":"0.01"},"status":"open","statusTimestamp":2}]}"#,
        #"{"channel":"post","data":{"id":3,"response":{"type":"action","payload":{"status":"err","response":"no"}}}}"#,
    ]

    /// A text with some of its bytes changed, cut, or its numbers made absurd.
    private func spoiled(_ text: String, _ random: inout SeededRandom) -> [UInt8] {
        let absurd = [
            "-1", "1e400", "9223372036854775808", "-170141183460469231731687303715884105728", "null", "[]", "\"\"",
        ]
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = bytes.indices.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + 5))
            case 2: bytes = Array(bytes.prefix(place))
            default:
                let digits = bytes.indices.filter { (48...57).contains(bytes[$0]) }
                guard let start = digits.randomElement(using: &random) else { continue }
                let end = bytes[start...].firstIndex { !(48...57).contains($0) && $0 != 46 } ?? bytes.count
                bytes.replaceSubrange(start..<end, with: absurd.randomElement(using: &random)!.utf8)
            }
        }
        return bytes
    }

    @Test("Whatever bytes come, nothing ends the program and every reading is answered", arguments: UInt64(0)..<30)
    func garbage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var harness = try ConnectorHarness(seed: seed) { $0.clockEvery = .seconds(60) }
        harness.connect()
        var asked = 0
        var answered = 0
        for _ in 0..<40 {
            for message in Self.messages {
                guard let stream = harness.openStreams.randomElement(using: &random) else { continue }
                harness.input(.message(stream, spoiled(message, &random)))
            }
            harness.snapshot()
            asked += 1
            for (type, text) in ConnectorAccountTests.answers {
                let isGood = Int.random(in: 0..<3, using: &random) > 0
                let body = isGood ? Array(text.utf8) : spoiled(text, &random)
                harness.answer(type, .response(status: 200, body: body, retryAfter: nil))
            }
            harness.pass(.milliseconds(.random(in: 0...4_000, using: &random)))
            for event in harness.takeEvents() {
                switch event {
                case .snapshot, .snapshotFailed: answered += 1
                default: break
                }
            }
        }
        harness.input(.stop)
        harness.pass(.minutes(2))
        for event in harness.takeEvents() {
            switch event {
            case .snapshot, .snapshotFailed: answered += 1
            default: break
            }
        }
        #expect(asked == answered)
        #expect(harness.connector.pendingRequests == 0)
    }
}
