// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// Orders of which one takes from the others what it fills (OCO), behind an entry whose fills bring them to life
/// (bracket) or without one.
///
/// On one instrument the venue, or its order manager, ties them together. Across instruments or venues nobody does but
/// this: at the instant after a fill the other legs are changed or taken back, so both can trade within one bar.
public struct LinkedOrders: OrderAlgorithm {
    /// The order that comes first; its quantity is what the legs' quantities stand for.
    public let entry: OrderRequest?
    /// Their quantities are for the whole entry: half of it filled brings half of each to life.
    public let legs: [OrderRequest]
    /// Whether one place holds all of it and ties it together.
    public let isNative: Bool

    private(set) var book = ChildBook()
    private(set) var phase = AlgorithmPhase.working
    private var entryChild: ChildID?
    private var isEntryOver: Bool
    private var entryFilled: Int64 = 0
    /// Price × quantity units of the entry's fills.
    private var entryCost: Int128 = 0
    private var states: [LegState]
    /// By child: its leg, −1 for the entry.
    private var legOfChild: [Int] = []
    private var markets: [MarketSample] = []

    private struct LegState: Sendable {
        var child: ChildID?
        var filled: Int64 = 0
        /// Filled by earlier orders of the leg.
        var filledBefore: Int64 = 0
        var trigger: Price?
        var isOver = false
    }

    /// The most legs that one group takes.
    public static let maximumLegs = 16

    /// - Throws: Where a quantity is not above zero, an entry or a leg says what cannot be meant, or there is nothing to
    ///   tie together.
    public init(entry: OrderRequest? = nil, legs: [OrderRequest]) throws(AlgorithmError) {
        guard legs.count >= (entry == nil ? 2 : 1), legs.count <= Self.maximumLegs else {
            throw .badValue(
                "legs", "\(legs.count) orders", "from \(entry == nil ? 2 : 1) to \(Self.maximumLegs)")
        }
        for request in legs + (entry.map { [$0] } ?? []) where request.quantity <= .zero {
            throw .badValue("quantity", "\(request.quantity.units)", "above zero")
        }
        for leg in legs {
            if entry == nil, case .fromEntry = leg.trigger {
                throw .badValue("trigger", "a distance from the entry", "a price: there is no entry")
            }
            if let entry, leg.instrument == entry.instrument, leg.side == entry.side {
                throw .badValue("side", "the entry's", "the opposite one for the legs of its instrument")
            }
        }
        self.entry = entry
        self.legs = legs
        let first = entry ?? legs[0]
        isNative = legs.allSatisfy { $0.instrument == first.instrument && $0.quantity == first.quantity }
        isEntryOver = entry == nil
        states = Array(repeating: LegState(), count: legs.count)
    }

    public var name: String { entry == nil ? "oco" : "bracket" }
    public var instruments: [InstrumentID] {
        var found: [InstrumentID] = []
        for request in (entry.map { [$0] } ?? []) + legs where !found.contains(request.instrument) {
            found.append(request.instrument)
        }
        return found
    }
    public var execution: AlgorithmExecution { isNative ? .native : .emulated }
    public var isReduceOnly: Bool { (entry?.isReduceOnly ?? true) && legs.allSatisfy(\.isReduceOnly) }
    /// Of the entry; of the first leg where there is none. Fills count every leg's share of it.
    public var progress: AlgorithmProgress {
        let total = (entry ?? legs[0]).quantity
        let filled = entry == nil ? states[0].filled : entryFilled
        let child = entry == nil ? states[0].child : entryChild
        return AlgorithmProgress(
            total: total, filled: Quantity(units: filled),
            working: Quantity(units: child.map { book[$0].remaining } ?? 0))
    }

    // MARK: Events

