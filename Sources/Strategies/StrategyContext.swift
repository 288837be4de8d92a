// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Indicators
public import MarketData
package import OrderAlgorithms
package import Risk
package import Supervision
public import Trading

/// What a strategy can see and do at one instant. It ends at the present: nothing here leads to later data.
public struct StrategyContext: ~Copyable {
    /// The present: the close time of the bars that just closed.
    public package(set) var now = Timestamp.distantPast

    /// The number of the present instant, from 1: tells which series closed a bar in it.
    @usableFromInline package var instant: UInt64 = 1
    @usableFromInline package var series = FixedBuffer<SeriesState>([])
    /// By series: the columns of the data, for those that data arrives in.
    @usableFromInline package var columns = FixedBuffer<MarketData.BarColumns?>([])
    @usableFromInline package var scales = FixedBuffer<SeriesScales>([])
    /// By series: the bars of those that are built from shorter ones.
    @usableFromInline package var builtBars: [[Bar]] = []
    package var nodes: [IndicatorNode] = [] {
        didSet { outputs = FixedBuffer(nodes.map { Unmanaged.passUnretained($0.instance) }) }
    }
    /// The instances of `nodes`, which keeps them alive: reading a value must not count references.
    @usableFromInline package var outputs = FixedBuffer<Unmanaged<IndicatorInstance>>([])
    @usableFromInline package var account: Account
    @usableFromInline package var orders = OrderTable()
    package var outbound: [OrderCommand] = []
    /// By instrument.
    @usableFromInline package var lastBars: FixedBuffer<LastBar>
    @usableFromInline package var slots = FixedBuffer<StrategySlot>([])
    package var details: [StrategyDetail] = []
    @usableFromInline package var current = 0
    package var nextGroup: OrderGroup = 1
    /// What is known of the series from outside.
    package var externals = ExternalBoard()
    /// The order algorithms that run.
    package var desk = AlgorithmDesk()
    /// Set while the past is shown to the strategies: then nothing that they ask for is sent.
    @usableFromInline package var isObserving = false
    package var stops: StrategyError? { didSet { isStopped = stops != nil } }
    /// Whether `stops` is set: a flag is cheaper to look at.
    package private(set) var isStopped = false
    package var denials: [DenialRecord: Int] = [:]
    /// Work that strategies gave away and whose results are due, oldest first.
    package var tasks: [BackgroundTask] = []
    package var lastTask: UInt64 = 0
    /// What watches over all strategies together; `nil` without.
    package var supervisor: RiskSupervisor?
    /// By instrument, what has become too large, where it was looked at with this instant.
    package var excess: [PositionCut?]?
    /// Whether decisions are kept for whoever asks why.
    package var keepsDecisions = false
    package var decisions: [DecisionRecord] = []
    @usableFromInline package var equityApproximation = 0.0
    package var hash = RunHash()
    package private(set) var submitted = 0

    package init(account: Account) {
        self.account = account
        lastBars = FixedBuffer(count: account.description.instruments.count) { _ in LastBar() }
        outbound.reserveCapacity(64)
    }
}

/// The last closed bar of an instrument's data, in price units.
@usableFromInline package struct LastBar: BitwiseCopyable {
    @usableFromInline package var low: Int64 = 0
    @usableFromInline package var high: Int64 = 0
    @usableFromInline package var close: Int64 = 0
    /// False until the first bar.
    @usableFromInline package var isKnown = false

    package init() {}

    @inlinable @inline(__always)
    package init(_ bar: Bar) {
        low = bar.low.units
        high = bar.high.units
        close = bar.close.units
        isKnown = true
    }

    @inlinable package var price: Price? { isKnown ? Price(units: close) : nil }
}

