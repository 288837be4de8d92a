// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Indicators
public import MarketData
import OrderAlgorithms
public import Strategies
public import Supervision
public import Trading

/// One strategy instance to run: what it is, what it trades, and how its signals become orders.
public struct StrategySpecification: Sendable {
    /// Its key in the configuration; names the instance together with the instrument.
    public var name: String
    public var strategy: any Strategy
    public var instrument: InstrumentID
    public var timeframe: Timeframe
    public var plan: TradePlan

    public init(
        name: String, strategy: any Strategy, instrument: InstrumentID, timeframe: Timeframe, plan: TradePlan
    ) {
        self.name = name
        self.strategy = strategy
        self.instrument = instrument
        self.timeframe = timeframe
        self.plan = plan
    }
}

/// A fill with what it did to the strategy's position.
public struct FillRecord: Hashable, Sendable, BitwiseCopyable {
    public let fill: Fill
    /// Before fees, in the settlement asset.
    public let realised: Amount
    /// The strategy's position before and after, signed.
    public let before: Quantity
    public let after: Quantity
    /// The price that the order met, before slippage.
    public let met: Price

    package init(fill: Fill, realised: Amount, before: Quantity, after: Quantity, met: Price) {
        self.fill = fill
        self.realised = realised
        self.before = before
        self.after = after
        self.met = met
    }
}

/// A funding payment with its place among the fills.
public struct FundingRecord: Hashable, Sendable, BitwiseCopyable {
    public let payment: FundingPayment
    /// How many fills came before it: times alone do not tell, because fills carry the time of their bar.
    public let fillsBefore: Int

    package init(payment: FundingPayment, fillsBefore: Int) {
        self.payment = payment
        self.fillsBefore = fillsBefore
    }
}

/// The deterministic heart: events go in, orders come out. No clock, no I/O, no randomness.
///
/// A shell drives it through one instant after the other: reports of the venue, closed bars, then `decide`, and then
/// takes the orders with `exchangeCommands`. A backtest, a paper session and a live one differ in the shell only.
public struct Engine: ~Copyable {
    package var context: StrategyContext
    var strategies = FixedBuffer<PluggedStrategy>(count: 0) { _ in preconditionFailure("there are none") }
    /// The further series that strategies declared, in the order of the strategies.
    private var further = FixedBuffer<Int>([])
    /// By instrument: what a bar of its data moves.
    var feeds: FixedBuffer<FeedState>
    /// Indicator instances in the order of their series; `indicatorRanges` has each series' share.
    /// `context.nodes` keeps them alive: an update must not count references.
    private var instances = FixedBuffer<Unmanaged<IndicatorInstance>>([])
    private var indicatorRanges = FixedBuffer<Range<Int>>([])
    /// By series.
    private var kept = FixedBuffer<SeriesRetention>([])
    /// By instrument.
    private(set) var retentions: [RetentionPolicy] = []
    /// The series that are built, in the order of their instruments; `feeds` has each instrument's share.
    private var built = FixedBuffer<BuiltSeries>([])
    private var notices: [Notice] = []
    public private(set) var fills: [FillRecord] = []
    /// Orders that the venue refused, by reason.
    public private(set) var rejections: [RejectReason: Int] = [:]
    public private(set) var funding: [FundingRecord] = []
    private var gauge: EquityGauge
    /// By instrument and side slot: how near to its liquidation a position was when it was last looked at.
    var nearness: [Nearness]
    /// Says to a crash handler which strategy is running: its number, −1 while none is.
    let marker: UnsafeMutablePointer<Int32>?

    private enum Notice: BitwiseCopyable {
        case fill(slot: Int, Fill)
        case order(slot: Int, OrderID)
    }

