// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import MarketData
internal import Trading

/// A format that series are written in.
public enum ExportFormat: String, CaseIterable, Sendable {
    /// Bars as `open_time_ms,open,high,low,close,volume`; other kinds with one column for each field, times in ns.
    case csv
    case csvGzip = "csv.gz"
    /// Bars as an array of `[milliseconds, open, high, low, close, volume]`.
    case freqtradeJSON = "json"

    /// The format that a file name ends with; `nil` for any other ending.
    public init?(path: String) {
        let name = path.lowercased()
        guard let format = [Self.csvGzip, .csv, .freqtradeJSON].first(where: { name.hasSuffix("." + $0.rawValue) })
        else { return nil }
        self = format
    }
}

/// Writes series for other programs, with exactly the decimals that are stored. What was exported and is imported again
/// is the same series.
public enum SeriesExporter {
    /// Writes a file, whole or not at all; `-` is the standard output.
    public static func write(_ rows: SeriesTable, to path: String, format: ExportFormat) throws(StoreError) {
        guard format != .freqtradeJSON || rows.kind == .bars else {
            throw StoreError(
                .incompatible, path: path, problem: "freqtrade's JSON holds bars only", advice: "Use CSV.")
        }
        if path == "-" {
            try write(rows, format: format) { (bytes: UnsafeRawBufferPointer) throws(StoreError) in
                try writeToStandardOutput(bytes)
            }
            return
        }
        let folder = Files.parent(of: path)
        guard Files.isFolder(folder) else {
            throw StoreError(
                .unwritable, path: folder, problem: "there is no such folder", advice: "Create it first.")
        }
        let name = String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
        var file = try AtomicFile(folder: folder, name: name)
        var offset = 0
        try write(rows, format: format) { (bytes: UnsafeRawBufferPointer) throws(StoreError) in
            try file.write(bytes, at: offset, then: nil)
            offset += bytes.count
        }
        try file.commit()
    }

    /// Writes portions of text or of compressed text into `sink`.
    package static func write(
        _ rows: SeriesTable, format: ExportFormat, sink: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard format == .csvGzip else { return try writeText(rows, format: format, sink: sink) }
        let deflater = try Deflater()
        try writeText(rows, format: format) { (bytes: UnsafeRawBufferPointer) throws(StoreError) in
            try deflater.add(bytes, sink: sink)
        }
        try deflater.finish(sink: sink)
    }

    private static func writeText(
        _ rows: SeriesTable, format: ExportFormat, sink: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let isJSON = format == .freqtradeJSON
        let isBars = rows.kind == .bars
        let columns = rows.kind.columns
        var text = TextBuffer()
        if isJSON {
            text.add("[")
        } else {
            text.add(isBars ? "open_time_ms,open,high,low,close,volume" : columns.map(\.name).joined(separator: ","))
            text.add("\n")
        }
        let values = columns.indices.map(rows.column)
        for row in 0..<rows.count {
            if isJSON { text.add(row == 0 ? "[" : ",\n[") }
            for (column, description) in columns.enumerated() {
                if column > 0 { text.add(byte: 0x2C) }
                let value = values[column][row]
                switch description.unit {
                case .nanoseconds: text.add(value: isBars ? value / 1_000_000 : value, decimals: 0)
                case .integer: text.add(value: value, decimals: 0)
                case .price: text.add(value: value, decimals: rows.scales.price)
                case .quantity: text.add(value: value, decimals: rows.scales.quantity)
                case .rate: text.add(value: value, decimals: FundingRate.decimals)
                }
            }
            text.add(byte: isJSON ? 0x5D : 0x0A)
            if text.isFull { try text.flush(sink) }
        }
        if isJSON { text.add("]\n") }
        try text.flush(sink)
    }

    private static func writeToStandardOutput(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw StoreError(
                    .unwritable, path: "standard output", problem: "it cannot be written (\(errorText(errno)))",
                    advice: "Name a file instead.")
            }
            done += count
        }
    }
}

/// Text that is collected and handed on in portions.
private struct TextBuffer: ~Copyable {
    private static let limit = 128 * 1024
    private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: limit + 4096)
    private var count = 0

    deinit { bytes.deallocate() }

    var isFull: Bool { count >= Self.limit }

    mutating func add(_ text: String) { for byte in text.utf8 { add(byte: byte) } }

    @inline(__always) mutating func add(byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    /// Writes `value × 10^-decimals` with all its decimals.
    mutating func add(value: Int64, decimals: Int) {
        if value < 0 { add(byte: 0x2D) }
        var rest = value.magnitude
        var digits: [32 of UInt8] = .init(repeating: 0)
        var length = 0
        repeat {
            digits[length] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
            rest /= 10
            length += 1
        } while rest > 0 || length <= decimals
        for index in stride(from: length - 1, through: 0, by: -1) {
            add(byte: digits[index])
            if index == decimals, decimals > 0 { add(byte: 0x2E) }
        }
    }

    mutating func flush(_ sink: (UnsafeRawBufferPointer) throws(StoreError) -> Void) throws(StoreError) {
        try sink(UnsafeRawBufferPointer(start: bytes, count: count))
        count = 0
    }
}
