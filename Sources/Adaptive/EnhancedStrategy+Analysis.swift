// SPDX-License-Identifier: Apache-2.0

import Analysis
import Indicators
import Strategies
import Supervision
import Trading

extension EnhancedStrategy {
    /// Takes a closed bar of one of its series into the analysis.
    ///
    /// - Parameter openTime: When it opened. After a gap a longer bar comes late: what it says is as old as its own close.
    mutating func learn(_ series: SeriesHandle, _ openTime: Timestamp, _ context: inout StrategyContext) {
        guard let bar = context.values(of: series) else { return }
        if let frame = frames.firstIndex(of: series) {
            let closeTime = openTime + coordinator.settings.timeframes[frame].timeframe.span
            coordinator.update(frame, closeTime: closeTime, high: bar.high, low: bar.low, close: bar.close)
        }
        if series == hourly {
            thresholds.update(closeTime: openTime + .hours(1), high: bar.high, low: bar.low, close: bar.close)
            if thresholds.latest.isChange, features.isActive(.thresholds, at: context.now) {
                let reading = thresholds.latest
                context.note(.risk, .changed, feature: Feature.thresholds.name, because: reading.reason)
            }
        }
        if series == quarterly {
            let closeTime = openTime + regime.settings.timeframe.span
            regime.update(closeTime: closeTime, high: bar.high, low: bar.low, close: bar.close)
            conditions.update(closeTime: closeTime, close: bar.close, volume: bar.volume)
        }
    }

    /// Looks at the regime and asks for a profile, each in its time.
    mutating func study(_ bar: BarValues, _ context: inout StrategyContext) {
        if let reading = regime.evaluate(at: context.now) {
            conditions.evaluate(reading)
            coordinator.evaluate(at: context.now)
            if reading.isChange, features.isActive(.regime, at: context.now) {
                context.note(.risk, .changed, feature: Feature.regime.name, because: reading.reason)
            }
        }
        if correlation.isDue(at: context.now), let pairs = context.supervisor?.pairCorrelations {
            correlation.evaluate(pairs, at: context.now)
        }
        profile.add(ProfileBar(closeTime: context.now, low: bar.low, high: bar.high, volume: bar.volume))
        if profileTask == .none, profile.isDue(at: context.now),
            !features.isSuspended(.volumeProfile, at: context.now)
        {
            let request = profile.request(at: context.now)
            profileTask = context.background(latency: .seconds(1)) { request.calculate() }
        }
    }

    /// The entry threshold of now, in percent.
    mutating func threshold(_ context: borrowing StrategyContext) -> Double {
        let now = context.now
        let bounds = settings.analysis.thresholds
        let (lowest, highest) = (bounds.minimumMultiplier, bounds.maximumMultiplier)
        let volatility = features.ask(.thresholds, at: now, fault) {
            thresholds.reading(at: now).multiplier
        } isSound: {
            $0 >= lowest && $0 <= highest
        }
        let market = features.ask(.regime, at: now, fault) {
            regime.effects
        } isSound: {
            caution.allows($0)
        }
        let neutral = RegimeEffects(stopMultiplier: 1, thresholdMultiplier: 1, sizeFactor: 1)
        return settings.entryThreshold * volatility.value(off: 1, failed: caution.threshold)
            * market.value(off: neutral, failed: caution.regime).thresholdMultiplier
    }