    /// - Parameters:
    ///   - feeds: The bars that data arrives in, by instrument; `nil` for an instrument without data.
    ///   - external: The series from outside that strategies may ask for, in the order of their names.
    /// - Throws: What a strategy's `prepare` throws, wrapped with its name.
    public init(
        account: Account, specifications: [StrategySpecification], feeds: [EngineFeed?],
        registry: IndicatorRegistry, supervision: SupervisionSettings? = nil, external: [ExternalFeed] = [],
        marker: UnsafeMutablePointer<Int32>? = nil
    ) throws(StrategyError) {
        self.marker = marker
        let instruments = account.description.instruments
        context = StrategyContext(account: account)
        self.feeds = FixedBuffer(count: instruments.count) { _ in FeedState() }
        gauge = EquityGauge(account.description)
        nearness = Array(repeating: .safe, count: instruments.count * 2)
        context.externals = ExternalBoard(external)
        context.supervisor = try Self.supervisor(
            supervision, plans: specifications.map(\.plan), instruments: instruments.count,
            longestBar: feeds.compactMap { $0?.timeframe.span }.max())

        let builder = SeriesBuilder(feeds: feeds, instruments: instruments)
        for (index, feed) in feeds.enumerated() {
            guard let feed else { continue }
            self.feeds[index].series = builder.addBase(feed, instruments[index].id)
            self.feeds[index].isArriving = feed.columns == nil
        }
        var prepared: [any Strategy] = []
        var slots: [StrategySlot] = []
        var furtherSeries: [Int] = []
        for (index, specification) in specifications.enumerated() {
            let own = try builder.series(specification.instrument, specification.timeframe, specification.name)
            let data = feeds[specification.instrument.index]?.timeframe
            let needs = specification.strategy.barNeeds(on: specification.timeframe)
            if let data, let need = needs.first(where: { !$0.isServed(by: data) }) {
                throw .incompatible(strategy: specification.name, reason: need.problem(of: data))
            }
            var setup = StrategySetup(
                instrument: instruments[specification.instrument.index], timeframe: specification.timeframe, data: data,
                registry: registry, ownSeries: own, external: context.externals.names,
                series: { instrument, timeframe throws(StrategyError) in
                    try builder.series(instrument, timeframe, specification.name)
                },
                node: { series, instance in builder.node(series, instance) })
            var strategy = specification.strategy
            marker?.pointee = Int32(index)
            defer { marker?.pointee = -1 }
            do {
                try strategy.prepare(&setup)
            } catch {
                throw .incompatible(strategy: specification.name, reason: "\(error)")
            }
            prepared.append(strategy)
            let demands = try PlanDemands(of: specification, &setup)
            var slot = StrategySlot(
                id: StrategyID(index: index), instrument: specification.instrument, ownSeries: own,
                further: furtherSeries.count..<furtherSeries.count + setup.requests.series.count)
            furtherSeries += setup.requests.series
            var detail = StrategyDetail(name: specification.name, plan: specification.plan, requests: setup.requests)
            detail.volatility = demands.volatility
            try RiskDemands(of: specification, instruments, &setup).equip(&slot, &detail)
            slots.append(slot)
            detail.finestSeries = demands.finest(of: setup.requests.series + [own], builder, specification.instrument)
            context.details.append(detail)
        }
        strategies = FixedBuffer(count: prepared.count) { prepared[$0].plugged() }
        context.slots = FixedBuffer(slots)
        further = FixedBuffer(furtherSeries)
        context.series = FixedBuffer(builder.series)
        context.columns = FixedBuffer(builder.columns)
        context.scales = FixedBuffer(builder.scales)
        context.nodes = builder.nodes
        retentions = Self.retentions(context, instruments: instruments.count)
        kept = FixedBuffer(builder.retentions(retentions))
        for index in context.series.indices { context.series[index].readable = kept[index].readable }
        context.builtBars = kept.indices.map { index in
            var bars: [Bar] = []
            bars.reserveCapacity(kept[index].capacity)
            return bars
        }
        layOut(builder.aggregators)
        notices.reserveCapacity(64)
        // One fill in eight bars is busy trading; more grow the array.
        let recorded = feeds.reduce(0) { $0 + ($1?.columns?.count ?? 0) }
        fills.reserveOnLargePages(1024 + recorded / 8)
    }

    private static func supervisor(
        _ given: SupervisionSettings?, plans: [TradePlan], instruments: Int, longestBar: TimeSpan?
    ) throws(StrategyError) -> RiskSupervisor? {
        guard given != nil || plans.contains(where: \.needsSupervision) else { return nil }
        var settings = given ?? SupervisionSettings()
        if plans.contains(where: \.measuresReturns) { settings.measuresReturns = true }
        do {
            return try RiskSupervisor(settings, instruments: instruments, longestBar: longestBar ?? .hours(1))
        } catch {
            throw .incompatible(strategy: "risk", reason: error.description)
        }
    }

