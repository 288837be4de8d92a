// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Indicators
public import Trading

/// A trading strategy: a value that is told of each closed bar and answers with orders.
///
/// One instance trades one instrument on one timeframe (it may look at more). It cannot tell whether it runs in a
/// backtest, on paper or live. It sees closed bars, its own positions and orders, and nothing that is later than
/// `context.now`. Equal inputs must give equal answers: no clock, no randomness of its own, no files.
///
/// A minimal one:
///
///     struct BuyAboveAverage: Strategy {
///         static let definition = StrategyDefinition(
///             name: "buy_above_average", summary: "Long while the close is above its average.",
///             parameters: [.period(50)])
///         let period: Int
///         var average = IndicatorHandle.none
///
///         init(parameters: StrategyParameters) { period = parameters.integer("period") }
///
///         mutating func prepare(_ setup: inout StrategySetup) throws {
///             average = try setup.indicator("sma", ["period": .integer(period)])
///         }
///
///         mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
///             if context.close > context.value(average) { context.enter(.buy) } else { context.exit() }
///         }
///     }
public protocol Strategy: Sendable {
    /// Its name and what can be configured; checked before an instance is made.
    static var definition: StrategyDefinition { get }

    /// Makes an instance from parameters that were checked against the definition.
    init(parameters: StrategyParameters) throws

    /// The bars that it cannot do without besides its own. Where there is a choice the data is chosen by them, and data that
    /// does not serve them is refused.
    ///
    /// - Parameter timeframe: Its own.
    func barNeeds(on timeframe: Timeframe) -> [BarNeed]

    /// Declares what it needs: indicators, further timeframes, how many bars to wait. Called once, before the first bar.
    mutating func prepare(_ setup: inout StrategySetup) throws

    /// A bar of its own timeframe closed, and every indicator that it declared has a value.
    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws

    /// A bar of a further timeframe that it declared closed; before `onBar` where both close at once.
    mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws

    /// One of its orders traded; its position is up to date already.
    mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws

    /// One of its orders changed other than by trading: accepted, rejected, canceled, …
    mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws

    /// Work that it gave away is done, or was given up; before the bars of the same instant.
    mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext) throws

    /// Somebody switches one of its features at run time.
    ///
    /// - Returns: Whether it has a feature of this name.
    mutating func setFeature(_ name: String, isOn: Bool, _ context: inout StrategyContext) -> Bool

    /// What it keeps of what it measured, for whoever draws it.
    var charts: [ChartSeries] { get }

    /// The strategy as the engine holds it; leave it to the default.
    consuming func plugged() -> PluggedStrategy
}

extension Strategy {
    public func barNeeds(on timeframe: Timeframe) -> [BarNeed] { [] }
    public var charts: [ChartSeries] { [] }
    public mutating func prepare(_ setup: inout StrategySetup) throws {}
    public mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {}
    public mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
    ) throws {}
    public mutating func setFeature(_ name: String, isOn: Bool, _ context: inout StrategyContext) -> Bool { false }
    public mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws {
        context.slots[context.current].ignoresFills = true
    }
    public mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws {
        context.slots[context.current].ignoresOrders = true
    }
}

/// What a strategy is called and what can be set about it.
public struct StrategyDefinition: Sendable {
    public let name: String
    /// Further names that configuration may use.
    public let aliases: [String]
    public let summary: String
    public let parameters: [ParameterDefinition]
    /// Parameter values by preset; what a preset leaves out keeps its default.
    public let presets: [StrategyPreset: [String: ParameterValue]]
    /// Whether it says how large its orders are, so that no size is configured for it.
    public let sizesItsOrders: Bool

    public init(
        name: String, aliases: [String] = [], summary: String, parameters: [ParameterDefinition],
        presets: [StrategyPreset: [String: ParameterValue]] = [:], sizesItsOrders: Bool = false
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.parameters = parameters
        self.presets = presets
        self.sizesItsOrders = sizesItsOrders
    }
}

