// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Trading

/// The only source of chance in a simulation: the same seed gives the same world.
struct Randomness: RandomNumberGenerator, Sendable {
    private var source: Jitter

    /// - Parameter purpose: Tells the sources of one seed apart, so that one that is used more leaves the others alone.
    init(seed: UInt64, purpose: UInt64) {
        var mixer = Jitter(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ purpose &* 0xD1B5_4A32_D192_ED03)
        source = Jitter(seed: mixer.next())
    }

    mutating func next() -> UInt64 { source.next() }

    /// At least 0, below 1.
    mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func happens(_ probability: Double) -> Bool { share() < probability }
    /// Below `count`, which is above zero.
    mutating func below(_ count: Int) -> Int { Int(UInt64(count).multipliedFullWidth(by: next()).high) }
    mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * share() }
    mutating func span(_ low: TimeSpan, _ high: TimeSpan) -> TimeSpan { source.span(from: low, to: high) }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// About normal with mean 0 and deviation 1: the sum of twelve uniform numbers.
    mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += share() }
        return sum
    }
}
