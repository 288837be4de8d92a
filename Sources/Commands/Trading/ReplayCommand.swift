// SPDX-License-Identifier: Apache-2.0

import Configuration
import Engine
import Execution
import Hyperliquid
import Journal
import Live
import MarketData
import Strategies
import Trading

/// A journal with the session that it holds, made again.
struct RecordedSession {
    var contents: JournalContents
    let path: String
    let start: SessionStart
    let document: ConfigurationDocument
    let assembly: TradeAssembly
    let setup: DecisionSetup
    let traps: [StrategyTrap]

    init(_ path: String, _ console: Console) throws(CommandFailure) {
        self.path = path
        contents = try JournalContents(lookingAt: path)
        guard let start = contents.start else { preconditionFailure("it was looked for") }
        self.start = start
        var known: [String: [HyperliquidMarket]] = [:]
        do {
            document = try ConfigurationDocument(parsing: start.configuration, file: "the journal's configuration")
            for venue in start.venues { known[venue.name] = try HyperliquidMarket.markets(ofRecord: venue.markets) }
        } catch { throw .failed("\(path): \(error)") }
        assembly = try TradeAssembly(
            try TradePlanning.configuration(document, console), mode: start.mode, console.strategies, known: known)
        setup = try assembly.decisionSetup(start: start.startedAt)
        traps = try contents.traps()
    }

    /// What the session held when its first bar closed, by asset.
    func balancesAtStart() throws(CommandFailure) -> [Amount] {
        guard start.mode != .paper else { return setup.deposits }
        var contents = contents
        var replay = try replay()
        var isFound = false
        try contents.forEach { record, raw throws(CommandFailure) in
            if case .input(.instant) = record { isFound = true }
            guard !isFound else { return }
            do { try replay.apply(record, sequence: raw.sequence) } catch { throw .failed(error) }
        }
        let account = replay.core.engine.account
        return account.description.assets.names.indices.map { account.balance(AssetID(index: $0)) }
    }

    func replay() throws(CommandFailure) -> Replay {
        do { return try Replay(setup, traps: traps) } catch { throw .failed(error) }
    }
}

/// `apus replay`: runs a session's journal again.
struct ReplayCommand: Command {
    static let description = CommandDescription(
        path: ["replay"],
        summary: "Run a session's journal again: prove its decisions, or tell an order's story.",
        details: """
            --verify hands everything that the session took in to the engine again and compares what it decides with
            what it decided then, bit for bit. --explain tells the story of one order: signal, indicators, request,
            risk check, what was sent, what the venue answered, fills. Orders are numbered from 1 in a session.
            """,
        operands: [OperandDescription(name: "JOURNAL", summary: "the folder of a session's journal")],
        options: [
            OptionDescription(name: "verify", summary: "Compare all decisions (this is what happens without options)."),
            OptionDescription(name: "explain", value: "ORDER", summary: "Tell the story of this order."),
            .json,
        ],
        examples: [
            ("apus replay apus-journal/main --verify", "Prove that the journal gives the same decisions again."),
            ("apus replay apus-journal/main --explain 7", "Why order 7 was sent, and what became of it."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let session = try RecordedSession(arguments.operands[0], console)
        if let text = arguments.value("explain") {
            guard let number = UInt64(text), number > 0 else {
                throw .usage("--explain \(text): name an order's number.")
            }
            try explain(number, session, asJSON: arguments.has("json"), console)
        } else {
            try verify(session, asJSON: arguments.has("json"), console)
        }
    }

    private static func verify(
        _ session: RecordedSession, asJSON: Bool, _ console: Console
    ) throws(CommandFailure) {
        var session = session
        var replay = try session.replay()
        var records = 0
        let began = ContinuousClock.now
        try session.contents.forEach { record, raw throws(CommandFailure) in
            records += 1
            if records % 4096 == 0, console.isInterrupted() { throw .failed("Interrupted.") }
            do { try replay.apply(record, sequence: raw.sequence) } catch { throw .failed(error) }
        }
        let differences = replay.differences
        let (inputs, instants, commands) = (replay.inputs, replay.instants, replay.commandCount)
        let fingerprint = replay.core.engine.resultHash.text
        let version = session.start.version
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        if asJSON {
            console.printJSON(
                .object([
                    ("records", .count(records)), ("inputs", .count(inputs)), ("instants", .count(instants)),
                    ("commands", .count(commands)), ("fingerprint", .text(fingerprint)),
                    ("written_by", .text(version)), ("differences", .texts(differences.map(\.description))),
                ]))
        } else {
            console.print(
                "\(counted(Int64(records), "record")), \(counted(Int64(inputs), "input")), "
                    + "\(counted(Int64(instants), "instant")), \(counted(Int64(commands), "command")) replayed in "
                    + "\((seconds * 1000).rounded() / 1000) s; fingerprint \(fingerprint)")
            for difference in differences.prefix(20) { console.print("  \(difference)") }
        }
        guard differences.isEmpty else {
            throw .failed(
                "\(counted(Int64(differences.count), "decision")) differ from the journal's."
                    + (version == Program.version
                        ? "" : " It was written by version \(version), this is \(Program.version)."))
        }
        if !asJSON { console.print("Every decision is the same.") }
    }

    private static func explain(
        _ number: UInt64, _ session: RecordedSession, asJSON: Bool, _ console: Console
    ) throws(CommandFailure) {
        var session = session
        var replay = try session.replay()
        let names = session.setup.strategies.map(\.name)
        var story: OrderStory?
        var bars: [InstrumentBar] = []
        let instruments = session.assembly.instruments
        try session.contents.forEach { record, raw throws(CommandFailure) in
            do { try replay.apply(record, sequence: raw.sequence) } catch { throw .failed(error) }
            if case .input(.instant(let instant)) = record { bars = instant.bars }
            if story == nil, case .commands(let commands) = record,
                let order = commands.first(where: { $0.order.sequence == number })?.order
            {
                story = OrderStory(
                    of: order, instruments: instruments, strategyNames: names,
                    capabilities: session.assembly.capabilities)
            }
            story?.take(record, sequence: raw.sequence, at: raw.time, bars: bars, core: replay.core)
        }
        guard let story, story.isFound else {
            throw .failed("The journal has no order \(number). Its orders are numbered from 1.")
        }
        if asJSON {
            return console.printJSON(
                .list(
                    story.steps.map { step in
                        .object([
                            ("record", .integer(Int64(clamping: step.sequence))), ("time", .text("\(step.time)")),
                            ("kind", .text(step.kind)), ("text", .text(step.text)),
                        ])
                    }))
        }
        console.print("Order \(number)")
        for step in story.steps {
            let kind = step.kind + String(repeating: " ", count: max(0, 9 - step.kind.count))
            console.print("  \(step.time)  \(kind) \(step.text)")
        }
    }
}