    /// Everything that speaks for and against a signal.
    ///
    /// - Throws: The first refusal.
    mutating func judge(
        _ judgement: inout Judgement, _ bar: BarValues, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let now = context.now
        let range = context.value(averageRange)
        let volatility = context.value(normalRange)
        judgement.add("move_percent", judgement.move)
        judgement.add("threshold_percent", judgement.threshold)
        judgement.add("atr", range)
        judgement.add("atr_percent", volatility)
        guard range > 0, range.isFinite else {
            throw Refusal(
                feature: .volatilityFilter,
                reason: "the average true range is \(range): there is no distance for a stop")
        }
        if features.isActive(.thresholds, at: now) {
            let reading = thresholds.reading(at: now)
            judgement.add("volatility_percentile", reading.percentile)
            judgement.add("threshold_multiplier", reading.multiplier)
            judgement.explain(.thresholds, reading.reason)
        }
        try judgeTimeframes(&judgement, context)
        try judgeProfile(&judgement, bar, context)
        try judgeRegime(&judgement, context)
        try judgeMarket(&judgement, bar, volatility, context)
        try judgeCosts(&judgement, range, context)
        size(&judgement, volatility, context)
    }

    private mutating func judgeTimeframes(
        _ judgement: inout Judgement, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let now = context.now
        let answer = features.ask(.timeframes, at: now, fault) {
            let reading = coordinator.reading(at: now)
            guard reading.time == now, abs(reading.score) <= 1, [0, caution.confidence, 1].contains(reading.confidence)
            else {
                throw FeatureFailure("at \(reading.time) they say: \(reading.reason)")
            }
            return reading
        }
        if case .off = answer { return }
        guard let reading = answer.value else {
            judgement.confidence = caution.confidence
            judgement.explain(.timeframes, "they failed: confidence \(decimals(caution.confidence, 1)) meanwhile")
            judgement.add("confidence", judgement.confidence)
            return
        }
        let direction = judgement.side == .buy ? 1 : -1
        judgement.add("timeframe_score", reading.score)
        judgement.add("timeframe_alignment", Double(reading.alignment))
        let confidence = reading.confidence(in: direction)
        judgement.add("confidence", confidence)
        judgement.explain(.timeframes, reading.reason)
        guard confidence > 0 else { throw Refusal(feature: .timeframes, reason: reading.reason) }
        judgement.confidence = confidence
    }

    private mutating func judgeProfile(
        _ judgement: inout Judgement, _ bar: BarValues, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let now = context.now
        let found = features.ask(.volumeProfile, at: now, fault) {
            profile.profile(at: now).map {
                (factor: $0.sizeFactor(at: bar.close), level: $0.keyLevel(near: bar.close), levels: $0.levels)
            }
        } isSound: {
            $0.map { $0.factor >= caution.profile && $0.factor <= 1 } ?? true
        }
        if case .off = found { return }
        // A profile that is not there yet says nothing; one that is missing because its work stalled has failed.
        guard let known = found.value, known != nil || !features.hasStalled(.volumeProfile) else {
            judgement.add("profile_size_factor", caution.profile)
            judgement.explain(.volumeProfile, "it failed: size × \(decimals(caution.profile, 2)) meanwhile")
            judgement.sizeFactor *= caution.profile
            return
        }
        judgement.explain(.volumeProfile, profile.profile(at: now)?.reason(at: bar.close) ?? "no profile yet")
        guard let answer = known else { return }
        judgement.add("profile_size_factor", answer.factor)
        judgement.add("point_of_control", answer.levels?.pointOfControl ?? .nan)
        judgement.add("value_area_high", answer.levels?.valueAreaHigh ?? .nan)
        judgement.add("value_area_low", answer.levels?.valueAreaLow ?? .nan)
        judgement.sizeFactor *= answer.factor
        guard let level = answer.level else { return }
        judgement.add("key_level", level.price)
        let isInTheWay = judgement.side == .buy ? level.distance < 0 : level.distance > 0
        if isInTheWay { throw Refusal(feature: .volumeProfile, reason: "in the way: \(level.reason)") }
    }

