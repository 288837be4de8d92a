// SPDX-License-Identifier: Apache-2.0

import TestSupport

extension SeededRandom {
    mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
        low + (high - low) * Double(next() >> 11) * 0x1p-53
    }
}
