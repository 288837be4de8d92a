// SPDX-License-Identifier: Apache-2.0

public import OrderManagement
public import Risk
public import Trading

/// Which time bars, funding and time-outs of the market are measured in.
public enum MarketClock: String, Hashable, Sendable {
    /// Ours, corrected by the venue's offset.
    case wall
    /// The latest time that the venue said: for venues that are simulated faster than life.
    case venue
}

/// When the venue is to cancel all orders if it does not hear from us.
public enum DeadManPolicy: Hashable, Sendable {
    case off
    /// Only while no stop or target is working there: the switch would cancel those too.
    case whenUnprotected(after: TimeSpan)
    case always(after: TimeSpan)
}

/// What happens to orders and positions when a session stops.
public enum ShutdownPolicy: String, Hashable, Sendable {
    /// All stay: stops and targets go on protecting.
    case keep
    /// What would open positions is taken back; stops and targets stay.
    case cancel
    /// Everything is taken back and positions are closed.
    case flatten
}

/// One venue of a session.
public struct VenueSettings: Hashable, Sendable {
    /// As in the configuration; it is the instruments' venue too.
    public var name: String
    public var instruments: [InstrumentID]
    public var clock: MarketClock
    /// Beyond it trading pauses.
    public var maximumClockSkew: TimeSpan
    public var deadManSwitch: DeadManPolicy
    public var isCrossMargin: Bool
    /// How often funding is paid.
    public var fundingInterval: TimeSpan
    public var orders: OrderManagerSettings

    public init(
        name: String, instruments: [InstrumentID], orders: OrderManagerSettings, clock: MarketClock = .wall,
        maximumClockSkew: TimeSpan = .seconds(5),
        deadManSwitch: DeadManPolicy = .off, isCrossMargin: Bool = true,
        fundingInterval: TimeSpan = .hours(1)
    ) {
        self.name = name
        self.instruments = instruments
        self.orders = orders
        self.clock = clock
        self.maximumClockSkew = maximumClockSkew
        self.deadManSwitch = deadManSwitch
        self.isCrossMargin = isCrossMargin
        self.fundingInterval = fundingInterval
    }
}

/// How a session runs: everything but what it decides with (`DecisionSetup`) and whom it talks to.
public struct SessionSettings: Sendable {
    public var mode: SessionMode
    /// Of the program that runs it.
    public var version: String
    /// The mark of this trading instance in the names of its orders.
    public var instance: UInt32
    public var venues: [VenueSettings]
    public var limits: RiskLimits
    /// How long after its close a bar is waited for.
    public var barGrace: TimeSpan
    /// How much of the past the strategies are shown at the start; `nil`: as much as they declare.
    public var history: TimeSpan?
    /// Bars that closed longer ago are shown to the strategies but not acted on.
    public var staleAfter: TimeSpan
    public var shutdown: ShutdownPolicy
    /// What strategies may have computed beside the engine; `nil` where no shell does, and the engine computes by itself.
    public var background: BackgroundLimits?

    public init(
        mode: SessionMode, version: String = "", instance: UInt32, venues: [VenueSettings],
        limits: RiskLimits = RiskLimits(),
        barGrace: TimeSpan = .seconds(3), history: TimeSpan? = nil, staleAfter: TimeSpan = .seconds(30),
        shutdown: ShutdownPolicy = .keep, background: BackgroundLimits? = nil
    ) {
        self.mode = mode
        self.version = version
        self.instance = instance
        self.venues = venues
        self.limits = limits
        self.barGrace = barGrace
        self.history = history
        self.staleAfter = staleAfter
        self.shutdown = shutdown
        self.background = background
    }

    /// The venue of each instrument; −1 where none trades it.
    func venueIndices(_ instruments: [Instrument]) -> [Int] {
        instruments.map { instrument in venues.firstIndex { $0.instruments.contains(instrument.id) } ?? -1 }
    }
}
