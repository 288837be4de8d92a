// SPDX-License-Identifier: Apache-2.0

import Glibc
import Statistics
import Trading

/// From the arrival of an event in the process to the moment in which the bytes of a request with orders that it led to
/// were handed to the system: each request counts, the later ones of an instant with the time that those before them
/// took.
struct OrderLatency: Sendable {
    /// By the clock, in nanoseconds.
    private(set) var elapsed = LatencyHistogram()
    /// By the processor time of this thread alone: what `elapsed` has more of was spent waiting for a core or the disk.
    private(set) var computed = LatencyHistogram()
    /// Of `elapsed`, the first request of each event.
    private(set) var first = LatencyHistogram()

    private var cameAt = TimeSpan.zero
    private var processorTimeThen: Int64 = 0
    private var isFirst = true

    mutating func eventCame(at moment: TimeSpan) {
        cameAt = moment
        processorTimeThen = Self.processorTime
        isFirst = true
    }

    mutating func ordersWereSent(at moment: TimeSpan) {
        let span = moment.nanoseconds - cameAt.nanoseconds
        elapsed.record(span)
        computed.record(Self.processorTime - processorTimeThen)
        if isFirst { first.record(span) }
        isFirst = false
    }

    private static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
