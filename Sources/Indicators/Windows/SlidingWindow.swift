// SPDX-License-Identifier: Apache-2.0

/// The last `capacity` numbers, always readable as one stretch of memory, oldest first.
///
/// Each number is stored twice, `capacity` apart, so that the window never wraps. Memory is allocated once.
struct SlidingWindow: Sendable {
    let capacity: Int
    private var storage: [Double]
    /// Where the next number goes; once full, also where the oldest lies.
    private var position = 0
    private(set) var isFull = false

    init(capacity: Int) {
        self.capacity = capacity
        storage = [Double](repeating: 0, count: 2 * capacity)
    }

    /// Adds a number and returns the one that leaves, which is 0 until the window was full.
    mutating func push(_ value: Double) -> Double {
        let leaving = storage[position]
        storage[position] = value
        storage[position + capacity] = value
        position += 1
        if position == capacity {
            position = 0
            isFull = true
        }
        return leaving
    }

    /// The oldest number of a full window.
    var oldest: Double { storage[position] }

    /// The number pushed `age` pushes before the last one.
    func recent(_ age: Int) -> Double { storage[position + capacity - 1 - age] }

    /// The full window, oldest first.
    func withContents<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result {
        storage.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a window holds at least one number") }
            return body(base + position)
        }
    }
}

/// How many updates a rolling sum takes between two sums from scratch.
///
/// Each update rounds; starting afresh now and then bounds that error and forgets an outlier that passed. With at least
/// 512 updates between, and at least a window's length, it costs at most one more addition an update.
func refreshInterval(window: Int) -> Int { max(window, 512) }

/// The sum of `count` numbers less `origin` each, in four lanes, so that the incremental and the batch form add in the
/// same order.
@inline(__always)
func shiftedSum(_ values: UnsafePointer<Double>, _ count: Int, origin: Double) -> Double {
    var lanes = SIMD4<Double>(repeating: 0)
    var index = 0
    while index + 4 <= count {
        lanes += loadVector(values + index) - origin
        index += 4
    }
    var sum = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
    while index < count {
        sum += values[index] - origin
        index += 1
    }
    return sum
}

@inline(__always)
func loadVector(_ values: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(values).loadUnaligned(as: SIMD4<Double>.self)
}
