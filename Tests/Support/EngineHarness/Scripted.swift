// SPDX-License-Identifier: Apache-2.0

package import Execution
package import Strategies
import Synchronization
package import Trading

/// A strategy made of closures, for tests.
package struct Scripted: Strategy {
    package static let definition = StrategyDefinition(name: "scripted", summary: "For tests.", parameters: [])

    package var prepare: @Sendable (inout StrategySetup) throws -> Void = { _ in }
    package var bar: @Sendable (Bar, inout StrategyContext) throws -> Void = { _, _ in }
    package var further: @Sendable (Bar, SeriesHandle, inout StrategyContext) throws -> Void = { _, _, _ in }
    package var fill: @Sendable (Fill, inout StrategyContext) throws -> Void = { _, _ in }
    package var order: @Sendable (Order, inout StrategyContext) throws -> Void = { _, _ in }

    package init(parameters: StrategyParameters) {}

    package init(bar: @escaping @Sendable (Bar, inout StrategyContext) throws -> Void = { _, _ in }) {
        self.bar = bar
    }

    package mutating func prepare(_ setup: inout StrategySetup) throws { try prepare(&setup) }
    package mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws { try self.bar(bar, &context) }
    package mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {
        try further(bar, series, &context)
    }
    package mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws {
        try self.fill(fill, &context)
    }
    package mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws {
        try self.order(order, &context)
    }
}

/// What closures that run inside the engine noted.
package final class Log<Entry: Sendable>: Sendable {
    private let storage = Mutex<[Entry]>([])
    package init() {}
    package func add(_ entry: Entry) { storage.withLock { $0.append(entry) } }
    package var entries: [Entry] { storage.withLock { $0 } }
}
