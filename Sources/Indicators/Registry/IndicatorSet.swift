// SPDX-License-Identifier: Apache-2.0

/// The indicators of one symbol and timeframe, each distinct one computed once per bar.
///
/// Two that are equal in name and parameters share a place. Updating all of them costs one indirect call each, without
/// the reference counting that a loop over instances pays for (some 10 ns an instance). A set belongs to one thread.
public final class IndicatorSet {
    @usableFromInline
    struct Slot {
        @usableFromInline let plugged: PluggedIndicator
        @usableFromInline let outputs: UnsafeMutablePointer<IndicatorOutputs>
    }

    /// Keeps alive what the slots point to.
    public private(set) var instances: [IndicatorInstance] = []
    @usableFromInline var slots: UnsafeMutableBufferPointer<Slot>
    @usableFromInline var count = 0

    public init() {
        slots = .allocate(capacity: 4)
    }

    deinit {
        slots.extracting(..<count).deinitialize()
        slots.deallocate()
    }

    /// Adds an indicator, or finds the one with the same key, and returns its place.
    ///
    /// The place of an indicator that was found is the one with the longer history: the given instance is dropped.
    public func add(_ instance: IndicatorInstance) -> Int {
        let key = instance.key
        if let place = instances.firstIndex(where: { $0.key == key }) { return place }
        if count == slots.count {
            let larger = UnsafeMutableBufferPointer<Slot>.allocate(capacity: 2 * count)
            _ = larger.moveInitialize(fromContentsOf: slots.extracting(..<count))
            slots.deallocate()
            slots = larger
        }
        slots.initializeElement(at: count, to: Slot(plugged: instance.plugged, outputs: instance.outputs))
        instances.append(instance)
        count += 1
        return count - 1
    }

    /// Gives the next closed bar to every indicator.
    @inlinable
    public func update(_ bar: BarValues) {
        let slots = slots
        for place in 0..<count {
            slots[place].plugged.update(slots[place].plugged.state, bar, slots[place].outputs)
        }
    }

    /// The value of an output of the indicator at a place, NaN while it has none.
    @inlinable
    public func output(_ index: Int, at place: Int) -> Double {
        precondition(place >= 0 && place < count, "no indicator has this place")
        return slots[place].outputs.pointee[index]
    }
}
