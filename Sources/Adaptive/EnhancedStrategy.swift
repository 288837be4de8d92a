// SPDX-License-Identifier: Apache-2.0

import Analysis
public import Execution
import Indicators
public import Strategies
public import Trading

/// The adaptive strategy: a base signal, judged by what the market is like, entered with care and left by plan.
///
/// A signal is a move over `signal_period` bars of `signal_timeframe` that crosses the entry threshold. It then passes, each where it is
/// switched on: timeframes that agree, a threshold that follows volatility, levels of the volume profile, the market's
/// regime, hours, volume, volatility, a pull-back and acceleration. Every one that stops it says so in a record, and so
/// does the trade that comes of it. With everything switched off, what is left is the base signal with a stop and a
/// target: the baseline.
///
/// Features that the market's data cannot serve yet (too little history, a stale timeframe) do not block: thresholds
/// are the base ones, the regime is uncertain, the profile has no levels. Timeframes are the exception: where fewer than
/// three agree, nothing is traded.
///
/// A feature's work is done in `features.ask`, so that a failure is its own: see `Caution` for what counts meanwhile.
public struct EnhancedStrategy: Strategy {
    public static let definition = StrategyDefinition(
        name: "enhanced", aliases: ["adaptive", "enhanced_adaptive"],
        summary: "Adaptive momentum: thresholds, timeframes, volume profile, regimes, partial exits.",
        parameters: parameterDefinitions,
        presets: [
            .conservative: ["entry_threshold": 3, "stop_atr": 2.5, "volume_min": 0.5],
            .balanced: [:],
            .aggressive: ["entry_threshold": 1, "pullback": false, "volume_min": 0.1],
        ])

    var settings: EnhancedSettings
    package var features: FeatureGuard

    // What it reads
    var averageRange = IndicatorHandle.none
    var normalRange = IndicatorHandle.none
    /// What is compared with the threshold, in percent: positive asks for a long position.
    var move = IndicatorHandle.none
    /// Of its own bars: entries are timed with it.
    var acceleration = IndicatorHandle.none
    /// Of the signal's bars: positions are guarded with it.
    var momentum = IndicatorHandle.none
    var meanVolume = IndicatorHandle.none
    var structure = IndicatorHandle.none
    var structureOutputs = (support: 0, resistance: 1)
    var own = SeriesHandle.none
    /// The series of the four timeframes, in their order; `.none` where the data has no such bars.
    var frames: [SeriesHandle] = []
    var hourly = SeriesHandle.none
    /// The regime's.
    var quarterly = SeriesHandle.none
    /// Each bar of this is a time to look at the regime and the profile, and in the profile: its own, or a shorter one where
    /// its own comes too rarely.
    var pulse = SeriesHandle.none
    /// Features that the data has no bars for.
    private(set) var unseen: [BarNeed] = []

    // What it knows
    /// What counts while a feature fails.
    let caution: Caution
    var thresholds: AdaptiveThresholds
    var coordinator: TimeframeCoordinator
    var profile: RollingVolumeProfile
    var regime: RegimeDetector
    var conditions: MarketConditions
    var correlation: CorrelationDetector
    var profileTask = BackgroundTaskID.none
    var lastMove = Double.nan
    /// Which way momentum pointed with the last bar.
    var lastMomentum = 0

    /// What tests break features with.
    package var fault: (@Sendable (Feature) throws -> Void)?
    /// The probability, from 0 to 1, that the price is higher in 4 hours; `nil` without a model.
    package var predictor: (@Sendable (PredictionInput) throws -> Double)?

    // What it does
    var confirmation: EntryConfirmation
    /// A signal that a model is asked about.
    var asked: (task: BackgroundTaskID, judgement: Judgement)?
    /// The signal that is being confirmed.
    var candidate: Judgement?
    var trade: OpenTrade?

