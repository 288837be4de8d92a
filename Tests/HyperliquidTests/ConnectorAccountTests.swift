// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Execution
import Hyperliquid
import JSON
import Testing
import Trading
import VenueInterface

@Suite struct ConnectorAccountTests {
    static let openOrder =
        #"{"coin":"ETH","side":"A","limitPx":"1900.0","sz":"1.25","oid":81,"timestamp":1699999000000,"triggerCondition":"Price below 1950","isTrigger":true,"triggerPx":"1950.0","children":[],"isPositionTpsl":false,"reduceOnly":true,"orderType":"Stop Market","origSz":"1.25","tif":null,"cloid":null}"#
    static let perpetuals =
        #"{"marginSummary":{"accountValue":"995.5","totalNtlPos":"421.0","totalRawUsd":"574.5","totalMarginUsed":"42.1"},"crossMarginSummary":{"accountValue":"995.5","totalNtlPos":"421.0","totalRawUsd":"574.5","totalMarginUsed":"42.1"},"crossMaintenanceMarginUsed":"4.2","withdrawable":"900.0","assetPositions":[{"type":"oneWay","position":{"coin":"BTC","szi":"-0.01","leverage":{"type":"cross","value":10},"entryPx":"42100.04","positionValue":"421.0","unrealizedPnl":"-4.5","returnOnEquity":"0.0","liquidationPx":null,"marginUsed":"42.1","maxLeverage":50,"cumFunding":{"allTime":"0","sinceOpen":"0","sinceChange":"0"}}}],"time":1700000000123}"#

    static func fill(_ trade: UInt64, coin: String = "BTC", time: Int64 = 1_699_999_500_000) -> String {
        #"{"coin":"\#(coin)","px":"42100.0","sz":"0.01","side":"A","time":\#(time),"startPosition":"0.0","dir":"Open Short","closedPnl":"0.0","hash":"0x","oid":80,"crossed":true,"fee":"0.189","feeToken":"USDC","tid":\#(trade)}"#
    }

