// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Which way the price went inside a bar (see Documentation/fill-model.md).
public enum IntrabarPolicy: String, Hashable, Sendable, CaseIterable {
    case pessimistic, optimistic, adaptive, finer
}

/// How far fills that take liquidity end up from the price they aimed at.
public enum SlippageModel: Hashable, Sendable {
    case none
    /// So many of the instrument's ticks, as they are at the price.
    case ticks(Int64)
    /// Price units added against the order, plus a share of the price.
    case constant(distance: PriceDistance, share: Rate)
    /// price × impact × (quantity ÷ bar volume)².
    case volumeShare(impact: Double)
    /// price × impact × volatility × √(quantity ÷ bar volume); volatility over the last `window` bars' log returns.
    case squareRoot(impact: Double, window: Int)
}

/// What the simulated venue assumes. The defaults are on the careful side.
public struct SimulationSettings: Hashable, Sendable {
    /// Time from our decision to its effect at the venue. Zero: commands take effect at the close they were made on.
    public var latency = TimeSpan.milliseconds(100)
    public var intrabar = IntrabarPolicy.pessimistic
    /// The share of a bar's volume that our orders may take together; `nil`: no limit.
    public var volumeLimit: Rate? = Rate(units: Rate.one)
    /// Whether touching a resting limit order's price fills it, or the price has to go beyond.
    public var fillsLimitsOnTouch = true
    public var slippage = SlippageModel.none
    public var chargesFunding = true
    public var liquidates = true

    public init() {}

    public var fillsAtSameClose: Bool { latency == .zero }
}
