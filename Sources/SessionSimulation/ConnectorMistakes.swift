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
    private var resent: UInt64 = 1 << 62
    private var orders: [RequestID: HTTPRequest] = [:]

    init(_ defect: Defect) { self.defect = defect }

    /// The time as the connector is told it.
    func moment(_ now: Moment) -> Moment {
        guard defect == .nonceReused else { return now }
        let hour: Int64 = 3_600_000_000_000
        return Moment(
            wall: Timestamp(nanoseconds: now.wall.nanoseconds / hour * hour), monotonic: now.monotonic)
    }

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
            if defect == .stopLoosened { request.body = Self.loosened(request.body) }
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
                            client: client, venueOrder: VenueOrderID(1), instrument: ticket.instrument,
                            side: ticket.side, status: status, limit: ticket.limit, trigger: ticket.trigger,
                            quantity: ticket.quantity, remaining: ticket.quantity,
                            isReduceOnly: ticket.isReduceOnly, time: now.wall))))
        }
        switch (defect, event) {
        case (.timeoutIsRejection, .placed(let client, .unknown(let reason))):
            say(.placed(client, .rejected(.notTrading, text: reason)))
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

    /// Moves the trigger of every stop that is changed by one percent, to the wrong side.
    private static func loosened(_ body: [UInt8]) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        guard text.contains("batchModify"), text.contains("\"tpsl\":\"sl\"") else { return body }
        let parts = text.split(separator: "\"triggerPx\":\"", maxSplits: 1)
        guard parts.count == 2, let end = parts[1].firstIndex(of: "\""), let price = Int64(parts[1][..<end]) else {
            return body
        }
        let moved = text.contains("\"b\":false") ? price - price / 100 : price + price / 100
        return Array("\(parts[0])\"triggerPx\":\"\(moved)\(parts[1][end...])".utf8)
    }
}
