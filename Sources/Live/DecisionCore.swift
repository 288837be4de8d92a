// SPDX-License-Identifier: Apache-2.0

public import Engine
public import Execution
public import Indicators
public import MarketData
public import Simulation
public import Strategies
public import Supervision
public import Trading

/// What the deciding part of a session is made of: everything that its decisions depend on, besides its inputs.
public struct DecisionSetup: Sendable {
    public struct Feed: Sendable {
        public var timeframe: Timeframe
        /// Decimals of the bars' volume.
        public var quantityDecimals: Int
        /// Bars that strategies can look back on; `nil`: as many as they declare.
        public var keeps: Int?
        public init(timeframe: Timeframe, quantityDecimals: Int, keeps: Int? = nil) {
            self.timeframe = timeframe
            self.quantityDecimals = quantityDecimals
            self.keeps = keeps
        }
    }

    public var account: AccountDescription
    /// Balances to begin with, by asset: virtual ones on paper, the venue's otherwise.
    public var deposits: [Amount]
    /// By instrument.
    public var feeds: [Feed?]
    public var strategies: [StrategySpecification]
    /// On paper: how orders fill. `nil`: a venue fills them.
    public var simulation: SimulationSettings?
    /// What watches over all strategies together; `nil` for nothing.
    public var supervision: SupervisionSettings?
    /// Series from outside that strategies may ask for, sorted by name; what is in them is known at its time without an
    /// input, so that a session leaves them empty.
    public var external: [ExternalFeed]
    public var registry: IndicatorRegistry
    public var start: Timestamp

    public init(
        account: AccountDescription, deposits: [Amount], feeds: [Feed?], strategies: [StrategySpecification],
        simulation: SimulationSettings?, supervision: SupervisionSettings? = nil, external: [ExternalFeed] = [],
        registry: IndicatorRegistry = .standard, start: Timestamp
    ) {
        self.account = account
        self.deposits = deposits
        self.feeds = feeds
        self.strategies = strategies
        self.simulation = simulation
        self.supervision = supervision
        self.external = external
        self.registry = registry
        self.start = start
    }
}

/// Something that a decision may depend on.
public enum DecisionInput: Hashable, Sendable {
    /// Bars from before the session: the strategies see them and do not act, and nothing trades.
    case history(close: Timestamp, [InstrumentBar])
    case instant(ClosedInstant)
    case report(VenueReport, venue: Int)
    /// On paper: the orders decided on reach the simulated venue, but for those that the checks before the trade stopped.
    case paperOrders(refused: [PaperRefusal])
    /// Somebody switches a feature, or lets a breaker go.
    case command(EngineCommand, at: Timestamp)
    /// Somebody wants out: orders are taken back, and positions closed where that is asked for.
    case leave(at: Timestamp, closesPositions: Bool)
    /// Observations of series from outside, in the order in which they count.
    case external([ExternalArrival])
    /// The watchdog gave up work that strategies gave away: they are told so when its result would have counted.
    case stalled([BackgroundTaskID])
}

/// An order that the checks before the trade stopped on its way to the simulated venue.
public struct PaperRefusal: Hashable, Sendable, BitwiseCopyable {
    public let order: OrderID
    public let reason: RejectReason
    public init(_ order: OrderID, _ reason: RejectReason) {
        self.order = order
        self.reason = reason
    }
}

/// Bars that closed together during a session.
public struct ClosedInstant: Hashable, Sendable {
    public var close: Timestamp
    /// In the order of the instruments.
    public var bars: [InstrumentBar]
    /// What is due up to now, at the rates known by then. It is what is paid on paper; a venue reports what it took itself.
    public var funding: [DueFunding]
    /// Whether the strategies act on them: not where they came too late.
    public var acts: Bool
    public init(close: Timestamp, bars: [InstrumentBar], funding: [DueFunding] = [], acts: Bool = true) {
        self.close = close
        self.bars = bars
        self.funding = funding
        self.acts = acts
    }
}

/// A funding rate that is to be paid.
public struct DueFunding: Hashable, Sendable, BitwiseCopyable {
    public let instrument: InstrumentID
    public let time: Timestamp
    /// A share of the position's value; longs pay a positive one.
    public let rate: Double
    public init(_ instrument: InstrumentID, at time: Timestamp, rate: Double) {
        self.instrument = instrument
        self.time = time
        self.rate = rate
    }
}

/// Engine and, on paper, the simulated venue: equal inputs give equal outputs, whoever hands them in.
///
/// A live session, its recovery after a crash, and its replay all go through here.
public struct DecisionCore: ~Copyable {
    public private(set) var engine: Engine
    private var paper: SimulatedVenue?
    private let fillsAtSameClose: Bool
    /// On paper: decided on, and not with the simulated venue yet.
    public private(set) var undelivered: [OrderCommand] = []
    /// What the simulated venue said during the last input, on paper.
    public private(set) var paperReports: [VenueReport] = []
    /// After the last instant, in the base currency.
    public private(set) var equity = 0.0
    private var profits: ProfitHistory

