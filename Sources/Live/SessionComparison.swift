// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
public import Strategies
public import Trading

/// A session beside the backtester on the same bars: what each decided, what each got for it, and where they part.
public struct SessionComparison: ~Copyable {
    /// An order that was decided on.
    public struct Signal: Hashable, Sendable {
        public let time: Timestamp
        public let strategy: StrategyID
        public let instrument: InstrumentID
        public let side: Side
        public let type: OrderType
        public let isReduceOnly: Bool
    }

    /// What became of an order, on one of the two sides.
    public struct Outcome: Hashable, Sendable {
        public var quantity: Quantity = .zero
        /// Price units × quantity units of what filled.
        public var cost: Int128 = 0
        public var fee: Amount = .zero
        /// Why it ended without filling; for a session also why it was not sent.
        public var reason = ""
    }

    /// Orders that both sides decided on, in the order of time.
    public struct Pair: Sendable {
        public let signal: Signal
        public let session: Outcome
        public let backtest: Outcome
    }

    /// Totals of one side, in the base currency at the last bar's prices.
    public struct Totals: Sendable {
        public var orders = 0
        public var fills = 0
        public var fees = Amount.zero
        public var funding = Amount.zero
        public var profit: Amount?
        public var startEquity: Amount?
    }

    /// What one side decided, and what became of it.
    private struct Record {
        var signals: [Signal] = []
        var ids: [OrderID] = []
        var outcomes: [OrderID: Outcome] = [:]
    }

    private var session: Replay
    private var backtest: PaperRun
    private var left = Record()
    private var right = Record()
    private var startEquity: (session: Amount, backtest: Amount)?
    private var transferred = Amount.zero
    private var lastClose: Timestamp?
    private let instruments: [Instrument]
    private var prices: [Price?]
    public private(set) var staleInstants = 0
    public private(set) var isStarted = false

    /// - Parameters:
    ///   - setup: The session's own.
    ///   - paper: The same on paper, with the balances that the session began with.
    ///   - traps: See `Replay`.
    public init(_ setup: DecisionSetup, paper: DecisionSetup, traps: [StrategyTrap] = []) throws(StrategyError) {
        let replay = try Replay(setup, traps: traps)
        let run = try PaperRun(paper, traps: traps, obeysCommands: true)
        session = replay
        backtest = run
        instruments = setup.account.instruments
        prices = instruments.map { _ in nil }
    }

    /// Takes in one record of the session's journal.
    public mutating func apply(_ record: SessionRecord, sequence: UInt64) throws(StrategyError) {
        if case .input(.instant) = record, startEquity == nil { begin() }
        try session.apply(record, sequence: sequence)
        try backtest.apply(record, sequence: sequence)
        Self.note(backtest.commands, &right)
        for report in backtest.reports { Self.note(report, &right) }
        switch record {
        case .input(.history(let close, let bars)): note(bars, close)
        case .input(.instant(let instant)):
            note(instant.bars, instant.close)
            if !instant.acts { staleInstants += 1 }
        case .input(.report(let report, _)):
            Self.note(report, &left)
            if case .transfer(let payment) = report, startEquity != nil {
                let value = try? session.core.engine.account.value(
                    payment.amount, of: payment.asset, prices: prices, at: payment.time)
                transferred += value ?? .zero
            }
        case .commands(let commands): Self.note(commands, &left)
        case .paperReports(let reports): for report in reports { Self.note(report, &left) }
        case .denied(let order, _, let text): left.outcomes[order, default: Outcome()].reason = text
        default: break
        }
    }

    private mutating func begin() {
        isStarted = true
        let time = lastClose ?? .epoch
        guard let one = try? session.core.engine.account.equity(prices: prices, at: time),
            let two = try? backtest.core.engine.account.equity(prices: prices, at: time)
        else { return }
        startEquity = (one, two)
    }

    private mutating func note(_ bars: [InstrumentBar], _ close: Timestamp) {
        lastClose = close
        for bar in bars { prices[bar.instrument.index] = bar.bar.close }
    }

