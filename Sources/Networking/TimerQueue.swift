// SPDX-License-Identifier: Apache-2.0

internal import Trading

/// Timers by due time; those of one time in the order they were made. A binary heap, from which a timer that was taken
/// back is dropped when its turn comes.
struct TimerQueue {
    private struct Entry {
        var due: TimeSpan
        var id: UInt64
    }
    private var heap: [Entry] = []
    private var pending: [UInt64: () -> Void] = [:]
    private var count: UInt64 = 0

    var next: TimeSpan? { heap.first?.due }

    mutating func add(at due: TimeSpan, _ work: @escaping () -> Void) -> LoopTimer {
        count += 1
        pending[count] = work
        heap.append(Entry(due: due, id: count))
        var child = heap.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return LoopTimer(id: count)
    }

    mutating func remove(_ timer: LoopTimer) {
        pending[timer.id] = nil
        // Timers that are set and taken back over and over must not pile up.
        guard heap.count > 64, heap.count > 2 * pending.count else { return }
        let kept = heap.filter { pending[$0.id] != nil }
        heap = kept.sorted { ($0.due, $0.id) < ($1.due, $1.id) }
    }

    mutating func takeDue(at now: TimeSpan) -> [LoopTimer] {
        var due: [LoopTimer] = []
        while let first = heap.first, first.due <= now || pending[first.id] == nil {
            if pending[first.id] != nil { due.append(LoopTimer(id: first.id)) }
            removeFirst()
        }
        return due
    }

    /// The work of a timer that was taken as due, unless another one took it back meanwhile.
    mutating func start(_ timer: LoopTimer) -> (() -> Void)? { pending.removeValue(forKey: timer.id) }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].due, heap[left].id) < (heap[right].due, heap[right].id)
    }
}
