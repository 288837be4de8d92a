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
        let volatility =
            use(.thresholds, context, thresholds.reading(at: now).multiplier, isSound: { $0.isFinite && $0 > 0 })
            ?? 1
        let market =
            use(.regime, context, regime.effects.thresholdMultiplier, isSound: { $0.isFinite && $0 > 0 }) ?? 1
        return settings.entryThreshold * volatility * market
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
        }
        try judgeTimeframes(&judgement, context)
        try judgeProfile(&judgement, bar, context)
        try judgeRegime(&judgement, context)
        try judgeMarket(bar, volatility, context)
        try judgeCosts(&judgement, range, context)
        size(&judgement, volatility, context)
    }

    private mutating func judgeTimeframes(
        _ judgement: inout Judgement, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let now = context.now
        guard let reading = use(.timeframes, context, coordinator.reading(at: now)) else { return }
        let direction = judgement.side == .buy ? 1 : -1
        judgement.add("timeframe_score", reading.score)
        judgement.add("timeframe_alignment", Double(reading.alignment))
        // Against the move or with it: what counts is which way the timeframes point.
        let confidence = settings.signal == .momentum ? reading.confidence(in: direction) : reading.confidence
        judgement.add("confidence", confidence)
        guard confidence > 0 else { throw Refusal(feature: .timeframes, reason: reading.reason) }
        judgement.confidence = confidence
    }

    private mutating func judgeProfile(
        _ judgement: inout Judgement, _ bar: BarValues, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let now = context.now
        let found = profile.profile(at: now).map {
            (factor: $0.sizeFactor(at: bar.close), level: $0.keyLevel(near: bar.close), levels: $0.levels)
        }
        let answer = use(
            .volumeProfile, context, found, isSound: { $0.map { $0.factor.isFinite && $0.factor > 0 } ?? true })
        guard let answer, let answer else { return }
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
        let answer = use(
            .regime, context, (regime.regime, effects: regime.effects),
            isSound: { $0.effects.sizeFactor.isFinite && $0.effects.stopMultiplier > 0 })
        guard let answer else { return }
        judgement.add("regime", Double(MarketRegime.allCases.firstIndex(of: answer.0) ?? 0))
        judgement.add("regime_size_factor", answer.effects.sizeFactor)
        judgement.add("regime_stop_multiplier", answer.effects.stopMultiplier)
        judgement.stopMultiplier = answer.effects.stopMultiplier
        judgement.sizeFactor *= answer.effects.sizeFactor
        judgeConditions(&judgement)
        if settings.signal == .momentum, isAgainst(judgement.side, answer.0) {
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
        if conditions.liquidity == .illiquid { judgement.sizeFactor *= settings.illiquidSize }
        if correlation.regime == .high { judgement.sizeFactor *= settings.correlatedSize }
    }

    private mutating func judgeMarket(
        _ bar: BarValues, _ volatility: Double, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let settings = settings
        let range = settings.volatilityRange
        if let isWithin = use(.volatilityFilter, context, range.contains(volatility)), !isWithin {
            throw Refusal(
                feature: .volatilityFilter,
                reason: "ATR is \(decimals(volatility, 3)) % of the price, outside of \(range.lowerBound) to "
                    + "\(range.upperBound) %")
        }
        let hour = Int((context.now.nanoseconds / 3_600_000_000_000) % 24)
        let mean = context.value(meanVolume)
        if let isOpen = use(.liquidityFilter, context, settings.hours.contains(hour)), !isOpen {
            throw Refusal(
                feature: .liquidityFilter,
                reason: "hour \(hour) UTC is outside of \(settings.hours.lowerBound) to \(settings.hours.upperBound)")
        }
        if let hasVolume = use(
            .liquidityFilter, context, !(bar.volume < settings.minimumVolumeShare * mean) && bar.volume > 0),
            !hasVolume
        {
            throw Refusal(
                feature: .liquidityFilter,
                reason: "volume \(decimals(bar.volume, 4)) is below \(settings.minimumVolumeShare) × its mean, "
                    + decimals(mean, 4))
        }
    }

    private mutating func judgeCosts(
        _ judgement: inout Judgement, _ range: Double, _ context: borrowing StrategyContext
    ) throws(Refusal) {
        let sign: Double = judgement.side == .buy ? 1 : -1
        let levels = features.isActive(.partialExits, at: context.now)
        let distance = (levels ? settings.levels[0].distance : settings.targetDistance) * range
        let gain = abs(target(judgement.price, sign, distance, context) / judgement.price - 1)
        let (cost, multiple) = (roundTripCost(context), settings.costMultiple)
        guard let isWorth = use(.costFilter, context, gain >= multiple * cost) else { return }
        judgement.add("nearest_profit_percent", gain * 100)
        judgement.add("round_trip_cost_percent", cost * 100)
        guard isWorth else {
            throw Refusal(
                feature: .costFilter,
                reason: "the nearest profit, \(decimals(gain * 100, 3)) %, is less than \(multiple) × the "
                    + "\(decimals(cost * 100, 3)) % that entry and exit cost")
        }
    }

    /// What an entry and an exit cost with market orders, as a share of the price.
    func roundTripCost(_ context: borrowing StrategyContext) -> Double {
        2 * (context.instrument.rules(at: context.now).takerFee.fraction + settings.expectedSlippage)
    }

    private mutating func size(
        _ judgement: inout Judgement, _ volatility: Double, _ context: borrowing StrategyContext
    ) {
        let (confidence, calm, other) = (judgement.confidence, settings.sizingVolatility, judgement.sizeFactor)
        let factor = use(
            .sizing, context, confidence * min(1, calm / volatility) * min(1, other),
            isSound: { $0.isFinite && $0 >= 0 })
        // Without sizing every trade has the planned size.
        judgement.sizeFactor = factor ?? 1
        judgement.add("size_factor", judgement.sizeFactor)
    }

    /// Whether a regime trends against a position.
    func isAgainst(_ side: Side, _ regime: MarketRegime) -> Bool {
        regime == (side == .buy ? .trendingBearish : .trendingBullish)
    }
}

/// A number for a text, with so many decimals.
func decimals(_ value: Double, _ places: Int) -> String { DecimalText.rounded(value, decimals: places) }
