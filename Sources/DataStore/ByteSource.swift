// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A stream of bytes from a file, unpacked on the way. Memory is bounded whatever the file's size.
protocol ByteSource: AnyObject {
    /// Fills the start of `buffer`; 0 means the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int
    /// How much of the file was read, for a progress bar.
    var consumedBytes: Int64 { get }
    /// The length of the file, or 0 where it has none (a pipe).
    var totalBytes: Int64 { get }
    /// What was found: `CSV`, `gzip`, …; part of the report.
    var container: String { get }
}

/// A plain file.
final class FileSource: ByteSource {
    let path: String
    let totalBytes: Int64
    private(set) var consumedBytes: Int64 = 0
    private let descriptor: CInt
    var container: String { "plain" }

    init(path: String) throws(ImportError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ImportError(
                .unreadable, file: path, problem: "it cannot be opened (\(errorText(errno)))",
                advice: "Check the path and that you may read it.")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw ImportError(
                .unreadable, file: path, problem: "it is a directory", advice: "Name one file to import.")
        }
        totalBytes = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                consumedBytes += Int64(count)
                return count
            }
            guard errno == EINTR else {
                throw ImportError(
                    .unreadable, file: path, problem: "it cannot be read (\(errorText(errno)))",
                    advice: "Check the disk and that you may read it.")
            }
        }
    }

    /// The first bytes, without moving on.
    func peek(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, 0) }
        return Array(bytes.prefix(max(0, got)))
    }
}

func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }

/// Opens a file by what its first bytes are, and refuses one whose name promises something else.
func openByteSource(path: String) throws(ImportError) -> any ByteSource {
    let file = try FileSource(path: path)
    let magic = file.peek(8)
    func mismatch(_ promised: String) -> ImportError {
        ImportError(
            .unknownFormat, file: path, problem: "the name says \(promised), but the content is not",
            advice: "Download the file again, or rename it to what it is.")
    }
    if magic.starts(with: [0x1F, 0x8B]) { return try GzipSource(file) }
    if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return try ZstdSource(file) }
    if magic.starts(with: [0x50, 0x4B, 0x03, 0x04]) || magic.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
        return try ZipSource(path: path, totalBytes: file.totalBytes)
    }
    let name = path.lowercased()
    if !magic.isEmpty {
        if name.hasSuffix(".gz") { throw mismatch("gzip") }
        if name.hasSuffix(".zst") { throw mismatch("zstd") }
        if name.hasSuffix(".zip") { throw mismatch("zip") }
    }
    if magic.starts(with: Array("ARROW1".utf8)) || magic.starts(with: Array("FEA1".utf8)) {
        throw ImportError(
            .unknownFormat, file: path, problem: "it is a feather file, which Apus does not read",
            advice: "Convert it with `freqtrade convert-data --format-from feather --format-to json`.")
    }
    if magic.starts(with: Array("PAR1".utf8)) {
        throw ImportError(
            .unknownFormat, file: path, problem: "it is a parquet file, which Apus does not read",
            advice: "Write it as CSV first.")
    }
    return file
}