    public mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction]) {
        guard phase == .working else { return }
        markets = instant.markets
        if let entry, entryChild == nil {
            entryChild = place(entry, leg: -1, .scheduled, &actions)
            if isNative { placeNativeLegs(&actions) }
        } else if entry == nil, isNative, legOfChild.isEmpty {
            placeNativeLegs(&actions)
        }
        adjust(.scheduled, &actions)
        finishIfOver(&actions)
    }

    public mutating func observe(_ instant: AlgorithmInstant) { markets = instant.markets }

    public mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction]) {
        guard legOfChild.indices.contains(fill.child.rawValue) else { return }
        book.receive(fill)
        let leg = legOfChild[fill.child.rawValue]
        if leg < 0 {
            entryFilled = entryFilled.clampedSum(fill.quantity.units)
            entryCost += Int128(fill.price.units) * Int128(fill.quantity.units)
        } else {
            states[leg].filled = states[leg].filled.clampedSum(fill.quantity.units)
            if states[leg].filled >= legs[leg].quantity.units { states[leg].isOver = true }
        }
        adjust(leg < 0 ? .entryFilled : .legFilled, &actions)
    }

    public mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction]) {
        guard book.receive(end) else { return }
        let leg = legOfChild[end.child.rawValue]
        if leg < 0 {
            isEntryOver = true
        } else if states[leg].child == end.child {
            states[leg].child = nil
            states[leg].filledBefore = states[leg].filled
            // One that protects is placed again after a refusal; whatever else ends outside stays away.
            let isReplaced = end.isRefusal && legs[leg].isReduceOnly && book.refusals <= ChildBook.refusalsAllowed
            if isNative || !isReplaced { states[leg].isOver = true }
        }
        phase.settle(book, &actions)
        finishIfOver(&actions)
    }

    public mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {}

    public mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        phase.stop(reason, &book, &actions)
    }

    private mutating func finishIfOver(_ actions: inout [AlgorithmAction]) {
        guard phase == .working, isEntryOver, book.openCount == 0 else { return }
        let isDone = states.allSatisfy(\.isOver) || (entry != nil && entryFilled == 0)
        // Nothing is left for any of them.
        let isUsedUp = legs.indices.allSatisfy { states[$0].isOver || allowed($0) <= states[$0].filled }
        guard isDone || isUsedUp else { return }
        phase.finish(states.contains { $0.filled > 0 } ? .completed : .endedOutside, &actions)
    }

    // MARK: Legs

    private mutating func place(
        _ request: OrderRequest, leg: Int, _ reason: AlgorithmReason, parent: ChildID? = nil, sharesGroup: Bool = false,
        _ actions: inout [AlgorithmAction]
    ) -> ChildID {
        let child = book.place(request.quantity.units)
        legOfChild.append(leg)
        actions.append(.place(Placement(child, request, parent: parent, sharesGroup: sharesGroup), reason))
        return child
    }

    private mutating func placeNativeLegs(_ actions: inout [AlgorithmAction]) {
        for index in legs.indices {
            var request = legs[index]
            if entryChild != nil { request.quantity = .zero }
            states[index].child = place(
                request, leg: index, .scheduled, parent: entryChild, sharesGroup: true, &actions)
        }
    }

    /// How much of a leg may trade: its share of what the entry filled, less what the others took.
    private func allowed(_ leg: Int) -> Int64 {
        let whole = Int128(legs[leg].quantity.units)
        var units = entry.map { whole * Int128(entryFilled) / Int128($0.quantity.units) } ?? whole
        for other in legs.indices where other != leg {
            let size = Int128(legs[other].quantity.units)
            // Up: what is taken off is never too little.
            units -= (whole * Int128(states[other].filled) + size - 1) / size
        }
        return Int64(clamping: max(0, units))
    }

    /// Brings the legs that no venue ties together to their quantities and levels.
    private mutating func adjust(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard !isNative, phase == .working else { return }
        for index in legs.indices where !states[index].isOver {
            guard let market = markets.first(where: { $0.instrument.id == legs[index].instrument }) else { continue }
            let wanted = market.lots(max(0, allowed(index) - states[index].filled))
            let trigger = level(of: index, market)
            if let child = states[index].child {
                change(child, of: index, remaining: wanted, trigger: trigger, reason, &actions)
            } else if wanted > 0, market.takes(wanted, at: market.close) {
                var request = legs[index]
                request.quantity = Quantity(units: wanted)
                if let trigger { request.trigger = .price(trigger) }
                states[index].trigger = trigger
                states[index].child = place(request, leg: index, reason, &actions)
            }
        }
    }

    private mutating func change(
        _ child: ChildID, of leg: Int, remaining: Int64, trigger: Price?, _ reason: AlgorithmReason,
        _ actions: inout [AlgorithmAction]
    ) {
        guard book[child].isOpen, !book[child].isCanceling else { return }
        guard remaining > 0 else { return book.cancel(child, reason, &actions) }
        let total = (states[leg].filled - states[leg].filledBefore).clampedSum(remaining)
        var change = OrderChange()
        if total != book[child].quantity { change.quantity = Quantity(units: total) }
        if let trigger, trigger != states[leg].trigger { change.trigger = trigger }
        guard change != OrderChange() else { return }
        book.resize(child, to: total)
        states[leg].trigger = trigger
        actions.append(.modify(child, change, reason))
    }

    /// A leg's level where it is a distance from the entry: the same share of the price, on the leg's own market.
    private func level(of leg: Int, _ market: MarketSample) -> Price? {
        guard case .fromEntry(let rate) = legs[leg].trigger, let entry, entryFilled > 0,
            let from = markets.first(where: { $0.instrument.id == entry.instrument })
        else { return nil }
        let average = Double(entryCost) / Double(entryFilled) / from.instrument.priceScale
        let units = (average * (1 + rate.fraction) * market.instrument.priceScale).rounded()
        guard units.isFinite, units >= 1, units < 9e18 else { return nil }
        // Towards the entry: a stop never risks more than was said.
        let price = market.rules.rounded(
            Price(units: Int64(units)), decimals: market.instrument.priceDecimals, rate.units < 0 ? .up : .down)
        return price
    }
}
