// SPDX-License-Identifier: Apache-2.0

/// There is no key of this name.
public struct UnknownKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

extension ConfigurationSchema {
    /// What a key means, what it may be and what it is when absent, as text for a terminal.
    ///
    /// - Parameters:
    ///   - name: A full path (`strategies.NAME.timeframe`, with any words in place of free keys), or its last part.
    ///   - strategyTypes: The known types, whose names and parameters are explained too.
    /// - Throws: An error with the nearest key, where there is none of this name.
    public static func explanation(
        of name: String, strategyTypes: [StrategyTypeDescription] = []
    ) throws(UnknownKeyError) -> String {
        let words = name.split(separator: ".").map(String.init)
        let exact = allKeys.filter { matches(words, $0.path, fromStart: true) }
        let found = exact.isEmpty ? allKeys.filter { matches(words, $0.path, fromStart: false) } : exact
        if !found.isEmpty { return found.map { text(path: $0.path, $0.key) }.joined(separator: "\n") }

        if let type = strategyTypes.first(where: { $0.name == name }) {
            return ([type.name, "  " + type.summary, ""] + type.parameters.map { text(path: $0.name, $0) })
                .joined(separator: "\n")
        }
        let parameters = strategyTypes.flatMap { type in
            type.parameters.filter { $0.name == words.last }.map { (type, $0) }
        }
        if !parameters.isEmpty, words.count == 1 || words.contains("parameters") {
            return parameters.map { type, key in
                text(path: "strategies.STRATEGY.parameters.\(key.name)  (type \(type.name))", key)
            }.joined(separator: "\n")
        }
        let names =
            allKeys.map(\.path) + allKeys.map(\.key.name)
            + strategyTypes.flatMap { [$0.name] + $0.parameters.map(\.name) }
        let near =
            Suggestion.nearest(to: name, among: names)
            ?? words.last.flatMap { Suggestion.nearest(to: $0, among: allKeys.map(\.key.name)) }
        throw UnknownKeyError(
            description: "There is no key \(name.inMessage). "
                + (near.map { "Did you mean '\($0)'?" }
                    ?? "The sections are \(sections.map(\.name).joined(separator: ", ", last: " and "))."))
    }

    /// All keys with their summaries, one a line.
    public static func overview() -> String {
        let width = allKeys.map(\.path.count).max() ?? 0
        return allKeys.map { path, key in
            path + String(repeating: " ", count: width - path.count + 2) + key.summary
        }.joined(separator: "\n") + "\n"
    }

    /// Whether words name a path; a free key in the path (in capitals, or `N`) matches any word.
    private static func matches(_ words: [String], _ path: String, fromStart: Bool) -> Bool {
        let parts = path.split(separator: ".").map(String.init)
        guard !words.isEmpty, fromStart ? words.count == parts.count : words.count <= parts.count else { return false }
        return zip(words, parts.suffix(words.count)).allSatisfy { word, part in
            word == part || (fromStart && part == part.uppercased())
        }
    }

    static func text(path: String, _ key: KeyDescription) -> String {
        var lines = [path, "  " + key.summary]
        if !key.explanation.isEmpty { lines += [""] + wrapped(key.explanation, to: 96).map { "  " + $0 } }
        lines += ["", "  type      \(key.type.expectation)"]
        for choice in key.type.choices where !choice.summary.isEmpty {
            lines.append("            \(choice.name): \(choice.summary)")
        }
        if let unit = key.unit { lines.append("  unit      \(unit)") }
        lines.append("  default   \(key.defaultText ?? (key.isRequired ? "none: the key is required" : "none"))")
        if let example = key.example { lines.append("  example   \(key.name): \(example)") }
        if key.status == .planned {
            lines.append("  status    planned: accepted with a warning, without effect yet; live modes will refuse it")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

extension ValueType {
    /// The choices of this type or of one of its alternatives.
    var choices: [Choice] {
        switch self {
        case .choice(let choices): choices
        case .either(let types): types.flatMap(\.choices)
        default: []
        }
    }
}
