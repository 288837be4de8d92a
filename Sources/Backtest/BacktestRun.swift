// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import MarketData
import Simulation
import Statistics
public import Strategies
public import Trading

/// Why a backtest could not run to its end.
public enum BacktestError: Error, CustomStringConvertible {
    case noData
    case noStrategies
    case strategy(StrategyError)
    case valuation(ValuationError)
    case cancelled

    public var description: String {
        switch self {
        case .noData: "There are no bars to run on. Check data.from and data.to, and the symbols' files."
        case .noStrategies: "No strategy is enabled. Set `enabled: true` for at least one."
        case .strategy(let error): error.description
        case .valuation(let error): error.description
        case .cancelled: "The run was interrupted."
        }
    }
}

/// The engine and the simulated venue, driven through history one instant after the other.
///
/// An instant is the close of one or more bars. In it, in this order: funding due before it; each bar is walked by the venue
/// and then closed in the engine, instruments in canonical order; funding due at it; strategies decide; their orders
/// go to the venue; the equity is noted.
public struct BacktestRun: ~Copyable {
    /// Called now and then with the share done; returning false interrupts the run.
    public typealias Progress = (Double) -> Bool

    let input: BacktestInput
    var engine: Engine
    private var venue: SimulatedVenue
    private var commands: [OrderCommand] = []
    private var recorder: EquityRecorder
    private var decisions: [DecisionRecord] = []
    private var tracker = EquityTracker(startEquity: 0, startTime: 0)
    private var fundingNext: [Int]
    private var unfunded: Set<Int> = []
    private var profits: ProfitHistory

    public init(_ input: BacktestInput) throws(BacktestError) { try self.init(input, marker: nil) }

    /// - Parameter marker: Where a crash handler reads which strategy is running.
    package init(_ input: BacktestInput, marker: UnsafeMutablePointer<Int32>?) throws(BacktestError) {
        self.input = input
        guard !input.strategies.isEmpty else { throw .noStrategies }
        guard input.feeds.contains(where: { ($0?.count ?? 0) > 0 }) else { throw .noData }
        var account = Account(input.account)
        var venueAccount = Account(input.account, keepsEntries: input.keepsLedger)
        let start = input.feeds.compactMap { $0?.firstOpenTime }.min() ?? .epoch
        for (index, amount) in input.deposits.enumerated() where amount != .zero {
            account.deposit(amount, of: AssetID(index: index), at: start)
            venueAccount.deposit(amount, of: AssetID(index: index), at: start)
        }
        do {
            engine = try Engine(
                account: account, specifications: input.strategies,
                feeds: input.feeds.map { $0.map { .recorded($0) } }, registry: input.registry,
                supervision: input.supervision, external: input.external, marker: marker)
        } catch { throw .strategy(error) }
        engine.keepsDecisions = input.keepsDecisions
        venue = SimulatedVenue(
            settings: input.simulation, account: venueAccount,
            volumeDecimals: input.feeds.map { $0?.quantityDecimals ?? 0 }, details: input.details)
        fundingNext = Array(repeating: 0, count: input.feeds.count)
        profits = ProfitHistory(input.account)
        let instants = input.feeds.reduce(0) { max($0, $1?.count ?? 0) }
        recorder = EquityRecorder(expected: instants + instants / 8)
    }

    /// - Parameter checkpoints: Times, sorted, at which the fingerprint so far is noted.
    public mutating func run(
        checkpoints: [Timestamp] = [], onCheckpoint: (Int, RunHash) -> Void = { _, _ in },
        progress: Progress = { _ in true }
    ) throws(BacktestError) -> BacktestResult {
        let startEquity: Amount
        let first = input.feeds.compactMap { $0?.firstOpenTime }.min() ?? .epoch
        do {
            startEquity = try engine.account.equity(prices: firstPrices(), at: first)
        } catch { throw .valuation(error) }
        tracker = EquityTracker(startEquity: startEquity.approximation, startTime: first.nanoseconds)
        let bars = try walkAll(checkpoints, onCheckpoint, progress)
        let curve = recorder.finish()
        let last = Timestamp(nanoseconds: curve.times.last ?? 0)
        let finalEquity: Amount
        do {
            finalEquity = try engine.account.equity(prices: engine.lastPrices, at: last)
        } catch { throw .valuation(error) }
        return result(startEquity: startEquity, finalEquity: finalEquity, bars: bars, curve: curve)
    }

