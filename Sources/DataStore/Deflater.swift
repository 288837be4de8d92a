// SPDX-License-Identifier: Apache-2.0

internal import CZlib

/// Packs bytes into one gzip member.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    init() throws(StoreError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window, 16 asks for the gzip header, 8 is zlib's usual memory.
        let code = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            throw StoreError(
                .unwritable, path: "gzip", problem: "zlib could not be started (\(code))",
                advice: "Free some memory and try again.")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    func add(
        _ bytes: UnsafeRawBufferPointer, sink: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard !bytes.isEmpty else { return }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = CUnsignedInt(bytes.count)
        try run(Z_NO_FLUSH, sink: sink)
    }

    func finish(sink: (UnsafeRawBufferPointer) throws(StoreError) -> Void) throws(StoreError) {
        stream.pointee.avail_in = 0
        try run(Z_FINISH, sink: sink)
    }

    private func run(
        _ flush: CInt, sink: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        while true {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = CUnsignedInt(output.count)
            let code = deflate(stream, flush)
            let made = output.count - Int(stream.pointee.avail_out)
            if made > 0 { try sink(UnsafeRawBufferPointer(rebasing: output[..<made])) }
            if flush == Z_FINISH ? code == Z_STREAM_END : stream.pointee.avail_out > 0 { return }
        }
    }
}
