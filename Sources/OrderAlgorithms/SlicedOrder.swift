// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// A large order worked in slices: averaging in, TWAP, VWAP, iceberg, each faster where the price says so.
///
/// What filled and what is on its way never exceed the total, however late, partial or out of order the answers are; the
/// one exception, a fill after its order was said to be over, takes back what works. A slice below the venue's minimum
/// is merged into the next; a rest that would be too small is merged into the last but one.
public struct SlicedOrder: OrderAlgorithm {
    public let instrument: InstrumentID
    public let side: Side
    public let total: Quantity
    public let pace: Pace
    public let style: SliceStyle
    public let acceleration: Acceleration?
    /// Whether what is left when its time is over is sent at market; otherwise it is left.
    public let completes: Bool
    public let isReduceOnly: Bool

    private(set) var book = ChildBook()
    private(set) var phase = AlgorithmPhase.working
    private(set) var start: Timestamp?
    private var startPrice = Price(units: 0)
    private(set) var lastAdvance = Timestamp.distantPast
    private(set) var isPaused = false
    /// The most that was ever due: it never falls.
    private(set) var due: Int64 = 0
    /// A slice was due that was too small to be sent.
    private var isDeferred = false
    // Averaging: slices due so far, when and at what price the last one was.
    private(set) var slicesDue = 0
    private(set) var lastSliceTime = Timestamp.distantPast
    private(set) var lastSlicePrice = Price(units: 0)
    // Participation: what the market traded since the start, in quantity units.
    private var observedVolume: Int128 = 0
    private var lastVolumeTime = Timestamp.distantPast

    /// - Parameter total: Above zero; what is no whole number of lots is left.
    public init(
        instrument: InstrumentID, side: Side, total: Quantity, pace: Pace, style: SliceStyle = .market,
        acceleration: Acceleration? = nil, completes: Bool = true, isReduceOnly: Bool = false
    ) throws(AlgorithmError) {
        guard total > .zero else { throw .badValue("total", "\(total.units)", "above zero") }
        if let defect = pace.defect ?? acceleration?.defect { throw defect }
        switch style {
        case .market: break
        case .passive(let offset, _):
            if offset < .zero || offset.units >= Rate.one { throw .badValue("offset", "\(offset)", "from 0, below 1") }
        case .limit(let price, _): if price.units <= 0 { throw .badValue("limit", "\(price.units)", "above zero") }
        }
        self.instrument = instrument
        self.side = side
        self.total = total
        self.pace = pace
        self.style = style
        self.acceleration = acceleration
        self.completes = completes
        self.isReduceOnly = isReduceOnly
    }

    public var name: String { pace.name }
    public var instruments: [InstrumentID] { [instrument] }
    public var execution: AlgorithmExecution { .emulated }
    public var progress: AlgorithmProgress { book.progress(of: total.units) }

    // MARK: Events

    public mutating func observe(_ instant: AlgorithmInstant) {
        guard start != nil, !isPaused, let market = instant.market(instrument) else { return }
        hear(market, instant.time)
    }

