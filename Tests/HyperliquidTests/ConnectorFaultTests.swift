// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Execution
import Hyperliquid
import JSON
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Risk

/// What the network or the venue does to a request.
enum ConnectorFault: String, CaseIterable, Sendable {
    case drop, serverError, badData, empty, htmlError, halfOpen, tooFast, unreachable, untrusted, textRefusal,
        errorStatus

    var outcome: HTTPOutcome? {
        func response(_ status: Int, _ text: String) -> HTTPOutcome {
            .response(status: status, body: Array(text.utf8), retryAfter: nil)
        }
        return switch self {
        case .drop: .failure(.closed("reset"))
        case .serverError: response(502, "<html>Bad gateway</html>")
        case .badData: response(200, #"{"status":"ok","response":{"type":"order","data":{"stat"#)
        case .empty: response(200, "null")
        case .htmlError: response(403, "<html>Forbidden</html>")
        case .halfOpen: nil
        case .tooFast: response(429, "null")
        case .unreachable: .failure(.unreachable("no route"))
        case .untrusted: .failure(.untrusted("expired"))
        case .textRefusal: response(422, "Failed to deserialize the JSON body into the target type")
        case .errorStatus: response(400, #"{"status":"err","response":"Invalid request"}"#)
        }
    }

    /// Whether it proves that the venue did nothing.
    var isProof: Bool {
        switch self {
        case .tooFast, .unreachable, .untrusted, .textRefusal, .errorStatus: true
        case .drop, .serverError, .badData, .empty, .htmlError, .halfOpen: false
        }
    }

    /// Whether what acts is sent again after it.
    var isTriedAgain: Bool { self == .tooFast || self == .unreachable || self == .untrusted }
}

@Suite struct ConnectorFaultTests {
    /// Lets the fault happen to every try, until nothing is asked any more.
    private func suffer(_ fault: ConnectorFault, _ type: String, _ harness: inout ConnectorHarness) -> Int {
        var tries = 0
        for _ in 0..<200 {
            if let outcome = fault.outcome {
                if harness.answer(type, outcome) != nil { tries += 1 }
            } else {
                tries = harness.pending(type).count
            }
            harness.pass(.seconds(1))
            // The venue lives otherwise.
            for stream in harness.openStreams { harness.message(#"{"channel":"pong"}"#, on: stream) }
        }
        return tries
    }

    @Test("Only proof of refusal is a rejection, for what acts", arguments: ConnectorFault.allCases)
    func actions(fault: ConnectorFault) throws {
        for type in ["order", "batchModify", "cancelByCloid"] {
            var harness = try ConnectorHarness { $0.limits.failuresUntilBreak = 100 }
            harness.connect()
            switch type {
            case "order": harness.place([ConnectorHarness.ticket(1), ConnectorHarness.ticket(2)])
            case "batchModify": harness.modify(ConnectorHarness.ticket(1))
            default: harness.cancel([1, 2])
            }
            let tries = suffer(fault, type, &harness)
            if type == "cancelByCloid" || fault != .tooFast {
                #expect(tries == (fault.isTriedAgain ? 3 : 1), "\(type) after \(fault)")
            }
            var isRejected: [Bool] = []
            for event in harness.takeEvents() {
                switch event {
                case .placed(_, .rejected), .modified(_, .rejected), .cancelled(_, .rejected): isRejected.append(true)
                case .placed(_, .unknown), .modified(_, .unknown), .cancelled(_, .unknown): isRejected.append(false)
                default: break
                }
            }
            #expect(isRejected == Array(repeating: fault.isProof, count: type == "batchModify" ? 1 : 2), "\(type)")
            #expect(harness.connector.pendingRequests == 0)
        }
    }

    @Test(
        "A question is asked three times, and then its answer is that nothing is known",
        arguments: ConnectorFault.allCases)
    func questions(fault: ConnectorFault) throws {
        var harness = try ConnectorHarness { $0.limits.failuresUntilBreak = 100 }
        harness.connect()
        harness.query(1)
        let tries = suffer(fault, "orderStatus", &harness)
        // A refusal is no better the second time; with 'Retry-After' unknown, waits can outlast the question.
        let isRefusal = fault == .textRefusal || fault == .errorStatus
        #expect(tries == (isRefusal ? 1 : 3) || fault == .tooFast)
        let events = harness.takeEvents().filter { if case .status = $0 { true } else { false } }
        #expect(events.count == 1)
        guard case .status(ConnectorHarness.client(1), .unknown)? = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(harness.connector.pendingRequests == 0)
    }

    @Test("An account that cannot be read whole is not read at all", arguments: ConnectorFault.allCases)
    func snapshots(fault: ConnectorFault) throws {
        for type in [
            "frontendOpenOrders", "clearinghouseState", "spotClearinghouseState", "userFillsByTime", "userRole",
        ] {
            var harness = try ConnectorHarness { $0.limits.failuresUntilBreak = 100 }
            harness.connect()
            harness.snapshot()
            for other in ConnectorAccountTests.answers where other.type != type {
                harness.answer(other.type, other.text)
            }
            _ = suffer(fault, type, &harness)
            let events = harness.takeEvents()
            #expect(events.filter { if case .snapshotFailed = $0 { true } else { false } }.count == 1, "\(type)")
            #expect(!events.contains { if case .snapshot = $0 { true } else { false } })
            // A later reading works.
            harness.loseRequests()
            harness.snapshot()
            for other in ConnectorAccountTests.answers { harness.answer(other.type, other.text) }
            #expect(harness.takeEvents().contains { if case .snapshot = $0 { true } else { false } }, "\(type)")
        }
    }

    @Test("One bad answer does not cost a question", arguments: ConnectorFault.allCases.filter { $0 != .halfOpen })
    func recovery(fault: ConnectorFault) throws {
        guard fault != .textRefusal, fault != .errorStatus, let outcome = fault.outcome else { return }
        var harness = try ConnectorHarness()
        harness.connect()
        harness.query(1)
        harness.answer("orderStatus", outcome)
        harness.pass(.seconds(10))
        harness.answer("orderStatus", #"{"status":"unknownOid"}"#)
        #expect(harness.takeEvents().contains(.status(ConnectorHarness.client(1), .notKnown)))
    }

    @Test("A late or repeated answer changes nothing")
    func lateAnswers() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        let request = try #require(harness.pending("order").first)
        harness.pass(.seconds(20))
        _ = harness.take()
        let body = Array(reply("order", #"{"resting":{"oid":77}}"#).utf8)
        for _ in 0..<2 { harness.input(.answer(request.id, .response(status: 200, body: body, retryAfter: nil))) }
        harness.input(.answer(RequestID(9_999), .failure(.timedOut)))
        #expect(harness.take().isEmpty)
    }

    @Test("The venue's hint is kept to, and an order that got too old meanwhile is told as never placed")
    func retryHint() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        harness.cancel([2])
        harness.answer("order", .response(status: 429, body: [], retryAfter: .seconds(20)))
        harness.answer("cancelByCloid", .response(status: 429, body: [], retryAfter: nil))
        harness.pass(.seconds(19))
        #expect(harness.pending("cancelByCloid").isEmpty)
        let events = harness.takeEvents()
        guard case .placed(_, .rejected(.notTrading, _))? = events.first else {
            Issue.record("\(events)")
            return
        }
        harness.pass(.seconds(2))
        #expect(harness.pending("cancelByCloid").count == 1)
        #expect(harness.pending("order").isEmpty)
    }

    @Test("After five failures orders are not sent; cancels and closing ones are, and a probe finds the venue's return")
    func breaker() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        for number in 1...5 {
            harness.place([ConnectorHarness.ticket(UInt64(number))])
            harness.answer("order", "oops", status: 500)
        }
        let events = harness.takeEvents()
        #expect(events.filter { if case .breakerOpened = $0 { true } else { false } }.count == 1)
        harness.place([ConnectorHarness.ticket(6)])
        harness.modify(ConnectorHarness.ticket(7))
        let refused = harness.takeEvents()
        guard case .placed(_, .rejected(_, let text))? = refused.first, case .modified(_, .rejected)? = refused.last
        else {
            Issue.record("\(refused)")
            return
        }
        #expect(text.hasPrefix("never sent: the venue failed 5 times"))
        harness.cancel([8])
        #expect(harness.pending("cancelByCloid").count == 1)
        harness.place([ConnectorHarness.ticket(10, isReduceOnly: true)])
        #expect(harness.pending("order").count == 1)
        harness.loseRequests()
        harness.pass(.seconds(4))
        #expect(harness.pending("exchangeStatus").isEmpty)
        harness.pass(.seconds(1))
        harness.answer("exchangeStatus", "", status: 503)
        harness.pass(.seconds(9))
        #expect(harness.pending("exchangeStatus").isEmpty)
        harness.pass(.seconds(1))
        #expect(harness.pending("exchangeStatus").count == 1)
        harness.answer("exchangeStatus", #"{"specialStatuses":null,"time":1700000020000}"#)
        #expect(harness.takeEvents().contains(.breakerClosed))
        harness.place([ConnectorHarness.ticket(9)])
        #expect(harness.pending("order").count == 1)
    }

    @Test("Requests never weigh more than the limit in any minute, whatever is asked", arguments: UInt64(0)..<4)
    func weights(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var harness = try ConnectorHarness(seed: seed) { $0.limits.address.initial = 1_000_000 }
        harness.connect()
        var counted: [(time: TimeSpan, weight: Int)] = []
        var number: UInt64 = 0
        for _ in 0..<250 {
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                number += 1
                switch Int.random(in: 0..<5, using: &random) {
                case 0: harness.place([ConnectorHarness.ticket(number)])
                case 1: harness.cancel([number])
                case 2: harness.query(number)
                case 3: harness.snapshot()
                default:
                    harness.perform {
                        $0.requestBars(
                            ConnectorHarness.bitcoin, .oneMinute, from: $1.wall - .hours(80), to: $1.wall, at: $1,
                            into: &$2)
                    }
                }
            }
            for request in harness.requests where Bool.random(using: &random) {
                let (weight, text) = Self.cost(of: request, rows: .random(in: 0...2_000, using: &random))
                counted.append((harness.now.monotonic, weight))
                harness.answer(ConnectorHarness.type(of: request)!, text)
            }
            harness.pass(.milliseconds(.random(in: 0...3_000, using: &random)))
            _ = harness.take()
        }
        #expect(counted.count > 150)
        for first in counted.indices {
            let window = counted[first...].prefix {
                $0.time.nanoseconds - counted[first].time.nanoseconds <= 60_000_000_000
            }
            #expect(window.reduce(0) { $0 + $1.weight } <= 1_200)
        }
    }

    /// By the venue's own list of weights.
    private static func cost(of request: HTTPRequest, rows: Int) -> (Int, String) {
        let list = "[" + repeatElement("{}", count: rows).joined(separator: ",") + "]"
        return switch ConnectorHarness.type(of: request) {
        case "order", "cancelByCloid", "batchModify": (1, reply("order", #""success""#))
        case "clearinghouseState", "spotClearinghouseState", "orderStatus", "exchangeStatus": (2, "{}")
        case "userRole": (60, #"{"role":"user"}"#)
        case "userFillsByTime", "userFunding", "userNonFundingLedgerUpdates": (20 + rows / 20, list)
        case "candleSnapshot": (20 + rows / 60, list)
        default: (20, "[]")
        }
    }

    /// Whatever comes in whatever order: each order is answered exactly once for each thing that was asked.
    @Test("Every command gets exactly one answer", arguments: UInt64(0)..<60)
    func oneAnswerEach(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var harness = try ConnectorHarness(seed: seed) {
            $0.postsActions = seed % 2 == 0
            $0.usesOneConnection = seed % 3 == 0
            $0.clockEvery = seed % 5 == 0 ? .seconds(30) : nil
            $0.limits.weightPerMinute = seed % 7 == 0 ? 400 : 1_200
        }
        if seed % 4 != 0 { harness.connect() }
        var asked: [String: Int] = [:]
        var answered: [String: Int] = [:]
        var number: UInt64 = 0
        func count(_ harness: inout ConnectorHarness) {
            for event in harness.takeEvents() {
                switch event {
                case .placed(let client, _): answered["placed \(client)", default: 0] += 1
                case .modified(let client, _): answered["modified \(client)", default: 0] += 1
                case .cancelled(let client, _): answered["cancelled \(client)", default: 0] += 1
                case .status(let client, _): answered["status \(client)", default: 0] += 1
                case .snapshot, .snapshotFailed: answered["snapshot", default: 0] += 1
                case .bars, .barsUnavailable: answered["bars", default: 0] += 1
                default: break
                }
            }
        }
        for _ in 0..<250 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0...3:
                let tickets = (0..<UInt64.random(in: 1...4, using: &random)).map {
                    ConnectorHarness.ticket(number + 1 + $0)
                }
                number += 4
                for ticket in tickets { asked["placed \(ticket.client)", default: 0] += 1 }
                harness.place(tickets, Bool.random(using: &random) ? .none : .entryWithProtection)
            case 4:
                number += 1
                asked["modified \(ConnectorHarness.client(number))", default: 0] += 1
                harness.modify(ConnectorHarness.ticket(number))
            case 5, 6:
                number += 2
                for each in [number - 1, number] {
                    asked["cancelled \(ConnectorHarness.client(each))", default: 0] += 1
                }
                harness.cancel([number - 1, number])
            case 7, 8:
                number += 1
                asked["status \(ConnectorHarness.client(number))", default: 0] += 1
                harness.query(number)
            case 9:
                asked["snapshot", default: 0] += 1
                harness.snapshot()
            case 10:
                asked["bars", default: 0] += 1
                harness.perform {
                    $0.requestBars(
                        ConnectorHarness.ether, .oneMinute, from: $1.wall - .hours(90), to: $1.wall, at: $1, into: &$2)
                }
            case 11: harness.pass(.milliseconds(.random(in: 0...20_000, using: &random)))
            case 12:
                if let stream = harness.openStreams.randomElement(using: &random) {
                    harness.input(.streamClosed(stream, Bool.random(using: &random) ? .timedOut : .unreachable("")))
                }
            case 13:
                for stream in harness.openStreams { harness.input(.streamOpened(stream)) }
                for stream in harness.openStreams { harness.confirm(on: stream) }
            case 14: harness.input([.start, .start, .start, .stop, .wake].randomElement(using: &random)!)
            default:
                guard let request = harness.requests.randomElement(using: &random) else { continue }
                let type = ConnectorHarness.type(of: request)!
                let fault = ConnectorFault.allCases.randomElement(using: &random)!
                if Bool.random(using: &random), let outcome = fault.outcome {
                    harness.answer(type, outcome)
                } else if let good = ConnectorAccountTests.answers.first(where: { $0.type == type }) {
                    harness.answer(type, good.text)
                } else {
                    harness.answer(type, type == "candleSnapshot" ? "[]" : reply("order", #""success""#))
                }
            }
            if Bool.random(using: &random) {
                for frame in harness.frames() where frame["method"]?.string == "post" {
                    let id = frame["id"]?.unsigned ?? 0
                    let payload = #"{"type":"action","payload":\#(reply("order", #"{"resting":{"oid":5}}"#))}"#
                    let text = #"{"channel":"post","data":{"id":\#(id),"response":\#(payload)}}"#
                    for stream in harness.openStreams { harness.message(text, on: stream) }
                }
            }
            count(&harness)
        }
        harness.input(.start)
        for _ in 0..<40 {
            harness.pass(.seconds(10))
            count(&harness)
        }
        harness.input(.stop)
        harness.pass(.minutes(5))
        count(&harness)
        #expect(answered == asked, "seed \(seed)")
        #expect(harness.connector.pendingRequests == 0)
        #expect(harness.connector.nextWake == nil)
    }

    @Test("Nothing grows without end: what is too much is refused")
    func bounds() throws {
        var harness = try ConnectorHarness {
            $0.limits.queuedRequests = 50
            $0.limits.weightPerMinute = 300
        }
        harness.connect()
        for number in 0..<400 {
            harness.query(UInt64(number))
            harness.snapshot()
        }
        // What the limit let out, and a full queue for questions and one for readings.
        #expect(harness.connector.pendingRequests <= 300 / 2 + 50 + 50)
        #expect(harness.takeEvents().count >= 800 - 250)
    }

    @Test("What a run before asked counts until a minute after it, and the way out stays open")
    func usedBefore() throws {
        var harness = try ConnectorHarness {
            // Of the last run, 20 s ago, and of the questions before the connector began.
            $0.usedBefore = [(weight: 960, time: .seconds(980)), (weight: 60, time: .seconds(1_000))]
        }
        #expect(harness.connector.requestsSent == 0)
        #expect(harness.connector.weightsSent(at: harness.now.monotonic).map(\.weight) == [960, 60])
        harness.connect()
        harness.snapshot()
        #expect(harness.requests.isEmpty, "readings fill 85 % at most")
        harness.place([ConnectorHarness.ticket(1)])
        harness.cancel([1])
        #expect(harness.pending("order").count == 1 && harness.pending("cancelByCloid").count == 1)
        harness.pass(.seconds(39))
        #expect(harness.pending("clearinghouseState").isEmpty)
        harness.pass(.seconds(2))
        #expect(harness.pending("clearinghouseState").count == 1)
    }

    @Test("What must be closed goes before orders that wait, into the limit's last part", arguments: [true, false])
    func closingFirst(mustClose: Bool) throws {
        var harness = try ConnectorHarness { $0.usedBefore = [(weight: 1_150, time: .seconds(1_000))] }
        harness.connect()
        harness.place([ConnectorHarness.ticket(1)])
        #expect(harness.pending("order").isEmpty, "orders fill 95 % at most")
        let closing = ApprovedOrders(
            checked: [ConnectorHarness.ticket(2, isReduceOnly: true)], grouping: .none,
            authority: mustClose ? .killSwitch : .strategy)
        var outputs: [ConnectorOutput] = []
        harness.connector.place(closing, at: harness.now, into: &outputs)
        let sent = outputs.count { if case .request = $0 { true } else { false } }
        #expect(sent == (mustClose ? 1 : 0))
    }
}
