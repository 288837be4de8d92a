// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Strategies
public import Trading

/// What a journal says of who did what: starts, configurations, requests, orders, fills and what else moved money, and
/// what the session noticed. Bars and the like, which only decisions are made of, are left out.
public struct AuditTrail: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The program began, or went on, with the journal.
        case start
        case configuration
        /// Somebody asked for something, or the session obeyed.
        case request
        case order
        case fill
        /// What changed a balance or position without a trade.
        case account
        case event
    }

    /// One thing that happened.
    public struct Entry: Sendable {
        public let kind: Kind
        public let text: String
    }

    private let account: AccountDescription
    private let strategies: [String]
    private let venues: [String]
    private var configuration = ""

    /// - Parameter strategies: Their names, by number.
    /// - Parameter venues: Their names, in the session's order.
    public init(account: AccountDescription, strategies: [String], venues: [String]) {
        self.account = account
        self.strategies = strategies
        self.venues = venues
    }

    /// What one record says; records are taken in the journal's order.
    public mutating func take(_ record: SessionRecord) -> [Entry] {
        func one(_ kind: Kind, _ text: String) -> [Entry] { [Entry(kind: kind, text: text)] }
        switch record {
        case .started(let start):
            configuration = start.configuration
            return one(.start, "begun by version \(start.version), \(start.mode.rawValue), instance \(start.instance)")
                + one(.configuration, "\(lines(start.configuration).count) lines")
        case .resumed(let version, _): return one(.start, "went on with version \(version)")
        case .reconfigured(let text, _):
            defer { configuration = text }
            return one(.configuration, difference(from: configuration, to: text))
        case .asked(let request): return one(.request, "\(request)")
        case .operatorRequest(let command): return one(.request, "the session obeys: \(command.text)")
        case .input(.command(let command, _)): return one(.request, "the session obeys: \(text(command))")
        case .input(.report(let report, let venue)): return entries(report, " at \(name(of: venue))")
        case .paperReports(let reports): return reports.flatMap { entries($0, "") }
        case .commands(let commands):
            return commands.map { Entry(kind: .order, text: "\($0.order.sequence): \(text($0))") }
        case .placing(let venue, let tickets, _):
            return tickets.map { ticket in
                let text = of(ticket.instrument) { ticket.text(on: $0) }
                return entry(ticket.client, "sent to \(name(of: venue)): \(text), as \(ticket.client)")
            }
        case .modifying(let venue, let ticket):
            let text = of(ticket.order.instrument) { ticket.order.text(on: $0) }
            return [entry(ticket.order.client, "change sent to \(name(of: venue)): \(text)")]
        case .cancelling(let venue, let tickets):
            return tickets.map { entry($0.client, "cancel sent to \(name(of: venue))") }
        case .denied(let order, _, let text):
            return one(.order, "\(order.sequence): stopped before it was sent: \(text)")
        case .answered(let client, let venueOrder, let text):
            return [entry(client, "answered: \(text)" + (venueOrder.map { ", the venue's number \($0)" } ?? ""))]
        case .note(let component, let text): return one(.event, "\(component): \(text)")
        case .finding(let venue, let text): return one(.event, "\(name(of: venue)): \(text)")
        case .trapped(let trap):
            return one(.event, "the strategy \(strategy(trap.strategy)) trapped at record \(trap.sequence) and is off")
        case .input, .fingerprint, .reconciled, .measures: return []
        }
    }

    // MARK: Texts

    private func name(of venue: Int) -> String { venues.indices.contains(venue) ? venues[venue] : "venue \(venue)" }
    private func strategy(_ index: Int) -> String {
        strategies.indices.contains(index) ? strategies[index] : "number \(index)"
    }

    private func entry(_ client: ClientOrderID, _ text: String) -> Entry {
        Entry(kind: .order, text: "\(client.order.sequence): \(text)")
    }

    private func text(_ command: EngineCommand) -> String {
        switch command {
        case .setFeature(let name, let isOn): "feature \(name) \(isOn ? "on" : "off")"
        case .setStrategy(let index, let isOn): "strategy \(strategy(index)) \(isOn ? "on" : "off")"
        case .resumeTrading: "breakers that a person lets go"
        }
    }

    private func text(_ command: OrderCommand) -> String {
        let who = command.strategy.index < strategies.count ? strategies[command.strategy.index] : "no strategy"
        return switch command.command {
        case .submit(let request): "\(who) asked to \(of(command.instrument) { request.text(on: $0) })"
        case .cancel: "\(who) asked for it to be taken back"
        case .modify: "\(who) asked for it to be changed"
        }
    }

    /// Text on an instrument, of which a journal that does not fit its configuration may know more.
    private func of(_ instrument: InstrumentID, _ text: (Instrument) -> String) -> String {
        account.instruments.indices.contains(instrument.index)
            ? text(account.instruments[instrument.index]) : "an unknown market"
    }

    private func text(_ amount: Amount, _ asset: AssetID) -> String {
        let names = account.assets.names
        return "\(amount) \(names.indices.contains(asset.index) ? names[asset.index] : "of an unknown asset")"
    }

    private func entries(_ report: VenueReport, _ place: String) -> [Entry] {
        func one(_ kind: Kind, _ text: String) -> [Entry] { [Entry(kind: kind, text: text)] }
        switch report {
        case .order(let report):
            let reason = report.reason == .none ? "" : ": \(report.reason.text)"
            return one(.order, "\(report.order.sequence): \(report.event)\(place)\(reason)")
        case .fill(let fill, _):
            let order = fill.order == .none ? "no order of ours" : "order \(fill.order.sequence)"
            return one(.fill, of(fill.instrument) { "\($0.symbol)\(place), \(order): \(fill.text(on: $0))" })
        case .funding(let payment):
            return one(
                .account,
                of(payment.instrument) { "funding of \($0.symbol)\(place): \(text(payment.amount, $0.settlement))" })
        case .coveredLoss(let asset, let amount, _):
            return one(.account, "a loss beyond the margin was paid by the venue\(place): \(text(amount, asset))")
        case .transfer(let payment):
            return one(.account, "transfer\(place): \(text(payment.amount, payment.asset))")
        case .fee(let payment): return one(.account, "fee\(place): \(text(payment.amount, payment.asset))")
        case .holding(let change):
            return one(
                .account,
                of(change.instrument) {
                    "\($0.symbol)\(place): \($0.text(change.quantity)) without a trade (\(change.reason))"
                })
        }
    }

    private func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The lines that are gone with `-`, the new ones with `+`.
    private func difference(from old: String, to new: String) -> String {
        lines(new).difference(from: lines(old)).map { change in
            switch change {
            case .remove(_, let line, _): "- \(line)"
            case .insert(_, let line, _): "+ \(line)"
            }
        }.joined(separator: "\n")
    }
}

extension OperatorCommand {
    /// As it is written after `apus control`.
    public var text: String {
        switch self {
        case .pause: "pause"
        case .resume: "resume"
        case .drain: "drain"
        case .stop: "stop"
        case .kill(flattens: false): "kill"
        case .kill(flattens: true): "kill --flatten"
        }
    }
}
