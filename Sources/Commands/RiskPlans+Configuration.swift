// SPDX-License-Identifier: Apache-2.0

import Configuration
import Risk
import Strategies
import Trading

// What the configuration says of a strategy's risk, in the words of the engine.

extension PositionSizingSettings {
    var plan: SizingPlan {
        var settings = SizingSettings()
        settings.fixedFraction = fixedFraction.fraction
        settings.volatilityRisk = volatilityRisk?.fraction
        settings.atrMultiple = atrMultiple.approximation
        settings.usesConfidence = usesConfidence
        settings.correlatedShare = correlatedShare?.fraction
        settings.kelly = kelly.map { given in
            var kelly = SizingSettings.Kelly()
            kelly.fraction = given.fraction.fraction
            kelly.maximumRisk = given.maximumRisk.fraction
            kelly.minimumTrades = Int(given.minimumTrades)
            return kelly
        }
        return SizingPlan(
            settings, atrPeriod: Int(atrPeriod), recentTrades: kelly.map { Int($0.recentTrades) } ?? 100)
    }
}

extension DynamicLeverageSettings {
    var plan: LeveragePlan {
        var settings = LeverageSettings()
        settings.maximum = maximum.approximation
        settings.minimum = minimum.approximation
        settings.targetVolatility = targetVolatility?.fraction
        settings.strongTrend = strongTrend?.approximation
        settings.trendlessShare = trendlessShare.fraction
        settings.fullAge = fullAge.map { Double($0.nanoseconds) / 1e9 }
        settings.agedShare = agedShare.fraction
        settings.freeMargin = freeMargin?.fraction
        return LeveragePlan(settings, atrPeriod: Int(period), trendPeriod: Int(period))
    }
}

extension HedgeSettings {
    func plan(with instrument: InstrumentID) -> HedgePlan {
        let method: HedgePlan.Method =
            switch method {
            case .fixed: .fixed
            case .beta: .beta
            case .deltaNeutral:
                .deltaNeutral(calm: calmVolatility.approximation, stressed: stressedVolatility.approximation)
            }
        return HedgePlan(with: instrument, method: method, ratio: ratio.fraction, band: band.fraction)
    }
}
