// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Why a message of the venue could not be read: which field, what was wrong, and the value that was there.
public struct MessageError: Error, Hashable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable {
        case notJSON
        case missing
        case wrongType(expected: String)
        case notANumber
        case outOfRange
        /// A word that is none of those known.
        case unknown
    }
    /// From the message inwards, joined by points: `data.levels`.
    public var field: String
    public var problem: Problem
    public var value: String

    public init(field: String, problem: Problem, value: String) {
        self.field = field
        self.problem = problem
        self.value = String(value.unicodeScalars.prefix(80).map { $0.value < 32 ? " " : Character($0) })
    }

    init(_ error: JSONError) { self.init(field: "message", problem: .notJSON, value: error.description) }

    public var description: String {
        switch problem {
        case .notJSON: "a message is \(value)"
        case .missing: "'\(field)' is missing\(value.isEmpty ? "" : " in \(value)")"
        case .wrongType(let expected): "'\(field)' should be \(expected), was \(value)"
        case .notANumber: "'\(field)' should be a decimal number, was '\(value)'"
        case .outOfRange: "'\(field)' is a number that cannot be held exactly: '\(value)'"
        case .unknown: "'\(field)' has a value that is not known: '\(value)'"
        }
    }
}
