// SPDX-License-Identifier: Apache-2.0

import Analysis

/// The most careful answer that each feature could have given: what counts while it fails.
///
/// A trade that is entered meanwhile is never larger than the feature itself would have let it be.
struct Caution: Sendable, BitwiseCopyable {
    /// The highest multiplier of the entry threshold.
    let threshold: Double
    /// The least confidence with which timeframes let a trade through.
    let confidence = 0.7
    /// In an area of low volume.
    let profile: Double
    /// The smallest size, the highest threshold and the widest stop of all regimes: a size that is planned by the loss at
    /// the stop is smallest then.
    let regime: RegimeEffects
    /// Of regimes beside the market's own: an illiquid market, while markets move together.
    let conditions: Double
    /// The least confidence in the wildest market that is still traded.
    let size: Double

    init(_ settings: EnhancedSettings, profile: VolumeProfileSettings, regime: RegimeSettings) {
        threshold = settings.analysis.thresholds.maximumMultiplier
        self.profile = profile.lowVolumeSizeFactor
        let effects = MarketRegime.allCases.map(regime.effects(of:))
        self.regime = RegimeEffects(
            stopMultiplier: effects.map(\.stopMultiplier).reduce(0, max),
            thresholdMultiplier: effects.map(\.thresholdMultiplier).reduce(0, max),
            sizeFactor: effects.map(\.sizeFactor).reduce(.infinity, min))
        conditions = settings.illiquidSize * settings.correlatedSize
        size = confidence * min(1, settings.sizingVolatility / settings.volatilityRange.upperBound)
    }

    /// Whether a regime could have these effects.
    func allows(_ effects: RegimeEffects) -> Bool {
        effects.sizeFactor >= regime.sizeFactor && effects.stopMultiplier > 0
            && effects.stopMultiplier <= regime.stopMultiplier && effects.thresholdMultiplier > 0
            && effects.thresholdMultiplier <= regime.thresholdMultiplier
    }
}
