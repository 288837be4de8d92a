// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

/// An order as the simulated venue holds it: prices and quantities in the instrument's units, `nil` packed away, so that
/// books of them are copied by the byte.
struct WorkingOrder: BitwiseCopyable {
    enum State: UInt8, BitwiseCopyable {
        /// A child whose parent has not filled.
        case held
        /// Waits for its trigger (or, trailing, for its level).
        case waiting
        /// In the book at its limit.
        case resting
        /// To be filled at the next price there is: a market order, or a triggered one, that volume has cut short.
        case market
        case done
    }

    let id: OrderID
    let parent: OrderID
    let strategy: Int
    let expires: Int64
    var remaining: Int64
    var filled: Int64 = 0
    /// Price units × quantity units of what filled, for the average entry that children refer to.
    var filledCost: Int128 = 0
    /// What is set aside for it, in `10^-18` of the asset it would spend.
    var reserved: Int128 = 0
    /// The quantity that `reserved` is for.
    var reservedFor: Int64 = 0
    var limit: Int64
    /// The trigger, or a trailing stop's level.
    var level: Int64
    var best: Int64 = 0
    private var entryRate: Int64
    private var trailUnits: Int64
    private var activationUnits: Int64
    let group: OrderGroup
    let isBuy: Bool
    let type: OrderType
    let timeInForce: TimeInForce
    let isPostOnly: Bool
    let isReduceOnly: Bool
    var state: State
    var isFollowing = false
    /// Arrived, or was changed, while there was no data: it meets the next opening price as an arrival.
    var isFresh = false
    private var parts: OrderParts

    @inline(__always)
    init(id: OrderID, strategy: StrategyID, request: OrderRequest) {
        self.id = id
        self.strategy = strategy.index
        isBuy = request.side == .buy
        type = request.type
        timeInForce = request.timeInForce
        isPostOnly = request.isPostOnly
        isReduceOnly = request.isReduceOnly || request.parent != .none
        group = request.group
        parent = request.parent
        parts = request.parts
        let expiresEver = request.timeInForce == .goodTilDate && request.parts.contains(.expires)
        expires = expiresEver ? request.expiresNanoseconds : .max
        remaining = request.quantity.units
        limit = request.limitUnits
        level = request.parts.contains(.triggerPrice) ? request.triggerUnits : 0
        entryRate = request.parts.contains(.triggerFromEntry) ? request.triggerUnits : 0
        trailUnits = request.trailUnits
        activationUnits = request.activationUnits
        state = request.parent != .none ? .held : (request.type == .market ? .market : .waiting)
        if state == .waiting, request.type == .limit { state = .resting }
    }

    var isLive: Bool { state != .done }

    /// How far from its entry's average price a child's level is, until that is known.
    var fromEntry: Rate? { parts.contains(.triggerFromEntry) ? Rate(units: entryRate) : nil }
    mutating func forgetEntry() { parts.remove(.triggerFromEntry) }

    var trail: TrailingDistance? {
        get { parts.trail(trailUnits) }
        set { trailUnits = parts.setTrail(newValue) }
    }

    var activation: Int64? { parts.contains(.activation) ? activationUnits : nil }

    /// Whether its condition is met by rising to its level, rather than by falling to it.
    @inline(__always)
    var risesToLevel: Bool {
        switch type {
        case .stop, .stopLimit, .trailingStop: state == .resting ? !isBuy : isBuy
        case .market, .limit, .takeProfit, .takeProfitLimit: !isBuy
        }
    }

    /// The price whose touch does something, for orders that have one now.
    @inline(__always)
    var watchedPrice: Int64? {
        switch state {
        case .held, .done, .market: nil
        case .resting: limit
        case .waiting: type == .trailingStop && !isFollowing ? activation : level
        }
    }

    @inline(__always)
    var watchRises: Bool {
        state == .waiting && type == .trailingStop && !isFollowing ? !isBuy : risesToLevel
    }

    /// A trailing stop's level for a best price; a sell's is rounded down to the tick, a buy's up.
    func trailingLevel(best: Int64, rules: TradingRules, decimals: Int) -> Int64 {
        rules.trailingLevel(best: best, trail: trail, isBuy: isBuy, decimals: decimals)
    }

    /// Starts or goes on following the best price; the level never moves away from the market.
    mutating func follow(_ price: Int64, rules: TradingRules, decimals: Int) {
        if !isFollowing {
            isFollowing = true
            best = price
            level = trailingLevel(best: best, rules: rules, decimals: decimals)
            return
        }
        let better = isBuy ? price < best : price > best
        guard better else { return }
        best = price
        let next = trailingLevel(best: best, rules: rules, decimals: decimals)
        level = isBuy ? min(level, next) : max(level, next)
    }

    /// Takes a changed distance up: nearer to the market at once, further away never.
    mutating func tighten(rules: TradingRules, decimals: Int) {
        let next = trailingLevel(best: best, rules: rules, decimals: decimals)
        level = isBuy ? min(level, next) : max(level, next)
    }

    /// Whether a fill at `price` is within its limit.
    @inline(__always)
    func allows(_ price: Int64) -> Bool { isBuy ? price <= limit : price >= limit }
}
