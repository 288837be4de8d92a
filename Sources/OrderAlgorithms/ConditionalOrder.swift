// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// Another algorithm that begins when a condition is met.
public struct ConditionalOrder: OrderAlgorithm {
    public enum Trigger: Hashable, Sendable {
        /// As soon as it is met, also where it is from the beginning.
        case once
        /// Each time it comes to be met after it was not, up to so many times; one that still runs is left to run.
        case edge(times: Int)
    }

    public let condition: Condition
    public let trigger: Trigger
    /// From then on it does not begin any more.
    public let expires: Timestamp?
    let template: any OrderAlgorithm
    private(set) var running: (any OrderAlgorithm)?
    private var ended: AlgorithmProgress?
    /// The first order of the one that runs, among all that were placed.
    private var firstChild = 0
    private var childCount = 0
    private var begun = 0
    /// An undecided condition counts as not met.
    private var wasMet: Bool
    private(set) var isOver = false

    public init(
        _ condition: Condition, then algorithm: any OrderAlgorithm, trigger: Trigger = .once, expires: Timestamp? = nil
    ) throws(AlgorithmError) {
        if condition.operands.isEmpty { throw .badValue("condition", "empty", "at least one comparison") }
        if case .edge(let times) = trigger, times < 1 { throw .badValue("times", "\(times)", "at least 1") }
        self.condition = condition
        self.trigger = trigger
        self.expires = expires
        template = algorithm
        // What holds already is no edge.
        wasMet = trigger != .once
    }

    public var name: String { template.name }
    public var instruments: [InstrumentID] {
        var found = template.instruments
        for operand in condition.operands {
            if let instrument = operand.instrument, !found.contains(instrument) { found.append(instrument) }
        }
        return found
    }
    public var inputs: [AlgorithmInput] {
        var found = template.inputs
        for case .input(let input) in condition.operands where !found.contains(input) { found.append(input) }
        return found
    }
    public var execution: AlgorithmExecution { .emulated }
    public var isReduceOnly: Bool { template.isReduceOnly }
    /// Of the one that runs, or ran last.
    public var progress: AlgorithmProgress { running?.progress ?? ended ?? template.progress }

    public mutating func observe(_ instant: AlgorithmInstant) { running?.observe(instant) }

    public mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction]) {
        guard !isOver else { return }
        let isMet = condition.isMet(at: instant)
        let isNew = isMet && !wasMet
        wasMet = isMet
        if running == nil {
            if let expires, instant.time >= expires {
                isOver = true
                return actions.append(.finish(.conditionExpired))
            }
            guard isNew else { return }
            running = template
            firstChild = childCount
            begun += 1
        }
        forward(.conditionMet, &actions) { $0.advance(instant, &$1) }
    }

    public mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction]) {
        guard fill.child.rawValue >= firstChild else { return }
        let own = ChildFill(
            ChildID(fill.child.rawValue - firstChild), quantity: fill.quantity, price: fill.price, time: fill.time)
        forward(nil, &actions) { $0.receive(own, &$1) }
    }

    public mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction]) {
        guard end.child.rawValue >= firstChild else { return }
        let own = ChildEnd(ChildID(end.child.rawValue - firstChild), end.status, reason: end.reason)
        forward(nil, &actions) { $0.receive(own, &$1) }
    }

    public mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        forward(nil, &actions) { $0.pause(reason, &$1) }
    }

    public mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        begun = .max
        guard running != nil else {
            if !isOver { actions.append(.finish(reason)) }
            isOver = true
            return
        }
        forward(nil, &actions) { $0.stop(reason, &$1) }
    }

    /// Lets the one that runs act, and numbers its orders among all that were placed.
    private mutating func forward(
        _ reason: AlgorithmReason?, _ actions: inout [AlgorithmAction],
        _ body: (inout any OrderAlgorithm, inout [AlgorithmAction]) -> Void
    ) {
        guard var algorithm = running else { return }
        var own: [AlgorithmAction] = []
        body(&algorithm, &own)
        running = algorithm
        for action in own {
            switch action {
            case .place(var placement, let why):
                let isFirst = childCount == firstChild
                placement.child = numbered(placement.child)
                placement.parent = placement.parent.map(numbered)
                childCount = max(childCount, placement.child.rawValue + 1)
                actions.append(.place(placement, isFirst ? reason ?? why : why))
            case .cancel(let child, let why): actions.append(.cancel(numbered(child), why))
            case .modify(let child, let change, let why): actions.append(.modify(numbered(child), change, why))
            case .finish(let why):
                running = nil
                ended = algorithm.progress
                if case .edge(let times) = trigger, begun < times { continue }
                isOver = true
                actions.append(.finish(why))
            }
        }
    }

    private func numbered(_ child: ChildID) -> ChildID { ChildID(child.rawValue + firstChild) }
}
