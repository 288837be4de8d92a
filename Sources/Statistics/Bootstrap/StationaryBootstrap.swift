// SPDX-License-Identifier: Apache-2.0

/// Resamples of a dependent series: blocks of random place and random, geometrically distributed length, joined until
/// the series is as long as it was; what runs past the end goes on at the beginning.
///
/// The same seed gives the same resamples, on every machine. Source: D. N. Politis and J. P. Romano, "The stationary
/// bootstrap", Journal of the American Statistical Association 89 (1994).
public struct StationaryBootstrap: Sendable {
    private let count: Int
    /// A new block begins where a random number is below this.
    private let threshold: UInt64
    private var state: UInt64

    /// - Parameters:
    ///   - count: Values of the series.
    ///   - blockLength: The expected length of a block; below 1 is 1: every value is drawn alone.
    public init(count: Int, blockLength: Double, seed: UInt64) {
        self.count = count
        let share = 1 / max(1, blockLength.isFinite ? blockLength : 1)
        threshold = share >= 1 ? .max : UInt64(share * 0x1p64)
        state = seed
    }

    /// Fills in the positions of the next resample.
    public mutating func draw(into positions: inout [Int]) {
        guard count > 0 else { return positions.removeAll() }
        if positions.count != count { positions = Array(repeating: 0, count: count) }
        var position = 0
        for index in 0..<count {
            if index == 0 || threshold == .max || random() < threshold {
                position = Int(random().multipliedFullWidth(by: UInt64(count)).high)
            } else {
                position += 1
                if position == count { position = 0 }
            }
            positions[index] = position
        }
    }

    /// SplitMix64. Source: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", 2014.
    private mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// How resampling is done.
public struct BootstrapSettings: Sendable, Hashable {
    public var resamples: Int
    /// The confidence of intervals, and one minus the level of tests: between 0.5 and 1.
    public var confidence: Double
    public var seed: UInt64
    /// With fewer days nothing is measured.
    public var minimumDays: Int

    public init(resamples: Int = 10_000, confidence: Double = 0.95, seed: UInt64 = 1, minimumDays: Int = 30) {
        self.resamples = max(100, resamples)
        self.confidence = confidence >= 0.5 && confidence < 1 ? confidence : 0.95
        self.seed = seed
        self.minimumDays = max(BlockLength.minimumCount, minimumDays)
    }
}

/// A measured value with the range that resampling gives it.
public struct RangedValue: Sendable, Equatable {
    public let value: Double
    public let low: Double
    public let high: Double

    /// - Parameter resampled: The same statistic on each resample, in any order; not finite ones are left out.
    init?(_ value: Double?, resampled: [Double], confidence: Double) {
        guard let value, value.isFinite else { return nil }
        let sorted = resampled.filter(\.isFinite).sorted()
        let tail = (1 - confidence) / 2
        // Where most resamples have no value, neither has the range.
        guard sorted.count * 2 > resampled.count, let low = quantile(ofSorted: sorted, tail),
            let high = quantile(ofSorted: sorted, 1 - tail)
        else { return nil }
        self.value = value
        self.low = low
        self.high = high
    }
}
