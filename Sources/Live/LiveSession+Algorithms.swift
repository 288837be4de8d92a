// SPDX-License-Identifier: Apache-2.0

import Engine
public import Execution
public import OrderAlgorithms
import Trading
import VenueInterface

extension SessionReport {
    /// An order algorithm that runs, and who carries it out at its venues.
    public struct Algorithm: Sendable {
        public let status: AlgorithmStatus
        public let strategy: String
        /// That of the venue that does least of it itself.
        public let support: FeatureSupport
    }

    /// An order that is not over, and who carries it out at its venue.
    public struct WorkingOrder: Sendable {
        public let order: Order
        public let strategy: String
        public let support: FeatureSupport
    }
}

extension LiveSession {
    /// What the venue of an instrument does itself; on paper that is the simulated one.
    func capabilities(of instrument: InstrumentID) -> VenueCapabilities {
        guard settings.mode != .paper, venueOf.indices.contains(instrument.index), venueOf[instrument.index] >= 0
        else { return .simulated }
        return links[venueOf[instrument.index]].connector.capabilities.on(instruments[instrument.index].kind)
    }

    /// The order algorithms that run, as they were started.
    public mutating func runningAlgorithms() -> [SessionReport.Algorithm] {
        let names = core.engine.strategyNames
        return core.engine.algorithms.filter { !$0.isFinished }.map { status in
            SessionReport.Algorithm(
                status: status, strategy: names[status.strategy.index],
                support: status.support { capabilities(of: $0) })
        }
    }

    /// The orders that are not over.
    public mutating func workingOrders() -> [SessionReport.WorkingOrder] {
        let names = core.engine.strategyNames
        return core.engine.liveOrders.filter { !$0.status.isFinal }.map { order in
            SessionReport.WorkingOrder(
                order: order,
                strategy: names.indices.contains(order.strategy.index) ? names[order.strategy.index] : "",
                support: capabilities(of: order.request.instrument).support(for: order.request.features))
        }
    }
}
