// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
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
}
