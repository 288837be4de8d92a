// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import HyperliquidSimulator
internal import Networking
internal import Trading
internal import VenueFaults

/// What a person asked of `venuesim`.
struct ServerOptions {
    // Where
    var address = "127.0.0.1"
    var port: UInt16 = 0
    var certificate: LoopbackServer.Settings.Certificate?
    // Markets
    var data: [(key: String, value: String)] = []
    var store: String?
    var series: [(key: String, value: String)] = []
    var spot: Set<String> = []
    var timeframe: Timeframe?
    var stamp: String?
    var from: Timestamp?
    var to: Timestamp?
    var history: Int?
    var speed: Double? = 1
    var waitsForClient = false
    var shape: MarketShape?
    var symbols: [(coin: String, price: Fixed8?)] = []
    /// By coin: its own shape, and when what is special about it happens, counted from the start.
    var shapes: [String: (shape: MarketShape, event: TimeSpan?)] = [:]
    var seed: UInt64 = 1
    var start: Timestamp?
    var usesWallTimes = false
    var spread: Rate?
    var levelValue: Fixed8?
    // Accounts
    var accounts: [AccountConfiguration] = []
    var agents: [AgentConfiguration] = []
    var accountsFile: String?
    var balance = Fixed8(10_000)
    var volume = Fixed8.zero
    var fees = Fees()
    var isMainnet = false
    var hasLimits = true
    var statusLag = TimeSpan.zero
    // Rules that the venue's documents leave open
    var refusesUsedClientIDs = false
    var acceptsSmallClose = true
    var checksTicksBeforeAll = true
    var greets = false
    // Faults
    var faults: [FaultRule] = []
    var faultsFile: String?
    var faultSeed: UInt64 = 1
    var skew = TimeSpan.zero
    // End
    var stopAfter: TimeSpan?
    var idleTimeout: TimeSpan?
    var exitsAtEnd = false
    var isJSON = false

    /// - Throws: `UsageError` with what to write instead.
    init(_ arguments: ArraySlice<String>) throws(UsageError) {
        var rest = arguments
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = ServerOption.all.first(where: { $0.name == parts[0] }) else {
                throw UsageError("'\(argument.prefix(80))' is not known here.")
            }
            if option.value == nil {
                guard parts.count == 1 else { throw UsageError("\(option.name) takes no value.") }
                try option.apply(&self, "")
            } else if parts.count == 2 {
                try option.apply(&self, String(parts[1]))
            } else {
                guard let value = rest.popFirst() else { throw UsageError("\(option.usage): the value is missing.") }
                try option.apply(&self, value)
            }
        }
        if !data.isEmpty || !series.isEmpty {
            guard shape == nil else { throw UsageError("give --data or --series, or --generate, not both.") }
        }
        if !shapes.isEmpty, let unknown = shapes.keys.sorted().first(where: { !generatedCoins.contains($0) }) {
            throw UsageError("--shape \(unknown): no such market is made up; --symbols names them.")
        }
        if !series.isEmpty && store == nil { throw UsageError("--series needs --store FOLDER.") }
        if let from, let to, from >= to { throw UsageError("--from must be before --to.") }
    }
}

extension ServerOptions {
    /// What is made up, where nothing is replayed.
    var generatedCoins: [String] {
        guard data.isEmpty, series.isEmpty else { return [] }
        return symbols.isEmpty ? ["BTC", "ETH"] : symbols.map(\.coin)
    }
}

struct UsageError: Error, Hashable {
    let message: String
    init(_ message: String) { self.message = message }
}

struct ServerOption: Sendable {
    let name: String
    let value: String?
    let help: String
    let apply: @Sendable (inout ServerOptions, String) throws(UsageError) -> Void

    var usage: String { name + (value.map { " \($0)" } ?? "") }

    init(
        _ name: String, _ value: String? = nil, _ help: String,
        _ apply: @escaping @Sendable (inout ServerOptions, String) throws(UsageError) -> Void
    ) {
        self.name = name
        self.value = value
        self.help = help
        self.apply = apply
    }

    static let all: [ServerOption] = network + markets + money + rules + faults + ending

