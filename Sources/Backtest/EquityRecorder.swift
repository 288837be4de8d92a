// SPDX-License-Identifier: Apache-2.0

import Trading

/// Collects the equity curve in blocks: a bar costs two stores, and the arrays are asked once a block for room.
struct EquityRecorder: ~Copyable {
    private static let blockLength = 1024
    private var times = FixedBuffer<Int64>(count: blockLength) { _ in 0 }
    private var close = FixedBuffer<Double>(count: blockLength) { _ in 0 }
    private var count = 0
    private var curve = EquityCurve()

    /// - Parameter expected: The number of instants to make room for.
    init(expected: Int) { curve.reserve(expected) }

    @inline(__always)
    mutating func note(_ time: Int64, _ equity: Double) {
        if count == Self.blockLength { flush() }
        times[count] = time
        close[count] = equity
        count &+= 1
    }

    private mutating func flush() {
        times.append(first: count, to: &curve.times)
        close.append(first: count, to: &curve.close)
        count = 0
    }

    /// Everything noted; nothing is left here.
    mutating func finish() -> EquityCurve {
        flush()
        defer { curve = EquityCurve() }
        return curve
    }
}
