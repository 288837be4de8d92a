// SPDX-License-Identifier: Apache-2.0

import Indicators

/// Makes strategies by name from configuration.
public struct StrategyRegistry: Sendable {
    private struct Entry: Sendable {
        let definition: StrategyDefinition
        let make: @Sendable (StrategyParameters) throws -> any Strategy
    }
    private var entries: [Entry] = []

    public init() {}

    /// The strategies on one indicator or a few; `standard`, in the target above, has all.
    public static let builtIn: StrategyRegistry = {
        var registry = StrategyRegistry()
        registry.register(MovingAverageCross.self)
        registry.register(RelativeStrengthReversal.self)
        registry.register(MACDCross.self)
        registry.register(BollingerReversion.self)
        registry.register(MultiIndicator.self)
        registry.register(ListedOrders.self)
        return registry
    }()

    /// Adds a strategy under its name; one registered later under the same name replaces the earlier one.
    public mutating func register<S: Strategy>(_ type: S.Type) {
        register(S.definition) { try S(parameters: $0) }
    }

    /// Adds a strategy that needs more than its parameters to be made.
    public mutating func register(
        _ definition: StrategyDefinition, make: @escaping @Sendable (StrategyParameters) throws -> any Strategy
    ) {
        entries.removeAll { $0.definition.name == definition.name }
        entries.append(Entry(definition: definition, make: make))
    }

    /// Sorted by name.
    public var definitions: [StrategyDefinition] {
        entries.map(\.definition).sorted { $0.name < $1.name }
    }

    /// The definition for a name or alias, whatever the letters' case.
    public func definition(named name: String) throws(StrategyError) -> StrategyDefinition {
        try entry(named: name).definition
    }

    public func make(_ name: String, parameters: StrategyParameters) throws -> any Strategy {
        try entry(named: name).make(parameters)
    }

    private func entry(named name: String) throws(StrategyError) -> Entry {
        func normal(_ text: String) -> String {
            String(text.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " })
        }
        let wanted = normal(name)
        if let found = entries.first(where: { entry in
            ([entry.definition.name] + entry.definition.aliases).contains { normal($0) == wanted }
        }) {
            return found
        }
        let known = definitions.map(\.name)
        throw .unknownType(
            name: name,
            suggestion: nearestName(
                to: name.lowercased(), among: entries.flatMap { [$0.definition.name] + $0.definition.aliases }.sorted()),
            known: known)
    }
}
