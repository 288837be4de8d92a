// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct NumbersTests {
    @Test func productsAndQuotientsEqualExactFractions() throws {
        let rows = try fixture("shares.csv")
        #expect(rows.count == 800)
        for row in rows {
            let value = try #require(Int128(row[0]))
            let factor = try #require(Int128(row[1]))
            let divisor = try #require(Int128(row[2]))
            #expect(value.multiplied(by: factor, dividedBy: divisor) == Int128(row[3]), "\(row)")
        }
    }

    @Test func halvesGoToTheEvenNeighbour() {
        for (value, divisor, expected) in [
            (5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 2, 0), (-1, 2, 0), (3, 2, 2), (4, 3, 1), (5, 3, 2),
            (-4, 3, -1), (-5, 3, -2),
        ] as [(Int128, Int128, Int128)] {
            #expect(value.dividedRoundingHalfToEven(by: divisor) == expected)
        }
        #expect(Int128.min.dividedRoundingHalfToEven(by: 1) == .min)
        #expect(Int128.max.dividedRoundingHalfToEven(by: .max) == 1)
        #expect(Int128.min.multiplied(by: -1, dividedBy: 1) == nil)
        #expect(Int128.max.multiplied(by: .max, dividedBy: .max) == .max)
        #expect(Int128.max.multiplied(by: 2, dividedBy: 1) == nil)
    }

    @Test(arguments: [
        ("100", "0.0005", "0.05"), ("-100", "0.0005", "-0.05"), ("100", "-0.00025", "-0.025"),
        ("0.000000000000000001", "0.5", "0"), ("0.000000000000000003", "0.5", "0.000000000000000002"),
        ("0.000000000000000005", "0.5", "0.000000000000000002"),
        // 8.5 × 10^19 × 2 is more than the 128 bits of the product before the division.
        ("85000000000000000000", "2", "170000000000000000000"),
        ("100000000000000000000", "0.999999999", "99999999900000000000"),
    ])
    func aRateIsTakenOfAnAmountAndRoundedOnce(amount: String, rate: String, expected: String) throws {
        let result = try Rate(parsing: rate).of(Amount(parsing: amount))
        #expect(try result == Amount(parsing: expected))
    }

    @Test func aRateOfAnAmountThatCannotBeHeldIsNil() throws {
        #expect(try Rate(parsing: "2").of(Amount(parsing: "100000000000000000000")) == nil)
    }

    @Test func theApproximationIsTheNearestDoubleButForItsLastBit() throws {
        for text in ["0", "1", "-1", "0.1", "123456.789", "-99999999999.999999999999999999", "170000000000000000000"] {
            let value = try #require(Double(text))
            let approximation = try Amount(parsing: text).approximation
            #expect(abs(approximation - value) <= value.ulp, "\(text)")
        }
    }

    @Test func amountsAndRatesAreWrittenAsTheyAreRead() throws {
        for text in ["0", "-0.000000000000000001", "170141183460469231731.687303715884105727"] {
            #expect(try Amount(parsing: text).description == text)
        }
        #expect(try Rate(parsing: "-0.00025").description == "-0.00025")
        #expect(throws: DecimalError.self) { try Rate(parsing: "0.0000000001") }
        #expect(throws: DecimalError.self) { try Amount(parsing: "170141183460469231731.687303715884105728") }
        #expect(Amount(whole: -3).description == "-3")
    }

    @Test(arguments: 0..<200)
    func amountsAddUpLikeIntegers(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var sum = Amount.zero
        var reference: (high: Int64, low: Int64) = (0, 0)  // in 10^-9 and what is below
        for _ in 0..<50 {
            let high = Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)
            let low = Int64.random(in: 0..<1_000_000_000, using: &random)
            sum += Amount(units: Int128(high) * 1_000_000_000 + Int128(low))
            reference.high += high
            reference.low += low
            reference.high += reference.low / 1_000_000_000
            reference.low %= 1_000_000_000
        }
        #expect(sum.units == Int128(reference.high) * 1_000_000_000 + Int128(reference.low))
        #expect((-sum).magnitude == sum.magnitude)
        #expect((sum - sum) == .zero)
    }

    @Test func aFillIsSmall() {
        #expect(MemoryLayout<Fill>.size == 64)
        #expect(MemoryLayout<LedgerEntry>.size <= 64)
    }
}