public enum StrategyPreset: String, Hashable, Sendable, CaseIterable {
    case conservative, balanced, aggressive
}

/// Why a strategy could not be made, or was stopped.
public enum StrategyError: Error, Equatable, CustomStringConvertible {
    case unknownType(name: String, suggestion: String?, known: [String])
    case unknownParameter(strategy: String, name: String, suggestion: String?, known: [String])
    case badParameter(strategy: String, reason: String)
    case notFinite(strategy: String, what: String, time: Timestamp)
    case failed(strategy: String, time: Timestamp, reason: String)
    case incompatible(strategy: String, reason: String)
    case tooManyOrders(strategy: String, time: Timestamp)

    public var description: String {
        switch self {
        case .unknownType(let name, let suggestion, let known):
            "There is no strategy of type '\(name)'. "
                + (suggestion.map { "Did you mean '\($0)'? " } ?? "") + "Known: \(known.joined(separator: ", "))."
        case .unknownParameter(let strategy, let name, let suggestion, let known):
            "The strategy '\(strategy)' has no parameter '\(name)'. "
                + (suggestion.map { "Did you mean '\($0)'? " } ?? "")
                + (known.isEmpty ? "It has none." : "It has: \(known.joined(separator: ", ")).")
        case .badParameter(let strategy, let reason): "The strategy '\(strategy)': \(reason)"
        case .notFinite(let strategy, let what, let time):
            "The strategy '\(strategy)' gave \(what) that is not a finite number at \(time). Nothing was sent; the run "
                + "stopped. Check for divisions by zero and for indicators that have no value yet."
        case .failed(let strategy, let time, let reason):
            "The strategy '\(strategy)' failed at \(time): \(reason). The run stopped."
        case .incompatible(let strategy, let reason):
            "The strategy '\(strategy)' cannot run: \(reason)" + (".?!".contains(reason.last ?? " ") ? "" : ".")
        case .tooManyOrders(let strategy, let time):
            "The strategy '\(strategy)' had more than \(OrderTable.capacity) live orders at \(time). The run stopped."
        }
    }
}

/// Checked parameter values, every one of the definition present.
public struct StrategyParameters: Sendable, Equatable {
    private let values: [String: ParameterValue]

    /// Checks values against a definition; what is left out comes from the preset, then from the default.
    public init(
        _ given: [String: ParameterValue], for definition: StrategyDefinition, preset: StrategyPreset? = nil
    ) throws(StrategyError) {
        let known = definition.parameters.map(\.name)
        var values: [String: ParameterValue] = [:]
        for name in given.keys.sorted() where !known.contains(name) {
            throw .unknownParameter(
                strategy: definition.name, name: name, suggestion: nearestName(to: name, among: known), known: known)
        }
        let presetValues = preset.flatMap { definition.presets[$0] } ?? [:]
        for parameter in definition.parameters {
            let value = given[parameter.name] ?? presetValues[parameter.name] ?? parameter.defaultValue
            do {
                values[parameter.name] = try parameter.validate(value, of: definition.name)
            } catch {
                throw .badParameter(strategy: definition.name, reason: error.description)
            }
        }
        self.values = values
    }

    public subscript(_ name: String) -> ParameterValue {
        guard let value = values[name] else {
            preconditionFailure("the strategy reads a parameter '\(name)' that its definition does not declare")
        }
        return value
    }

    public func integer(_ name: String) -> Int {
        if case .integer(let value) = self[name] { return value }
        preconditionFailure("the parameter '\(name)' is not declared as an integer")
    }
    public func number(_ name: String) -> Double {
        if case .number(let value) = self[name] { return value }
        preconditionFailure("the parameter '\(name)' is not declared as a number")
    }
    public func text(_ name: String) -> String {
        if case .text(let value) = self[name] { return value }
        preconditionFailure("the parameter '\(name)' is not declared as a choice")
    }
    public func boolean(_ name: String) -> Bool {
        if case .boolean(let value) = self[name] { return value }
        preconditionFailure("the parameter '\(name)' is not declared as a boolean")
    }
}