/// What the engine keeps for one strategy instance, as far as every bar needs it: nothing reference counted.
@usableFromInline package struct StrategySlot: BitwiseCopyable {
    @usableFromInline package let id: StrategyID
    @usableFromInline package let instrument: InstrumentID
    @usableFromInline package let ownSeries: Int
    /// The further series that it declared: a share of `Engine.further`.
    package let firstFurther: Int
    package let endFurther: Int
    /// The order that opens or enlarges its position, and the one that closes it.
    package var entryOrder = OrderID.none
    package var exitOrder = OrderID.none
    @usableFromInline package var isWarm = false
    /// Switched off by a person, or because it stopped the program.
    package var isOff = false
    /// Profits after fees of what was closed, in the settlement asset.
    package var netRealised = Amount.zero
    /// The instrument that hedges its position; −1: none does. Its orders there are the engine's, not its own.
    package var hedge = -1
    /// Whether its trades are kept for its size or leverage.
    package var keepsOutcomes = false
    /// Set once the default (empty) answers were called: then there is nobody to tell.
    package var ignoresOrders = false
    package var ignoresFills = false
    package init(id: StrategyID, instrument: InstrumentID, ownSeries: Int, further: Range<Int>) {
        self.id = id
        self.instrument = instrument
        self.ownSeries = ownSeries
        firstFurther = further.lowerBound
        endFurther = further.upperBound
    }
}

/// The rest of a strategy instance.
package struct StrategyDetail {
    package let name: String
    package let plan: TradePlan
    package let requests: SetupRequests
    /// The orders that protect its position.
    package var protection: [OrderID] = []
    /// The series of its instrument with the shortest timeframe it declared: whose bars are the instants of its order
    /// algorithms.
    package var finestSeries = -1
    /// The indicator behind the distance of its trailing stop, and the distance it had last.
    package var volatility: IndicatorHandle?
    package var trailDistance: Int64?
    /// What works its entry, and in which direction.
    package var entryAlgorithm: AlgorithmID?
    package var entrySide = Side.buy
    /// What its size and leverage are made with; `nil` where the plan does not ask for it.
    package var sizing: PositionSizing?
    package var leverage: DynamicLeverage?
    package var sizingRange: IndicatorHandle?
    package var leverageRange: IndicatorHandle?
    package var trend: IndicatorHandle?
    package var outcomes = TradeOutcomes(capacity: 1)
    package var hedging = HedgeState()
    package init(name: String, plan: TradePlan, requests: SetupRequests) {
        self.name = name
        self.plan = plan
        self.requests = requests
        protection.reserveCapacity(4)
    }
}

/// Why orders were stopped before they were sent; counted, and listed in the report.
package struct DenialRecord: Hashable, Sendable {
    package let strategy: StrategyID
    package let reason: RejectReason
}

// MARK: - Seeing

extension StrategyContext {
    /// The strategy's own instrument.
    @inlinable @inline(__always)
    public var instrument: Instrument {
        account.description.instruments[slots[current].instrument.index]
    }

    /// The last close of its own series, as a Double.
    @inlinable @inline(__always)
    public var close: Double { values()?.close ?? .nan }

    /// The bar `ago` closed bars before the last one (0: the last); `nil` before there are so many, and beyond its
    /// look-back (`StrategySetup.lookBack`).
    @inlinable @inline(__always)
    public func bar(ago: Int = 0, of series: SeriesHandle? = nil) -> Bar? {
        bar(ago: ago, series: series?.index ?? slots[current].ownSeries)
    }

    @inlinable @inline(__always)
    package func bar(ago: Int, series index: Int) -> Bar? {
        let count = series[index].count
        guard ago >= 0, ago < min(count, series[index].readable) else { return nil }
        if let columns = columns[index] { return columns[count - 1 - ago] }
        // Old bars of a live series are forgotten: no more is there than its look-back.
        let last = builtBars[index].count - 1
        return ago <= last ? builtBars[index][last - ago] : nil
    }

    /// The same in Doubles.
    @inlinable @inline(__always)
    public func values(ago: Int = 0, of series: SeriesHandle? = nil) -> BarValues? {
        let index = series?.index ?? slots[current].ownSeries
        guard let bar = bar(ago: ago, series: index) else { return nil }
        return scales[index].values(of: bar)
    }

    /// How many bars have closed.
    @inlinable @inline(__always)
    public func barCount(of series: SeriesHandle? = nil) -> Int {
        self.series[series?.index ?? slots[current].ownSeries].count
    }

