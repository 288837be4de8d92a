// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How one venue's orders are managed. The defaults are those for Hyperliquid.
public struct OrderManagerSettings: Hashable, Sendable {
    /// What happens to orders and trades that were made by hand or by another program.
    public enum ExternalOrders: String, Hashable, Sendable, CaseIterable {
        /// Listed and counted; never touched.
        case leaveAlone = "leave_alone"
        /// Listed and counted, taken back together with ours; trades that make a position smaller count against the
        /// strategies that hold it.
        case adopt
    }

    /// What happens when the venue and we differ after everything is accounted for.
    public enum Repair: String, Hashable, Sendable, CaseIterable {
        /// Our books take over what the venue says, with an entry that says so.
        case adjust
        /// Nothing is changed, and trading stays paused.
        case pause
    }

    /// The mark of this trading instance in every client order id.
    public var instance: UInt32
    /// How far from the market an order without a limit may trade.
    public var slippage = Rate(units: 50_000_000)
    /// The same for a triggered order, from its trigger.
    public var triggerSlippage = Rate(units: 100_000_000)
    /// How long after sending a request the venue may still act on it (`expiresAfter`); `nil`: for ever.
    public var requestLife: TimeSpan? = .seconds(10)
    /// Added to `requestLife` before "no such order" proves anything.
    public var grace = TimeSpan.seconds(3)
    /// Without `requestLife`: how often the venue must say "no such order", each a query delay apart.
    public var confirmations = 5
    /// The first wait before a request of unknown outcome is asked about; it doubles up to `queryDelayLimit`.
    public var queryDelay = TimeSpan.seconds(2)
    public var queryDelayLimit = TimeSpan.seconds(30)
    /// After so many queries without a result a person is told; they go on.
    public var queryRetries = 5
    /// A request without an answer for this long is asked about.
    public var inFlightThreshold = TimeSpan.seconds(5)
    /// After the public market has gone through the price of a resting order, how long its fill is waited for before the
    /// venue is asked, and how long until that is done again.
    public var passedDelay = TimeSpan.seconds(3)
    public var passedInterval = TimeSpan.seconds(30)
    public var queriesPerCycle = 10
    public var querySpacing = TimeSpan.milliseconds(100)
    public var snapshotInterval = TimeSpan.seconds(60)
    /// A snapshot without an answer for this long has failed.
    public var snapshotTimeout = TimeSpan.seconds(60)
    /// How far back fills are asked for again, and known ones remembered.
    public var overlap = TimeSpan.hours(1)
    /// How often a protective order is placed again before the position is closed at market.
    public var protectionRetries = 3
    /// How often what is left of a market order that closes a position is sent again before a person is told. It goes on
    /// after that.
    public var exitRetries = 5
    /// A trailing stop is moved when its level is better by this share, and no more often than the interval.
    public var trailingStep = Rate(units: 500_000)
    public var trailingInterval = TimeSpan.seconds(1)
    /// Whether the venue takes an entry and its protection in one request.
    public var hasBrackets = true
    /// Whether the venue takes triggered orders on spot. Where it does not they wait here for their level.
    public var hasSpotTriggers = false
    /// Whether a changed order gets a new number.
    public var renumbersChanges = true
    public var externalOrders = ExternalOrders.leaveAlone
    public var positionRepair = Repair.pause
    public var balanceRepair = Repair.pause
    /// Balances may differ by this much: venues round.
    public var balanceTolerance = Amount(units: 10_000_000_000_000_000)

    public init(instance: UInt32) { self.instance = instance }
}

/// Whether the venue has a kind of order itself.
public enum OrderSupport: String, Hashable, Sendable {
    case native
    /// We stand in for it; it does not act while we are not running.
    case emulated
    case unsupported
}

extension OrderManagerSettings {
    /// How an order of this kind is carried out.
    public func support(
        for type: OrderType, _ timeInForce: TimeInForce = .goodTilCancelled, on kind: InstrumentKind = .linearPerpetual
    ) -> OrderSupport {
        switch timeInForce {
        case .fillOrKill: return .unsupported
        case .goodTilDate: return .emulated
        case .goodTilCancelled, .immediateOrCancel: break
        }
        if kind == .spot, type.isTriggered, !hasSpotTriggers { return .emulated }
        switch type {
        case .market, .limit, .stop, .stopLimit, .takeProfit, .takeProfitLimit: return .native
        // A resting stop that we move: where it stands it acts without us.
        case .trailingStop: return .emulated
        }
    }
}
