// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A part of the adaptive strategy that can be switched on and off alone.
public enum Feature: Int, CaseIterable, Sendable, BitwiseCopyable {
    /// Entry thresholds that follow volatility.
    case thresholds
    /// Four timeframes that must agree.
    case timeframes
    case volumeProfile
    case regime
    /// A model's probability that the price rises.
    case prediction
    /// Waiting for a better price after a signal.
    case pullback
    /// Momentum must accelerate the trade's way.
    case acceleration
    /// Neither too calm nor too wild a market.
    case volatilityFilter
    /// Trading hours and enough volume.
    case liquidityFilter
    /// A move that is large beside what it costs to trade it.
    case costFilter
    /// Stops beyond support and resistance.
    case structureStops
    case partialExits
    /// Break-even and tightened stops.
    case movingStops
    case timeExit
    /// Size by confidence, regime and volatility.
    case sizing

    /// As configuration and reports write it.
    public var name: String {
        switch self {
        case .thresholds: "thresholds"
        case .timeframes: "timeframes"
        case .volumeProfile: "volume_profile"
        case .regime: "regime"
        case .prediction: "prediction"
        case .pullback: "pullback"
        case .acceleration: "acceleration"
        case .volatilityFilter: "volatility_filter"
        case .liquidityFilter: "liquidity_filter"
        case .costFilter: "cost_filter"
        case .structureStops: "structure_stops"
        case .partialExits: "partial_exits"
        case .movingStops: "moving_stops"
        case .timeExit: "time_exit"
        case .sizing: "sizing"
        }
    }
}

/// What a feature says when it is asked.
public enum FeatureAnswer<Value> {
    /// By configuration or by hand: the strategy is as if it were not there.
    case off
    /// It failed just now.
    case failed
    /// It failed repeatedly, and its pause is not over.
    case suspended
    case said(Value)

    /// What it said; `nil` where it said nothing.
    public var value: Value? { if case .said(let value) = self { value } else { nil } }

    /// What it said; without it where it is off, and the most careful answer that it could give where it has failed.
    public func value(off: Value, failed: Value) -> Value {
        switch self {
        case .off: off
        case .failed, .suspended: failed
        case .said(let value): value
        }
    }
}

extension FeatureAnswer: Sendable where Value: Sendable {}

/// Why a feature's work came to nothing.
struct FeatureFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Keeps a failing feature from stopping anything but itself.
///
/// A feature that throws or answers with something that it cannot mean has failed once. After `limit` failures in a row
/// it is switched off and reported; after a pause it is tried again, and each time that it fails again the pause doubles.
public struct FeatureGuard: Sendable {
    public struct Settings: Sendable, BitwiseCopyable {
        public var limit: Int
        public var pause: TimeSpan
        public var longestPause: TimeSpan
        public init(limit: Int = 3, pause: TimeSpan = .hours(1), longestPause: TimeSpan = .hours(24)) {
            self.limit = limit
            self.pause = pause
            self.longestPause = longestPause
        }
    }

    public enum State: Equatable, Sendable {
        /// By configuration or by hand.
        case off
        case on
        /// After repeated failures, until this time.
        case suspended(until: Timestamp)
    }

    /// What changed with a failure or a success, for the record.
    public enum Change: Equatable, Sendable {
        case suspended(Feature, until: Timestamp, reason: String)
        case resumed(Feature)
    }

    private struct Health: Sendable {
        var state = State.on
        var failures = 0
        /// Of its work beside the engine, in a row: answers in between say nothing about that.
        var stalls = 0
        var nextPause: TimeSpan
    }

    public let settings: Settings
    private var health: [Health]
    public private(set) var changes: [Change] = []

    /// - Parameter enabled: What is on from the start.
    public init(enabled: Set<Feature>, settings: Settings = Settings()) {
        self.settings = settings
        health = Feature.allCases.map { feature in
            Health(state: enabled.contains(feature) ? .on : .off, nextPause: settings.pause)
        }
    }

