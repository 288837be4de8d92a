// SPDX-License-Identifier: Apache-2.0

import JSON
import TestSupport
import Testing
import Trading
import VenueFaults

@Suite struct FaultPlanTests {
    @Test("The same seed gives the same faults, another seed gives others")
    func seeded() {
        func fates(_ seed: UInt64) -> [RequestFate] {
            var plan = FaultPlan(
                rules: [FaultRule(.latency, probability: 0.5), FaultRule(.lost, scope: .place, probability: 0.2)],
                seed: seed)
            return (0..<200).map { plan.request($0 % 2 == 0 ? .place : .info, at: .milliseconds($0)) }
        }
        #expect(fates(1) == fates(1))
        #expect(fates(1) != fates(2))
    }

    @Test("Faults strike about as often as they are told to", arguments: [0.0, 0.1, 0.5, 1.0])
    func rate(probability: Double) {
        var plan = FaultPlan(rules: [FaultRule(.answerLost, probability: probability)], seed: 7)
        let struck = (0..<10_000).count { _ in plan.request(.place, at: .zero).answer == .none }
        #expect(abs(Double(struck) / 10_000 - probability) < 0.02)
        #expect(plan.counts[.answerLost, default: 0] == struck)
    }

    @Test(
        "What each kind does to a request",
        arguments: [
            (FaultKind.lost, false, RequestFate.Answer.none), (.answerLost, true, .none), (.disconnect, false, .reset),
            (.disconnectAfter, true, .reset), (.halfOpen, false, .halfOpen), (.badJSON, true, .garbled),
            (.latency, true, .own), (.duplicate, true, .own), (.maintenance, true, .own),
        ])
    func requests(kind: FaultKind, reaches: Bool, answer: RequestFate.Answer) {
        var plan = FaultPlan(rules: [FaultRule(kind)])
        let fate = plan.request(.place, at: .zero)
        #expect(fate.reachesVenue == reaches && fate.answer == answer)
        #expect((fate.delayBefore + fate.delayAfter > .zero) == (kind == .latency))
    }

    @Test func statuses() {
        for (kind, status, reaches) in [
            (FaultKind.tooManyRequests, 429, false), (.serverError, 502, false), (.serverErrorAfter, 500, true),
            (.unprocessable, 422, false),
        ] {
            var plan = FaultPlan(rules: [FaultRule(kind)])
            let fate = plan.request(.query, at: .zero)
            guard case .replaced(status, _, _) = fate.answer else {
                Issue.record("\(kind): \(fate)")
                continue
            }
            #expect(fate.reachesVenue == reaches)
        }
    }

    @Test("After an upgrade requests with orders are told so, and no others")
    func postOnly() {
        var plan = FaultPlan(rules: [FaultRule(.postOnly, from: .seconds(5), to: .seconds(8))])
        for (scope, second, expected) in [
            (FaultScope.place, 4, false), (.place, 5, true), (.modify, 6, true), (.cancel, 6, false),
            (.query, 6, false), (.place, 8, false),
        ] {
            let fate = plan.request(scope, at: .seconds(Int64(second)))
            #expect(fate.takesOnlyPostOnly == expected && fate.reachesVenue && fate.answer == .own)
        }
        #expect(plan.counts == [.postOnly: 2])
    }

    @Test func scopesTimesAndWindows() {
        var plan = FaultPlan(rules: [
            FaultRule(.lost, scope: .cancel, from: .seconds(10), to: .seconds(20), times: 2)
        ])
        #expect(plan.request(.place, at: .seconds(15)).reachesVenue)
        #expect(plan.request(.cancel, at: .seconds(9)).reachesVenue)
        #expect(!plan.request(.cancel, at: .seconds(10)).reachesVenue)
        #expect(!plan.request(.cancel, at: .seconds(11)).reachesVenue)
        #expect(plan.request(.cancel, at: .seconds(12)).reachesVenue, "twice only")
        #expect(plan.message(at: .seconds(15)) == MessageFate())
    }

    @Test func messages() {
        var plan = FaultPlan(rules: [FaultRule(.duplicate, scope: .stream), FaultRule(.reorder, times: 1)])
        let first = plan.message(at: .zero)
        #expect(first.copies == 2 && first.lag > .zero && first.delay == .zero)
        #expect(plan.message(at: .zero).lag == .zero)
        plan = FaultPlan(rules: [FaultRule(.lost), FaultRule(.duplicate)])
        #expect(plan.message(at: .zero).copies == 0)
        plan = FaultPlan(rules: [FaultRule(.breakOff, scope: .stream)])
        #expect(plan.message(at: .zero).connection == .breakOff)
    }

