// SPDX-License-Identifier: Apache-2.0

/// One indicator at work: the engine keeps an array of these and updates each once per closed bar.
///
/// An update costs one virtual call and allocates nothing; outputs are then read by index. An instance belongs to one
/// thread.
public class IndicatorInstance {
    public final let definition: IndicatorDefinition
    public final let parameters: IndicatorParameters
    /// Bars until every output has a value.
    public final let firstOutput: Int
    public final let memory: IndicatorMemory
    @usableFromInline final var outputs = IndicatorOutputs()

    init(definition: IndicatorDefinition, parameters: IndicatorParameters) {
        self.definition = definition
        self.parameters = parameters
        firstOutput = definition.firstOutput(parameters)
        memory = definition.memory(parameters)
    }

    /// Takes the next closed bar.
    public func update(_ bar: BarValues) { preconditionFailure("an indicator instance is made by the registry") }

    /// Returns an instance with the same state that goes its own way from here.
    public func copy() -> IndicatorInstance { preconditionFailure("an indicator instance is made by the registry") }

    /// The value of an output after the last bar, by its position in `definition.outputs`; NaN means none yet.
    @inlinable
    public final func output(_ index: Int) -> Double { outputs[index] }

    /// All outputs after the last bar.
    @inlinable
    public final var values: IndicatorOutputs { outputs }

    /// Equal for two instances that compute the same thing, such as `ema(period=20, seed=sma, source=close)`.
    public final var key: String { "\(definition.name)(\(parameters.canonicalText))" }

    /// Runs over whole columns from the present state and returns one array for each output.
    public final func compute(over bars: BarColumns) -> [[Double]] {
        var columns = definition.outputs.map { _ in [Double](repeating: .nan, count: bars.count) }
        for index in 0..<bars.count {
            update(bars[index])
            for output in columns.indices { columns[output][index] = self.output(output) }
        }
        return columns
    }
}

/// Holds the indicator itself, so that its update is inlined into the one virtual call.
final class PluggedIndicator<Plugged: Indicator>: IndicatorInstance {
    private var plugged: Plugged

    init(parameters: IndicatorParameters) throws(IndicatorError) {
        plugged = try Plugged(parameters: parameters)
        super.init(definition: Plugged.definition, parameters: parameters)
    }

    private init(copying other: PluggedIndicator) {
        plugged = other.plugged
        super.init(definition: other.definition, parameters: other.parameters)
        outputs = other.outputs
    }

    override func update(_ bar: BarValues) { plugged.update(bar, into: &outputs) }

    override func copy() -> IndicatorInstance { PluggedIndicator(copying: self) }
}