    private static let network: [ServerOption] = [
        ServerOption("--port", "N", "listen on this port; 0, the default, takes any that is free") {
            options, text throws(UsageError) in
            guard let port = UInt16(text) else { throw UsageError("--port takes a number from 0 to 65535.") }
            options.port = port
        },
        ServerOption("--listen", "ADDRESS", "listen on this address of the machine; 127.0.0.1 without it") {
            $0.address = $1
        },
        ServerOption("--tls", "CHAIN,KEY", "speak https and wss with this certificate and key (PEM files)") {
            options, text throws(UsageError) in
            let files = text.split(separator: ",").map(String.init)
            guard files.count == 2 else { throw UsageError("--tls takes two files: --tls chain.pem,key.pem.") }
            options.certificate = .init(chainFile: files[0], keyFile: files[1])
        },
    ]

    private static let markets: [ServerOption] = [
        ServerOption("--data", "COIN=FILE", "replay the bars of a file (CSV, zip, JSON); once for each coin") {
            options, text throws(UsageError) in options.data.append(try pair(text, "--data"))
        },
        ServerOption("--store", "FOLDER", "the data store that --series reads") { $0.store = $1 },
        ServerOption("--series", "COIN=VENUE/SYMBOL/TIMEFRAME", "replay bars of the store; once for each coin") {
            options, text throws(UsageError) in options.series.append(try pair(text, "--series"))
        },
        ServerOption("--spot", "COIN", "this coin is a spot pair with USDC, not a perpetual") { $0.spot.insert($1) },
        ServerOption("--timeframe", "T", "the length of the bars in the files, such as 30m, where they do not say") {
            options, text throws(UsageError) in
            options.timeframe = try read(text, "--timeframe") { text throws(TimeframeError) in
                try Timeframe(parsing: text)
            }
        },
        ServerOption("--stamp", "open|close", "what the times in the files mean, where they do not say") {
            options, text throws(UsageError) in
            guard text == "open" || text == "close" else { throw UsageError("--stamp takes open or close.") }
            options.stamp = text
        },
        ServerOption("--from", "TIME", "begin here; earlier bars are history that clients can ask for") {
            options, text throws(UsageError) in options.from = try time(text, "--from")
        },
        ServerOption("--to", "TIME", "end before this time") { options, text throws(UsageError) in
            options.to = try time(text, "--to")
        },
        ServerOption("--history", "BARS", "that many bars of the data are history (with --generate: minutes, 500)") {
            options, text throws(UsageError) in
            guard let bars = Int(text), (0...1_000_000).contains(bars) else {
                throw UsageError("--history takes a number of bars.")
            }
            options.history = bars
        },
        ServerOption("--speed", "N|max", "market time goes by this many times as fast as time; 1 without it") {
            options, text throws(UsageError) in
            if text == "max" {
                options.speed = nil
            } else {
                guard let speed = Double(text), speed > 0, speed <= 1e9 else {
                    throw UsageError("--speed takes a number above 0, or max.")
                }
                options.speed = speed
            }
        },
        ServerOption("--wait", nil, "the markets stand still until a client has subscribed to something") {
            options, _ in
            options.waitsForClient = true
        },
        ServerOption("--generate", "SHAPE", "make the markets up: trend, range, crash, gap or thin") {
            options, text throws(UsageError) in
            guard let shape = MarketShape(rawValue: text) else {
                throw UsageError("--generate takes trend, range, crash, gap or thin.")
            }
            options.shape = shape
        },
        ServerOption(
            "--shape", "COIN=SHAPE[@MINUTES]",
            "this coin's own shape; its crash or gap comes once, that many minutes after the start"
        ) { options, text throws(UsageError) in
            let (coin, rest) = try pair(text, "--shape")
            let parts = rest.split(separator: "@", maxSplits: 1).map(String.init)
            guard let shape = parts.first.flatMap(MarketShape.init(rawValue:)) else {
                throw UsageError("--shape takes a coin and trend, range, crash, gap or thin: --shape BTC=crash@20.")
            }
            var event: TimeSpan?
            if parts.count == 2 {
                guard shape == .crash || shape == .gap, let minutes = Int64(parts[1]), (0...1_000_000).contains(minutes)
                else { throw UsageError("--shape \(text): only a crash or a gap comes at a minute, such as crash@20.") }
                event = .minutes(minutes)
            }
            options.shapes[coin] = (shape, event)
        },
        ServerOption("--symbols", "COIN[=PRICE],…", "what is made up; BTC,ETH without it") {
            options, text throws(UsageError) in
            for entry in text.split(separator: ",") {
                let parts = entry.split(separator: "=", maxSplits: 1)
                let price = parts.count == 2 ? Fixed8(String(parts[1])) : nil
                guard let coin = parts.first, parts.count == 1 || price.map({ $0 > .zero }) == true else {
                    throw UsageError("--symbols takes names, perhaps with prices: BTC=60000,ETH.")
                }
                options.symbols.append((String(coin), price))
            }
        },
        ServerOption("--seed", "N", "of the made-up markets and of everything else left to chance") {
            options, text throws(UsageError) in options.seed = try number(text, "--seed")
        },
        ServerOption("--start", "TIME", "the time at which made-up markets begin; now without it") {
            options, text throws(UsageError) in options.start = try time(text, "--start")
        },
        ServerOption("--wall-times", nil, "times in messages are those of the wall clock, not of the market") {
            options, _ in options.usesWallTimes = true
        },
        ServerOption("--spread", "SHARE", "between best bid and ask, as a share of the price, such as 0.01%") {
            options, text throws(UsageError) in options.spread = try share(text, "--spread")
        },
        ServerOption("--level-value", "USDC", "what one level of the book holds; 50000 without it") {
            options, text throws(UsageError) in options.levelValue = try amount(text, "--level-value")
        },
    ]

