// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    /// The schema as JSON Schema (draft 2020-12), for editors and other programs.
    ///
    /// It accepts whatever the check accepts. The check goes further: settings that depend on each other, names of
    /// markets, and what a strategy's parameters ask of each other.
    ///
    /// - Parameter strategyTypes: The known types; with them, `type` and `parameters` are checked too. Empty: any.
    public static func jsonSchema(strategyTypes: [StrategyTypeDescription] = []) -> String {
        var members: [(key: String, value: JSONText)] = [
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            ("title", .text("Apus configuration")),
        ]
        members += root.jsonSchema
        if !strategyTypes.isEmpty {
            // Besides the general schema of a strategy, what each type asks of its own.
            let types = strategyTypes.sorted { $0.name < $1.name }
            let known = JSONText.object([
                ("properties", .object([("type", .object([("enum", .list(types.map { .text($0.name) }))]))]))
            ])
            let each = JSONText.object([("allOf", .list([known] + types.map(Self.condition)))])
            members.append(
                (
                    "allOf",
                    .list([
                        .object([
                            ("properties", .object([("strategies", .object([("additionalProperties", each)]))]))
                        ])
                    ])
                ))
        }
        return JSONText.object(members).formatted() + "\n"
    }

    /// If a strategy is of this type, then its parameters are these.
    private static func condition(_ type: StrategyTypeDescription) -> JSONText {
        let parameters = ValueType.section(type.parameters).jsonSchema
        var then: [(key: String, value: JSONText)] = [
            ("properties", .object([("parameters", .object(parameters))]))
        ]
        if type.parameters.contains(where: \.isRequired) { then.append(("required", .list([.text("parameters")]))) }
        return .object([
            (
                "if",
                .object([
                    ("properties", .object([("type", .object([("const", .text(type.name))]))])),
                    ("required", .list([.text("type")])),
                ])
            ),
            ("then", .object(then)),
        ])
    }
}

extension ValueType {
    private static let number = #"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"#

    /// The members of this type's schema.
    fileprivate var jsonSchema: [(key: String, value: JSONText)] {
        switch self {
        case .boolean: return [("type", .text("boolean"))]
        case .integer(let range):
            var members: [(key: String, value: JSONText)] = [("type", .text("integer"))]
            if range.lowerBound != .min { members.append(("minimum", .literal("\(range.lowerBound)"))) }
            if range.upperBound != .max { members.append(("maximum", .literal("\(range.upperBound)"))) }
            return members
        case .decimal(let range): return Self.numeric(range, pattern: "^\(Self.number)$")
        case .share(let range), .percentage(let range): return Self.numeric(range, pattern: "^\(Self.number) ?%?$")
        case .text(let rule):
            // A text that looks like a number is a text all the same; a pattern binds texts only.
            return [
                ("type", .list([.text("string"), .text("number")])), ("minLength", .literal("1")),
                ("maxLength", .literal("1000")),
            ] + (rule.pattern.map { [("pattern", .text($0))] } ?? [])
        case .choice(let choices): return [("enum", .list(choices.map { .text($0.name) }))]
        case .duration:
            return [("type", .text("string")), ("pattern", .text(#"^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h|d)$"#))]
        case .timeframe: return [("type", .text("string")), ("pattern", .text("^[0-9]{1,7}[smhdw]$"))]
        case .time:
            return [
                ("type", .text("string")),
                (
                    "pattern",
                    .text(#"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?Z?)?$"#)
                ),
            ]
        case .list(let element, let minimumCount):
            return [
                ("type", .text("array")), ("items", .object(element.jsonSchema)),
                ("minItems", .literal("\(minimumCount)")),
            ]
        case .section(let keys):
            let required = keys.filter(\.isRequired).map { JSONText.text($0.name) }
            // An empty section may be written as nothing, unless something in it is required.
            return [
                ("type", required.isEmpty ? .list([.text("object"), .text("null")]) : .text("object")),
                ("properties", .object(keys.map { ($0.name, .object($0.jsonSchema)) })),
                ("required", .list(required)), ("additionalProperties", .literal("false")),
            ]
        case .map(let keyName, let value, let minimumCount):
            let rule: TextRule = TextRule.ofKeys(named: keyName)
            var names: [(key: String, value: JSONText)] = [
                ("minLength", .literal("1")), ("maxLength", .literal("1000")),
            ]
            if let pattern = rule.pattern { names.append(("pattern", .text(pattern))) }
            return [
                ("type", minimumCount == 0 ? .list([.text("object"), .text("null")]) : .text("object")),
                ("additionalProperties", .object(value.jsonSchema)), ("propertyNames", .object(names)),
                ("minProperties", .literal("\(minimumCount)")),
            ]
        case .either(let types): return [("anyOf", .list(types.map { .object($0.jsonSchema) }))]
        case .parameters:
            return [
                ("type", .list([.text("object"), .text("null")])),
                (
                    "additionalProperties",
                    .object([("type", .list([.text("boolean"), .text("number"), .text("string")]))])
                ),
            ]
        case .anything: return []
        }
    }

    /// Bounds bind numbers, the pattern binds numbers in quotes.
    private static func numeric(_ range: DecimalRange, pattern: String) -> [(key: String, value: JSONText)] {
        var members: [(key: String, value: JSONText)] = [
            ("type", .list([.text("number"), .text("string")])), ("pattern", .text(pattern)),
        ]
        if let minimum = range.minimum {
            members.append((range.isAboveMinimum ? "exclusiveMinimum" : "minimum", .literal(minimum)))
        }
        if let maximum = range.maximum { members.append(("maximum", .literal(maximum))) }
        return members
    }
}

extension KeyDescription {
    fileprivate var jsonSchema: [(key: String, value: JSONText)] {
        var description = summary
        if let unit { description += " Unit: \(unit)." }
        if let defaultText { description += " Default: \(defaultText)." }
        if status == .planned { description += " Planned: accepted with a warning, without effect yet." }
        return [("description", .text(description))] + type.jsonSchema
    }
}