    /// An indicator's value after the last closed bar of its series; NaN before its first.
    @inlinable @inline(__always)
    public func value(_ indicator: IndicatorHandle, output: Int = 0) -> Double {
        outputs[indicator.index]._withUnsafeGuaranteedRef { $0.output(output) }
    }

    /// The value of a series from outside, as it is known now: the latest revision of its newest value.
    ///
    /// NaN while nothing is known, and where the value is older than the configuration's `max_age`.
    public func external(_ series: ExternalHandle) -> Double { externals.value(series.index, at: now) }

    /// The strategy's own position in its instrument: positive long, negative short.
    @inlinable @inline(__always)
    public var position: Quantity { account.netQuantity(slots[current].id, slots[current].instrument) }

    /// The average price at which its position was entered.
    @inlinable @inline(__always)
    public var averageEntry: Price? {
        account.subPosition(slots[current].id, slots[current].instrument).averagePrice(of: instrument)
    }

    /// The same as nearly as a Double holds it: the average of several fills is seldom a price that can be had.
    public var averageEntryApproximation: Double? {
        account.subPosition(slots[current].id, slots[current].instrument).averagePriceApproximation(of: instrument)
    }

    /// How its signals become orders: the size, and bounds of what protects them.
    public var plan: TradePlan { details[current].plan }

    /// The account's equity at the last closed bars, in the base currency.
    @inlinable @inline(__always)
    public var equity: Double { equityApproximation }

    /// One of the live orders; `nil` once it is over and reported.
    @inlinable @inline(__always)
    public func order(_ id: OrderID) -> Order? { orders[id] }

    /// Whether enough bars have closed for its orders to be sent.
    @inlinable @inline(__always)
    public var isWarm: Bool { slots[current].isWarm }

    /// Whether orders that it sends now leave: enough bars have closed, and they are not the past.
    @inlinable @inline(__always)
    public var isActing: Bool { slots[current].isWarm && !isObserving }

    /// A price from a Double, rounded to the nearest tick of the strategy's instrument.
    ///
    /// - Returns: `nil`, and the run stops with an error that names the strategy, where it is not finite.
    public mutating func price(_ value: Double, rounding: TradingRules.Rounding = .nearest) -> Price? {
        guard let units = units(value, scale: instrument.priceScale, "a price") else { return nil }
        let instrument = instrument
        return instrument.rules(at: now).rounded(
            Price(units: units), decimals: instrument.priceDecimals, rounding)
    }

    /// A quantity from a Double: the nearest the instrument's decimals can hold, then rounded down to the lot.
    ///
    /// - Returns: `nil`, and the run stops with an error that names the strategy, where it is not finite.
    public mutating func quantity(_ value: Double) -> Quantity? {
        guard let units = units(value, scale: instrument.quantityScale, "a quantity") else { return nil }
        let lot = instrument.rules(at: now).lot
        return Quantity(units: units - units % lot)
    }

    private mutating func units(_ value: Double, scale: Double, _ what: String) -> Int64? {
        let scaled = (value * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled.isFinite, scaled.magnitude < 9e18 else {
            stops = .notFinite(strategy: details[current].name, what: what, time: now)
            return nil
        }
        return Int64(scaled)
    }
}

// MARK: - Doing

extension StrategyContext {
    /// Sends an order.
    ///
    /// - Returns: Its id, or `nil` where it was not sent: while the strategy is warming up.
    @discardableResult
    public mutating func submit(_ request: OrderRequest) -> OrderID? {
        guard slots[current].isWarm else { return nil }
        return dispatch(request)
    }

    /// Sends an order, also of a strategy that is still warming up.
    package mutating func dispatch(_ request: OrderRequest) -> OrderID? {
        guard !isObserving else { return nil }
        if supervisor != nil, let reason = supervisorRefusal(request) {
            denials[DenialRecord(strategy: slots[current].id, reason: reason), default: 0] += 1
            return nil
        }
        let request = reducing(request)
        guard let id = orders.insert(request, strategy: slots[current].id, isSent: true) else {
            stops = .tooManyOrders(strategy: details[current].name, time: now)
            return nil
        }
        submitted += 1
        record(id, .submit, quantity: request.quantity.units, price: request.limit?.units ?? 0)
        send(id, request.instrument, .submit(request))
        return id
    }