    /// What holdings in other assets were worth when the run began: at each instrument's first open.
    private func firstPrices() -> [Price?] {
        input.feeds.map { feed in feed.flatMap { $0.count > 0 ? $0[0].open : nil } }
    }

    // MARK: The loop

    private mutating func walkAll(
        _ checkpoints: [Timestamp], _ onCheckpoint: (Int, RunHash) -> Void, _ progress: Progress
    ) throws(BacktestError) -> Int {
        // The cursors read the feeds' memory, which `feeds` keeps.
        let feeds = input.feeds.enumerated().compactMap { index, feed in feed.map { (index, $0) } }
            .filter { $0.1.count > 0 }
        defer { withExtendedLifetime(feeds) {} }
        var cursors = FixedBuffer(feeds.map { FeedCursor($0.0, $0.1) })
        let total = feeds.reduce(0) { $0 + $1.1.count }
        let settlesAtClose = input.simulation.fillsAtSameClose
        let actsFrom = input.actsFrom.nanoseconds
        let hasFunding = input.funding.contains { !$0.isEmpty }
        let expiries = input.account.instruments.map { $0.kind.expiry?.nanoseconds ?? .max }
        let nextExpiry = expiries.min() ?? .max
        var done = 0
        var nextReport = 1 << 16
        var dayEnd = Int64.min
        var checkpoint = 0
        var nextCheckpoint = checkpoints.first?.nanoseconds ?? .max
        var now = cursors.indices.reduce(Int64.max) { min($0, cursors[$1].nextClose) }

        while now != .max {
            while nextCheckpoint < now {
                onCheckpoint(checkpoint, engine.resultHash)
                checkpoint += 1
                nextCheckpoint = checkpoint < checkpoints.count ? checkpoints[checkpoint].nanoseconds : .max
            }
            if now > dayEnd { dayEnd = profits.advance(to: now, engine) }
            if hasFunding { settleFunding(before: now) }
            var following = Int64.max
            for index in cursors.indices {
                if cursors[index].nextClose == now {
                    walk(cursors[index].columns[cursors[index].position], of: cursors[index].instrument, closing: now)
                    cursors[index].advance()
                    done &+= 1
                }
                following = min(following, cursors[index].nextClose)
            }
            if hasFunding { settleFunding(before: now &+ 1) }
            if now >= nextExpiry { settleExpiries(expiries, at: now) }
            let hasCommands: Bool
            do {
                if now < actsFrom {
                    try engine.observe(at: Timestamp(nanoseconds: now))
                    hasCommands = false
                } else {
                    hasCommands = try engine.decide(at: Timestamp(nanoseconds: now))
                }
            } catch { throw .strategy(error) }
            if hasCommands { sendCommands() }
            if hasCommands, settlesAtClose {
                for index in cursors.indices {
                    venue.settleAtClose(
                        InstrumentID(index: cursors[index].instrument), at: Timestamp(nanoseconds: now))
                }
                deliverReports()
            }
            note(now)
            now = following
            if done >= nextReport {
                takeDecisions()
                nextReport = done + 1 << 16
                if !progress(Double(done) / Double(total)) { throw .cancelled }
            }
        }
        while checkpoint < checkpoints.count {
            onCheckpoint(checkpoint, engine.resultHash)
            checkpoint += 1
        }
        _ = progress(1)
        return done
    }

    @inline(__always)
    private mutating func walk(_ bar: Bar, of instrument: Int, closing now: Int64) {
        venue.advance(
            instrument, openTime: bar.openTime.nanoseconds, closeTime: now, open: bar.open.units,
            high: bar.high.units, low: bar.low.units, close: bar.close.units, volume: bar.volume.units)
        if !venue.reports.isEmpty { deliverReports() }
        engine.close(bar, of: instrument)
    }

    private mutating func deliverReports() {
        for index in venue.reports.indices {
            // Most are about orders: those need not be packed and unpacked once more.
            if case .order(let report) = venue.reports[index] {
                engine.apply(report)
            } else {
                engine.apply(venue.reports[index])
            }
        }
        venue.reports.clear()
    }

    private mutating func sendCommands() {
        engine.exchangeCommands(with: &commands)
        venue.receive(all: &commands)
    }

