// SPDX-License-Identifier: Apache-2.0

internal import DataStore
internal import Glibc
internal import HyperliquidSimulator
internal import MarketData
internal import Trading
internal import VenueFaults

/// Makes a simulated venue with its markets from what a person asked for.
struct VenueAssembly {
    private(set) var simulator: HyperliquidSimulator
    private(set) var feed: MarketFeed
    private(set) var faults: FaultPlan
    /// What people should know of it, one line each.
    private(set) var notes: [String] = []

    private struct History {
        var coin: String
        var length: TimeSpan
        var bars: [MarketBar]
    }

    /// - Parameter now: Where made-up markets begin that say nothing else.
    init(_ options: ServerOptions, now: Timestamp) throws(UsageError) {
        var markets: [MarketConfiguration] = []
        var histories: [History] = []
        if options.data.isEmpty && options.series.isEmpty {
            feed = Self.generated(options, now: now, &markets, &histories)
        } else {
            feed = try Self.replayed(options, &markets, &histories)
            notes.append("the data has no mark price: the last price stands in for it")
        }
        for index in markets.indices {
            if let spread = options.spread { markets[index].liquidity.spread = spread }
            if let value = options.levelValue { markets[index].liquidity.levelValue = value }
        }
        var configuration = SimulatorConfiguration(markets: markets, accounts: [])
        try Self.addAccounts(options, to: &configuration)
        configuration.fees = options.fees
        configuration.seed = options.seed
        configuration.isMainnet = options.isMainnet
        configuration.statusLag = options.statusLag
        configuration.refusesUsedClientIDs = options.refusesUsedClientIDs
        configuration.acceptsSmallClose = options.acceptsSmallClose
        configuration.checksTicksBeforeAll = options.checksTicksBeforeAll
        configuration.greets = options.greets
        configuration.messageTimes = options.usesWallTimes ? .wall : .market
        configuration.limits.areEnforced = options.hasLimits
        simulator = HyperliquidSimulator(configuration: configuration)
        for history in histories { simulator.loadHistory(history.coin, length: history.length, history.bars) }
        var rules = options.faults
        if let file = options.faultsFile {
            let script = try readFile(file, "--faults")
            do throws(FaultError) {
                rules += try FaultRule.script(script)
            } catch {
                throw UsageError("--faults: \(error)")
            }
        }
        faults = FaultPlan(rules: rules, seed: options.faultSeed)
    }

    // MARK: Accounts

    private static func addAccounts(
        _ options: ServerOptions, to configuration: inout SimulatorConfiguration
    ) throws(UsageError) {
        configuration.accounts = options.accounts
        for index in configuration.accounts.indices {
            if configuration.accounts[index].balance < .zero { configuration.accounts[index].balance = options.balance }
            configuration.accounts[index].volume = options.volume
        }
        configuration.agents = options.agents
        if let file = options.accountsFile {
            let read = try AccountsFile.read(try readFile(file, "--accounts"), balance: options.balance)
            configuration.accounts += read.accounts
            configuration.agents += read.agents
        }
        let tokens = Set(["USDC"] + configuration.markets.filter(\.isSpot).map(\.coin))
        var known: Set<Address> = []
        for account in configuration.accounts {
            guard known.insert(account.address).inserted else {
                throw UsageError("account \(account.address) is given twice.")
            }
            for (token, _) in account.spot where !tokens.contains(token) {
                throw UsageError("account \(account.address) holds \(token), which no spot market trades (--spot).")
            }
        }
        for agent in configuration.agents where !known.contains(agent.account) {
            throw UsageError("agent \(agent.address) is for \(agent.account), which is no account here (--account).")
        }
    }

    // MARK: Made-up markets

    private static func generated(
        _ options: ServerOptions, now: Timestamp, _ markets: inout [MarketConfiguration], _ histories: inout [History]
    ) -> MarketFeed {
        let symbols = options.symbols.isEmpty ? [("BTC", nil), ("ETH", nil)] : options.symbols
        let start = Timeframe.oneMinute.openTime(containing: options.start ?? options.from ?? now)
        let minutes = Int64(options.history ?? 500)
        var generators: [MarketGenerator] = []
        for (index, symbol) in symbols.enumerated() {
            let prices = ["BTC": 60_000, "ETH": 3000, "SOL": 150, "HYPE": 40, "BNB": 600, "LTC": 80] as [String: Int64]
            let price = symbol.price ?? prices[symbol.coin].map { Fixed8($0) } ?? Fixed8(10)
            let grid = MarketGrid(
                szDecimals: MarketGrid.szDecimals(symbol.coin, price: price), isSpot: options.spot.contains(symbol.coin)
            )
            let own = options.shapes[symbol.coin]
            let shape = own?.shape ?? options.shape ?? .range
            var generator = MarketGenerator(
                shape: shape, price: price, grid: grid, seed: options.seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15,
                start: start - .minutes(minutes), end: options.to, event: own?.event.map { start + $0 })
            let bars = generator.history(until: start)
            var market = Self.market(symbol.coin, grid: grid, price: bars.last?.close ?? grid.price(price))
            MarketGenerator.adjust(&market, to: shape)
            markets.append(market)
            histories.append(History(coin: coin(index, of: markets), length: .minutes(1), bars: bars))
            generators.append(generator)
        }
        return MarketFeed(generators: generators)
    }

