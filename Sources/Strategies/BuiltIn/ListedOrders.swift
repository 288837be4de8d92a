// SPDX-License-Identifier: Apache-2.0

public import OrderAlgorithms
public import Trading

/// Places the orders that somebody listed, each once: what configuration says under `orders`.
///
/// They begin with the first bar at which orders may be sent, those with a time or a condition to wait for it. Nothing
/// is waited for besides: an indicator of a condition that has no value yet leaves the condition undecided.
public struct ListedOrders: Strategy {
    public static let definition = StrategyDefinition(
        name: "orders", summary: "Places the orders that are listed under its 'orders', each once.", parameters: [],
        sizesItsOrders: true)

    /// An order, a group, or whatever else an algorithm works.
    public struct Listed: Sendable {
        public let name: String
        /// Declares what its condition reads.
        public let make: @Sendable (inout StrategySetup) throws -> any OrderAlgorithm

        public init(name: String, make: @escaping @Sendable (inout StrategySetup) throws -> any OrderAlgorithm) {
            self.name = name
            self.make = make
        }
    }

    private let listed: [Listed]
    private var waiting: [(name: String, algorithm: any OrderAlgorithm)] = []

    /// Without orders it does nothing.
    public init(parameters: StrategyParameters) { listed = [] }

    /// - Parameter listed: In the order in which they are placed where they begin at one instant.
    public init(_ listed: [Listed]) { self.listed = listed }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        setup.startImmediately()
        for order in listed { waiting.append((order.name, try order.make(&setup))) }
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        guard !waiting.isEmpty, context.isActing else { return }
        for order in waiting { context.start(order.algorithm, label: order.name) }
        waiting.removeAll()
    }
}
