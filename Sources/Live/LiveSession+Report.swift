// SPDX-License-Identifier: Apache-2.0

public import Engine
public import Execution
import OrderManagement
public import Trading
import VenueInterface

/// How a session is doing, at one moment.
public struct SessionReport: Sendable {
    public struct Holding: Sendable {
        public let instrument: InstrumentID
        public let quantity: Quantity
        public let entry: Price?
        /// At the mark price, in the settlement asset.
        public let unrealised: Amount?
    }
    public struct Link: Sendable {
        public let name: String
        public let isUp: Bool
        public let latestTime: Timestamp?
    }
    public let state: SessionState
    public let pauses: [String]
    /// In the base currency; `nil` where prices are missing.
    public let equity: Amount?
    public let startEquity: Amount?
    /// Since the session began, fees and funding included, deposits and withdrawals left out; in the base currency.
    public let profit: Amount?
    /// A share, with deposits and withdrawals left out.
    public let timeWeightedReturn: Double
    public let holdings: [Holding]
    public let openOrders: Int
    public let links: [Link]
    public let lastInstant: Timestamp?
    public let marketTime: Timestamp
    public let counters: SessionCounters
    public let orders: Int
    public let fills: Int
    public let fees: Amount
    public let funding: Amount
    /// Positions that were opened and closed again.
    public let roundTrips: Int
    public let measures: SessionMeasures
    public let fingerprint: String
}

extension LiveSession {
    /// Mutating, because borrowing the engine out of it would copy it.
    public mutating func report() -> SessionReport {
        let account = core.engine.account
        let instruments = account.description.instruments
        let prices = market.map { $0.mark ?? $0.last }
        let holdings = instruments.compactMap { instrument -> SessionReport.Holding? in
            let position = account.position(instrument.id)
            guard !position.isFlat else { return nil }
            let value = prices[instrument.id.index].flatMap { instrument.value(of: position.quantity, at: $0) }
            return SessionReport.Holding(
                instrument: instrument.id, quantity: position.quantity, entry: position.averagePrice(of: instrument),
                unrealised: value.map { position.unrealised(value: $0, isInverse: instrument.kind.isInverse) })
        }
        let equity = try? account.equity(prices: prices, at: marketTime)
        return SessionReport(
            state: lifecycle.state, pauses: lifecycle.pauses.map(\.reason), equity: equity,
            startEquity: measures.startEquity,
            profit: measures.profit(at: equity),
            timeWeightedReturn: measures.returns.value, holdings: holdings,
            openOrders: core.engine.liveOrders.count { !$0.status.isFinal },
            links: links.map { link in
                SessionReport.Link(
                    name: link.settings.name, isUp: link.isUp,
                    latestTime: link.latestTime == .distantPast ? nil : link.latestTime)
            }, lastInstant: gate.lastInstant == .distantPast ? nil : gate.lastInstant, marketTime: marketTime,
            counters: counters, orders: core.engine.ordersSubmitted, fills: core.engine.fills.count,
            fees: core.engine.fills.reduce(.zero) { $0 + $1.fill.fee },
            funding: core.engine.funding.reduce(.zero) { $0 + $1.payment.amount }, roundTrips: roundTrips,
            measures: measures, fingerprint: core.engine.resultHash.text)
    }

    private var roundTrips: Int {
        var held = core.engine.account.description.instruments.map { _ in Int64(0) }
        var count = 0
        for record in core.engine.fills {
            let index = record.fill.instrument.index
            if instruments[index].kind == .spot {
                // Fees of purchases are taken out of what was bought: the sale is for less.
                if record.before != .zero, record.after == .zero { count += 1 }
                continue
            }
            let before = held[index]
            held[index] = before.addingReportingOverflow(record.fill.quantity.units).partialValue
            if before != 0, held[index] == 0 || (held[index] > 0) != (before > 0) { count += 1 }
        }
        return count
    }

    /// What a strategy holds and what protects it, in words; empty where it holds nothing.
    public func holdings(of strategy: Int) -> [String] {
        let account = core.engine.account
        let orders = core.engine.liveOrders.filter { $0.strategy.index == strategy && !$0.status.isFinal }
        return account.description.instruments.compactMap { instrument in
            let held = account.netQuantity(StrategyID(index: strategy), instrument.id)
            guard held.units != 0 else { return nil }
            let protection = orders.filter { order in
                order.request.instrument == instrument.id && order.request.isReduceOnly
                    && order.request.type.isTriggered
            }
            let texts = protection.map { order in
                let level: String
                switch order.request.trigger {
                case .price(let price): level = " at \(instrument.text(price))"
                case .fromEntry, nil: level = ""
                }
                return "\(order.request.type.words) for \(instrument.text(order.remaining))\(level)"
            }
            return "holds \(instrument.text(held)) \(instrument.symbol), "
                + (texts.isEmpty
                    ? "and nothing protects it: close it by hand, or with apus control kill --flatten"
                    : "protected by " + texts.joined(separator: " and "))
        }
    }

    /// Profit by day, strategy and instrument since the session began, oldest first, the present day last; what is held is
    /// worth its mark price.
    public mutating func dailyProfits() -> [DailyProfit] {
        core.dailyProfits(prices: market.map { $0.mark ?? $0.last })
    }

    public var instruments: [Instrument] { core.engine.account.description.instruments }
    /// What traded so far, oldest first.
    public var fills: [FillRecord] { core.engine.fills }
    public var account: Account { core.engine.account }
    /// Orders that are not over.
    public var liveOrders: [Order] { core.engine.liveOrders }
    /// Open orders at a venue that this session did not make.
    public func externalOrders(of venue: Int) -> [VenueOrderID] {
        links[venue].manager.externalOrders.map(\.venueOrder)
    }
    public func unresolvedOrders(of venue: Int) -> Int { links[venue].manager.unresolvedCount }
}

extension OrderType {
    fileprivate var words: String {
        switch self {
        case .market: "a market order"
        case .limit: "a limit"
        case .stop: "a stop"
        case .stopLimit: "a stop limit"
        case .takeProfit: "a target"
        case .takeProfitLimit: "a target with a limit"
        case .trailingStop: "a trailing stop"
        }
    }
}