    /// Puts side by side the indicators of a series, and the series that one instrument's data is built into.
    private mutating func layOut(_ aggregators: [BarAggregator?]) {
        var ordered: [Unmanaged<IndicatorInstance>] = []
        var ranges: [Range<Int>] = []
        for index in context.series.indices {
            let start = ordered.count
            ordered += context.nodes.filter { $0.series == index }.map { Unmanaged.passUnretained($0.instance) }
            ranges.append(start..<ordered.count)
        }
        var builders: [BuiltSeries] = []
        for instrument in feeds.indices where feeds[instrument].series >= 0 {
            feeds[instrument].firstIndicator = ranges[feeds[instrument].series].lowerBound
            feeds[instrument].endIndicator = ranges[feeds[instrument].series].upperBound
            feeds[instrument].firstBuilt = builders.count
            for index in context.series.indices where context.series[index].instrument.index == instrument {
                guard let aggregator = aggregators[index] else { continue }
                builders.append(BuiltSeries(series: index, aggregator: aggregator))
            }
            feeds[instrument].endBuilt = builders.count
        }
        instances = FixedBuffer(ordered)
        indicatorRanges = FixedBuffer(ranges)
        built = FixedBuffer(builders)
    }

    // MARK: What the shell reads

    public var account: Account { context.account }
    public var ordersSubmitted: Int { context.submitted }
    /// By instrument; `nil` before its first bar.
    public var lastPrices: [Price?] { context.lastBars.indices.map { context.lastBars[$0].price } }
    /// Orders stopped before they were sent, with the strategy and why.
    public var denials: [(strategy: String, reason: RejectReason, count: Int)] {
        context.denials
            .map { (context.details[$0.key.strategy.index].name, $0.key.reason, $0.value) }
            .sorted { ($0.0, $0.1.rawValue) < ($1.0, $1.1.rawValue) }
    }
    public var strategyNames: [String] { context.details.map(\.name) }
    /// Indicators at work, each once however many strategies read it.
    public var indicatorCount: Int { instances.count }
    /// Bars of longer timeframes that were built although some of their parts were missing.
    public var incompleteBars: Int { context.series.indices.reduce(0) { $0 + context.series[$1].incompleteCount } }
    /// How long each strategy's first signal had to wait, in bars it has seen; `nil` while it is warming up.
    public var warmStrategies: [Bool] { context.slots.indices.map { context.slots[$0].isWarm } }

    /// Whether decisions are kept for whoever asks why; off, they cost nothing.
    public var keepsDecisions: Bool {
        get { context.keepsDecisions }
        set { context.keepsDecisions = newValue }
    }

    /// Hands over the decisions since the last call, oldest first.
    public mutating func takeDecisions() -> [DecisionRecord] {
        defer { context.decisions.removeAll() }
        return context.decisions
    }

    /// By strategy: what it keeps of what it measured, for charts.
    public var charts: [[ChartSeries]] { strategies.indices.map { strategies[$0].charts } }

    /// The fingerprint of everything decided and booked so far.
    public var resultHash: RunHash {
        var hash = context.hash
        hash.add(context.account.ledger.hash.value, UInt64(context.account.ledger.entryCount))
        return hash
    }

    /// The indicators that a strategy declared, with their present values: what it decided on.
    public func indicatorValues(of strategy: StrategyID) -> [(name: String, values: [Double])] {
        guard strategy.index < context.details.count else { return [] }
        return context.details[strategy.index].requests.indicators.map { node in
            let instance = context.nodes[node].instance
            let count = instance.definition.outputs.count
            return (
                "\(instance.key) \(context.series[context.nodes[node].series].timeframe)",
                (0..<count).map { instance.output($0) }
            )
        }
    }

    // MARK: Reports

    /// Takes in what a venue said.
    public mutating func apply(_ report: VenueReport) {
        switch report {
        case .order(let report): apply(report)
        case .fill(let fill, let circumstances): apply(fill, circumstances)
        case .funding(let payment):
            context.account.payFunding(
                payment.amount, instrument: payment.instrument, strategy: payment.strategy, at: payment.time)
            funding.append(FundingRecord(payment: payment, fillsBefore: fills.count))
        case .coveredLoss(let asset, let amount, let time):
            context.account.coverLoss(amount, of: asset, at: time)
        case .transfer(let payment):
            if !context.account.transfer(payment.amount, of: payment.asset, at: payment.time, payment.reference) {
                context.stops = .failed(
                    strategy: "account", time: payment.time,
                    reason: "a transfer is more than the account can hold exactly")
            }
            noteTransfer(payment)
        case .fee(let payment):
            let isBooked = context.account.payFee(
                payment.amount, of: payment.asset, strategy: payment.strategy, trade: payment.trade, at: payment.time)
            if !isBooked {
                context.stops = .failed(
                    strategy: "account", time: payment.time, reason: "a fee is more than the account can hold exactly")
            }
        case .holding(let change): apply(change)
        }
    }

