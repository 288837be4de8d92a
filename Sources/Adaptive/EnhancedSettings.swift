// SPDX-License-Identifier: Apache-2.0

import Analysis
import Indicators
import Strategies
import Trading

/// What can be set about the enhanced strategy, read once.
struct EnhancedSettings: Sendable {
    let features: Set<Feature>
    /// In which everything that a trade is made of is measured; `nil`: its own.
    let signalTimeframe: Timeframe?
    let signalPeriod: Int
    let entryThreshold: Double
    let goesShort: Bool
    let atrPeriod: Int
    let accelerationPeriod: Int
    /// In ATRs.
    let stopDistance: Double
    let targetDistance: Double
    let structureMargin: Double
    var levels: [ExitLevel]
    let confirmation: EntryConfirmation.Settings
    let volatilityRange: ClosedRange<Double>
    let hours: ClosedRange<Int>
    let volumePeriod: Int
    let minimumVolumeShare: Double
    /// How many times what a trade costs its nearest profit must be.
    var costMultiple: Double
    /// Of one order, as a share of the price.
    var expectedSlippage: Double
    var sizingVolatility: Double
    /// Factors of the size in an illiquid market, and while markets move together.
    let illiquidSize: Double
    let correlatedSize: Double
    var guarding: PositionGuard.Settings
    let analysis: AnalysisSettings

    init(_ parameters: StrategyParameters) throws {
        func number(_ name: String) -> Double { parameters.number(name) }
        features = Set(Feature.configurable.filter { parameters[$0.name] == .boolean(true) })
        signalTimeframe = Self.timeframes.first { "\($0)" == parameters.text("signal_timeframe") }
        signalPeriod = parameters.integer("signal_period")
        entryThreshold = number("entry_threshold")
        goesShort = parameters.text("direction") == TradeDirection.both.rawValue
        atrPeriod = parameters.integer("atr_period")
        accelerationPeriod = parameters.integer("acceleration_period")
        stopDistance = number("stop_atr")
        targetDistance = number("target_atr")
        structureMargin = number("structure_margin_atr")
        levels = try Self.levels(parameters)
        let (nearest, farthest) = (number("pullback_min") / 100, number("pullback_max") / 100)
        guard nearest <= farthest else {
            throw Self.contradiction("pullback_min", "\(nearest * 100) is above pullback_max, \(farthest * 100)")
        }
        confirmation = EntryConfirmation.Settings(
            pullback: nearest...farthest, patience: parameters.integer("patience"))
        let (calm, wild) = (number("volatility_min"), number("volatility_max"))
        guard calm <= wild else {
            throw Self.contradiction("volatility_min", "\(calm) is above volatility_max, \(wild)")
        }
        volatilityRange = calm...wild
        let (opening, closing) = (parameters.integer("hours_from"), parameters.integer("hours_to"))
        guard opening < closing else {
            throw Self.contradiction("hours_from", "\(opening) is not before hours_to, \(closing)")
        }
        hours = opening...closing - 1
        volumePeriod = parameters.integer("volume_period")
        minimumVolumeShare = number("volume_min")
        costMultiple = number("cost_multiple")
        expectedSlippage = number("expected_slippage") / 100
        sizingVolatility = number("sizing_volatility")
        illiquidSize = number("illiquid_size")
        correlatedSize = number("correlated_size")
        let trail = number("trail_atr")
        guarding = PositionGuard.Settings(
            breakEvenAfter: number("break_even_atr"), reversalDistance: number("reversal_atr"),
            trailDistance: trail > 0 ? trail : nil, timeLimit: .minutes(Int64(number("time_exit_hours") * 60)))
        analysis = try AnalysisSettings(parameters)
    }

    /// What `signal_timeframe` can be beside its own.
    static let timeframes: [Timeframe] = [.fiveMinutes, .fifteenMinutes, .oneHour, .fourHours]

    private static func contradiction(_ key: String, _ reason: String) -> StrategyError {
        .badParameter(strategy: EnhancedStrategy.definition.name, reason: "\(key): \(reason).")
    }

    private static func levels(_ parameters: StrategyParameters) throws(StrategyError) -> [ExitLevel] {
        let distances = (1...3).map { parameters.number("exit_\($0)_atr") }
        let shares = (1...2).map { parameters.number("exit_\($0)_share") }
        for index in 1..<3 where distances[index - 1] >= distances[index] {
            throw contradiction(
                "exit_\(index + 1)_atr", "\(distances[index]) is not beyond exit_\(index)_atr, \(distances[index - 1])")
        }
        guard shares[0] + shares[1] <= 100 else {
            throw contradiction("exit_2_share", "the parts are \(shares[0] + shares[1]) % of the position")
        }
        let rates = (shares + [100 - shares[0] - shares[1]]).map { Rate(units: Int64(($0 * 1e7).rounded())) }
        return zip(distances, rates).map { ExitLevel(distance: $0, share: $1) }
    }
}

extension EnhancedSettings {
    /// What an entry and an exit cost with market orders, as a share of the price.
    func roundTripCost(_ context: borrowing StrategyContext) -> Double {
        2 * (context.instrument.rules(at: context.now).takerFee.fraction + expectedSlippage)
    }
}