    public init(_ setup: DecisionSetup, marker: UnsafeMutablePointer<Int32>? = nil) throws(StrategyError) {
        var account = Account(setup.account)
        for (index, amount) in setup.deposits.enumerated() where amount != .zero {
            account.deposit(amount, of: AssetID(index: index), at: setup.start)
        }
        if let simulation = setup.simulation {
            paper = SimulatedVenue(
                settings: simulation, account: account,
                volumeDecimals: setup.feeds.map { $0?.quantityDecimals ?? 0 }, details: setup.feeds.map { _ in nil })
        }
        fillsAtSameClose = setup.simulation?.fillsAtSameClose ?? false
        profits = ProfitHistory(setup.account)
        engine = try Engine(
            account: account, specifications: setup.strategies,
            feeds: setup.feeds.map { feed in
                feed.map { .arriving($0.timeframe, quantityDecimals: $0.quantityDecimals, keeps: $0.keeps) }
            }, registry: setup.registry, supervision: setup.supervision,
            external: setup.external, marker: marker)
    }

    /// By day, strategy and instrument, oldest first; the present day last.
    ///
    /// - Parameter prices: That what is held is worth now; `nil`: the last closes.
    public func dailyProfits(prices: [Price?]? = nil) -> [DailyProfit] { profits.upToNow(engine, prices: prices) }

    /// Keeps the strategies' decisions from here on.
    public mutating func keepDecisions() { engine.keepsDecisions = true }

    /// Hands over the decisions since the last call, oldest first.
    public mutating func takeDecisions() -> [DecisionRecord] { engine.takeDecisions() }

    /// Hands over the result of work that was computed beside the engine: what the engine would compute by itself.
    mutating func finish(_ task: BackgroundTaskID, _ result: any Sendable) { engine.conclude(task, .finished(result)) }

    /// Switches a strategy off before it is called again; see `StrategyTrap`.
    mutating func switchOff(_ strategy: Int) { engine.switchOff(strategy) }

    /// - Returns: The orders decided on.
    public mutating func apply(_ input: DecisionInput) throws(StrategyError) -> [OrderCommand] {
        paperReports.removeAll(keepingCapacity: true)
        switch input {
        case .history(let close, let bars):
            profits.advance(to: close.nanoseconds, engine)
            for bar in bars { engine.close(bar.bar, of: bar.instrument.index) }
            try engine.observe(at: close)
            equity = engine.measureEquity(at: close).close
            return []
        case .instant(let instant):
            profits.advance(to: instant.close.nanoseconds, engine)
            for bar in instant.bars { walk(bar, closing: instant.close) }
            for due in instant.funding { paper?.settleFunding(due.instrument, rate: due.rate, at: due.time) }
            if !instant.funding.isEmpty { deliverPaperReports() }
            return try decide(at: instant.close, acts: instant.acts)
        case .report(let report, _):
            engine.apply(report)
            return []
        case .paperOrders(let refused):
            deliver(refused)
            return []
        case .command(let command, let time):
            engine.obey(command, at: time)
            return takeCommands(at: time)
        case .leave(let time, let closesPositions):
            engine.leave(at: time, closesPositions: closesPositions)
            return takeCommands(at: time)
        case .external(let arrivals):
            engine.learn(arrivals)
            return []
        case .stalled(let tasks):
            for task in tasks { engine.conclude(task, .stalled) }
            return []
        }
    }

    private mutating func decide(at close: Timestamp, acts: Bool) throws(StrategyError) -> [OrderCommand] {
        if acts { try engine.decide(at: close) } else { try engine.observe(at: close) }
        defer { equity = engine.measureEquity(at: close).close }
        return takeCommands(at: close)
    }

    private mutating func takeCommands(at time: Timestamp) -> [OrderCommand] {
        var commands: [OrderCommand] = []
        engine.exchangeCommands(with: &commands)
        if paper != nil { undelivered += commands }
        return commands
    }

    private mutating func deliver(_ refused: [PaperRefusal]) {
        guard let time = undelivered.last?.sentAt else { return }
        for command in undelivered {
            if let refusal = refused.first(where: { $0.order == command.order }) {
                engine.apply(
                    .order(
                        OrderReport(order: command.order, time: time, event: .reject, reason: refusal.reason)))
            } else {
                paper?.receive(command)
            }
        }
        undelivered.removeAll()
        guard fillsAtSameClose else { return }
        for instrument in engine.account.description.instruments { paper?.settleAtClose(instrument.id, at: time) }
        deliverPaperReports()
        equity = engine.measureEquity(at: time).close
    }

    private mutating func walk(_ bar: InstrumentBar, closing close: Timestamp) {
        paper?.advance(
            bar.instrument.index, openTime: bar.bar.openTime.nanoseconds, closeTime: close.nanoseconds,
            open: bar.bar.open.units, high: bar.bar.high.units, low: bar.bar.low.units, close: bar.bar.close.units,
            volume: bar.bar.volume.units)
        deliverPaperReports()
        engine.close(bar.bar, of: bar.instrument.index)
    }

    private mutating func deliverPaperReports() {
        guard let reports = paper?.reports, !reports.isEmpty else { return }
        for report in reports { engine.apply(report) }
        paperReports += reports
        paper?.reports.removeAll(keepingCapacity: true)
    }
}
