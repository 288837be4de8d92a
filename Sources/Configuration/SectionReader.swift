// SPDX-License-Identifier: Apache-2.0

import Trading

/// Reads the values of one section, with the defaults of the schema for what is absent.
///
/// What does not fit the schema reads as absent: the validator has already reported it.
struct SectionReader {
    /// `nil` where the section is absent.
    let node: ConfigurationNode?
    let keys: [KeyDescription]
    let path: String
    /// Where to point when something is missing: the section's key.
    let place: SourceLocation

    init(_ node: ConfigurationNode?, _ keys: [KeyDescription], path: String, place: SourceLocation) {
        self.node = node
        self.keys = keys
        self.path = path
        self.place = place
    }

    private func key(_ name: String) -> KeyDescription {
        guard let key = keys.first(where: { $0.name == name }) else {
            preconditionFailure("the schema has no key '\(name)' at '\(path)'")
        }
        return key
    }

    /// Whether the key was written, rightly or wrongly.
    func has(_ name: String) -> Bool { node?[name] != nil }

    /// Whether the key was written and is one of the section's: sections of several kinds are read by one function.
    func hasKnown(_ name: String) -> Bool { has(name) && keys.contains { $0.name == name } }

    /// The place of a key, or of the section where the key is absent.
    func location(_ name: String) -> SourceLocation {
        node?.entries.first { $0.key == name }?.keyLocation ?? place
    }

    func value(_ name: String) -> ConfigurationValue? {
        let key = key(name)
        if let written = node?[name], let value = try? key.type.value(of: written) { return value }
        guard let text = key.defaultText else { return nil }
        let node = ConfigurationNode(
            .scalar(.init(text: text, isQuoted: false)), at: SourceLocation(file: "the schema"))
        guard let value = try? key.type.value(of: node) else {
            preconditionFailure("the default '\(text)' of '\(path).\(name)' does not fit its own type")
        }
        return value
    }

    func boolean(_ name: String) -> Bool { if case .boolean(let value) = value(name) { value } else { false } }
    func integer(_ name: String) -> Int64? { if case .integer(let value) = value(name) { value } else { nil } }
    func amount(_ name: String) -> Amount? { if case .decimal(let value) = value(name) { value } else { nil } }
    func rate(_ name: String) -> Rate? { if case .rate(let value) = value(name) { value } else { nil } }
    func text(_ name: String) -> String? { if case .text(let value) = value(name) { value } else { nil } }
    func duration(_ name: String) -> TimeSpan? { if case .duration(let value) = value(name) { value } else { nil } }
    func timeframe(_ name: String) -> Timeframe? { if case .timeframe(let value) = value(name) { value } else { nil } }
    func time(_ name: String) -> Timestamp? { if case .time(let value) = value(name) { value } else { nil } }

    func choice<Choice: RawRepresentable<String>>(_ name: String, as type: Choice.Type = Choice.self) -> Choice? {
        text(name).flatMap(Choice.init(rawValue:))
    }

    /// A choice with a default.
    func chosen<Choice: RawRepresentable<String>>(_ name: String, as type: Choice.Type = Choice.self) -> Choice {
        let fallback = key(name).defaultText.flatMap(Choice.init(rawValue:))
        guard let value = choice(name, as: Choice.self) ?? fallback else {
            preconditionFailure("the choices of '\(path).\(name)' and of its type differ")
        }
        return value
    }

    /// The keys of a section, or of the elements of a list or map of sections.
    private static func keys(of type: ValueType) -> [KeyDescription] {
        switch type {
        case .section(let keys): keys
        case .map(_, let value, _), .list(let value, _): keys(of: value)
        case .either(let types): types.flatMap(keys)
        default: []
        }
    }

    func section(_ name: String) -> SectionReader {
        SectionReader(node?[name], Self.keys(of: key(name).type), path: path.appending(name), place: location(name))
    }

    /// The sections of a map, sorted by their keys.
    func sections(_ name: String) -> [(key: String, reader: SectionReader)] {
        let keys = Self.keys(of: key(name).type)
        return (node?[name]?.entries ?? []).sorted { $0.key < $1.key }.map { entry in
            let path = path.appending(name).appending(entry.key)
            return (entry.key, SectionReader(entry.value, keys, path: path, place: entry.keyLocation))
        }
    }

    /// The sections of a list, in the order written.
    func elements(_ name: String) -> [SectionReader] {
        let keys = Self.keys(of: key(name).type)
        return (node?[name]?.elements ?? []).enumerated().map { index, element in
            SectionReader(
                element, keys, path: path.appending(name).appending("\(index)"), place: element.location)
        }
    }
}