    private mutating func apply(_ change: HoldingChange) {
        context.hash.add(change.order.rawValue, UInt64(bitPattern: change.time.nanoseconds))
        context.hash.add(change.quantity.units, Int64(change.strategy.rawValue) << 8 | Int64(change.reason.rawValue))
        let held = context.account.netQuantity(change.strategy, change.instrument).units
        guard
            let realised = context.account.changeHolding(
                change.quantity, of: change.instrument, strategy: change.strategy, keepsCost: change.keepsCost)
        else {
            context.stops = .failed(
                strategy: "account", time: change.time, reason: "a position became smaller by more than was held")
            return
        }
        let slot = change.strategy.index
        guard slot < context.slots.count else { return }
        context.slots[slot].netRealised += realised
        guard context.slots[slot].keepsOutcomes, change.instrument == context.slots[slot].instrument else { return }
        context.details[slot].outcomes.fill(
            before: held, after: held &+ change.quantity.units, net: realised, at: change.time)
    }

    /// Takes in what a venue said about an order, other than that it traded.
    package mutating func apply(_ report: OrderReport) {
        context.hash.add(
            report.order.rawValue ^ UInt64(report.event.rawValue) << 56,
            UInt64(bitPattern: report.time.nanoseconds) ^ UInt64(report.reason.rawValue) << 48)
        if let quantity = report.quantity {
            context.hash.add(quantity.units, report.trigger?.units ?? report.limit?.units ?? 0)
        }
        if report.reason != .none, report.event == .reject || report.event == .rejectCancel {
            if report.event == .reject { rejections[report.reason, default: 0] += 1 }
        }
        noteOperation(report)
        let outcome = context.orders.update(report.order) {
            order -> (slot: Int, instrument: InstrumentID, isFinal: Bool) in
            if let quantity = report.quantity {
                order.amend(quantity: quantity, limit: report.limit, trigger: report.trigger)
            }
            _ = order.receive(report.event, reason: report.reason)
            return (order.strategy.index, order.request.instrument, order.status.isFinal)
        }
        guard let outcome else { return }
        if outcome.isFinal, context.desk.isActive, let status = context.orders.status(of: report.order) {
            context.desk.note(.end(report.order, status, report.reason))
        }
        if !context.slots[outcome.slot].ignoresOrders,
            context.slots[outcome.slot].hedge != outcome.instrument.index
        {
            notices.append(.order(slot: outcome.slot, report.order))
        } else if outcome.isFinal {
            context.orders.remove(report.order)
        }
    }

    private mutating func apply(_ fill: Fill, _ circumstances: FillCircumstances) {
        context.hash.add(fill.order.rawValue, fill.trade.rawValue)
        context.hash.add(fill.time.nanoseconds, fill.price.units)
        context.hash.add(fill.quantity.units, Int64(fill.liquidity.rawValue) << 8 | Int64(fill.reason.rawValue))
        context.hash.add(fill.fee)
        guard let effect = context.account.apply(fill, isReducing: circumstances.isReducing) else {
            // The venue says that it traded, and the books cannot hold it: going on would be guessing.
            let slot = Int(fill.strategy)
            context.stops = .failed(
                strategy: slot < context.details.count ? context.details[slot].name : "\(slot)", time: fill.time,
                reason: "a fill is worth more than the account can hold exactly")
            return
        }
        fills.append(
            FillRecord(
                fill: fill, realised: effect.realised, before: effect.before.quantity, after: effect.after.quantity,
                met: circumstances.met))
        let slot = Int(fill.strategy)
        var isHedge = false
        if slot < context.slots.count {
            context.slots[slot].netRealised += effect.realised - fill.fee
            isHedge = context.slots[slot].hedge == fill.instrument.index
            if context.slots[slot].keepsOutcomes { keepOutcome(fill, effect, slot) }
        }
        if fill.order != .none {
            let isFinal = context.orders.update(fill.order) { order -> Bool in
                _ = order.receiveFill(fill.quantity.magnitude)
                return order.status.isFinal
            }
            if context.desk.isActive { tellAlgorithms(of: fill, isFinal: isFinal == true) }
            if isFinal == true, isHedge || slot >= context.slots.count || context.slots[slot].ignoresOrders {
                context.orders.remove(fill.order)
            } else if isFinal == true {
                notices.append(.order(slot: slot, fill.order))
            }
        }
        if slot < context.slots.count, !isHedge { notices.append(.fill(slot: slot, fill)) }
        if context.desk.isActive, fill.reason != .order, fill.reason != .adjustment {
            context.desk.note(.protectionFilled(fill.strategyID))
        }
    }