    public init(parameters: StrategyParameters) throws {
        settings = try EnhancedSettings(parameters)
        features = FeatureGuard(enabled: settings.features)
        thresholds = try AdaptiveThresholds(settings: settings.analysis.thresholds)
        coordinator = try TimeframeCoordinator(settings: settings.analysis.timeframes)
        profile = try RollingVolumeProfile(settings: settings.analysis.profile)
        regime = try RegimeDetector(settings: settings.analysis.regime)
        conditions = try MarketConditions(settings: settings.analysis.conditions)
        correlation = try CorrelationDetector(settings: settings.analysis.correlation)
        caution = Caution(settings, profile: profile.settings, regime: regime.settings)
        confirmation = EntryConfirmation(settings.confirmation)
    }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        // Features that are on have what they need: the engine has seen to it.
        func series(_ timeframe: Timeframe) throws -> SeriesHandle {
            if timeframe == setup.timeframe { return setup.own }
            return timeframe.isMultiple(of: setup.data) ? try setup.bars(timeframe) : .none
        }
        own = setup.own
        let data = setup.data
        unseen = needs(of: Set(Feature.configurable)).filter { !$0.isServed(by: data) }
        let signalFrame = max(settings.signalTimeframe ?? setup.timeframe, setup.timeframe)
        let signalSeries = try series(signalFrame)
        averageRange = try setup.indicator("atr", ["period": .integer(settings.atrPeriod)], on: signalSeries)
        normalRange = try setup.indicator("natr", ["period": .integer(settings.atrPeriod)], on: signalSeries)
        move = try setup.indicator("roc", ["period": .integer(settings.signalPeriod)], on: signalSeries)
        let pace: [String: ParameterValue] = ["period": .integer(settings.accelerationPeriod)]
        acceleration = try setup.indicator("acceleration", pace)
        momentum = try setup.indicator("acceleration", pace, on: signalSeries)
        meanVolume = try setup.indicator(
            "sma", ["period": .integer(settings.volumePeriod), "source": .text("volume")])
        structure = try setup.indicator("support_resistance", on: signalSeries)
        structureOutputs = (
            try setup.output("support", ofIndicator: "support_resistance"),
            try setup.output("resistance", ofIndicator: "support_resistance")
        )
        // The longest first: bars that close together come in this order, and the pulse after all that it looks at.
        let read = coordinator.settings.timeframes.map(\.timeframe) + [.oneHour, regime.settings.timeframe]
        for timeframe in read.sorted(by: >) { _ = try series(timeframe) }
        hourly = try series(.oneHour)
        quarterly = try series(regime.settings.timeframe)
        frames = try coordinator.settings.timeframes.map { try series($0.timeframe) }
        pulse = try pulse(&setup)
        if let lookBack { setup.lookBack(lookBack) }
        // The analysis sees every bar from the first on, also that of features that are off: they may be switched on.
        // Orders wait until the slowest of its own indicators is there.
        setup.startImmediately()
        let ratio = Int((signalFrame.span.nanoseconds - 1) / setup.timeframe.span.nanoseconds + 1)
        let slowest = max(settings.atrPeriod + 1, settings.signalPeriod + 1, 2 * settings.accelerationPeriod + 1)
        setup.wait(bars: max(ratio * slowest, settings.volumePeriod))
    }

    public mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {
        learn(series, bar.openTime, &context)
        guard series == pulse, let values = context.values(of: series) else { return }
        study(values, &context)
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        guard let values = context.values() else { return }
        learn(own, bar.openTime, &context)
        if pulse == own { study(values, &context) }
        report(&context)
        if trade != nil {
            manage(values, &context)
        } else if context.position.units == 0 {
            seek(values, &context)
        }
        lastMove = context.value(move)
        lastMomentum = momentum(context)
        report(&context)
    }

    public mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
    ) throws {
        if task == asked?.task { return answered(outcome, &context) }
        guard task == profileTask else { return }
        profileTask = .none
        switch outcome {
        case .finished(let result):
            features.ended(.volumeProfile)
            guard let result = result as? VolumeProfile else {
                return features.failed(.volumeProfile, at: context.now, because: "its work ended without a profile")
            }
            profile.accept(result)
        case .stalled:
            features.stalled(.volumeProfile, at: context.now)
        }
    }

    /// Which way the price moves, and ever faster: 1 up, -1 down, 0 neither.
    func momentum(_ context: borrowing StrategyContext) -> Int {
        let (push, speed) = (context.value(momentum), context.value(momentum, output: 1))
        return push > 0 && speed > 0 ? 1 : push < 0 && speed < 0 ? -1 : 0
    }

    public mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws { filled(fill, &context) }

    public mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws { changed(order, &context) }

    public mutating func setFeature(_ name: String, isOn: Bool, _ context: inout StrategyContext) -> Bool {
        guard let feature = Feature.configurable.first(where: { $0.name == name }) else { return false }
        if isOn, let need = unseen.first(where: { $0.parameter == name }) {
            context.note(
                .feature, .refused, feature: name,
                because: "cannot be switched on: bars of \(need.timeframe) cannot be made of the data's")
            return true
        }
        features.set(feature, isOn: isOn)
        context.note(
            .feature, .changed, feature: name, because: isOn ? "switched on by hand" : "switched off by hand")
        return true
    }

    /// Notes features that were switched off or on.
    private mutating func report(_ context: inout StrategyContext) {
        for change in features.takeChanges() {
            switch change {
            case .suspended(let feature, let until, let reason):
                context.note(
                    .feature, .changed, feature: feature.name,
                    because: "switched off until \(until) after repeated failures: \(reason)")
            case .resumed(let feature):
                context.note(.feature, .changed, feature: feature.name, because: "works again")
            }
        }
    }
}
