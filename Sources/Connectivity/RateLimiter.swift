// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Lets requests out so that their weights never exceed a limit in any window of time, the important ones first.
///
/// A request counts from when it is let out until a whole window after its answer: whenever in between the venue counted
/// it, no window of the venue's holds more than the limit. Where the weight is known only from the answer (it grows with
/// the rows), the request is let out with the most that it can be, and `settle` gives the rest back.
public struct RateLimiter: Hashable, Sendable {
    public enum Priority: Int, CaseIterable, Hashable, Comparable, Sendable {
        case cancel, order, account, market
        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// Why a request was not taken.
    public enum Refusal: Error, Hashable, CustomStringConvertible {
        case queueFull(limit: Int)
        /// It would never be let out.
        case tooHeavy(weight: Int, most: Int)
        public var description: String {
            switch self {
            case .queueFull(let limit): "\(limit) requests wait already; ask again when some have been sent"
            case .tooHeavy(let weight, let most):
                "it weighs \(weight), and a request of its kind may weigh at most \(most); ask for less at once"
            }
        }
    }

    private struct Waiting: Hashable {
        var token: UInt64
        var weight: Int
        var expires: TimeSpan
    }

    public let limit: Int
    public let queueLimit: Int
    public let inFlightLimit: Int
    /// The most that may be in the window after a request of each priority; the rest is kept for those above it.
    private let ceilings: [Int]
    /// Requests that were let out so far.
    public private(set) var released: UInt64 = 0
    private var window: WeightWindow
    private var queues: [[Waiting]]
    private var inFlight: [UInt64: Int] = [:]
    private var inFlightWeight = 0
    private var pausedUntil: TimeSpan?
    private var backoff: Backoff
    private var jitter: Jitter

    /// - Parameters:
    ///   - limit: The weight that a window may hold.
    ///   - shares: In hundredths of the limit, what requests of each priority may fill it up to, cancels first.
    ///   - inFlightLimit: Requests without an answer.
    ///   - seed: For the waits after a refusal without a hint.
    public init(
        limit: Int = 1_200, window: TimeSpan = .minutes(1), shares: [Int] = [100, 95, 85, 60], queueLimit: Int = 1_024,
        inFlightLimit: Int = .max, seed: UInt64 = 0
    ) {
        precondition(limit >= 1 && limit <= 1 << 40, "a limit must be positive, was \(limit)")
        precondition(
            shares.count == Priority.allCases.count && shares.allSatisfy { (1...100).contains($0) },
            "a share of the limit for each priority, in hundredths, was \(shares)")
        self.limit = limit
        self.queueLimit = queueLimit
        self.inFlightLimit = inFlightLimit
        ceilings = shares.map { max(1, limit * $0 / 100) }
        self.window = WeightWindow(window: window)
        queues = Array(repeating: [], count: Priority.allCases.count)
        backoff = Backoff(minimum: .seconds(1), maximum: window, healthyAfter: .zero)
        jitter = Jitter(seed: seed)
    }

    /// Counts what went out before this limiter was there.
    ///
    /// - Parameter time: When that was: not after now, and oldest first where there is more than one.
    public mutating func charge(_ weight: Int, at time: TimeSpan) { window.add(min(weight, limit), at: time) }

    /// What counts against the limit now, as of the last call that told the time.
    public var used: Int { window.sum + inFlightWeight }
    /// What counts against the limit by when it went out, oldest first, for a limiter that goes on after this one.
    public func uses(at now: TimeSpan) -> [(weight: Int, time: TimeSpan)] {
        let parts = window.parts.map { (weight: $0.weight, time: min($0.time, now)) }
        return inFlightWeight > 0 ? parts + [(inFlightWeight, now)] : parts
    }
    public var waiting: Int { queues.reduce(0) { $0 + $1.count } }

    /// Queues a request.
    /// - Parameters:
    ///   - token: The caller's number for it, used once.
    ///   - weight: The most that it can count.
    ///   - expires: When it is no longer worth sending.
    public mutating func enqueue(
        _ token: UInt64, weight: Int, priority: Priority, expires: TimeSpan
    ) throws(Refusal) {
        precondition(weight >= 0, "a weight must not be negative, was \(weight)")
        let ceiling = ceilings[priority.rawValue]
        guard weight <= ceiling else { throw .tooHeavy(weight: weight, most: ceiling) }
        // Full for market data does not mean full for cancels: every priority has a queue of its own.
        guard queues[priority.rawValue].count < queueLimit else { throw .queueFull(limit: queueLimit) }
        queues[priority.rawValue].append(Waiting(token: token, weight: weight, expires: expires))
    }

    /// The next request that may go now, if one may. A lower priority waits while a higher one does.
    public mutating func next(at now: TimeSpan) -> UInt64? {
        window.expire(at: now)
        if let until = pausedUntil {
            guard now >= until else { return nil }
            pausedUntil = nil
        }
        guard inFlight.count < inFlightLimit, let priority = highestWaiting else { return nil }
        let request = queues[priority][0]
        guard used + request.weight <= ceilings[priority] else { return nil }
        queues[priority].removeFirst()
        released += 1
        inFlight[request.token] = request.weight
        inFlightWeight += request.weight
        return request.token
    }

    /// Takes out what was not sent before its time.
    public mutating func takeExpired(at now: TimeSpan) -> [UInt64] {
        var expired: [UInt64] = []
        for index in queues.indices where queues[index].contains(where: { $0.expires <= now }) {
            expired += queues[index].filter { $0.expires <= now }.map(\.token)
            queues[index].removeAll { $0.expires <= now }
        }
        return expired
    }

    /// Takes a request out of the queue; `false` where it is not in it any more.
    public mutating func withdraw(_ token: UInt64) -> Bool {
        for index in queues.indices {
            if let position = queues[index].firstIndex(where: { $0.token == token }) {
                queues[index].remove(at: position)
                return true
            }
        }
        return false
    }

    /// A request was answered, or given up.
    /// - Parameter weight: What it counted, where that is known: at most what it was queued with.
    public mutating func settle(_ token: UInt64, weight: Int? = nil, at now: TimeSpan) {
        guard let reserved = inFlight.removeValue(forKey: token) else { return }
        inFlightWeight -= reserved
        window.expire(at: now)
        window.add(min(max(weight ?? reserved, 0), reserved), at: now)
    }

    /// The venue said that there were too many requests: nothing goes out until the time it names, or for a growing
    /// time with jitter.
    public mutating func refused(retryAfter: TimeSpan?, at now: TimeSpan) {
        let wait = backoff.failed(at: now, using: &jitter)
        // A hint is kept to, up to an hour: beyond that it is a mistake.
        let until = now.later(by: retryAfter.map { min(max($0, .zero), .hours(1)) } ?? wait)
        pausedUntil = max(until, pausedUntil ?? until)
    }

    /// A request was accepted: the waits start small again.
    public mutating func accepted() { backoff.reset() }

    /// When there is something to do: to let out a request, or to take out one that expired. Exact for what time alone
    /// brings; an answer may bring it sooner.
    public func nextWake(at now: TimeSpan) -> TimeSpan? {
        var wake: TimeSpan?
        for request in queues.joined() { wake = earliest(wake, request.expires) }
        guard inFlight.count < inFlightLimit, let priority = highestWaiting else { return wake }
        let excess = used + queues[priority][0].weight - ceilings[priority]
        let room = excess <= 0 ? now : window.whenFreed(excess)
        return earliest(wake, room.map { max($0, pausedUntil ?? $0) })
    }

    private var highestWaiting: Int? { queues.firstIndex { !$0.isEmpty } }
}
