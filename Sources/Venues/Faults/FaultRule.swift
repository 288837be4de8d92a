// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What can go wrong between a client and a venue.
public enum FaultKind: String, CaseIterable, Hashable, Sendable {
    /// It takes longer. On a stream everything behind it waits too.
    case latency
    /// It never arrives: a request does not reach the venue, a message does not reach the client.
    case lost
    /// The venue acts, and nobody hears of it.
    case answerLost = "answer-lost"
    /// A message comes twice.
    case duplicate
    /// A message comes after later ones.
    case reorder
    /// The connection is reset: for a request, before the venue has acted.
    case disconnect
    /// The connection is reset after the venue has acted.
    case disconnectAfter = "disconnect-after"
    /// The connection is reset in the middle of a message.
    case breakOff = "break-off"
    /// The connection stays, and nothing comes over it any more.
    case halfOpen = "half-open"
    case tooManyRequests = "429"
    /// Status 502, and the venue has not acted.
    case serverError = "5xx"
    /// Status 500, and the venue has acted all the same.
    case serverErrorAfter = "5xx-after"
    /// Status 422 with a plain text.
    case unprocessable = "422"
    /// What comes is cut in the middle of its JSON.
    case badJSON = "bad-json"
    /// For a while connections are refused and ended, and requests get status 503.
    case maintenance
    /// The venue's clock is wrong by some time.
    case clockSkew = "clock-skew"
    /// The venue was upgraded: it refuses every order, new or changed, that is not post-only.
    case postOnly = "post-only"
}

/// What a fault can hit.
public enum FaultScope: String, CaseIterable, Hashable, Sendable {
    case place, modify, cancel
    /// Any other signed action.
    case action
    /// The query for one order.
    case query
    /// Any other question.
    case info
    /// Messages of the venue, besides answers to requests.
    case stream
    /// New connections of the stream.
    case connect
    case any
}

/// One kind of fault: how often, or when.
public struct FaultRule: Hashable, Sendable {
    public var kind: FaultKind
    public var scope: FaultScope
    /// Of each request, message or connection that it can hit: from 0 to 1.
    public var probability: Double
    /// From when on, since the start, in wall time.
    public var from: TimeSpan
    /// Until when; `nil`: for ever.
    public var to: TimeSpan?
    /// Hits that many at most; `nil`: any number.
    public var times: Int?
    /// For latency and reordering: the least and the most; for a clock that is wrong: by how much, ahead where positive.
    public var delay: ClosedRange<TimeSpan>
    /// Messages of the stream about this market only, by the venue's name for it; `nil`: everything.
    public var market: String?

    public init(
        _ kind: FaultKind, scope: FaultScope = .any, probability: Double = 1, from: TimeSpan = .zero,
        to: TimeSpan? = nil, times: Int? = nil,
        delay: ClosedRange<TimeSpan> = .milliseconds(5)...(.milliseconds(250)), market: String? = nil
    ) {
        self.kind = kind
        self.scope = scope
        self.probability = probability
        self.from = from
        self.to = to
        self.times = times
        self.delay = delay
        self.market = market
    }

    func applies(to scope: FaultScope, at time: TimeSpan) -> Bool {
        (self.scope == .any || self.scope == scope) && isActive(at: time)
    }

    func isActive(at time: TimeSpan) -> Bool { time >= from && (to.map { time < $0 } ?? true) && times != 0 }
}
