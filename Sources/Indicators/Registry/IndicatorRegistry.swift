// SPDX-License-Identifier: Apache-2.0

/// Makes indicators by name from configuration.
public struct IndicatorRegistry: Sendable {
    private var types: [any Indicator.Type] = []
    /// Position in `types` by name and alias.
    private var positions: [String: Int] = [:]

    /// An empty registry; `standard` has everything that comes with Apus.
    public init() {}

    /// Adds an indicator under its name and aliases.
    ///
    /// - Throws: `IndicatorError.nameTaken`.
    public mutating func register(_ type: any Indicator.Type) throws(IndicatorError) {
        let definition = type.definition
        let names = [definition.name] + definition.aliases
        for name in names where positions[name] != nil { throw .nameTaken(name) }
        for name in names { positions[name] = types.count }
        types.append(type)
    }

    /// Names without aliases, sorted.
    public var names: [String] { types.map { $0.definition.name }.sorted() }

    /// The definition of an indicator, by name or alias.
    public func definition(named name: String) throws(IndicatorError) -> IndicatorDefinition {
        try type(named: name).definition
    }

    /// Makes an indicator; parameters left out take their defaults.
    ///
    /// - Throws: `IndicatorError` that names the indicator or parameter, the value, and what is allowed.
    public func make(
        _ name: String, parameters: [String: ParameterValue] = [:]
    ) throws(IndicatorError) -> IndicatorInstance {
        func instance<T: Indicator>(_ type: T.Type) throws(IndicatorError) -> IndicatorInstance {
            try PluggedIndicator<T>(parameters: IndicatorParameters(parameters, for: T.definition))
        }
        return try instance(type(named: name))
    }

    private func type(named name: String) throws(IndicatorError) -> any Indicator.Type {
        guard let position = positions[name] ?? positions[name.lowercased()] else {
            throw .unknownIndicator(name: name, suggestion: nearestName(to: name, among: positions.keys.sorted()))
        }
        return types[position]
    }
}
