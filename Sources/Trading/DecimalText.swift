// SPDX-License-Identifier: Apache-2.0

/// Why text could not become an exact decimal number.
public enum DecimalError: Error, Equatable, CustomStringConvertible {
    case notANumber(text: String)
    case tooManyDecimals(text: String, allowed: Int)
    case outOfRange(text: String)

    public var description: String {
        switch self {
        case .notANumber(let text):
            "'\(text.shortened)' is not a decimal number. Use digits and one decimal point, such as 101.25."
        case .tooManyDecimals(let text, let allowed):
            "'\(text.shortened)' has more than \(allowed) decimals."
        case .outOfRange(let text):
            "'\(text.shortened)' is too large to be held exactly."
        }
    }
}

extension String {
    /// At most 40 characters without control characters, so that an error message stays one line whatever the input was.
    /// It looks at no more than that, however long the text is.
    package var shortened: String {
        var scalars = String.UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars.prefix(41) {
            let isControl = scalar.value < 32 || (127...159).contains(scalar.value) || scalar == "\u{2028}"
            scalars.append(isControl || scalar == "\u{2029}" ? "\u{FFFD}" : scalar)
            count += 1
        }
        return count <= 40 ? String(scalars) : "\(String(String.UnicodeScalarView(scalars.prefix(37))))…"
    }
}

/// Exact conversion between decimal text and integers at a fixed decimal scale.
public enum DecimalText {
    /// `10` to the power `exponent`, for exponents from 0 to 18.
    @inlinable public static func powerOfTen(_ exponent: Int) -> Int64 {
        precondition(exponent >= 0 && exponent <= 18, "a power of ten must fit in 64 bits, was 10^\(exponent)")
        var value: Int64 = 1
        for _ in 0..<exponent { value *= 10 }
        return value
    }

    /// The most characters that a number may have, zeros included: longer text is refused unread.
    public static let maximumLength = 400

    /// Reads decimal text, with an optional sign, fraction and exponent (`-12.5`, `1e-5`), as an integer number of
    /// `10^-decimals`. Digits that do not fit that scale are an error unless they are zero; nothing is rounded.
    ///
    /// The smallest integer of the type is refused like those below it, so that every result can change its sign.
    public static func parse<Integer: FixedWidthInteger & SignedInteger>(
        _ text: some StringProtocol, decimals: Int, as type: Integer.Type = Integer.self
    ) throws(DecimalError) -> Integer {
        guard text.utf8.prefix(maximumLength + 1).count <= maximumLength else {
            throw .outOfRange(text: String(String.UnicodeScalarView(text.unicodeScalars.prefix(41))).shortened)
        }
        var bytes = Array(text.utf8)[...]
        func fail() -> DecimalError { .notANumber(text: String(text)) }
        let negative = bytes.first == 45
        if negative || bytes.first == 43 { bytes = bytes.dropFirst() }

        var exponent = 0
        if let mark = bytes.firstIndex(where: { $0 == 101 || $0 == 69 }) {
            guard let value = Int(String(decoding: bytes[(mark + 1)...], as: UTF8.self)),
                (-64...64).contains(value)
            else { throw fail() }
            exponent = value
            bytes = bytes[..<mark]
        }
        var digits: [UInt8] = []
        var fractionDigits: Int? = nil
        for byte in bytes {
            switch byte {
            case 48...57:
                digits.append(byte - 48)
                if fractionDigits != nil { fractionDigits! += 1 }
            case 46 where fractionDigits == nil: fractionDigits = 0
            default: throw fail()
            }
        }
        guard !digits.isEmpty else { throw fail() }

        var shift = decimals + exponent - (fractionDigits ?? 0)
        while shift < 0 {
            guard digits.last == 0 || digits.isEmpty else {
                throw .tooManyDecimals(text: String(text), allowed: decimals)
            }
            _ = digits.popLast()
            shift += 1
        }
        var value: Integer = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Integer(digit))
            guard !overflow, !carry else { throw .outOfRange(text: String(text)) }
            value = sum
        }
        if value != 0 {
            for _ in 0..<shift {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                guard !overflow else { throw .outOfRange(text: String(text)) }
                value = product
            }
        }
        return negative ? -value : value
    }

    /// Writes an integer number of `10^-decimals` with trailing zeros cut: `12.5`, `-0.001`, `30`.
    public static func format(_ units: some BinaryInteger, decimals: Int, minimumDecimals: Int = 0) -> String {
        // Bytes, not characters: lists of fills have hundreds of thousands of numbers.
        var digits = Array(String(units.magnitude).utf8)
        if digits.count <= decimals {
            digits.insert(contentsOf: repeatElement(48, count: decimals - digits.count + 1), at: 0)
        }
        let point = digits.count - decimals
        var end = digits.count
        while end > point + minimumDecimals, digits[end - 1] == 48 { end -= 1 }
        var bytes: [UInt8] = units < 0 ? [45] : []
        bytes.reserveCapacity(end + 2)
        bytes += digits[..<point]
        if end > point {
            bytes.append(46)
            bytes += digits[point..<end]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A number that was computed, for people: rounded half away from zero to so many decimals; `none` where it is not a
    /// number, and as Swift writes it (`1e+25`, `inf`) where its digits would not be exact.
    package static func rounded(_ value: Double, decimals: Int, minimumDecimals: Int) -> String {
        guard !value.isNaN else { return "none" }
        let scaled = (value * Double(powerOfTen(decimals))).rounded()
        guard scaled.magnitude < 0x1p53 else { return value.description }
        return format(Int64(scaled), decimals: decimals, minimumDecimals: minimumDecimals)
    }

    /// The same with exactly so many decimals: `0.70`.
    package static func rounded(_ value: Double, decimals: Int) -> String {
        rounded(value, decimals: decimals, minimumDecimals: decimals)
    }

    /// The fewest decimals that hold `text` exactly, or `nil` where it is not a number.
    public static func decimalsNeeded(by text: some StringProtocol) -> Int? {
        for decimals in 0...18 {
            do {
                let _: Int128 = try parse(text, decimals: decimals)
                return decimals
            } catch .tooManyDecimals {
                continue
            } catch { return nil }
        }
        return nil
    }
}
