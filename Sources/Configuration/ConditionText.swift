// SPDX-License-Identifier: Apache-2.0

public import Indicators
public import OrderAlgorithms
public import Trading

/// A condition as people write it: `close < 42000 and (volume > 120 or rsi(14) < 30) and not external.fear > 80`.
///
/// `not` binds closer than `and`, `and` closer than `or`. Names are not looked up here.
public indirect enum ConditionText: Sendable, Hashable {
    case compare(Operand, Condition.Comparison, Operand)
    case all([ConditionText])
    case any([ConditionText])
    case not(ConditionText)

    /// What stands on one side of a comparison.
    public enum Operand: Sendable, Hashable {
        case constant(Double)
        /// The strategy's own last bar.
        case close, high, low, volume
        /// The last price of another market.
        case closeOf(market: String)
        case external(String)
        case indicator(IndicatorCall)
    }

    /// An indicator on bars of the strategy's market.
    public struct IndicatorCall: Sendable, Hashable {
        /// A parameter in parentheses: `14`, or `period: 14`.
        public struct Argument: Sendable, Hashable {
            /// `nil`: the parameter in this place.
            public let name: String?
            public let value: ParameterValue
        }

        public let name: String
        public let arguments: [Argument]
        /// `nil`: the strategy's own.
        public let timeframe: Timeframe?
        /// `nil`: the first.
        public let output: String?
    }

    /// What it compares, in the order in which it is written.
    public var operands: [Operand] {
        switch self {
        case .compare(let left, _, let right): [left, right]
        case .all(let parts), .any(let parts): parts.flatMap(\.operands)
        case .not(let part): part.operands
        }
    }

    public init(parsing text: String) throws(ConditionTextError) {
        var parser = ConditionParser(text)
        self = try parser.whole()
    }
}

/// Why text is no condition, and where.
public struct ConditionTextError: Error, Equatable, CustomStringConvertible {
    /// Of the character, from 1.
    public let place: Int
    public let problem: String
    public var description: String { "At character \(place): \(problem)" }
}

extension ConditionText.IndicatorCall {
    /// Its parameters by name.
    ///
    /// - Throws: What the registry says of a name or value that it does not know, in words.
    public func parameters(for definition: IndicatorDefinition) throws(IndicatorError) -> [String: ParameterValue] {
        var found: [String: ParameterValue] = [:]
        for (index, argument) in arguments.enumerated() {
            guard let name = argument.name ?? definition.parameters.dropFirst(index).first?.name else {
                throw .incompatible(
                    indicator: definition.name,
                    reason: "there are \(arguments.count), and it takes \(definition.parameters.count)")
            }
            guard found.updateValue(argument.value, forKey: name) == nil else {
                throw .incompatible(indicator: definition.name, reason: "'\(name)' is given twice")
            }
        }
        return found
    }
}

// MARK: - Reading

private struct ConditionParser {
    private let text: [UInt8]
    private var place = 0
    private var depth = 0

    /// Parentheses and `not` inside one another.
    private static let maximumDepth = 32
    private static let joining = ["and", "or", "not"]

    init(_ text: String) { self.text = Array(text.utf8) }

    private func fault(at place: Int? = nil, _ problem: String) -> ConditionTextError {
        ConditionTextError(
            place: String(decoding: text.prefix(place ?? self.place), as: UTF8.self).count + 1, problem: problem)
    }

    mutating func whole() throws(ConditionTextError) -> ConditionText {
        let condition = try any()
        guard rest == nil else { throw fault("Found \(found), expected 'and', 'or' or the end.") }
        return condition
    }