    static let answers: [(type: String, text: String)] = [
        ("userRole", #"{"role":"user"}"#),
        ("frontendOpenOrders", "[\(openOrder)]"),
        ("clearinghouseState", perpetuals),
        (
            "spotClearinghouseState",
            #"{"balances":[{"coin":"USDC","token":0,"hold":"0","total":"10.25","entryNtl":"0"},{"coin":"PURR","token":1,"hold":"0","total":"3","entryNtl":"1"}]}"#
        ),
        ("userFillsByTime", "[\(fill(2, time: 1_699_999_600_000)),\(fill(1)),\(fill(1))]"),
        (
            "userFunding",
            #"[{"time":1699999700000,"hash":"0x","delta":{"type":"funding","coin":"BTC","usdc":"-0.5","szi":"-0.01","fundingRate":"0.0000125"}}]"#
        ),
        (
            "userNonFundingLedgerUpdates",
            #"[{"time":1699999100000,"hash":"0xd","delta":{"type":"deposit","usdc":"1000.0"}},{"time":1699999200000,"hash":"0xw","delta":{"type":"withdraw","usdc":"5.0","nonce":1,"fee":"1.0"}},{"time":1699999300000,"hash":"0xc","delta":{"type":"accountClassTransfer","usdc":"10.0","toPerp":false}}]"#
        ),
        ("userRateLimit", #"{"cumVlm":"100.5","nRequestsUsed":12,"nRequestsCap":10100}"#),
        (
            "extraAgents",
            #"[{"name":"bot","address":"0x14791697260E4c9A71f18484C9f997B308e59325","validUntil":1710000000000}]"#
        ),
        ("userFees", #"{"userCrossRate":"0.00045","userAddRate":"0.00015"}"#),
        ("exchangeStatus", #"{"specialStatuses":null,"time":1700000000123}"#),
    ]

    /// The venue marks the fills of both sides.
    @Test("A fill against somebody who is liquidated is no liquidation of ours")
    func liquidations() throws {
        let marks: [(mark: String, isOurs: Bool)] = [
            ("", false),
            (#","liquidation":{"liquidatedUser":"0x2","markPx":"42000.0","method":"market"}"#, false),
            (
                #","liquidation":{"liquidatedUser":"\#(ConnectorHarness.account)","markPx":"42000.0","method":"market"}"#,
                true
            ),
        ]
        for (mark, isOurs) in marks {
            let text = Self.fill(1).replacing(#""tid":1}"#, with: #""tid":1\#(mark)}"#)
            let fills = try #require(try snapshot(["userFillsByTime": "[\(text)]"])).fills
            #expect(fills.map(\.isLiquidation) == [isOurs])
        }
    }

    private func read(
        _ changes: [String: String] = [:], _ change: (inout HyperliquidConnector.Configuration) -> Void = { _ in }
    ) throws -> [VenueEvent] {
        var harness = try ConnectorHarness(seed: 1, change)
        harness.connect()
        harness.snapshot()
        for (type, text) in Self.answers { harness.answer(type, changes[type] ?? text) }
        return harness.takeEvents()
    }

    private func snapshot(_ changes: [String: String] = [:]) throws -> AccountSnapshot? {
        try read(changes).compactMap { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }.first
    }

    @Test("The account as a whole, in the words of all venues")
    func whole() throws {
        let snapshot = try #require(try snapshot())
        #expect(snapshot.time == Timestamp(seconds: 1_700_000_000), "not later than the first part was asked for")
        #expect(
            snapshot.openOrders == [
                OrderUpdate(
                    client: nil, venueOrder: VenueOrderID(81), instrument: ConnectorHarness.ether, side: .sell,
                    status: .open, limit: Price(units: 190_000), trigger: Price(units: 195_000),
                    quantity: Quantity(units: 12_500), remaining: Quantity(units: 12_500), isReduceOnly: true,
                    time: Timestamp(seconds: 1_699_999_000))
            ])
        #expect(
            snapshot.positions == [
                .init(
                    instrument: ConnectorHarness.bitcoin, quantity: Quantity(units: -1_000),
                    entryPrice: Price(units: 421_000))
            ])
        // 995.5 without the open position's loss of 4.5, and 10.25 in the spot account.
        #expect(
            snapshot.balances == [
                .init(asset: ConnectorHarness.dollar, total: Amount(units: 1_010_250_000_000_000_000_000))
            ])
        #expect(snapshot.fills.map(\.trade) == [TradeID(1), TradeID(2)])
        let fill = try #require(snapshot.fills.first)
        #expect(fill.fee == Amount(units: 189_000_000_000_000_000) && fill.feeAsset == ConnectorHarness.dollar)
        #expect(fill.liquidity == .taker && fill.side == .sell && fill.quantity == Quantity(units: 1_000))
        #expect(snapshot.funding.map(\.amount) == [Amount(units: 500_000_000_000_000_000)], "paid is positive")
        #expect(snapshot.transfers.map(\.kind) == [.deposit, .withdrawal, .fee])
        #expect(snapshot.transfers.map { $0.amount.units / 1_000_000_000_000_000_000 } == [1_000, -5, -1])
        #expect(Set(snapshot.transfers.map(\.reference)).count == 3)
        #expect(snapshot.unknownNames == ["PURR"])
    }

    @Test func factsAreToldOnce() throws {
        let events = try read()
        #expect(events.contains(.notice(.agentExpires(Timestamp(seconds: 1_710_000_000)))))
        #expect(events.contains(.notice(.requestBudget(used: 12, cap: 10_100))))
    }

    @Test("A signing key, or nobody, is no account: that is not read as an empty one", arguments: ["agent", "missing"])
    func wrongAddress(role: String) throws {
        let events = try read(["userRole": #"{"role":"\#(role)","data":{"user":"0xmaster"}}"#])
        #expect(!events.contains { if case .snapshot = $0 { true } else { false } })
        #expect(events.filter { if case .snapshotFailed = $0 { true } else { false } }.count == 1)
    }

    @Test("Negative balances and positions of other markets are told as they are")
    func negative() throws {
        let text = Self.perpetuals.replacing(#""accountValue":"995.5""#, with: #""accountValue":"-20.5""#)
            .replacing(#""coin":"BTC""#, with: #""coin":"DOGE""#)
        let snapshot = try #require(try snapshot(["clearinghouseState": text]))
        #expect(snapshot.balances.first?.total == Amount(units: -5_750_000_000_000_000_000))
        #expect(snapshot.positions.isEmpty && snapshot.unknownNames == ["DOGE", "PURR"])
    }

    @Test(
        "Numbers that cannot be held fail the reading, and nothing else",
        arguments: [
            ("clearinghouseState", "995.5", "1e40"), ("clearinghouseState", #""-0.01""#, #""-0.010000000001""#),
            ("userFillsByTime", "42100.0", "99999999999999999999"), ("userFunding", "-0.5", "-1e30"),
            ("frontendOpenOrders", "1699999000000", "-5"),
            ("spotClearinghouseState", "10.25", "170141183460469231731"),
        ])
    func hugeNumbers(type: String, old: String, new: String) throws {
        let text = try #require(Self.answers.first { $0.type == type }?.text)
        let events = try read([type: text.replacing(old, with: new)]) { $0.retries = .init(attempts: 1) }
        #expect(events.filter { if case .snapshotFailed = $0 { true } else { false } }.count == 1)
        #expect(!events.contains { if case .snapshot = $0 { true } else { false } })
    }

    @Test("Long lists are read page by page, and what is on two pages counts once")
    func pages() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.snapshot()
        for (type, text) in Self.answers where type != "userFillsByTime" { harness.answer(type, text) }
        func page(_ trades: ClosedRange<UInt64>) -> String {
            "[" + trades.map { Self.fill($0, time: 1_699_999_000_000 + Int64($0)) }.joined(separator: ",") + "]"
        }
        harness.answer("userFillsByTime", page(1...2_000))
        let second = try JSON.parse(try #require(harness.pending("userFillsByTime").first).body)
        #expect(second["startTime"]?.integer == 1_699_999_002_000)
        harness.answer("userFillsByTime", page(2_000...3_500))
        let snapshot = harness.takeEvents().compactMap { if case .snapshot(let value) = $0 { value } else { nil } }
            .first
        #expect(snapshot?.fills.map(\.trade.rawValue) == Array(1...3_500))
    }

    @Test("Funding and the ledger are read page by page too, and a history without end is given up")
    func otherPages() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.snapshot()
        for (type, text) in Self.answers where type != "userFunding" && type != "userNonFundingLedgerUpdates" {
            harness.answer(type, text)
        }
        func funding(_ hours: Range<Int64>) -> String {
            let rows = hours.map {
                #"{"time":\#(1_699_000_000_000 + $0 * 3_600_000),"hash":"0x","delta":{"type":"funding","coin":"ETH","usdc":"0.1","szi":"1","fundingRate":"0"}}"#
            }
            return "[\(rows.joined(separator: ","))]"
        }
        func ledger(_ numbers: Range<Int64>) -> String {
            let rows = numbers.map {
                #"{"time":\#(1_699_000_000_000 + $0),"hash":"0x\#($0)","delta":{"type":"deposit","usdc":"1"}}"#
            }
            return "[\(rows.joined(separator: ","))]"
        }
        harness.answer("userFunding", funding(0..<500))
        harness.answer("userFunding", funding(499..<700))
        harness.answer("userNonFundingLedgerUpdates", ledger(0..<500))
        harness.answer("userNonFundingLedgerUpdates", ledger(499..<510))
        let snapshot = harness.takeEvents().compactMap { if case .snapshot(let value) = $0 { value } else { nil } }
            .first
        #expect(snapshot?.funding.count == 700 && snapshot?.transfers.count == 510)

        harness.snapshot()
        for (type, text) in Self.answers where type != "userNonFundingLedgerUpdates" { harness.answer(type, text) }
        var pages: Int64 = 0
        for _ in 0..<400 {
            let rows = ledger(pages * 500..<pages * 500 + 500)
            if harness.answer("userNonFundingLedgerUpdates", rows) != nil { pages += 1 }
            harness.pass(.seconds(1))
        }
        #expect(pages == 61)
        #expect(harness.takeEvents().contains { if case .snapshotFailed = $0 { true } else { false } })
    }

    @Test("Readings that are asked for together are answered one after another")
    func severalReadings() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        for _ in 0..<3 { harness.snapshot() }
        #expect(harness.pending("clearinghouseState").count == 1)
        for _ in 0..<3 {
            for (type, text) in Self.answers { harness.answer(type, text) }
        }
        #expect(harness.takeEvents().filter { if case .snapshot = $0 { true } else { false } }.count == 3)
        #expect(harness.pending("userRole").isEmpty && harness.pending("extraAgents").isEmpty)
    }

    @Test("What the account's stream says is passed on, an unknown order's fill as well")
    func stream() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        let stream = harness.openStreams[1]
        harness.message(
            #"{"channel":"userFills","data":{"isSnapshot":true,"user":"\#(ConnectorHarness.account)","fills":[\#(Self.fill(1))]}}"#,
            on: stream)
        harness.message(
            #"{"channel":"userFills","data":{"user":"\#(ConnectorHarness.account)","fills":[\#(Self.fill(1)),\#(Self.fill(2))]}}"#,
            on: stream)
        #expect(
            harness.takeEvents().compactMap { if case .fill(let fill) = $0 { fill.trade } else { nil } } == [
                TradeID(1), TradeID(1), TradeID(2),
            ])
        harness.message(
            #"{"channel":"userFills","data":{"user":"0x0000000000000000000000000000000000000001","fills":[\#(Self.fill(3))]}}"#,
            on: stream)
        #expect(harness.takeEvents() == [])
        harness.message(
            #"{"channel":"orderUpdates","data":[{"order":{"coin":"BTC","side":"B","limitPx":"42100","sz":"0.01","oid":9,"timestamp":1,"origSz":"0.01"},"status":"marginCanceled","statusTimestamp":2}]}"#,
            on: stream)
        harness.message(
            #"{"channel":"userFundings","data":{"user":"\#(ConnectorHarness.account)","fundings":[{"time":3600000,"coin":"ETH","usdc":"0.25","szi":"1","fundingRate":"0.0001"}]}}"#,
            on: stream)
        harness.message(
            #"{"channel":"userNonFundingLedgerUpdates","data":{"user":"\#(ConnectorHarness.account)","nonFundingLedgerUpdates":[{"time":5,"hash":"0xs","delta":{"type":"internalTransfer","usdc":"7","user":"\#(ConnectorHarness.account)","destination":"0x02","fee":"0.5"}}]}}"#,
            on: stream)
        let events = harness.takeEvents()
        #expect(events.count == 4)
        guard case .order(let update) = events[0], case .funding(let funding) = events[1],
            case .transfer(let transfer) = events[2], case .transfer(let fee) = events[3]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(update.status == .cancelled(.marginCall, text: "marginCanceled"))
        #expect(funding.amount == Amount(units: -250_000_000_000_000_000), "received is negative")
        #expect(transfer.amount == Amount(whole: -7) && transfer.kind == .transfer)
        #expect(fee.amount == Amount(units: -500_000_000_000_000_000) && fee.kind == .fee)
    }

    /// Records as the venue writes them: the fee of a transfer is in USDC, or in what the record names.
    @Test(arguments: [
        (#""token":"BTC","amount":"2","fee":"1.0","nativeTokenFee":"0.0","feeToken":"""#, ["0 -2000", "2 -1000"]),
        (#""token":"BTC","amount":"2","fee":"0.5","feeToken":"ETH""#, ["0 -2000", "1 -500"]),
        (#""token":"BTC","amount":"2","fee":"0.0","nativeTokenFee":"0.25""#, ["0 -2000", "3 -250"]),
        (#""token":"DOGE","amount":"2","fee":"1.0""#, ["2 -1000"]),
        (#""token":"USDC","amount":"2","fee":"1.0""#, ["2 -2000", "2 -1000"]),
    ])
    func `a fee is taken off what it was paid in`(members: String, expected: [String]) throws {
        var harness = try ConnectorHarness { $0.assets.append(("HYPE", AssetID(3))) }
        harness.connect()
        let account = ConnectorHarness.account
        harness.message(
            #"{"channel":"userNonFundingLedgerUpdates","data":{"user":"\#(account)","nonFundingLedgerUpdates":[{"time":5,"hash":"0xs","delta":{"type":"spotTransfer","user":"\#(account)","destination":"0x02",\#(members)}}]}}"#,
            on: harness.openStreams[1])
        let transfers = harness.takeEvents().compactMap {
            if case .transfer(let transfer) = $0 { transfer } else { nil }
        }
        let thousandth: Int128 = 1_000_000_000_000_000
        #expect(transfers.map { "\($0.asset.rawValue) \(Int128($0.amount.units) / thousandth)" } == expected)
        #expect(Set(transfers.map(\.reference)).count == expected.count)
        #expect(transfers.map(\.kind).last == .fee)
    }

    @Test("What cannot be held in the account's messages is told, and the rest of them is passed on")
    func unreadableParts() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        let stream = harness.openStreams[1]
        func update(_ coin: String, _ price: String) -> String {
            #"{"order":{"coin":"\#(coin)","side":"B","limitPx":"\#(price)","sz":"0.01","oid":9,"timestamp":1,"origSz":"0.01"},"status":"open","statusTimestamp":2}"#
        }
        let updates = [update("DOGE", "1"), update("BTC", "0.123"), update("BTC", "42100")].joined(separator: ",")
        harness.message(#"{"channel":"orderUpdates","data":[\#(updates)]}"#, on: stream)
        var events = harness.takeEvents()
        #expect(events.count == 3)
        guard case .notice(.unreadable) = events[0], case .notice(.unreadable) = events[1], case .order = events[2]
        else {
            Issue.record("\(events)")
            return
        }
        let bad = Self.fill(7).replacing("42100.0", with: "42100.123456")
        harness.message(
            #"{"channel":"user","data":{"fills":[\#(bad),\#(Self.fill(8))]}}"#, on: stream)
        events = harness.takeEvents()
        guard events.count == 2, case .notice(.unreadable) = events[0], case .fill = events[1] else {
            Issue.record("\(events)")
            return
        }
        harness.message(
            #"{"channel":"user","data":{"liquidation":{"lid":1,"liquidator":"0x1","liquidated_user":"\#(ConnectorHarness.account)","liquidated_ntl_pos":"421.5","liquidated_account_value":"1"}}}"#,
            on: stream)
        #expect(
            harness.takeEvents() == [
                .notice(.warning("The venue liquidated positions of this account worth 421.5."))
            ])
    }

    @Test("Fills of other markets, odd fee tokens and unknown ledger records are told to a person")
    func oddities() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        let stream = harness.openStreams[1]
        let odd = Self.fill(5).replacing(#""feeToken":"USDC""#, with: #""feeToken":"HYPE""#)
        harness.message(
            #"{"channel":"userFills","data":{"user":"\#(ConnectorHarness.account)","fills":[\#(Self.fill(4, coin: "DOGE")),\#(odd)]}}"#,
            on: stream)
        harness.message(
            #"{"channel":"userNonFundingLedgerUpdates","data":{"user":"\#(ConnectorHarness.account)","nonFundingLedgerUpdates":[{"time":5,"hash":"0xs","delta":{"type":"brandNew","usdc":"7"}}]}}"#,
            on: stream)
        let events = harness.takeEvents()
        #expect(events.filter { if case .notice(.unreadable) = $0 { true } else { false } }.count == 3)
        #expect(events.filter { if case .fill = $0 { true } else { false } }.count == 1)
    }
}
