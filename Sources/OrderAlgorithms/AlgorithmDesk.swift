// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// Names a running algorithm: 1, 2, 3, … as they were started.
public struct AlgorithmID: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// Where an algorithm stands.
public struct AlgorithmStatus: Hashable, Sendable {
    public let id: AlgorithmID
    public let strategy: StrategyID
    public let name: String
    /// What people call it; empty where nobody named it.
    public let label: String
    public let execution: AlgorithmExecution
    /// The first one's bars are its instants.
    public let instruments: [InstrumentID]
    /// What it takes of a venue.
    public let features: [OrderFeature]
    /// As it is now.
    public var outlook: AlgorithmOutlook
    public let startedAt: Timestamp
    public var progress: AlgorithmProgress
    public var ordersPlaced = 0
    /// Why it did what it did last.
    public var lastReason: AlgorithmReason?
    public var lastActionAt: Timestamp?
    /// Why the last of its orders was refused.
    public var lastRefusal = RejectReason.none
    public var isFinished = false

    /// What it is called with what it is, such as `dip (twap)`.
    public var title: String { label.isEmpty ? name : "\(label) (\(name))" }
}

/// One thing that an algorithm did, for the record.
public struct AlgorithmNote: Hashable, Sendable {
    public let algorithm: AlgorithmID
    public let time: Timestamp
    /// `.none` for an end.
    public let order: OrderID
    public let action: AlgorithmAction
    public init(algorithm: AlgorithmID, time: Timestamp, order: OrderID, action: AlgorithmAction) {
        self.algorithm = algorithm
        self.time = time
        self.order = order
        self.action = action
    }
}

/// The algorithms that run, whose orders are whose, and what happened to those and was not told yet. Pure.
public struct AlgorithmDesk: Sendable {
    package struct Entry: Sendable {
        package var algorithm: any OrderAlgorithm
        package var status: AlgorithmStatus
        /// By child.
        package var orders: [OrderID] = []
        package var group: OrderGroup = 0
        /// What whoever hosts it wants to remember.
        package var tag: Int
        /// Why it was told to stop, if it was.
        package var stopped: AlgorithmReason?

        /// The status with what the algorithm says now.
        var current: AlgorithmStatus {
            var status = status
            status.outlook = status.isFinished ? .finished : algorithm.outlook
            return status
        }
    }

    package enum Event: Sendable {
        case fill(OrderID, quantity: Quantity, price: Price, time: Timestamp)
        case end(OrderID, OrderStatus, RejectReason)
        /// An order that protects a strategy's position traded, or the venue closed the position.
        case protectionFilled(StrategyID)

        var order: OrderID {
            switch self {
            case .fill(let order, _, _, _), .end(let order, _, _): order
            case .protectionFilled: .none
            }
        }
    }

    /// Running ones and the last finished ones, as they were started.
    package private(set) var entries: [Entry] = []
    package private(set) var events: [Event] = []
    /// Whether there is anything to do at an instant: all that costs time where nothing runs.
    package private(set) var isActive = false
    private var started: UInt64 = 0
    /// Values from outside, by name.
    package var external: [String: Double] = [:]
    /// Orders of all algorithms, by number of the order, rising: whose they are.
    private var owners: [(order: OrderID, algorithm: AlgorithmID, child: ChildID)] = []
    /// The latest actions, oldest first.
    public private(set) var notes: [AlgorithmNote] = []

    /// Finished ones that can still be asked about.
    static let finishedKept = 64
    package static let notesKept = 256

    package init() {}

    public var statuses: [AlgorithmStatus] { entries.map(\.current) }

    public func status(of id: AlgorithmID) -> AlgorithmStatus? { index(of: id).map { entries[$0].current } }