    private static func note(_ commands: [OrderCommand], _ side: inout Record) {
        for command in commands {
            guard case .submit(let request) = command.command else { continue }
            side.signals.append(
                Signal(
                    time: command.sentAt, strategy: command.strategy, instrument: request.instrument,
                    side: request.side, type: request.type, isReduceOnly: request.isReduceOnly))
            side.ids.append(command.order)
        }
    }

    private static func note(_ report: VenueReport, _ side: inout Record) {
        switch report {
        case .fill(let fill, _):
            guard fill.order != .none else { return }
            let quantity = fill.quantity.magnitude
            side.outcomes[fill.order, default: Outcome()].quantity =
                side.outcomes[fill.order, default: Outcome()].quantity
                + quantity
            side.outcomes[fill.order]?.cost += Int128(fill.price.units) * Int128(quantity.units)
            side.outcomes[fill.order]?.fee += fill.fee
        case .order(let report):
            guard report.reason != .none, side.outcomes[report.order]?.reason.isEmpty ?? true else { return }
            side.outcomes[report.order, default: Outcome()].reason = report.reason.text
        case .funding, .coveredLoss, .transfer, .fee, .holding: break
        }
    }

    // MARK: Results

    /// Orders of both, paired: each with the first of the other side that was decided at the same close for the same
    /// purpose.
    public func pairs() -> (both: [Pair], onlySession: [(Signal, Outcome)], onlyBacktest: [(Signal, Outcome)]) {
        var places: [Signal: [Int]] = [:]
        for index in right.signals.indices.reversed() { places[right.signals[index], default: []].append(index) }
        var isPaired = Array(repeating: false, count: right.signals.count)
        var both: [Pair] = []
        var alone: [(Signal, Outcome)] = []
        for (index, signal) in left.signals.enumerated() {
            let own = left.outcomes[left.ids[index]] ?? Outcome()
            guard let place = places[signal]?.popLast() else {
                alone.append((signal, own))
                continue
            }
            isPaired[place] = true
            both.append(
                Pair(signal: signal, session: own, backtest: right.outcomes[right.ids[place]] ?? Outcome()))
        }
        let others = right.signals.indices.filter { !isPaired[$0] }
            .map { (right.signals[$0], right.outcomes[right.ids[$0]] ?? Outcome()) }
        return (both, alone, others)
    }

    public func totals() -> (session: Totals, backtest: Totals) {
        let time = lastClose ?? .epoch
        func totals(_ engine: borrowing Engine, _ start: Amount?, _ transferred: Amount) -> Totals {
            var totals = Totals()
            totals.orders = engine.ordersSubmitted
            totals.fills = engine.fills.count
            totals.fees = engine.fills.reduce(.zero) { $0 + $1.fill.fee }
            totals.funding = engine.funding.reduce(.zero) { $0 + $1.payment.amount }
            totals.startEquity = start
            if let start, let equity = try? engine.account.equity(prices: prices, at: time) {
                totals.profit = equity.adding(-start)?.adding(-transferred)
            }
            return totals
        }
        return (
            totals(session.core.engine, startEquity?.session, transferred),
            totals(backtest.core.engine, startEquity?.backtest, .zero)
        )
    }

    /// What the session paid more than the backtest for what both bought and sold (positive: it did worse), in the quote
    /// assets.
    public func priceDifference() -> Amount {
        var sum = Amount.zero
        for pair in pairs().both {
            let quantity = min(pair.session.quantity.units, pair.backtest.quantity.units)
            guard quantity > 0 else { continue }
            let instrument = instruments[pair.signal.instrument.index]
            func value(_ outcome: Outcome) -> Amount? {
                let price = outcome.cost / Int128(outcome.quantity.units)
                return instrument.value(of: Quantity(units: quantity), at: Price(units: Int64(clamping: price)))
            }
            guard let one = value(pair.session), let two = value(pair.backtest) else { continue }
            sum += pair.signal.side == .buy ? one - two : two - one
        }
        return sum
    }
}
