// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing
import Trading

@testable import Simulation

@Suite struct SettlementTests {
    private static func unlimited(_ change: (inout SimulationSettings) -> Void = { _ in }) -> SimulationSettings {
        var settings = SimulationSettings()
        settings.volumeLimit = nil
        change(&settings)
        return settings
    }

    private func market(
        _ instrument: Instrument, deposits: [String: String] = ["USDT": "100000"],
        positionMode: PositionMode = .netting, strategyCount: Int = 1
    ) throws -> TestMarket {
        let market = try TestMarket(
            [instrument], assets: TestMarket.assets, deposits: deposits, settings: Self.unlimited(),
            positionMode: positionMode, strategyCount: strategyCount)
        market.bar((10000, 10000, 10000, 10000))
        return market
    }

    // MARK: Funding

    @Test(
        "Longs pay a positive rate, shorts receive it, exactly",
        arguments: [
            (Side.buy, 0.0001, "99999.98765"), (.sell, 0.0001, "100000.01235"), (.buy, -0.0001, "100000.01235"),
            (.buy, 0.00001234567, "99999.998475309755"), (.buy, 0, "100000"),
        ])
    func funding(side: Side, rate: Double, expected: String) throws {
        let market = try market(try TestMarket.instrument())
        market.send(side, 1000)
        market.bar((10000, 10000, 10000, 10000))
        market.bar((12350, 12350, 12350, 12350))
        market.fund(rate)
        #expect(market.balance() == expected)
        #expect(market.venue.account.ledger.isBalanced)
    }

    @Test("A rate with many digits on a large position is exact")
    func largeFunding() throws {
        let market = try market(try TestMarket.instrument(), deposits: ["USDT": "9000000000"])
        market.send(.buy, 80_000_000_000)
        market.bar((10000, 10000, 10000, 10000))
        market.fund(0.000012345678901234)
        // 8,000,000,000 × 0.000012345678901234
        #expect(market.balance() == "8999901234.568790128")
    }

    @Test("Nothing is charged without a position, a price or the wish")
    func noFunding() throws {
        let market = try TestMarket(
            [try TestMarket.instrument()], assets: TestMarket.assets, deposits: ["USDT": "1000"])
        market.fund(0.01)
        market.bar((10000, 10000, 10000, 10000))
        market.fund(0.01)
        #expect(market.balance() == "1000")
        #expect(market.reports.isEmpty)
        let quiet = try TestMarket(
            [try TestMarket.instrument()], assets: TestMarket.assets, deposits: ["USDT": "1000"],
            settings: Self.unlimited { $0.chargesFunding = false })
        quiet.send(.buy, 1000)
        quiet.bar((10000, 10000, 10000, 10000))
        quiet.fund(0.01)
        #expect(quiet.balance() == "1000")
    }

    @Test("Each strategy pays for its own part")
    func fundingByStrategy() throws {
        let market = try market(try TestMarket.instrument(), strategyCount: 2)
        market.send(.buy, 3000, strategy: 0)
        market.send(.sell, 1000, strategy: 1)
        market.bar((10000, 10000, 10000, 10000))
        market.fund(0.01)
        let payments = market.reports.compactMap { report -> String? in
            if case .funding(let payment) = report { "\(payment.strategy) \(payment.amount)" } else { nil }
        }
        #expect(payments == ["0 3", "1 -1"])
    }

    // MARK: Dated rules

    @Test("Fees and ticks change at their date; orders that rest stay")
    func datedRules() throws {
        let change = Timestamp(nanoseconds: 3 * TestMarket.minute)
        let market = try market(
            try TestMarket.instrument(
                rules: TradingRules(takerFee: try Rate(parsing: "0.001")),
                later: [(change, TradingRules(tick: .uniform(step: 50), takerFee: try Rate(parsing: "0.002")))]))
        market.send(.buy, 1000)
        market.send(.sell, 1000, .limit, limit: 10110)
        market.bar((10000, 10000, 10000, 10000))  // opens at minute 1: old rules
        #expect(market.fills.map(\.fee.description) == ["0.1"])
        market.bar((10000, 10000, 10000, 10000))
        market.send(.buy, 1000)
        market.send(.buy, 1000, .limit, limit: 9990)
        market.bar((10000, 10120, 10000, 10100))  // opens at minute 3: new rules
        #expect(market.fillTexts == ["1000@10000", "1000@10000", "-1000@10110"])
        #expect(market.fills[1].fee.description == "0.2")
        #expect(market.reasons(.reject) == [.offTick])
    }

