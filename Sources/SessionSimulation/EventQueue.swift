// SPDX-License-Identifier: Apache-2.0

import Trading

/// Events by their time, and in the order they were added where times are equal: a binary heap.
struct EventQueue<Event: Sendable>: Sendable {
    /// Small and without references: events stay where they are while the heap is put in order.
    private struct Entry: Sendable, BitwiseCopyable {
        let time: TimeSpan
        let number: UInt64
        let place: Int
        func isBefore(_ other: Entry) -> Bool {
            time < other.time || time == other.time && number < other.number
        }
    }

    private var heap: [Entry] = []
    private var events: [Event?] = []
    private var freePlaces: [Int] = []
    private var count: UInt64 = 0

    var nextTime: TimeSpan? { heap.first?.time }
    var pending: Int { heap.count }

    mutating func add(_ event: Event, at time: TimeSpan) {
        count += 1
        var place = events.count
        if let free = freePlaces.popLast() {
            place = free
            events[place] = event
        } else {
            events.append(event)
        }
        heap.append(Entry(time: time, number: count, place: place))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> (time: TimeSpan, event: Event)? {
        guard let first = heap.first else { return nil }
        guard let event = events[first.place].take() else { preconditionFailure("an entry of the heap has its event") }
        freePlaces.append(first.place)
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.time, event) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, event)
    }
}
