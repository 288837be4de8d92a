// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Cuts a stream of bytes into portions of whole lines, in one fixed buffer.
struct LineReader: ~Copyable {
    /// No row of market data is longer; a longer one is refused, not collected.
    static let maximumLineLength = 64 * 1024
    private static let bufferSize = 256 * 1024

    private let source: any ByteSource
    private let file: String
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var used = 0
    private var isAtStart = true
    private var isAtEnd = false

    init(source: any ByteSource, file: String) {
        self.source = source
        self.file = file
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next portion: whole lines, of which the last may lack its line feed at the end of the file. Valid until the
    /// next call. `nil` at the end.
    ///
    /// - Parameter linesSoFar: How many lines the caller has seen, to name the row where one is too long.
    mutating func nextPortion(linesSoFar: Int) throws(ImportError) -> UnsafeBufferPointer<UInt8>? {
        filled -= used
        if used > 0, filled > 0 { memmove(buffer.baseAddress!, buffer.baseAddress! + used, filled) }
        used = 0
        while !isAtEnd {
            let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if got == 0 { isAtEnd = true }
            filled += got
            if isAtStart, filled >= 3 || isAtEnd {
                skipByteOrderMark()
                isAtStart = false
            }
            if let end = buffer[..<filled].lastIndex(of: 0x0A) {
                used = end + 1
                return portion(used)
            }
            guard filled <= Self.maximumLineLength else { throw tooLong(row: linesSoFar + 1) }
        }
        guard filled > 0 else { return nil }
        used = filled
        return portion(used)
    }

    private func portion(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), count: count)
    }

    private mutating func skipByteOrderMark() {
        guard filled >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF else { return }
        filled -= 3
        memmove(buffer.baseAddress!, buffer.baseAddress! + 3, filled)
    }

    private func tooLong(row: Int) -> ImportError {
        ImportError(
            .malformedRow, file: file, row: row,
            problem: "a line is longer than \(Self.maximumLineLength) bytes",
            advice: "This is not a table of bars; check the file.")
    }
}
