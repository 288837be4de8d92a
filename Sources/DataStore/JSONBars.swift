// SPDX-License-Identifier: Apache-2.0

internal import CSimdjson
internal import Glibc
internal import MarketData
internal import Trading

extension BarImporter {
    /// JSON must be held as a whole; this many bytes are refused.
    private static let maximumJSONSize = 2_000_000_000

    /// Reads freqtrade's JSON: an array of `[milliseconds, open, high, low, close, volume]`, stamped at open.
    static func readJSON(
        path: String, source: any ByteSource, options: ImportOptions
    ) throws(ImportError) -> BarImport {
        guard options.stamp != .close else {
            throw ImportError(
                .stampUndeclared, file: path, problem: "freqtrade's JSON is stamped at open, but close was declared",
                advice: "Leave out --stamp.")
        }
        let text = try JSONText(path: path, source: source)
        var rows = BarRows(file: path, ordering: options.ordering)
        try collect(text, into: &rows, source: source, options: options)
        let container = source.container == "plain" ? "" : " in \(source.container)"
        return try finish(
            rows,
            SourceShape(
                format: "freqtrade JSON" + container, timeColumn: "time", stamp: .open, stampSource: "from the format"),
            options: options)
    }

    private static func collect(
        _ text: borrowing JSONText, into rows: inout BarRows, source: any ByteSource, options: ImportOptions
    ) throws(ImportError) {
        guard let reader = csimdjson_rows_open(text.bytes, text.count, text.capacity) else {
            throw ImportError(
                .unreadable, file: rows.file, problem: "there is not enough memory to read it",
                advice: "Convert it to CSV.")
        }
        defer { csimdjson_rows_close(reader) }
        var tokens = [csimdjson_token](repeating: csimdjson_token(), count: CSVLayout.skipped)
        var row = 0
        while true {
            row += 1
            switch Int(csimdjson_rows_next(reader, &tokens, tokens.count)) {
            case CSIMDJSON_ROW:
                let fields = tokens.map { token in
                    trimmed(
                        FieldBytes(
                            start: token.text.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) },
                            count: token.length))
                }
                try rows.add(fields: fields, row: row)
                if row % 100_000 == 0 { try report(source, rows: row, to: options, file: rows.file) }
            case CSIMDJSON_END:
                return
            case CSIMDJSON_WRONG_SHAPE:
                throw ImportError(
                    .malformedRow, file: rows.file, row: row,
                    problem: "the element is not an array of six numbers",
                    advice: "freqtrade writes [milliseconds, open, high, low, close, volume].")
            default:
                throw ImportError(
                    .malformedRow, file: rows.file, row: row,
                    problem: "it is not valid JSON (\(String(cString: csimdjson_rows_error(reader))))",
                    advice: "Check that the file is complete.")
            }
        }
    }

    /// A whole file in memory, with the room after it that simdjson reads into.
    private struct JSONText: ~Copyable {
        let bytes: UnsafeMutablePointer<CChar>
        let count: Int
        let capacity: Int

        init(path: String, source: any ByteSource) throws(ImportError) {
            let padding = Int(csimdjson_padding())
            var room = max(1 << 16, Int(source.totalBytes) + padding + 1)
            if source.totalBytes > Int64(maximumJSONSize) { room = 1 << 16 }
            var memory = malloc(room)
            var filled = 0
            while let block = memory {
                if room - filled <= padding {
                    room *= 2
                    memory = realloc(block, room)
                    if memory == nil { free(block) }
                    continue
                }
                let target = UnsafeMutableRawBufferPointer(start: block + filled, count: room - filled - padding)
                let got: Int
                do { got = try source.read(into: target) } catch {
                    free(block)
                    throw error
                }
                guard got > 0 else { break }
                filled += got
                guard filled <= maximumJSONSize else {
                    free(block)
                    throw ImportError(
                        .outOfRange, file: path, problem: "JSON of more than \(maximumJSONSize) bytes is not read",
                        advice: "Split it, or convert it to CSV.")
                }
            }
            guard let block = memory else {
                throw ImportError(
                    .unreadable, file: path, problem: "there is not enough memory to read it",
                    advice: "Convert it to CSV.")
            }
            memset(block + filled, 0, room - filled)
            bytes = block.assumingMemoryBound(to: CChar.self)
            count = filled
            capacity = room
        }

        deinit { free(bytes) }
    }
}
