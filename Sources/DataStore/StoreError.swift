// SPDX-License-Identifier: Apache-2.0

/// Why the store could not do what it was asked. The store is as it was before.
public struct StoreError: Error, Equatable, CustomStringConvertible, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The folder or file cannot be opened, created or read.
        case unreadable
        /// The disk is full, read-only or broken.
        case unwritable
        /// Another process is writing.
        case locked
        case noSuchSeries
        /// A file is not a series, is cut short, or its checksum is wrong.
        case damaged
        /// It was written by a newer version of Apus.
        case newerVersion
        /// New bars contradict stored ones.
        case conflict
        /// The bars cannot be held together.
        case incompatible
        case badName
        case cancelled
    }

    public let kind: Kind
    public let path: String
    public let problem: String
    public let advice: String

    public init(_ kind: Kind, path: String, problem: String, advice: String) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.advice = advice
    }

    public var description: String { "\(path): \(problem). \(advice)" }
}
