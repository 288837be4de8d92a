// SPDX-License-Identifier: Apache-2.0

/// Compares a tree of nodes with the schema and collects everything that does not fit.
struct SchemaValidator {
    /// The first `keptProblems` of them.
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var problemCount = 0
    private(set) var warnings: [ConfigurationProblem] = []

    /// More than are ever shown, so that sorting them by place can choose; few enough to search through.
    private static let keptProblems = 10 * ConfigurationLimits.maximumProblems

    mutating func report(
        _ kind: ConfigurationProblem.Kind, at location: SourceLocation, path: String, _ message: String
    ) {
        problemCount += 1
        guard problems.count < Self.keptProblems else { return }
        problems.append(ConfigurationProblem(kind, at: location, path: path, message))
    }

    mutating func warn(
        _ kind: ConfigurationProblem.Kind, at location: SourceLocation, path: String, _ message: String
    ) {
        guard warnings.count < Self.keptProblems else { return }
        warnings.append(ConfigurationProblem(kind, at: location, path: path, message))
    }

    /// - Parameter place: Where to point when something is missing inside `node`: its key.
    mutating func check(_ node: ConfigurationNode, as type: ValueType, path: String, place: SourceLocation) {
        switch type {
        case .section(let keys): checkSection(node, keys: keys, path: path, place: place)
        case .map(let keyName, let value, let minimumCount):
            checkMap(
                node, of: value, keyName: keyName, minimumCount: minimumCount, path: path, place: place, type: type)
        case .list(let element, let minimumCount):
            guard case .list(let elements) = node.content else {
                return reportForm(node, type, path: path, place: place)
            }
            if elements.count < minimumCount {
                report(.missingKey, at: node.location, path: path, "The list is empty; give at least one element.")
            }
            for (index, value) in elements.enumerated() {
                check(value, as: element, path: path.appending("\(index)"), place: value.location)
            }
        case .either(let types):
            let fitting = types.first {
                switch ($0, node.content) {
                case (.list, .list), (.map, .map), (.section, .map): true
                default: false
                }
            }
            if let fitting {
                check(node, as: fitting, path: path, place: place)
            } else {
                checkScalar(node, as: type, path: path, place: place)
            }
        case .parameters:
            guard case .map(let entries) = node.content else {
                if !node.isNull { reportForm(node, type, path: path, place: place) }
                return
            }
            for entry in entries where entry.value.scalar == nil {
                report(
                    .wrongType, at: entry.value.location, path: path.appending(entry.key),
                    "Found \(entry.value.foundText), expected a number, a text, true or false.")
            }
        case .anything: break
        case .boolean, .integer, .decimal, .share, .percentage, .text, .choice, .duration, .timeframe, .time:
            checkScalar(node, as: type, path: path, place: place)
        }
    }

    private mutating func checkScalar(
        _ node: ConfigurationNode, as type: ValueType, path: String, place: SourceLocation
    ) {
        do { _ = try type.value(of: node) } catch {
            report(error.kind, at: node.isNull ? place : node.location, path: path, error.message)
        }
    }

    private mutating func reportForm(
        _ node: ConfigurationNode, _ type: ValueType, path: String, place: SourceLocation
    ) {
        report(
            .wrongType, at: node.isNull ? place : node.location, path: path,
            "Found \(node.foundText), expected \(type.expectation).")
    }

    private mutating func checkSection(
        _ node: ConfigurationNode, keys: [KeyDescription], path: String, place: SourceLocation
    ) {
        guard node.isNull || node.isMap else {
            return reportForm(node, .section(keys), path: path, place: place)
        }
        for entry in node.entries {
            let entryPath = path.appending(entry.key)
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                report(
                    .unknownKey, at: entry.keyLocation, path: entryPath,
                    "There is no key \(entry.key.inMessage) here. " + advice(for: entry.key, among: keys))
                continue
            }
            check(entry.value, as: key.type, path: entryPath, place: entry.keyLocation)
            if key.status == .planned {
                warn(
                    .planned, at: entry.keyLocation, path: entryPath,
                    "It is accepted, but has no effect yet; live modes will refuse it.")
            }
        }
        for key in keys where key.isRequired && !node.entries.contains(where: { $0.key == key.name }) {
            report(
                .missingKey, at: place, path: path.appending(key.name),
                "The key is missing; expected \(key.type.expectation).")
        }
    }

    private func advice(for word: String, among keys: [KeyDescription]) -> String {
        guard problems.count < Self.keptProblems else { return "" }
        if let near = Suggestion.nearest(to: word, among: keys.map(\.name)) { return "Did you mean '\(near)'?" }
        if let elsewhere = ConfigurationSchema.paths(endingWith: word).first {
            return "It belongs at '\(elsewhere)'."
        }
        guard !keys.isEmpty else { return "No keys are allowed here." }
        return "Allowed are \(keys.map(\.name).joined(separator: ", ", last: " and "))."
    }

    private mutating func checkMap(
        _ node: ConfigurationNode, of value: ValueType, keyName: String, minimumCount: Int, path: String,
        place: SourceLocation, type: ValueType
    ) {
        guard node.isNull || node.isMap else { return reportForm(node, type, path: path, place: place) }
        if node.entries.count < minimumCount {
            report(.missingKey, at: place, path: path, "It is empty; give at least one \(keyName).")
        }
        let rule = TextRule.ofKeys(named: keyName)
        for entry in node.entries {
            let entryPath = path.appending(entry.key)
            guard rule.allows(entry.key) else {
                report(
                    .notAllowed, at: entry.keyLocation, path: entryPath,
                    "Found the key \(entry.key.inMessage), expected \(rule.expectation).")
                continue
            }
            check(entry.value, as: value, path: entryPath, place: entry.keyLocation)
        }
    }
}

extension ConfigurationNode {
    var isMap: Bool { if case .map = content { true } else { false } }
}

extension String {
    /// This path with one more key, cut where it would not fit a message.
    func appending(_ key: String) -> String {
        let shown = key.withoutKeys
        let word = shown.utf8.count <= 64 ? shown : "\(shown.prefix(40))…"
        return isEmpty ? word : "\(self).\(word)"
    }
}

extension ConfigurationSchema {
    /// Every key with its path; keys that the user chooses stand in it by their name in capitals.
    static let allKeys: [(path: String, key: KeyDescription)] = sections.flatMap { keys(of: $0, under: "") }

    static func paths(endingWith name: String) -> [String] {
        allKeys.filter { $0.key.name == name }.map(\.path)
    }

    private static func keys(of key: KeyDescription, under parent: String) -> [(path: String, key: KeyDescription)] {
        let path = parent.appending(key.name)
        return [(path, key)]
            + inner(key.type).flatMap { inner in
                keys(of: inner.key, under: inner.part.map { path.appending($0) } ?? path)
            }
    }

    /// The keys inside a type, with what stands between: the name of a map's free key, or a list's number.
    private static func inner(_ type: ValueType) -> [(part: String?, key: KeyDescription)] {
        switch type {
        case .section(let keys): keys.map { (nil, $0) }
        case .map(let name, let value, _): inner(value).map { ($0.part.map { "\(name).\($0)" } ?? name, $0.key) }
        case .list(let element, _): inner(element).map { ($0.part.map { "N.\($0)" } ?? "N", $0.key) }
        case .either(let types): types.flatMap(inner)
        case .boolean, .integer, .decimal, .share, .percentage, .text, .choice, .duration, .timeframe, .time,
            .parameters, .anything:
            []
        }
    }
}
