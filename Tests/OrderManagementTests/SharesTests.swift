// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import OrderManagement

@Suite struct SharesTests {
    @Test("Parts add up to the whole and none is more than what it is taken from", arguments: UInt64(0)..<200)
    func quantitiesAreConserved(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let holdings = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int64.random(in: 0...1000, using: &random)
        }
        let quantity = Int64.random(in: 0...4000, using: &random)
        let parts = Shares.split(quantity, among: holdings)
        #expect(parts.reduce(0, +) == min(quantity, holdings.reduce(0, +)))
        #expect(zip(parts, holdings).allSatisfy { $0 >= 0 && $0 <= $1 })
    }

    @Test("Amounts are divided exactly, opposite weights with opposite signs", arguments: UInt64(0)..<200)
    func amountsAreConserved(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var weights = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            Int128.random(in: -50...100, using: &random)
        }
        if weights.reduce(0, +) <= 0 { weights.append(1 - weights.reduce(0, +)) }
        let total = Int128.random(in: -(1 << 90)...(1 << 90), using: &random)
        let parts = Shares.split(total, by: weights)
        #expect(parts.reduce(0, +) == total)
        #expect(parts.indices.allSatisfy { weights[$0] != 0 || parts[$0] == 0 || weights.count == 1 })
    }
}
