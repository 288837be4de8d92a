// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A way of trading that one venue has itself and another does not.
public enum OrderFeature: String, Hashable, Sendable, CaseIterable {
    case market
    case limit
    case postOnly = "post_only"
    case immediateOrCancel = "immediate_or_cancel"
    case fillOrKill = "fill_or_kill"
    case goodTilDate = "good_til_date"
    case stop
    case stopLimit = "stop_limit"
    case takeProfit = "take_profit"
    case takeProfitLimit = "take_profit_limit"
    /// By a share or a distance.
    case trailingStop = "trailing_stop"
    /// Whose distance follows an indicator.
    case volatilityTrailing = "trailing_stop_by_volatility"
    /// An entry with its stop and target.
    case bracket
    /// Orders on one instrument of which one takes from the others what it fills.
    case oneCancelsOther = "one_cancels_other"
    /// The same across instruments or venues.
    case linkedMarkets = "linked_markets"
    case averaging = "dca"
    case timeSlices = "twap"
    case volumeSlices = "vwap"
    case iceberg
    case acceleration
    /// From a time, until a time, in trading hours.
    case schedule
    case condition
}

extension OrderRequest {
    /// What it takes of a venue, the weakest last.
    public var features: [OrderFeature] {
        var found: [OrderFeature] = []
        switch type {
        case .market: found.append(.market)
        case .limit: found.append(.limit)
        case .stop: found.append(.stop)
        case .stopLimit: found.append(.stopLimit)
        case .takeProfit: found.append(.takeProfit)
        case .takeProfitLimit: found.append(.takeProfitLimit)
        case .trailingStop: found.append(.trailingStop)
        }
        if isPostOnly { found.append(.postOnly) }
        switch timeInForce {
        case .goodTilCancelled: break
        case .immediateOrCancel: found.append(.immediateOrCancel)
        case .fillOrKill: found.append(.fillOrKill)
        case .goodTilDate: found.append(.goodTilDate)
        }
        if parent != .none {
            found.append(.bracket)
        } else if group != 0 {
            found.append(.oneCancelsOther)
        }
        return found
    }
}

/// How a venue's orders of one kind are carried out.
public struct FeatureSupport: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The venue does it: it works while this program is not running.
        case native
        /// Apus stands in for it; while it is not running nothing happens.
        case emulated
        /// Refused before it is sent.
        case unsupported
    }
    /// Who acts.
    public enum Actor: String, Hashable, Sendable, CaseIterable {
        case venue
        /// Between bars, with each price and each fill.
        case orderManager = "order manager"
        /// At closed bars.
        case engine
        case nobody
    }

    public var kind: Kind
    public var actor: Actor
    /// How, or why not otherwise; for people.
    public var note: String

    private init(_ kind: Kind, _ actor: Actor, _ note: String) {
        self.kind = kind
        self.actor = actor
        self.note = note
    }

    public static func native(_ note: String = "") -> FeatureSupport { FeatureSupport(.native, .venue, note) }
    public static func managed(_ note: String) -> FeatureSupport { FeatureSupport(.emulated, .orderManager, note) }
    public static func emulated(_ note: String) -> FeatureSupport { FeatureSupport(.emulated, .engine, note) }
    public static func unsupported(_ note: String) -> FeatureSupport { FeatureSupport(.unsupported, .nobody, note) }

    /// `native`, or `emulated by the order manager: a resting stop that it moves`.
    public var text: String {
        let who = kind == .emulated ? " by the \(actor.rawValue)" : ""
        return kind.rawValue + who + (note.isEmpty ? "" : ": \(note)")
    }

    /// Of something made of all these: the weakest, the first of those that are equally weak.
    public static func weakest(_ parts: [FeatureSupport]) -> FeatureSupport {
        var weakest = parts.first ?? .native()
        for part in parts where part.rank > weakest.rank { weakest = part }
        return weakest
    }

    private var rank: Int {
        switch actor {
        case .venue: 0
        case .orderManager: 1
        case .engine: 2
        case .nobody: 3
        }
    }
}

/// What a venue does itself, and who stands in for the rest.
public struct VenueCapabilities: Hashable, Sendable {
    private let table: [OrderFeature: FeatureSupport]
    /// Whether it takes stops and targets on spot as it does elsewhere.
    private let hasSpotTriggers: Bool

    /// - Parameter support: Asked once of each feature.
    public init(hasSpotTriggers: Bool = true, _ support: (OrderFeature) -> FeatureSupport) {
        self.hasSpotTriggers = hasSpotTriggers
        table = Dictionary(uniqueKeysWithValues: OrderFeature.allCases.map { ($0, support($0)) })
    }

    public subscript(_ feature: OrderFeature) -> FeatureSupport {
        table[feature] ?? .unsupported("it is not known here")
    }

    /// Of something that takes all of these.
    public func support(for features: [OrderFeature]) -> FeatureSupport { .weakest(features.map { self[$0] }) }

    /// What it does on one kind of instrument. Venues that keep stops at the venue only where there are positions to reduce
    /// have none on spot.
    public func on(_ kind: InstrumentKind) -> VenueCapabilities {
        guard kind == .spot, !hasSpotTriggers else { return self }
        return VenueCapabilities { feature in
            switch feature {
            case .stop, .stopLimit, .takeProfit, .takeProfitLimit, .bracket, .trailingStop:
                .managed("its level is watched here; while this program is not running nothing happens")
            case .volatilityTrailing: .emulated("a stop that is watched here; its distance is set at closed bars")
            default: self[feature]
            }
        }
    }

    /// The simulated venue of backtests and paper sessions, and where orders go nowhere.
    public static let simulated = VenueCapabilities { feature in
        switch feature {
        case .market, .limit, .postOnly, .immediateOrCancel, .fillOrKill, .goodTilDate, .stop, .stopLimit, .takeProfit,
            .takeProfitLimit, .trailingStop, .bracket, .oneCancelsOther:
            .native()
        case .volatilityTrailing: .emulated("a native stop whose distance is set at closed bars")
        case .linkedMarkets, .averaging, .timeSlices, .volumeSlices, .iceberg, .acceleration, .schedule, .condition:
            .emulated(engineNote(feature))
        }
    }

    /// How the engine does what venues seldom do.
    public static func engineNote(_ feature: OrderFeature) -> String {
        switch feature {
        case .linkedMarkets: "the other legs are changed at the first closed bar after a fill"
        case .averaging, .timeSlices, .volumeSlices: "slices are sent at closed bars"
        case .iceberg: "the next part is shown at the first closed bar after the last one filled"
        case .acceleration, .schedule, .condition: "looked at with each closed bar"
        default: "acts at closed bars"
        }
    }
}
