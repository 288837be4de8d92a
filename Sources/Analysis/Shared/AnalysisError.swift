// SPDX-License-Identifier: Apache-2.0

/// Why a part of the analysis could not be set up.
public enum AnalysisError: Error, Equatable, CustomStringConvertible {
    /// A setting has a value that is not allowed; `key` is its path, such as `thresholds.window`.
    case notAllowed(key: String, value: String, allowed: String)
    /// Settings are each allowed but do not go together.
    case contradiction(key: String, reason: String)

    public var key: String {
        switch self {
        case .notAllowed(let key, _, _), .contradiction(let key, _): key
        }
    }

    public var description: String {
        switch self {
        case .notAllowed(let key, let value, let allowed): "\(key) is \(value). Allowed: \(allowed)."
        case .contradiction(let key, let reason): "\(key) does not go with the other settings: \(reason)."
        }
    }
}

func require(
    _ value: Int, _ key: String, in range: ClosedRange<Int>
) throws(AnalysisError) {
    guard range.contains(value) else {
        throw .notAllowed(key: key, value: "\(value)", allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
}

func require(
    _ value: Double, _ key: String, in range: ClosedRange<Double>
) throws(AnalysisError) {
    guard range.contains(value) else {
        throw .notAllowed(key: key, value: "\(value)", allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
}

/// The longest period, window or history that is allowed.
let longestWindow = 1_000_000

/// Makes an indicator whose parameters were validated.
func validated<Result>(_ make: () throws -> Result) -> Result {
    do { return try make() } catch { preconditionFailure("validated settings were refused: \(error)") }
}
