// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What a configuration needs to know of a type of strategy; the registry of strategies supplies these.
public struct StrategyTypeDescription: Sendable {
    /// As written under `type`.
    public let name: String
    public let summary: String
    /// Values without structure: booleans, numbers, texts, choices, durations and timeframes.
    public let parameters: [KeyDescription]
    /// By preset (`conservative`, `aggressive`): parameters that differ from their defaults, as YAML text.
    public let presets: [String: [String: String]]
    /// Whether an order's size must be configured, by `max_position_size` or `quantity`.
    public let needsSize: Bool
    /// Finds what no single range can say, such as a fast period above the slow one. It gets every parameter, with
    /// preset and defaults filled in, and returns the parameters at fault with what to write instead.
    public let check: @Sendable ([String: ConfigurationValue]) -> [ParameterFault]
    /// Finds what bars of a length cannot serve: it gets every parameter, the strategy's own timeframe, and the data's.
    public let checkBars: @Sendable ([String: ConfigurationValue], Timeframe, Timeframe) -> [ParameterFault]

    public init(
        name: String, summary: String, parameters: [KeyDescription], presets: [String: [String: String]] = [:],
        needsSize: Bool = false,
        check: @escaping @Sendable ([String: ConfigurationValue]) -> [ParameterFault] = { _ in [] },
        checkBars: @escaping @Sendable ([String: ConfigurationValue], Timeframe, Timeframe) -> [ParameterFault] = {
            _, _, _ in []
        }
    ) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
        self.presets = presets
        self.needsSize = needsSize
        self.check = check
        self.checkBars = checkBars
    }
}

/// A parameter that does not go together with the others.
public struct ParameterFault: Sendable, Hashable {
    public let parameter: String
    /// What is wrong and what to write, as a sentence.
    public let message: String

    public init(parameter: String, message: String) {
        self.parameter = parameter
        self.message = message
    }
}
