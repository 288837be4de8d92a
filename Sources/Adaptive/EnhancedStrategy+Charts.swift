// SPDX-License-Identifier: Apache-2.0

import Analysis
public import Strategies

extension EnhancedStrategy {
    /// The histories of its analysis: the latest looks of each component, as far back as it keeps them.
    public var charts: [ChartSeries] {
        let frames = coordinator.settings.timeframes.map { "trend_\($0.timeframe)" }
        return [
            ChartSeries(
                name: "thresholds", columns: ["atr", "percentile", "multiplier"],
                points: thresholds.history.elements.map {
                    ChartSeries.Point($0.time, [$0.averageTrueRange, $0.percentile, $0.multiplier])
                }),
            ChartSeries(
                name: "timeframes", columns: ["score", "alignment", "confidence"] + frames,
                points: coordinator.history.elements.map { reading in
                    let votes = reading.votes.indices.map { index in
                        reading.votes[index].isPresent ? Double(reading.votes[index].trend) : .nan
                    }
                    let together = [reading.score, Double(reading.alignment), reading.confidence]
                    return ChartSeries.Point(reading.time, together + votes)
                }),
            ChartSeries(
                name: "volume_profile", columns: ["point_of_control", "value_area_high", "value_area_low", "volume"],
                points: profile.history.elements.map {
                    ChartSeries.Point(
                        $0.time, [$0.pointOfControl, $0.valueAreaHigh, $0.valueAreaLow, $0.totalVolume])
                }),
            ChartSeries(
                name: "regime", columns: ["adx", "plus_di", "minus_di", "range_percentile", "bollinger_width"],
                points: regime.history.elements.map { look in
                    let state = look.state
                    return ChartSeries.Point(
                        look.time,
                        [state.adx, state.plusDI, state.minusDI, state.rangePercentile, state.bollingerWidth],
                        state: look.regime.rawValue)
                }),
            ChartSeries(
                name: "liquidity", columns: ["illiquidity_percentile"],
                points: conditions.history.elements.map {
                    ChartSeries.Point(
                        $0.time, [$0.illiquidityPercentile], state: $0.liquidity.state.rawValue)
                }),
            ChartSeries(
                name: "correlation", columns: ["mean"],
                points: correlation.history.elements.map {
                    ChartSeries.Point($0.time, [$0.mean], state: $0.regime.state.rawValue)
                }),
        ]
    }
}
