// SPDX-License-Identifier: Apache-2.0

/// Why a file could not be imported: where, with which value, and what to do. Nothing was stored.
public struct ImportError: Error, Equatable, CustomStringConvertible, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Missing, a directory, or not readable.
        case unreadable
        /// Not what its name or its first bytes say, or a format that Apus does not read.
        case unknownFormat
        /// Compressed data that ends early or is damaged.
        case damagedArchive
        /// No rows.
        case empty
        /// The header lacks a column, names one twice, or there is none.
        case header
        /// Nothing says whether bars are stamped at open or close, or two things disagree.
        case stampUndeclared
        /// A row with another number of columns, or a line too long to be one.
        case malformedRow
        case notANumber
        case notATime
        case outOfRange
        case impossibleBar
        case outOfOrder
        case conflictingDuplicate
        /// The bars are not as far apart as was declared, or it cannot be told how far.
        case wrongTimeframe
        case offGrid
        case cancelled
    }

    public let kind: Kind
    public let file: String
    /// The line of the text, counted from 1; the element of the array in JSON.
    public let row: Int?
    public let column: String?
    /// What is wrong, with the value.
    public let problem: String
    /// What to do next.
    public let advice: String

    public init(
        _ kind: Kind, file: String, row: Int? = nil, column: String? = nil, problem: String, advice: String
    ) {
        self.kind = kind
        self.file = file
        self.row = row
        self.column = column
        self.problem = problem
        self.advice = advice
    }

    public var description: String {
        var place = file
        if let row { place += ", row \(row)" }
        if let column { place += ", column '\(column)'" }
        return "\(place): \(problem). \(advice)"
    }
}

/// At most 40 bytes of a file as printable text, for error messages.
func printable(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    for byte in bytes.prefix(40) {
        if byte >= 0x20, byte < 0x7F {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            let digits = String(byte, radix: 16)
            text += "\\x" + (digits.count == 1 ? "0" : "") + digits
        }
    }
    return bytes.count > 40 ? text + "…" : text
}