    package func index(of id: AlgorithmID) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].status.id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].status.id == id ? low : nil
    }

    package mutating func start(
        _ algorithm: any OrderAlgorithm, strategy: StrategyID, at now: Timestamp, tag: Int = 0, label: String = ""
    ) -> AlgorithmID {
        started += 1
        let id = AlgorithmID(started)
        entries.append(
            Entry(
                algorithm: algorithm,
                status: AlgorithmStatus(
                    id: id, strategy: strategy, name: algorithm.name, label: label, execution: algorithm.execution,
                    instruments: algorithm.instruments, features: algorithm.features, outlook: algorithm.outlook,
                    startedAt: now, progress: algorithm.progress), tag: tag))
        isActive = true
        return id
    }

    // MARK: Orders

    /// An order was placed for a child, or is taken over from whoever placed it.
    package mutating func bind(_ order: OrderID, to index: Int, _ child: ChildID) {
        bind(nothingTo: index, child)
        entries[index].orders[child.rawValue] = order
        entries[index].status.ordersPlaced += 1
        let owner = (order: order, algorithm: entries[index].status.id, child: child)
        if let last = owners.last, last.order > order {
            owners.insert(owner, at: place(of: order))
        } else {
            owners.append(owner)
        }
    }

    /// No order was placed for a child.
    package mutating func bind(nothingTo index: Int, _ child: ChildID) {
        while entries[index].orders.count <= child.rawValue { entries[index].orders.append(.none) }
    }

    private func place(of order: OrderID) -> Int {
        var (low, high) = (0, owners.count)
        while low < high {
            let middle = (low + high) / 2
            if owners[middle].order < order { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func owner(of order: OrderID) -> (algorithm: AlgorithmID, child: ChildID)? {
        let place = place(of: order)
        guard place < owners.count, owners[place].order == order else { return nil }
        return (owners[place].algorithm, owners[place].child)
    }

    /// Whether an order belongs to an algorithm that runs or ran.
    package func owns(_ order: OrderID) -> Bool { owner(of: order) != nil }

    package mutating func note(_ event: Event) {
        if case .protectionFilled = event { return events.append(event) }
        if owns(event.order) { events.append(event) }
    }

    package mutating func takeEvents() -> [Event] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    // MARK: Acting

    /// Tells the algorithm that an order belongs to what happened to it.
    ///
    /// - Returns: Which one, and what it asks for; `nil` where it has been forgotten.
    package mutating func tell(_ event: Event) -> (index: Int, actions: [AlgorithmAction])? {
        guard let owner = owner(of: event.order), let index = index(of: owner.algorithm) else { return nil }
        switch event {
        case .fill(_, let quantity, let price, let time):
            let fill = ChildFill(owner.child, quantity: quantity, price: price, time: time)
            return (index, act(index) { $0.receive(fill, &$1) })
        case .end(_, let status, let reason):
            return (index, end(index, ChildEnd(owner.child, status, reason: reason)))
        case .protectionFilled: return nil
        }
    }

    /// Tells an algorithm that one of its orders ended, also one that was stopped before it was sent.
    package mutating func end(_ index: Int, _ end: ChildEnd) -> [AlgorithmAction] {
        if end.isRefusal { entries[index].status.lastRefusal = end.reason }
        return act(index) { $0.receive(end, &$1) }
    }

    package mutating func act(
        _ index: Int, _ body: (inout any OrderAlgorithm, inout [AlgorithmAction]) -> Void
    ) -> [AlgorithmAction] {
        var actions: [AlgorithmAction] = []
        body(&entries[index].algorithm, &actions)
        entries[index].status.progress = entries[index].algorithm.progress
        return actions
    }

    package mutating func stop(_ index: Int, _ reason: AlgorithmReason) -> [AlgorithmAction] {
        entries[index].stopped = entries[index].stopped ?? reason
        return act(index) { $0.stop(reason, &$1) }
    }

    package mutating func setGroup(_ group: OrderGroup, of index: Int) { entries[index].group = group }

    /// Writes down that an action was carried out.
    package mutating func record(_ action: AlgorithmAction, of index: Int, order: OrderID, at now: Timestamp) {
        entries[index].status.lastReason = action.reason
        entries[index].status.lastActionAt = now
        if case .finish = action { entries[index].status.isFinished = true }
        entries[index].status.progress = entries[index].algorithm.progress
        if notes.count >= 2 * Self.notesKept { notes.removeFirst(notes.count - Self.notesKept) }
        notes.append(
            AlgorithmNote(algorithm: entries[index].status.id, time: now, order: order, action: action))
    }

    /// Forgets the oldest finished ones, and says whether anything still runs.
    package mutating func tidy() {
        let finished = entries.count { $0.status.isFinished }
        if finished > Self.finishedKept {
            var excess = finished - Self.finishedKept / 2
            entries.removeAll { entry in
                guard entry.status.isFinished, excess > 0 else { return false }
                excess -= 1
                return true
            }
            let kept = Set(entries.map(\.status.id))
            owners.removeAll { owner in !kept.contains(owner.algorithm) }
        }
        isActive = !events.isEmpty || entries.contains { !$0.status.isFinished }
    }
}

extension AlgorithmStatus {
    /// Who carries it out where it trades: as little as the venue that does least of it itself. One that does not say
    /// what it takes is as it says of itself.
    ///
    /// - Parameter capabilities: Of an instrument's venue.
    public func support(_ capabilities: (InstrumentID) -> VenueCapabilities) -> FeatureSupport {
        guard !features.isEmpty else {
            return execution == .native ? .native() : .emulated(VenueCapabilities.engineNote(.condition))
        }
        return FeatureSupport.weakest(instruments.map { capabilities($0).support(for: features) })
    }
}
