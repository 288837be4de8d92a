// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a configuration, or worth a warning: where, which key, and what to write instead.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        /// The file cannot be read.
        case unreadable
        /// Not UTF-8, or characters that no text file holds.
        case encoding
        /// Neither YAML nor JSON.
        case syntax
        /// Beyond a limit of `ConfigurationLimits`.
        case tooLarge
        case duplicateKey
        case unknownKey
        case missingKey
        case wrongType
        case outOfRange
        /// Not one of the values that are allowed here.
        case notAllowed
        /// Two settings that do not go together, or a setting without the one that it needs.
        case conflict
        /// `--set` could not be understood.
        case override
        /// A warning: accepted, but without effect yet.
        case planned
        /// A warning: it concerns nothing that runs.
        case unused
    }

    public let kind: Kind
    public let location: SourceLocation
    /// The key's full path, such as `strategies.macd_eth.timeframe`; empty for the document as a whole.
    public let path: String
    /// What was found, what is allowed, and what to write.
    public let message: String

    public init(_ kind: Kind, at location: SourceLocation, path: String = "", _ message: String) {
        self.kind = kind
        self.location = location
        self.path = path.withoutKeys
        self.message = message.withoutKeys
    }

    /// One line: `file:line:column: path: message`.
    public var description: String { path.isEmpty ? "\(location): \(message)" : "\(location): \(path): \(message)" }
}

/// All that is wrong with a configuration, in the order of the file.
public struct ConfigurationProblems: Error, Equatable, Sendable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    /// One line for each problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Bounds on what is read, so that no file can exhaust memory or time.
public enum ConfigurationLimits {
    public static let maximumBytes = 4 * 1024 * 1024
    /// Nested lists and maps.
    public static let maximumDepth = 32
    /// Values in all, counted after aliases were put in.
    public static let maximumNodes = 100_000
    /// Characters of a number; none that anybody means is longer.
    public static let maximumNumberLength = 64
    /// Problems reported at once.
    public static let maximumProblems = 100
}
