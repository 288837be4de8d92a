// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Risk
public import Trading
public import VenueInterface

/// The orders of one venue between the engine and a connector: what the engine asks for becomes requests, and what the
/// venue says becomes reports. Pure: the same inputs give the same outputs, and a journal of them rebuilds it.
///
/// Only proof of refusal is a refusal. Whatever else happens to a request, its order stays in flight until the venue says
/// what became of it.
public struct OrderManager: Sendable {
    public let settings: OrderManagerSettings
    public let venue: String
    /// What the reports so far add up to, for this venue alone. The last strategy's place is for what belongs to none.
    public internal(set) var account: Account
    public internal(set) var pauses: [PauseReason] = []
    /// Open orders of the account that are not ours, by the venue's number.
    public internal(set) var externalOrders: [OrderUpdate] = []

    /// When it wants `wake`, in monotonic time; `nil`: not at all.
    public private(set) var nextWake: TimeSpan?

    let instruments: [Instrument]
    /// Live orders, oldest first.
    var orders: [ManagedOrder] = []
    var places: [OrderID: Int] = [:]
    var venueOrders: [VenueOrderID: OrderID] = [:]
    var endings: [OrderID: EndedOrder] = [:]
    var endingOrder: [OrderID] = []
    var orphans: [Orphan] = []
    var unclaimed: [UnclaimedFill] = []
    var seen: SeenRecords
    /// What strategies hold of an asset besides their spot positions: parts of lots that fees left, and what was less than
    /// the venue trades. Later fees are taken from it first.
    var spare: [SpareKey: Amount] = [:]
    /// When the venue last refused something because it takes post-only orders alone.
    var postOnlySeen: TimeSpan?
    /// Purchases before a restart whose fee the journal does not have.
    var restoredPurchases: [RestoredPurchase] = []
    /// Instruments whose triggers are watched here, and a person was told so.
    var watchedInstruments: [InstrumentID] = []
    /// Spot positions that were sold whole: what is watched for them has to end.
    var sold: [(strategy: StrategyID, instrument: InstrumentID)] = []
    /// By instrument.
    var markets: [MarketState]
    var snapshots = SnapshotState()
    var budget = QueryBudget()
    /// By instrument.
    var closings: [Closing]
    var now = Moment(wall: .epoch, monotonic: .zero)
    var out: [OrderManagerOutput] = []
    var isDirty = false
    /// Manager's own orders made so far: they close positions when a person asks for it.
    var ownOrders: UInt64 = 0
    var adjustments: UInt64 = 0
    var isStarted = false
    /// Whether the journal said up to when the books are complete.
    var hasRestoredWatermark = false
    /// While a journal is played back: what was told then is told by the journal.
    var isRestoring = false
    /// While a journal is played back: what was told of orders then and the journal has not said yet. It may end before that.
    var owed: [OrderReport] = []

    /// What is known of an instrument's price.
    struct MarketState: Sendable {
        var mid: Price?
        var last: Price?
        var mark: Price?
        /// What an order would trade near.
        var reference: Price? { mid ?? last ?? mark }
        /// What triggers go by.
        var trigger: Price? { mark ?? last ?? mid }
    }

    /// A fill that names no order we know while some request is unanswered: it may be that one's.
    struct UnclaimedFill: Sendable {
        let fill: VenueFill
        let until: TimeSpan
    }

    struct SpareKey: Hashable, Sendable {
        let strategy: StrategyID
        let asset: AssetID
    }

    struct QueryBudget: Sendable {
        var cycle = TimeSpan.zero
        var count = 0
        var next = TimeSpan.zero
    }

    /// - Parameters:
    ///   - venue: As the instruments name it; the others are not touched.
    ///   - account: Empty, with one more strategy than there are: its last place takes what belongs to none of them.
    public init(venue: String, instruments: [Instrument], account: Account, settings: OrderManagerSettings) {
        precondition(account.description.strategyCount > 0, "the account needs a place for what belongs to no strategy")
        self.venue = venue
        self.instruments = instruments
        self.account = account
        self.settings = settings
        markets = Array(repeating: MarketState(), count: instruments.count)
        closings = Array(repeating: Closing(), count: instruments.count)
        seen = SeenRecords(watermark: .distantPast)
    }

    /// The strategy slot of what was not decided here.
    public var external: StrategyID { StrategyID(index: account.description.strategyCount - 1) }
    public var isPaused: Bool { !pauses.isEmpty }
    /// By the venue's clock: everything that it booked before is in our books.
    public var watermark: Timestamp { seen.watermark }
    public var liveOrderCount: Int { orders.count }
    /// Orders whose fate at the venue is not known.
    public var unresolvedCount: Int { orders.count { !$0.isIdle || $0.ended != nil } + orphans.count }

