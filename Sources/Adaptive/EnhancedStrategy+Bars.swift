// SPDX-License-Identifier: Apache-2.0

import Analysis
public import Strategies
public import Trading

/// Which bars the features see, whatever the strategy's own are.
extension EnhancedStrategy {
    public func barNeeds(on timeframe: Timeframe) -> [BarNeed] { needs(of: settings.features) }

    func needs(of features: Set<Feature>) -> [BarNeed] {
        Feature.configurable.filter(features.contains).flatMap { needs(of: $0) }
    }

    private func needs(of feature: Feature) -> [BarNeed] {
        let off = "set \(feature.name): false"
        switch feature {
        case .timeframes:
            return coordinator.settings.timeframes.enumerated().map { index, entry in
                BarNeed(
                    feature.name, entry.timeframe,
                    otherwise: "let others vote with timeframe_1 to timeframe_4, or \(off)")
            }
        case .thresholds: return [BarNeed(feature.name, .oneHour, otherwise: "or \(off)")]
        case .regime:
            return [
                BarNeed(
                    feature.name, regime.settings.timeframe,
                    otherwise: "raise regime_timeframe with regime_interval, or \(off)"),
                BarNeed(
                    feature.name, regime.settings.interval.longestBar, takesShorter: true,
                    otherwise: "raise regime_interval, or \(off)"),
            ]
        case .volumeProfile:
            return [
                BarNeed(
                    feature.name, profile.settings.interval.longestBar, takesShorter: true,
                    otherwise: "raise profile_interval, or \(off)")
            ]
        default: return []
        }
    }

    /// How far back the features look that are on; `nil` where none looks back.
    var lookBack: TimeSpan? { settings.features.compactMap(lookBack(of:)).max() }

    /// As long as its windows are, and what its numbers need before the first of them.
    private func lookBack(of feature: Feature) -> TimeSpan? {
        switch feature {
        case .timeframes:
            let bars = Int64(coordinator.settings.warmUpBars + 1)
            return coordinator.settings.timeframes.map { $0.timeframe.span * bars }.max()
        case .thresholds:
            return .hours(Int64(thresholds.settings.window + thresholds.settings.period + 1))
        case .regime:
            let (look, market) = (regime.settings, conditions.settings)
            let bars = max(look.rankWindow + look.warmUpBars, market.rankWindow + market.warmUpBars)
            return look.timeframe.span * Int64(bars + 1)
        case .volumeProfile: return profile.settings.lookBack
        default: return nil
        }
    }

    /// Its own series where that is quick enough for the regime and the profile, or else the shortest that it reads, or
    /// else the data's.
    mutating func pulse(_ setup: inout StrategySetup) throws(StrategyError) -> SeriesHandle {
        let longest = min(regime.settings.interval, profile.settings.interval)
        guard setup.timeframe.span > longest else { return setup.own }
        let data = setup.data
        let read = coordinator.settings.timeframes.map(\.timeframe) + [regime.settings.timeframe]
        let quick = read.filter { $0.isMultiple(of: data) && $0.span <= longest }.min()
        guard let timeframe = quick ?? (data.span <= longest ? data : nil), timeframe < setup.timeframe else {
            return setup.own
        }
        return try setup.bars(timeframe)
    }
}

extension TimeSpan {
    /// The longest bar that closes at least once within this time, which is at least a minute.
    fileprivate var longestBar: Timeframe { Timeframe(seconds: nanoseconds / 1_000_000_000) ?? .oneMinute }
}