    // MARK: Market data

    /// A bar of an instrument's data closed. Its series, the series built from it and their indicators move on.
    public mutating func close(_ bar: Bar, of instrument: Int) {
        context.lastBars[instrument] = LastBar(bar)
        let feed = feeds[instrument]
        context.series[feed.series].close(at: context.instant)
        if feed.isArriving { keep(bar, feed.series) }
        if feed.firstIndicator != feed.endIndicator {
            update(feed.firstIndicator..<feed.endIndicator, context.scales[feed.series].values(of: bar))
        }
        if feed.firstBuilt != feed.endBuilt { build(bar, feed.firstBuilt..<feed.endBuilt) }
    }

    private mutating func build(_ bar: Bar, _ range: Range<Int>) {
        for index in range {
            var closed: AggregatedBar?
            // Two where the one before lacked its last bar: rare, so it goes another way.
            var late: AggregatedBar?
            built[index].aggregator.add(bar) { finished in
                if closed != nil { late = closed }
                closed = finished
            }
            guard let closed else { continue }
            if let late { closeBuilt(late, built[index].series) }
            closeBuilt(closed, built[index].series)
        }
    }

    /// Adds a bar to those that can be read, and now and then forgets the oldest ones.
    private mutating func keep(_ bar: Bar, _ series: Int) {
        let count = context.builtBars[series].count
        if count >= kept[series].limit {
            context.builtBars[series].removeFirst(count - kept[series].readable + 1)
        }
        context.builtBars[series].append(bar)
    }

    private mutating func closeBuilt(_ built: AggregatedBar, _ index: Int) {
        keep(built.bar, index)
        context.series[index].closeBuilt(missing: built.missing, at: context.instant)
        let range = indicatorRanges[index]
        if !range.isEmpty { update(range, context.scales[index].values(of: built.bar)) }
    }

    @inline(__always)
    private mutating func update(_ range: Range<Int>, _ values: BarValues) {
        for index in range { instances[index]._withUnsafeGuaranteedRef { $0.update(values) } }
    }

    /// Takes in observations of series from outside, each known from its time on: strategies see it at the next instant
    /// that is not before.
    public mutating func learn(_ arrivals: [ExternalArrival]) { context.externals.add(arrivals) }

    // MARK: Decisions

    /// Lets the strategies see what the instant brought without acting on it: how a session catches up with the past.
    public mutating func observe(at now: Timestamp) throws(StrategyError) {
        context.isObserving = true
        defer { context.isObserving = false }
        try decide(at: now)
    }

    /// Lets the strategies act on everything that the instant brought, in the order of their names.
    ///
    /// - Returns: Whether there are commands to hand over.
    /// - Throws: `StrategyError` naming the strategy that threw or gave a number that is not finite.
    @discardableResult
    public mutating func decide(at now: Timestamp) throws(StrategyError) -> Bool {
        context.now = now
        if context.isStopped, let stop = context.stops { throw stop }
        if context.externals.nextChange <= now { context.externals.advance(to: now) }
        // Before anything is placed: a breaker acts on the very bars that meet its condition.
        if context.supervisor != nil { supervise() }
        if context.desk.isActive {
            context.advanceAlgorithms()
            if context.isStopped, let stop = context.stops { throw stop }
        }
        // What strategies would do about them must not be lost: they are told at the next instant that acts.
        if !notices.isEmpty, !context.isObserving { try deliverNotices() }
        if !context.tasks.isEmpty { try deliverBackground() }
        for index in strategies.indices {
            let own = context.slots[index].ownSeries
            let ownClosed = context.series[own].lastInstant == context.instant
            if context.slots[index].isOff { continue }
            if context.slots[index].firstFurther != context.slots[index].endFurther { try deliverFurther(index) }
            guard ownClosed, isReady(index), let bar = lastBar(own) else { continue }
            context.current = index
            marker?.pointee = Int32(index)
            do {
                try strategies[index].onBar(bar, &context)
            } catch {
                throw failure(index, error)
            }
            marker?.pointee = -1
            if context.isStopped, let stop = context.stops { throw stop }
        }
        if context.supervisor != nil, !context.isObserving {
            reducePositions()
            keepHedges()
            if context.isStopped, let stop = context.stops { throw stop }
        }
        context.instant &+= 1
        return !context.outbound.isEmpty
    }

