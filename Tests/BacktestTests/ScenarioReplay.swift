// SPDX-License-Identifier: Apache-2.0

import Execution
import MarketData
import Simulation
import Trading

/// Names for orders that were made in the order of their ids, and their states as the reports tell them.
struct ScenarioOrders {
    private(set) var names: [String] = []
    private var groups: [String] = []
    private var states: [Order] = []
    /// Children count only once they have come to life.
    private var cameToBe: [Bool] = []

    /// The next order: its id, and the request with parent and group filled in.
    mutating func add(_ named: Scenario.NamedRequest) -> (OrderID, OrderRequest) {
        var request = named.request
        if let parent = named.parent, let id = id(of: parent) { request.parent = id }
        if let group = named.group {
            if !groups.contains(group) { groups.append(group) }
            request.group = OrderGroup((groups.firstIndex(of: group) ?? 0) + 1)
        }
        names.append(named.name)
        let id = OrderID(UInt64(names.count))
        var order = Order(id: id, strategy: StrategyID(0), request: request)
        _ = order.receive(.submit)
        states.append(order)
        cameToBe.append(named.parent == nil)
        return (id, request)
    }

    func id(of name: String) -> OrderID? { names.firstIndex(of: name).map { OrderID(UInt64($0 + 1)) } }
    func name(of id: OrderID) -> String { id == .none ? "none" : names[Int(id.rawValue) - 1] }

    mutating func apply(_ report: VenueReport) -> [String] {
        switch report {
        case .order(let report):
            let index = Int(report.order.rawValue) - 1
            if let quantity = report.quantity {
                states[index].amend(quantity: quantity, limit: report.limit, trigger: report.trigger)
            }
            if report.event == .accept { cameToBe[index] = true }
            let action = states[index].receive(report.event, reason: report.reason)
            return action == .none ? [] : ["\(names[index]): \(report.event) was not expected by its state machine"]
        case .fill(let fill, _):
            guard fill.order != .none else { return [] }
            let index = Int(fill.order.rawValue) - 1
            let action = states[index].receiveFill(fill.quantity.magnitude)
            return action == .none ? [] : ["\(names[index]): a fill was not expected by its state machine"]
        case .funding, .coveredLoss, .transfer, .fee, .holding: return []
        }
    }

    var final: [String: String] {
        var result: [String: String] = [:]
        for index in names.indices where cameToBe[index] {
            result[names[index]] = Self.text(states[index])
        }
        return result
    }

    private static func text(_ order: Order) -> String {
        switch order.status {
        case .partiallyFilled: "partially_filled"
        case .filled, .canceled, .expired, .rejected, .accepted: "\(order.status)"
        // A stop that waits for volume is still what it was; only a limit that rests after its trigger has changed.
        case .triggered: "triggered"
        case .initialized, .denied, .held, .submitted, .pendingUpdate, .pendingCancel: "\(order.status)"
        }
    }
}

extension Scenario {
    /// What came out of a replay.
    struct Outcome {
        var fills: [Fill] = []
        var orders: [String: String] = [:]
        var fillNames: [String] = []
        var position = Quantity.zero
        var cash = Amount.zero
        var ambiguousBars = 0
        var problems: [String] = []
    }

