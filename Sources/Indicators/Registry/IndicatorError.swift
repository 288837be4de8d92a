// SPDX-License-Identifier: Apache-2.0

/// Why an indicator could not be made or computed.
public enum IndicatorError: Error, Equatable, CustomStringConvertible {
    case unknownIndicator(name: String, suggestion: String?)
    case unknownParameter(indicator: String, name: String, suggestion: String?, known: [String])
    case wrongType(indicator: String, parameter: String, value: String, expected: String)
    case outOfRange(parameter: String, value: String, allowed: String)
    /// Two parameters that are each allowed but not together.
    case incompatible(indicator: String, reason: String)
    case unequalLengths([Int])
    case nameTaken(String)

    public var description: String {
        switch self {
        case .unknownIndicator(let name, let suggestion):
            "There is no indicator '\(name)'. "
                + (suggestion.map { "Did you mean '\($0)'?" } ?? "`apus indicators list` shows them all.")
        case .unknownParameter(let indicator, let name, let suggestion, let known):
            "The indicator '\(indicator)' has no parameter '\(name)'. "
                + (suggestion.map { "Did you mean '\($0)'?" }
                    ?? (known.isEmpty ? "It has none." : "It has: \(known.joined(separator: ", "))."))
        case .wrongType(let indicator, let parameter, let value, let expected):
            "The parameter '\(parameter)' of '\(indicator)' is \(expected), not '\(value)'."
        case .outOfRange(let parameter, let value, let allowed):
            "The parameter '\(parameter)' is \(value). Allowed: \(allowed)."
        case .incompatible(let indicator, let reason):
            "The parameters of '\(indicator)' do not go together: \(reason)."
        case .unequalLengths(let lengths):
            "The input columns have different lengths (\(lengths.map(String.init).joined(separator: ", "))). "
                + "Give one value per bar in each."
        case .nameTaken(let name):
            "An indicator named '\(name)' is already registered. Choose another name."
        }
    }
}

/// The longest window any indicator takes: 100 weeks of one-minute bars fit.
let longestPeriod = 1_000_000

func requirePeriod(_ value: Int, _ name: String = "period", atLeast minimum: Int = 1) throws(IndicatorError) {
    guard value >= minimum, value <= longestPeriod else {
        throw .outOfRange(parameter: name, value: "\(value)", allowed: "\(minimum) to \(longestPeriod)")
    }
}

func requireNumber(_ value: Double, _ name: String, in range: ClosedRange<Double>) throws(IndicatorError) {
    guard range.contains(value) else {
        throw .outOfRange(parameter: name, value: "\(value)", allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
}