    /// Asks for an order to be taken back. Fills may still come before the venue has done so.
    public mutating func cancel(_ id: OrderID) {
        guard !isObserving else { return }
        let instrument = orders.update(id) { order -> InstrumentID? in
            guard !order.status.isFinal, order.status != .pendingCancel else { return nil }
            _ = order.receive(.requestCancel)
            return order.request.instrument
        }
        guard let instrument = instrument ?? nil else { return }
        record(id, .requestCancel)
        send(id, instrument, .cancel)
    }

    /// Asks for an order to be changed.
    public mutating func modify(_ id: OrderID, _ change: OrderChange) {
        guard !isObserving, let order = orders[id], !order.status.isFinal, order.status != .pendingCancel else {
            return
        }
        record(id, .requestUpdate, quantity: change.quantity?.units ?? 0, price: change.limit?.units ?? 0)
        _ = orders.update(id) { $0.receive(.requestUpdate) }
        send(id, order.request.instrument, .modify(change))
    }

    /// A number for a new group of orders of which one cancels the others.
    public mutating func newGroup() -> OrderGroup {
        defer { nextGroup += 1 }
        return nextGroup
    }

    /// Wants a position in this direction: opens it as the strategy's trade plan says, with its protection; an opposite
    /// one is closed first. Does nothing where the position or an order for it is there already.
    public mutating func enter(_ side: Side) {
        guard slots[current].isWarm, !isObserving else { return }
        let held = position
        if side == .sell, !details[current].plan.allowsShort { return exit() }
        if held.units != 0, (held.units > 0) == (side == .buy) { return }
        if desk.isActive, isWorkingEntry {
            if details[current].entrySide == side { return }
            stopEntry(.signalEnded)
        }
        let entry = slots[current].entryOrder
        if let status = orders.status(of: entry), !status.isFinal {
            if orders[entry]?.request.side == side { return }
            cancel(entry)
        }
        if held.units != 0 { exit() }
        open(side)
    }

    /// Closes the strategy's position, and takes back what was to open or protect one.
    public mutating func exit() {
        guard !isObserving else { return }
        if desk.isActive { stopEntry(.signalEnded) }
        if let entry = orders.status(of: slots[current].entryOrder), !entry.isFinal {
            cancel(slots[current].entryOrder)
        }
        let held = position
        guard held.units != 0 else { return }
        if let leaving = orders.status(of: slots[current].exitOrder), !leaving.isFinal { return }
        dropProtection { $0.cancel($1) }
        slots[current].exitOrder =
            submit(
                OrderRequest(
                    instrument: slots[current].instrument, side: held.units > 0 ? .sell : .buy, type: .market,
                    quantity: held.magnitude, isReduceOnly: true)) ?? .none
    }

    private mutating func open(_ side: Side) {
        let slot = slots[current]
        if let hours = details[current].plan.execution.hours, !hours.contains(now) {
            _ = deny(.outsideHours)
            return
        }
        let intent = EntryIntent(
            instrument: slot.instrument, side: side, lossAtStop: details[current].plan.stopLoss?.fraction)
        guard canProtect(), let quantity = plannedQuantity(for: intent) else { return }
        dropProtection { _, _ in }
        if startEntry(side, quantity, lot: instrument.rules(at: now).lot) { return }
        let entry = submit(
            OrderRequest(instrument: slot.instrument, side: side, type: .market, quantity: quantity))
        guard let entry else { return }
        slots[current].entryOrder = entry
        protect(entry, side)
    }

    /// Forgets the orders that protect the position.
    mutating func dropProtection(_ body: (inout StrategyContext, OrderID) -> Void) {
        guard !details[current].protection.isEmpty else { return }
        for id in details[current].protection { body(&self, id) }
        details[current].protection.removeAll(keepingCapacity: true)
    }

