// SPDX-License-Identifier: Apache-2.0

import Connectivity
public import Execution
public import Trading
public import VenueInterface

/// Hyperliquid's protocol as a state machine: inputs and commands go in, requests, frames and events come out.
///
/// Without a signer it serves market data and reads the account, and every command that would act is answered as never
/// sent. Only proof of refusal is told as a rejection; see `HyperliquidJobEnd.isDefinite`.
public struct HyperliquidConnector: VenueConnector {
    public let configuration: Configuration
    public var capabilities: VenueCapabilities { .hyperliquid }

    // Connections: the market's first; the account's is the same one or the second.
    var links: [HyperliquidLink]
    var streamNumber: UInt32 = 0
    var connectionNumber: UInt64 = 0
    var connectionLimiter: RateLimiter
    var controlMessages: [UInt64: (stream: StreamID, bytes: [UInt8])] = [:]
    var isRunning = false
    /// Whether `linkUp` was the last word on the links.
    var wasUp = false

    // Requests
    var jobs: [UInt64: HyperliquidJob] = [:]
    /// Rising, so that a walk over the jobs has one order.
    var jobTokens: [UInt64] = []
    var nextToken: UInt64 = 0
    /// Requests without an answer, by the number that they went out with.
    var sent: [UInt64: UInt64] = [:]
    var requestNumber: UInt64 = 0
    var restLimiter: RateLimiter
    var socketLimiter: RateLimiter
    var budget: AddressBudget
    var breaker: CircuitBreaker
    var nonces: NonceSource
    var jitter: Jitter

    // Clock
    var clock: ClockOffset
    var nextClockSample: TimeSpan?
    var clockSamples = 0

    // Market
    var health = StreamHealth()
    var market: HyperliquidMarketState
    var fallback = HyperliquidFallback()

    // Account
    var snapshot: HyperliquidSnapshot?
    var waitingSnapshots: [Timestamp] = []
    var snapshotGeneration: UInt64 = 0
    /// When facts about the account are asked for again.
    var nextFacts: [AccountFact: TimeSpan] = [:]
    var isRoleKnown = false
    var deadMan = HyperliquidDeadMan()
    var actionResults: [HyperliquidActionResult] = []
    var ownTrades = RecentIdentifiers<TradeID>(capacity: 4_096)
    /// What the account pays, once it has been read.
    public internal(set) var fees: HyperliquidFees?
    /// Notices of messages that could not be read, in the present minute.
    var unreadable = (since: TimeSpan.zero, count: 0)

    /// The earliest time at which anything has to be done.
    var wake: TimeSpan?
    /// Whether something changed since then that the time may depend on.
    var hasWork = false

    /// - Parameters:
    ///   - lastNonce: The last one that this key used before, where it is known: see `lastNonce`.
    ///   - seed: For the jitter of waits.
    public init(_ configuration: Configuration, lastNonce: UInt64 = 0, seed: UInt64) {
        self.configuration = configuration
        let limits = configuration.limits
        links = configuration.links
        connectionLimiter = RateLimiter(
            limit: limits.connectionsPerMinute, shares: [100, 100, 100, 100], queueLimit: 4, seed: seed)
        restLimiter = RateLimiter(limit: limits.weightPerMinute, queueLimit: limits.queuedRequests, seed: seed &+ 1)
        for use in configuration.usedBefore { restLimiter.charge(use.weight, at: use.time) }
        socketLimiter = RateLimiter(
            limit: limits.socketMessagesPerMinute, queueLimit: max(limits.queuedRequests, 1_200),
            inFlightLimit: limits.postsInFlight, seed: seed &+ 2)
        budget = AddressBudget(rules: limits.address)
        breaker = CircuitBreaker(threshold: limits.failuresUntilBreak, pause: .seconds(5), longestPause: .seconds(60))
        nonces = NonceSource(last: lastNonce)
        jitter = Jitter(seed: seed &+ 3)
        clock = ClockOffset(alarmBeyond: configuration.clockAlarm)
        market = HyperliquidMarketState(configuration)
        for subscription in market.watched {
            _ = health.add(name: subscription.name, threshold: configuration.longestSilence(of: subscription))
        }
    }

