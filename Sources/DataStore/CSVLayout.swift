// SPDX-License-Identifier: Apache-2.0

internal import MarketData
internal import Trading

/// Which column of a CSV file is what.
struct CSVLayout {
    /// The places of a row's values: 0 to 5 for time, open, high, low, close and volume.
    static let skipped = 6
    static let valueNames = ["time", "open", "high", "low", "close", "volume"]

    let delimiter: UInt8
    /// For each column of the file, the place of its value, or `skipped`.
    let places: [Int]
    /// The names as the file writes them, for error messages.
    let names: [String]
    let timeColumn: String
    let stamp: BarStamp
    let stampSource: String
    let format: String

    /// The delimiter of a line: the most frequent of comma, semicolon and tab.
    static func delimiter(of line: FieldBytes) -> UInt8 {
        var best: (count: Int, byte: UInt8) = (0, 0x2C)
        for byte in [0x2C, 0x3B, 0x09] as [UInt8] {
            let count = line.reduce(0) { $0 + ($1 == byte ? 1 : 0) }
            if count > best.count { best = (count, byte) }
        }
        return best.byte
    }

    /// The columns of Binance's klines files, which often come without a header.
    private static let klineNames = [
        "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
        "taker_buy_volume", "taker_buy_quote_volume", "ignore",
    ]

    /// Reads the first line.
    ///
    /// - Returns: The layout, and whether the line is a header (if not, it is the first row of data).
    static func detect(
        firstLine: FieldBytes, row: Int, file: String, options: ImportOptions
    ) throws(ImportError) -> (layout: CSVLayout, isHeader: Bool) {
        let delimiter = delimiter(of: firstLine)
        guard let fields = splitFields(firstLine, delimiter: delimiter) else {
            throw ImportError(
                .malformedRow, file: file, row: row, problem: "a quote is opened and not closed",
                advice: "Check the line in an editor.")
        }
        if let names = options.columnNames {
            guard names.count == fields.count else {
                throw ImportError(
                    .header, file: file, row: row,
                    problem: "\(names.count) column names were given, but the file has \(fields.count) columns",
                    advice: "Name every column; call those that do not matter 'ignore'.")
            }
            let layout = try named(names, delimiter: delimiter, file: file, row: row, options: options)
            return (layout, !startsWithNumber(fields))
        }
        guard startsWithNumber(fields) else {
            let names = fields.map { String(decoding: $0, as: UTF8.self) }
            let layout = try named(names, delimiter: delimiter, file: file, row: row, options: options)
            return (layout, true)
        }
        guard fields.count == klineNames.count else {
            throw ImportError(
                .header, file: file, row: row,
                problem: "there is no header line, and \(fields.count) columns are not the 12 of Binance's klines",
                advice: "Add a header line such as open_time_ms,open,high,low,close,volume.")
        }
        let layout = try named(
            klineNames, delimiter: delimiter, file: file, row: row, options: options,
            format: "CSV of Binance klines")
        return (layout, false)
    }

    private static func startsWithNumber(_ fields: [FieldBytes]) -> Bool {
        guard let first = fields.first?.first else { return false }
        return first &- 0x30 < 10 || first == 0x2D || first == 0x2B
    }

