// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How long to wait before the next try: a random span whose upper end doubles with every failure ("full jitter"), so
/// that many clients that lost one server do not all come back at once.
///
/// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct Backoff: Hashable, Sendable {
    public let minimum: TimeSpan
    public let maximum: TimeSpan
    /// How long things must have gone well before the waits start small again.
    public let healthyAfter: TimeSpan
    /// Failures since then.
    public private(set) var failures = 0
    private var ceiling: TimeSpan
    private var healthySince: TimeSpan?

    public init(
        minimum: TimeSpan = .milliseconds(250), maximum: TimeSpan = .seconds(30), healthyAfter: TimeSpan = .seconds(60)
    ) {
        precondition(minimum > .zero && maximum >= minimum, "a back-off needs 0 < minimum <= maximum")
        self.minimum = minimum
        self.maximum = maximum
        self.healthyAfter = healthyAfter
        ceiling = minimum.doubled(upTo: maximum)
    }

    /// What was tried works from now on.
    public mutating func recovered(at now: TimeSpan) {
        if healthySince == nil { healthySince = now }
    }

    /// It failed: how long to wait before the next try. Never below the minimum nor above the maximum.
    public mutating func failed(at now: TimeSpan, using jitter: inout Jitter) -> TimeSpan {
        if let since = healthySince, now.since(since) >= healthyAfter { reset() }
        healthySince = nil
        failures += 1
        let wait = jitter.span(from: minimum, to: ceiling)
        ceiling = ceiling.doubled(upTo: maximum)
        return wait
    }

    public mutating func reset() {
        failures = 0
        healthySince = nil
        ceiling = minimum.doubled(upTo: maximum)
    }
}

/// How often something is tried, and how long between tries.
public struct RetryPolicy: Hashable, Sendable {
    /// The first try counts.
    public let attempts: Int
    public let minimum: TimeSpan
    public let maximum: TimeSpan

    public init(attempts: Int = 3, minimum: TimeSpan = .milliseconds(250), maximum: TimeSpan = .seconds(5)) {
        precondition(attempts >= 1, "something must be tried at least once, was \(attempts)")
        self.attempts = attempts
        self.minimum = minimum
        self.maximum = maximum
    }

    /// How long to wait after so many tries that failed; `nil`: give up.
    public func wait(afterFailures failures: Int, using jitter: inout Jitter) -> TimeSpan? {
        guard failures < attempts else { return nil }
        var ceiling = minimum
        for _ in 0..<min(max(failures, 1), 62) { ceiling = ceiling.doubled(upTo: maximum) }
        return jitter.span(from: minimum, to: ceiling)
    }
}
