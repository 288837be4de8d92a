// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// What an algorithm is doing, and what makes it act next.
public struct AlgorithmOutlook: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// It has not begun: its time has not come, or its condition is not met.
        case waiting
        case working
        /// Outside of its trading hours.
        case paused
        /// What works is being taken back; nothing more is placed.
        case stopping
        case finished
    }

    public enum Next: Hashable, Sendable {
        case nothing
        /// The next closed bar.
        case bar
        /// The first closed bar at or after this time.
        case time(Timestamp)
        /// A better price than this, and no later than the time where there is one.
        case price(Price, orBy: Timestamp?)
        /// The market trades more.
        case volume
        /// Its condition is met; no later than this.
        case condition(until: Timestamp?)
        /// Its trading hours begin.
        case hours
        /// What works fills or ends.
        case orders
        /// The volatility changes, or what works ends.
        case volatility
    }

    public var state: State
    public var next: Next
    public init(_ state: State, _ next: Next) {
        self.state = state
        self.next = next
    }

    static let working = AlgorithmOutlook(.working, .bar)
    static let stopping = AlgorithmOutlook(.stopping, .orders)
    static let finished = AlgorithmOutlook(.finished, .nothing)

    /// What makes it act next, for people.
    public func text(_ instrument: Instrument) -> String {
        switch next {
        case .nothing: "nothing"
        case .bar: "acts at the next closed bar"
        case .time(let time): "acts at \(time)"
        case .price(let price, let time):
            "acts at \(instrument.text(price)) or better" + (time.map { ", or at \($0)" } ?? "")
        case .volume: "acts as the market trades"
        case .condition(let time):
            "acts when its condition is met" + (time.map { ", until \($0)" } ?? "")
        case .hours: "acts when its trading hours begin"
        case .orders: "acts when its orders fill or end"
        case .volatility: "acts when the volatility changes"
        }
    }
}

extension AlgorithmPhase {
    /// What a phase alone says; `nil` while it works.
    var outlook: AlgorithmOutlook? {
        switch self {
        case .working: nil
        case .stopping: .stopping
        case .finished: .finished
        }
    }
}

// MARK: - Of each

extension SlicedOrder {
    public var features: [OrderFeature] {
        let paced: OrderFeature =
            switch pace {
            case .averaging: .averaging
            case .time: .timeSlices
            case .volumeCurve, .participation: .volumeSlices
            case .iceberg: .iceberg
            }
        return acceleration == nil ? [paced] : [paced, .acceleration]
    }

    public var outlook: AlgorithmOutlook {
        if let outlook = phase.outlook { return outlook }
        guard let start else { return .working }
        if isPaused { return AlgorithmOutlook(.paused, .hours) }
        return AlgorithmOutlook(.working, next(since: start))
    }

    private func next(since start: Timestamp) -> AlgorithmOutlook.Next {
        // Sped up by the price it may act at any bar, as it does with what could not be sent yet.
        if acceleration != nil || book.committed < min(due, total.units) { return .bar }
        if book.committed >= total.units { return .orders }
        switch pace {
        case .time(let slices, let over): return slice(of: slices, over, since: start)
        case .volumeCurve(let weights, let over): return slice(of: weights.count, over, since: start)
        case .participation: return .volume
        case .iceberg: return book.openCount > 0 ? .orders : .bar
        case .averaging(let slices, let every, let drop):
            guard slicesDue < slices else { return .orders }
            let time = every.map { lastSliceTime.clampedSum($0) }
            guard let drop else { return time.map { .time($0) } ?? .bar }
            let move = Int128(lastSlicePrice.units) * Int128(drop.units) / Int128(Rate.one)
            let price = Int128(lastSlicePrice.units) - Int128(side.sign) * move
            return .price(Price(units: Int64(clamping: price)), orBy: time)
        }
    }

    /// When the slice after the current one is due; the end after the last one.
    private func slice(of slices: Int, _ over: TimeSpan, since start: Timestamp) -> AlgorithmOutlook.Next {
        let next = Int128(Self.slice(lastAdvance.since(start), over, slices)) + 1
        // Up: it is due once its whole part of the time is over.
        let span = (Int128(over.nanoseconds) * next + Int128(slices) - 1) / Int128(slices)
        return .time(start.clampedSum(TimeSpan(nanoseconds: Int64(clamping: span))))
    }
}

extension LinkedOrders {
    public var features: [OrderFeature] {
        guard isNative else { return [.linkedMarkets] }
        let first: [OrderFeature] = entry == nil ? [.oneCancelsOther] : [.bracket]
        return first + legs.flatMap(\.features).filter { $0 == .trailingStop || $0 == .goodTilDate }
    }

    public var outlook: AlgorithmOutlook {
        phase.outlook ?? AlgorithmOutlook(.working, book.openCount > 0 ? .orders : .bar)
    }
}

extension TrailingStop {
    public var features: [OrderFeature] {
        if case .volatility = distance { [.volatilityTrailing] } else { [.trailingStop] }
    }

    public var outlook: AlgorithmOutlook {
        if let outlook = phase.outlook { return outlook }
        guard child != nil else { return .working }
        if case .volatility = distance { return AlgorithmOutlook(.working, .volatility) }
        return AlgorithmOutlook(.working, .orders)
    }
}

extension SingleOrder {
    public var features: [OrderFeature] { request.features }

    public var outlook: AlgorithmOutlook {
        phase.outlook ?? AlgorithmOutlook(.working, book.openCount > 0 ? .orders : .bar)
    }
}

extension TimedOrder {
    public var features: [OrderFeature] { [.schedule] + inner.features }

    public var outlook: AlgorithmOutlook {
        let own = inner.outlook
        guard !isOver, own.state != .finished, own.state != .stopping else { return own }
        if isPaused { return AlgorithmOutlook(.paused, .hours) }
        guard hasBegun else {
            return AlgorithmOutlook(.waiting, startsAt.map { .time($0) } ?? (hours == nil ? .bar : .hours))
        }
        return own
    }
}

extension ConditionalOrder {
    public var features: [OrderFeature] { [.condition] + template.features }

    public var outlook: AlgorithmOutlook {
        if isOver { return .finished }
        return running?.outlook ?? AlgorithmOutlook(.waiting, .condition(until: expires))
    }
}
