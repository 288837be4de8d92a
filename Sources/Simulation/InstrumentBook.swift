// SPDX-License-Identifier: Apache-2.0

import Execution
import MarketData
import Trading

/// One instrument at the simulated venue: its working orders, the commands on their way, and its last price.
struct InstrumentBook {
    let instrument: Instrument
    var state = MatchState()
    /// Two scratch copies that paths are tried on.
    var highFirst = MatchState()
    var lowFirst = MatchState()
    var context: MatchContext
    /// Commands on their way, oldest first.
    var inbound: [OrderCommand] = []
    var lastPrice: Price?
    var lastClose = Timestamp.distantPast
    /// The highest price at which something happens when the market falls, and the lowest when it rises.
    var watchBelow = Int64.min
    var watchAbove = Int64.max
    /// Whether every bar matters: trailing stops, market remainders, expiries.
    var watchesEveryBar = false
    /// From when on the next dated rules apply.
    var nextRules = Timestamp.distantFuture
    let volumeDecimals: Int
    /// Finer bars that ambiguous ones are replaced by, where there are any.
    let detail: BarSeries?
    var detailIndex = 0
    var returns: RollingVolatility?
    var ambiguousBars = 0
    /// Value at entry ÷ leverage of the position, in the settlement asset: what it ties up.
    var positionMargin = Amount.zero

    init(
        instrument: Instrument, settings: SimulationSettings, account: AccountDescription, volumeDecimals: Int,
        detail: BarSeries?
    ) {
        self.instrument = instrument
        self.volumeDecimals = volumeDecimals
        self.detail = detail
        let isSpot = instrument.kind == .spot
        context = MatchContext(
            isHedging: account.positionMode == .hedging, fillsLimitsOnTouch: settings.fillsLimitsOnTouch,
            slippage: settings.slippage, priceDecimals: instrument.priceDecimals, rules: instrument.rules[0].rules,
            isSpot: isSpot, allowsBorrowing: account.allowsBorrowing, notionalFactor: instrument.notionalFactor)
        state.held = Array(repeating: 0, count: max(1, account.strategyCount) * 2)
        if case .squareRoot(_, let window) = settings.slippage { returns = RollingVolatility(window: window) }
        nextRules = instrument.rules.count > 1 ? instrument.rules[1].from : .distantFuture
    }

    var hasPosition: Bool { state.held.contains { $0 != 0 } }

    mutating func updateRules(at time: Timestamp) {
        context.rules = instrument.rules(at: time)
        nextRules = instrument.rules.first { $0.from > time }?.from ?? .distantFuture
    }

    /// Whether nothing here could be touched by a bar, the common case; then the bar is taken note of.
    @inline(__always)
    mutating func isUntouched(byLow low: Int64, high: Int64, close: Int64, closeTime: Int64) -> Bool {
        guard low > watchBelow, high < watchAbove, !watchesEveryBar, inbound.isEmpty, returns == nil else { return false }
        lastPrice = Price(units: close)
        lastClose = Timestamp(nanoseconds: closeTime)
        return true
    }

    // MARK: Matching, with this book's own rules

    mutating func meetOpen(_ price: Int64) { state.meetOpen(price, context) }
    mutating func meetArrival(_ place: Int, _ price: Int64) { state.meet(place, price, isArrival: true, context) }
    mutating func beginTrailing(_ place: Int, at price: Int64) { state.beginTrailing(place, at: price, context) }

    mutating func startChild(_ place: Int, adding quantity: Int64, parent: WorkingOrder, at price: Int64) {
        state.start(place, adding: quantity, parent: parent, at: price, context)
    }

    mutating func walk(from open: Int64, _ first: Int64, _ second: Int64, to close: Int64) {
        state.walk(from: open, first, second, to: close, context)
    }

    mutating func tryBoth(open: Int64, high: Int64, low: Int64, close: Int64) {
        highFirst.assign(state)
        lowFirst.assign(state)
        highFirst.walk(from: open, high, low, to: close, context)
        lowFirst.walk(from: open, low, high, to: close, context)
    }

    mutating func keep(highFirst keepsHighFirst: Bool) {
        if keepsHighFirst { swap(&state, &highFirst) } else { swap(&state, &lowFirst) }
    }

    /// Drops what is over and works out which prices matter next.
    mutating func tidy() {
        if state.orders.contains(where: { !$0.isLive }) { state.orders.removeAll { !$0.isLive } }
        watchBelow = .min
        watchAbove = .max
        watchesEveryBar = false
        for order in state.orders {
            if order.expires != .max || order.state == .market || order.type == .trailingStop {
                watchesEveryBar = true
            }
            guard let watched = order.watchedPrice else { continue }
            if order.watchRises { watchAbove = min(watchAbove, watched) } else { watchBelow = max(watchBelow, watched) }
        }
    }

    /// Orders that may act between the two prices; more than one, or one with consequences, makes the path matter.
    func pathMatters(low: Int64, high: Int64) -> Bool {
        var candidates = 0
        for order in state.orders {
            if order.type == .trailingStop, order.isLive, order.state != .held { return true }
            guard let watched = order.watchedPrice, order.watchRises ? watched <= high : watched >= low else { continue }
            candidates += 1
            if candidates > 1 || order.type == .stopLimit || order.type == .takeProfitLimit { return true }
            if state.orders.contains(where: { $0.parent == order.id }) { return true }
        }
        let liquidations = state.liquidatesAtOrBelow >= low || state.liquidatesAtOrAbove <= high
        return liquidations && candidates > 0
    }
}

/// The standard deviation of the last log returns.
struct RollingVolatility {
    private var values: [Double]
    private var next = 0
    private var count = 0
    private var last: Double?

    init(window: Int) { values = Array(repeating: 0, count: max(2, window)) }

    mutating func add(_ price: Double) {
        if let last, last > 0, price > 0 {
            values[next] = logarithm(price / last)
            next = (next + 1) % values.count
            count = min(count + 1, values.count)
        }
        last = price
    }

    var value: Double {
        guard count > 1 else { return 0 }
        let used = values[0..<count]
        let mean = used.reduce(0, +) / Double(count)
        return (used.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
}
