// SPDX-License-Identifier: Apache-2.0

/// How long an indicator remembers where its series started.
public enum IndicatorMemory: Equatable, Sendable {
    /// After this many bars the start no longer shows: a finite window differs by rounding only, a recursive one by at
    /// most 1e-9 of the input's scale.
    case bars(Int)
    /// After this many sessions the start no longer shows.
    case sessions(Int)
    /// The start shows for ever, for the reason given.
    case always(String)
}

/// What an indicator is: its name, parameters and outputs, and what it promises about them.
public struct IndicatorDefinition: Sendable {
    /// The bar columns an indicator reads.
    public enum Inputs: Equatable, Sendable {
        /// One column that the parameter `source` chooses.
        case source
        /// Two columns that the parameters `source` and `other_source` choose.
        case twoSources
        /// Always these columns.
        case columns([BarSource])
        /// These columns and the bar's time.
        case timed([BarSource])
    }

    public let name: String
    public let aliases: [String]
    public let summary: String
    public let parameters: [ParameterDefinition]
    public let outputs: [String]
    public let inputs: Inputs
    /// True where the first value also waits for something in the data (a session's end, a swing), so that
    /// `firstOutput` is the earliest bar possible.
    public let waitsForData: Bool
    /// How far the batch form may be from the incremental form, relative to the larger of |value| and the input's
    /// scale; 0 is bit for bit.
    public let batchTolerance: Double
    private let first: @Sendable (IndicatorParameters) -> Int
    private let remembered: @Sendable (IndicatorParameters) -> IndicatorMemory

    public init(
        name: String, aliases: [String] = [], summary: String, parameters: [ParameterDefinition], outputs: [String],
        inputs: Inputs, waitsForData: Bool = false, batchTolerance: Double = 0,
        firstOutput: @escaping @Sendable (IndicatorParameters) -> Int,
        memory: @escaping @Sendable (IndicatorParameters) -> IndicatorMemory
    ) {
        precondition(outputs.count <= IndicatorOutputs.capacity, "'\(name)' has more outputs than fit")
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.parameters = parameters
        self.outputs = outputs
        self.inputs = inputs
        self.waitsForData = waitsForData
        self.batchTolerance = batchTolerance
        first = firstOutput
        remembered = memory
    }

    /// The number of bars it takes until every output has a value.
    public func firstOutput(_ parameters: IndicatorParameters) -> Int { first(parameters) }

    /// How long the start of the series shows in the values.
    public func memory(_ parameters: IndicatorParameters) -> IndicatorMemory { remembered(parameters) }

    /// The position of a named output, for `IndicatorInstance.output(_:)`.
    public func outputIndex(named name: String) -> Int? { outputs.firstIndex(of: name) }
}
