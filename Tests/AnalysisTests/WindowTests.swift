// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Analysis

@Suite struct WindowTests {
    @Test("A history keeps the last values in order", arguments: UInt64(0)..<50)
    func history(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var history = History<Int>(capacity: random.integer(1...10))
        var all: [Int] = []
        #expect(history.last == nil)
        for number in 0..<random.integer(0...40) {
            history.append(number)
            all.append(number)
            let kept = Array(all.suffix(history.capacity))
            #expect(history.elements == kept)
            #expect(history.count == kept.count)
            #expect(history.last == number)
            #expect(history[0] == kept[0])
        }
    }

    @Test("A rank window forgets by number and by age, and ranks as the plain count does", arguments: UInt64(0)..<200)
    func ranks(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let capacity = random.integer(1...30)
        let span = random.integer(1...60)
        var window = RankWindow(capacity: capacity, span: .seconds(Int64(span)))
        #expect(window.percentileOfNewest.isNaN)
        var all: [(value: Double, time: Int)] = []
        var time = 0
        for _ in 0..<100 {
            time += random.integer(1...5)
            all.append((Double(random.integer(0...6)), time))
            window.push(all[all.count - 1].value, at: Timestamp(seconds: Int64(time)))
            let kept = all.filter { $0.time > time - span }.suffix(capacity).map(\.value)
            let newest = kept[kept.count - 1]
            let below = kept.count { $0 < newest }
            let equal = kept.count { $0 == newest }
            #expect(window.count == kept.count)
            #expect(agree(window.percentileOfNewest, 100 * (Double(below) + Double(equal) / 2) / Double(kept.count)))
        }
    }

    @Test(
        "Numbers in reasons are rounded to be read",
        arguments: [
            (27_163.456, "27163.5"), (1.234567, "1.23457"), (0.0000123456789, "0.0000123457"), (0, "0"), (-2.5, "-2.5"),
            (1e25, "1e+25"), (1e-30, "1e-30"), (.nan, "none"), (.infinity, "inf"), (100_000, "100000"), (5, "5"),
        ])
    func significantDigits(value: Double, expected: String) {
        #expect(text(value) == expected)
    }

    @Test(
        "Decimals in reasons are as many as asked for",
        arguments: [(0.7, 1, "0.7"), (1, 3, "1.000"), (-0.25, 1, "-0.3"), (1e300, 2, "1e+300"), (.nan, 2, "none")])
    func decimals(value: Double, decimals: Int, expected: String) {
        #expect(text(value, decimals: decimals) == expected)
    }
}
