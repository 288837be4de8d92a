// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

/// The orders an algorithm placed: what each asked for, what of it filled, and whether more can fill.
struct ChildBook: Sendable {
    struct Child: Sendable {
        var quantity: Int64
        var filled: Int64 = 0
        var limit: Price?
        var isOpen = true
        var isCanceling = false
        var remaining: Int64 { isOpen ? max(0, quantity - filled) : 0 }
    }
    private(set) var children: [Child] = []
    private(set) var filled: Int64 = 0
    /// With the venue and not filled.
    private(set) var working: Int64 = 0
    private(set) var openCount = 0
    /// Refusals since the last fill.
    private(set) var refusals = 0

    /// More refusals in a row than this end an algorithm.
    static let refusalsAllowed = 2

    subscript(_ id: ChildID) -> Child { children[id.rawValue] }

    /// What it has committed to: filled, or on its way.
    var committed: Int64 { filled.clampedSum(working) }

    mutating func place(_ quantity: Int64, limit: Price? = nil) -> ChildID {
        children.append(Child(quantity: quantity, limit: limit))
        working = working.clampedSum(quantity)
        openCount += 1
        return ChildID(children.count - 1)
    }

    /// Takes a fill in, also one that comes after the end.
    mutating func receive(_ fill: ChildFill) {
        guard children.indices.contains(fill.child.rawValue), fill.quantity.units > 0 else { return }
        let before = children[fill.child.rawValue].remaining
        children[fill.child.rawValue].filled = children[fill.child.rawValue].filled.clampedSum(fill.quantity.units)
        working -= before - children[fill.child.rawValue].remaining
        filled = filled.clampedSum(fill.quantity.units)
        refusals = 0
    }

    /// - Returns: Whether the order was open until now.
    mutating func receive(_ end: ChildEnd) -> Bool {
        guard children.indices.contains(end.child.rawValue), children[end.child.rawValue].isOpen else { return false }
        working -= children[end.child.rawValue].remaining
        children[end.child.rawValue].isOpen = false
        openCount -= 1
        if end.isRefusal { refusals += 1 }
        return true
    }

    /// The whole quantity of an open order becomes this.
    mutating func resize(_ id: ChildID, to quantity: Int64) {
        guard children[id.rawValue].isOpen else { return }
        working -= children[id.rawValue].remaining
        children[id.rawValue].quantity = quantity
        working = working.clampedSum(children[id.rawValue].remaining)
    }

    mutating func cancel(_ id: ChildID, _ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard children[id.rawValue].isOpen, !children[id.rawValue].isCanceling else { return }
        children[id.rawValue].isCanceling = true
        actions.append(.cancel(id, reason))
    }

    mutating func cancelAll(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard openCount > 0 else { return }
        for index in children.indices { cancel(ChildID(index), reason, &actions) }
    }

    func progress(of total: Int64) -> AlgorithmProgress {
        AlgorithmProgress(
            total: Quantity(units: total), filled: Quantity(units: filled), working: Quantity(units: working))
    }
}

/// Whether an algorithm goes on.
enum AlgorithmPhase: Hashable, Sendable {
    /// Next: stopping, finished.
    case working
    /// Its orders are being taken back; next: finished.
    case stopping(AlgorithmReason)
    case finished

    /// Begins to stop, and finishes where nothing is open.
    mutating func stop(
        _ reason: AlgorithmReason, _ book: inout ChildBook, _ actions: inout [AlgorithmAction]
    ) {
        guard self == .working else { return }
        self = .stopping(reason)
        book.cancelAll(reason, &actions)
        settle(book, &actions)
    }

    /// Finishes once nothing is open any more.
    mutating func settle(_ book: ChildBook, _ actions: inout [AlgorithmAction]) {
        guard case .stopping(let reason) = self, book.openCount == 0 else { return }
        finish(reason, &actions)
    }

    mutating func finish(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard self != .finished else { return }
        self = .finished
        actions.append(.finish(reason))
    }
}

extension Int64 {
    func clampedSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension Timestamp {
    func clampedSum(_ span: TimeSpan) -> Timestamp {
        Timestamp(nanoseconds: nanoseconds.clampedSum(span.nanoseconds))
    }

    /// How long it is since an earlier time; zero where that is later.
    func since(_ earlier: Timestamp) -> TimeSpan {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? .max : max(0, difference))
    }
}
