// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Returns an array of `count` numbers that `fill` writes, every one of them.
///
/// A long array is offered huge pages: faulting in 4 KiB pages one by one costs more than most indicators.
@inline(__always)
func makeSeries(_ count: Int, _ fill: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
    guard count > 0 else { return [] }
    return [Double](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        guard let base = buffer.baseAddress else { return }
        offerHugePages(base, count)
        fill(base)
        initializedCount = count
    }
}

func offerHugePages(_ base: UnsafeMutablePointer<Double>, _ count: Int) {
    let bytes = count * MemoryLayout<Double>.stride
    guard bytes >= 1 << 22 else { return }
    let page = 4096
    let start = (UInt(bitPattern: base) + UInt(page - 1)) & ~UInt(page - 1)
    let end = (UInt(bitPattern: base) + UInt(bytes)) & ~UInt(page - 1)
    // Advice only: when the kernel declines, the memory is as usable as before.
    _ = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
}

@inline(__always)
func fillWithNaN(_ output: UnsafeMutablePointer<Double>, _ count: Int) {
    output.update(repeating: .nan, count: max(count, 0))
}

extension Span where Element == Double {
    /// Calls `body` with the address of the first number; not called for an empty span.
    @inline(__always)
    func withUnsafePointer(_ body: (UnsafePointer<Double>) -> Void) {
        withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress, !buffer.isEmpty { body(base) }
        }
    }

    /// Whether every number is finite.
    func isAllFinite() -> Bool {
        var probe = 0.0
        withUnsafePointer { probe = finiteProbe($0, count) }
        return probe == 0
    }
}

/// As `makeSeries` for two arrays of one length.
@inline(__always)
func makeTwoSeries(
    _ count: Int, _ fill: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void
) -> ([Double], [Double]) {
    var second: [Double] = []
    let first = makeSeries(count) { one in second = makeSeries(count) { two in fill(one, two) } }
    return (first, second)
}

/// As `makeSeries` for three arrays of one length.
@inline(__always)
func makeThreeSeries(
    _ count: Int,
    _ fill: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void
) -> ([Double], [Double], [Double]) {
    var second: [Double] = []
    var third: [Double] = []
    let first = makeSeries(count) { one in
        (second, third) = makeTwoSeries(count) { two, three in fill(one, two, three) }
    }
    return (first, second, third)
}

/// Returns an array with the result of each index in order.
@inline(__always)
func mapIndices(_ count: Int, _ value: (Int) -> Double) -> [Double] {
    makeSeries(count) { output in
        for index in 0..<count { output[index] = value(index) }
    }
}
