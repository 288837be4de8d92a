// SPDX-License-Identifier: Apache-2.0

/// An indicator that is made from parameters and fed with bars: the form that the registry and the engine use.
///
/// Conform a value type, give it a static `definition`, and add it with `IndicatorRegistry.register(_:)`.
public protocol Indicator: Sendable {
    static var definition: IndicatorDefinition { get }

    /// Makes the indicator from parameters that were checked against `definition`.
    ///
    /// - Throws: `IndicatorError.incompatible` where allowed values do not go together.
    init(parameters: IndicatorParameters) throws(IndicatorError)

    /// Takes the next closed bar and writes every output; NaN where there is no value yet.
    mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs)
}

/// The named outputs of an indicator at one bar, by index, without allocation.
public struct IndicatorOutputs: Sendable {
    public static let capacity = 8

    @usableFromInline var storage: InlineArray<8, Double>

    /// All NaN.
    @inlinable
    public init() { storage = InlineArray(repeating: .nan) }

    @inlinable
    public subscript(index: Int) -> Double {
        get { storage[index] }
        set { storage[index] = newValue }
    }
}

/// An indicator of one series of numbers: plugged in, it reads the bar's value that `source` names.
///
/// Its definition declares the parameter `source`.
public protocol SeriesIndicator: Sendable {
    static var definition: IndicatorDefinition { get }
    init(parameters: IndicatorParameters) throws(IndicatorError)
    mutating func update(_ value: Double, into outputs: inout IndicatorOutputs)
}

/// An indicator of one series whose only output is a number.
public protocol SingleValueIndicator: SeriesIndicator {
    /// Takes the next value and returns the indicator's, NaN while there is none.
    mutating func update(_ value: Double) -> Double
}

extension SingleValueIndicator {
    @inlinable
    public mutating func update(_ value: Double, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(value)
    }

    /// Runs the incremental form over a whole series.
    @inlinable
    mutating func run(_ values: Span<Double>) -> [Double] {
        var outputs = [Double](repeating: .nan, count: values.count)
        for index in values.indices { outputs[index] = update(values[index]) }
        return outputs
    }
}

/// Feeds an indicator of one series from bars.
public struct FromSource<Core: SeriesIndicator>: Indicator {
    public static var definition: IndicatorDefinition { Core.definition }

    var core: Core
    let source: BarSource

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        core = try Core(parameters: parameters)
        source = parameters.source
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        core.update(source.value(of: bar), into: &outputs)
    }
}
