// SPDX-License-Identifier: Apache-2.0

import Engine
public import Execution
import OrderAlgorithms
public import Trading

/// Everything that a journal says of one order, in the order in which it happened.
public struct OrderStory: Sendable {
    public struct Step: Sendable {
        public let sequence: UInt64
        public let time: Timestamp
        /// `signal`, `features`, `algorithm`, `request`, `execution`, `risk`, `sent`, `answer`, `fill`, `report`.
        public let kind: String
        public let text: String
    }

    public let order: OrderID
    public private(set) var steps: [Step] = []
    private let instruments: [Instrument]
    private let strategyNames: [String]
    private let capabilities: [VenueCapabilities]

    /// - Parameter capabilities: Of each instrument's venue; without them nothing is said of who carries orders out.
    public init(
        of order: OrderID, instruments: [Instrument], strategyNames: [String], capabilities: [VenueCapabilities] = []
    ) {
        self.order = order
        self.instruments = instruments
        self.strategyNames = strategyNames
        self.capabilities = capabilities
    }

    public var isFound: Bool { !steps.isEmpty }

    private mutating func add(_ sequence: UInt64, _ time: Timestamp, _ kind: String, _ text: String) {
        steps.append(Step(sequence: sequence, time: time, kind: kind, text: text))
    }

    /// Takes in one record. `core` has applied it.
    ///
    /// - Parameter bars: The bars that closed last.
    public mutating func take(
        _ record: SessionRecord, sequence: UInt64, at time: Timestamp, bars: [InstrumentBar],
        core: borrowing DecisionCore
    ) {
        switch record {
        case .commands(let commands):
            for command in commands where command.order == order {
                take(command, sequence, time, bars, core)
            }
        case .placing(_, let tickets, let grouping):
            for ticket in tickets where ticket.client.order == order {
                add(sequence, time, "risk", "passed every check before the trade")
                add(
                    sequence, time, "sent",
                    "\(ticket.text(on: instruments[ticket.instrument.index])), as \(ticket.client)"
                        + (grouping == .none ? "" : ", together with \(tickets.count - 1) more (\(grouping))"))
            }
        case .modifying(_, let ticket) where ticket.order.client.order == order:
            let text = ticket.order.text(on: instruments[ticket.order.instrument.index])
            add(sequence, time, "sent", "change to \(text)")
        case .cancelling(_, let tickets):
            for ticket in tickets where ticket.client.order == order { add(sequence, time, "sent", "cancel") }
        case .denied(let id, _, let text) where id == order: add(sequence, time, "risk", "stopped: \(text)")
        case .answered(let client, let venueOrder, let text) where client.order == order:
            add(sequence, time, "answer", text + (venueOrder.map { ", the venue's number \($0)" } ?? ""))
        case .input(.report(let report, _)): take(report, sequence, time)
        case .paperReports(let reports): for report in reports { take(report, sequence, time) }
        default: break
        }
    }

    private mutating func take(
        _ command: OrderCommand, _ sequence: UInt64, _ time: Timestamp, _ bars: [InstrumentBar],
        _ core: borrowing DecisionCore
    ) {
        let instrument = instruments[command.instrument.index]
        let strategy =
            command.strategy.index < strategyNames.count ? strategyNames[command.strategy.index] : "no strategy"
        switch command.command {
        case .submit(let request):
            let bar = bars.first { $0.instrument == command.instrument }.map { $0.bar }
            add(
                sequence, time, "signal",
                "\(strategy) acted on the close at \(command.sentAt)"
                    + (bar.map { ": \(instrument.symbol) \(instrument.text($0.close))" } ?? ""))
            let features = core.engine.indicatorValues(of: command.strategy)
            if !features.isEmpty {
                add(
                    sequence, time, "features",
                    features.map { "\($0.name) = \($0.values.map { "\($0)" }.joined(separator: ", "))" }
                        .joined(separator: "; "))
            }
            if let text = algorithm(command, core) { add(sequence, time, "algorithm", text) }
            add(sequence, time, "request", request.text(on: instrument))
            if capabilities.indices.contains(command.instrument.index) {
                let support = capabilities[command.instrument.index].support(for: request.features)
                add(sequence, time, "execution", support.text)
            }
        case .cancel: add(sequence, time, "request", "\(strategy) asked for it to be taken back")
        case .modify: add(sequence, time, "request", "\(strategy) asked for it to be changed")
        }
    }

    /// Which order algorithm the order is of, why it placed it, and who carries that algorithm out.
    private func algorithm(_ command: OrderCommand, _ core: borrowing DecisionCore) -> String? {
        guard let note = core.engine.algorithmNotes.last(where: { $0.order == command.order }),
            let status = core.engine.algorithms.first(where: { $0.id == note.algorithm })
        else { return nil }
        let text = "\(status.title) \(status.id) placed it: \(note.action.reason.text)"
        guard !capabilities.isEmpty else { return text }
        return text + "; " + status.support { capabilities[$0.index] }.text
    }

    private mutating func take(_ report: VenueReport, _ sequence: UInt64, _ time: Timestamp) {
        switch report {
        case .order(let report) where report.order == order:
            add(
                sequence, time, "report",
                "\(report.event)" + (report.reason == .none ? "" : ": \(report.reason.text)"))
        case .fill(let fill, _) where fill.order == order:
            add(sequence, time, "fill", fill.text(on: instruments[fill.instrument.index]))
        default: break
        }
    }
}

extension OrderTicket {
    /// `sell 0.25 BTC/USDC:USDC stop, price 60900, trigger 61000`.
    func text(on instrument: Instrument) -> String {
        "\(side) \(instrument.text(quantity)) \(instrument.symbol) \(type), price \(instrument.text(limit))"
            + (trigger.map { ", trigger \(instrument.text($0))" } ?? "")
    }
}

extension Fill {
    /// `buy 0.25 at 61000, fee 1.5, taker, trade 7`.
    func text(on instrument: Instrument) -> String {
        "\(side) \(instrument.text(quantity.magnitude)) at \(instrument.text(price)), fee \(fee), \(liquidity), "
            + "trade \(trade)"
    }
}

extension OrderRequest {
    /// `sell 0.25 BTC, stop, trigger 61000, reduce-only`.
    public func text(on instrument: Instrument) -> String {
        let size = parent == .none ? instrument.text(quantity) : "as much as its entry fills of"
        var text = "\(side) \(size) \(instrument.symbol), \(type)"
        if let limit { text += " at \(instrument.text(limit))" }
        switch trigger {
        case .price(let price): text += ", trigger \(instrument.text(price))"
        case .fromEntry(let rate): text += ", trigger \(rate.percentage) from the entry"
        case nil: break
        }
        switch trail {
        case .absolute(let distance): text += ", \(instrument.text(Price(units: distance.units))) behind"
        case .share(let rate): text += ", \(rate.percentage) behind"
        case nil: break
        }
        if isReduceOnly { text += ", reduce-only" }
        if parent != .none { text += ", child of order \(parent.sequence)" }
        return text
    }
}