    private mutating func judgeRegime(
        _ judgement: inout Judgement, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let said = features.ask(.regime, at: context.now, fault) {
            (regime.regime, effects: regime.effects)
        } isSound: {
            caution.allows($0.effects)
        }
        if case .off = said { return }
        guard let answer = said.value else {
            judgement.add("regime_size_factor", caution.regime.sizeFactor)
            judgement.add("regime_stop_multiplier", caution.regime.stopMultiplier)
            judgement.explain(.regime, "it failed: \(caution.regime.reason) meanwhile")
            judgement.stopMultiplier = caution.regime.stopMultiplier
            judgement.sizeFactor *= caution.regime.sizeFactor * caution.conditions
            return
        }
        judgement.add("regime", Double(MarketRegime.allCases.firstIndex(of: answer.0) ?? 0))
        judgement.add("regime_size_factor", answer.effects.sizeFactor)
        judgement.add("regime_stop_multiplier", answer.effects.stopMultiplier)
        judgement.explain(
            .regime,
            "\(answer.0.rawValue): \(answer.effects.reason)" + (regime.latest.map { "; \($0.state.reason)" } ?? ""))
        judgement.stopMultiplier = answer.effects.stopMultiplier
        judgement.sizeFactor *= answer.effects.sizeFactor
        judgeConditions(&judgement)
        if answer.0.isAgainst(judgement.side) {
            throw Refusal(feature: .regime, reason: "the market is \(answer.0.rawValue)")
        }
    }

    /// Volatility, trend, liquidity and correlation as regimes of their own: recorded by their place among the states, and
    /// where the settings say so the last two make positions smaller.
    private func judgeConditions(_ judgement: inout Judgement) {
        func place<State: CaseIterable & Equatable>(_ state: State) -> Double {
            Double(State.allCases.enumerated().first { $0.element == state }?.offset ?? 0)
        }
        judgement.add("volatility_regime", place(conditions.volatility))
        judgement.add("trend_regime", place(conditions.trend))
        judgement.add("liquidity_regime", place(conditions.liquidity))
        judgement.add("illiquidity_percentile", conditions.latest?.illiquidityPercentile ?? .nan)
        judgement.add("correlation_regime", place(correlation.regime))
        judgement.add("mean_correlation", correlation.latest?.mean ?? .nan)
        if let reading = conditions.latest { judgement.explain("conditions", reading.reason) }
        if let reading = correlation.latest { judgement.explain("correlation", reading.reason) }
        if conditions.liquidity == .illiquid { judgement.sizeFactor *= settings.illiquidSize }
        if correlation.regime == .high { judgement.sizeFactor *= settings.correlatedSize }
    }

    private mutating func judgeMarket(
        _ judgement: inout Judgement, _ bar: BarValues, _ volatility: Double, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let now = context.now
        let range = settings.volatilityRange
        func story(_ relation: String) -> String {
            "ATR is \(decimals(volatility, 3)) % of the price, \(relation) \(range.lowerBound) to \(range.upperBound) %"
        }
        let isWithin = features.ask(.volatilityFilter, at: now, fault) {
            guard volatility.isFinite else { throw FeatureFailure("ATR is \(volatility) % of the price") }
            return range.contains(volatility)
        }
        if case .failed = isWithin { throw .failed(.volatilityFilter) }
        guard isWithin.value ?? true else { throw Refusal(feature: .volatilityFilter, reason: story("outside of")) }
        if isWithin.value != nil { judgement.explain(.volatilityFilter, story("within")) }
        let (hour, mean) = (Int((now.nanoseconds / 3_600_000_000_000) % 24), context.value(meanVolume))
        // One question, so that one half of it that works does not hide that the other fails.
        let obstacle = features.ask(.liquidityFilter, at: now, fault) { () throws -> String? in
            guard mean.isFinite, mean >= 0, bar.volume.isFinite, bar.volume >= 0 else {
                throw FeatureFailure("volume \(bar.volume) and its mean \(mean) cannot be compared")
            }
            guard settings.hours.contains(hour) else {
                return "hour \(hour) UTC is outside of \(settings.hours.lowerBound) to \(settings.hours.upperBound)"
            }
            guard bar.volume >= settings.minimumVolumeShare * mean, bar.volume > 0 else {
                return "volume \(decimals(bar.volume, 4)) is below \(settings.minimumVolumeShare) × its mean, "
                    + decimals(mean, 4)
            }
            return nil
        }
        if case .failed = obstacle { throw .failed(.liquidityFilter) }
        guard let answer = obstacle.value else { return }
        if let reason = answer { throw Refusal(feature: .liquidityFilter, reason: reason) }
        judgement.explain(
            .liquidityFilter,
            "hour \(hour) UTC is within \(settings.hours.lowerBound) to \(settings.hours.upperBound); volume "
                + "\(decimals(bar.volume, 4)) is \(decimals(bar.volume / mean, 2)) × its mean, at least "
                + "\(settings.minimumVolumeShare) ×")
    }