    private mutating func any() throws(ConditionTextError) -> ConditionText {
        var parts = [try all()]
        while take(word: "or") { parts.append(try all()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func all() throws(ConditionTextError) -> ConditionText {
        var parts = [try single()]
        while take(word: "and") { parts.append(try single()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func single() throws(ConditionTextError) -> ConditionText {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw fault("More than \(Self.maximumDepth) levels inside one another.")
        }
        if take(word: "not") { return .not(try single()) }
        if take("(") {
            let inner = try any()
            guard take(")") else { throw fault("Found \(found), expected ')'.") }
            return inner
        }
        let left = try operand()
        let comparison = try comparison()
        return .compare(left, comparison, try operand())
    }

    private mutating func comparison() throws(ConditionTextError) -> Condition.Comparison {
        if take("<=") { return .atMost }
        if take(">=") { return .atLeast }
        if take("<") { return .below }
        if take(">") { return .above }
        throw fault("Found \(found), expected one of <, <=, > and >=.")
    }

    // MARK: Operands

    private mutating func operand() throws(ConditionTextError) -> ConditionText.Operand {
        guard let first = rest else { throw fault("Found the end, expected a number or a value such as close.") }
        if first.isDigit || "+-.".utf8.contains(first) { return .constant(try number()) }
        let start = place
        let name = word()
        if name.isEmpty || Self.joining.contains(name) {
            place = start
            throw fault("Found \(found), expected a number or a value such as close.")
        }
        switch name {
        case "close": return take("(") ? .closeOf(market: try market()) : .close
        case "high", "low", "volume":
            guard rest != UInt8(ascii: "(") else {
                throw fault("Of other markets the close alone is known. Write close(…), or a strategy on that market.")
            }
            return name == "high" ? .high : name == "low" ? .low : .volume
        case "external":
            guard take(".") else { throw fault("Write external. and the name of a series under 'external'.") }
            let series = run { $0.isLetterOrDigit || "-_.".utf8.contains($0) }
            guard TextRule.name.allows(series) else { throw fault("Found \(found), expected the name of a series.") }
            return .external(series)
        default: return .indicator(try indicator(name))
        }
    }

    private mutating func number() throws(ConditionTextError) -> Double {
        let start = place
        let digits = run { $0.isLetterOrDigit || "+-.".utf8.contains($0) }
        guard digits.utf8.count <= ConfigurationLimits.maximumNumberLength, ValueType.isDecimal(digits),
            let value = Double(digits), value.isFinite
        else { throw fault(at: start, "\(digits.inMessage) is no number.") }
        return value
    }

    /// A market's name in parentheses, the first of which was read.
    private mutating func market() throws(ConditionTextError) -> String {
        skipSpaces()
        let start = place
        let name = run { $0 != UInt8(ascii: ")") && $0 != UInt8(ascii: " ") }
        guard TextRule.symbol.allows(name), take(")") else {
            throw fault(at: start, "Expected \(TextRule.symbol.expectation) and ')'.")
        }
        return name
    }

    private mutating func indicator(_ name: String) throws(ConditionTextError) -> ConditionText.IndicatorCall {
        var arguments: [ConditionText.IndicatorCall.Argument] = []
        var timeframe: Timeframe?
        if take("("), !take(")") {
            repeat {
                skipSpaces()
                let start = place
                let text = run { $0.isLetterOrDigit || "+-._".utf8.contains($0) }
                guard !text.isEmpty else { throw fault("Found \(found), expected a parameter.") }
                guard take(":") else {
                    guard !arguments.contains(where: { $0.name != nil }), timeframe == nil else {
                        throw fault(at: start, "A parameter without its name stands before those with theirs.")
                    }
                    arguments.append(.init(name: nil, value: ParameterValue(parsing: text)))
                    continue
                }
                skipSpaces()
                let value = run { $0.isLetterOrDigit || "+-._".utf8.contains($0) }
                guard !value.isEmpty else { throw fault("Found \(found), expected a value for \(text.inMessage).") }
                if text == "timeframe" {
                    guard timeframe == nil, value.utf8.count <= 8, let parsed = try? Timeframe(parsing: value) else {
                        throw fault(at: start, "Expected one \(String(ValueType.timeframe.expectation.dropFirst(2))).")
                    }
                    timeframe = parsed
                } else {
                    arguments.append(.init(name: text, value: ParameterValue(parsing: value)))
                }
            } while take(",")
            guard take(")") else { throw fault("Found \(found), expected ',' or ')'.") }
        }
        var output: String?
        if take(".") {
            let name = word()
            guard !name.isEmpty else { throw fault("Found \(found), expected the name of an output.") }
            output = name
        }
        return .init(name: name, arguments: arguments, timeframe: timeframe, output: output)
    }

    // MARK: Characters

    private mutating func skipSpaces() {
        while place < text.count, text[place] == 32 || text[place] == 10 { place += 1 }
    }

    /// The next character that is no space.
    private var rest: UInt8? {
        mutating get {
            skipSpaces()
            return place < text.count ? text[place] : nil
        }
    }

    private mutating func run(_ belongs: (UInt8) -> Bool) -> String {
        let start = place
        while place < text.count, belongs(text[place]) { place += 1 }
        return String(decoding: text[start..<place], as: UTF8.self)
    }

    private mutating func word() -> String {
        skipSpaces()
        return run { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
    }

    private mutating func take(_ sign: String) -> Bool {
        guard rest != nil, text[place...].starts(with: sign.utf8) else { return false }
        place += sign.utf8.count
        return true
    }

    private mutating func take(word wanted: String) -> Bool {
        let start = place
        if word() == wanted { return true }
        place = start
        return false
    }

    /// What stands here, for a message.
    private var found: String {
        mutating get {
            guard rest != nil else { return "the end" }
            let start = place
            defer { place = start }
            let name = word()
            return name.isEmpty
                ? String(decoding: text[start..<min(text.count, start + 8)], as: UTF8.self).inMessage : name.inMessage
        }
    }
}