    // MARK: Inputs

    /// Begins (again): nothing new until the account has been compared with the venue's.
    public mutating func start(at now: Moment, into outputs: inout [OrderManagerOutput]) {
        begin(now)
        if !isStarted {
            isStarted = true
            seen.advance(to: now.wall.earlier(by: settings.overlap))
        }
        pause(.reconciling)
        wantSnapshot("start")
        finish(into: &outputs)
    }

    /// Takes in what the engine decided at one instant, oldest first.
    public mutating func handle(
        _ commands: [OrderCommand], at now: Moment, into outputs: inout [OrderManagerOutput]
    ) {
        begin(now)
        for command in commands { take(command) }
        finish(into: &outputs)
    }

    /// Takes in what the venue said.
    public mutating func handle(_ event: VenueEvent, at now: Moment, into outputs: inout [OrderManagerOutput]) {
        begin(now)
        switch event {
        case .bar(let instrument, _, let bar, _): observe(instrument) { $0.last = bar.close }
        case .trade(let trade):
            observe(trade.instrument) { $0.last = trade.price }
            notePassed(trade)
        case .quote(let quote):
            observe(quote.instrument) { $0.mid = Self.mid(quote.bid?.price, quote.ask?.price) }
            notePassed(quote.instrument, bid: quote.bid?.price, ask: quote.ask?.price)
        case .book(let book):
            observe(book.instrument) { $0.mid = Self.mid(book.bids.first?.price, book.asks.first?.price) }
            notePassed(book.instrument, bid: book.bids.first?.price, ask: book.asks.first?.price)
        case .context(let context):
            observe(context.instrument) {
                if let mark = context.mark { $0.mark = mark }
                if let mid = context.mid { $0.mid = mid }
            }
        case .linkUp:
            resume(.linkDown)
            pause(.reconciling)
            wantSnapshot("the link is back")
        case .linkDown: pause(.linkDown)
        case .placed(let client, let outcome): placed(client, outcome)
        case .cancelled(let client, let outcome): cancelled(client, outcome)
        case .modified(let client, let outcome): modified(client, outcome)
        case .status(let client, let outcome): status(client, outcome)
        case .order(let update): apply(update)
        case .fill(let fill): apply(fill, isMissed: false)
        case .funding(let funding): apply(funding)
        case .transfer(let transfer): apply(transfer)
        case .snapshot(let snapshot): apply(snapshot)
        case .snapshotFailed(let reason): snapshotFailed(reason)
        case .bars, .barsUnavailable, .leverage, .streamStale, .streamFresh, .breakerOpened, .breakerClosed, .notice:
            break
        }
        finish(into: &outputs)
    }

    /// The time of `nextWake` has come.
    public mutating func wake(at now: Moment, into outputs: inout [OrderManagerOutput]) {
        begin(now)
        isDirty = true
        finish(into: &outputs)
    }

    /// The checks before the trade stopped what was asked for with one `place` or `modify`.
    ///
    /// - Parameter clients: Of all its tickets.
    public mutating func denied(
        _ clients: [ClientOrderID], _ denial: RiskDenial, at now: Moment, into outputs: inout [OrderManagerOutput]
    ) {
        begin(now)
        for client in clients {
            guard let index = place(of: client) else { continue }
            switch orders[index].pending {
            case .place: placeRefused(index, denial.reason)
            case .modify: changeRefused(index, denial.reason)
            case .none, .cancel, .closing: break
            }
        }
        finish(into: &outputs)
    }

    /// Takes back every working order: the first half of the kill switch. Stops and targets stay where they are not to go.
    public mutating func cancelAll(
        keepingProtection: Bool, at now: Moment, into outputs: inout [OrderManagerOutput]
    ) {
        begin(now)
        for index in orders.indices where !orders[index].isFinal {
            if keepingProtection, orders[index].isReduceOnly { continue }
            want(index, ManagedOrder.Ending(event: .cancel, reason: .byRequest))
        }
        if settings.externalOrders == .adopt {
            let tickets = externalOrders.filter { !(keepingProtection && $0.isReduceOnly) }.map {
                CancelTicket(
                    client: $0.client ?? ClientOrderID(high: 0, low: 0), venueOrder: $0.venueOrder,
                    instrument: $0.instrument)
            }
            if !tickets.isEmpty { out.append(.cancel(tickets)) }
        }
        finish(into: &outputs)
    }

    /// A person says that the reason for a pause is gone; the account is compared anew.
    public mutating func acknowledge(_ reason: PauseReason, at now: Moment, into outputs: inout [OrderManagerOutput]) {
        begin(now)
        resume(reason)
        pause(.reconciling)
        wantSnapshot("a pause was acknowledged")
        finish(into: &outputs)
    }

