// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Statistics

@Suite("Latency histogram") struct LatencyHistogramTests {
    /// Spread evenly over the orders of magnitude.
    private static func sample(_ seed: UInt64, _ count: Int) -> [Int64] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int64(state >> 1) >> Int64(state % 63)
        }
    }

    @Test("Percentiles are those of the sorted values, at most 1/64 higher", arguments: 1...40)
    func percentiles(seed: Int) {
        let values = Self.sample(UInt64(seed), 1 + seed * 37)
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        #expect(histogram.count == UInt64(values.count))
        #expect(histogram.minimum == sorted.first && histogram.maximum == sorted.last)
        for permille in [0, 10, 250, 500, 900, 990, 999, 1000] {
            let rank = max(1, (values.count * permille + 999) / 1000)
            let exact = sorted[rank - 1]
            let found = histogram.percentile(Double(permille) / 10) ?? -1
            #expect(found >= exact && Double(found - exact) <= Double(exact) / 64, "\(permille): \(found), \(exact)")
        }
        let mean = values.map(Double.init).reduce(0, +) / Double(values.count)
        #expect(abs((histogram.mean ?? 0) - mean) <= mean * 1e-9)
    }

    @Test("Values below 128 ns are exact")
    func exact() {
        for value in 0..<128 as Range<Int64> {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(5000)
            #expect(histogram.percentile(50) == value)
            #expect(histogram.count(atMost: value) == 1 && histogram.count(atMost: value - 1) == 0)
        }
    }

    @Test("Adding histograms up is the same as recording everything in one", arguments: 1...20)
    func merging(seed: Int) {
        let (first, second) = (Self.sample(UInt64(seed), 300), Self.sample(UInt64(seed) + 99, 200))
        var (left, right, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in first {
            left.record(value)
            both.record(value)
        }
        for value in second {
            right.record(value)
            both.record(value)
        }
        left.merge(right)
        #expect(left == both)
        left.merge(LatencyHistogram())
        #expect(left == both)
        var empty = LatencyHistogram()
        empty.merge(both)
        #expect(empty == both)
    }

    @Test("The extremes have buckets, and a clock that went back counts as nothing")
    func extremes() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(50) == nil && histogram.mean == nil && histogram.picture() == "no values")
        histogram.record(.max)
        histogram.record(-5)
        #expect(histogram.minimum == 0 && histogram.maximum == .max && histogram.percentile(100) == .max)
        for _ in 0..<3 { histogram.record(.max) }
        #expect(abs((histogram.mean ?? 0) - Double(Int64.max) * 0.8) < 1e4)
        #expect(histogram.picture().hasSuffix("5 values"))
    }

    @Test("The picture has a line for each step, which add up to all values")
    func picture() {
        var histogram = LatencyHistogram()
        for _ in 0..<3 { histogram.record(15_000) }
        for value in 0..<1200 { histogram.record(20_300 + Int64(value) * 20) }
        histogram.record(91_400)
        #expect(
            histogram.picture(width: 54) == """
                ≤   20 µs           3 █
                ≤   50 µs       1,200 ██████████████████████████████
                ≤  100 µs           1 █
                p50 32.5 µs   p90 41.9 µs   p99 44.5 µs   p99.9 44.5 µs   max 91.4 µs   1,204 values
                """)
    }

    @Test(
        "Durations have three digits and a unit",
        arguments: [
            (0, "0 ns"), (999, "999 ns"), (1_000, "1 µs"), (31_249, "31.2 µs"), (100_000, "100 µs"),
            (999_999, "999 µs"), (1_500_000, "1.5 ms"), (2_000_000_000, "2 s"),
        ] as [(Int64, String)])
    func text(nanoseconds: Int64, expected: String) { #expect(LatencyHistogram.text(nanoseconds) == expected) }
}
