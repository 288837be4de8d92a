// SPDX-License-Identifier: Apache-2.0

/// The parameters of one indicator, complete and checked against its definition.
///
/// Reading a parameter that the definition does not declare is a mistake in the indicator and stops the program.
public struct IndicatorParameters: Hashable, Sendable {
    /// In the order of the definition, so that two equal sets have one text.
    private let names: [String]
    private let values: [ParameterValue]

    /// Completes the given values with defaults and checks them.
    ///
    /// - Throws: `unknownParameter` (with the nearest known name), `wrongType` or `outOfRange`.
    public init(
        _ given: [String: ParameterValue], for definition: IndicatorDefinition
    ) throws(IndicatorError) {
        let known = definition.parameters.map(\.name)
        for name in given.keys.sorted() where !known.contains(name) {
            throw .unknownParameter(
                indicator: definition.name, name: name, suggestion: nearestName(to: name, among: known), known: known)
        }
        var values: [ParameterValue] = []
        for parameter in definition.parameters {
            let value = given[parameter.name] ?? parameter.defaultValue
            values.append(try parameter.validate(value, of: definition.name))
        }
        names = known
        self.values = values
    }

    public subscript(name: String) -> ParameterValue? {
        names.firstIndex(of: name).map { values[$0] }
    }

    public func integer(_ name: String) -> Int {
        guard case .integer(let value) = self[name] else { preconditionFailure("no integer parameter '\(name)'") }
        return value
    }

    public func number(_ name: String) -> Double {
        guard case .number(let value) = self[name] else { preconditionFailure("no number parameter '\(name)'") }
        return value
    }

    public func text(_ name: String) -> String {
        guard case .text(let value) = self[name] else { preconditionFailure("no text parameter '\(name)'") }
        return value
    }

    public func boolean(_ name: String) -> Bool {
        guard case .boolean(let value) = self[name] else { preconditionFailure("no boolean parameter '\(name)'") }
        return value
    }

    /// The value of a choice whose options are the raw values of an enumeration.
    public func choice<Option: RawRepresentable<String>>(_ name: String, as type: Option.Type = Option.self) -> Option {
        guard let option = Option(rawValue: text(name)) else { preconditionFailure("'\(name)' is not a \(type)") }
        return option
    }

    public var source: BarSource { choice("source") }
    public var seed: Seed { choice("seed") }
    public var period: Int { integer("period") }

    /// One text for equal parameters, such as `period=20, source=close`.
    public var canonicalText: String {
        zip(names, values).map { "\($0)=\($1)" }.joined(separator: ", ")
    }
}

/// How a recursive average starts.
public enum Seed: String, CaseIterable, Sendable, BitwiseCopyable {
    /// The mean of the first `period` values, as TA-Lib does; no value before that.
    case sma
    /// The first value itself; there is a value from the first bar on.
    case first
}
