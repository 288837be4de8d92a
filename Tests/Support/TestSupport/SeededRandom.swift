// SPDX-License-Identifier: Apache-2.0

/// Numbers that look random and are the same for the same seed, on every run and machine: SplitMix64.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in 0..<1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    /// Uniform in 0..<bound, as nearly as bounds far below 2⁶⁴ can be.
    package mutating func below(_ bound: Int64) -> Int64 { Int64(next() % UInt64(bound)) }
    /// Both ends are possible.
    package mutating func between(_ low: Int64, _ high: Int64) -> Int64 { low + below(high - low + 1) }
    package mutating func chance(_ percent: Int64) -> Bool { below(100) < percent }
}