    /// Sends the bars and commands through the simulated venue.
    func replayVenue() throws -> Outcome {
        var account = Account(account)
        for (index, amount) in deposits.enumerated() where amount != .zero {
            account.deposit(amount, of: AssetID(index: index), at: .epoch)
        }
        var venue = SimulatedVenue(
            settings: settings, account: account, volumeDecimals: [instrument.quantityDecimals], details: [finer])
        var orders = ScenarioOrders()
        var outcome = Outcome()
        func takeReports(_ venue: inout SimulatedVenue) {
            for report in venue.reports {
                outcome.problems += orders.apply(report)
                if case .fill(let fill, _) = report {
                    outcome.fills.append(fill)
                    outcome.fillNames.append(orders.name(of: fill.order))
                }
            }
            venue.reports.removeAll()
        }
        var pending = commands[...]
        for bar in bars.bars {
            let closes = bar.openTime + bars.timeframe.span
            venue.advance(
                0, openTime: bar.openTime.nanoseconds, closeTime: closes.nanoseconds, open: bar.open.units,
                high: bar.high.units, low: bar.low.units, close: bar.close.units, volume: bar.volume.units)
            takeReports(&venue)
            while let command = pending.first,
                (command.after + 1) * bars.timeframe.nanoseconds <= closes.nanoseconds
            {
                pending = pending.dropFirst()
                func send(_ id: OrderID, _ what: VenueCommand) {
                    venue.receive(
                        OrderCommand(
                            order: id, strategy: StrategyID(0), instrument: instrument.id, sentAt: closes, command: what
                        ))
                }
                switch command.action {
                case .submit(let requests):
                    for request in requests {
                        let (id, request) = orders.add(request)
                        send(id, .submit(request))
                    }
                case .cancel(let name): if let id = orders.id(of: name) { send(id, .cancel) }
                case .modify(let name, let change): if let id = orders.id(of: name) { send(id, .modify(change)) }
                }
            }
            if settings.fillsAtSameClose {
                venue.settleAtClose(instrument.id, at: closes)
                takeReports(&venue)
            }
        }
        outcome.orders = orders.final
        outcome.position = venue.account.netQuantity(instrument.id)
        outcome.cash = venue.account.balance(instrument.settlement)
        outcome.ambiguousBars = venue.ambiguousBars
        if !venue.account.ledger.isBalanced { outcome.problems.append("the ledger does not balance") }
        return outcome
    }

    /// What differs from the expectation, as sentences.
    func differences(_ outcome: Outcome, comparesOrders: Bool = true) -> [String] {
        var found = outcome.problems
        func text(_ fill: ExpectedFill) -> String {
            "\(fill.time.nanoseconds / 1_000_000) ms \(fill.order) \(fill.isBuy ? "buy" : "sell") "
                + "\(instrument.text(fill.quantity)) @ \(instrument.text(fill.price))"
        }
        func text(_ fill: Fill, _ name: String) -> String {
            "\(fill.time.nanoseconds / 1_000_000) ms \(name) \(fill.side) \(instrument.text(fill.quantity.magnitude)) @ "
                + "\(instrument.text(fill.price)) \(fill.liquidity) fee \(fill.fee)"
        }
        for index in 0..<max(fills.count, outcome.fills.count) {
            guard index < fills.count else {
                found.append("fill \(index): too many: \(text(outcome.fills[index], outcome.fillNames[index]))")
                continue
            }
            guard index < outcome.fills.count else {
                found.append("fill \(index): missing: \(text(fills[index]))")
                continue
            }
            let (said, got, name) = (fills[index], outcome.fills[index], outcome.fillNames[index])
            let agrees =
                said.time == got.time && said.order == name && said.isBuy == (got.quantity.units > 0)
                && said.price == got.price && said.quantity == got.quantity.magnitude
                && (said.liquidity ?? got.liquidity) == got.liquidity && (said.fee ?? got.fee) == got.fee
            if !agrees { found.append("fill \(index): expected \(text(said)), came \(text(got, name))") }
        }
        let names = comparesOrders ? Set(orders.keys).union(outcome.orders.keys).sorted() : []
        for name in names where orders[name] != outcome.orders[name] {
            found.append("order \(name): expected \(orders[name] ?? "none"), came \(outcome.orders[name] ?? "none")")
        }
        if position != outcome.position {
            found.append(
                "position: expected \(instrument.text(position)), came \(instrument.text(outcome.position))")
        }
        if let cash, cash != outcome.cash { found.append("cash: expected \(cash), came \(outcome.cash)") }
        if ambiguousBars != outcome.ambiguousBars {
            found.append("ambiguous bars: expected \(ambiguousBars), came \(outcome.ambiguousBars)")
        }
        return found
    }
}
