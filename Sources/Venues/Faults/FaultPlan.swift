// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Decides what goes wrong, from rules and a seed: the same questions in the same order get the same answers.
///
/// It stands between a simulated venue and whatever carries its messages, sockets or a simulated network, and knows
/// neither. Times count from the start, in wall time.
public struct FaultPlan: Sendable {
    public private(set) var rules: [FaultRule]
    /// How often each kind has struck.
    public private(set) var counts: [FaultKind: Int] = [:]
    private var random: SplitMix
    private var looked = TimeSpan(nanoseconds: .min)

    public init(rules: [FaultRule] = [], seed: UInt64 = 1) {
        self.rules = rules
        random = SplitMix(seed: seed)
    }

    /// What becomes of a request, by HTTP or over a stream.
    public mutating func request(_ scope: FaultScope, at time: TimeSpan) -> RequestFate {
        var fate = RequestFate()
        for index in rules.indices {
            switch rules[index].kind {
            case .duplicate, .reorder, .breakOff, .maintenance, .clockSkew: continue
            case .postOnly:
                guard scope == .place || scope == .modify, strikes(index, scope, at: time) else { continue }
                fate.takesOnlyPostOnly = true
            case .latency:
                guard strikes(index, scope, at: time) else { continue }
                let delay = delay(rules[index])
                // Half on the way there, half on the way back.
                let half = TimeSpan(nanoseconds: delay.nanoseconds / 2)
                fate.delayBefore = fate.delayBefore + half
                fate.delayAfter = fate.delayAfter + TimeSpan(nanoseconds: delay.nanoseconds - half.nanoseconds)
            case .lost, .answerLost, .disconnect, .disconnectAfter, .halfOpen, .tooManyRequests, .serverError,
                .serverErrorAfter, .unprocessable, .badJSON:
                guard fate.answer == .own, strikes(index, scope, at: time) else { continue }
                (fate.reachesVenue, fate.answer) = Self.outcome(rules[index].kind)
            }
        }
        return fate
    }

    private static func outcome(_ kind: FaultKind) -> (reachesVenue: Bool, RequestFate.Answer) {
        switch kind {
        case .lost: (false, .none)
        case .answerLost: (true, .none)
        case .disconnect: (false, .reset)
        case .disconnectAfter: (true, .reset)
        case .halfOpen: (false, .halfOpen)
        case .tooManyRequests: (false, .replaced(status: 429, body: "null", retryAfterSeconds: 1))
        case .serverError: (false, .replaced(status: 502, body: "<html>502 Bad Gateway</html>"))
        case .serverErrorAfter: (true, .replaced(status: 500, body: "null"))
        case .unprocessable:
            (false, .replaced(status: 422, body: "Failed to deserialize the JSON body into the target type"))
        case .badJSON: (true, .garbled)
        case .latency, .duplicate, .reorder, .breakOff, .maintenance, .clockSkew, .postOnly: (true, .own)
        }
    }

    /// Whether a rule asks which market a message is about.
    public var distinguishesMarkets: Bool { rules.contains { $0.market != nil } }

    /// What becomes of a message of the venue to one client.
    ///
    /// - Parameter market: What it is about, where it is market data of one market.
    public mutating func message(at time: TimeSpan, about market: String? = nil) -> MessageFate {
        var fate = MessageFate()
        for index in rules.indices {
            let rule = rules[index]
            if rule.market != nil, rule.market != market { continue }
            switch rule.kind {
            case .latency, .lost, .duplicate, .reorder, .disconnect, .breakOff, .halfOpen, .badJSON:
                guard strikes(index, .stream, at: time) else { continue }
            case .answerLost, .disconnectAfter, .tooManyRequests, .serverError, .serverErrorAfter, .unprocessable,
                .maintenance, .clockSkew, .postOnly:
                continue
            }
            switch rule.kind {
            case .latency: fate.delay = fate.delay + delay(rule)
            case .reorder: fate.lag = fate.lag + delay(rule)
            case .lost: fate.copies = 0
            case .duplicate: if fate.copies > 0 { fate.copies = 2 }
            case .badJSON: fate.isGarbled = true
            case .disconnect: fate.connection = .reset
            case .breakOff: fate.connection = .breakOff
            case .halfOpen: fate.connection = .halfOpen
            default: break
            }
        }
        return fate
    }

