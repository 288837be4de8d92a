// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Risk
import Strategies
import Supervision
import Testing
import Trading

@testable import Live

@Suite("Risk control on paper is that of a backtest") struct RiskParityTests {
    @Test(arguments: UInt64(0)..<12)
    func theSameBarsAreSizedReducedAndHedgedAlike(seed: UInt64) throws {
        var input = try DecisionCoreTests.world(seed: seed, latency: .milliseconds(100)).input()
        let plain = try World.run(input)
        var sizing = SizingSettings()
        sizing.volatilityRisk = 0.001
        sizing.correlatedShare = 0.5
        sizing.kelly = SizingSettings.Kelly()
        sizing.kelly?.minimumTrades = 2
        var leverage = LeverageSettings()
        leverage.maximum = 2
        leverage.fullAge = 1200
        for index in input.strategies.indices {
            input.strategies[index].plan.sizing = .quantity(Quantity(units: 4_000_000))
            input.strategies[index].plan.leverage = 10
            input.strategies[index].plan.riskSizing = SizingPlan(sizing)
            input.strategies[index].plan.dynamicLeverage = LeveragePlan(leverage)
        }
        input.strategies[0].plan.hedge = HedgePlan(with: InstrumentID(index: 1))
        input.supervision = SupervisionSettings(liquidation: LiquidationSettings())
        input.keepsDecisions = true
        let backtest = try World.run(input)
        var setup = DecisionCoreTests.setup(input)
        setup.supervision = input.supervision
        var core = try DecisionCore(setup)
        for instant in DecisionCoreTests.instants(input) { try DecisionCoreTests.run(instant, &core) }
        #expect(core.engine.resultHash.text == backtest.resultHash)
        #expect(backtest.resultHash != plain.resultHash)
        #expect(backtest.decisions.contains { $0.feature == "sizing" })
    }

    /// A withdrawal of a third and a deposit of as much, between instants without a trade.
    @Test func whatComesAndGoesIsNeitherProfitNorLossToBreakers() throws {
        var input = try DecisionCoreTests.world(seed: 3, latency: .milliseconds(100)).input()
        var breakers = BreakerSettings()
        breakers.drawdown = 0.1
        breakers.dailyLoss = Amount(whole: 1)
        breakers.volatilityRatio = nil
        breakers.flashCrash = nil
        input.strategies.removeAll()
        var setup = DecisionCoreTests.setup(input)
        setup.supervision = SupervisionSettings(breakers: breakers)
        var core = try DecisionCore(setup)
        let instants = DecisionCoreTests.instants(input)
        try DecisionCoreTests.run(instants[0], &core)
        let base = setup.account.baseCurrency
        let third = Amount(units: core.engine.account.balance(base).units / 3)
        func move(_ amount: Amount, _ reference: UInt64) throws {
            let payment = TransferPayment(
                asset: base, amount: amount, time: setup.start, reference: reference)
            _ = try core.apply(.report(.transfer(payment), venue: 0))
        }
        try move(-third, 1)
        try DecisionCoreTests.run(instants[1], &core)
        #expect(third > Amount(whole: 1) && core.engine.breakers?.tripped == [])
        try move(third, 2)
        try DecisionCoreTests.run(instants[2], &core)
        #expect(core.engine.breakers?.tripped == [])
        let start = core.engine.breakers?.dailyLoss.start
        #expect(start == core.engine.account.balance(base))
    }
}
