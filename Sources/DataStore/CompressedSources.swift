// SPDX-License-Identifier: Apache-2.0

internal import CZip
internal import CZlib
internal import CZstd

private let inputSize = 128 * 1024

/// Bytes of a gzip file with one member or several.
final class GzipSource: ByteSource {
    private let file: FileSource
    private let stream: UnsafeMutablePointer<z_stream>
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputSize, alignment: 16)
    private var isFinished = false
    private var isBetweenMembers = false
    var consumedBytes: Int64 { file.consumedBytes }
    var totalBytes: Int64 { file.totalBytes }
    var container: String { "gzip" }

    init(_ file: FileSource) throws(ImportError) {
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window, 16 asks for the gzip header and its checksum.
        let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw damaged("zlib could not be started (\(code))") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        guard !isFinished else { return 0 }
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = CUnsignedInt(buffer.count)
        while stream.pointee.avail_out > 0 {
            if stream.pointee.avail_in == 0 {
                let count = try file.read(into: input)
                if count == 0 {
                    guard isBetweenMembers else { throw damaged("the gzip data ends in the middle") }
                    isFinished = true
                    break
                }
                stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_in = CUnsignedInt(count)
            }
            if isBetweenMembers {
                // Zeros after the last member are padding, as gzip(1) allows.
                while stream.pointee.avail_in > 0, stream.pointee.next_in.pointee == 0 {
                    stream.pointee.next_in += 1
                    stream.pointee.avail_in -= 1
                }
                guard stream.pointee.avail_in > 0 else { continue }
                guard inflateReset(stream) == Z_OK else { throw damaged("zlib could not go on") }
                isBetweenMembers = false
            }
            let code = inflate(stream, Z_NO_FLUSH)
            if code == Z_STREAM_END {
                isBetweenMembers = true
            } else if code != Z_OK, code != Z_BUF_ERROR {
                let detail = stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)"
                throw damaged("the gzip data is damaged (\(detail))")
            }
        }
        return buffer.count - Int(stream.pointee.avail_out)
    }

    private func damaged(_ problem: String) -> ImportError {
        ImportError(.damagedArchive, file: file.path, problem: problem, advice: "Download or make the file again.")
    }
}

/// Bytes of a zstd file with one frame or several.
final class ZstdSource: ByteSource {
    private let file: FileSource
    private let stream: OpaquePointer
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputSize, alignment: 16)
    private var pending = ZSTD_inBuffer()
    private var isInFrame = false
    var consumedBytes: Int64 { file.consumedBytes }
    var totalBytes: Int64 { file.totalBytes }
    var container: String { "zstd" }

    init(_ file: FileSource) throws(ImportError) {
        self.file = file
        guard let stream = ZSTD_createDStream() else {
            throw ImportError(
                .damagedArchive, file: file.path, problem: "zstd could not be started",
                advice: "Free some memory and try again.")
        }
        self.stream = stream
        pending = ZSTD_inBuffer(src: input.baseAddress, size: 0, pos: 0)
    }

    deinit {
        ZSTD_freeDStream(stream)
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        while output.pos < output.size {
            if pending.pos == pending.size {
                let count = try file.read(into: input)
                if count == 0 {
                    guard !isInFrame else { throw damaged("the zstd data ends in the middle") }
                    break
                }
                pending = ZSTD_inBuffer(src: input.baseAddress, size: count, pos: 0)
            }
            let code = ZSTD_decompressStream(stream, &output, &pending)
            guard ZSTD_isError(code) == 0 else {
                throw damaged("the zstd data is damaged (\(String(cString: ZSTD_getErrorName(code))))")
            }
            isInFrame = code != 0
        }
        return output.pos
    }

    private func damaged(_ problem: String) -> ImportError {
        ImportError(.damagedArchive, file: file.path, problem: problem, advice: "Download or make the file again.")
    }
}

/// Bytes of the one CSV file inside a zip archive, as Binance Vision publishes them.
final class ZipSource: ByteSource {
    private let path: String
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let entrySize: Int64
    private var produced: Int64 = 0
    let totalBytes: Int64
    var container: String { "zip" }
    /// libzip does not tell how much of the archive was read, so the unpacked share stands for it.
    var consumedBytes: Int64 {
        guard entrySize > 0 else { return 0 }
        return Int64(Double(totalBytes) * min(1, Double(produced) / Double(entrySize)))
    }

    init(path: String, totalBytes: Int64) throws(ImportError) {
        self.path = path
        self.totalBytes = min(totalBytes, 1 << 40)
        var code: CInt = 0
        guard let archive = zip_open(path, CInt(ZIP_RDONLY), &code) else {
            throw ImportError(
                .damagedArchive, file: path, problem: "the zip archive is damaged or ends early (code \(code))",
                advice: "Download the file again.")
        }
        var candidates: [zip_uint64_t] = []
        for index in 0..<max(0, zip_get_num_entries(archive, 0)) {
            guard let name = zip_get_name(archive, zip_uint64_t(index), 0) else { continue }
            if String(cString: name).lowercased().hasSuffix(".csv") { candidates.append(zip_uint64_t(index)) }
        }
        guard candidates.count == 1, let entry = zip_fopen_index(archive, candidates[0], 0) else {
            zip_discard(archive)
            throw ImportError(
                .unknownFormat, file: path,
                problem: candidates.count == 1
                    ? "the CSV file in the zip archive cannot be opened"
                    : "the zip archive holds \(candidates.count) CSV files",
                advice: "Use an archive with exactly one CSV file, as Binance Vision publishes them.")
        }
        var status = zip_stat_t()
        zip_stat_init(&status)
        entrySize = zip_stat_index(archive, candidates[0], 0, &status) == 0 ? Int64(clamping: status.size) : 0
        self.archive = archive
        self.entry = entry
    }

    deinit {
        zip_fclose(entry)
        zip_discard(archive)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        let count = zip_fread(entry, buffer.baseAddress, zip_uint64_t(buffer.count))
        guard count >= 0 else {
            throw ImportError(
                .damagedArchive, file: path, problem: "the data in the zip archive is damaged or ends early",
                advice: "Download the file again.")
        }
        produced += count
        return Int(count)
    }
}
