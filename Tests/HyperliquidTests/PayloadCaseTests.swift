// SPDX-License-Identifier: Apache-2.0

import Conformance
import Testing

/// Messages made up here after the venue's documents and the shapes that clients publish.
@Suite struct PayloadKinds {
    private func outcome(_ transport: String, _ payload: String) throws -> CaseOutcome {
        let entry = #"{"id":"x","transport":"\#(transport)","payload":\#(payload)}"#
        let file = #"{"split":{"file":"payloads/hyperliquid.json"},"cases":[\#(entry)]}"#
        return try Conformance.run(Array(file.utf8), name: "x.json").cases[0].outcome
    }

    private static let fill =
        #"{"coin":"BTC","px":"1","sz":"1","side":"B","time":1,"startPosition":"0","dir":"Open Long","closedPnl":"0","hash":"0x","oid":1,"crossed":true,"fee":"0","tid":1,"feeToken":"USDC"}"#
    private static let state =
        #"{"assetPositions":[],"marginSummary":{"accountValue":"1","totalNtlPos":"0","totalRawUsd":"1","totalMarginUsed":"0"},"withdrawable":"1","time":1}"#
    private static let order =
        #"{"order":{"coin":"BTC","side":"B","limitPx":"1","sz":"0","oid":1,"timestamp":1,"origSz":"1"},"status":"filled","statusTimestamp":1}"#

    private static let known: [(transport: String, payload: String, part: String, wrong: String)] = [
        (
            "ws",
            #"{"channel":"allDexsClearinghouseState","data":{"user":"0x1","clearinghouseStates":[["",\#(state)]]}}"#,
            "withdrawable", "gone"
        ),
        (
            "ws",
            #"{"channel":"userHistoricalOrders","data":{"user":"0x1","isSnapshot":true,"orderHistory":[\#(order)]}}"#,
            "filled", "lost in space"
        ),
        (
            "ws", #"{"channel":"assetCtxs","data":{"dex":"","ctxs":[{"markPx":"1","funding":"0"}]}}"#, #""1""#, #""x""#
        ),
        ("ws", #"{"channel":"allDexsAssetCtxs","data":{"ctxs":[["",[{"markPx":"1"}]]]}}"#, #""1""#, #""x""#),
        (
            "ws", #"{"channel":"webData2","data":{"clearinghouseState":\#(state),"openOrders":[]}}"#, "withdrawable",
            "gone"
        ),
        ("http", #"[{"fill":\#(fill),"twapId":1}]"#, "oid", "gone"),
        ("http", #"[null,{"name":"test","fullName":"a test","deployer":"0x1"}]"#, #""0x1""#, "5"),
        ("http", #"{"specialStatuses":null,"time":1}"#, "1}", #""x"}"#),
        (
            "http", #"{"delegated":"1","undelegated":"0","totalPendingWithdrawal":"0","nPendingWithdrawals":0}"#,
            #""1""#, #""x""#
        ),
        ("http", #"[{"validator":"0x1","amount":"3.5","lockedUntilTimestamp":5}]"#, "3.5", "x"),
        (
            "http",
            #"[{"time":1,"hash":"0x","delta":{"delegate":{"validator":"0x1","amount":"2","isUndelegate":false}}}]"#,
            #""2""#, #""x""#
        ),
        ("http", #"[{"time":1,"source":"delegation","totalAmount":"0.1"}]"#, "0.1", "x"),
        ("http", #"[{"vaultAddress":"0x1","equity":"742.5"}]"#, "742.5", "x"),
        (
            "http",
            #"{"name":"x","vaultAddress":"0x1","leader":"0x2","portfolio":[],"followers":[{"user":"0x3","vaultEquity":"5"}]}"#,
            #""5""#, #""x""#
        ),
        (
            "http",
            #"{"referredBy":null,"cumVlm":"0","unclaimedRewards":"0","claimedRewards":"7","referrerState":null}"#,
            #""7""#, #""x""#
        ),
        (
            "http", #"[{"universe":[{"szDecimals":5,"name":"BTC","maxLeverage":40}],"marginTables":[]}]"#, #""BTC""#,
            "5"
        ),
        (
            "http", #"[{"universe":[{"szDecimals":5,"name":"BTC","maxLeverage":40}]},[{"markPx":"1"}]]"#, #""1""#,
            #""x""#
        ),
        ("http", #"[["day",{"accountValueHistory":[[1,"1"]],"pnlHistory":[],"vlm":"2"}]]"#, #""2""#, #""x""#),
    ]

    @Test(arguments: known.indices)
    func `a known kind of message is read, and one that is wrong fails`(index: Int) throws {
        let (transport, payload, part, wrong) = Self.known[index]
        #expect(try outcome(transport, payload) == .passed)
        let place = try #require(payload.firstRange(of: part))
        let judged = try outcome(transport, payload.replacingSubrange(place, with: wrong))
        guard case .failed = judged else {
            Issue.record("\(judged)")
            return
        }
    }

    @Test(arguments: [
        ("http", #"{"outcomes":[{"outcome":1,"name":"x","sideSpecs":[{"name":"Yes"}]}],"questions":[]}"#),
        ("http", "10"), ("http", "true"), ("http", #""unifiedAccount""#), ("http", "null"), ("http", "{}"),
        ("http", #"{"action":{"type":"order","orders":[],"grouping":"na"},"nonce":1}"#),
        ("http", #"{"type":"meta"}"#), ("ws", #"{"method":"ping"}"#),
        ("ws", #"{"channel":"someNewChannel","data":{"x":1}}"#), ("ws", #"{"channel":"webData3","data":{"x":1}}"#),
        ("ws", #"{"channel":"user","data":{"somethingNew":[]}}"#),
    ])
    func `an unknown kind is skipped with a reason`(transport: String, payload: String) throws {
        let judged = try outcome(transport, payload)
        guard case .skipped(let reason) = judged else {
            Issue.record("\(judged)")
            return
        }
        #expect(reason.count > 20)
    }

    @Test func `a recorded answer to a question that Apus never asks is skipped, not passed`() throws {
        let entry = #"{"id":"x","request":{"type":"spotDeployState"},"status":200,"response":{"states":[]}}"#
        let report = try Conformance.run(
            Array(#"{"split":{"file":"payloads/hyperliquid-info.json"},"cases":[\#(entry)]}"#.utf8), name: "x.json")
        #expect(report.skipped == 1)
    }
}

extension String {
    fileprivate func replacingSubrange(_ range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