    @Test func oneMarketsMessages() {
        var plan = FaultPlan(rules: [FaultRule(.lost, scope: .stream, to: .seconds(9), market: "SOL")])
        #expect(plan.distinguishesMarkets)
        #expect(plan.message(at: .zero, about: "SOL").copies == 0)
        #expect(plan.message(at: .zero, about: "BTC") == MessageFate() && plan.message(at: .zero) == MessageFate())
        #expect(plan.message(at: .seconds(9), about: "SOL") == MessageFate())
        plan = FaultPlan(rules: [FaultRule(.lost, market: "SOL")])
        #expect(plan.request(.place, at: .zero).reachesVenue)
    }

    @Test(
        "What a message is about",
        arguments: [
            (#"{"channel":"l2Book","data":{"coin":"SOL","time":1}}"#, "SOL"),
            (#"{"channel":"trades","data":[{"coin":"ETH","side":"B"}]}"#, "ETH"),
            (#"{"channel":"candle","data":{"t":1,"s":"BTC","i":"1m"}}"#, "BTC"),
            (#"{"channel":"activeAssetCtx","data":{"coin":"SOL","ctx":{}}}"#, "SOL"),
            (#"{"channel":"userFills","data":{"fills":[{"coin":"SOL"}]}}"#, nil), (#"{"channel":"pong"}"#, nil),
            (#"{"channel":"trades","data":[]}"#, nil), ("[]", nil),
        ] as [(String, String?)])
    func aboutAMarket(message: String, market: String?) throws {
        #expect(String(marketOfHyperliquidMessage: try JSON.parse(Array(message.utf8))) == market)
    }

    @Test func maintenance() {
        var plan = FaultPlan(rules: [FaultRule(.maintenance, from: .seconds(5), to: .seconds(8))])
        #expect(plan.nextEvent(after: .zero) == .seconds(5))
        #expect(!plan.isInMaintenance(at: .seconds(4)) && !plan.beginsMaintenance(at: .seconds(4)))
        #expect(plan.beginsMaintenance(at: .seconds(5)) && !plan.beginsMaintenance(at: .seconds(6)))
        #expect(plan.isInMaintenance(at: .seconds(7)) && plan.connection(at: .seconds(7)) == .reset)
        #expect(!plan.isInMaintenance(at: .seconds(8)) && plan.connection(at: .seconds(8)) == .none)
        #expect(plan.nextEvent(after: .seconds(5)) == nil)
    }

    @Test func skew() {
        let plan = FaultPlan(rules: [FaultRule(.clockSkew, from: .seconds(1), delay: .seconds(-3)...(.seconds(-3)))])
        #expect(plan.clockSkew(at: .zero) == .zero && plan.clockSkew(at: .seconds(2)) == .seconds(-3))
    }

    @Test func aScript() throws {
        let text = """
            {"faults": [
              {"kind": "lost", "scope": "place", "probability": 0.25, "times": 3},
              {"kind": "latency", "delay": [0.01, 0.2]},
              {"kind": "clock-skew", "delay": -2.5, "from": 10, "to": 20.5},
              {"kind": "lost", "scope": "stream", "market": "SOL"}
            ]}
            """
        let rules = try FaultRule.script(Array(text.utf8))
        #expect(
            rules == [
                FaultRule(.lost, scope: .place, probability: 0.25, times: 3),
                FaultRule(.latency, delay: .milliseconds(10)...(.milliseconds(200))),
                FaultRule(
                    .clockSkew, from: .seconds(10), to: .milliseconds(20_500),
                    delay: .milliseconds(-2500)...(.milliseconds(-2500))),
                FaultRule(.lost, scope: .stream, market: "SOL"),
            ])
    }

    @Test(
        "A script that cannot be right is refused",
        arguments: [
            "", "[]", "{}", #"{"faults": 1}"#, #"{"faults": [{}]}"#, #"{"faults": [{"kind": "fire"}]}"#,
            #"{"faults": [{"kind": "lost", "scope": "all"}]}"#, #"{"faults": [{"kind": "lost", "market": "SOL"}]}"#,
            #"{"faults": [{"kind": "lost", "probability": 1.5}]}"#,
            #"{"faults": [{"kind": "lost", "probabilty": 1}]}"#, #"{"faults": [{"kind": "lost", "times": 0}]}"#,
            #"{"faults": [{"kind": "latency", "delay": [2, 1]}]}"#, #"{"faults": [{"kind": "latency", "delay": -1}]}"#,
            #"{"faults": [{"kind": "lost", "from": 1e300}]}"#,
        ])
    func badScripts(text: String) {
        #expect(throws: FaultError.self) { try FaultRule.script(Array(text.utf8)) }
    }

    @Test func options() throws {
        #expect(try FaultRule(parsing: "lost@place=0.05") == FaultRule(.lost, scope: .place, probability: 0.05))
        #expect(try FaultRule(parsing: "429=1") == FaultRule(.tooManyRequests))
        for text in ["", "lost", "lost=2", "fire=0.1", "lost@all=0.1", "lost=x"] {
            #expect(throws: FaultError.self) { try FaultRule(parsing: text) }
        }
    }
}
