// SPDX-License-Identifier: Apache-2.0

/// Finds, for each place from `first + period - 1` on, the largest and smallest of a window, in chunks that stay in the
/// cache, and returns whether all of `first..<count` was finite.
///
/// The windows grow fourfold until they cover `period`: log4(period) passes of vector instructions, without a branch on
/// data. `body` gets a chunk's first index, its length, and the extremes.
@inline(__always)
func scanRange(
    high: UnsafePointer<Double>, low: UnsafePointer<Double>, from first: Int, _ count: Int, period: Int,
    _ body: (_ start: Int, _ length: Int, _ highest: UnsafePointer<Double>, _ lowest: UnsafePointer<Double>) -> Void
) -> Bool {
    guard count >= first + period else {
        let length = max(count - first, 0)
        return finiteProbe(high + first, length) + finiteProbe(low + first, length) == 0
    }
    let chunk = max(512, period)
    // Passes work on whole vectors and may read and write up to three numbers past the end.
    let size = chunk + period + 8
    let scratch = UnsafeMutablePointer<Double>.allocate(capacity: 2 * size)
    defer { scratch.deallocate() }
    scratch.initialize(repeating: 0, count: 2 * size)
    let highest = scratch
    let lowest = scratch + size
    var probe = 0.0
    var start = first + period - 1
    while start < count {
        let length = min(chunk, count - start)
        let wide = length + period - 1
        let highs = high + (start - period + 1)
        let lows = low + (start - period + 1)
        probe += finiteProbe(highs, wide) + finiteProbe(lows, wide)
        if period == 1 || start + length == count {
            // The first pass would read past the end of the input.
            highest.update(from: highs, count: wide)
            lowest.update(from: lows, count: wide)
            growWindows(highest, from: highest, wide, to: period) { larger($0, $1) }
            growWindows(lowest, from: lowest, wide, to: period) { smaller($0, $1) }
        } else {
            growWindows(highest, from: highs, wide, to: period) { larger($0, $1) }
            growWindows(lowest, from: lows, wide, to: period) { smaller($0, $1) }
        }
        body(start, length, highest, lowest)
        start += length
    }
    return probe == 0
}

/// Writes the extremes of the windows of `period` that begin at each of `wide` numbers of `source`.
///
/// Each pass joins windows of `covered` numbers at four places, from the front, so that it can happen in place.
/// Scalars written out in fours become one vector instruction for two; SIMD comparisons would be three.
@inline(__always)
private func growWindows(
    _ windows: UnsafeMutablePointer<Double>, from source: UnsafePointer<Double>, _ wide: Int, to period: Int,
    _ join: (Double, Double) -> Double
) {
    var covered = 1
    var source = source
    while covered < period {
        let next = min(4 * covered, period)
        let last = next - covered
        let second = min(covered, last)
        let third = min(2 * covered, last)
        let places = wide - next + 1
        var index = 0
        while index < places {
            let place = source + index
            let near = mapFour(loadFour(place), loadFour(place + second), join)
            let far = mapFour(loadFour(place + third), loadFour(place + last), join)
            storeFour(mapFour(near, far, join), windows + index)
            index &+= 4
        }
        covered = next
        source = UnsafePointer(windows)
    }
}

/// Writes `placeInRange` of each value, plus `shift`.
@inline(__always)
func fillPlaces(
    _ output: UnsafeMutablePointer<Double>, _ values: UnsafePointer<Double>, _ length: Int,
    _ highest: UnsafePointer<Double>, _ lowest: UnsafePointer<Double>, leastRange: Double, shift: Double = 0
) {
    var index = 0
    while index + 4 <= length {
        let low = loadVector(lowest + index)
        let range = loadVector(highest + index) - low
        let place = 100 * ((loadVector(values + index) - low) / range)
        storeVector(place.replacing(with: 50, where: range .<= leastRange) + shift, output + index)
        index &+= 4
    }
    while index < length {
        output[index] = placeInRange(values[index], low: lowest[index], high: highest[index], leastRange) + shift
        index += 1
    }
}

/// 0 at the low, 100 at the high, 50 where they are no more than `leastRange` apart.
@inline(__always)
func placeInRange(_ value: Double, low: Double, high: Double, _ leastRange: Double) -> Double {
    let place = 100 * ((value - low) / (high - low))
    return high - low > leastRange ? place : 50
}

/// How many numbers equal the one before them.
@inline(__always)
func equalNeighbours(_ values: UnsafePointer<Double>, _ count: Int) -> Int {
    var equal = SIMD4<Double>(repeating: 0)
    var index = 1
    while index &+ 4 <= count {
        let isEqual = loadVector(values + index) .== loadVector(values + index - 1)
        equal += SIMD4(repeating: 0).replacing(with: 1, where: isEqual)
        index &+= 4
    }
    var total = equal.sum()
    while index < count {
        total += values[index] == values[index &- 1] ? 1 : 0
        index &+= 1
    }
    return Int(total)
}

/// 0 if all numbers are finite and so is their sum, else NaN.
@inline(__always)
func finiteProbe(_ values: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD4<Double>(repeating: 0)
    var more = SIMD4<Double>(repeating: 0)
    var index = 0
    while index &+ 8 <= count {
        sums += loadVector(values + index)
        more += loadVector(values + index + 4)
        index &+= 8
    }
    var sum = (sums + more).sum()
    while index < count {
        sum += values[index]
        index &+= 1
    }
    return sum * 0
}

@inline(__always)
func storeVector(_ value: SIMD4<Double>, _ output: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(output).storeBytes(of: value, as: SIMD4<Double>.self)
}