    /// `Open Time (ms)` and `open_time_ms` are the same name.
    static func normalised(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            switch byte {
            case 0x41...0x5A: result.unicodeScalars.append(Unicode.Scalar(byte + 32))
            case 0x61...0x7A, 0x30...0x39: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: if !result.isEmpty, result.last != "_" { result += "_" }
            }
        }
        return result.last == "_" ? String(result.dropLast()) : result
    }

    private static let valueAliases: [[String]] = [
        [], ["open", "o", "open_price"], ["high", "h", "high_price"], ["low", "l", "low_price"],
        ["close", "c", "close_price"], ["volume", "vol", "v", "base_volume", "volume_base"],
    ]
    private static let plainTimeNames = [
        "timestamp", "timestamp_ms", "time", "time_ms", "datetime", "date", "ts", "unix", "unix_timestamp", "t",
    ]

    private static func named(
        _ names: [String], delimiter: UInt8, file: String, row: Int, options: ImportOptions, format: String = "CSV"
    ) throws(ImportError) -> CSVLayout {
        let found = withoutCommonPrefix(names.map(normalised))
        func fail(_ kind: ImportError.Kind, column: String? = nil, _ problem: String, _ advice: String) -> ImportError {
            ImportError(kind, file: file, row: row, column: column, problem: problem, advice: advice)
        }
        var places = [Int](repeating: skipped, count: names.count)
        for place in 1...5 {
            let matches = found.indices.filter { valueAliases[place].contains(found[$0]) }
            guard matches.count == 1 else {
                throw fail(
                    .header, column: valueNames[place],
                    matches.isEmpty
                        ? "the header names no such column (it has \(printable(names.joined(separator: ", ").utf8)))"
                        : "the header names it \(matches.count) times",
                    "The header must name time, open, high, low, close and volume once each, in any order.")
            }
            places[matches[0]] = place
        }
        func first(prefixed prefixes: [String]) -> Int? {
            found.indices.first { index in
                prefixes.contains { found[index] == $0 || found[index].hasPrefix($0 + "_") }
            }
        }
        let openTime = first(prefixed: ["open_time", "opentime", "open_timestamp"])
        let closeTime = first(prefixed: ["close_time", "closetime", "close_timestamp"])
        let plain = plainTimeNames.lazy.compactMap { found.firstIndex(of: $0) }.first

        let column: Int
        let stamp: BarStamp
        let stampSource: String
        if let openTime, closeTime == nil || options.stamp != .close {
            guard options.stamp != .close else {
                throw fail(
                    .stampUndeclared, column: names[openTime],
                    "the header says that bars are stamped at open, but close was declared",
                    "Leave out --stamp, or rename the column.")
            }
            (column, stamp, stampSource) = (openTime, .open, format == "CSV" ? "from the header" : "from the format")
        } else if let closeTime {
            guard options.stamp != .open else {
                throw fail(
                    .stampUndeclared, column: names[closeTime],
                    "the header says that bars are stamped at close, but open was declared",
                    "Leave out --stamp, or rename the column.")
            }
            (column, stamp, stampSource) = (closeTime, .close, "from the header")
        } else if let plain {
            guard let declared = options.stamp else {
                throw fail(
                    .stampUndeclared, column: names[plain],
                    "nothing says whether a bar's time is when it opens or when it closes",
                    "Pass --stamp open or --stamp close.")
            }
            (column, stamp, stampSource) = (plain, declared, "declared")
        } else {
            throw fail(
                .header, column: "time",
                "the header names no time column (it has \(printable(names.joined(separator: ", ").utf8)))",
                "Name it open_time, close_time, timestamp, date or time.")
        }
        places[column] = 0
        return CSVLayout(
            delimiter: delimiter, places: places, names: names.map { printable($0.utf8) },
            timeColumn: printable(names[column].utf8), stamp: stamp, stampSource: stampSource, format: format)
    }

    /// `btc_open`, `btc_high`, … as `open`, `high`, …, where all five have the same prefix and none stands without it.
    private static func withoutCommonPrefix(_ names: [String]) -> [String] {
        let values = ["open", "high", "low", "close", "volume"]
        guard !names.contains(where: values.contains) else { return names }
        let prefixes = names.filter { $0.hasSuffix("_open") }.map { $0.dropLast("open".count) }
        let common = prefixes.first { prefix in values.allSatisfy { names.contains(prefix + $0) } }
        guard let common else { return names }
        return names.map { name in
            name.hasPrefix(common) && values.contains(String(name.dropFirst(common.count)))
                ? String(name.dropFirst(common.count)) : name
        }
    }

    /// The name of the column that holds a value, as the file writes it.
    func name(ofPlace place: Int) -> String {
        places.firstIndex(of: place).map { names[$0] } ?? Self.valueNames[place]
    }
}