    // MARK: Each input's frame

    mutating func begin(_ now: Moment) {
        self.now = now
    }

    mutating func finish(into outputs: inout [OrderManagerOutput]) {
        if isDirty {
            isDirty = false
            settleUnclaimed()
            runSnapshots()
            // What one order is told can free another one: as often as something changes, and never for ever.
            for _ in 0..<8 {
                syncAll()
                guard isDirty else { break }
                isDirty = false
            }
            runOrphans()
            runQueries()
            compact()
        }
        outputs.append(contentsOf: out)
        out.removeAll(keepingCapacity: true)
        nextWake = earliestWake()
    }

    private static func mid(_ bid: Price?, _ ask: Price?) -> Price? {
        guard let bid, let ask else { return bid ?? ask }
        return Price(units: bid.units + (ask.units - bid.units) / 2)
    }

    private mutating func observe(_ instrument: InstrumentID, _ change: (inout MarketState) -> Void) {
        guard isOurs(instrument) else { return }
        change(&markets[instrument.index])
        follow(instrument)
    }

    // MARK: Commands

    mutating func take(_ command: OrderCommand) {
        guard isOurs(command.instrument) else { return }
        isDirty = true
        switch command.command {
        case .submit(let request):
            guard places[command.order] == nil, endings[command.order] == nil else { return }
            insert(ManagedOrder(id: command.order, strategy: command.strategy, request: request))
            admit(orders.count - 1)
        case .cancel:
            guard let index = places[command.order], !orders[index].isFinal else {
                return report(command.order, .rejectCancel, .unknownOrder)
            }
            cancelByEngine(index)
        case .modify(let change):
            guard let index = places[command.order], !orders[index].isFinal else {
                return report(command.order, .rejectUpdate, .unknownOrder)
            }
            self.change(index, change)
        }
    }

    mutating func insert(_ order: ManagedOrder) {
        isDirty = true
        places[order.id] = orders.count
        orders.append(order)
    }

    /// What a new order is told at once.
    private mutating func admit(_ index: Int) {
        let request = orders[index].request
        if request.timeInForce == .fillOrKill { return end(index, .reject, .unsupported) }
        if request.type == .trailingStop {
            guard let trail = request.trail else { return end(index, .reject, .missingPrice) }
            switch trail {
            case .absolute(let distance): if distance.units < 0 { return end(index, .reject, .notPositive) }
            case .share(let rate): if rate.units < 0 { return end(index, .reject, .notPositive) }
            }
        }
        guard request.parent != .none else {
            if request.type == .trailingStop { beginTrailing(index) }
            return
        }
        if let parent = places[request.parent] {
            report(orders[index].id, .hold)
            if orders[parent].filled > 0 { shareOut(parent) }
        } else {
            end(index, .reject, .parentDone)
        }
    }

    private mutating func cancelByEngine(_ index: Int) {
        want(index, ManagedOrder.Ending(event: .cancel, reason: .byRequest, isByEngine: true))
        let request = orders[index].request
        guard request.group != 0, request.parent == .none else { return }
        // The rest of an OCO list goes with it; the siblings of an entry's child stay.
        for other in orders.indices where other != index && areSiblings(index, other) && !orders[other].isChild {
            want(other, ManagedOrder.Ending(event: .cancel, reason: .groupDone))
        }
    }

    private mutating func change(_ index: Int, _ change: OrderChange) {
        let id = orders[index].id
        if orders[index].hasEngineChange || orders[index].cancelWanted != nil {
            return report(id, .rejectUpdate, .duplicateOrder)
        }
        if let quantity = change.quantity {
            guard quantity.units > orders[index].filled, !orders[index].isChild else {
                return report(id, .rejectUpdate, .notPositive)
            }
            orders[index].total = quantity.units
            orders[index].request.quantity = quantity
        }
        if let limit = change.limit { orders[index].request.limit = limit }
        if let trigger = change.trigger, orders[index].request.type != .trailingStop {
            orders[index].request.trigger = .price(trigger)
        }
        if let trail = change.trail {
            orders[index].request.trail = trail
            if orders[index].trail.isFollowing { tighten(index) }
        }
        orders[index].hasEngineChange = true
        orders[index].notBefore = nil
    }

    // MARK: Helpers

    func isOurs(_ instrument: InstrumentID) -> Bool {
        instrument.index < instruments.count && instruments[instrument.index].venue == venue
    }

    /// The live order whose present leg has this name.
    func place(of client: ClientOrderID) -> Int? {
        guard client.isOurs, client.instance == settings.instance, let index = places[client.order],
            orders[index].leg?.client == client
        else { return nil }
        return index
    }

