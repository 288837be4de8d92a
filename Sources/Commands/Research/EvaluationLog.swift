// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import MarketData
import Trading

/// Counts how often data that was held back has been looked at: one line a run in `evaluations.tsv`, in the data store's
/// folder. Lines are only ever added.
///
/// Runs look at the same data where they share a market, a split date, and that market's prices of the first day after
/// it: more or fewer days before or after make no difference.
struct EvaluationLog {
    struct Count: Equatable {
        /// Of this run, counted from 1.
        var number = 0
        /// How many different configurations were run on the data, this one included.
        var configurations = 0
        /// Earlier runs on the same markets with other split dates.
        var otherSplits: [String] = []
    }

    struct Entry: Equatable {
        var split: String
        /// Each the market's name and its fingerprint: `BTCUSDT:0123456789abcdef`.
        var markets: [String]
        var configuration: String
        var command: String
        /// How many variants were run.
        var variants: Int
    }

    private static let heading = "time\tout_of_sample_from\tmarkets\tconfiguration\tcommand\tvariants\n"
    let path: String

    init(store: String) { path = "\(store)/evaluations.tsv" }

    /// Adds a run and counts it.
    func add(_ entry: Entry, at time: Timestamp) throws(CommandFailure) -> Count {
        try StreamingFile.makeFolder(of: path)
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw failure() }
        let text = try read(descriptor)
        let earlier = try Self.entries(text, path)
        var addition = text.isEmpty ? Self.heading : text.last == "\n" ? "" : "\n"
        addition += [
            "\(time)", entry.split, entry.markets.joined(separator: ","), entry.configuration, entry.command,
            "\(entry.variants)",
        ].joined(separator: "\t")
        try write(addition + "\n", descriptor)
        return Self.count(entry, after: earlier)
    }

    static func count(_ entry: Entry, after earlier: [Entry]) -> Count {
        let same = earlier.filter { other in
            other.split == entry.split && other.markets.contains { entry.markets.contains($0) }
        }
        func name(_ market: String) -> Substring {
            market.lastIndex(of: ":").map { market[..<$0] } ?? market[...]
        }
        let names = Set(entry.markets.map { name($0) })
        let others = earlier.filter { other in
            other.split != entry.split && other.markets.contains { names.contains(name($0)) }
        }
        return Count(
            number: same.count + 1, configurations: Set(same.map(\.configuration) + [entry.configuration]).count,
            otherSplits: Set(others.map(\.split)).sorted())
    }

    private static func entries(_ text: String, _ path: String) throws(CommandFailure) -> [Entry] {
        var entries: [Entry] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where number > 0 && !line.isEmpty {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 6, let variants = Int(fields[5]) else {
                throw .failed(
                    "\(path), line \(number + 1): '\(line.prefix(60))' is no record of an evaluation. The count of "
                        + "evaluations is worth nothing when it is edited: restore the line, or move the file away and "
                        + "say so with your results.")
            }
            entries.append(
                Entry(
                    split: fields[1], markets: fields[2].split(separator: ",").map(String.init),
                    configuration: fields[3], command: fields[4], variants: variants))
        }
        return entries
    }

    private func read(_ descriptor: Int32) throws(CommandFailure) -> String {
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &portion, portion.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += portion[..<count]
        }
    }

    private func write(_ text: String, _ descriptor: Int32) throws(CommandFailure) {
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw failure()
        }
    }

    private func failure() -> CommandFailure {
        .failed(
            "\(path) cannot be written: \(String(cString: strerror(errno))). A run that looks at the data after "
                + "validation.out_of_sample_from is counted there; name another folder with data.store.")
    }
}

extension BacktestAssembly.Market {
    /// Identifies the market's data from a day on: its open, high, low and close of that day; `nil` where there are no
    /// bars from it on.
    func fingerprint(from split: Timestamp) -> String? {
        let later = series.slice(from: split)
        guard later.count > 0 else { return nil }
        let day = later.slice(to: split + .days(1))
        let bars = day.count > 0 ? day : later
        var hash = RunHash()
        bars.withColumns { columns in
            var (high, low) = (columns.high[0], columns.low[0])
            for index in 0..<columns.count {
                high = max(high, columns.high[index])
                low = min(low, columns.low[index])
            }
            // As text, the number of stored decimals makes no difference.
            for price in [columns.open[0], high, low, columns.close[columns.count - 1]] {
                let text = DecimalText.format(price, decimals: bars.priceDecimals)
                for byte in text.utf8 { hash.add(UInt64(byte), 1) }
                hash.add(UInt64(0), 2)
            }
        }
        return "\(resolved.written):\(hash.text)"
    }
}
