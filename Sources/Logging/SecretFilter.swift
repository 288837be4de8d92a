// SPDX-License-Identifier: Apache-2.0

/// Replaces secrets in texts by `***`: as they are, in hexadecimal, in upper or lower case, and pieces of them.
///
/// A piece of 12 bytes is enough to be replaced, since messages cut what they quote.
public struct SecretFilter: Sendable {
    /// A shorter secret would be found in ordinary words; it must not be used as one.
    public static let minimumLength = 8
    static let pieceLength = 12
    private static let windowLength = 8

    /// Secrets in lower case, and their bytes in lower-case hexadecimal.
    private var patterns: [[UInt8]] = []
    /// Where each run of eight bytes stands in the patterns.
    private var windows: [UInt64: [(pattern: Int, offset: Int)]] = [:]
    /// Bits of the windows' hashes, so that ordinary text is passed over quickly.
    private var sieve = [UInt64](repeating: 0, count: 1024)

    public init() {}

    public var isEmpty: Bool { patterns.isEmpty }

    /// Adds a secret, the text of a key or its bytes.
    ///
    /// - Returns: Whether it is long enough to be found.
    @discardableResult
    public mutating func add(_ secret: [UInt8]) -> Bool {
        // Bytes that are no text would be written with replacement characters.
        var text = String(decoding: secret, as: UTF8.self).utf8.map(Self.folded)
        while let last = text.last, last == 10 || last == 13 || last == 32 { text.removeLast() }
        if text.starts(with: [48, 120]), text.count > 16 { text.removeFirst(2) }
        guard text.count >= Self.minimumLength else { return false }
        let digits = Array("0123456789abcdef".utf8)
        insert(text)
        insert(secret.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        return true
    }

    private mutating func insert(_ pattern: [UInt8]) {
        guard !patterns.contains(pattern) else { return }
        patterns.append(pattern)
        for offset in 0...(pattern.count - Self.windowLength) {
            let window = pattern[offset..<offset + Self.windowLength].reduce(0) { $0 << 8 | UInt64($1) }
            windows[window, default: []].append((patterns.count - 1, offset))
            let bit = Self.sieveBit(window)
            sieve[bit >> 6] |= 1 << UInt64(bit & 63)
        }
    }

    /// The text with `***` in place of secrets.
    public func redacted(_ text: String) -> String {
        guard !isEmpty, text.utf8.count >= Self.windowLength else { return text }
        let bytes = Array(text.utf8)
        guard let ranges = secretRanges(bytes) else { return text }
        var result: [UInt8] = []
        var kept = 0
        for range in ranges {
            result += bytes[kept..<range.lowerBound]
            result += [42, 42, 42]
            kept = range.upperBound
        }
        result += bytes[kept...]
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether something of a secret stands in it.
    public func finds(in bytes: [UInt8]) -> Bool { secretRanges(bytes) != nil }

    private func secretRanges(_ bytes: [UInt8]) -> [Range<Int>]? {
        guard !isEmpty else { return nil }
        var ranges: [Range<Int>] = []
        var window: UInt64 = 0
        var position = 0
        var filled = 0
        while position < bytes.count {
            window = window << 8 | UInt64(Self.folded(bytes[position]))
            position += 1
            filled += 1
            guard filled >= Self.windowLength else { continue }
            let bit = Self.sieveBit(window)
            guard sieve[bit >> 6] & (1 << UInt64(bit & 63)) != 0, let places = windows[window] else { continue }
            let start = position - Self.windowLength
            let length = places.map { matched($0.pattern, $0.offset, bytes, start) }.max() ?? 0
            guard length > 0 else { continue }
            ranges.append(start..<start + length)
            position = start + length
            filled = 0
        }
        return ranges.isEmpty ? nil : ranges
    }

    /// How many bytes from `start` on are those of a pattern from `offset` on; 0 where too few to matter.
    private func matched(_ pattern: Int, _ offset: Int, _ bytes: [UInt8], _ start: Int) -> Int {
        let pattern = patterns[pattern]
        var length = Self.windowLength
        while start + length < bytes.count, offset + length < pattern.count,
            Self.folded(bytes[start + length]) == pattern[offset + length]
        {
            length += 1
        }
        return length >= min(Self.pieceLength, pattern.count) ? length : 0
    }

    private static func folded(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 32 : byte }

    /// One of 65,536 bits.
    private static func sieveBit(_ window: UInt64) -> Int { Int((window &* 0x9E37_79B9_7F4A_7C15) >> 48) }
}
