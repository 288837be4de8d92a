// SPDX-License-Identifier: Apache-2.0

/// One value that replaces what the file says, as `--set path.to.key=value` gives it.
public struct ConfigurationOverride: Sendable, Hashable {
    /// Keys from the root; a number names an element of a list, counted from 0.
    public let path: [String]
    public let value: ConfigurationNode
    /// What errors name as the source, such as `--set simulation.seed=7`.
    public let origin: String

    /// - Parameter path: May hold keys with dots in them, which the text form cannot.
    public init(path: [String], value: ConfigurationNode, origin: String) {
        self.path = path
        self.value = value
        self.origin = origin
    }

    /// A plain text at a path, for options of the command line that stand for a key, such as `--bars SYMBOL=FILE`.
    public init(path: [String], text: String, origin: String) {
        let location = SourceLocation(file: origin)
        self.init(
            path: path, value: ConfigurationNode(.scalar(.init(text: text, isQuoted: true)), at: location),
            origin: origin)
    }

    /// Reads `path.to.key=value`. The value is YAML: `5m`, `true`, `[BTCUSDT, ETHUSDT]`, `{ fast_period: 8 }`.
    public init(parsing argument: String) throws(ConfigurationProblem) {
        let shown = argument.withoutKeys
        let origin = "--set \(shown.count <= 80 ? shown : String(shown.prefix(79)) + "…")"
        let location = SourceLocation(file: origin)
        guard let equals = argument.firstIndex(of: "=") else {
            throw ConfigurationProblem(
                .override, at: location,
                "There is no '='. Write --set path.to.key=value, such as --set simulation.seed=7.")
        }
        let keys = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !keys.contains(""), keys.count <= ConfigurationLimits.maximumDepth else {
            throw ConfigurationProblem(
                .override, at: location,
                "\(String(argument[..<equals]).inMessage) is not a path. Write keys with a dot between them, such as simulation.seed."
            )
        }
        let text = String(argument[argument.index(after: equals)...])
        var node = ConfigurationNode(.scalar(.init(text: "", isQuoted: false)), at: location)
        if !text.allSatisfy(\.isWhitespace) {
            do throws(ConfigurationProblem) {
                node = try ConfigurationDocument(parsing: text, file: origin).root.moved(to: location)
            } catch {
                // An override that says `null` means: no value.
                guard error.kind == .missingKey else {
                    throw ConfigurationProblem(
                        .override, at: location, path: keys.joined(separator: "."), error.message)
                }
            }
        }
        self.init(path: keys, value: node, origin: origin)
    }
}

extension ConfigurationDocument {
    /// The document with values replaced or added, in the given order.
    ///
    /// - Throws: `override` where a path leads through something that is not a map, or past the end of a list.
    public func applying(_ overrides: [ConfigurationOverride]) throws(ConfigurationProblem) -> ConfigurationDocument {
        var copy = self
        for change in overrides { try copy.root.set(change.path[...], to: change, done: []) }
        return copy
    }
}

extension ConfigurationNode {
    fileprivate func moved(to location: SourceLocation) -> ConfigurationNode {
        switch content {
        case .scalar: ConfigurationNode(content, at: location)
        case .list(let elements): ConfigurationNode(.list(elements.map { $0.moved(to: location) }), at: location)
        case .map(let entries):
            ConfigurationNode(
                .map(
                    entries.map {
                        Entry(key: $0.key, keyLocation: location, value: $0.value.moved(to: location))
                    }), at: location)
        }
    }

    fileprivate mutating func set(
        _ path: ArraySlice<String>, to change: ConfigurationOverride, done: [String]
    ) throws(ConfigurationProblem) {
        guard let key = path.first else {
            self = change.value
            return
        }
        let location = SourceLocation(file: change.origin)
        func problem(_ message: String) -> ConfigurationProblem {
            ConfigurationProblem(.override, at: location, path: change.path.joined(separator: "."), message)
        }
        let here = done.joined(separator: ".")
        switch content {
        case .map(var entries):
            if let index = entries.firstIndex(where: { $0.key == key }) {
                var value = entries[index].value
                try value.set(path.dropFirst(), to: change, done: done + [key])
                let place = path.count == 1 ? location : entries[index].keyLocation
                entries[index] = Entry(key: key, keyLocation: place, value: value)
            } else {
                var value = ConfigurationNode(.map([]), at: location)
                try value.set(path.dropFirst(), to: change, done: done + [key])
                entries.append(Entry(key: key, keyLocation: location, value: value))
            }
            content = .map(entries)
        case .list(var elements):
            guard let index = Int(key), elements.indices.contains(index) else {
                let last = elements.isEmpty ? "it is empty" : "use 0 to \(elements.count - 1)"
                throw problem("'\(here)' is a list, and \(key.inMessage) is not an element of it: \(last).")
            }
            try elements[index].set(path.dropFirst(), to: change, done: done + [key])
            content = .list(elements)
        case .scalar(let scalar) where scalar.isNull:
            content = .map([])
            try set(path, to: change, done: done)
        case .scalar:
            throw problem(
                here.isEmpty
                    ? "The configuration is not a map of keys, so that nothing can be set in it."
                    : "'\(here)' is \(foundText), not a map of keys. Set '\(here)' itself.")
        }
    }
}
