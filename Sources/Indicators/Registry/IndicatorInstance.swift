// SPDX-License-Identifier: Apache-2.0

/// One indicator at work: the engine keeps an array of these and updates each once per closed bar.
///
/// An update costs one indirect call and allocates nothing; outputs are then read by index. An instance belongs to one
/// thread.
public final class IndicatorInstance {
    public let definition: IndicatorDefinition
    public let parameters: IndicatorParameters
    /// Bars until every output has a value.
    public let firstOutput: Int
    public let memory: IndicatorMemory
    @usableFromInline let plugged: PluggedIndicator
    /// Behind a pointer, because a stored property of a class is checked for exclusive access at each use.
    @usableFromInline let outputs: UnsafeMutablePointer<IndicatorOutputs>

    @usableFromInline
    init(definition: IndicatorDefinition, parameters: IndicatorParameters, plugged: PluggedIndicator) {
        self.definition = definition
        self.parameters = parameters
        self.plugged = plugged
        firstOutput = definition.firstOutput(parameters)
        memory = definition.memory(parameters)
        outputs = UnsafeMutablePointer<IndicatorOutputs>.allocate(capacity: 1)
        outputs.initialize(to: IndicatorOutputs())
    }

    deinit {
        plugged.destroy(plugged.state)
        outputs.deallocate()
    }

    /// Takes the next closed bar.
    @inlinable
    public func update(_ bar: BarValues) { plugged.update(plugged.state, bar, outputs) }

    /// The value of an output after the last bar, by its position in `definition.outputs`; NaN means none yet.
    @inlinable
    public func output(_ index: Int) -> Double { outputs.pointee[index] }

    /// All outputs after the last bar.
    @inlinable
    public var values: IndicatorOutputs { outputs.pointee }

    /// Returns an instance with the same state that goes its own way from here.
    public func copy() -> IndicatorInstance {
        var other = plugged
        other.state = plugged.duplicate(plugged.state)
        let copy = IndicatorInstance(definition: definition, parameters: parameters, plugged: other)
        copy.outputs.pointee = outputs.pointee
        return copy
    }

    /// Equal for two instances that compute the same thing, such as `ema(period=20, seed=sma, source=close)`.
    public var key: String { "\(definition.name)(\(parameters.canonicalText))" }

    /// Runs over whole columns from the present state and returns one array for each output.
    public func compute(over bars: BarColumns) -> [[Double]] {
        var columns = definition.outputs.map { _ in [Double](repeating: .nan, count: bars.count) }
        for index in 0..<bars.count {
            update(bars[index])
            for output in columns.indices { columns[output][index] = self.output(output) }
        }
        return columns
    }
}

/// An indicator's state with the functions that know its type.
///
/// A generic class or an existential reaches the indicator through unspecialised code, which costs six times as much
/// (28 ns an update against 5). These functions hold no context, so they are compiled for the concrete type wherever
/// it is registered. The state is owned by exactly one `IndicatorInstance`, which destroys it.
@usableFromInline
struct PluggedIndicator {
    @usableFromInline var state: UnsafeMutableRawPointer
    @usableFromInline let update:
        (UnsafeMutableRawPointer, borrowing BarValues, UnsafeMutablePointer<IndicatorOutputs>) -> Void
    @usableFromInline let duplicate: (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer
    @usableFromInline let destroy: (UnsafeMutableRawPointer) -> Void

    @inlinable @inline(__always)
    init<Plugged: Indicator>(_ indicator: Plugged) {
        let pointer = UnsafeMutablePointer<Plugged>.allocate(capacity: 1)
        pointer.initialize(to: indicator)
        state = UnsafeMutableRawPointer(pointer)
        update = { state, bar, outputs in
            state.assumingMemoryBound(to: Plugged.self).pointee.update(bar, into: &outputs.pointee)
        }
        duplicate = { state in
            let copy = UnsafeMutablePointer<Plugged>.allocate(capacity: 1)
            copy.initialize(to: state.assumingMemoryBound(to: Plugged.self).pointee)
            return UnsafeMutableRawPointer(copy)
        }
        destroy = { state in
            let pointer = state.assumingMemoryBound(to: Plugged.self)
            pointer.deinitialize(count: 1)
            pointer.deallocate()
        }
    }
}
