// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import TestSupport
import Testing
import Trading

/// Random markets, orders and bytes; whatever happens, the books balance.
@Suite struct SimulatorPropertyTests {
    private func pick<Value>(_ random: inout SeededRandom, _ values: [Value]) -> Value {
        values[Int(random.next() % UInt64(values.count))]
    }

    private func decimal(_ units: Int64, _ decimals: Int) -> String {
        Fixed8(units: units, decimals: decimals).description
    }

    /// One random action of one of the two accounts.
    private func act(_ venue: inout Venue, _ random: inout SeededRandom, cloid: inout UInt128) {
        let who = random.next() & 1 == 0 ? Venue.alice : Venue.bob
        venue.assume(who)
        let asset = pick(&random, [0, 1])
        let (last, _, _, _) = venue.simulator.prices(asset == 0 ? "BTC" : "ETH")!
        let scale: Int128 = asset == 0 ? 100_000_000 : 10_000_000
        func price(_ percent: ClosedRange<Int>) -> String {
            let share = Int128(Int.random(in: percent, using: &random) + 1000)
            return Fixed8(units: last.units * share / 1000 / scale * scale).description
        }
        let buy = random.next() & 1 == 0
        let size =
            asset == 0
            ? decimal(Int64.random(in: 1...60, using: &random), 3)
            : decimal(Int64.random(in: 1...90, using: &random), 2)
        cloid += 1
        switch random.next() % 12 {
        case 0...3:
            _ = venue.order(
                limit(
                    asset, buy: buy, price(-15...15), size,
                    tif: pick(&random, ["Gtc", "Ioc", "Alo", "FrontendMarket"]), cloid: cloid))
        case 4:
            _ = venue.order(
                limit(
                    asset, buy: buy, price(-30...30), size, tif: pick(&random, ["Gtc", "Ioc"]), reduceOnly: true,
                    cloid: cloid))
        case 5, 6:
            cloid += 2
            _ = venue.order(
                limit(asset, buy: buy, price(-5...5), size, tif: pick(&random, ["Gtc", "Ioc"]), cloid: cloid - 2),
                trigger(
                    asset, buy: !buy, at: price(buy ? 2...20 : -20 ... -2), price(buy ? -60...0 : 0...60), size,
                    kind: "tp", isMarket: random.next() & 1 == 0, cloid: cloid - 1),
                trigger(
                    asset, buy: !buy, at: price(buy ? -20 ... -2 : 2...20), price(buy ? -60 ... -20 : 20...60), size,
                    kind: "sl", cloid: cloid),
                grouping: "normalTpsl")
        case 7:
            _ = venue.order(
                trigger(asset, buy: !buy, at: price(2...20), price(0...60), "0", kind: buy ? "tp" : "sl", cloid: cloid),
                grouping: "positionTpsl")
        case 8:
            guard let order = venue.simulator.account(who)?.openOrders.randomElement(using: &random) else { return }
            _ = venue.exchange(
                #"{"type":"cancel","cancels":[{"a":\#(order.coin == "BTC" ? 0 : 1),"o":\#(order.oid)}]}"#)
        case 9:
            guard let order = venue.simulator.account(who)?.openOrders.randomElement(using: &random) else { return }
            let other = order.coin == "BTC" ? 0 : 1
            guard order.triggerPrice == nil, other == asset else { return }
            _ = venue.exchange(
                #"{"type":"batchModify","modifies":[{"oid":\#(order.oid),"order":\#(limit(asset, buy: order.isBuy, price(-20...20), size, reduceOnly: order.reduceOnly))}]}"#
            )
        case 10:
            _ = venue.exchange(
                #"{"type":"updateLeverage","asset":\#(asset),"isCross":\#(buy),"leverage":\#(random.next() % 25 + 1)}"#)
        default:
            let nonce = venue.nonce + 1
            _ = venue.exchange(
                #"{"type":"usdSend","destination":"\#(who == Venue.alice ? Venue.bob : Venue.alice)","amount":"\#(random.next() % 50 + 1)","time":\#(nonce),"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#
            )
        }
    }

    @Test("The books balance after every event", arguments: UInt64(0)..<24)
    func theBooksBalance(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var venue = Venue(balance: 3_000) {
            $0.seed = seed
            $0.shufflesUpdates = true
            $0.limits.areEnforced = false
            $0.markets[0].liquidity.levelValue = Fixed8(Int64(seed % 4) * 400 + 100)
            $0.markets[0].fundingRate = Rate(units: 200_000)
            $0.markets[1].fundingRate = Rate(units: -100_000)
        }
        var cloid: UInt128 = 0
        var prices: [(String, Int64, Int)] = [("BTC", 50_000, 0), ("ETH", 23_001, 1)]
        for _ in 0..<250 {
            if random.next() % 3 == 0 {
                act(&venue, &random, cloid: &cloid)
            } else {
                let place = Int(random.next() % 2)
                let step = prices[place].1 * Int64.random(in: -8...8, using: &random) / 1000
                prices[place].1 = max(prices[place].1 / 2, prices[place].1 + step)
                venue.trade(
                    prices[place].0, decimal(prices[place].1, prices[place].2),
                    size: decimal(Int64(random.next() % 30), 2),
                    takerIsBuy: step > 0, after: .minutes(Int64(random.next() % 20)))
            }
            for address in [Venue.alice, Venue.bob] { check(venue, address, seed) }
        }
        #expect(venue.simulator.statistics.fills > 10, "seed \(seed) trades too little to test anything")
    }

    /// Compares an account with what its fills, funding and transfers say, booked anew from nothing.
    private func check(_ venue: Venue, _ address: Address, _ seed: UInt64) {
        let account = venue.simulator.account(address)!
        var raw: Int128 = Fixed8(3_000).units
        var realised = raw
        var sizes: [String: Int128] = [:]
        for fill in account.fills {
            let value = fill.price.units * fill.size.units / 100_000_000
            let signed = fill.isBuy ? fill.size.units : -fill.size.units
            #expect(fill.startPosition.units == sizes[fill.coin, default: 0], "seed \(seed)")
            sizes[fill.coin, default: 0] += signed
            raw -= (fill.isBuy ? value : -value) + fill.fee.units
            realised += fill.closedPnl.units - fill.fee.units
        }
        for row in account.funding {
            raw += row.amount.units
            realised += row.amount.units
        }
        for row in account.transfers {
            var change = row.amount.units
            if case .send(let from, _) = row.kind, from == address { change = -change }
            raw += change
            realised += change
        }
        // What the account is worth at mark prices does not depend on how profit was split between fills.
        var worth = raw
        var bound: Int128 = 0
        for position in account.positions {
            #expect(position.size.units == sizes[position.coin], "seed \(seed)")
            worth += position.size.units * venue.simulator.prices(position.coin)!.mark.units / 100_000_000
            bound += position.isolatedMargin.units
        }
        #expect(account.positions.count == sizes.values.count { $0 != 0 }, "seed \(seed)")
        #expect(account.value.units == worth, "seed \(seed): value \(account.value) is not \(Fixed8(units: worth))")
        // Margin is set aside, not spent.
        #expect(account.cash.units + bound == realised, "seed \(seed): cash \(account.cash)")
        #expect(Set(account.fills.map(\.tid)).count == account.fills.count, "seed \(seed)")
        for order in venue.simulator.orders(of: address) {
            #expect(order.remaining >= .zero && order.filled >= .zero, "seed \(seed) order \(order.oid)")
            if order.status == .filled { #expect(order.remaining == .zero, "seed \(seed) order \(order.oid)") }
            let filled = account.fills.filter { $0.oid == order.oid }.reduce(Fixed8.zero) { $0 + $1.size }
            #expect(filled == order.filled, "seed \(seed) order \(order.oid)")
        }
        #expect(account.openOrders.allSatisfy { $0.status.isActive }, "seed \(seed)")
        let flat = Set(account.positions.map(\.coin))
        #expect(
            account.openOrders.allSatisfy { !$0.reduceOnly || $0.status == .waitingForFill || flat.contains($0.coin) },
            "seed \(seed): a reduce-only order outlived its position")
    }

    @Test("Spot balances follow the fills, and what is held follows the open orders", arguments: UInt64(0)..<16)
    func spotBalances(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var venue = Venue {
            $0.seed = seed
            $0.markets[2].liquidity.levelValue = Fixed8(30)
        }
        var price: Int64 = 2_000
        for _ in 0..<150 {
            switch random.next() % 4 {
            case 0, 1:
                let buy = random.next() & 1 == 0
                _ = venue.order(
                    limit(
                        10_000, buy: buy, decimal(price + Int64.random(in: -30...30, using: &random), 4),
                        "\(Int64.random(in: 60...300, using: &random))", tif: pick(&random, ["Gtc", "Ioc", "Alo"])))
            case 2:
                if let order = venue.alice.openOrders.randomElement(using: &random) {
                    _ = venue.exchange(#"{"type":"cancel","cancels":[{"a":10000,"o":\#(order.oid)}]}"#)
                }
            default:
                price += Int64.random(in: -20...20, using: &random)
                venue.trade("PURR/USDC", decimal(price, 4), size: "100")
            }
            let account = venue.alice
            var (quote, base) = (Fixed8(1_000).units, Fixed8(500).units)
            for fill in account.fills {
                let value = fill.price.units * fill.size.units / 100_000_000
                quote += fill.isBuy ? -value : value - fill.fee.units
                base += fill.isBuy ? fill.size.units - fill.fee.units : -fill.size.units
            }
            #expect(account.balances[0].total.units == quote && account.balances[1].total.units == base, "seed \(seed)")
            let held = account.openOrders.reduce((Int128(0), Int128(0))) { sum, order in
                order.isBuy
                    ? (sum.0 + order.remaining.units * order.price.units / 100_000_000, sum.1)
                    : (sum.0, sum.1 + order.remaining.units)
            }
            #expect(
                account.balances[0].hold.units == held.0 && account.balances[1].hold.units == held.1, "seed \(seed)")
            #expect(account.balances.allSatisfy { $0.hold <= $0.total }, "seed \(seed)")
        }
    }

    @Test("A bracket never leaves both children filled", arguments: UInt64(0)..<60)
    func siblingsExcludeOneAnother(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var venue = Venue { $0.seed = seed }
        let size = "0.002"
        _ = venue.order(
            limit(0, buy: true, "49900", size, cloid: 1),
            trigger(0, buy: false, at: "50400", "49000", size, kind: "tp", cloid: 2),
            trigger(0, buy: false, at: "49500", "47000", size, kind: "sl", cloid: 3), grouping: "normalTpsl")
        var price: Int64 = 50_000
        for _ in 0..<400 {
            price += Int64.random(in: -120...120, using: &random)
            venue.trade("BTC", "\(price)", size: "0.0015")
            let states = [UInt128(2), 3].map { venue.simulator.order(Cloid($0), of: Venue.alice)!.status }
            #expect(states != [.filled, .filled], "seed \(seed)")
            if states.contains(.filled) {
                #expect(states.contains(.siblingFilledCanceled), "seed \(seed)")
                #expect(venue.alice.positions.isEmpty, "seed \(seed)")
            }
        }
    }

    @Test("Any bytes are answered", arguments: UInt64(0)..<40)
    func anyBytesAreAnswered(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var venue = Venue { $0.limits.areEnforced = false }
        venue.simulator.open(connection: 1, wall: venue.wall)
        let user = Venue.alice.description
        let seeds =
            [
                "meta", "metaAndAssetCtxs", "spotMetaAndAssetCtxs", "allMids", "exchangeStatus", "predictedFundings",
            ].map { #"{"type":"\#($0)"}"# }
            + [
                "clearinghouseState", "spotClearinghouseState", "openOrders", "frontendOpenOrders", "historicalOrders",
                "userFills", "userFees", "userRateLimit", "portfolio", "subAccounts", "extraAgents", "userRole",
                "webData2",
            ].map { #"{"type":"\#($0)","user":"\#(user)"}"# }
            + [
                #"{"type":"l2Book","coin":"BTC","nSigFigs":3,"mantissa":null}"#,
                #"{"type":"userFillsByTime","user":"\#(user)","startTime":0,"endTime":9999999999999,"aggregateByTime":true}"#,
                #"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"1M","startTime":0,"endTime":9999999999999}}"#,
                #"{"type":"fundingHistory","coin":"BTC","startTime":0}"#,
                #"{"type":"orderStatus","user":"\#(user)","oid":77000000000}"#,
            ]
        let actions = [
            #"{"type":"order","orders":[\#(limit(0, buy: true, "49000", "0.001", cloid: 8)),\#(trigger(0, buy: false, at: "48000", "47000", "0.001"))],"grouping":"normalTpsl"}"#,
            #"{"type":"batchModify","modifies":[{"oid":77000000001,"order":\#(limit(0, buy: true, "48000", "0.001"))}]}"#,
            #"{"type":"cancel","cancels":[{"a":0,"o":77000000002}]}"#,
            #"{"type":"scheduleCancel","time":1700000099000}"#,
            #"{"type":"updateLeverage","asset":0,"isCross":false,"leverage":7}"#,
            #"{"type":"updateIsolatedMargin","asset":0,"isBuy":true,"ntli":-9223372036854775808}"#,
            #"{"type":"twapOrder","twap":{"a":0,"b":true,"s":"0.9","r":false,"m":30,"t":true}}"#,
            #"{"type":"reserveRequestWeight","weight":99}"#, #"{"type":"createSubAccount","name":"x"}"#,
            #"{"type":"usdClassTransfer","amount":"5","toPerp":false,"nonce":1700000000001,"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#,
            #"{"type":"approveAgent","agentAddress":"0x00000000000000000000000000000000000000f1","agentName":"a valid_until 1800000000000","nonce":1700000000001,"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#,
        ].map {
            #"{"action":\#($0),"nonce":1700000000001,"signature":{"r":"0x1","s":"0x1","v":27},"vaultAddress":null,"expiresAfter":null}"#
        }
        let numbers = [
            "-1", "0", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e400", "0.5", "null",
            "[]", "\"\"", "\"-5\"", "\"99999999999999999999\"", "true",
        ]
        for round in 0..<150 {
            let isInfo = random.next() & 1 == 0
            var body = Array(pick(&random, isInfo ? seeds : actions).utf8)
            for _ in 0..<(random.next() % 4) {
                switch random.next() % 3 {
                case 0: body[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
                case 1:
                    // One number or text becomes another value.
                    let starts = body.indices.filter {
                        (48...57).contains(body[$0]) && !(48...57).contains(body[max(0, $0 - 1)])
                    }
                    guard let start = starts.randomElement(using: &random) else { break }
                    let end = body[start...].firstIndex { !(48...57).contains($0) } ?? body.count
                    body.replaceSubrange(start..<end, with: Array(pick(&random, numbers).utf8))
                default: body.removeLast(Int(random.next() % UInt64(body.count)))
                }
                if body.isEmpty { body = [0] }
            }
            venue.wall = venue.wall + .milliseconds(Int64(random.next() % 4_000))
            let answer = venue.simulator.post(path: isInfo ? "/info" : "/exchange", body: body, wall: venue.wall)
            #expect([200, 422].contains(answer.status))
            let wrapped =
                round % 2 == 0
                ? Array(#"{"method":"post","id":1,"request":{"type":"\#(isInfo ? "info" : "action")","payload":"#.utf8)
                    + body + Array("}}".utf8)
                : Array(#"{"method":"subscribe","subscription":"#.utf8) + body + Array("}".utf8)
            venue.simulator.message(connection: 1, text: wrapped, wall: venue.wall)
            if round % 5 == 0 { venue.trade("BTC", "\(Int64.random(in: 30_000...70_000, using: &random))") }
            for message in venue.messages() where !message.hasPrefix("close") { _ = venue.value(Array(message.utf8)) }
        }
    }

    @Test func theSameCallsGiveTheSameBytes() {
        func run() -> [String] {
            var random = SeededRandom(seed: 5)
            var venue = Venue { $0.shufflesUpdates = true }
            venue.simulator.open(connection: 1, wall: venue.wall)
            for type in ["orderUpdates", "userFills", "webData2"] {
                venue.send(#"{"method":"subscribe","subscription":{"type":"\#(type)","user":"\#(Venue.alice)"}}"#)
            }
            venue.send(#"{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}"#)
            var texts: [String] = []
            var cloid: UInt128 = 0
            for _ in 0..<100 {
                act(&venue, &random, cloid: &cloid)
                venue.trade("BTC", "\(Int64.random(in: 49_000...51_000, using: &random))")
                texts += venue.messages()
            }
            return texts
        }
        let first = run()
        #expect(first == run() && first.count > 100)
    }
}
