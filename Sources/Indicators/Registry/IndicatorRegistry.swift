// SPDX-License-Identifier: Apache-2.0

/// Makes indicators by name from configuration.
public struct IndicatorRegistry: Sendable {
    @usableFromInline
    struct Entry: Sendable {
        @usableFromInline let definition: IndicatorDefinition
        @usableFromInline let plug: @Sendable (IndicatorParameters) throws(IndicatorError) -> PluggedIndicator

        @inlinable @inline(__always)
        init<Plugged: Indicator>(_ type: Plugged.Type) {
            definition = Plugged.definition
            plug = { parameters throws(IndicatorError) in PluggedIndicator(try Plugged(parameters: parameters)) }
        }
    }

    private var entries: [Entry] = []
    /// Position in `entries` by name and alias.
    private var positions: [String: Int] = [:]

    /// An empty registry; `standard` has everything that comes with Apus.
    public init() {}

    /// Adds an indicator under its name and aliases.
    ///
    /// - Throws: `IndicatorError.nameTaken`.
    @inlinable @inline(__always)
    public mutating func register<Plugged: Indicator>(_ type: Plugged.Type) throws(IndicatorError) {
        try add(Entry(type))
    }

    @usableFromInline
    mutating func add(_ entry: Entry) throws(IndicatorError) {
        let names = [entry.definition.name] + entry.definition.aliases
        for name in names where positions[name] != nil { throw .nameTaken(name) }
        for name in names { positions[name] = entries.count }
        entries.append(entry)
    }

    /// Names without aliases, sorted.
    public var names: [String] { entries.map(\.definition.name).sorted() }

    /// The definition of an indicator, by name or alias.
    public func definition(named name: String) throws(IndicatorError) -> IndicatorDefinition {
        try entry(named: name).definition
    }

    /// Makes an indicator; parameters left out take their defaults.
    ///
    /// - Throws: `IndicatorError` that names the indicator or parameter, the value, and what is allowed.
    public func make(
        _ name: String, parameters: [String: ParameterValue] = [:]
    ) throws(IndicatorError) -> IndicatorInstance {
        let entry = try entry(named: name)
        let checked = try IndicatorParameters(parameters, for: entry.definition)
        return IndicatorInstance(definition: entry.definition, parameters: checked, plugged: try entry.plug(checked))
    }

    private func entry(named name: String) throws(IndicatorError) -> Entry {
        guard let position = positions[name] ?? positions[name.lowercased()] else {
            throw .unknownIndicator(name: name, suggestion: nearestName(to: name, among: positions.keys.sorted()))
        }
        return entries[position]
    }
}