    /// The trade plan's size as a quantity that the venue takes.
    ///
    /// - Parameter factor: The share of the planned size that is wanted: more than 1 counts as 1.
    /// - Returns: `nil` where nothing can be traded; the reason is counted among the denials.
    public mutating func plannedQuantity(scaledBy factor: Double = 1) -> Quantity? {
        let intent = EntryIntent(
            instrument: slots[current].instrument, side: .buy,
            lossAtStop: details[current].plan.stopLoss?.fraction)
        return plannedQuantity(sizedFor: intent, scaledBy: factor)
    }

    mutating func plannedQuantity(sizedFor intent: EntryIntent, scaledBy factor: Double) -> Quantity? {
        let plan = details[current].plan
        guard let price = lastBars[slots[current].instrument.index].price else { return nil }
        let instrument = account.description.instruments[slots[current].instrument.index]
        let rules = instrument.rules(at: now)
        // An unknown factor is no permission.
        guard factor > 0 else { return nil }
        func down(_ units: Int64) -> Int64 { units - units % rules.lot }
        func up(_ units: Int64) -> Int64 {
            let (sum, overflow) = units.addingReportingOverflow(rules.lot - 1)
            return down(overflow ? .max : sum)
        }
        var units: Int64
        switch plan.sizing {
        case .quantity(let quantity): units = down(quantity.units)
        case .notional(let amount):
            guard let one = instrument.notional(of: Quantity(units: 1), at: price), one > .zero else {
                return deny(.tooLarge)
            }
            units = down(Int64(clamping: amount.units / one.units))
        }
        if let capital = plan.capital, let one = instrument.notional(of: Quantity(units: 1), at: price), one > .zero {
            let (budget, overflow) = (capital + slots[current].netRealised).units
                .multipliedReportingOverflow(by: Int128(plan.leverage))
            guard budget > 0, !overflow else { return deny(.insufficientBalance) }
            units = min(units, down(Int64(clamping: budget / one.units)))
        }
        if plan.riskSizing != nil || plan.dynamicLeverage != nil {
            guard let most = riskUnits(for: intent, planned: units) else { return deny(.exposureLimit) }
            units = down(most)
        }
        if factor < 1 {
            let share = Int128(factor * Double(Rate.one))
            units = down(Int64(clamping: Int128(units) * share / Int128(Rate.one)))
        }
        func isBelow(_ units: Int64) -> RejectReason? {
            if units < max(1, rules.minimumQuantity.units) { return .belowMinimumQuantity }
            guard let notional = instrument.notional(of: Quantity(units: units), at: price) else { return .tooLarge }
            return notional < rules.minimumNotional ? .belowMinimumNotional : nil
        }
        guard let reason = isBelow(units) else { return Quantity(units: units) }
        guard plan.belowMinimum == .roundUp, reason != .tooLarge else { return deny(reason) }
        units = up(max(rules.minimumQuantity.units, rules.lot))
        if let one = instrument.notional(of: Quantity(units: 1), at: price), one > .zero {
            // One percent above the minimum: it is measured at the next price, which may be lower.
            let wanted = rules.minimumNotional.units + rules.minimumNotional.units / 100
            let needed = (wanted + one.units - 1) / one.units
            units = max(units, up(Int64(clamping: needed)))
        }
        return Quantity(units: units)
    }

    mutating func deny(_ reason: RejectReason) -> Quantity? {
        denials[DenialRecord(strategy: slots[current].id, reason: reason), default: 0] += 1
        return nil
    }

    @inline(__always)
    private mutating func send(_ id: OrderID, _ instrument: InstrumentID, _ command: VenueCommand) {
        outbound.append(
            OrderCommand(
                order: id, strategy: slots[current].id, instrument: instrument, sentAt: now, command: command))
    }

    /// Adds an order event to the run's fingerprint.
    @inline(__always)
    package mutating func record(_ id: OrderID, _ event: OrderEvent, quantity: Int64 = 0, price: Int64 = 0) {
        hash.add(
            id.rawValue ^ UInt64(event.rawValue) << 56, UInt64(bitPattern: now.nanoseconds))
        hash.add(quantity, price)
    }
}
