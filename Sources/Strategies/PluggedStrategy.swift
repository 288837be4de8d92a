// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// A strategy's state with the functions that know its type: how the engine holds one.
///
/// Calling through `any Strategy` checks at each call whether the box of the value is shared, and reaches the value
/// through it. These functions hold no context and are compiled for the concrete type, because `Strategy.plugged()` is.
public struct PluggedStrategy: ~Copyable {
    // Safe: points to one initialised value of the type that the functions below were made for, freed in `deinit`.
    @usableFromInline let state: UnsafeMutableRawPointer
    @usableFromInline let bar: (UnsafeMutableRawPointer, Bar, inout StrategyContext) throws -> Void
    @usableFromInline let furtherBar: (UnsafeMutableRawPointer, Bar, SeriesHandle, inout StrategyContext) throws -> Void
    @usableFromInline let fill: (UnsafeMutableRawPointer, Fill, inout StrategyContext) throws -> Void
    @usableFromInline let order: (UnsafeMutableRawPointer, Order, inout StrategyContext) throws -> Void
    @usableFromInline let background:
        (UnsafeMutableRawPointer, BackgroundTaskID, BackgroundOutcome, inout StrategyContext) throws -> Void
    @usableFromInline let feature: (UnsafeMutableRawPointer, String, Bool, inout StrategyContext) -> Bool
    @usableFromInline let drawn: (UnsafeMutableRawPointer) -> [ChartSeries]
    @usableFromInline let destroy: (UnsafeMutableRawPointer) -> Void

    @inlinable @inline(__always)
    init<Concrete: Strategy>(_ strategy: consuming Concrete) {
        let pointer = UnsafeMutablePointer<Concrete>.allocate(capacity: 1)
        pointer.initialize(to: strategy)
        state = UnsafeMutableRawPointer(pointer)
        bar = { state, bar, context in
            try state.assumingMemoryBound(to: Concrete.self).pointee.onBar(bar, &context)
        }
        furtherBar = { state, bar, series, context in
            try state.assumingMemoryBound(to: Concrete.self).pointee.onBar(bar, of: series, &context)
        }
        fill = { state, fill, context in
            try state.assumingMemoryBound(to: Concrete.self).pointee.onFill(fill, &context)
        }
        order = { state, order, context in
            try state.assumingMemoryBound(to: Concrete.self).pointee.onOrder(order, &context)
        }
        background = { state, task, outcome, context in
            try state.assumingMemoryBound(to: Concrete.self).pointee.onBackground(task, outcome, &context)
        }
        feature = { state, name, isOn, context in
            state.assumingMemoryBound(to: Concrete.self).pointee.setFeature(name, isOn: isOn, &context)
        }
        drawn = { state in state.assumingMemoryBound(to: Concrete.self).pointee.charts }
        destroy = { state in
            let pointer = state.assumingMemoryBound(to: Concrete.self)
            pointer.deinitialize(count: 1)
            pointer.deallocate()
        }
    }

    deinit { destroy(state) }

    @inlinable
    package mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        try self.bar(state, bar, &context)
    }

    @inlinable
    package mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {
        try furtherBar(state, bar, series, &context)
    }

    @inlinable
    package mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws {
        try self.fill(state, fill, &context)
    }

    @inlinable
    package mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
    ) throws {
        try background(state, task, outcome, &context)
    }

    @inlinable
    package mutating func setFeature(_ name: String, isOn: Bool, _ context: inout StrategyContext) -> Bool {
        feature(state, name, isOn, &context)
    }

    package var charts: [ChartSeries] { drawn(state) }

    @inlinable
    package mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws {
        try self.order(state, order, &context)
    }
}

extension Strategy {
    /// The strategy as the engine holds it. Every strategy has this; there is no reason to write another.
    @inlinable
    public consuming func plugged() -> PluggedStrategy { PluggedStrategy(self) }
}
