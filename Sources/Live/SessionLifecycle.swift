// SPDX-License-Identifier: Apache-2.0

/// What a session does with the orders that its strategies decide on.
public enum SessionMode: String, Hashable, Sendable, CaseIterable {
    /// Live data, a virtual balance, and the backtester's matching.
    case paper
    /// The real account is read, and nothing is sent to it.
    case dryRun = "dry-run"
    /// Real orders of the smallest size that the venue takes, under a hard cap.
    case deMinimis = "de-minimis"
    case live

    /// Whether it sends orders to a venue.
    public var sendsOrders: Bool { self == .deMinimis || self == .live }
    /// Whether it needs an account there.
    public var readsAccount: Bool { self != .paper }
}

/// Why new risk is not taken at the moment. Each is set and lifted on its own; trading goes on when none is left.
public enum PauseCause: Hashable, Sendable, Comparable {
    /// Somebody asked for it, and lifts it with `resume`.
    case operatorRequest
    /// A venue's link is down, or what was missed is not known yet.
    case link(venue: Int)
    /// A venue's order manager asked for it: what the venue says and what we believe are being compared or differ, or
    /// another program trades on the account.
    case orders(venue: Int, String)
    /// A venue's circuit breaker is open.
    case breaker(venue: Int)
    /// The venue's clock and ours are too far apart for nonces and expiry times.
    case clockSkew(venue: Int)
    /// The journal cannot be written: nothing may be sent.
    case journal
    /// A strategy failed: its positions stay protected.
    case strategy
}

/// Where a session is in its life.
///
/// Next states: starting → running; running → draining, stopping, halted; draining → stopping, halted;
/// halted → running (resumed by hand), stopping; stopping → stopped.
public enum SessionState: Hashable, Sendable {
    /// Loads the past and reconciles; decides nothing.
    case starting
    /// Trades, unless something pauses it.
    case running
    /// Opens nothing new, and ends once all positions are closed.
    case draining
    /// The kill switch was used: everything is cancelled, nothing is sent except what closes positions.
    case halted(flattens: Bool)
    /// Takes back orders where that was asked for, then ends.
    case stopping
    case stopped
}

/// What an operator can ask of a running session.
public enum OperatorCommand: Hashable, Sendable {
    case pause
    /// Also ends a halt.
    case resume
    case drain
    case stop
    case kill(flattens: Bool)
}

/// The state of a session and what pauses it. Pure.
public struct SessionLifecycle: Sendable {
    public private(set) var state = SessionState.starting
    private var causes: [PauseCause: String] = [:]

    public init() {}

    /// What happened to the state.
    public enum Change: Hashable, Sendable {
        case none
        case became(SessionState)
        /// Refused, and why.
        case refused(String)
    }

    public mutating func started() -> Change {
        guard state == .starting else { return .none }
        return become(.running)
    }

    public mutating func receive(_ command: OperatorCommand) -> Change {
        switch (command, state) {
        case (_, .stopped): return .refused("the session has ended")
        case (.pause, .stopping), (.resume, .stopping), (.drain, .stopping): return .refused("the session is stopping")
        case (.pause, _):
            causes[.operatorRequest] = "paused by the operator"
            return .none
        case (.resume, .halted), (.resume, .draining):
            causes[.operatorRequest] = nil
            return become(.running)
        case (.resume, .starting), (.resume, .running):
            causes[.operatorRequest] = nil
            return .none
        case (.drain, .starting), (.drain, .running): return become(.draining)
        case (.drain, .draining): return .none
        case (.drain, .halted): return .refused("the session is halted: resume it first, or stop it")
        case (.stop, .stopping): return .none
        case (.stop, .starting), (.stop, .running), (.stop, .draining), (.stop, .halted): return become(.stopping)
        case (.kill(let flattens), .starting), (.kill(let flattens), .running), (.kill(let flattens), .draining),
            (.kill(let flattens), .stopping):
            return become(.halted(flattens: flattens))
        case (.kill(let flattens), .halted(let before)):
            return become(.halted(flattens: flattens || before))
        }
    }

    public mutating func stopped() -> Change { state == .stopped ? .none : become(.stopped) }

    private mutating func become(_ next: SessionState) -> Change {
        guard next != state else { return .none }
        state = next
        return .became(next)
    }

    // MARK: Pauses

    /// - Returns: Whether it is news.
    public mutating func pause(_ cause: PauseCause, _ reason: String) -> Bool {
        defer { causes[cause] = reason }
        return causes[cause] == nil
    }

    public mutating func lift(_ cause: PauseCause) -> Bool { causes.removeValue(forKey: cause) != nil }

    /// What pauses it at the moment, with the reasons, in a fixed order.
    public var pauses: [(cause: PauseCause, reason: String)] {
        causes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Whether data comes and orders could be sent, whatever the operator wants of it.
    public var isUp: Bool {
        guard state != .starting, state != .stopped else { return false }
        return causes.isEmpty || causes.count == 1 && causes[.operatorRequest] != nil
    }

    public var isHalted: Bool {
        if case .halted = state { return true }
        return false
    }

    public var isPaused: Bool { !causes.isEmpty }

    /// Whether orders that open or enlarge a position may be sent.
    public var takesRisk: Bool { state == .running && causes.isEmpty }
}
