// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// A trailing stop whose distance is a share, a price distance, or a multiple of the volatility.
///
/// The stop itself rests where it can act between bars; a distance that follows the volatility is set anew at closed
/// bars. A greater distance never moves the stop away from the market: it counts for later best prices only.
public struct TrailingStop: OrderAlgorithm {
    public enum Distance: Hashable, Sendable {
        case share(Rate)
        case absolute(PriceDistance)
        /// A multiple of an input such as the average true range, in price.
        case volatility(AlgorithmInput, multiple: Double)
    }

    public let instrument: InstrumentID
    public let side: Side
    public let quantity: Quantity
    public let distance: Distance
    /// It starts to follow once this price is reached.
    public let activation: Price?
    public let isReduceOnly: Bool

    private var book = ChildBook()
    private(set) var phase = AlgorithmPhase.working
    private(set) var child: ChildID?
    private var sent: Int64 = 0

    /// A change of the volatility by less than this share of the distance is not passed on.
    static let leastChange = Rate(units: 10_000_000)

    public init(
        instrument: InstrumentID, side: Side, quantity: Quantity, distance: Distance, activation: Price? = nil,
        isReduceOnly: Bool = true
    ) throws(AlgorithmError) {
        guard quantity > .zero else { throw .badValue("quantity", "\(quantity.units)", "above zero") }
        try Self.check(distance)
        if let activation, activation.units <= 0 { throw .badValue("activation", "\(activation.units)", "above zero") }
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.distance = distance
        self.activation = activation
        self.isReduceOnly = isReduceOnly
    }

    /// Takes over a trailing stop that is there already and moves its distance after the volatility; the order's end
    /// ends it.
    ///
    /// - Parameter sent: The distance the order has now.
    public init(
        following order: OrderRequest, input: AlgorithmInput, multiple: Double, sent: PriceDistance
    ) throws(AlgorithmError) {
        try Self.check(.volatility(input, multiple: multiple))
        instrument = order.instrument
        side = order.side
        quantity = order.quantity
        distance = .volatility(input, multiple: multiple)
        activation = order.activation
        isReduceOnly = order.isReduceOnly
        self.sent = sent.units
        child = book.place(order.quantity.units)
    }

    private static func check(_ distance: Distance) throws(AlgorithmError) {
        switch distance {
        case .share(let rate):
            if rate <= .zero || rate.units >= Rate.one { throw .badValue("distance", "\(rate)", "between 0 and 1") }
        case .absolute(let distance):
            if distance <= .zero { throw .badValue("distance", "\(distance.units)", "above zero") }
        case .volatility(_, let multiple):
            if !multiple.isFinite || multiple <= 0 { throw .badValue("multiple", "\(multiple)", "above zero") }
        }
    }

    public var name: String { "trailing_stop" }
    public var instruments: [InstrumentID] { [instrument] }
    public var inputs: [AlgorithmInput] {
        if case .volatility(let input, _) = distance { [input] } else { [] }
    }
    /// Where the distance follows the volatility, that part is emulated.
    public var execution: AlgorithmExecution {
        if case .volatility = distance { .emulated } else { .native }
    }
    public var progress: AlgorithmProgress { book.progress(of: quantity.units) }

    public mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction]) {
        guard phase == .working, let market = instant.market(instrument) else { return }
        let trail: TrailingDistance
        switch distance {
        case .share(let rate): trail = .share(rate)
        case .absolute(let distance): trail = .absolute(distance)
        case .volatility(let input, let multiple):
            guard
                let units = Self.distance(
                    instant.value(input) * multiple, market.instrument, close: market.close)
            else { return }
            if let child { return move(child, to: units, &actions) }
            sent = units
            trail = .absolute(PriceDistance(units: units))
        }
        guard child == nil else { return }
        let placed = book.place(quantity.units)
        child = placed
        let request = OrderRequest(
            instrument: instrument, side: side, type: .trailingStop, quantity: quantity, trail: trail,
            activation: activation, isReduceOnly: isReduceOnly)
        actions.append(.place(Placement(placed, request), .scheduled))
    }

    private mutating func move(_ child: ChildID, to units: Int64, _ actions: inout [AlgorithmAction]) {
        guard book[child].isOpen, !book[child].isCanceling else { return }
        let change = (Int128(units) - Int128(sent)).magnitude
        guard change > 0, change * UInt128(Rate.one) >= UInt128(sent.magnitude) * UInt128(Self.leastChange.units) else {
            return
        }
        sent = units
        actions.append(.modify(child, OrderChange(trail: .absolute(PriceDistance(units: units))), .volatilityMoved))
    }

    /// A distance in price units; `nil` where it is missing, zero (a market that does not move) or beyond the price.
    public static func distance(_ value: Double, _ instrument: Instrument, close: Price) -> Int64? {
        let units = (value * instrument.priceScale).rounded()
        guard units.isFinite, units >= 1, units < Double(close.units) else { return nil }
        return Int64(units)
    }

    public mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction]) { book.receive(fill) }

    public mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction]) {
        guard book.receive(end) else { return }
        if end.isRefusal, book.filled == 0, phase == .working {
            // Placed again with the next bar, unless it was refused too often.
            guard book.refusals > ChildBook.refusalsAllowed else {
                child = nil
                return
            }
            return phase.finish(.refused, &actions)
        }
        if case .stopping = phase { return phase.settle(book, &actions) }
        phase.finish(book.filled > 0 ? .completed : .endedOutside, &actions)
    }

    public mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {}

    public mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction]) {
        phase.stop(reason, &book, &actions)
    }
}