    public mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction]) {
        guard phase == .working, let market = instant.market(instrument), market.close.units > 0 else { return }
        begin(market, instant.time)
        if book.committed > total.units { return takeBackExcess(&actions) }
        if let end, instant.time >= end { return close(market, &actions) }
        let isAhead = raiseDue(market, instant.time)
        place(market, isAhead ? .ahead : pace.reason, &actions)
    }

    public mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction]) {
        book.receive(fill)
        if phase == .working, book.filled >= total.units {
            phase.stop(.completed, &book, &actions)
        } else if book.committed > total.units {
            takeBackExcess(&actions)
        }
        phase.settle(book, &actions)
    }

    public mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction]) {
        guard book.receive(end) else { return }
        if book.refusals > ChildBook.refusalsAllowed { phase.stop(.refused, &book, &actions) }
        phase.settle(book, &actions)
    }

    public mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard phase == .working else { return }
        isPaused = true
        book.cancelAll(reason, &actions)
    }

    public mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        phase.stop(reason, &book, &actions)
    }

    // MARK: Time

    private mutating func begin(_ market: MarketSample, _ now: Timestamp) {
        if start == nil {
            start = now
            startPrice = market.close
            // What was traded before it began is not counted.
            lastVolumeTime = now
        } else if isPaused {
            // The clock stood still while it was paused.
            let pause = now.since(lastAdvance)
            start = start?.clampedSum(pause)
            lastSliceTime = lastSliceTime.clampedSum(pause)
            lastVolumeTime = now
        }
        isPaused = false
        hear(market, now)
    }

    /// Counts what was traded in the bar, once.
    private mutating func hear(_ market: MarketSample, _ now: Timestamp) {
        if now > lastVolumeTime {
            observedVolume += Int128(max(0, market.volume.units))
            lastVolumeTime = now
        }
        lastAdvance = max(lastAdvance, now)
    }

    private var end: Timestamp? {
        guard let start else { return nil }
        switch pace {
        case .time(_, let over), .volumeCurve(_, let over), .participation(_, let over?): return start.clampedSum(over)
        case .averaging, .participation(_, nil), .iceberg: return nil
        }
    }

    /// - Returns: Whether it goes faster because of the price.
    private mutating func raiseDue(_ market: MarketSample, _ now: Timestamp) -> Bool {
        guard let start else { return false }
        let isIceberg: Bool
        var target: Int128
        switch pace {
        case .averaging(let slices, let every, let drop):
            countSlices(market.close, now, slices, every, drop)
            target = Int128(total.units) * Int128(slicesDue) / Int128(slices)
            isIceberg = false
        case .time(let slices, let over):
            let slice = Self.slice(now.since(start), over, slices)
            target = Int128(total.units) * Int128(slice + 1) / Int128(slices)
            isIceberg = false
        case .volumeCurve(let weights, let over):
            let slice = Self.slice(now.since(start), over, weights.count)
            target = share(weights, through: slice)
            isIceberg = false
        case .participation(let rate, _):
            target = observedVolume * Int128(rate.units) / Int128(Rate.one)
            isIceberg = false
        case .iceberg(let display):
            target = book.openCount == 0 ? Int128(display.units) : 0
            isIceberg = true
        }
        let isAhead = acceleration?.isActive(side, close: market.close, start: startPrice) ?? false
        if isAhead, let acceleration {
            target = min(target, Int128(Int64.max)) * Int128(acceleration.factor.units) / Int128(Rate.one)
        }
        if isIceberg { target += Int128(book.committed) }
        due = max(due, Int64(min(Int128(total.units), target)))
        return isAhead
    }

    /// The slice in whose part of the time we are.
    static func slice(_ elapsed: TimeSpan, _ over: TimeSpan, _ slices: Int) -> Int {
        min(slices - 1, Int(Int128(elapsed.nanoseconds) * Int128(slices) / Int128(over.nanoseconds)))
    }

    private func share(_ weights: [Double], through slice: Int) -> Int128 {
        guard slice < weights.count - 1 else { return Int128(total.units) }
        let part = weights[...slice].reduce(0, +) / weights.reduce(0, +)
        let units = (Double(total.units) * part).rounded(.down)
        return units < Double(total.units) ? Int128(units) : Int128(total.units)
    }

    private mutating func countSlices(
        _ price: Price, _ now: Timestamp, _ slices: Int, _ every: TimeSpan?, _ drop: Rate?
    ) {
        let before = slicesDue
        if slicesDue == 0 {
            slicesDue = 1
            lastSliceTime = now
        } else if let every, now.since(lastSliceTime) >= every {
            let late = now.since(lastSliceTime).nanoseconds / every.nanoseconds
            slicesDue += Int(min(late, Int64(slices)))
            lastSliceTime = Timestamp(nanoseconds: lastSliceTime.nanoseconds + late * every.nanoseconds)
        } else if let drop {
            let gain = (Int128(lastSlicePrice.units) - Int128(price.units)) * Int128(side.sign)
            if gain * Int128(Rate.one) >= Int128(lastSlicePrice.units) * Int128(drop.units) {
                slicesDue += 1
                lastSliceTime = now
            }
        }
        slicesDue = min(slices, slicesDue)
        if slicesDue > before { lastSlicePrice = price }
    }

    // MARK: Placing

    private mutating func place(_ market: MarketSample, _ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        guard let price = slicePrice(market) else { return }
        leaveStale(price, &actions)
        let free = total.units - book.committed
        let wanted = market.lots(min(due - book.committed, free))
        guard wanted > 0, market.takes(wanted, at: price) else {
            if wanted > 0 { isDeferred = true }
            return finishIfTooSmall(market, price, &actions)
        }
        let rest = market.lots(free - wanted)
        let units = rest > 0 && !market.takes(rest, at: price) ? wanted + rest : wanted
        submit(units, limit: style == .market ? nil : price, isDeferred ? .merged : reason, &actions)
    }

    /// Its time is over: what is left goes at market or stays.
    private mutating func close(_ market: MarketSample, _ actions: inout [AlgorithmAction]) {
        guard completes else { return phase.stop(.timeOver, &book, &actions) }
        due = total.units
        for index in book.children.indices where book.children[index].limit != nil {
            book.cancel(ChildID(index), .timeOver, &actions)
        }
        let units = market.lots(total.units - book.committed)
        guard units > 0, market.takes(units, at: market.close) else {
            return finishIfTooSmall(market, market.close, &actions)
        }
        submit(units, limit: nil, .rest, &actions)
    }

    private mutating func finishIfTooSmall(
        _ market: MarketSample, _ price: Price, _ actions: inout [AlgorithmAction]
    ) {
        guard due >= total.units, book.openCount == 0 else { return }
        let rest = market.lots(total.units - book.filled)
        if rest == 0 || !market.takes(rest, at: price) { phase.finish(.tooSmall, &actions) }
    }

    private mutating func submit(
        _ units: Int64, limit: Price?, _ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]
    ) {
        isDeferred = false
        var request = OrderRequest(
            instrument: instrument, side: side, type: limit == nil ? .market : .limit, quantity: Quantity(units: units),
            limit: limit, isReduceOnly: isReduceOnly)
        switch style {
        case .market: break
        case .passive(_, let isPostOnly), .limit(_, let isPostOnly): request.isPostOnly = limit != nil && isPostOnly
        }
        actions.append(.place(Placement(book.place(units, limit: limit), request), reason))
    }

    /// The limit of a slice decided now; the close where it has none.
    private func slicePrice(_ market: MarketSample) -> Price? {
        switch style {
        case .market: market.close
        case .passive(let offset, _): market.passive(side, offset)
        case .limit(let price, _):
            market.rules.rounded(price, decimals: market.instrument.priceDecimals, side == .buy ? .down : .up)
        }
    }

    /// Takes back slices that the price has left behind, when the next one is due.
    private mutating func leaveStale(_ price: Price, _ actions: inout [AlgorithmAction]) {
        guard case .passive = style, book.openCount > 0 else { return }
        if case .iceberg = pace {} else if due <= book.committed { return }
        for index in book.children.indices {
            guard book.children[index].isOpen, let limit = book.children[index].limit else { continue }
            if side == .buy ? limit < price : limit > price { book.cancel(ChildID(index), .staleSlice, &actions) }
        }
    }

    private mutating func takeBackExcess(_ actions: inout [AlgorithmAction]) {
        book.cancelAll(.overfilled, &actions)
    }
}

extension Pace {
    var reason: AlgorithmReason {
        switch self {
        case .averaging, .time, .volumeCurve: .sliceDue
        case .participation: .volumeSeen
        case .iceberg: .displayEmpty
        }
    }
}