extension Feature {
    /// What a configuration switches: all but the model, which comes with a model.
    public static let configurable: [Feature] = allCases.filter { $0 != .prediction }

    var summary: String {
        switch self {
        case .thresholds: "Entry thresholds that rise and fall with volatility."
        case .timeframes: "Trade only where at least three of 5m, 15m, 1h and 4h agree."
        case .volumeProfile: "No entry just below a key level of the volume profile; smaller in low-volume areas."
        case .regime: "Stops, thresholds and size by market regime; leave when it turns."
        case .prediction: "A model's probability raises or lowers the confidence."
        case .pullback: "Wait for a better price after a signal."
        case .acceleration: "Enter only while the price accelerates the trade's way."
        case .volatilityFilter: "Enter only while volatility is within its bounds."
        case .liquidityFilter: "Enter only within the trading hours and with enough volume."
        case .costFilter: "Enter only where the nearest profit is a multiple of what the trade costs."
        case .structureStops: "Put the stop beyond the nearest support or resistance."
        case .partialExits: "Close the position in three parts."
        case .movingStops: "Break-even and tightened stops."
        case .timeExit: "Leave after the longest holding time."
        case .sizing: "Smaller positions for less confidence, wilder markets and thin areas."
        }
    }
}

extension EnhancedStrategy {
    static let parameterDefinitions: [ParameterDefinition] = {
        func number(_ name: String, _ value: Double, _ range: ClosedRange<Double>, _ summary: String)
            -> ParameterDefinition
        { ParameterDefinition(name: name, kind: .number(default: value, range: range), summary: summary) }
        func integer(_ name: String, _ value: Int, _ range: ClosedRange<Int>, _ summary: String) -> ParameterDefinition
        {
            ParameterDefinition(name: name, kind: .integer(default: value, range: range), summary: summary)
        }
        let switches = Feature.configurable.map {
            ParameterDefinition(name: $0.name, kind: .boolean(default: true), summary: $0.summary)
        }
        return [
            ParameterDefinition(
                name: "signal_timeframe",
                kind: .choice(
                    default: "\(Timeframe.fourHours)",
                    options: ["own"] + EnhancedSettings.timeframes.map { "\($0)" }),
                summary: "Bars that move, ATR, momentum reversal and structure are measured in; its own where longer."),
            .period(6, name: "signal_period", "Bars of signal_timeframe over which the move is measured."),
            number("entry_threshold", 2, 0.001...50, "Base threshold of the move, in percent."),
            .direction,
            .period(14, name: "atr_period", "Bars of the average true range (ATR)."),
            .period(10, name: "acceleration_period", "Bars of velocity and of acceleration."),
            number("stop_atr", 2, 0.1...20, "Distance of the stop, in ATRs; the regime changes it."),
            number("target_atr", 3, 0.1...100, "Distance of the target without partial exits, in ATRs."),
            number("structure_margin_atr", 0.25, 0...5, "How far beyond support or resistance a stop stands, in ATRs."),
            number("exit_1_atr", 1.5, 0.1...100, "Profit at which the first part is closed, in ATRs."),
            number("exit_2_atr", 3, 0.1...100, "Profit at which the second part is closed, in ATRs."),
            number("exit_3_atr", 5, 0.1...100, "Profit at which the rest is closed, in ATRs."),
            number("exit_1_share", 33, 0...100, "The first part, in percent of the position."),
            number("exit_2_share", 33, 0...100, "The second part, in percent of the position."),
            number("break_even_atr", 2, 0.1...100, "Profit from which the stop stands at break-even, in ATRs."),
            number("reversal_atr", 0.5, 0.05...20, "Distance of the stop when momentum reverses, in ATRs."),
            number("trail_atr", 0, 0...50, "After the first part: distance of a trailing stop in ATRs; 0 is none."),
            number("time_exit_hours", 24, 0.1...10_000, "Longest time that a position is held."),
            number("pullback_min", 0.5, 0...20, "Smallest pull-back that is waited for, in percent."),
            number("pullback_max", 1, 0...50, "Deepest pull-back that still is one, in percent."),
            integer("patience", 24, 1...10_000, "Bars that a signal is waited on."),
            number("volatility_min", 0.3, 0...100, "Lowest ATR for an entry, in percent of the price."),
            number("volatility_max", 20, 0...100, "Highest ATR for an entry, in percent of the price."),
            integer("hours_from", 0, 0...23, "First UTC hour in which it enters."),
            integer("hours_to", 24, 1...24, "UTC hour from which it enters no more."),
            .period(48, name: "volume_period", "Bars of the mean volume."),
            number("volume_min", 0.3, 0...10, "Least volume for an entry, as a share of the mean."),
            number(
                "sizing_volatility", 3, 0.01...50, "ATR in percent up to which the size is whole; above, smaller."),
            number("cost_multiple", 3, 0...100, "Least distance of the nearest profit, in round-trip costs."),
            number("expected_slippage", 0.02, 0...10, "Expected slippage of a market order, in percent."),
            number("illiquid_size", 1, 0...1, "Share of the size in an illiquid market; 1 changes nothing."),
            number(
                "correlated_size", 1, 0...1, "Share of the size while markets are highly correlated; 1 changes nothing."
            ),
        ] + AnalysisKey.definitions + switches
    }()
}
