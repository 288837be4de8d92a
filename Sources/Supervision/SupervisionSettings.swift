// SPDX-License-Identifier: Apache-2.0

public import Portfolio
public import Risk
public import Trading

/// What is watched over all strategies together. What is `nil` is off.
public struct SupervisionSettings: Hashable, Sendable {
    public var breakers: BreakerSettings?
    public var allocation: AllocationLimits?
    /// How it is measured what all positions risk together, and what they may.
    public var portfolio: PortfolioLimits?
    /// Whether positions are reduced where a limit on the portfolio does not hold; otherwise nothing new is opened.
    public var reducesOnBreach = false
    /// How near to its liquidation a margined position may come.
    public var liquidation: LiquidationSettings?
    /// Whether returns are measured although neither allocation nor portfolio limits need them.
    public var measuresReturns = false
    /// How often positions are held against their part of the capital.
    public var rebalanceEvery: TimeSpan
    /// How far above its part, as a share of it, a position may drift before it is reduced.
    public var rebalanceBand: Double

    public init(
        breakers: BreakerSettings? = nil, allocation: AllocationLimits? = nil, portfolio: PortfolioLimits? = nil,
        liquidation: LiquidationSettings? = nil, rebalanceEvery: TimeSpan = .hours(6), rebalanceBand: Double = 0.1
    ) {
        self.breakers = breakers
        self.allocation = allocation
        self.portfolio = portfolio
        self.liquidation = liquidation
        self.rebalanceEvery = rebalanceEvery
        self.rebalanceBand = rebalanceBand
    }

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found = (breakers?.problems ?? []) + (allocation?.problems ?? []) + (portfolio?.problems ?? [])
        found += (liquidation?.problems ?? []).map { "liquidation_" + $0 }
        if rebalanceEvery < .minutes(1) { found.append("rebalance_hours must be at least a minute.") }
        if !(rebalanceBand >= 0 && rebalanceBand <= 10) {
            found.append("rebalance_band must be from 0 to 10, was \(rebalanceBand).")
        }
        return found
    }
}

/// Why these settings cannot watch over anything.
public struct SupervisionError: Error, Hashable, CustomStringConvertible {
    public let problems: [String]
    public var description: String { problems.joined(separator: " ") }
}

/// A position that a strategy wants to open or enlarge.
public struct EntryIntent: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var side: Side
    /// 0 to 1.
    public var confidence: Double
    /// The share of the position that is lost at its stop; `nil`: it has none.
    public var lossAtStop: Double?
    public init(instrument: InstrumentID, side: Side, confidence: Double = 1, lossAtStop: Double? = nil) {
        self.instrument = instrument
        self.side = side
        self.confidence = confidence
        self.lossAtStop = lossAtStop
    }
}

/// How large a position may become, and what keeps it from being larger.
public struct EntryRoom: Hashable, Sendable {
    /// Of the equity, what all strategies hold and have ordered on that side of the market already included.
    public let share: Double
    public let reason: String
}

/// How much of the positions in a market is too much.
public struct PositionCut: Hashable, Sendable {
    /// Of each of them.
    public let share: Double
    public let reason: String
}

/// Something changed about what may be traded.
public struct SupervisionEvent: Hashable, Sendable {
    public let time: Timestamp
    public let instrument: InstrumentID?
    /// Such as `flash_crash` or `allocation`.
    public let source: String
    public let reason: String

    public init(time: Timestamp, instrument: InstrumentID?, source: String, reason: String) {
        self.time = time
        self.instrument = instrument
        self.source = source
        self.reason = reason
    }
}
