// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
public import OrderAlgorithms
import Strategies
import Trading

extension Engine {
    /// The order algorithms that run and the last ones that are over, as they were started.
    public var algorithms: [AlgorithmStatus] { context.desk.statuses }
    /// What algorithms did lately and why, oldest first.
    public var algorithmNotes: [AlgorithmNote] { context.desk.notes }

    /// Algorithms that count otherwise than their orders traded, as far back as their actions are kept: there must be none.
    package var miscountedAlgorithms: [String] {
        let notes = context.desk.notes
        return context.desk.statuses.compactMap { status in
            // Linked orders count their entry alone.
            let linked: Set<OrderFeature> = [.bracket, .oneCancelsOther, .linkedMarkets]
            guard linked.isDisjoint(with: status.features),
                notes.count < AlgorithmDesk.notesKept || notes[0].time < status.startedAt
            else { return nil }
            let orders = Set(notes.filter { $0.algorithm == status.id && $0.order != .none }.map(\.order))
            var traded = fills.reduce(Int64(0)) {
                orders.contains($1.fill.order) ? $0 + $1.fill.quantity.magnitude.units : $0
            }
            for case .fill(let order, let quantity, _, _) in context.desk.events where orders.contains(order) {
                traded -= quantity.units
            }
            guard traded != status.progress.filled.units else { return nil }
            return "\(status.name) \(status.id) counts \(status.progress.filled.units) and traded \(traded)"
        }
    }

    /// A value from outside that conditions of order algorithms can compare with, from the next instant on; NaN takes it
    /// away.
    public mutating func setExternal(_ name: String, _ value: Double) { context.setExternal(name, value) }

    /// Keeps what happened to orders of algorithms until the next instant that acts.
    mutating func tellAlgorithms(of fill: Fill, isFinal: Bool) {
        context.desk.note(
            .fill(fill.order, quantity: fill.quantity.magnitude, price: fill.price, time: fill.time))
        if isFinal { context.desk.note(.end(fill.order, context.orders.status(of: fill.order) ?? .filled, .none)) }
    }
}

/// What a strategy's trade plan reads, besides what the strategy declares.
struct PlanDemands {
    /// The indicator that gives the distance of its trailing stop.
    private(set) var volatility: IndicatorHandle?
    private var series: Int?

    /// - Throws: Where the plan's numbers cannot be meant, or its bars cannot be built from the data.
    init(of specification: StrategySpecification, _ setup: inout StrategySetup) throws(StrategyError) {
        let plan = specification.plan
        if let defect = plan.execution.defect {
            throw .incompatible(strategy: specification.name, reason: "how its entries are worked: \(defect)")
        }
        if let timeframe = plan.execution.timeframe {
            series = try setup.series(specification.instrument, timeframe)
        }
        guard let trailing = plan.trailing, let multiple = trailing.atrMultiple else { return }
        guard multiple.isFinite, multiple > 0 else {
            throw .incompatible(strategy: specification.name, reason: "its trailing stop is \(multiple) times the ATR")
        }
        do {
            volatility = try setup.indicator("atr", ["period": .integer(trailing.atrPeriod)])
        } catch {
            throw .incompatible(strategy: specification.name, reason: "the ATR of its trailing stop: \(error)")
        }
    }

    /// The series whose bars are the instants of the strategy's algorithms: the one the plan names, or the shortest of
    /// its instrument among those it declared.
    func finest(of declared: [Int], _ builder: SeriesBuilder, _ instrument: InstrumentID) -> Int {
        if let series { return series }
        var best = declared[declared.count - 1]
        for candidate in declared where builder.series[candidate].instrument == instrument {
            if builder.series[candidate].timeframe.nanoseconds < builder.series[best].timeframe.nanoseconds {
                best = candidate
            }
        }
        return best
    }
}
