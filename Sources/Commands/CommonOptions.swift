// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import Trading

extension OptionDescription {
    static let json = OptionDescription(name: "json", summary: "Print a JSON document in place of text.")
    /// What a command that runs a configuration on historical bars takes beside it.
    static let configured = [
        OptionDescription(
            name: "bars", value: "SYMBOL=FILE", summary: "Read a symbol's bars from a CSV, gzip, zip or JSON file.",
            repeats: true),
        OptionDescription(
            name: "set", value: "KEY=VALUE",
            summary: "Replace a value of the configuration, such as "
                + "simulation.intrabar=adaptive.", repeats: true),
        OptionDescription(name: "from", value: "TIME", summary: "Leave out bars before this UTC time."),
        OptionDescription(name: "to", value: "TIME", summary: "Leave out bars from this UTC time on."),
    ]
    static let store = OptionDescription(
        name: "store", value: "DIR", summary: "The data store's folder (default: \(defaultStore)).")
    static let stamp = OptionDescription(
        name: "stamp", value: "open|close",
        summary: "Whether the file's times are those at which bars open or close, where its header does not say.")

    static let columns = OptionDescription(
        name: "columns", value: "NAMES",
        summary: "The names of the file's columns, in place of its header: time,open,high,low,close,volume in the "
            + "file's order; 'ignore' for those that do not matter.")

    static let defaultStore = "./apus-data"

    static func timeframe(_ summary: String) -> OptionDescription {
        OptionDescription(name: "timeframe", value: "TF", summary: summary)
    }
    static func venue(_ summary: String) -> OptionDescription {
        OptionDescription(name: "venue", value: "NAME", summary: summary)
    }
}

extension ParsedArguments {
    /// `--last`: how many, from the end.
    func last() throws(CommandFailure) -> Int? {
        guard let text = value("last") else { return nil }
        guard let count = Int(text), count > 0 else { throw .usage("--last \(text): give a number above 0.") }
        return count
    }

    var storePath: String { value("store") ?? OptionDescription.defaultStore }

    /// The store for reading.
    func openStore() throws(CommandFailure) -> DataStore {
        do throws(StoreError) {
            return try DataStore(path: storePath)
        } catch {
            let advice =
                has("store")
                ? "Check the name, or import into it: " : "`--store DIR` names another one; to begin one here: "
            throw .failed(
                "There is no data store at \(storePath). \(advice)apus data import FILE --symbol SYMBOL.")
        }
    }

    func timeframe() throws(CommandFailure) -> Timeframe? {
        guard let text = value("timeframe") else { return nil }
        do throws(TimeframeError) { return try Timeframe(parsing: text) } catch {
            throw .usage("--timeframe: \(error)")
        }
    }

    func time(_ option: String) throws(CommandFailure) -> Timestamp? {
        guard let text = value(option) else { return nil }
        do throws(TimestampError) { return try Timestamp(parsing: text) } catch {
            throw .usage("--\(option): \(error)")
        }
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ option: String, as type: Choice.Type = Choice.self
    ) throws(CommandFailure) -> Choice? {
        guard let text = value(option) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        throw Self.unknownWord(text, for: option, known: Choice.allCases.map(\.rawValue))
    }

    /// The kind of data, `funding` being short for `funding-rates`.
    func seriesKind() throws(CommandFailure) -> SeriesKind {
        guard let text = value("kind") else { return .bars }
        if let kind = SeriesKind(name: text == "funding" ? "funding-rates" : text) { return kind }
        throw Self.unknownWord(text, for: "kind", known: SeriesKind.allCases.map(\.name))
    }

    static func unknownWord(_ text: String, for option: String, known: [String]) -> CommandFailure {
        let near = nearest(text, among: known).map { " Did you mean '\($0)'?" } ?? ""
        return .usage("--\(option) cannot be '\(text.prefix(60))'.\(near) Known: \(known.joined(separator: ", ")).")
    }

    /// How files are read, with a progress bar under `label` and an end when the user asks for one.
    func importOptions(_ label: String, _ console: Console) throws(CommandFailure) -> ImportOptions {
        let start = ContinuousClock.now
        return ImportOptions(
            timeframe: try timeframe(), stamp: try choice("stamp", as: BarStamp.self),
            ordering: has("sort") ? .sort : .refuse,
            columnNames: value("columns").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            },
            progress: { state in
                if state.totalBytes > 0 {
                    console.showProgress(label, Double(state.bytes) / Double(state.totalBytes), since: start)
                }
                return !console.isInterrupted()
            })
    }
}

/// Turns an error of a library into a failure of the command; failures pass through.
///
/// - Parameter kind: `.usage` where the error can only be about what stands on the command line.
func failing<Result: ~Copyable>(
    _ kind: CommandFailure.Kind = .failed, _ body: () throws -> Result
) throws(CommandFailure) -> Result {
    do {
        return try body()
    } catch let failure as CommandFailure {
        throw failure
    } catch {
        throw CommandFailure(kind: kind, message: "\(error)")
    }
}

/// A file size for people: `982 B`, `47.5 kB`, `26.9 MB`.
func byteText(_ bytes: Int) -> String {
    guard bytes >= 1000 else { return "\(bytes) B" }
    var (value, units) = (Double(bytes) / 1000, ["kB", "MB", "GB", "TB"][...])
    while value >= 999.95, units.count > 1 {
        value /= 1000
        units.removeFirst()
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units.first ?? "TB")"
}

/// The last part of a path.
func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