    mutating func report(
        _ order: OrderID, _ event: OrderEvent, _ reason: RejectReason = .none, quantity: Int64? = nil,
        limit: Price? = nil, trigger: Price? = nil
    ) {
        guard !order.isManagers else { return }
        let report = OrderReport(
            order: order, time: now.wall, event: event, reason: reason,
            quantity: quantity.map { Quantity(units: $0) }, limit: limit, trigger: trigger)
        guard !isRestoring else { return owed.append(report) }
        if let quantity, let index = places[order] { orders[index].known = quantity }
        out.append(.report(.order(report)))
    }

    mutating func find(_ kind: Finding.Kind, instrument: InstrumentID? = nil, _ text: String) {
        out.append(.finding(Finding(kind, instrument: instrument, text)))
    }

    mutating func find(_ kind: Finding.Kind, _ index: Int, _ text: String) {
        let order = orders[index]
        out.append(.finding(Finding(kind, instrument: order.request.instrument, order: order.id, text)))
    }

    mutating func pause(_ reason: PauseReason) {
        guard !pauses.contains(reason) else { return }
        pauses.append(reason)
        out.append(.pause(reason))
    }

    mutating func resume(_ reason: PauseReason) {
        guard let index = pauses.firstIndex(of: reason) else { return }
        pauses.remove(at: index)
        out.append(.resume(reason))
    }

    /// Wants an order ended. What asks first decides how it is told.
    mutating func want(_ index: Int, _ ending: ManagedOrder.Ending) {
        guard !orders[index].isFinal else { return }
        isDirty = true
        if orders[index].cancelWanted == nil {
            orders[index].cancelWanted = ending
            orders[index].notBefore = nil
        }
    }

    /// An order is over and the engine is told.
    mutating func end(_ index: Int, _ event: OrderEvent, _ reason: RejectReason) {
        guard !orders[index].isFinal else { return }
        if orders[index].hasEngineChange {
            orders[index].hasEngineChange = false
            report(orders[index].id, .rejectUpdate, .unknownOrder)
        }
        report(orders[index].id, event, reason)
        conclude(index, reason)
    }

    /// An order is over. Its children go with it where it brought nothing to protect.
    mutating func conclude(_ index: Int, _ reason: RejectReason = .none) {
        guard !orders[index].isFinal else { return }
        isDirty = true
        orders[index].isFinal = true
        orders[index].pending = .none
        let order = orders[index]
        if order.id.isManagers { closingEnded(index, reason) }
        endings[order.id] = EndedOrder(
            strategy: order.strategy, instrument: order.request.instrument, reason: order.fillReason,
            isReduceOnly: order.isReduceOnly)
        endingOrder.append(order.id)
        for child in orders.indices where orders[child].request.parent == order.id && !orders[child].isFinal {
            if order.filled == 0 {
                want(child, ManagedOrder.Ending(event: .cancel, reason: .parentDone))
                // The venue takes the children of a bracket back itself; that is waited for.
                if orders[child].leg?.isWaiting == true { orders[child].notBefore = after(settings.queryDelay) }
            } else if orders[child].leg?.isWaiting == true {
                orders[child].query.at = after(settings.queryDelay)
            } else if isWatched(child), orders[child].total <= 0 {
                want(child, ManagedOrder.Ending(event: .cancel, reason: .parentDone))
            }
        }
    }

    func after(_ span: TimeSpan) -> TimeSpan { now.monotonic.adding(span) }

    /// Forgets what is over, but for a while.
    private mutating func compact() {
        if orders.contains(where: \.isFinal) {
            orders.removeAll(where: \.isFinal)
            places.removeAll(keepingCapacity: true)
            for index in orders.indices { places[orders[index].id] = index }
        }
        if endingOrder.count > 8192 {
            for id in endingOrder.prefix(4096) { endings[id] = nil }
            endingOrder.removeFirst(4096)
            venueOrders = venueOrders.filter { places[$0.value] != nil || endings[$0.value] != nil }
        }
    }
}

extension OrderID {
    /// Whether the order manager made it by itself: the engine knows nothing of it.
    var isManagers: Bool { rawValue >> 63 == 1 }
}

extension TimeSpan {
    /// The sum, at most the largest there is.
    func adding(_ other: TimeSpan) -> TimeSpan {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(other.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? .max : sum)
    }
}

extension Timestamp {
    /// That much before, or the earliest time there is.
    func earlier(by span: TimeSpan) -> Timestamp {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(span.nanoseconds)
        return Timestamp(nanoseconds: overflow ? .min : difference)
    }
}
