// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import MarketData
import Promotion
import Trading

/// `apus promote`: whether a configuration has earned the next mode.
struct PromoteCommand: Command {
    static let description = CommandDescription(
        path: ["promote"],
        summary: "Check whether a configuration has earned its next mode: paper, dry run, de-minimis, live.",
        details: """
            Compares the summaries of past sessions, beside the journal, with the configuration's 'promotion'
            section. Where every criterion is met, the promotion is recorded; the one to live only with --yes. A
            configuration that trades differently begins on paper again. Exits with 1 where something is missing.
            """,
        operands: [OperandDescription(name: "CONFIG", summary: "A configuration in YAML or JSON.")],
        options: [
            OptionDescription(
                name: "set", value: "KEY=VALUE", summary: "Replace a value of the file's.", repeats: true),
            OptionDescription(name: "dry-run", summary: "Record nothing."),
            OptionDescription(name: "yes", summary: "Confirm the promotion to live trading."),
            .json,
        ],
        examples: [
            ("apus promote apus.yaml --dry-run", "What is still missing."),
            ("apus promote apus.yaml", "Go on to the next mode, where it is earned."),
            ("apus promote apus.yaml --yes", "The same, when the next mode is live."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let path = arguments.operands[0]
        let (configuration, fingerprint) = try read(path, arguments, console)
        let folder = configuration.live.summaryFolder
        let historyFile = configuration.live.promotionsFile
        var history = try readHistory(historyFile)
        let summaries = try readSummaries(folder, console)
        let check = PromotionCheck(
            of: history.stage(of: fingerprint), plan: configuration.promotion, fingerprint: fingerprint,
            summaries: summaries)
        let needsConfirmation = check.isPassed && check.next == .live && !arguments.has("yes")
        let records = check.isPassed && !needsConfirmation && !arguments.has("dry-run")
        if records, let next = check.next {
            let line = history.append(
                PromotionRecord(
                    time: now(), fingerprint: fingerprint, from: check.stage, to: next,
                    evidence: check.criteria.map { "\($0.name): \($0.measured)" }))
            try append(line, to: historyFile)
        }
        if arguments.has("json") {
            console.printJSON(fields(check, fingerprint: fingerprint, records: records))
        } else {
            console.print(text(check, folder: folder, records: records, needsConfirmation: needsConfirmation))
        }
        guard check.isPassed || check.next == nil else {
            throw .failed("\(path) has not earned \(check.next?.rawValue ?? "") yet.")
        }
        if needsConfirmation, !arguments.has("dry-run") {
            throw .failed("Trading real money must be confirmed: add --yes.")
        }
    }

    private static func read(
        _ path: String, _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) -> (ApusConfiguration, fingerprint: String) {
        try failing {
            var overrides: [ConfigurationOverride] = []
            for setting in arguments.values("set") { overrides.append(try ConfigurationOverride(parsing: setting)) }
            let document = try ConfigurationDocument(contentsOfFile: path).applying(overrides)
            let check = ConfigurationCheck(of: document, strategyTypes: console.strategies.configurationTypes)
            return (try check.get(), document.tradingFingerprint)
        }
    }

    // MARK: - Files

    private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The promotions so far; none where there is no file.
    static func readHistory(_ path: String) throws(CommandFailure) -> PromotionHistory {
        guard access(path, F_OK) == 0 else { return PromotionHistory() }
        let bytes = try bytes(of: path)
        do throws(PromotionHistoryError) {
            return try PromotionHistory(decoding: bytes)
        } catch {
            throw .failed("\(path), \(error). It is not trusted: put it aside, and begin on paper again.")
        }
    }

    private static func readSummaries(
        _ folder: String, _ console: Console
    ) throws(CommandFailure) -> [SessionSummary] {
        guard let directory = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw .failed("\(folder) cannot be read: \(String(cString: strerror(errno))).")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("summary-"), name.hasSuffix(".json") { names.append(name) }
        }
        var summaries: [SessionSummary] = []
        for name in names.sorted() {
            let bytes = try bytes(of: "\(folder)/\(name)")
            do throws(SummaryError) {
                summaries.append(try SessionSummary(decoding: bytes))
            } catch {
                console.printError("warning: \(folder)/\(name) does not count: \(error).")
            }
        }
        return summaries
    }

    static func bytes(of path: String) throws(CommandFailure) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw .failed("\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            bytes += buffer[..<count]
            guard bytes.count <= 64 << 20 else { throw .failed("\(path) is larger than any file of its kind.") }
        }
        guard ferror(file) == 0 else { throw .failed("\(path) cannot be read: \(String(cString: strerror(errno))).") }
        return bytes
    }

    private static func append(_ line: [UInt8], to path: String) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed("\(path) cannot be written: \(String(cString: strerror(errno))).") }
        defer { close(descriptor) }
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw .failed("\(path) cannot be written: \(String(cString: strerror(errno))).")
        }
    }

    // MARK: - Output

    private static func text(
        _ check: PromotionCheck, folder: String, records: Bool, needsConfirmation: Bool
    ) -> String {
        guard let next = check.next else { return "It may trade live: there is nothing more to earn." }
        var others = ""
        if check.otherSessions > 0 {
            others = " \(plural(check.otherSessions, "session")) of another configuration not counted."
        }
        var table = TextTable(columns: [
            .init(title: "CRITERION"), .init(title: "ASKED"), .init(title: "SHOWN"), .init(title: "MET"),
            .init(title: "MISSING"),
        ])
        table.rows = check.criteria.map {
            [$0.name, $0.required, $0.measured, $0.isMet ? "yes" : "no", $0.missing ?? ""]
        }
        let outcome =
            if records {
                "Promoted: \(next.rawValue) is the next mode. `apus trade CONFIG --mode \(next.rawValue)` starts it."
            } else if needsConfirmation {
                "All is met for live trading. Confirm it with --yes."
            } else if check.isPassed {
                "All is met: \(next.rawValue) may be the next mode. Nothing was recorded."
            } else { "\(check.stage.rawValue) remains the highest mode allowed." }
        return """
            From \(check.stage.rawValue) to \(next.rawValue): \(plural(check.sessions, "session")) in \(folder).\(others)

            \(table.text(width: nil))

            \(outcome)
            """
    }

    private static func fields(_ check: PromotionCheck, fingerprint: String, records: Bool) -> ReportValue {
        .object([
            ("stage", .text(check.stage.rawValue)), ("next", .optional(check.next?.rawValue)),
            ("passed", .flag(check.isPassed)), ("recorded", .flag(records)), ("configuration", .text(fingerprint)),
            ("sessions", .count(check.sessions)), ("otherSessions", .count(check.otherSessions)),
            (
                "criteria",
                .list(
                    check.criteria.map {
                        .object([
                            ("name", .text($0.name)), ("required", .text($0.required)),
                            ("measured", .text($0.measured)), ("met", .flag($0.isMet)),
                            ("missing", .optional($0.missing)),
                        ])
                    })
            ),
        ])
    }
}