    public func state(_ feature: Feature) -> State { health[feature.rawValue].state }

    /// Whether a feature takes part now; a suspended one whose pause is over is tried again.
    public func isActive(_ feature: Feature, at now: Timestamp) -> Bool {
        switch health[feature.rawValue].state {
        case .off: false
        case .on: true
        case .suspended(let until): now >= until
        }
    }

    /// Whether it was switched off because it failed, and its pause is not over.
    public func isSuspended(_ feature: Feature, at now: Timestamp) -> Bool {
        if case .suspended(let until) = health[feature.rawValue].state { now < until } else { false }
    }

    /// By hand, at run time.
    public mutating func set(_ feature: Feature, isOn: Bool) {
        health[feature.rawValue] = Health(state: isOn ? .on : .off, nextPause: settings.pause)
    }

    /// Runs a feature's work, where it is on, and takes note of how that ended.
    ///
    /// - Parameters:
    ///   - fault: What tests break it with; it comes before the work.
    ///   - isSound: Whether an answer is one that the feature can give.
    public mutating func ask<Value>(
        _ feature: Feature, at now: Timestamp, _ fault: ((Feature) throws -> Void)? = nil, _ work: () throws -> Value,
        isSound: (Value) -> Bool = { _ in true }
    ) -> FeatureAnswer<Value> {
        switch health[feature.rawValue].state {
        case .off: return .off
        case .suspended(let until) where now < until: return .suspended
        case .on, .suspended: break
        }
        do {
            try fault?(feature)
            let value = try work()
            guard isSound(value) else {
                failed(feature, at: now, because: "it cannot mean \(value)")
                return .failed
            }
            succeeded(feature)
            return .said(value)
        } catch {
            failed(feature, at: now, because: "\(error)")
            return .failed
        }
    }

    /// Whether its last background task did not answer in time: what it says may be old, or missing.
    public func hasStalled(_ feature: Feature) -> Bool { health[feature.rawValue].stalls > 0 }

    /// A background task of the feature did not answer in time: what a watchdog found.
    public mutating func stalled(_ feature: Feature, at now: Timestamp) {
        guard isActive(feature, at: now) else { return }
        health[feature.rawValue].stalls += 1
        suspend(feature, after: health[feature.rawValue].stalls, at: now, "its background task stalled")
    }

    /// A background task of the feature came to its end.
    public mutating func ended(_ feature: Feature) { health[feature.rawValue].stalls = 0 }

    /// Hands over what changed since the last call.
    public mutating func takeChanges() -> [Change] {
        defer { changes.removeAll() }
        return changes
    }

    private mutating func succeeded(_ feature: Feature) {
        let index = feature.rawValue
        // What it says may be old while its background task has not shown that it works again.
        guard health[index].stalls == 0 else { return health[index].failures = 0 }
        if case .suspended = health[index].state {
            health[index].state = .on
            changes.append(.resumed(feature))
        }
        health[index].failures = 0
        health[index].nextPause = settings.pause
    }

    /// Its work came to nothing, or to nonsense.
    public mutating func failed(_ feature: Feature, at now: Timestamp, because reason: String) {
        guard isActive(feature, at: now) else { return }
        health[feature.rawValue].failures += 1
        suspend(feature, after: health[feature.rawValue].failures, at: now, reason)
    }

    private mutating func suspend(_ feature: Feature, after count: Int, at now: Timestamp, _ reason: String) {
        let index = feature.rawValue
        // One that is tried again after a pause has no further chances.
        if case .on = health[index].state, count < settings.limit { return }
        let until = now + health[index].nextPause
        health[index].state = .suspended(until: until)
        let doubled = TimeSpan(nanoseconds: health[index].nextPause.nanoseconds * 2)
        health[index].nextPause = min(doubled, settings.longestPause)
        changes.append(.suspended(feature, until: until, reason: reason))
    }
}
