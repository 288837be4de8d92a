// SPDX-License-Identifier: Apache-2.0

import TestSupport

extension SeededRandom {
    mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
        low + (high - low) * Double(next() >> 11) * 0x1p-53
    }
    mutating func below(_ count: Int64) -> Int64 { Int64(next() % UInt64(count)) }
    mutating func between(_ low: Int64, _ high: Int64) -> Int64 { low + below(high - low + 1) }
    mutating func chance(_ percent: Int64) -> Bool { below(100) < percent }
}
