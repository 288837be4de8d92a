// SPDX-License-Identifier: Apache-2.0

import Glibc
import MarketData
import TestSupport
import Testing
import Trading

@testable import DataStore

/// A folder of its own for one test, removed at the end.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/apus-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/apus-test-failed"
    }

    deinit { Self.remove(path) }

    /// Writes a file and returns its path.
    func write(_ bytes: some Collection<UInt8>, as name: String) -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let copy = Array(bytes)
        var done = 0
        while done < copy.count {
            let count = copy.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, copy.count - done) }
            if count <= 0 { break }
            done += count
        }
        close(descriptor)
        return file
    }

    func write(_ text: String, as name: String = "bars.csv") -> String { write(text.utf8, as: name) }

    func read(_ name: String) -> [UInt8] { Self.read(path + "/" + name) }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &portion, portion.count)
            guard count > 0 else { return bytes }
            bytes += portion[..<count]
        }
    }

    private static func remove(_ path: String) {
        if Files.isFolder(path) {
            for name in Files.names(in: path) { remove(path + "/" + name) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

func bar(_ minute: Int64, _ open: Int64, _ high: Int64, _ low: Int64, _ close: Int64, _ volume: Int64) -> Bar {
    Bar(
        openTime: Timestamp(seconds: minute * 60), open: Price(units: open), high: Price(units: high),
        low: Price(units: low), close: Price(units: close), volume: Quantity(units: volume))
}

/// Minute bars of a random walk; prices with 2 decimals, volumes with 3.
func randomSeries(seed: UInt64, count: Int) throws -> BarSeries {
    var random = SeededRandom(seed: seed)
    var price = Int64.random(in: 1_000...100_000, using: &random)
    var minute: Int64 = 26_297_280
    let bars = (0..<count).map { _ -> Bar in
        let open = price
        price = max(2, open + Int64.random(in: -50...50, using: &random))
        let made = bar(
            minute, open, max(open, price) + 3, min(open, price) - 1, price, Int64.random(in: 0...9_999, using: &random)
        )
        minute += Int.random(in: 0..<20, using: &random) == 0 ? Int64.random(in: 2...9, using: &random) : 1
        return made
    }
    return try BarSeries(bars, timeframe: .oneMinute, priceDecimals: 2, quantityDecimals: 3)
}

/// What an import threw, or `nil` where it worked.
func failure(_ path: String, _ options: ImportOptions = ImportOptions()) -> ImportError? {
    do throws(ImportError) {
        _ = try BarImporter.read(path: path, options: options)
        return nil
    } catch { return error }
}

func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    var packed: [UInt8] = []
    let deflater = try Deflater()
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    try deflater.add(UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])) { packed += $0 }
    try deflater.finish { packed += $0 }
    return packed
}

/// A zstd frame of one raw block.
func zstdFrame(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> ($0 * 8) & 0xFF) } }
    // Single segment with a content size of four bytes; then one last block, raw.
    return [0x28, 0xB5, 0x2F, 0xFD, 0xA0] + little(bytes.count, 4) + little(bytes.count << 3 | 1, 3) + bytes
}

/// A zip archive of stored (not compressed) files.
func zipArchive(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> ($0 * 8) & 0xFF) } }
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in files {
        let common =
            little(20, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2) + little(Int(crc32(bytes)), 4)
            + little(bytes.count, 4) + little(bytes.count, 4) + little(name.utf8.count, 2) + little(0, 2)
        directory += little(0x0201_4B50, 4) + little(20, 2) + common
        directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(archive.count, 4) + name.utf8
        archive += little(0x0403_4B50, 4) + common + name.utf8 + bytes
    }
    let end =
        little(0x0605_4B50, 4) + little(0, 4) + little(files.count, 2) + little(files.count, 2)
        + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
    return archive + directory + end
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
}
