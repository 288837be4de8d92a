// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A checked value without structure, exact.
public enum ConfigurationValue: Sendable, Hashable {
    case boolean(Bool)
    case integer(Int64)
    case decimal(Amount)
    /// A share or percentage, as a share of one.
    case rate(Rate)
    case text(String)
    case duration(TimeSpan)
    case timeframe(Timeframe)
    case time(Timestamp)

    /// The nearest Double of a number (correctly rounded), for indicators and models; `nil` for what is no number.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .decimal(let value): Double(value.description)
        case .rate(let value): Double(value.description)
        case .boolean, .text, .duration, .timeframe, .time: nil
        }
    }
}

extension ConfigurationValue: CustomStringConvertible {
    public var description: String {
        switch self {
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .decimal(let value): "\(value)"
        case .rate(let value): "\(value)"
        case .text(let value): value
        case .duration(let value): DurationText.format(value)
        case .timeframe(let value): "\(value)"
        case .time(let value): "\(value)"
        }
    }
}

/// Why a scalar is not a value of its type.
struct ValueFault: Error, Equatable {
    let kind: ConfigurationProblem.Kind
    /// What is wrong and what is expected, as a sentence.
    let message: String
}

extension ValueType {
    /// Reads a scalar as this type.
    ///
    /// - Precondition: The type has no structure of its own (no list, section or map).
    func value(of node: ConfigurationNode) throws(ValueFault) -> ConfigurationValue {
        func fault(_ kind: ConfigurationProblem.Kind = .wrongType, _ hint: String = "") -> ValueFault {
            ValueFault(
                kind: kind,
                message: "Found \(node.foundText), expected \(expectation).\(hint.isEmpty ? "" : " ")\(hint)")
        }
        guard let scalar = node.scalar, !scalar.isNull else { throw fault() }
        let text = scalar.text
        switch self {
        case .boolean:
            if !scalar.isQuoted {
                if ["true", "True", "TRUE"].contains(text) { return .boolean(true) }
                if ["false", "False", "FALSE"].contains(text) { return .boolean(false) }
            }
            switch text.lowercased() {
            case "yes", "on", "y", "true": throw fault(.wrongType, "Write true, without quotes.")
            case "no", "off", "n", "false": throw fault(.wrongType, "Write false, without quotes.")
            default: throw fault()
            }
        case .integer(let range):
            guard !scalar.isQuoted else {
                throw fault(.wrongType, Self.isInteger(text) ? "Write it without quotes." : "")
            }
            guard Self.isInteger(text) else { throw fault() }
            guard text.utf8.count <= ConfigurationLimits.maximumNumberLength, let value = Int64(text) else {
                throw fault(.outOfRange, "More than \(Int64.max) cannot be held.")
            }
            guard range.contains(value) else { throw fault(.outOfRange) }
            return .integer(value)
        case .decimal(let range):
            let value = try Self.amount(text, fault)
            guard range.contains(value) else { throw fault(.outOfRange) }
            return .decimal(value)
        case .share(let range):
            let percent = text.hasSuffix("%")
            let written = try Self.amount(percent ? Self.withoutSign(text) : text, fault)
            let units = percent ? written.units / 100 : written.units
            guard !percent || written.units % 100 == 0, let rate = Self.rate(units) else {
                throw fault(.outOfRange, "At most 9 decimals of a share are kept.")
            }
            guard range.contains(Amount(units: units)) else { throw fault(.outOfRange) }
            return .rate(rate)
        case .percentage(let range):
            let written = try Self.amount(text.hasSuffix("%") ? Self.withoutSign(text) : text, fault)
            guard range.contains(written) else { throw fault(.outOfRange) }
            guard written.units % 100 == 0, let rate = Self.rate(written.units / 100) else {
                throw fault(.outOfRange, "At most 7 decimals of a percentage are kept.")
            }
            return .rate(rate)
        case .text(let rule):
            if !scalar.isQuoted, ["true", "false"].contains(text.lowercased()) {
                throw fault(.wrongType, "Put it in quotes if it is meant as text.")
            }
            guard rule.allows(text) else {
                if rule.hidesWrongValues {
                    throw ValueFault(
                        kind: .notAllowed, message: "Expected \(expectation). What was found is not shown.")
                }
                throw fault(.notAllowed)
            }
            return .text(text)
        case .choice(let choices):
            if choices.contains(where: { $0.name == text }) { return .text(text) }
            let near = Suggestion.nearest(to: text, among: choices.map(\.name))
            throw fault(.notAllowed, near.map { "Did you mean '\($0)'?" } ?? "")
        case .duration(let range):
            guard let value = DurationText.parse(text) else { throw fault() }
            guard range.contains(value) else { throw fault(.outOfRange) }
            return .duration(value)
        case .timeframe:
            guard text.utf8.count <= 8, let value = try? Timeframe(parsing: text) else { throw fault(.notAllowed) }
            return .timeframe(value)
        case .time:
            guard text.utf8.count <= 40, let value = try? Timestamp(parsing: text) else { throw fault() }
            return .time(value)
        case .either(let types):
            var deepest: ValueFault? = nil
            for type in types where type.isScalar {
                do { return try type.value(of: node) } catch {
                    if error.kind != .wrongType, error.kind != .notAllowed { deepest = error }
                }
            }
            throw fault(deepest?.kind ?? .notAllowed)
        case .list, .section, .map, .parameters, .anything:
            throw fault()
        }
    }