    // MARK: Sides and parts

    @Test("Hedging keeps a long and a short; reduce-only closes the right side")
    func hedging() throws {
        let market = try market(try TestMarket.instrument(), positionMode: .hedging)
        market.send(.buy, 3000)
        market.send(.sell, 2000)
        market.bar((10000, 10000, 10000, 10000))
        #expect((market.position(slot: 0), market.position(slot: 1)) == (3000, -2000))
        market.send(.sell, 1000, reduceOnly: true)
        market.send(.buy, 5000, reduceOnly: true)
        market.bar((10100, 10100, 10100, 10100))
        #expect((market.position(slot: 0), market.position(slot: 1)) == (2000, 0))
        // Long 1 at +1, short 2 at −1 each.
        #expect(market.balance() == "99999")
        market.send(.buy, 1000, reduceOnly: true)
        market.bar((10100, 10100, 10100, 10100))
        #expect(market.reasons(.cancel) == [.nothingToReduce])
    }

    @Test("Spot sells only what is held", arguments: [OrderType.market, .limit, .stop, .trailingStop])
    func spotShort(type: OrderType) throws {
        let market = try market(try TestMarket.instrument(kind: .spot), deposits: ["USDT": "1000", "BTC": "1"])
        func sell(_ quantity: Int64) {
            market.send(
                .sell, quantity, type, limit: type == .limit ? 9900 : nil, trigger: type == .stop ? 10100 : nil,
                trail: type == .trailingStop ? .absolute(PriceDistance(units: 0)) : nil)
        }
        sell(1001)
        sell(1000)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.reject) == [.insufficientBalance])
        #expect(market.fillTexts == ["-1000@10000"])
        #expect((market.balance("BTC"), market.balance()) == ("0", "1100"))
    }

    @Test("Strategies share a symbol and not their positions")
    func subPositions() throws {
        let market = try market(try TestMarket.instrument(), strategyCount: 2)
        market.send(.buy, 3000, strategy: 0)
        market.send(.sell, 1000, strategy: 1)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.venue.account.netQuantity(InstrumentID(0)).units == 2000)
        // Strategy 1 is short: its reduce-only sale finds nothing although the account is long.
        market.send(.sell, 1000, reduceOnly: true, strategy: 1)
        market.send(.buy, 5000, reduceOnly: true, strategy: 1)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.cancel) == [.nothingToReduce])
        #expect((market.position(0), market.position(1)) == (3000, 0))
    }

    @Test("Opposite orders of two strategies both trade with the market, never with each other")
    func noSelfTrade() throws {
        let market = try market(try TestMarket.instrument(), strategyCount: 2)
        market.send(.buy, 1000, .limit, limit: 9900, strategy: 0)
        market.bar((10000, 10000, 10000, 10000))
        market.send(.sell, 1000, .limit, limit: 9900, strategy: 1)
        market.bar((10000, 10050, 9950, 10000))
        // The sale takes the market's 100.00; the purchase at 99.00 is not reached by our own sale.
        #expect(market.fillTexts == ["-1000@10000"])
        #expect((market.position(0), market.position(1)) == (0, -1000))
    }

    @Test("Groups are a strategy's own")
    func groupsByStrategy() throws {
        let market = try market(try TestMarket.instrument(), strategyCount: 2)
        market.send(.sell, 1000, .limit, limit: 10100, strategy: 0, group: 1)
        market.send(.sell, 1000, .limit, limit: 10200, strategy: 1, group: 1)
        market.bar((10000, 10300, 10000, 10200))
        #expect(market.fillTexts == ["-1000@10100", "-1000@10200"])
    }

    // MARK: Expiry

    @Test("A dated future settles at its last price, cancels its orders and trades no more")
    func expiry() throws {
        let expiry = Timestamp(nanoseconds: 3 * TestMarket.minute)
        let market = try market(
            try TestMarket.instrument(
                kind: .future(expiry: expiry), rules: TradingRules(takerFee: try Rate(parsing: "0.001"))))
        market.send(.buy, 2000)
        market.send(.sell, 1000, .limit, limit: 20000)
        market.bar((10000, 10000, 10000, 10000))
        market.bar((10000, 11000, 10000, 10900))
        market.expire()
        market.expire()
        #expect(market.fillTexts == ["2000@10000", "-2000@10900"])
        #expect(market.fills.last?.reason == .settlement)
        #expect(market.fills.last?.fee == .zero)
        #expect(market.reasons(.cancel) == [.notTrading])
        // + 2 × 9, less the entry's fee of 0.2.
        #expect(market.balance() == "100017.8")
        market.send(.buy, 1000)
        market.bar((10900, 10900, 10900, 10900))
        #expect(market.reasons(.reject) == [.notTrading])
        #expect(market.venue.books[0].margin == 0)
    }

    // MARK: Refusals of what cannot be held

    @Test("A change of price does not measure the rest of an order by the venue's minimum")
    func changedRemainder() throws {
        let market = try TestMarket(
            [try TestMarket.instrument(rules: TradingRules(minimumQuantity: Quantity(units: 500)))],
            assets: TestMarket.assets, deposits: ["USDT": "1000"])
        market.bar((10000, 10000, 10000, 10000))
        let order = market.send(.buy, 1000, .limit, limit: 9900)
        market.bar((10000, 10000, 9900, 10000), volume: 800)
        // What filled is paid for; the rest ties up its own share.
        #expect(market.venue.reserved[2] == (try Amount(parsing: "19.8")).units)
        market.command(order, .modify(OrderChange(limit: Price(units: 9950))))
        market.bar((10000, 10000, 9950, 10000))
        #expect(market.fillTexts == ["800@9900", "200@9950"])
        // A whole quantity below the minimum is refused.
        let next = market.send(.buy, 1000, .limit, limit: 9900)
        market.bar((10000, 10000, 10000, 10000))
        market.command(next, .modify(OrderChange(quantity: Quantity(units: 400))))
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.rejectUpdate) == [.belowMinimumQuantity])
    }

    @Test("Options are bought and sold again, not written")
    func options() throws {
        let kind = InstrumentKind.option(
            expiry: Timestamp(nanoseconds: 100 * TestMarket.minute), strike: Price(units: 10000), right: .call)
        let market = try market(try TestMarket.instrument(kind: kind), deposits: ["USDT": "300"])
        market.send(.sell, 1000)
        market.send(.buy, 2000)
        market.send(.buy, 2000)
        market.bar((10000, 10000, 10000, 10000))
        #expect(market.reasons(.reject) == [.insufficientMargin, .insufficientBalance])
        #expect(market.balance() == "100")
        market.send(.sell, 2000)
        market.bar((11000, 11000, 11000, 11000))
        #expect(market.balance() == "320")
    }

    @Test("Numbers beyond what can be held are refused, not trapped")
    func tooLarge() throws {
        let market = try market(try TestMarket.instrument())
        market.send(.buy, .max)
        market.send(.sell, .max, .limit, limit: .max)
        market.send(.buy, 1 << 56, .limit, limit: .max - 1)
        market.send(.buy, 1000, .stop, trigger: .max)
        market.send(.sell, 1000, .trailingStop, trail: .absolute(PriceDistance(units: .max)))
        market.send(.buy, 1000, .limit)
        let resting = market.send(.buy, 1000, .limit, limit: 9000)
        market.bar((10000, 10001, 9999, 10000))
        market.command(resting, .modify(OrderChange(quantity: Quantity(units: .min))))
        market.bar((10000, 10001, 9999, 10000))
        #expect(market.fills.isEmpty)
        #expect(market.reasons(.reject).contains(.tooLarge))
        #expect(market.reasons(.reject).contains(.missingPrice))
        #expect(market.reasons(.rejectUpdate) == [.notPositive])
    }

    @Test("Extreme slippage settings give a price of at least a tick", arguments: [1e300, .infinity, 1e-300, 0])
    func extremeSlippage(impact: Double) throws {
        let market = try TestMarket(
            [try TestMarket.instrument(rules: TradingRules(tick: .uniform(step: 50)))], assets: TestMarket.assets,
            deposits: ["USDT": "1000000000000"],
            settings: Self.unlimited {
                $0.slippage = .volumeShare(impact: impact)
                $0.liquidates = false
            })
        market.send(.sell, 1000)
        market.bar((10000, 10000, 10000, 10000), volume: 1000)
        #expect(market.fills.count == 1)
        #expect(market.fills.allSatisfy { $0.price.units >= 50 && $0.price.units <= 10000 })
    }
}
