// SPDX-License-Identifier: Apache-2.0

import Indicators
import Risk
import Strategies
import Trading

/// What a trade plan's control of risk needs: indicators on the strategy's own series, and what is worked out with them.
struct RiskDemands {
    private var sizing: PositionSizing?
    private var leverage: DynamicLeverage?
    private var sizingRange: IndicatorHandle?
    private var leverageRange: IndicatorHandle?
    private var trend: IndicatorHandle?
    private let plan: TradePlan

    /// - Throws: Where the plan's numbers cannot be meant, with their keys.
    init(
        of specification: StrategySpecification, _ instruments: [Instrument], _ setup: inout StrategySetup
    ) throws(StrategyError) {
        plan = specification.plan
        func fail(_ reason: String) -> StrategyError { .incompatible(strategy: specification.name, reason: reason) }
        let problems = plan.riskProblems(on: specification.instrument)
        guard problems.isEmpty else { throw fail(problems.joined(separator: " ")) }
        if let hedge = plan.hedge {
            guard instruments.indices.contains(hedge.instrument.index) else {
                throw fail("hedge.market is none of the account's instruments")
            }
            if case .option = instruments[specification.instrument.index].kind {
                throw fail("hedge: an option is not hedged by the engine; size a hedge for it with its delta")
            }
        }
        func indicator(_ name: String, _ period: Int) throws(StrategyError) -> IndicatorHandle {
            do { return try setup.indicator(name, ["period": .integer(period)]) } catch {
                throw fail("what its size is made with: \(error)")
            }
        }
        do throws(SizingError) {
            sizing = try plan.riskSizing.map { plan throws(SizingError) in try PositionSizing(plan.settings) }
            leverage = try plan.dynamicLeverage.map { plan throws(SizingError) in try DynamicLeverage(plan.settings) }
        } catch { throw fail(error.description) }
        if let plan = plan.riskSizing, plan.settings.volatilityRisk != nil || plan.settings.kelly != nil {
            sizingRange = try indicator("atr", plan.atrPeriod)
        }
        if let plan = plan.dynamicLeverage {
            if plan.settings.targetVolatility != nil { leverageRange = try indicator("atr", plan.atrPeriod) }
            if plan.settings.strongTrend != nil { trend = try indicator("adx", plan.trendPeriod) }
        }
    }

    func equip(_ slot: inout StrategySlot, _ detail: inout StrategyDetail) {
        detail.sizing = sizing
        detail.leverage = leverage
        detail.sizingRange = sizingRange
        detail.leverageRange = leverageRange
        detail.trend = trend
        slot.keepsOutcomes = sizing?.settings.kelly != nil || leverage?.settings.fullAge != nil
        detail.outcomes = TradeOutcomes(capacity: plan.riskSizing?.recentTrades ?? 1)
        slot.hedge = plan.hedge?.instrument.index ?? -1
    }
}
