// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading

@testable import Simulation

@Suite struct MarginTests {
    private func market(
        kind: InstrumentKind = .linearPerpetual, deposit: String, leverage: Int64, margin: MarginMode = .cross,
        tiers: [MarginTier] = [], liquidationFee: String = "0", rules: TradingRules = TradingRules(),
        positionMode: PositionMode = .netting
    ) throws -> TestMarket {
        var settings = SimulationSettings()
        settings.volumeLimit = nil
        let instrument = try TestMarket.instrument(
            kind: kind, liquidationFee: liquidationFee, tiers: tiers, rules: rules)
        let asset = kind == .inversePerpetual ? "BTC" : "USDT"
        let market = try TestMarket(
            [instrument], assets: TestMarket.assets, deposits: [asset: deposit], settings: settings,
            positionMode: positionMode, marginMode: margin, leverage: [leverage])
        market.bar((10000, 10000, 10000, 10000))
        return market
    }

    @Test("An order needs its value ÷ leverage and its fee", arguments: [(9_990, true), (9_991, false)])
    func initialMargin(quantity: Int64, isTaken: Bool) throws {
        // 10 × leverage on 100: value 999 at 100.00 needs 99.9 and a fee of 0.01 % = 0.0999; 999.1 needs 100.00991.
        let market = try market(
            deposit: "100", leverage: 10, rules: TradingRules(takerFee: try Rate(parsing: "0.0001")))
        market.send(.buy, quantity)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.reject) == (isTaken ? [] : [.insufficientMargin]))
        #expect(market.position() == (isTaken ? quantity : 0))
    }

    @Test("What an opposite order closes needs no new margin")
    func closingIsFree() throws {
        let market = try market(deposit: "100", leverage: 1)
        market.send(.buy, 1000)
        market.bar((10000, 10000, 10000, 10000))
        market.send(.sell, 2000)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.position() == -1000)
        market.send(.buy, 3001)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.reject) == [.insufficientMargin])
    }

    @Test("A resting order ties up margin, what fills or goes gives it back")
    func reservations() throws {
        let market = try market(deposit: "100", leverage: 1)
        let first = market.send(.buy, 600, .limit, limit: 9000)
        market.bar((10000, 10000, 10000, 10000))
        market.send(.buy, 600, .limit, limit: 9000)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.reject) == [.insufficientMargin])
        // A change beyond the balance is refused and the order keeps what it had.
        market.command(first, .modify(OrderChange(quantity: Quantity(units: 2000))))
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.rejectUpdate) == [.insufficientMargin])
        #expect(market.venue.reserved[2] == Amount(whole: 54).units)
        market.command(first, .cancel)
        market.send(.buy, 1000)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.position() == 1000)
        #expect(market.venue.reserved[2] == 0)
    }

    @Test(
        "The tier of the position decides how much leverage it may have", arguments: [(9_000, true), (11_000, false)])
    func leverageTiers(quantity: Int64, isTaken: Bool) throws {
        let market = try market(
            deposit: "1000", leverage: 20,
            tiers: [try TestMarket.tier(1000, "0.01", 20), try TestMarket.tier(nil, "0.05", 10)])
        market.send(.buy, quantity)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.reject) == (isTaken ? [] : [.leverageTooHigh]))
    }

    @Test("Isolated levels follow Hyperliquid's formula")
    func isolatedLinear() throws {
        // Hyperliquid docs, "Liquidations": price − side × margin_available ÷ size ÷ (1 − l × side), with l the
        // maintenance rate and margin_available the margin less the maintenance margin: at entry 10 − 5.
        for (side, expected) in [(Side.buy, 100 - 5 / 0.95), (.sell, 100 + 5 / 1.05)] {
            let market = try market(
                deposit: "1000", leverage: 10, margin: .isolated, tiers: [try TestMarket.tier(nil, "0.05", 10)])
            market.send(side, 1000)
            market.bar((10000, 10000, 10000, 10000))
            let state = market.venue.books[0].state
            let level = side == .buy ? state.liquidatesAtOrBelow : state.liquidatesAtOrAbove
            #expect(level == Int64((expected * 100).rounded(side == .buy ? .down : .up)))
        }
    }

    @Test("Isolated inverse levels solve margin + profit = maintenance in 1 ÷ P")
    func isolatedInverse() throws {
        // 10,000 contracts of 1 USD at 50,000, 10 ×: 0.02 BTC of margin. Long 10000 × 1.005 ÷ (0.02 + 0.2), short
        // 10000 × 0.995 ÷ (0.2 − 0.02), as in Binance's formula for COIN-M contracts.
        for (side, expected) in [(Side.buy, 10000 * 1.005 / 0.22), (.sell, 10000 * 0.995 / 0.18)] {
            let market = try market(
                kind: .inversePerpetual, deposit: "1", leverage: 10, margin: .isolated,
                tiers: [try TestMarket.tier(nil, "0.005", 10)])
            market.send(side, 10000)
            market.bar((5_000_000, 5_000_000, 5_000_000, 5_000_000))
            let state = market.venue.books[0].state
            let level = side == .buy ? state.liquidatesAtOrBelow : state.liquidatesAtOrAbove
            #expect(level == Int64((expected * 100).rounded(side == .buy ? .down : .up)))
        }
    }

    @Test("Cross levels of two positions equal Binance's published example")
    func crossExample() throws {
        // Binance FAQ "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": wallet 1,535,443.01; BTCUSDT long
        // 109.488 at 32,481.980, mark 31,967.27, tier 2.5 % (16,300); ETHUSDT long 3,683.979 at 1,456.84, mark 1,335.18,
        // tier 10 % (135,365). Liquidation prices 26,316.89 and 1,153.26.
        let bitcoin = try TestMarket.instrument(
            tiers: [
                try TestMarket.tier(50_000, "0.004", 125), try TestMarket.tier(250_000, "0.005", 125),
                try TestMarket.tier(1_000_000, "0.01", 125), try TestMarket.tier(7_500_000, "0.025", 125),
            ])
        let ether = try TestMarket.instrument(
            1, base: "ETH",
            tiers: [
                try TestMarket.tier(10_000, "0.005", 125), try TestMarket.tier(100_000, "0.0065", 125),
                try TestMarket.tier(500_000, "0.01", 125), try TestMarket.tier(1_000_000, "0.02", 125),
                try TestMarket.tier(2_000_000, "0.05", 125), try TestMarket.tier(10_000_000, "0.10", 125),
            ])
        var settings = SimulationSettings()
        settings.volumeLimit = nil
        let market = try TestMarket(
            [bitcoin, ether], assets: TestMarket.assets, deposits: ["USDT": "1535443.01"], settings: settings,
            leverage: [20, 20])
        market.send(.buy, 109_488, of: 0)
        market.send(.buy, 3_683_979, of: 1)
        market.bar((3_248_198, 3_248_198, 3_196_727, 3_196_727), of: 0, ends: false)
        market.bar((145_684, 145_684, 133_518, 133_518), of: 1)
        #expect(market.fills.count == 2)
        market.fund(0)  // works the levels out anew, at both last prices
        #expect(abs(market.venue.books[0].state.liquidatesAtOrBelow - 2_631_689) <= 1)
        #expect(abs(market.venue.books[1].state.liquidatesAtOrBelow - 115_326) <= 1)
    }

    @Test("A fall of one instrument liquidates with the losses of the other")
    func crossIsShared() throws {
        let first = try TestMarket.instrument(tiers: [try TestMarket.tier(nil, "0.05", 10)])
        let second = try TestMarket.instrument(1, base: "ETH", tiers: [try TestMarket.tier(nil, "0.05", 10)])
        var settings = SimulationSettings()
        settings.volumeLimit = nil
        let market = try TestMarket(
            [first, second], assets: TestMarket.assets, deposits: ["USDT": "50"], settings: settings,
            leverage: [10, 10])
        func both(_ one: Int64, _ other: Int64) {
            market.bar((one, one, one, one), of: 0, ends: false)
            market.bar((other, other, other, other), of: 1)
        }
        both(10000, 10000)
        market.send(.buy, 1000, of: 0)
        market.send(.buy, 1000, of: 1)
        both(10000, 10000)
        // Equity 50 − 20 − 21 = 9 against a maintenance of 3.95 + 4 (at 79, 80): still there.
        both(9000, 9000)
        both(8000, 8000)
        both(7900, 7950)
        #expect(market.venue.liquidations == 0)
        // 50 − 22 − 20.5 = 7.5 against 3.90 + 3.975 = 7.875: the first goes, at the open that showed it.
        both(7800, 7950)
        #expect(market.fillTexts.suffix(1) == ["-1000@7800"])
        #expect(market.venue.liquidations == 1)
        #expect(market.position(0, 1) == 1000)
    }

    @Test("A stop nearer than the liquidation is hit first")
    func stopFirst() throws {
        let market = try market(
            deposit: "1000", leverage: 10, margin: .isolated, tiers: [try TestMarket.tier(nil, "0.05", 10)])
        market.send(.buy, 1000)
        market.send(.sell, 1000, .stop, trigger: 9600, reduceOnly: true)
        market.bar((10000, 10100, 9000, 9200))
        #expect(market.fillTexts == ["1000@10000", "-1000@9600"])
        #expect(market.venue.liquidations == 0)
    }

    @Test("A liquidation closes at its level, pays its fee and cancels the orders")
    func liquidationFee() throws {
        let market = try market(
            deposit: "1000", leverage: 10, margin: .isolated, tiers: [try TestMarket.tier(nil, "0.05", 10)],
            liquidationFee: "0.01")
        market.send(.buy, 1000)
        market.send(.sell, 1000, .stop, trigger: 9000, reduceOnly: true)
        market.bar((10000, 10100, 9200, 9300))
        // Level 94.7368 → 94.73; loss 5.27, fee 0.9473.
        #expect(market.fillTexts == ["1000@10000", "-1000@9473"])
        #expect(market.fills.last?.reason == .liquidation)
        #expect(market.balance() == "993.7827")
        #expect(market.reasons(.cancel) == [.liquidated])
    }

    @Test("Two strategies' parts go in one liquidation")
    func partsTogether() throws {
        let instrument = try TestMarket.instrument(tiers: [try TestMarket.tier(nil, "0.05", 10)])
        let market = try TestMarket(
            [instrument], assets: TestMarket.assets, deposits: ["USDT": "20"], marginMode: .cross, strategyCount: 2,
            leverage: [10])
        market.bar((10000, 10000, 10000, 10000))
        market.send(.buy, 2000, strategy: 0)
        market.send(.sell, 1000, strategy: 1)
        market.bar((10000, 10000, 10000, 10000))
        // Net 1 at 100 with 20 behind it: (100 − 20) ÷ 0.95 = 84.21.
        market.bar((10000, 10000, 8000, 8000))
        #expect(market.fillTexts == ["2000@10000", "-1000@10000", "-2000@8421", "1000@8421"])
        #expect(market.venue.liquidations == 1)
    }

    @Test("A position opened on the path can be liquidated on the same path")
    func liquidatedInTheEntryBar() throws {
        let market = try market(
            deposit: "1000", leverage: 10, margin: .isolated, tiers: [try TestMarket.tier(nil, "0.05", 10)])
        market.send(.buy, 1000, .limit, limit: 9900)
        market.bar((10000, 10000, 9950, 10000))
        market.bar((10000, 10100, 9000, 9100))
        // (99 − 9.9) ÷ 0.95 = 93.789 → 93.78.
        #expect(market.fillTexts == ["1000@9900", "-1000@9378"])
    }

    @Test("A gap beyond the margin costs the margin and no more", arguments: [MarginMode.isolated, .cross])
    func insurance(mode: MarginMode) throws {
        let market = try market(
            deposit: mode == .isolated ? "1000" : "10", leverage: 10, margin: mode,
            tiers: [try TestMarket.tier(nil, "0.05", 10)], liquidationFee: "0.01")
        market.send(.buy, 1000)
        market.bar((10000, 10000, 10000, 10000))
        market.bar((5000, 5000, 5000, 5000))
        #expect(market.fillTexts == ["1000@10000", "-1000@5000"])
        // 50 lost and a fee of 0.50; 10 stood behind it.
        #expect(market.balance() == (mode == .isolated ? "990" : "0"))
        #expect(market.venue.account.ledger.isBalanced)
        let covered = market.reports.compactMap { report -> String? in
            if case .coveredLoss(asset: _, let amount, time: _) = report { "\(amount)" } else { nil }
        }
        #expect(covered == ["40.5"])
    }

    @Test("Isolated and hedged, only the side that fell short goes")
    func hedgedSides() throws {
        let market = try market(
            deposit: "1000", leverage: 10, margin: .isolated, tiers: [try TestMarket.tier(nil, "0.05", 10)],
            positionMode: .hedging)
        market.send(.buy, 1000)
        market.send(.sell, 1000)
        market.bar((10000, 10000, 10000, 10000))
        market.bar((9000, 9000, 9000, 9000))
        #expect(market.fillTexts == ["1000@10000", "-1000@10000", "-1000@9000"])
        #expect(market.position(slot: 1) == -1000)
        #expect(market.position(slot: 0) == 0)
    }

    @Test("With shared margin no bar outside the exact levels is missed", arguments: UInt64(0)..<100)
    func bandsMissNothing(seed: UInt64) throws {
        // The same random market with the bands, and with every level worked out anew before each bar.
        func run(_ refreshes: Bool) throws -> [String] {
            var random = SeededRandom(seed: seed)
            let tiers = [try TestMarket.tier(nil, "0.05", 10)]
            let instruments = [
                try TestMarket.instrument(tiers: tiers), try TestMarket.instrument(1, base: "ETH", tiers: tiers),
            ]
            var settings = SimulationSettings()
            settings.volumeLimit = nil
            let market = try TestMarket(
                instruments, assets: TestMarket.assets, deposits: ["USDT": "60"], settings: settings,
                leverage: [10, 10])
            var last: [Int64] = [10000, 10000]
            for step in 0..<200 {
                if step == 1 {
                    for index in 0..<2 {
                        market.send(random.chance(50) ? .buy : .sell, random.between(2000, 3000), of: index)
                    }
                }
                for index in 0..<2 {
                    let open = max(100, last[index] + random.between(-60, 60))
                    let close = max(100, open + random.between(-150, 150))
                    let high = max(open, close) + random.below(60)
                    let low = max(50, min(open, close) - random.below(60))
                    if refreshes { market.fund(0, index) }
                    if refreshes { market.venue.books[index].watchesEveryBar = true }
                    market.bar((open, high, low, close), of: index, ends: index == 1)
                    last[index] = close
                }
            }
            return market.fillTexts
        }
        #expect(try run(false) == run(true))
    }
}