    /// What the venue calls a market in its messages.
    private static func coin(_ index: Int, of markets: [MarketConfiguration]) -> String {
        guard markets[index].isSpot else { return markets[index].coin }
        let number = markets[..<index].count { $0.isSpot }
        return number == 0 ? "\(markets[index].coin)/USDC" : "@\(number)"
    }

    private static func market(_ coin: String, grid: MarketGrid, price: Fixed8) -> MarketConfiguration {
        grid.isSpot
            ? MarketConfiguration(spot: coin, szDecimals: grid.szDecimals, price: price)
            : MarketConfiguration(coin: coin, szDecimals: grid.szDecimals, maxLeverage: 50, price: price)
    }

    // MARK: Replay

    private static func replayed(
        _ options: ServerOptions, _ markets: inout [MarketConfiguration], _ histories: inout [History]
    ) throws(UsageError) -> MarketFeed {
        var all: [(coin: String, series: BarSeries)] = []
        for (coin, file) in options.data { all.append((coin, try readBars(file, options))) }
        for (coin, name) in options.series { all.append((coin, try readSeries(name, options))) }
        var replays: [BarReplay] = []
        for (index, entry) in all.enumerated() {
            guard !markets.contains(where: { $0.coin == entry.coin }) else {
                throw UsageError("\(entry.coin) is given twice.")
            }
            let series = entry.series
            guard let first = series.firstOpenTime, series[0].close.units > 0 else {
                throw UsageError("\(entry.coin): the data has no bars.")
            }
            var from = first
            if let asked = options.from { from = max(first, asked) }
            if let count = options.history, count < series.count { from = max(from, series[count].openTime) }
            let isSpot = options.spot.contains(entry.coin)
            let firstPrice = Fixed8(units: series[0].open.units, decimals: series.priceDecimals)
            let grid = MarketGrid(szDecimals: MarketGrid.szDecimals(entry.coin, price: firstPrice), isSpot: isSpot)
            var past: [MarketBar] = []
            var coming: [MarketBar] = []
            for bar in series.bars {
                if let to = options.to, bar.openTime >= to { break }
                let converted = grid.bar(market(bar, of: series))
                if bar.openTime < from { past.append(converted) } else { coming.append(converted) }
            }
            guard let start = coming.first else {
                throw UsageError("\(entry.coin): the data has no bars from \(from) on. It begins at \(first).")
            }
            markets.append(Self.market(entry.coin, grid: grid, price: past.last?.close ?? start.open))
            histories.append(
                History(
                    coin: coin(index, of: markets), length: series.timeframe.span,
                    // The venue answers with its latest 5,000 candles.
                    bars: Array(past.suffix(20_000))))
            replays.append(BarReplay(bars: coming, length: series.timeframe.span))
        }
        return MarketFeed(replays: replays)
    }

    private static func market(_ bar: Bar, of series: BarSeries) -> MarketBar {
        func price(_ units: Int64) -> Fixed8 { Fixed8(units: units, decimals: series.priceDecimals) }
        return MarketBar(
            openTime: bar.openTime, open: price(bar.open.units), high: price(bar.high.units), low: price(bar.low.units),
            close: price(bar.close.units),
            volume: Fixed8(units: bar.volume.units, decimals: series.quantityDecimals))
    }

    private static func readBars(_ file: String, _ options: ServerOptions) throws(UsageError) -> BarSeries {
        do throws(ImportError) {
            let stamp = options.stamp.flatMap { BarStamp(rawValue: $0) }
            return try BarImporter.read(
                path: file, options: ImportOptions(timeframe: options.timeframe, stamp: stamp)
            ).series
        } catch {
            throw UsageError("--data: \(error)")
        }
    }

    private static func readSeries(_ name: String, _ options: ServerOptions) throws(UsageError) -> BarSeries {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 3, let timeframe = try? Timeframe(parsing: parts[2]) else {
            throw UsageError("--series takes COIN=VENUE/SYMBOL/TIMEFRAME, such as BTC=sample/BTCUSD/30m.")
        }
        do throws(StoreError) {
            return try DataStore(path: options.store ?? "").bars(
                venue: parts[0], symbol: parts[1], timeframe: timeframe)
        } catch {
            throw UsageError("--series: \(error)")
        }
    }
}

/// All bytes of a small file.
func readFile(_ path: String, _ option: String) throws(UsageError) -> [UInt8] {
    guard let file = fopen(path, "re") else {
        throw UsageError("\(option): '\(path)' cannot be read: \(String(cString: strerror(errno))).")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&part, 1, part.count, file)
        if count == 0 { return bytes }
        guard bytes.count < 16 << 20 else { throw UsageError("\(option): '\(path)' is larger than 16 MiB.") }
        bytes.append(contentsOf: part[..<count])
    }
}
