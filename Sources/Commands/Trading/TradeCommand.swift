// SPDX-License-Identifier: Apache-2.0

import Configuration
import Control
import Credentials
import Cryptography
import Engine
import Glibc
import Hyperliquid
import Journal
import Live
import Logging
import MarketData
import Networking
import Promotion
import Trading
import VenueInterface

/// `apus trade`: runs a configuration's strategies on a venue.
struct TradeCommand: Command {
    static let description = CommandDescription(
        path: ["trade"],
        summary: "Trade a configuration's strategies on its venues: on paper, dry, tiny, or live.",
        details: """
            paper       live data, a virtual balance, and the backtester's matching (the default)
            dry-run     the real account is read and compared; orders are decided on and not sent
            de-minimis  real orders of the smallest size that the venue takes, under a hard cap
            live        real orders; needs --confirm-live, configured limits, and a promotion by `apus promote`

            Everything is written to a journal before it is acted on. Started again after a crash, it goes on from
            there and compares orders, fills, positions and balances with the venue first. Ctrl-C (or TERM) stops it
            as live.shutdown says; `apus control` talks to it while it runs. The signals USR1 and USR2 pause and
            resume it, and QUIT is the kill switch.
            """,
        operands: [OperandDescription(name: "CONFIG", summary: "a YAML or JSON configuration with `venues`")],
        options: [
            OptionDescription(name: "mode", value: "MODE", summary: "paper, dry-run, de-minimis or live (paper)."),
            OptionDescription(
                name: "set", value: "KEY=VALUE", summary: "Replace a value of the configuration.", repeats: true),
            OptionDescription(name: "confirm-live", summary: "Yes, trade with real money."),
            OptionDescription(
                name: "unpromoted", summary: "Trade live although `apus promote` has not come to that yet."),
            OptionDescription(
                name: "new", summary: "Begin a new journal; the old one is kept beside it under its time."),
            OptionDescription(
                name: "record", value: "FILE", summary: "Write all traffic to a file, signatures left out."),
            OptionDescription(name: "for", value: "SPAN", summary: "Stop after this long, such as 90s or 12h."),
            OptionDescription(
                name: "until-silent", value: "SPAN",
                summary: "Stop when the venue has said nothing for this long: at the end of a replay."),
            OptionDescription(
                name: "json", value: "FILE", summary: "Write the session's summary; - is standard output."),
        ],
        examples: [
            ("apus trade my.yaml", "Trade on paper."),
            ("apus trade my.yaml --mode dry-run --for 24h", "Watch for a day what it would do with the real account."),
            ("apus trade my.yaml --mode live --confirm-live", "Trade with real money."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let plan = try TradePlanning(arguments, console)
        Secret.refuseCoreDumps()
        try plan.run()
    }
}

/// From a command line to a running session.
struct TradePlanning {
    private let console: Console
    private let configuration: ApusConfiguration
    private let text: String
    /// `ConfigurationDocument.tradingFingerprint`.
    private let fingerprint: String
    /// `ConfigurationDocument.journalFingerprint`.
    private let journalFingerprint: String
    private let mode: SessionMode
    private let startsAnew: Bool
    private let recordFile: String?
    private let end: TimeSpan?
    private let silenceLimit: TimeSpan?
    private let summaryFile: String?

    init(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        self.console = console
        let modeText = arguments.value("mode") ?? "paper"
        guard let mode = SessionMode(rawValue: modeText) else {
            let near =
                nearest(modeText, among: SessionMode.allCases.map(\.rawValue)).map { " Did you mean \($0)?" } ?? ""
            throw .usage("--mode \(modeText): there are paper, dry-run, de-minimis and live.\(near)")
        }
        self.mode = mode
        if mode == .live, !arguments.has("confirm-live") {
            throw .failed(
                "Live mode trades with real money. Add --confirm-live if that is what you want; `apus promote` says what "
                    + "the other modes have shown so far.")
        }
        startsAnew = arguments.has("new")
        recordFile = arguments.value("record")
        summaryFile = arguments.value("json")
        end = try Self.span("for", arguments)
        silenceLimit = try Self.span("until-silent", arguments)
        var overrides: [ConfigurationOverride] = []
        for setting in arguments.values("set") {
            do throws(ConfigurationProblem) { overrides.append(try ConfigurationOverride(parsing: setting)) } catch {
                throw .usage("--set \(setting): \(error.message)")
            }
        }
        let document: ConfigurationDocument
        do throws(ConfigurationProblem) {
            document = try ConfigurationDocument(contentsOfFile: arguments.operands[0]).applying(overrides)
        } catch { throw .failed(error.description) }
        text = document.text
        fingerprint = document.tradingFingerprint
        journalFingerprint = document.journalFingerprint
        configuration = try Self.configuration(document, console)
        if mode == .live, !arguments.has("unpromoted") { try checkPromotion() }
    }

    private static func span(_ option: String, _ arguments: ParsedArguments) throws(CommandFailure) -> TimeSpan? {
        guard let text = arguments.value(option) else { return nil }
        guard let span = DurationText.parse(text), span > .zero else {
            throw .usage("--\(option) \(text): write a span such as 90s, 30m or 12h.")
        }
        return span
    }

    static func configuration(
        _ document: ConfigurationDocument, _ console: Console
    ) throws(CommandFailure) -> ApusConfiguration {
        let check = ConfigurationCheck(of: document, strategyTypes: console.strategies.configurationTypes)
        guard let configuration = check.configuration else {
            throw .failed(check.problems.map(\.description).joined(separator: "\n      "))
        }
        for warning in check.warnings { console.printError("apus: \(warning)") }
        return configuration
    }

    /// Live trading is earned; the way around it is a decision that somebody writes down.
    private func checkPromotion() throws(CommandFailure) {
        let history = try PromoteCommand.readHistory(configuration.live.promotionsFile)
        let stage = history.stage(of: fingerprint)
        guard stage != .live else { return }
        throw .failed(
            "This configuration has been promoted as far as \(stage.rawValue), not to live. `apus promote CONFIG` says "
                + "what is missing; --unpromoted trades live without it.")
    }

    // MARK: Running

    func run() throws(CommandFailure) {
        let folder = JournalFolder(path: configuration.live.instanceFolder)
        // A journal that is to be set aside is kept from other programs, and there until everything was found in order.
        let old = startsAnew && folder.exists ? try open(folder) : nil
        let known = startsAnew ? nil : try JournalContents(open(folder))
        try known?.check(mode: mode, fingerprint: journalFingerprint, console)
        let loop: EventLoop
        do throws(NetworkError) { loop = try EventLoop() } catch { throw .failed(error) }
        loop.isBusy = configuration.live.busyPoll
        Interruption.watch()
        // A file that may not grow is an error of its write, and not the end.
        signal(SIGXFSZ, SIG_IGN)

        let locks = try lockAccounts()
        defer { withExtendedLifetime(locks) {} }
        let keys = try loadKeys()
        let memoryPath = "\(configuration.live.instanceFolder)/requests"
        let before = RequestMemory.read(path: memoryPath)
        let discovered = try markets(known?.start, loop, keys, before)
        let assembly = try TradeAssembly(configuration, mode: mode, console.strategies, known: discovered.markets)
        guard assembly.obstacles.isEmpty else { throw .failed(assembly.obstacles.joined(separator: "\n      ")) }
        let external = try ExternalFiles(configuration.external)
        let pages = try ExternalPages(configuration.external, known: external.known, loop: loop, vault: openVault)
        for warning in assembly.warnings + external.warnings { console.printError("apus: \(warning)") }

        if let old {
            defer { withExtendedLifetime(old) {} }
            try setAside(folder)
        }
        var records: JournalContents
        if let known { records = known } else { records = try JournalContents(open(folder)) }
        let log = try openLog()
        for secret in keys.values.map(\.secret) + pages.secrets { log.register(secret: secret) }
        let now = EventLoop.now
        let setup = try assembly.decisionSetup(start: records.start?.startedAt ?? now.wall)
        // A new journal has a mark of its own: it counts its orders from 1 again, and must not take those of an earlier one
        // for its own.
        let settings = assembly.sessionSettings(
            instance: records.start?.instance ?? configuration.live.instanceNumber(begunAt: now.wall))
        let start =
            records.start
            ?? SessionStart(
                version: Program.version, mode: mode, instance: settings.instance, startedAt: now.wall,
                configuration: text, venues: assembly.marketRecords, deposits: setup.deposits)
        let crash = CrashNote(folder: folder.path)
        let marker = CrashReport.arm(names: setup.strategies.map(\.name))
        defer { CrashReport.disarm() }
        let recovery = try records.recover(setup, settings, crash, marker: marker, console)
        // Nonces are milliseconds: where the clock was set back, they go on from where they were.
        let lastNonce = UInt64(max(0, recovery.lastRecorded.nanoseconds / 1_000_000))
        let journal: Journal
        do throws(JournalError) {
            journal = try Journal(
                continuing: records.reader,
                JournalSettings(durability: configuration.live.durability == .power ? .power : .process),
                at: now.wall)
        } catch { throw .failed(error) }
        if let cut = journal.cut { console.printError("apus: \(cut)") }

        var session = LiveSession(
            setup: setup, settings: settings, start: start,
            connectors: try assembly.connectors(
                keys: keys.mapValues(\.key), lastNonce: lastNonce, used: used(before, discovered.weights),
                seed: UInt64.random(in: 1 ... .max)),
            journal: journal, recovery: recovery, at: EventLoop.now)
        crash.switchOff(in: &session, console)
        let store = SessionStore(assembly)
        session.keptStreams = store.kinds
        if records.start == nil {
            let count = store.provide(to: &session, at: now.wall)
            if count > 0 {
                console.printError("apus: \(counted(Int64(count), "bar")) of the past come from the data store.")
            }
        }
        if !external.isEmpty {
            // A venue's own time is not known yet, so that all is told; otherwise what the past needs.
            let longest = assembly.instruments.map { session.history(of: $0.id) }.max() ?? .zero
            let past = records.start == nil ? longest : .zero
            let usesWallClock = assembly.venues.allSatisfy { $0.settings.clock == .wall }
            let told = external.beginning(from: usesWallClock ? now.wall - past : .distantPast)
            session.handle(.external(told), at: EventLoop.now)
        }
        let memory = RequestMemory(
            path: memoryPath, names: assembly.venues.map(\.settings.name),
            before: before.mapValues { $0.filter { $0.moment(at: EventLoop.now) != nil } }, asked: discovered.weights)
        try runLoop(session, assembly, store, external, pages, memory, loop, log)
    }

    private func runLoop(
        _ session: consuming LiveSession, _ assembly: TradeAssembly, _ store: SessionStore,
        _ external: ExternalFiles, _ pages: ExternalPages, _ memory: RequestMemory?, _ loop: EventLoop, _ log: LogWriter
    ) throws(CommandFailure) {
        let startedAt = session.start.startedAt
        let runner: SessionRunner
        do {
            var transports: [VenueTransport] = []
            let recorder = try recordFile.map { try TrafficRecorder(path: $0) }
            for venue in assembly.venues {
                transports.append(
                    try VenueTransport(endpoint: try venue.settings.endpoint(), loop: loop, recorder: recorder))
            }
            let path = configuration.live.controlSocket ?? ControlSocket.path(instance: configuration.live.instance)
            runner = SessionRunner(
                session, loop: loop, transports: transports, log: log, control: try ControlServer(path: path),
                console: console, instance: configuration.live.instance, statusEvery: configuration.live.statusEvery,
                silenceLimit: silenceLimit, store: store, external: external,
                pages: pages, memory: memory)
        } catch { throw .failed(error) }
        let evidence = SessionEvidence(
            configuration: configuration, fingerprint: fingerprint, mode: mode, start: startedAt,
            program: Program.version, console: console)
        runner.run(until: end, evidence)
        try TradeSummary(
            report: runner.report(), mode: mode, instance: configuration.live.instance,
            instruments: assembly.instruments, baseCurrency: configuration.account.baseCurrency,
            latency: runner.latency, profits: runner.profits()
        ).write(to: summaryFile, console)
    }

    private func open(_ folder: JournalFolder) throws(CommandFailure) -> FileStorage {
        do throws(StorageError) { return try folder.open() } catch { throw .failed(error) }
    }

    /// Keeps the journal that is there under its time, so that a new one can begin.
    private func setAside(_ folder: JournalFolder) throws(CommandFailure) {
        let target = "\(folder.path).\("\(EventLoop.now.wall)".filter { $0 != ":" })"
        guard rename(folder.path, target) == 0 else {
            throw .failed("\(folder.path) cannot be set aside as \(target): \(String(cString: strerror(errno))).")
        }
        console.printError("apus: the old journal is kept in \(target).")
    }

    private func openLog() throws(CommandFailure) -> LogWriter {
        var destination = LogDestination()
        let given = configuration.logging
        destination.level = LogLevel(rawValue: given.level.rawValue) ?? .info
        for item in given.components {
            guard let component = LogComponent(rawValue: item.component) else { continue }
            destination.componentLevels[component] = LogLevel(rawValue: item.level.rawValue)
        }
        destination.standardErrorLevel = given.standardErrorLevel.flatMap { LogLevel(rawValue: $0.rawValue) }
        destination.file = given.file ?? "\(configuration.live.instanceFolder)/apus.log"
        destination.maximumBytes = Int(clamping: given.maximumMegabytes) * 1_000_000
        destination.keep = Int(clamping: given.keep)
        do throws(LogError) { return try LogWriter(destination) } catch { throw .failed(error) }
    }

    // MARK: Venues

    private func lockAccounts() throws(CommandFailure) -> [AccountLock] {
        guard mode.sendsOrders else { return [] }
        var locks: [AccountLock] = []
        for venue in configuration.venues where isUsed(venue) { locks.append(try AccountLock(venue)) }
        return locks
    }

    private struct LoadedKey {
        let key: PrivateKey
        /// As it was given: no log may show it.
        let secret: [UInt8]
    }

    private func loadKeys() throws(CommandFailure) -> [String: LoadedKey] {
        guard mode.sendsOrders else { return [:] }
        var keys: [String: LoadedKey] = [:]
        for venue in configuration.venues where isUsed(venue) {
            guard let source = venue.credentials else { continue }
            do {
                let credential = try Credentials.CredentialSource.parse(source.description)
                    .load(at: EventLoop.now.wall, vault: openVault)
                let key = try credential.secret.withBytes { bytes in
                    LoadedKey(
                        key: try PrivateKey(parsing: String(decoding: bytes.filter { $0 > 32 }, as: UTF8.self)),
                        secret: Array(bytes))
                }
                if let expires = credential.expires {
                    console.printError("apus: the key of venues.\(venue.name) is kept until \(expires).")
                }
                keys[venue.name] = key
            } catch { throw .failed("venues.\(venue.name).credentials: \(error)") }
        }
        return keys
    }

    private func openVault() throws(CredentialError) -> Vault {
        try Vault.open(at: Vault.defaultPath, for: .read) { () throws(CredentialError) in
            try PassphraseSource.environment().read(prompt: "Passphrase of the vault: ")
        }
    }

    private func isUsed(_ venue: Configuration.VenueSettings) -> Bool {
        configuration.strategies.contains { $0.isEnabled && $0.venue == venue.name }
    }

    /// What the venues' markets are: as the journal says, or as the venues say now.
    ///
    /// - Parameter before: What the run before has asked.
    /// - Returns: With what the questions weighed, by venue.
    private func markets(
        _ start: SessionStart?, _ loop: EventLoop, _ keys: [String: LoadedKey], _ before: [String: [RequestMemory.Use]]
    ) throws(CommandFailure) -> (markets: [String: [HyperliquidMarket]], weights: [String: Int]) {
        var known: [String: [HyperliquidMarket]] = [:]
        var weights: [String: Int] = [:]
        let used = configuration.venues.filter(isUsed)
        let shares = try TradeAssembly.shares(used)
        for (place, venue) in used.enumerated() {
            do {
                let discovery = try VenueDiscovery(venue, loop: loop)
                defer { weights[venue.name] = discovery.weight }
                if let uses = before[venue.name] {
                    discovery.waitForRoom(beside: uses, within: shares.weights[place], console)
                }
                if let recorded = start?.venues.first(where: { $0.name == venue.name }) {
                    known[venue.name] = try HyperliquidMarket.markets(ofRecord: recorded.markets)
                } else {
                    known[venue.name] = try discovery.markets()
                }
                guard let key = keys[venue.name]?.key, let account = venue.account else { continue }
                let problem = try discovery.permissionProblem(
                    of: key.address, for: try EthereumAddress(parsing: account))
                if let problem { throw VenueDiscovery.Failure(description: "venues.\(venue.name): \(problem)") }
            } catch { throw .failed(error) }
        }
        return (known, weights)
    }

    /// What counts against each venue's limit when its connector begins, oldest first.
    private func used(
        _ before: [String: [RequestMemory.Use]], _ discovered: [String: Int]
    ) -> [String: [(weight: Int, time: TimeSpan)]] {
        let now = EventLoop.now
        var used: [String: [(weight: Int, time: TimeSpan)]] = [:]
        for (name, uses) in before {
            used[name] = uses.compactMap { use in use.moment(at: now).map { (use.weight, $0) } }
        }
        for (name, weight) in discovered { used[name, default: []].append((weight, now.monotonic)) }
        return used
    }
}