    // MARK: Inputs

    public mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput]) {
        switch input {
        case .start:
            isRunning = true
            startLinks(at: now, into: &outputs)
        case .stop:
            isRunning = false
            endUnsentJobs(reason: "the connector was stopped", at: now, into: &outputs)
            stopLinks(at: now, into: &outputs)
        case .streamOpened(let stream): opened(stream, at: now, into: &outputs)
        case .streamClosed(let stream, let failure): closed(stream, failure, at: now, into: &outputs)
        case .message(let stream, let bytes):
            guard let link = heard(on: stream, at: now) else { return }
            received(bytes, on: link, at: now, into: &outputs)
            // Market data must be quick: the rest is looked at only where there is something to do.
            if let wake, now.monotonic < wake, !hasWork { return }
        case .answer(let id, let outcome): answered(id, outcome, at: now, into: &outputs)
        case .wake: break
        }
        advance(at: now, into: &outputs)
    }

    public var nextWake: TimeSpan? { wake }

    /// Does everything whose time has come, and finds out when to look again.
    mutating func advance(at now: Moment, into outputs: inout [ConnectorOutput]) {
        advanceLinks(at: now, into: &outputs)
        advanceJobs(at: now, into: &outputs)
        advanceHealth(at: now, into: &outputs)
        advanceBreaker(at: now, into: &outputs)
        advanceClock(at: now, into: &outputs)
        advanceFallback(at: now, into: &outputs)
        advanceDeadMan(at: now, into: &outputs)
        pump(at: now, into: &outputs)
        hasWork = false
        wake = earliest(nextLinkWake, nextJobWake)
        wake = earliest(wake, restLimiter.nextWake(at: now.monotonic))
        wake = earliest(wake, socketLimiter.nextWake(at: now.monotonic))
        wake = earliest(wake, health.nextCheck)
        wake = earliest(wake, isRunning ? breaker.nextProbe : nil)
        wake = earliest(wake, nextClockSample)
        wake = earliest(wake, deadMan.firesAt)
        wake = earliest(wake, nextFallbackWake)
    }

    // MARK: Health

    private mutating func advanceHealth(at now: Moment, into outputs: inout [ConnectorOutput]) {
        for case .stale(let name, let silence) in health.check(at: now.monotonic) {
            outputs.append(.event(.streamStale(name: name, silence: silence)))
        }
    }

    mutating func healthy(into outputs: inout [ConnectorOutput]) {
        if breaker.succeeded() == .closed { outputs.append(.event(.breakerClosed)) }
    }

    mutating func failed(_ reason: String, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard breaker.failed(at: now.monotonic) == .opened else { return }
        outputs.append(
            .event(
                .breakerOpened(reason: "\(breaker.threshold) requests failed one after another, the last: \(reason)")))
    }

    private mutating func advanceBreaker(at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard isRunning, let probe = breaker.nextProbe, now.monotonic >= probe, breaker.allows(at: now.monotonic) else {
            return
        }
        read(.probe, .exchangeStatus, .cancel, at: now, into: &outputs)
    }

    // MARK: Asked by a shell

    /// The last nonce that was used: what a next run starts from.
    public var lastNonce: UInt64 { nonces.last }

    public var requestsSent: UInt64 { restLimiter.released }
    public func weightsSent(at now: TimeSpan) -> [(weight: Int, time: TimeSpan)] { restLimiter.uses(at: now) }

    /// How far the venue's clock is ahead of ours, and how wrong that may be.
    public var clockOffset: (offset: TimeSpan, uncertainty: TimeSpan)? {
        guard let offset = clock.offset, let uncertainty = clock.uncertainty else { return nil }
        return (offset, uncertainty)
    }

    /// Requests that are queued or without an answer.
    public var pendingRequests: Int { jobTokens.count }
}
