// SPDX-License-Identifier: Apache-2.0

/// Counts of durations in log-linear buckets: exact below 128 ns, at most 1/64 too high above. Recording allocates
/// nothing, and two histograms can be added up without a further error.
///
/// Source of the layout: G. Tene, HdrHistogram (2012): a power of two is divided into equal parts.
public struct LatencyHistogram: Sendable, Hashable {
    /// 64 parts to each power of two.
    private static let precisionBits = 6
    private static let bucketCount = (63 - precisionBits + 1) << precisionBits

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    public private(set) var count: UInt64 = 0
    /// In nanoseconds, exact, as is the least; `nil` while nothing was recorded.
    public private(set) var maximum: Int64?
    public private(set) var minimum: Int64?
    private var sum: UInt64 = 0
    private var sumOverflows: UInt64 = 0

    public init() {}

    /// - Parameter nanoseconds: A negative one, from a clock that went back, counts as 0.
    public mutating func record(_ nanoseconds: Int64) {
        let value = max(0, nanoseconds)
        counts[Self.bucket(UInt64(value))] += 1
        count += 1
        maximum = max(maximum ?? value, value)
        minimum = min(minimum ?? value, value)
        addToSum(UInt64(value), 0)
    }

    public mutating func merge(_ other: Self) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        maximum = other.maximum.map { max(maximum ?? $0, $0) } ?? maximum
        minimum = other.minimum.map { min(minimum ?? $0, $0) } ?? minimum
        addToSum(other.sum, other.sumOverflows)
    }

    private mutating func addToSum(_ low: UInt64, _ high: UInt64) {
        let (total, overflow) = sum.addingReportingOverflow(low)
        sum = total
        sumOverflows += high + (overflow ? 1 : 0)
    }

    /// In nanoseconds; `nil` while nothing was recorded.
    public var mean: Double? {
        count == 0 ? nil : (Double(sumOverflows) * 0x1p64 + Double(sum)) / Double(count)
    }

    /// The least duration that at least `percent` of 100 of all do not exceed, in nanoseconds: the true value, or at
    /// most 1/64 more.
    public func percentile(_ percent: Double) -> Int64? {
        guard let maximum, let minimum else { return nil }
        // A little less, so that 99.9 % of 1,000 is 999 and not, by rounding, one more.
        let rank = (Double(count) * min(max(percent, 0), 100) / 100 - 1e-6).rounded(.up)
        let wanted = min(count, max(1, UInt64(max(0, rank))))
        var seen: UInt64 = 0
        for (index, bucket) in counts.enumerated() where bucket > 0 {
            seen += bucket
            if seen >= wanted { return min(maximum, max(minimum, Int64(Self.highest(index)))) }
        }
        return maximum
    }

    /// How many are at most this long, counted by whole buckets: those in the bucket of `nanoseconds` are counted in.
    public func count(atMost nanoseconds: Int64) -> UInt64 {
        guard nanoseconds >= 0 else { return 0 }
        return counts[...Self.bucket(UInt64(nanoseconds))].reduce(0, +)
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= 1 << (precisionBits + 1) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let shift = exponent - precisionBits
        return shift << precisionBits + Int(value >> UInt64(shift))
    }

    /// The longest duration of a bucket.
    private static func highest(_ bucket: Int) -> UInt64 {
        guard bucket >= 1 << (precisionBits + 1) else { return UInt64(bucket) }
        let shift = bucket >> precisionBits - 1
        let lowest = UInt64(bucket - shift << precisionBits) << UInt64(shift)
        return lowest + (1 << UInt64(shift)) - 1
    }
}

extension LatencyHistogram {
    /// A picture for a terminal: a line for each step 1-2-5 between the shortest and the longest, and the percentiles.
    ///
    ///     ≤  20 µs     312 ████
    ///     ≤  50 µs   2,104 ██████████████████████████████
    ///     p50 31.2 µs   p90 44.0 µs   p99 61.5 µs   p99.9 88.1 µs   max 91.4 µs   2,416 values
    public func picture(width: Int = 80) -> String {
        guard let minimum, let maximum else { return "no values" }
        var steps: [Int64] = []
        var decade: Int64 = 1
        while decade <= Int64.max / 10 {
            steps += [decade, 2 * decade, 5 * decade].filter { $0 >= minimum }
            if let last = steps.last, last >= maximum { break }
            decade *= 10
        }
        if steps.last ?? -1 < maximum { steps.append(maximum) }
        if let end = steps.firstIndex(where: { $0 >= maximum }) { steps = Array(steps[...end]) }
        var rows: [(label: String, count: UInt64)] = []
        var before: UInt64 = 0
        for step in steps {
            let upTo = step >= maximum ? count : count(atMost: step)
            rows.append(("≤ \(Self.pad(Self.text(step), 7))", upTo - before))
            before = upTo
        }
        let most = rows.map(\.count).max() ?? 1
        let room = max(10, width - 24)
        let lines = rows.map { row -> String in
            let length = row.count == 0 ? 0 : max(1, Int(Double(room) * Double(row.count) / Double(most)))
            let line = "\(row.label) \(Self.pad(Self.grouped(row.count), 11)) \(String(repeating: "█", count: length))"
            return line.last == " " ? String(line.dropLast()) : line
        }
        let percentiles = [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9)].map { name, percent in
            "\(name) \(Self.text(percentile(percent) ?? 0))"
        }
        let summary = percentiles + ["max \(Self.text(maximum))", "\(Self.grouped(count)) values"]
        return (lines + [summary.joined(separator: "   ")]).joined(separator: "\n")
    }

    /// Three digits and a unit: `31.2 µs`.
    static func text(_ nanoseconds: Int64) -> String {
        let units: [(String, Int64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)]
        for (name, size) in units where nanoseconds >= size {
            let whole = nanoseconds / size
            let tenths = nanoseconds % size / (size / 10)
            return whole >= 100 || (tenths == 0 && nanoseconds % size == 0)
                ? "\(whole) \(name)" : "\(whole).\(tenths) \(name)"
        }
        return "\(nanoseconds) ns"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func grouped(_ number: UInt64) -> String {
        let digits = String(number)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}
