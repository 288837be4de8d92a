// SPDX-License-Identifier: Apache-2.0

import Trading

/// The sum of weights in the last minute (or another window), never less than the true one.
///
/// Weights are kept in slots of a six-hundredth of the window, and a slot counts until its last instant has left the
/// window: the memory is bounded, and the sum is at most one slot's width too cautious.
struct WeightWindow: Hashable, Sendable {
    private struct Slot: Hashable {
        var number: Int64
        var weight: Int
    }
    private let window: TimeSpan
    private let slotWidth: Int64
    private var slots: [Slot] = []
    private(set) var sum = 0

    init(window: TimeSpan) {
        precondition(window > .zero, "a window must have a length")
        self.window = window
        slotWidth = max(1, window.nanoseconds / 600)
    }

    mutating func add(_ weight: Int, at now: TimeSpan) {
        guard weight > 0 else { return }
        sum += weight
        let number = max(now.nanoseconds / slotWidth, slots.last?.number ?? .min)
        if let last = slots.last, last.number == number {
            slots[slots.count - 1].weight += weight
        } else {
            slots.append(Slot(number: number, weight: weight))
        }
    }

    mutating func expire(at now: TimeSpan) {
        guard let first = slots.first, end(of: first) <= now else { return }
        let count = slots.prefix { end(of: $0) <= now }.count
        for slot in slots.prefix(count) { sum -= slot.weight }
        slots.removeFirst(count)
    }

    /// When the sum will have fallen to `sum - weight` or below by time alone; `nil` where it never holds so much.
    func whenFreed(_ weight: Int) -> TimeSpan? {
        var freed = 0
        for slot in slots {
            freed += slot.weight
            if freed >= weight { return end(of: slot) }
        }
        return nil
    }

    /// The weights by twelfths of the window, oldest first. Each is dated by its newest, so that together they count for as
    /// long as the single ones or a little longer.
    var parts: [(weight: Int, time: TimeSpan)] {
        var parts: [(weight: Int, time: TimeSpan)] = []
        var last: Int64?
        for slot in slots {
            let time = TimeSpan(nanoseconds: (slot.number + 1) * slotWidth)
            if slot.number / 50 == last {
                parts[parts.count - 1].weight += slot.weight
                parts[parts.count - 1].time = time
            } else {
                parts.append((slot.weight, time))
            }
            last = slot.number / 50
        }
        return parts
    }

    /// From then on all of it is more than a window ago.
    private func end(of slot: Slot) -> TimeSpan {
        TimeSpan(nanoseconds: (slot.number + 1) * slotWidth).later(by: window)
    }
}
