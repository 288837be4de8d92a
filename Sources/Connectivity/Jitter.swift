// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Random numbers for spreading waits, the same for the same seed on every machine: SplitMix64.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
public struct Jitter: Hashable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A span from `low` to `high`, both included; `low` where they are the wrong way round.
    public mutating func span(from low: TimeSpan, to high: TimeSpan) -> TimeSpan {
        guard high > low else { return low }
        let width = UInt64(bitPattern: high.nanoseconds &- low.nanoseconds)
        guard width < .max else { return TimeSpan(nanoseconds: Int64(bitPattern: next())) }
        let offset = (width + 1).multipliedFullWidth(by: next()).high
        return TimeSpan(nanoseconds: low.nanoseconds &+ Int64(bitPattern: offset))
    }
}