    /// Takes back all orders that could open a position and, where asked for, closes the positions of the strategies.
    public mutating func leave(at now: Timestamp, closesPositions: Bool) {
        context.now = now
        context.stopAlgorithms(.leaving) { closesPositions || !$0.isReduceOnly }
        for order in context.orders.live where closesPositions || !order.request.isReduceOnly {
            context.current = order.strategy.index
            context.cancel(order.id)
        }
        guard closesPositions else { return }
        for index in context.slots.indices {
            context.current = index
            context.exit()
            closeHedge(index, because: "everything is closed")
        }
    }

    /// Orders that are not over, or not reported yet, in the order they were made.
    public var liveOrders: [Order] { context.orders.live }

    func failure(_ index: Int, _ error: any Error) -> StrategyError {
        marker?.pointee = -1
        if let known = error as? StrategyError { return known }
        return .failed(strategy: context.details[index].name, time: context.now, reason: "\(error)")
    }

    @inline(__always)
    private mutating func isReady(_ index: Int) -> Bool {
        if context.slots[index].isWarm { return true }
        return warmUp(index)
    }

    /// Whether every declared indicator has a value; and, from enough bars on, whether orders may be sent.
    private mutating func warmUp(_ index: Int) -> Bool {
        let requests = context.details[index].requests
        let hasValues = requests.indicators.allSatisfy { node in
            context.series[context.nodes[node].series].count >= context.nodes[node].instance.firstOutput
        }
        let hasSeries = requests.series.allSatisfy { context.series[$0].count > 0 }
        guard hasValues && hasSeries || requests.startsImmediately else { return false }
        if context.series[context.slots[index].ownSeries].count >= requests.waitBars {
            context.slots[index].isWarm = true
        }
        return true
    }

    private mutating func deliverFurther(_ index: Int) throws(StrategyError) {
        for position in context.slots[index].firstFurther..<context.slots[index].endFurther {
            let series = further[position]
            guard context.series[series].lastInstant == context.instant, isReady(index), let bar = lastBar(series)
            else {
                continue
            }
            context.current = index
            marker?.pointee = Int32(index)
            do {
                try strategies[index].onBar(bar, of: SeriesHandle(index: series), &context)
            } catch {
                throw failure(index, error)
            }
            marker?.pointee = -1
            if context.isStopped, let stop = context.stops { throw stop }
        }
    }

    private mutating func deliverNotices() throws(StrategyError) {
        for position in notices.indices {
            switch notices[position] {
            case .fill(let slot, let fill):
                guard !context.slots[slot].ignoresFills, !context.slots[slot].isOff else { continue }
                context.current = slot
                marker?.pointee = Int32(slot)
                do { try strategies[slot].onFill(fill, &context) } catch { throw failure(slot, error) }
            case .order(let slot, let id):
                guard let order = context.orders[id] else { continue }
                if !context.slots[slot].ignoresOrders, !context.slots[slot].isOff {
                    context.current = slot
                    marker?.pointee = Int32(slot)
                    do { try strategies[slot].onOrder(order, &context) } catch { throw failure(slot, error) }
                }
                if order.status.isFinal { context.orders.remove(id) }
            }
            marker?.pointee = -1
        }
        notices.clear()
        if context.isStopped, let stop = context.stops { throw stop }
    }

    /// Hands over the orders decided on, oldest first, in exchange for an empty buffer to collect the next ones in.
    @inline(__always)
    public mutating func exchangeCommands(with buffer: inout [OrderCommand]) {
        swap(&context.outbound, &buffer)
    }

    /// The last closed bar of a series. Mutating, because borrowing a large value out of another one copies it.
    @inline(__always)
    mutating func lastBar(_ series: Int) -> Bar? {
        let count = context.series[series].count
        guard count > 0 else { return nil }
        if let columns = context.columns[series] { return columns[count &- 1] }
        return context.builtBars[series].last
    }

    // MARK: Equity

    /// The equity at the last closes, and at the worst and best prices of the instant's bars, in the base currency.
    public mutating func measureEquity(at now: Timestamp) -> (close: Double, low: Double, high: Double) {
        if gauge.version != context.account.version || gauge.needsPrices {
            gauge.rebuild(context.account)
            if gauge.needsPrices { gauge.revalue(context.account, prices: lastPrices, at: now) }
        }
        let equity = gauge.measure(context.lastBars)
        context.equityApproximation = equity.close
        return equity
    }
}