    /// Written as one text, without lists or maps.
    var isScalar: Bool {
        switch self {
        case .boolean, .integer, .decimal, .share, .percentage, .text, .choice, .duration, .timeframe, .time: true
        case .either(let types): types.contains { $0.isScalar }
        case .list, .section, .map, .parameters, .anything: false
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        let digits = text.utf8.first.map { $0 == 43 || $0 == 45 } == true ? text.utf8.dropFirst() : text.utf8[...]
        return !digits.isEmpty && digits.allSatisfy(\.isDigit)
    }

    private static func withoutSign(_ text: String) -> String {
        var number = text.dropLast()
        if number.last == " " { number = number.dropLast() }
        return String(number)
    }

    private static func rate(_ units: Int128) -> Rate? {
        guard units % 1_000_000_000 == 0, let value = Int64(exactly: units / 1_000_000_000) else { return nil }
        return Rate(units: value)
    }

    /// An exact number; its form and length are checked here, so that whatever was written gives a value or a fault.
    private static func amount(
        _ text: String, _ fault: (ConfigurationProblem.Kind, String) -> ValueFault
    ) throws(ValueFault) -> Amount {
        guard text.utf8.count <= ConfigurationLimits.maximumNumberLength else {
            throw text.utf8.first.map({ $0.isDigit || $0 == 45 }) == true
                ? fault(.outOfRange, "A number has at most \(ConfigurationLimits.maximumNumberLength) characters.")
                : fault(.wrongType, "")
        }
        guard isDecimal(text) else {
            let name = text.lowercased().drop { "+-.".contains($0) }
            if ["nan", "inf", "infinity"].contains(name) { throw fault(.wrongType, "Write a finite number.") }
            let isSeparated = isDecimal(text.split(whereSeparator: { ",_ ".contains($0) }).joined())
            throw fault(.wrongType, isSeparated ? "Write a point before the decimals, and no other separators." : "")
        }
        do {
            return Amount(units: try DecimalText.parse(text, decimals: Amount.decimals))
        } catch {
            throw fault(.outOfRange, "\(error)")
        }
    }

    /// Digits with an optional sign, point, and exponent of at most two digits.
    static func isDecimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == 43 || rest.first == 45 { rest = rest.dropFirst() }
        let mantissa = rest.prefix { $0.isDigit || $0 == 46 }
        guard mantissa.contains(where: \.isDigit), mantissa.count(where: { $0 == 46 }) <= 1 else { return false }
        rest = rest.dropFirst(mantissa.count)
        guard let mark = rest.first else { return true }
        guard mark | 32 == 101 else { return false }
        rest = rest.dropFirst()
        if rest.first == 43 || rest.first == 45 { rest = rest.dropFirst() }
        return (1...2).contains(rest.count) && rest.allSatisfy(\.isDigit)
    }
}

/// Lengths of time as people write them: `100ms`, `1.5s`, `5m`.
public enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    /// A number and a unit: ns, us, ms, s, m, h or d. `nil` for anything else, and beyond 100 years.
    public static func parse(_ text: String) -> TimeSpan? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard number.utf8.count <= 20, number.last != ".", number.first != ".", ValueType.isDecimal(String(number)),
            let unit = units.first(where: { $0.name == text.dropFirst(number.count) }),
            let value = try? DecimalText.parse(number, decimals: 9, as: Int128.self)
        else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: Int128(unit.nanoseconds))
        guard !overflow, product % 1_000_000_000 == 0, let nanoseconds = Int64(exactly: product / 1_000_000_000),
            nanoseconds <= TimeSpan.configurableMaximum.nanoseconds
        else { return nil }
        return TimeSpan(nanoseconds: nanoseconds)
    }

    /// The shortest form that is exact: `100ms`, `90s`, `2h`.
    public static func format(_ span: TimeSpan) -> String {
        guard span != .zero else { return "0s" }
        for unit in units where span.nanoseconds % unit.nanoseconds == 0 {
            return "\(span.nanoseconds / unit.nanoseconds)\(unit.name)"
        }
        return "\(span.nanoseconds)ns"
    }
}