    /// Keeps what is wanted of the decisions since the last call.
    private mutating func takeDecisions() {
        guard input.keepsDecisions else { return }
        let taken = engine.takeDecisions()
        decisions += input.keepsOnlyTradeDecisions ? taken.filter(\.isOfTrade) : taken
    }

    @inline(__always)
    private mutating func note(_ now: Int64) {
        let equity = engine.measureEquity(at: Timestamp(nanoseconds: now))
        recorder.note(now, equity.close)
        tracker.update(time: now, close: equity.close, low: equity.low, high: equity.high)
    }

    private mutating func settleFunding(before time: Int64) {
        for index in input.funding.indices {
            while fundingNext[index] < input.funding[index].count,
                input.funding[index][fundingNext[index]].time.nanoseconds < time
            {
                let funding = input.funding[index][fundingNext[index]]
                venue.settleFunding(InstrumentID(index: index), rate: funding.rate, at: funding.time)
                fundingNext[index] += 1
            }
        }
        if !venue.reports.isEmpty { deliverReports() }
    }

    private mutating func settleExpiries(_ expiries: [Int64], at now: Int64) {
        for (index, expiry) in expiries.enumerated() where expiry <= now {
            venue.settleExpiry(InstrumentID(index: index), at: Timestamp(nanoseconds: now))
        }
        if !venue.reports.isEmpty { deliverReports() }
    }

    // MARK: The result

    private mutating func result(
        startEquity: Amount, finalEquity: Amount, bars: Int, curve: EquityCurve
    ) -> BacktestResult {
        takeDecisions()
        let account = engine.account
        let description = account.description
        precondition(account.ledger.isBalanced, "the ledger must balance")
        precondition(
            description.assets.names.indices.allSatisfy {
                account.balance(AssetID(index: $0)) == venue.account.balance(AssetID(index: $0))
            }, "the engine's balances must equal the venue's")
        var open: [BacktestResult.OpenPosition] = []
        for (strategy, name) in engine.strategyNames.enumerated() {
            for instrument in description.instruments {
                for slot in 0..<2 {
                    let position = account.subPosition(StrategyID(index: strategy), instrument.id, slot: slot)
                    guard !position.isFlat, let price = engine.lastPrices[instrument.id.index],
                        let value = instrument.value(of: position.quantity, at: price)
                    else { continue }
                    open.append(
                        BacktestResult.OpenPosition(
                            strategy: name, instrument: instrument.id, quantity: position.quantity,
                            averageEntry: position.averagePrice(of: instrument), lastPrice: price,
                            unrealised: position.unrealised(value: value, isInverse: instrument.kind.isInverse)))
                }
            }
        }
        let perpetuals = description.instruments.filter {
            $0.kind == .linearPerpetual || $0.kind == .inversePerpetual
        }
        let traded = Set(engine.fills.map(\.fill.instrument))
        return BacktestResult(
            startEquity: startEquity, finalEquity: finalEquity,
            base: description.assets.name(of: description.baseCurrency), bars: bars, orders: engine.ordersSubmitted,
            fills: engine.fills, resultHash: engine.resultHash.text, equity: curve,
            tracker: tracker,
            ambiguousBars: venue.ambiguousBars, liquidations: venue.liquidations,
            rejections: engine.rejections.map { ($0.key, $0.value) }.sorted { $0.0.rawValue < $1.0.rawValue },
            denials: engine.denials,
            funding: engine.funding,
            unfundedSymbols: perpetuals.filter { traded.contains($0.id) && input.funding[$0.id.index].isEmpty }
                .map(\.symbol),
            strategyNames: engine.strategyNames,
            coldStrategies: zip(engine.strategyNames, engine.warmStrategies).filter { !$0.1 }.map(\.0),
            incompleteBars: engine.incompleteBars, openPositions: open, decisions: decisions,
            charts: input.keepsDecisions && !input.keepsOnlyTradeDecisions ? engine.charts : [],
            profits: profits.upToNow(engine), portfolio: engine.portfolio, ledger: venue.account.ledger,
            firstTime: input.feeds.compactMap { $0?.firstOpenTime }.min(),
            lastTime: curve.times.last.map { Timestamp(nanoseconds: $0) })
    }
}

extension DecisionRecord {
    /// Whether it opened, changed or closed a trade.
    fileprivate var isOfTrade: Bool {
        switch kind {
        case .entry: verdict == .taken
        case .exit, .stop: true
        case .signal, .feature, .risk, .algorithm: false
        }
    }
}
