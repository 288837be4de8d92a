// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Configuration
import Indicators
import Strategies

/// The strategies of a configuration that have features to switch, and the configurations that switch them.
struct FeatureVariants {
    struct Variant {
        let name: String
        let configuration: ApusConfiguration
    }

    let document: ConfigurationDocument
    let configuration: ApusConfiguration
    /// Keys of the enabled strategies with features.
    let strategies: [String]
    /// Names of features, in their order.
    let features: [String]
    private let registry: StrategyRegistry

    init(_ document: ConfigurationDocument, _ configuration: ApusConfiguration, _ registry: StrategyRegistry) {
        self.document = document
        self.configuration = configuration
        self.registry = registry
        let known = Feature.configurable.map(\.name)
        var strategies: [String] = []
        var found: Set<String> = []
        for settings in configuration.strategies where settings.isEnabled {
            let definition = try? registry.definition(named: settings.type)
            let own = (definition?.parameters ?? []).filter { parameter in
                if case .boolean = parameter.kind { known.contains(parameter.name) } else { false }
            }
            guard !own.isEmpty else { continue }
            strategies.append(settings.key)
            found.formUnion(own.map(\.name))
        }
        self.strategies = strategies
        features = known.filter(found.contains)
    }

    /// Enabled strategies without features.
    var others: [String] {
        configuration.strategies.filter { $0.isEnabled && !strategies.contains($0.key) }.map(\.key)
    }

    /// Whether every feature is on as the configuration is written.
    var hasAllOn: Bool {
        configuration.strategies.filter { strategies.contains($0.key) }.allSatisfy { settings in
            features.allSatisfy { settings.parameters[$0] != .boolean(false) }
        }
    }

    /// As written, with only these strategies.
    func asConfigured() throws(CommandFailure) -> ApusConfiguration { try configured([:]) }

    /// Every feature on but those named.
    ///
    /// - Parameter keepsOthers: Strategies without features run along.
    func variant(
        _ name: String, without off: [String], keepsOthers: Bool = false
    ) throws(CommandFailure) -> Variant {
        Variant(name: name, configuration: try configured(switches(off), keepsOthers: keepsOthers))
    }

    /// The whole configuration with every feature on but those named, to be kept.
    func document(without off: [String]) throws(CommandFailure) -> (ConfigurationDocument, ApusConfiguration) {
        try changed(overrides(switches(off)))
    }

    /// As written, without some of the strategies.
    func with(disabled keys: [String]) throws(CommandFailure) -> ApusConfiguration {
        try changed(disabling(keys)).1
    }

    private func switches(_ off: [String]) -> [String: Bool] {
        var switches: [String: Bool] = [:]
        for feature in features { switches[feature] = !off.contains(feature) }
        return switches
    }

    private func configured(
        _ switches: [String: Bool], keepsOthers: Bool = false
    ) throws(CommandFailure) -> ApusConfiguration {
        try changed((keepsOthers ? [] : disabling(others)) + overrides(switches)).1
    }

    private func disabling(_ keys: [String]) -> [ConfigurationOverride] {
        keys.map { key in
            ConfigurationOverride(path: ["strategies", key, "enabled"], plain: "false", origin: "the comparison")
        }
    }

    private func overrides(_ switches: [String: Bool]) -> [ConfigurationOverride] {
        var overrides: [ConfigurationOverride] = []
        for key in strategies {
            let type = configuration.strategies.first { $0.key == key }?.type ?? ""
            let own = Set((try? registry.definition(named: type))?.parameters.map(\.name) ?? [])
            for feature in features where own.contains(feature) {
                guard let isOn = switches[feature] else { continue }
                overrides.append(
                    ConfigurationOverride(
                        path: ["strategies", key, "parameters", feature], plain: "\(isOn)", origin: "the comparison"))
            }
        }
        return overrides
    }

    private func changed(
        _ overrides: [ConfigurationOverride]
    ) throws(CommandFailure) -> (ConfigurationDocument, ApusConfiguration) {
        let changed: ConfigurationDocument
        do throws(ConfigurationProblem) { changed = try document.applying(overrides) } catch {
            throw .failed(error.description)
        }
        let check = ConfigurationCheck(of: changed, strategyTypes: registry.configurationTypes)
        guard let configuration = check.configuration else {
            throw .failed(check.problems.map(\.description).joined(separator: "\n      "))
        }
        return (changed, configuration)
    }
}

extension ConfigurationOverride {
    /// A word that is read as YAML reads it, such as `true`.
    fileprivate init(path: [String], plain text: String, origin: String) {
        self.init(
            path: path,
            value: ConfigurationNode(
                .scalar(.init(text: text, isQuoted: false)), at: SourceLocation(file: origin)), origin: origin)
    }
}
