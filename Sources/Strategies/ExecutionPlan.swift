// SPDX-License-Identifier: Apache-2.0

public import OrderAlgorithms
public import Trading

/// How a strategy's entries are worked, and in which hours. Set by configuration, not by the strategy.
public struct ExecutionPlan: Sendable, Hashable {
    public enum Work: Sendable, Hashable {
        /// One market order.
        case market
        case paced(Pace)
        /// Slices of this share of the entry, one shown at a time.
        case iceberg(display: Rate)
    }

    public var work: Work
    public var style: SliceStyle
    public var acceleration: Acceleration?
    /// Whether what is left when its time is over is sent at market.
    public var completes: Bool
    /// Bars whose closes are the instants of order algorithms; `nil`: the shortest the strategy declared.
    public var timeframe: Timeframe?
    /// Entries begin and go on in these hours alone; exits and protection are not bound by them.
    public var hours: TradingHours?

    public init(
        work: Work = .market, style: SliceStyle = .market, acceleration: Acceleration? = nil, completes: Bool = true,
        timeframe: Timeframe? = nil, hours: TradingHours? = nil
    ) {
        self.work = work
        self.style = style
        self.acceleration = acceleration
        self.completes = completes
        self.timeframe = timeframe
        self.hours = hours
    }

    /// The algorithm for an entry or order of this size; `nil` for one market order.
    ///
    /// - Throws: Where a number of the plan is out of its range.
    package func algorithm(
        instrument: InstrumentID, side: Side, total: Quantity, lot: Int64, isReduceOnly: Bool = false
    ) throws(AlgorithmError) -> (any OrderAlgorithm)? {
        let pace: Pace
        switch work {
        case .market: return nil
        case .paced(let given): pace = given
        case .iceberg(let display):
            let units = Int128(total.units) * Int128(display.units) / Int128(Rate.one)
            pace = .iceberg(display: Quantity(units: max(max(1, lot), Int64(clamping: units))))
        }
        let sliced = try SlicedOrder(
            instrument: instrument, side: side, total: total, pace: pace, style: style, acceleration: acceleration,
            completes: completes, isReduceOnly: isReduceOnly)
        return hours == nil ? sliced : try TimedOrder(sliced, hours: hours)
    }

    /// Why no entry could be worked so; `nil` where it can.
    public var defect: AlgorithmError? {
        if case .iceberg(let display) = work, display <= .zero || display.units > Rate.one {
            return .badValue("display", "\(display)", "above 0, up to 1")
        }
        do throws(AlgorithmError) {
            _ = try algorithm(instrument: InstrumentID(0), side: .buy, total: Quantity(units: 1), lot: 1)
            return nil
        } catch { return error }
    }
}

/// What a trailing stop's distance is besides a share of the price, and when it begins to follow.
public struct TrailingPlan: Sendable, Hashable {
    /// The distance is this multiple of the average true range over so many bars of the strategy, and follows it.
    public var atrMultiple: Double?
    public var atrPeriod: Int
    /// It begins to follow once the price has gained this share on the close at which the entry was decided.
    public var activation: Rate?

    public init(atrMultiple: Double? = nil, atrPeriod: Int = 14, activation: Rate? = nil) {
        self.atrMultiple = atrMultiple
        self.atrPeriod = atrPeriod
        self.activation = activation
    }
}
