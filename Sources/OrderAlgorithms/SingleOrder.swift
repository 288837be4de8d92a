// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// One order as it is: what a time or a condition is put in front of.
public struct SingleOrder: OrderAlgorithm {
    public let request: OrderRequest
    private(set) var book = ChildBook()
    private(set) var phase = AlgorithmPhase.working
    /// What an order that was taken back for a pause leaves to place.
    private var isAway = true

    /// - Parameter request: Its quantity is above zero; no child of another order.
    public init(_ request: OrderRequest) throws(AlgorithmError) {
        guard request.quantity > .zero else { throw .badValue("quantity", "\(request.quantity.units)", "above zero") }
        self.request = request
    }

    public var name: String { "order" }
    public var instruments: [InstrumentID] { [request.instrument] }
    public var execution: AlgorithmExecution { .native }
    public var isReduceOnly: Bool { request.isReduceOnly }
    public var progress: AlgorithmProgress { book.progress(of: request.quantity.units) }

    public mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction]) {
        guard phase == .working, isAway, book.openCount == 0 else { return }
        let rest = request.quantity.units - book.filled
        guard rest > 0 else { return phase.finish(.completed, &actions) }
        isAway = false
        var order = request
        order.quantity = Quantity(units: rest)
        actions.append(.place(Placement(book.place(rest), order), .scheduled))
    }

    public mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction]) { book.receive(fill) }

    public mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction]) {
        guard book.receive(end) else { return }
        if case .stopping = phase { return phase.settle(book, &actions) }
        // Taken back for a pause: the rest is placed again.
        if isAway, book.filled < request.quantity.units { return }
        let isWhole = book.filled >= request.quantity.units
        phase.finish(isWhole ? .completed : end.isRefusal ? .refused : .endedOutside, &actions)
    }

    public mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard phase == .working, book.openCount > 0 else { return }
        isAway = true
        book.cancelAll(reason, &actions)
    }

    public mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        phase.stop(reason, &book, &actions)
    }
}
