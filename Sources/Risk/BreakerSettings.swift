// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What stops trading by itself.
public enum BreakerKind: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case volatility, flashCrash, errorRate, dailyLoss, drawdown, byHand

    public var text: String {
        switch self {
        case .volatility: "volatility"
        case .flashCrash: "flash crash"
        case .errorRate: "error rate"
        case .dailyLoss: "daily loss"
        case .drawdown: "drawdown"
        case .byHand: "by hand"
        }
    }

    public var key: String {
        switch self {
        case .volatility: "volatility"
        case .flashCrash: "flash_crash"
        case .errorRate: "error_rate"
        case .dailyLoss: "daily_loss"
        case .drawdown: "drawdown"
        case .byHand: "by_hand"
        }
    }
}

/// Where a breaker halts trading. What makes a position smaller, and the stops and targets that are there, go on.
public enum BreakerScope: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// In the market that met its condition.
    case market
    /// In all of them.
    case account
}

/// Where a breaker halts trading, and when it lets go.
public struct BreakerRule: Hashable, Sendable, BitwiseCopyable {
    /// Of a breaker that is about the whole account, its scope means nothing: it halts everything.
    public var scope: BreakerScope
    /// After this long, where its condition is over as well; `nil`: only a person lets it go. A daily loss lets go at
    /// the next day instead.
    public var coolDown: TimeSpan?

    public init(_ scope: BreakerScope = .account, coolDown: TimeSpan?) {
        self.scope = scope
        self.coolDown = coolDown
    }
}

/// When trading stops by itself. A threshold that is `nil` switches its breaker off.
public struct BreakerSettings: Hashable, Sendable {
    /// Times the normal volatility.
    public var volatilityRatio: Double? = 3
    /// Below this ratio the market counts as calm again.
    public var volatilityCalm = 2.0
    /// Returns that the present volatility is made of, and the normal one (exponential, by the usual 2 ÷ (n + 1)).
    public var volatilityShort = 15
    public var volatilityNormal = 1440
    /// Share that a price moves within a minute, either way; within two bars where these are longer than a minute.
    public var flashCrash: Double? = 0.10
    /// Of the last `errorWindow` operations.
    public var errorRate: Double? = 0.5
    public var errorWindow = 20
    /// Loss of equity since 00:00 UTC, in the base currency, deposits and withdrawals left out.
    public var dailyLoss: Amount?
    /// Share of the highest equity, deposits and withdrawals left out.
    public var drawdown: Double? = 0.20

    public var volatilityRule = BreakerRule(.market, coolDown: .minutes(15))
    public var flashCrashRule = BreakerRule(coolDown: .minutes(15))
    public var errorRateRule = BreakerRule(coolDown: .minutes(10))
    public var dailyLossRule = BreakerRule(coolDown: .zero)
    public var drawdownRule = BreakerRule(coolDown: nil)

    public init() {}

    public func rule(of kind: BreakerKind) -> BreakerRule {
        switch kind {
        case .volatility: volatilityRule
        case .flashCrash: flashCrashRule
        case .errorRate: errorRateRule
        case .dailyLoss: dailyLossRule
        case .drawdown: drawdownRule
        case .byHand: BreakerRule(coolDown: nil)
        }
    }

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        if let volatilityRatio {
            if !(volatilityRatio > 1 && volatilityRatio.isFinite) {
                found.append("volatility_ratio must be above 1, was \(volatilityRatio).")
            }
            if !(volatilityCalm > 0 && volatilityCalm <= volatilityRatio) {
                found.append(
                    "volatility_calm (\(volatilityCalm)) must be above 0 and not above volatility_ratio "
                        + "(\(volatilityRatio)).")
            }
            if !(volatilityShort >= 1 && volatilityShort < volatilityNormal) {
                found.append(
                    "volatility_short (\(volatilityShort)) must be at least 1 and below volatility_normal "
                        + "(\(volatilityNormal)).")
            }
        }
        for (key, share) in [("flash_crash", flashCrash), ("error_rate", errorRate), ("drawdown", drawdown)] {
            if let share, !(share > 0 && share <= 1) {
                found.append("\(key) must be above 0 and at most 1, was \(share).")
            }
        }
        if !(1...10_000).contains(errorWindow) {
            found.append("error_window must be from 1 to 10000, was \(errorWindow).")
        }
        if let dailyLoss, dailyLoss <= .zero { found.append("daily_loss must be above zero, was \(dailyLoss).") }
        for kind in BreakerKind.allCases {
            if let coolDown = rule(of: kind).coolDown, coolDown < .zero || coolDown > .days(365) {
                found.append("\(kind.key): the cool-down must be from 0 to 365 days.")
            }
        }
        return found
    }
}

/// Why these settings cannot stop trading sensibly.
public struct BreakerSettingsError: Error, Hashable, CustomStringConvertible {
    public let problems: [String]
    public var description: String { problems.joined(separator: " ") }
}

/// A breaker stopped trading, or let it go on.
public struct BreakerEvent: Hashable, Sendable, CustomStringConvertible {
    public enum Change: Hashable, Sendable {
        case tripped(BreakerScope)
        /// By its rule.
        case resumed
        case resumedByHand
    }
    public let kind: BreakerKind
    public let change: Change
    public let time: Timestamp
    /// What was measured and what was allowed, in words; what it is about by name is the caller's to add.
    public let reason: String
    public let instrument: InstrumentID?

    public var description: String {
        switch change {
        case .tripped(.account): "\(kind.text): trading halted, \(reason)"
        case .tripped(.market): "\(kind.text): trading halted in its market, \(reason)"
        case .resumed: "\(kind.text): over, \(reason)"
        case .resumedByHand: "\(kind.text): ended by hand, \(reason)"
        }
    }
}
