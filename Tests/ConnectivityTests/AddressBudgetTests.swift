// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Testing
import Trading

@Suite struct AddressBudgetTests {
    @Test(arguments: [
        (used: UInt64(0), use: AddressBudget.Use.order, verdict: AddressBudget.Verdict.affordable),
        (used: 9_799, use: .order, verdict: .affordable),
        (used: 9_800, use: .order, verdict: .keptBack(left: 200)),
        (used: 9_999, use: .protective, verdict: .affordable),
        (used: 10_000, use: .cancel, verdict: .affordable),
        (used: 19_999, use: .cancel, verdict: .affordable),
        (used: 10_000, use: .protective, verdict: .affordable),
        (used: 10_000, use: .order, verdict: .affordable),
        (used: .max, use: .cancel, verdict: .affordable),
    ])
    func theLastOnesAreForWhatProtects(used: UInt64, use: AddressBudget.Use, verdict: AddressBudget.Verdict) {
        var budget = AddressBudget()
        _ = budget.update(used: used, cap: 10_000)
        #expect(budget.verdict(on: use, count: 1, at: .zero) == verdict)
    }

    @Test("When all are used up one passes in ten seconds, and cancels have a limit of their own")
    func trickle() {
        var budget = AddressBudget()
        _ = budget.update(used: 10_000, cap: 10_000)
        #expect(budget.sent(1, at: .seconds(100)) == nil)
        #expect(budget.verdict(on: .protective, count: 1, at: .seconds(109)) == .notBefore(.seconds(110)))
        #expect(budget.verdict(on: .order, count: 1, at: .seconds(110)) == .affordable)
        #expect(budget.verdict(on: .cancel, count: 5, at: .seconds(101)) == .affordable)
        _ = budget.update(used: 20_000, cap: 10_000)
        #expect(budget.verdict(on: .cancel, count: 1, at: .seconds(101)) == .notBefore(.seconds(110)))
        _ = budget.update(used: 310_000, cap: 210_000)
        #expect(budget.verdict(on: .cancel, count: 1, at: .seconds(101)) == .notBefore(.seconds(110)))
        _ = budget.update(used: 309_999, cap: 210_000)
        #expect(budget.verdict(on: .cancel, count: 1, at: .seconds(101)) == .affordable)
    }

    @Test("Trading earns one for each whole unit, and fractions add up")
    func earning() {
        var budget = AddressBudget()
        budget.traded(Amount(units: 10_600_000_000_000_000_000))
        #expect(budget.cap == 10_010)
        budget.traded(Amount(units: -400_000_000_000_000_000))
        #expect(budget.cap == 10_011)
        budget.traded(Amount(units: .min))
        #expect(budget.cap > 10_011)
        _ = budget.update(used: .max, cap: .max)
        budget.traded(Amount(whole: 5))
        #expect(budget.cap == .max)
        #expect(budget.verdict(on: .order, count: .max, at: .zero) == .affordable)
    }

    @Test func eachThresholdIsSaidOnce() {
        var budget = AddressBudget()
        var said: [UInt64] = []
        for _ in 0..<103 {
            if let share = budget.sent(100, at: .zero) { said.append(share) }
        }
        #expect(said == [80, 95, 100])
        #expect(budget.update(used: 0, cap: 10_000) == nil)
        #expect(budget.sent(9_600, at: .zero) == 95)
        #expect(budget.update(used: 0, cap: 0) == 100)
    }
}
