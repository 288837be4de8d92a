// SPDX-License-Identifier: Apache-2.0

import Adaptive
import TestSupport
import Testing
import Trading

@Suite("How a position is divided among profit levels")
struct ExitLegsTests {
    static let thirds = [
        ExitLevel(distance: 1.5, share: Rate(units: 330_000_000)),
        ExitLevel(distance: 3, share: Rate(units: 330_000_000)),
        ExitLevel(distance: 5, share: Rate(units: 340_000_000)),
    ]

    struct Example: Sendable {
        let quantity: Int64
        let lot: Int64
        let minimum: Int64
        let legs: [ExitLeg]
        let why: String
    }

    static func leg(_ level: Int, _ quantity: Int64, merged: Int = 0) -> ExitLeg {
        ExitLeg(level: level, quantity: Quantity(units: quantity), mergedLevels: merged)
    }

    @Test(
        "by example",
        arguments: [
            Example(
                quantity: 1000, lot: 1, minimum: 1, legs: [leg(0, 330), leg(1, 330), leg(2, 340)], why: "33, 33, rest"),
            Example(
                quantity: 1000, lot: 100, minimum: 1, legs: [leg(0, 300), leg(1, 300), leg(2, 400)],
                why: "what a lot cuts off goes on to the next"),
            Example(
                quantity: 1000, lot: 1, minimum: 400, legs: [leg(2, 1000, merged: 2)],
                why: "330 is too small; 660 would leave 340, too small as well"),
            Example(
                quantity: 1000, lot: 1, minimum: 335, legs: [leg(1, 660, merged: 1), leg(2, 340)],
                why: "the first part is too small and goes with the second"),
            Example(quantity: 1000, lot: 1, minimum: 2000, legs: [leg(2, 1000, merged: 2)], why: "the whole is small"),
            Example(quantity: 1, lot: 1, minimum: 1, legs: [leg(2, 1, merged: 2)], why: "one unit cannot be divided"),
            Example(quantity: 0, lot: 1, minimum: 1, legs: [], why: "nothing to divide"),
        ])
    func examples(_ example: Example) {
        let legs = ExitLeg.divide(
            Quantity(units: example.quantity), among: Self.thirds, lot: example.lot,
            minimum: Array(repeating: example.minimum, count: 3))
        #expect(legs == example.legs, Comment(rawValue: example.why))
    }

    @Test("PRP 19: parts sum to the position, each level once, never more than the position", arguments: 0..<300)
    func sums(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let count = 1 + Int.random(in: 0..<5, using: &random)
        var left: Int64 = 1_000_000_000
        let levels = (0..<count).map { index -> ExitLevel in
            let share = Int64(Int.random(in: 0..<(Int(left) + 1), using: &random))
            left -= share
            return ExitLevel(distance: Double(index + 1), share: Rate(units: share))
        }
        let lot = Int64(1 + Int.random(in: 0..<50, using: &random))
        let quantity = lot * Int64(Int.random(in: 0..<100_000, using: &random))
        let minimum = levels.map { _ in Int64(Int.random(in: 0..<20_000, using: &random)) }
        let legs = ExitLeg.divide(Quantity(units: quantity), among: levels, lot: lot, minimum: minimum)
        #expect(legs.reduce(0) { $0 + $1.quantity.units } == quantity)
        #expect(Set(legs.map(\.level)).count == legs.count)
        #expect(legs.map(\.level) == legs.map(\.level).sorted())
        for leg in legs {
            #expect(leg.quantity.units > 0 && leg.quantity.units % lot == 0)
            if leg.level < count - 1 { #expect(leg.quantity.units >= minimum[leg.level]) }
        }
        // What a leg leaves is nothing, or enough to be traded at that level.
        var rest = quantity
        for leg in legs {
            rest -= leg.quantity.units
            #expect(rest == 0 || rest >= minimum[leg.level])
        }
    }
}
