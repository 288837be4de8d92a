// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

/// Mistakes that a connector or an order manager could make, made at the seam between the two and at that to the network.
struct ConnectorMistakes: Sendable {
    private let defect: Defect
    private var trades: [TradeID: Int] = [:]
    private var deposits: [String: Int] = [:]
    private var snapshot: AccountSnapshot?
    private var linkUps = 0
    private var nonces: UInt64 = 0
    private var sent: [HTTPRequest] = []

    init(_ defect: Defect) { self.defect = defect }

    /// What is said instead of asking the venue.
    func rememberedSnapshot(at now: Moment) -> AccountSnapshot? {
        guard defect == .noSnapshotAfterReconnect, linkUps > 1, var known = snapshot else { return nil }
        known.time = now.wall
        return known
    }

    mutating func pass(
        _ output: ConnectorOutput, _ watch: OrderWatch, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        switch output {
        case .event(let event): pass(event, watch, at: now, into: &outputs)
        case .request(var request):
            guard request.path == "/exchange" else { return outputs.append(output) }
            switch defect {
            case .stopLoosened: request.body = Self.loosened(request.body)
            case .nonceReused:
                nonces += 1
                let day = now.wall.nanoseconds / 86_400_000_000_000 * 86_400_000
                request.body = Self.body(request.body, nonce: UInt64(day) + nonces)
            case .blindRetry:
                sent.append(request)
                if sent.count > 16 { sent.removeFirst() }
            default: break
            }
            outputs.append(.request(request))
        case .openStream, .closeStream, .send: outputs.append(output)
        }
    }

    private mutating func pass(
        _ event: VenueEvent, _ watch: OrderWatch, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        func say(_ event: VenueEvent) { outputs.append(.event(event)) }
        /// What a query would say of an order that never was, or is no more.
        func gone(_ client: ClientOrderID, _ status: VenueOrderStatus) {
            guard let ticket = watch.ticket(client) else { return say(event) }
            say(
                .status(
                    client,
                    .known(
                        OrderUpdate(
                            client: client, venueOrder: watch.number(client) ?? VenueOrderID(1),
                            instrument: ticket.instrument,
                            side: ticket.side, status: status, limit: ticket.limit, trigger: ticket.trigger,
                            quantity: ticket.quantity, remaining: ticket.quantity,
                            isReduceOnly: ticket.isReduceOnly, time: now.wall))))
        }
        switch (defect, event) {
        case (.timeoutIsRejection, .placed(let client, .unknown(let reason))):
            say(.placed(client, .rejected(.notTrading, text: reason)))
        case (.blindRetry, .placed(let client, .unknown)):
            if var request = sent.last(where: { Self.text($0.body).contains(client.description) }) {
                nonces += 1
                request.id = RequestID(1 << 62 | nonces)
                request.body = Self.body(request.body, nonce: UInt64(now.wall.nanoseconds / 1_000_000) + 1_000 + nonces)
                outputs.append(.request(request))
            }
            say(event)
        case (.timeoutIsFill, .placed(let client, .unknown)):
            guard let ticket = watch.ticket(client) else { return say(event) }
            say(.placed(client, .filled(VenueOrderID(2), quantity: ticket.quantity, averagePrice: "")))
        case (.unknownOrderBelieved, .status(let client, .notKnown)):
            gone(client, .rejected(.venueRefused, text: "not known"))
        case (.cancelAnswerIsProof, .cancelled(let client, _)):
            say(.cancelled(client, .done))
            gone(client, .cancelled(.byRequest, text: "cancelled"))
        case (.newNumberIgnored, .modified(let client, .done)): say(.modified(client, .done(nil)))
        case (.fillsNotDeduplicated, .fill(var fill)):
            fill.trade = again(fill.trade)
            say(.fill(fill))
        case (.partialFillIsWhole, .fill(var fill)):
            if let ticket = fill.client.flatMap({ watch.ticket($0) }) { fill.quantity = ticket.quantity }
            say(.fill(fill))
        case (.feesTwice, .fill(var fill)):
            fill.fee = Amount(units: fill.fee.units * 2)
            say(.fill(fill))
        case (.fundingForgotten, .funding): break
        case (.depositsTwice, .transfer(var transfer)):
            let count = deposits[transfer.reference, default: 0]
            deposits[transfer.reference] = count + 1
            if count > 0 { transfer.reference += " again" }
            say(.transfer(transfer))
        case (_, .snapshot(var read)):
            if defect == .missedFillsForgotten { read.fills = [] }
            if defect == .fundingForgotten { read.funding = [] }
            if defect == .depositsTwice {
                for index in read.transfers.indices where deposits[read.transfers[index].reference] != nil {
                    read.transfers[index].reference += " again"
                }
            }
            snapshot = read
            say(.snapshot(read))
        case (_, .linkUp):
            linkUps += 1
            say(event)
        case (.staleBook, .book), (.staleBook, .context), (.staleBook, .quote): if linkUps < 2 { say(event) }
        default: say(event)
        }
    }

    /// Another name for each time that a trade is told.
    private mutating func again(_ trade: TradeID) -> TradeID {
        let count = trades[trade, default: 0]
        trades[trade] = count + 1
        return count == 0 ? trade : TradeID(trade.rawValue ^ UInt64(count) << 60)
    }

    private static func text(_ body: [UInt8]) -> String { String(decoding: body, as: UTF8.self) }

    /// The same request under another nonce. Only a venue that looks at no signature takes it.
    private static func body(_ body: [UInt8], nonce: UInt64) -> [UInt8] {
        let text = text(body)
        guard let mark = text.firstRange(of: "\"nonce\":") else { return body }
        let end = text[mark.upperBound...].firstIndex { !$0.isNumber } ?? text.endIndex
        return Array("\(text[..<mark.upperBound])\(nonce)\(text[end...])".utf8)
    }

    /// Moves the trigger of every stop that is changed by one percent, to the wrong side.
    private static func loosened(_ body: [UInt8]) -> [UInt8] {
        let text = text(body)
        guard text.contains("batchModify"), text.contains("\"tpsl\":\"sl\""),
            let mark = text.firstRange(of: "\"triggerPx\":\""),
            let end = text[mark.upperBound...].firstIndex(of: "\""), let price = Int64(text[mark.upperBound..<end])
        else { return body }
        let moved = text.contains("\"b\":false") ? price - price / 100 : price + price / 100
        return Array("\(text[..<mark.upperBound])\(moved)\(text[end...])".utf8)
    }
}
