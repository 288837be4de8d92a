// SPDX-License-Identifier: Apache-2.0

import Execution
import MarketData
import Risk
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
    /// The last bar's volume, at the bars' scale, and the close for which `state.available` was worked out.
    var lastVolume: Int64 = 0
    var preparedClose = Int64.min
    /// The highest price at which something happens when the market falls, and the lowest when it rises.
    var watchBelow = Int64.min
    var watchAbove = Int64.max
    /// Whether every bar matters: remainders that wait for the next price, orders that arrived without data.
    var watchesEveryBar = false
    /// The earliest time at which an order expires.
    var nextExpiry = Int64.max
    /// From when on the next dated rules apply.
    var nextRules = Timestamp.distantFuture
    let expiry: Timestamp
    var isSettled = false
    let volumeDecimals: Int
    let leverage: Int64
    let isMargined: Bool
    /// Spot with borrowing: nothing needs to be there.
    let borrows: Bool
    /// The asset that an order ties up, and the one that a spot sale takes.
    let spendAsset: AssetID
    let base: AssetID
    /// `Amount` units of base in one quantity unit.
    let baseUnit: Int128
    /// Whether other margined instruments share its collateral, so that their prices move its liquidation level.
    var sharesMargin = false
    /// Between these prices its part of the shared margin is safe.
    var bandLow = Int64.min
    var bandHigh = Int64.max
    /// Finer bars that ambiguous ones are replaced by, where there are any.
    let detail: BarSeries?
    var detailIndex = 0
    var returns: RollingVolatility?
    var ambiguousBars = 0
    /// Value at entry ÷ leverage of the position, by side slot, in the settlement asset: what it ties up.
    var margins = (Amount.zero, Amount.zero)

    init(
        instrument: Instrument, settings: SimulationSettings, account: AccountDescription, volumeDecimals: Int,
        detail: BarSeries?
    ) {
        self.instrument = instrument
        self.volumeDecimals = volumeDecimals
        self.detail = detail
        leverage = max(1, account.leverage[instrument.id.index])
        isMargined = instrument.kind.isMargined
        borrows = instrument.kind == .spot && account.allowsBorrowing
        spendAsset = instrument.kind == .spot ? instrument.quote : instrument.settlement
        base = instrument.base
        baseUnit = max(1, instrument.baseAmount(of: Quantity(units: 1))?.units ?? 1)
        expiry = instrument.kind.expiry ?? .distantFuture
        context = MatchContext(
            isHedging: account.positionMode == .hedging, fillsLimitsOnTouch: settings.fillsLimitsOnTouch,
            slippage: settings.slippage, priceDecimals: instrument.priceDecimals, rules: instrument.rules[0].rules,
            isPaidInFull: instrument.kind == .spot && !account.allowsBorrowing,
            isInverse: instrument.kind == .inversePerpetual, notionalFactor: instrument.notionalFactor,
            liquidationFee: instrument.liquidationFee, tiers: MaintenanceTier.tiers(of: instrument))
        state.held = Array(repeating: 0, count: max(1, account.strategyCount) * 2)
        if case .squareRoot(_, let window) = settings.slippage { returns = RollingVolatility(window: window) }
        nextRules = instrument.rules.count > 1 ? instrument.rules[1].from : .distantFuture
    }

    var margin: Int128 { margins.0.units + margins.1.units }

    mutating func updateRules(at time: Timestamp) {
        context.rules = instrument.rules(at: time)
        nextRules = instrument.rules.first { $0.from > time }?.from ?? .distantFuture
    }

    /// Whether nothing here could be touched by a bar, the common case; then the bar is taken note of.
    @inline(__always)
    mutating func isUntouched(byLow low: Int64, high: Int64, close: Int64, closeTime: Int64, volume: Int64) -> Bool {
        guard low > watchBelow, high < watchAbove, !watchesEveryBar, inbound.isEmpty, closeTime <= nextExpiry,
            returns == nil
        else { return false }
        lastPrice = Price(units: close)
        lastClose = Timestamp(nanoseconds: closeTime)
        lastVolume = volume
        return true
    }

    // MARK: Matching, with this book's own rules

    mutating func meetOpen(_ price: Int64) { state.meetOpen(price, context) }
    mutating func meetArrival(_ place: Int, _ price: Int64) {
        state.orders[place].isFresh = false
        state.meet(place, price, isArrival: true, context)
        state.endImmediate(place)
    }
    mutating func beginTrailing(_ place: Int, at price: Int64) { state.beginTrailing(place, at: price, context) }

    mutating func startChild(_ place: Int, adding quantity: Int64, parent: Int, at price: Int64) {
        state.start(place, adding: quantity, parent: parent, at: price, context)
    }

    mutating func walk(from open: Int64, _ first: Int64, _ second: Int64, to close: Int64) {
        state.walk(from: open, first, second, to: close, context)
    }

    /// Tries both paths.
    ///
    /// - Returns: How much better high first ended (its sign counts), and whether the two ended differently.
    mutating func tryBoth(
        open: Int64, high: Int64, low: Int64, close: Int64
    ) -> (advantage: Int128, isAmbiguous: Bool) {
        highFirst.assign(state)
        lowFirst.assign(state)
        highFirst.walk(from: open, high, low, to: close, context)
        lowFirst.walk(from: open, low, high, to: close, context)
        return (
            highFirst.advantage(over: lowFirst, close: close, context),
            !highFirst.equals(lowFirst, close: close, context)
        )
    }

    mutating func keep(highFirst keepsHighFirst: Bool) {
        if keepsHighFirst { swap(&state, &highFirst) } else { swap(&state, &lowFirst) }
    }

    /// What a bar gives to all orders together.
    mutating func prepareQuantity(volume: Int64, decimals: Int, closeTime: Int64, limit: Rate?) {
        preparedClose = closeTime
        let shift = instrument.quantityDecimals - decimals
        var units = volume
        if shift > 0 {
            units = Int64(clamping: Int128(volume) * Int128(DecimalText.powerOfTen(min(shift, 18))))
        } else if shift < 0 {
            units = volume / DecimalText.powerOfTen(min(-shift, 18))
        }
        context.volume = Double(units)
        if let returns { context.volatility = returns.value }
        guard let limit else {
            state.available = .max
            return
        }
        // Without limit is `.max`, which no real volume reaches.
        var share = min(units, .max - 1)
        if limit.units != Rate.one {
            share = Int64(clamping: Int128(units) * Int128(limit.units) / Int128(Rate.one))
        }
        let lot = context.rules.lot
        state.available = lot == 1 ? share : share - share % lot
    }

    /// Drops what is over and works out which prices matter next.
    mutating func tidy() {
        state.isDirty = false
        if state.dropDead() {
            if state.childCount > 0 { state.childCount = state.orders.count { $0.parent != .none } }
        }
        watchBelow = max(state.liquidatesAtOrBelow, bandLow)
        watchAbove = min(state.liquidatesAtOrAbove, bandHigh)
        watchesEveryBar = false
        nextExpiry = .max
        for index in state.orders.indices {
            if state.orders[index].expires < nextExpiry { nextExpiry = state.orders[index].expires }
            if state.orders[index].state == .market || state.orders[index].isFresh { watchesEveryBar = true }
            guard let watched = state.orders[index].watchedPrice else { continue }
            if state.orders[index].watchRises {
                watchAbove = min(watchAbove, watched)
            } else {
                watchBelow = max(watchBelow, watched)
            }
            guard state.orders[index].state == .waiting, state.orders[index].isFollowing else { continue }
            // A new best price moves the level.
            let best = state.orders[index].best
            if state.orders[index].isBuy {
                watchBelow = max(watchBelow, best - 1)
            } else {
                watchAbove = min(watchAbove, best + 1)
            }
        }
    }

    /// Whether it may matter which way the price went between the two.
    mutating func pathMatters(low: Int64, high: Int64) -> Bool {
        var candidates = 0
        for index in state.orders.indices {
            let type = state.orders[index].type
            if type == .trailingStop, state.orders[index].state == .waiting { return true }
            guard let watched = state.orders[index].watchedPrice,
                state.orders[index].watchRises ? watched <= high : watched >= low
            else { continue }
            candidates += 1
            if candidates > 1 || type == .stopLimit || type == .takeProfitLimit { return true }
            if state.childCount > 0 {
                let id = state.orders[index].id
                if state.orders.contains(where: { $0.parent == id }) { return true }
            }
            if isMargined, !state.orders[index].isReduceOnly { return true }
        }
        let liquidates = state.liquidatesAtOrBelow >= low || state.liquidatesAtOrAbove <= high
        return liquidates && candidates > 0
    }

    // MARK: Rules

    /// The price that an order is measured by before it trades.
    func reference(_ order: WorkingOrder, price: Int64) -> Int64 {
        if order.type.hasLimit { return order.limit }
        return order.type.isTriggered && order.type != .trailingStop && order.level > 0 ? order.level : price
    }

    private func isOffTick(_ units: Int64) -> Bool {
        if case .uniform(let step) = context.rules.tick { return step != 1 && units % step != 0 }
        return !context.rules.accepts(Price(units: units), decimals: instrument.priceDecimals)
    }

    /// The rule that an order breaks, other than what the account can pay for.
    @inline(__always)
    mutating func refusal(_ order: WorkingOrder, price: Int64, at time: Timestamp) -> RejectReason? {
        if time >= expiry { return .notTrading }
        let type = order.type
        let isChild = order.parent != .none
        let needsLevel = type.isTriggered && type != .trailingStop && order.fromEntry == nil
        if needsLevel, order.level <= 0 { return .missingPrice }
        if type.hasLimit, order.fromEntry == nil || type != .limit, order.limit <= 0 { return .missingPrice }
        if type.hasLimit, isOffTick(order.limit) { return .offTick }
        if needsLevel, isOffTick(order.level) { return .offTick }
        if type == .trailingStop {
            guard let trail = order.trail else { return .missingPrice }
            switch trail {
            case .absolute(let distance):
                if distance.units < 0 { return .notPositive }
            case .share(let rate): if rate.units < 0 { return .notPositive }
            }
            if let activation = order.activation, isOffTick(activation) { return .offTick }
        }
        let rules = (lot: context.rules.lot, minimum: context.rules.minimumQuantity)
        let whole = order.filled + order.remaining
        if rules.lot != 1, whole % rules.lot != 0 { return .offLot }
        if isChild { return nil }
        if order.remaining <= 0 { return .notPositive }
        if whole < rules.minimum.units { return .belowMinimumQuantity }
        let reference = reference(order, price: price)
        if isTooLarge(order.remaining, at: reference) { return .tooLarge }
        if order.isReduceOnly { return wouldTake(order, price) }
        if context.rules.minimumNotional > .zero {
            guard
                let notional = instrument.notional(of: Quantity(units: whole), at: Price(units: reference))
            else { return .tooLarge }
            if notional < context.rules.minimumNotional { return .belowMinimumNotional }
        }
        if case .option = instrument.kind, !order.isBuy, order.remaining > state.held.reduce(0, &+) {
            return .insufficientMargin
        }
        if leverage > 1, isMargined, exceedsLeverage(order, at: reference) { return .leverageTooHigh }
        return wouldTake(order, price)
    }

    private func wouldTake(_ order: WorkingOrder, _ price: Int64) -> RejectReason? {
        order.isPostOnly && order.type == .limit && order.allows(price) ? .wouldTakeLiquidity : nil
    }

    /// Sums of values and fees stay far inside 128 bits while single values stay below 2^96.
    private func isTooLarge(_ quantity: Int64, at price: Int64) -> Bool {
        if quantity > 1 << 56 { return true }
        let (_, overflow) = quantity.multipliedReportingOverflow(by: price)
        return overflow && (Int128(quantity) * Int128(price)).magnitude > 1 << 96
    }

    /// Whether the position that the order could lead to is larger than its leverage allows.
    private func exceedsLeverage(_ order: WorkingOrder, at price: Int64) -> Bool {
        var held: Int64 = 0
        for quantity in state.held { held &+= quantity }
        if context.isHedging {
            held = 0
            for index in state.held.indices where (index & 1 == 0) == order.isBuy { held &+= state.held[index] }
        }
        let after = Int128(held) + Int128(order.isBuy ? order.remaining : -order.remaining)
        guard after.magnitude > held.magnitude, let units = Int64(exactly: after),
            let value = instrument.value(of: Quantity(units: units), at: Price(units: price))
        else { return false }
        return leverage > instrument.marginTier(forNotional: value.magnitude).maximumLeverage
    }
}
