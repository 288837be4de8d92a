// SPDX-License-Identifier: Apache-2.0

import Trading
import VenueInterface

/// One WebSocket connection between a session and its venue.
struct SimulatedLink: Sendable {
    let number: UInt32
    /// The program's number of starts so far: a new program has nothing to do with the links of the last one.
    let life: Int
    let stream: StreamID
    var isOpenAtVenue = false
    /// What the program was told last, or did.
    var isOpenAtClient = false
    var isHalfOpen = false
    /// In order: nothing overtakes what was sent before.
    var freeToVenue = TimeSpan.zero
    var freeToClient = TimeSpan.zero
}

/// What happens to an HTTP request on its way.
struct RequestFate: Sendable {
    /// The answer is not waited for any more, or is a duplicate's.
    var isUnheard = false
}

/// Everything that is on its way or will happen.
enum WorldEvent: Sendable {
    // MARK: At the venue
    case market(Int)
    case venueTick
    case open(link: UInt32)
    case close(link: UInt32)
    case text(link: UInt32, [UInt8])
    case request(HTTPRequest, life: Int, RequestFate)
    case hands

    // MARK: At the client
    case client(life: Int, ConnectorInput)
    case restart

    // MARK: The world's own
    case faultBegins(FaultKind, TimeSpan)
    case faultEnds(FaultKind)
    case calm
    case still
    case check
    case day

    /// A few words for a trace.
    var summary: String {
        func short(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(180), as: UTF8.self) }
        switch self {
        case .market(let index): return "market \(index)"
        case .venueTick: return "venue: time passes"
        case .open(let link): return "venue: link \(link) opens"
        case .close(let link): return "venue: link \(link) closes"
        case .text(let link, let bytes): return "venue: link \(link): \(short(bytes))"
        case .request(let request, _, let fate):
            return "venue: request \(request.id.rawValue) \(request.path)\(fate.isUnheard ? " (unheard)" : ""): "
                + short(request.body)
        case .hands: return "venue: somebody acts by hand"
        case .client(_, let input):
            switch input {
            case .start: return "client: start"
            case .stop: return "client: stop"
            case .streamOpened(let stream): return "client: stream \(stream.rawValue) is open"
            case .streamClosed(let stream, let failure): return "client: stream \(stream.rawValue) closed: \(failure)"
            case .message(let stream, let bytes): return "client: stream \(stream.rawValue): \(short(bytes))"
            case .answer(let id, .response(let status, let body, _)):
                return "client: answer \(id.rawValue) \(status): \(short(body))"
            case .answer(let id, .failure(let failure)): return "client: answer \(id.rawValue): \(failure)"
            case .wake: return "client: wake"
            }
        case .restart: return "client: the program starts"
        case .faultBegins(let kind, let span): return "fault: \(kind.rawValue) for \(span.nanoseconds / 1_000_000) ms"
        case .faultEnds(let kind): return "fault: \(kind.rawValue) ends"
        case .calm: return "the faults end for a while"
        case .still: return "the market stands still"
        case .check: return "everything must agree"
        case .day: return "a day begins"
        }
    }

    /// Tells kinds and sizes apart in the fingerprint of a run.
    var mark: UInt64 {
        switch self {
        case .market(let index): UInt64(index)
        case .venueTick: 10
        case .open(let link): 1_000 + UInt64(link)
        case .close(let link): 2_000 + UInt64(link)
        case .text(_, let bytes): 3_000 + UInt64(bytes.count)
        case .request(let request, _, _): 10_000 + UInt64(request.body.count)
        case .hands: 11
        case .client(_, .message(_, let bytes)): 20_000 + UInt64(bytes.count)
        case .client(_, .answer(_, .response(_, let body, _))): 30_000 + UInt64(body.count)
        case .client: 12
        case .restart: 13
        case .faultBegins(let kind, _): 100 + UInt64(kind.index)
        case .faultEnds(let kind): 200 + UInt64(kind.index)
        case .calm: 14
        case .still: 15
        case .check: 16
        case .day: 17
        }
    }
}