    /// What becomes of a new connection of the stream.
    public mutating func connection(at time: TimeSpan) -> ConnectionFate {
        if isInMaintenance(at: time) { return .reset }
        for index in rules.indices where rules[index].scope == .connect {
            switch rules[index].kind {
            case .disconnect: if strikes(index, .connect, at: time) { return .reset }
            case .halfOpen: if strikes(index, .connect, at: time) { return .halfOpen }
            default: continue
            }
        }
        return .none
    }

    public func isInMaintenance(at time: TimeSpan) -> Bool {
        rules.contains { $0.kind == .maintenance && $0.isActive(at: time) }
    }

    /// How far the venue's clock is ahead.
    public func clockSkew(at time: TimeSpan) -> TimeSpan {
        rules.reduce(.zero) { sum, rule in
            rule.kind == .clockSkew && rule.isActive(at: time) ? sum + rule.delay.lowerBound : sum
        }
    }

    /// When something happens to all connections by itself; `nil`: never again.
    public func nextEvent(after time: TimeSpan) -> TimeSpan? {
        rules.lazy.filter { $0.kind == .maintenance && $0.from > time }.map(\.from).min()
    }

    /// Whether all connections end now, since maintenance began after the last look.
    public mutating func beginsMaintenance(at time: TimeSpan) -> Bool {
        let before = looked
        looked = time
        let begins = rules.contains { $0.kind == .maintenance && $0.from > before && $0.from <= time }
        if begins { counts[.maintenance, default: 0] += 1 }
        return begins
    }

    // MARK: Chance

    private mutating func strikes(_ index: Int, _ scope: FaultScope, at time: TimeSpan) -> Bool {
        guard rules[index].applies(to: scope, at: time), rules[index].market == nil || scope == .stream else {
            return false
        }
        // Drawn even where it is certain, so that a changed probability moves no other decision.
        guard random.fraction() < rules[index].probability else { return false }
        if let times = rules[index].times { rules[index].times = times - 1 }
        counts[rules[index].kind, default: 0] += 1
        return true
    }

    private mutating func delay(_ rule: FaultRule) -> TimeSpan {
        let (least, most) = (rule.delay.lowerBound.nanoseconds, rule.delay.upperBound.nanoseconds)
        return TimeSpan(nanoseconds: least + Int64(random.fraction() * Double(most - least)))
    }
}

public struct RequestFate: Hashable, Sendable {
    public enum Answer: Hashable, Sendable {
        case own
        case none
        case reset
        case halfOpen
        /// The venue's own answer, cut in its middle.
        case garbled
        case replaced(status: Int, body: String, retryAfterSeconds: Int? = nil)
    }
    public var reachesVenue = true
    /// The venue refuses orders of this request that are not post-only.
    public var takesOnlyPostOnly = false
    public var answer = Answer.own
    public var delayBefore = TimeSpan.zero
    public var delayAfter = TimeSpan.zero
    public init() {}
}

public struct MessageFate: Hashable, Sendable {
    /// 0: it is lost.
    public var copies = 1
    /// Everything behind it waits too.
    public var delay = TimeSpan.zero
    /// It alone waits, so that later ones overtake it.
    public var lag = TimeSpan.zero
    public var isGarbled = false
    public var connection = ConnectionFate.none
    public init() {}
}

public enum ConnectionFate: Hashable, Sendable {
    case none
    case reset
    /// The message is begun, then the connection is reset.
    case breakOff
    case halfOpen
}

/// Numbers that look random and are the same for the same seed: SplitMix64.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
public struct SplitMix: Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not, 1.
    public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
