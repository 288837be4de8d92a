// SPDX-License-Identifier: Apache-2.0

/// A parameter as configuration gives it.
public enum ParameterValue: Hashable, Sendable, CustomStringConvertible {
    case integer(Int)
    case number(Double)
    case text(String)
    case boolean(Bool)

    /// Reads a value from the command line: an integer, a number, `true` or `false`, otherwise text.
    public init(parsing text: String) {
        if let integer = Int(text) {
            self = .integer(integer)
        } else if let number = Double(text), number.isFinite {
            self = .number(number)
        } else if let boolean = Bool(text) {
            self = .boolean(boolean)
        } else {
            self = .text(text)
        }
    }

    public var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): value
        case .boolean(let value): "\(value)"
        }
    }
}

extension ParameterValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral
{
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

/// A parameter that an indicator declares: its name, type, default and allowed values.
public struct ParameterDefinition: Equatable, Sendable {
    /// The type of a parameter with its default and what is allowed.
    public enum Kind: Equatable, Sendable {
        case integer(default: Int, range: ClosedRange<Int>)
        case number(default: Double, range: ClosedRange<Double>)
        case choice(default: String, options: [String])
        case boolean(default: Bool)
    }

    public let name: String
    public let kind: Kind
    public let summary: String

    public init(name: String, kind: Kind, summary: String) {
        self.name = name
        self.kind = kind
        self.summary = summary
    }

    public var defaultValue: ParameterValue {
        switch kind {
        case .integer(let value, _): .integer(value)
        case .number(let value, _): .number(value)
        case .choice(let value, _): .text(value)
        case .boolean(let value): .boolean(value)
        }
    }

    /// The allowed values in words, such as `1 to 1000000`.
    public var allowed: String {
        switch kind {
        case .integer(_, let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(_, let range): "\(range.lowerBound) to \(range.upperBound)"
        case .choice(_, let options): options.joined(separator: ", ")
        case .boolean: "true, false"
        }
    }

    /// Returns the value in this parameter's own type: a whole number serves where a number is wanted.
    package func validate(_ value: ParameterValue, of owner: String) throws(IndicatorError) -> ParameterValue {
        func outOfRange() -> IndicatorError { .outOfRange(parameter: name, value: "\(value)", allowed: allowed) }
        func wrongType(_ expected: String) -> IndicatorError {
            .wrongType(indicator: owner, parameter: name, value: "\(value)", expected: expected)
        }
        switch kind {
        case .integer(_, let range):
            switch value {
            case .integer(let integer):
                guard range.contains(integer) else { throw outOfRange() }
                return value
            case .number(let number):
                guard let integer = Int(exactly: number) else { throw wrongType("a whole number") }
                guard range.contains(integer) else { throw outOfRange() }
                return .integer(integer)
            case .text, .boolean: throw wrongType("a whole number")
            }
        case .number(_, let range):
            let number: Double
            switch value {
            case .integer(let integer): number = Double(integer)
            case .number(let given): number = given
            case .text, .boolean: throw wrongType("a number")
            }
            guard range.contains(number) else { throw outOfRange() }
            return .number(number)
        case .choice(_, let options):
            guard case .text(let text) = value else { throw wrongType("one of \(allowed)") }
            guard options.contains(text) else { throw outOfRange() }
            return value
        case .boolean:
            guard case .boolean = value else { throw wrongType("true or false") }
            return value
        }
    }
}

extension ParameterDefinition {
    /// A window length in bars.
    public static func period(
        _ value: Int, name: String = "period", atLeast minimum: Int = 1, _ summary: String = "Bars in the window."
    ) -> ParameterDefinition {
        ParameterDefinition(name: name, kind: .integer(default: value, range: minimum...1_000_000), summary: summary)
    }

    /// The bar's value that a one-series indicator reads.
    public static func source(
        _ value: BarSource = .close, name: String = "source", _ summary: String = "The bar's value that is read."
    ) -> ParameterDefinition {
        ParameterDefinition(
            name: name, kind: .choice(default: value.rawValue, options: BarSource.allCases.map(\.rawValue)),
            summary: summary)
    }

    /// How a recursive average starts.
    public static let seed = ParameterDefinition(
        name: "seed", kind: .choice(default: Seed.sma.rawValue, options: Seed.allCases.map(\.rawValue)),
        summary: "How the average starts: the mean of the first `period` values (sma), or the first value (first).")

    static func number(
        _ name: String, _ value: Double, in range: ClosedRange<Double>, _ summary: String
    ) -> ParameterDefinition {
        ParameterDefinition(name: name, kind: .number(default: value, range: range), summary: summary)
    }

    static func choice<Option: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ value: Option, _ summary: String
    ) -> ParameterDefinition {
        ParameterDefinition(
            name: name, kind: .choice(default: value.rawValue, options: Option.allCases.map(\.rawValue)),
            summary: summary)
    }
}