    private static let money: [ServerOption] = [
        ServerOption("--account", "ADDRESS[=USDC]", "an account and its balance; once for each") {
            options, text throws(UsageError) in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let balance = parts.count == 2 ? try amount(parts[1], "--account") : Fixed8(units: -1)
            options.accounts.append(
                AccountConfiguration(address: try address(parts.first ?? "", "--account"), balance: balance))
        },
        ServerOption("--accounts", "FILE", "accounts, agents, sub-accounts and spot balances as JSON") {
            $0.accountsFile = $1
        },
        ServerOption("--balance", "USDC", "of each account that says none; 10000 without it") {
            options, text throws(UsageError) in options.balance = try amount(text, "--balance")
        },
        ServerOption("--volume", "USDC", "that each account of --account has traded before: its request budget") {
            options, text throws(UsageError) in options.volume = try amount(text, "--volume")
        },
        ServerOption("--agent", "ADDRESS=ACCOUNT", "a key that may sign for an account; once for each") {
            options, text throws(UsageError) in
            let parts = try pair(text, "--agent")
            options.agents.append(
                AgentConfiguration(
                    address: try address(parts.key, "--agent"), account: try address(parts.value, "--agent")))
        },
        ServerOption("--maker-fee", "SHARE", "of perpetuals, such as 0.015%") { options, text throws(UsageError) in
            options.fees.perpMaker = try share(text, "--maker-fee")
        },
        ServerOption("--taker-fee", "SHARE", "of perpetuals, such as 0.045%") { options, text throws(UsageError) in
            options.fees.perpTaker = try share(text, "--taker-fee")
        },
        ServerOption("--mainnet-signatures", nil, "expect signatures for the main network, not the test network") {
            options, _ in options.isMainnet = true
        },
        ServerOption("--no-limits", nil, "no rate limits and no limits of connections") { options, _ in
            options.hasLimits = false
        },
        ServerOption("--status-lag", "SECONDS", "an order is unknown to orderStatus for this long") {
            options, text throws(UsageError) in options.statusLag = try span(text, "--status-lag")
        },
    ]

    private static let rules: [ServerOption] = [
        ServerOption("--strict-cloids", nil, "refuse the client id of any earlier order, not only of one that works") {
            options, _ in options.refusesUsedClientIDs = true
        },
        ServerOption("--refuse-small-close", nil, "refuse orders below $10 also where they close a whole position") {
            options, _ in options.acceptsSmallClose = false
        },
        ServerOption("--ticks-one-by-one", nil, "one order off the tick is refused alone, not with its whole batch") {
            options, _ in options.checksTicksBeforeAll = false
        },
        ServerOption("--greet", nil, "begin every stream with a text that is not JSON") { options, _ in
            options.greets = true
        },
    ]

