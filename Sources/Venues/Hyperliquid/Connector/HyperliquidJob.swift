// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Execution
import JSON
import Trading
import VenueInterface

/// One request to the venue from when it is asked for until it is answered, however often it is sent.
struct HyperliquidJob: Sendable {
    /// What is waiting for the answer.
    enum Purpose: Sendable {
        case place([OrderTicket])
        case modify(ModifyTicket)
        /// One request cancels by our names or by the venue's, not both.
        case cancel([CancelTicket])
        case query(ClientOrderID)
        case snapshot(generation: UInt64, SnapshotPart)
        case bars(BarsReading)
        case fact(AccountFact)
        /// Closes the breaker, or tells the time.
        case probe
        case poll(Poll)
        case deadMan(Timestamp?)
        case leverage(InstrumentID)
        /// Something without an answer of its own in the vocabulary of venues.
        case action(name: String, number: UInt64?)
    }
    enum Body: Sendable {
        case info(HyperliquidRequest)
        /// Signed when it is sent, with a nonce of that moment.
        case action(HyperliquidAction)
    }
    enum State: Hashable, Sendable {
        /// In the limiter's queue.
        case queued
        /// Next try.
        case resting(until: TimeSpan)
        case sent(number: UInt64, at: Moment, on: StreamID?)
    }

    var purpose: Purpose
    var body: Body
    var priority: RateLimiter.Priority
    /// The most that it can count.
    var weight: Int
    /// Requests that it counts against the address.
    var addressCost = 0
    /// It is not sent after this.
    var deadline: TimeSpan
    var state = State.queued
    /// Whether it goes over the WebSocket.
    var isPosted = false
    /// Sent and failed.
    var failures = 0
}

/// What the venue answered, as far as it is read when it arrives.
enum HyperliquidJobAnswer: Sendable {
    case document(MessageReader)
    case exchange(HyperliquidExchangeAnswer)

    /// Rows of a list; 0 for everything else.
    var rows: Int {
        switch self {
        case .document(let reader): reader.json.kind == .array ? reader.json.count : 0
        case .exchange: 0
        }
    }
}

/// How a request ended.
enum HyperliquidJobEnd: Sendable {
    case answered(HyperliquidJobAnswer)
    /// Not a document that the venue would write.
    case unreadable(String)
    /// 429: the venue did not look at it.
    case tooFast(retryAfter: TimeSpan?)
    /// The venue could not read it, or would not take it.
    case refused(text: String)
    case serverError(text: String)
    case lost(TransportFailure)
    /// It did not leave this program.
    case neverSent(reason: String)

    /// Whether it is certain that the venue did nothing.
    var isDefinite: Bool {
        switch self {
        case .tooFast, .refused, .neverSent: true
        case .lost(let failure): failure.neverArrived
        case .answered, .unreadable, .serverError: false
        }
    }

    var text: String {
        switch self {
        case .answered: "an answer"
        case .unreadable(let reason): "its answer could not be read: \(reason)"
        case .tooFast: "the venue refused it because of too many requests (429)"
        case .refused(let text), .serverError(let text): text
        case .lost(let failure): "\(failure)"
        case .neverSent(let reason): "never sent: \(reason)"
        }
    }
}

enum SnapshotPart: Hashable, Sendable {
    case role, openOrders, perpetuals(dex: String), spot
    case fills(from: Timestamp), funding(from: Timestamp), transfers(from: Timestamp)
}

enum AccountFact: Hashable, Sendable { case requestBudget, agents, fees }

enum Poll: Hashable, Sendable {
    case prices
    /// The number of a series, counted over all markets.
    case candles(Int)
}

/// What is known of a request for bars; pages are read one after another.
struct BarsReading: Sendable {
    var instrument: InstrumentID
    var timeframe: Timeframe
    var from: Timestamp
    var to: Timestamp
    var next: Timestamp
    var bars: [Bar] = []
}
