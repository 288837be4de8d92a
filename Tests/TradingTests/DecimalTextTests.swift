// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct DecimalTextTests {
    @Test(arguments: [
        ("0", 0, 0), ("-0", 2, 0), ("+1.50", 2, 150), ("-12.5", 1, -125), (".5", 1, 5), ("5.", 1, 50),
        ("00012.30", 2, 1230), ("1e3", 0, 1000), ("1E+3", 0, 1000), ("1.5e-1", 2, 15), ("100e-2", 0, 1),
        ("0e64", 0, 0), ("0.000", 0, 0), ("9223372036854775807", 0, Int64.max),
        ("-92233720368547758.07", 2, -Int64.max), ("0.0000000000000000000000000000000e5", 3, 0),
    ])
    func textIsReadExactly(text: String, decimals: Int, expected: Int64) throws {
        #expect(try DecimalText.parse(text, decimals: decimals, as: Int64.self) == expected)
    }

    @Test(arguments: [
        "", "-", "+", ".", "-.", "1.2.3", "1,5", "--1", "+-1", "0x10", "1e", "1e+", "e5", "1e1.5", "1e5e5", "1e65",
        "1e-65", "1e-9223372036854775808", "1e9223372036854775807", "1e99999999999999999999", "nan", "inf", " 1", "1 ",
        "1\n", "١٢٣", "１２", "1e٣", "1_000", "1\u{0}", "1\u{301}", "½", "−1",
    ])
    func whatIsNoDecimalNumberIsRefused(text: String) {
        #expect(throws: DecimalError.notANumber(text: text)) {
            try DecimalText.parse(text, decimals: 2, as: Int64.self)
        }
        #expect(throws: DecimalError.notANumber(text: text)) { try Amount(parsing: text) }
        #expect(DecimalText.decimalsNeeded(by: text) == nil)
    }

    @Test(
        "A computed number is rounded half away from zero, and never shows digits that it does not have",
        arguments: [
            (0.7, 2, 0, "0.7"), (0.7, 2, 2, "0.70"), (-0.25, 1, 1, "-0.3"), (0.25, 1, 1, "0.3"), (-0.001, 2, 2, "0.00"),
            (1234.5, 0, 0, "1235"), (0.0005, 3, 0, "0.001"), (9e15, 0, 0, "9000000000000000"), (1e16, 0, 0, "1e+16"),
            (1e16, 1, 1, "1e+16"), (.infinity, 2, 2, "inf"), (-.infinity, 0, 0, "-inf"), (.nan, 3, 0, "none"),
            (0, 18, 0, "0"), (.greatestFiniteMagnitude, 18, 0, "1.7976931348623157e+308"),
        ])
    func numbersForPeople(value: Double, decimals: Int, minimum: Int, expected: String) {
        #expect(DecimalText.rounded(value, decimals: decimals, minimumDecimals: minimum) == expected)
    }

    @Test(arguments: [("0.001", 2), ("1e-3", 2), ("1.5", 0), ("-1.23", 1), ("0.0000000000000000001", 18)])
    func digitsBelowTheScaleAreRefusedRatherThanRounded(text: String, decimals: Int) {
        #expect(throws: DecimalError.tooManyDecimals(text: text, allowed: decimals)) {
            try DecimalText.parse(text, decimals: decimals, as: Int128.self)
        }
    }

    @Test(arguments: ["9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1e19", "1e64"])
    func whatDoesNotFitIsRefused(text: String) {
        #expect(throws: DecimalError.outOfRange(text: text)) {
            try DecimalText.parse(text, decimals: 0, as: Int64.self)
        }
    }

    /// Read, these would be zero or no number at all: that they are too long is known from their length alone.
    @Test(arguments: ["9", "0", "0.", "-", "\u{301}", "٣", "\n"])
    func endlessTextIsRefusedUnread(unit: String) {
        let text = String(repeating: unit, count: 2_000_000)
        let error = #expect(throws: DecimalError.self) { try DecimalText.parse(text, decimals: 2, as: Int64.self) }
        guard case .outOfRange(let kept)? = error else {
            Issue.record("not refused for its length: \(unit)")
            return
        }
        #expect(kept.utf8.count < 200)
        #expect((error?.description.utf8.count ?? 0) < 300)
    }

    @Test func theLongestNumberIsReadAndOneMoreIsNot() throws {
        let zeros = String(repeating: "0", count: DecimalText.maximumLength - 1)
        #expect(try DecimalText.parse(zeros + "7", decimals: 0, as: Int64.self) == 7)
        #expect(throws: DecimalError.self) { try DecimalText.parse(zeros + "07", decimals: 0, as: Int64.self) }
    }

    @Test func messagesStayOneShortLine() {
        let error = DecimalError.notANumber(text: "1\n2\u{2028}3\u{7}" + String(repeating: "é", count: 1000))
        #expect("\(error)".split(whereSeparator: \.isNewline).count == 1)
        #expect("\(error)".count < 160)
    }

    @Test(arguments: 0..<300)
    func everyIntegerSurvivesARoundTripThroughText(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let shift = Int.random(in: 0...63, using: &random)
        let units = max(Int64(bitPattern: random.next()) >> shift, -Int64.max)
        let wide = Int128(units) * Int128(Int64(bitPattern: random.next()) >> Int.random(in: 0...63, using: &random))
        for decimals in [0, 1, 2, 8, 17, 18] {
            let text = DecimalText.format(units, decimals: decimals)
            #expect(try DecimalText.parse(text, decimals: decimals, as: Int64.self) == units)
            #expect(text == reference(units: Int128(units), decimals: decimals))
            let wideText = DecimalText.format(wide, decimals: decimals)
            #expect(try DecimalText.parse(wideText, decimals: decimals, as: Int128.self) == wide)
            #expect(wideText == reference(units: wide, decimals: decimals))
            let needed = try #require(DecimalText.decimalsNeeded(by: text))
            #expect(needed == (text.split(separator: ".").count == 2 ? text.split(separator: ".")[1].count : 0))
            let padded = DecimalText.format(units, decimals: decimals, minimumDecimals: min(decimals, 2))
            #expect(try DecimalText.parse(padded, decimals: decimals, as: Int64.self) == units)
        }
    }

    /// Long hand: digits one by one from the right.
    private func reference(units: Int128, decimals: Int) -> String {
        var rest = units.magnitude
        var digits: [Character] = []
        while rest > 0 || digits.count <= decimals {
            digits.append(Character("\(rest % 10)"))
            rest /= 10
            if digits.count == decimals { digits.append(".") }
        }
        if digits.last == "." { digits.append("0") }
        var text = String(digits.reversed())
        if decimals == 0 { text = String(digits.filter { $0 != "." }.reversed()) }
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return (units < 0 ? "-" : "") + text
    }

    @Test func formattingKnowsTheEndsOfTheRange() {
        #expect(DecimalText.format(Int64.min, decimals: 0) == "-9223372036854775808")
        #expect(DecimalText.format(Int64.min, decimals: 18) == "-9.223372036854775808")
        #expect(DecimalText.format(5, decimals: 3, minimumDecimals: 2) == "0.005")
        #expect(DecimalText.format(100, decimals: 2, minimumDecimals: 2) == "1.00")
        #expect(DecimalText.format(-1, decimals: 18) == "-0.000000000000000001")
    }
}