    private static let faults: [ServerOption] = [
        ServerOption("--fault", "KIND[@SCOPE]=RATE", "let things go wrong by chance, such as lost@place=0.05") {
            options, text throws(UsageError) in
            options.faults.append(
                try read(text, "--fault") { text throws(FaultError) in try FaultRule(parsing: text) })
        },
        ServerOption("--faults", "FILE", "let things go wrong as a script says") { $0.faultsFile = $1 },
        ServerOption("--fault-seed", "N", "of what goes wrong by chance") { options, text throws(UsageError) in
            options.faultSeed = try number(text, "--fault-seed")
        },
        ServerOption("--maintenance", "FROM-TO", "be away from one second after the start to another") {
            options, text throws(UsageError) in
            options.faults.append(try window(.maintenance, text, "--maintenance"))
        },
        ServerOption("--post-only", "FROM-TO", "between these seconds take post-only orders only, as after an upgrade")
        {
            options, text throws(UsageError) in
            options.faults.append(try window(.postOnly, text, "--post-only"))
        },
        ServerOption("--clock-skew", "SECONDS", "the venue's clock is ahead by this, or behind where negative") {
            options, text throws(UsageError) in options.skew = try span(text, "--clock-skew", mayBeNegative: true)
        },
    ]

    private static let ending: [ServerOption] = [
        ServerOption("--stop-after", "SECONDS", "end after this time") { options, text throws(UsageError) in
            options.stopAfter = try span(text, "--stop-after")
        },
        ServerOption("--exit-at-end", nil, "end when the data has ended") { options, _ in options.exitsAtEnd = true },
        ServerOption("--idle-timeout", "SECONDS", "end when there was no client for this time") {
            options, text throws(UsageError) in options.idleTimeout = try span(text, "--idle-timeout")
        },
        ServerOption("--json", nil, "say where it listens, and the summary at the end, as JSON") { options, _ in
            options.isJSON = true
        },
    ]

    // MARK: Values

    private static func pair(_ text: String, _ name: String) throws(UsageError) -> (key: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw UsageError("\(name) takes two things with = between them.") }
        return (parts[0], parts[1])
    }

    /// A fault from one second after the start to another.
    private static func window(_ kind: FaultKind, _ text: String, _ name: String) throws(UsageError) -> FaultRule {
        let parts = text.split(separator: "-").compactMap { Double($0) }
        guard parts.count == 2, parts[0] < parts[1], let from = TimeSpan(fractionalSeconds: parts[0]),
            let to = TimeSpan(fractionalSeconds: parts[1])
        else { throw UsageError("\(name) takes two numbers of seconds, such as 10-15.") }
        return FaultRule(kind, from: from, to: to)
    }

    private static func read<Value, Failure: Error>(
        _ text: String, _ name: String, _ parse: (String) throws(Failure) -> Value
    ) throws(UsageError) -> Value {
        do { return try parse(text) } catch { throw UsageError("\(name): \(error)") }
    }

    private static func time(_ text: String, _ name: String) throws(UsageError) -> Timestamp {
        try read(text, name) { text throws(TimestampError) in try Timestamp(parsing: text) }
    }

    static func address(_ text: String, _ name: String) throws(UsageError) -> EthereumAddress {
        try read(text, name) { text throws(AddressError) in try EthereumAddress(parsing: text) }
    }

    private static func number(_ text: String, _ name: String) throws(UsageError) -> UInt64 {
        guard let value = UInt64(text) else { throw UsageError("\(name) takes a whole number.") }
        return value
    }

    static func amount(_ text: String, _ name: String) throws(UsageError) -> Fixed8 {
        guard let value = Fixed8(text), value >= .zero else {
            throw UsageError("\(name) takes an amount such as 1000 or 12.5.")
        }
        return value
    }

    private static func share(_ text: String, _ name: String) throws(UsageError) -> Rate {
        let isPercent = text.hasSuffix("%")
        guard let value = Double(isPercent ? String(text.dropLast()) : text), abs(value) <= (isPercent ? 100 : 1) else {
            throw UsageError("\(name) takes a share such as 0.00045 or 0.045%.")
        }
        return Rate(units: Int64((value * (isPercent ? 1e7 : 1e9)).rounded()))
    }

    private static func span(
        _ text: String, _ name: String, mayBeNegative: Bool = false
    ) throws(UsageError) -> TimeSpan {
        guard let seconds = Double(text), let span = TimeSpan(fractionalSeconds: seconds),
            mayBeNegative || span >= .zero
        else { throw UsageError("\(name) takes a number of seconds.") }
        return span
    }
}