    private mutating func judgeCosts(
        _ judgement: inout Judgement, _ range: Double, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let sign: Double = judgement.side == .buy ? 1 : -1
        let (price, multiple) = (judgement.price, settings.costMultiple)
        let levels = features.isActive(.partialExits, at: context.now)
        let answer = features.ask(.costFilter, at: context.now, fault) {
            let distance = (levels ? settings.levels[0].distance : settings.targetDistance) * range
            let gain = abs(Self.target(price, sign, distance, context) / price - 1)
            let cost = settings.roundTripCost(context)
            guard gain.isFinite, (multiple * cost).isFinite else {
                throw FeatureFailure("a profit of \(gain) and \(multiple) × costs of \(cost) cannot be compared")
            }
            return (isWorth: gain >= multiple * cost, gain: gain, cost: cost)
        }
        if case .failed = answer { throw .failed(.costFilter) }
        guard let (isWorth, gain, cost) = answer.value else { return }
        judgement.add("nearest_profit_percent", gain * 100)
        judgement.add("round_trip_cost_percent", cost * 100)
        judgement.explain(
            .costFilter,
            "the nearest profit is \(decimals(gain * 100, 3)) %, entry and exit cost \(decimals(cost * 100, 3)) %, of "
                + "which it must be \(multiple) ×")
        guard isWorth else {
            throw Refusal(
                feature: .costFilter,
                reason: "the nearest profit, \(decimals(gain * 100, 3)) %, is less than \(multiple) × the "
                    + "\(decimals(cost * 100, 3)) % that entry and exit cost")
        }
    }

    private mutating func size(
        _ judgement: inout Judgement, _ volatility: Double, _ context: borrowing StrategyContext
    ) {
        let (confidence, other) = (judgement.confidence, judgement.sizeFactor)
        let factor = features.ask(.sizing, at: context.now, fault) {
            let calm = settings.sizingVolatility / volatility
            guard calm.isFinite else { throw FeatureFailure("ATR is \(volatility) % of the price") }
            return confidence * min(1, calm)
        } isSound: {
            $0 >= 0 && $0 <= 1
        }
        let wildest = settings.volatilityRange.upperBound
        let wilder = volatility > wildest ? wildest / volatility : 1
        // What other features say about the size is theirs, whether sizing is on or off.
        let own = factor.value(off: 1, failed: caution.size * wilder)
        judgement.sizeFactor = own * min(1, other)
        judgement.add("size_factor", judgement.sizeFactor)
        if case .off = factor { return }
        let calm = min(1, settings.sizingVolatility / volatility)
        let asked =
            factor.value == nil ? "it failed" : "confidence \(decimals(confidence, 2)) × calm \(decimals(calm, 2))"
        judgement.explain(
            .sizing,
            "\(asked): \(decimals(own, 3)); × regime, profile and conditions \(decimals(min(1, other), 2)) = "
                + "\(decimals(own * min(1, other), 3)) of the planned size")
    }
}

/// A number for a text, with so many decimals.
func decimals(_ value: Double, _ places: Int) -> String { DecimalText.rounded(value, decimals: places) }
