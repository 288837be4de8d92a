// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct TimestampTests {
    @Test func timesAndWeeksEqualPythonsCalendar() throws {
        let rows = try fixture("times.csv")
        #expect(rows.count > 400)
        let week = try Timeframe(parsing: "1w")
        for row in rows {
            let time = Timestamp(nanoseconds: try #require(Int64(row[0])))
            #expect(time.description == row[1])
            #expect(try Timestamp(parsing: row[1]) == time)
            #expect(try Timestamp(parsing: row[1].replacing("T", with: " ")) == time)
            #expect(week.openTime(containing: time).nanoseconds == Int64(row[2]), "\(row)")
            let day = try Timestamp(parsing: String(row[1].prefix(10)))
            #expect(Timeframe.oneDay.openTime(containing: time) == day)
            #expect(time.dayNumber * 86_400_000_000_000 == day.nanoseconds)
        }
    }

    @Test(arguments: [
        ("2024-02-29", 1_709_164_800), ("2024-02-29T12:30", 1_709_209_800), ("2024-02-29 12:30:15", 1_709_209_815),
        ("2024-02-29T12:30:15Z", 1_709_209_815),
    ])
    func shorterFormsAreRead(text: String, seconds: Int64) throws {
        #expect(try Timestamp(parsing: text) == Timestamp(seconds: seconds))
    }

    @Test(arguments: [
        "", "2024", "2024-02", "2023-02-29", "1900-02-29", "2024-02-30", "2024-13-01", "2024-00-01", "2024-01-00",
        "2024-04-31", "24-01-01", "2024-1-1", "2024-01-01T", "2024-01-01T24:00", "2024-01-01T12:60", "2024-01-01T1:00",
        "2024-01-01T12:00:60", "2024-01-01T12:00:00.", "2024-01-01T12:00:00.1234567890", "2024-01-01T12:00:00ZZ",
        "2024-01-01T12:00:00+01:00", "2024-01-01x12:00", " 2024-01-01", "2024-01-01 ", "1699-12-31", "2251-01-01",
        "９999-01-01", "２024-01-01", "-2024-01-01", "2024/01/01", "1704067200", "now",
    ])
    func whatIsNoTimeIsRefusedWithAnExample(text: String) {
        let error = #expect(throws: TimestampError.self) { try Timestamp(parsing: text) }
        #expect(error?.description.contains("2024-01-31") == true)
        #expect(error?.text == text)
    }

    @Test func endlessTextIsRefusedShortly() {
        let text = "2024-01-01T00:00:00." + String(repeating: "0", count: 2_000_000)
        let error = #expect(throws: TimestampError.self) { try Timestamp(parsing: text) }
        #expect((error?.description.utf8.count ?? 0) < 200)
    }

    @Test func theEndsOfTimeCanBeWritten() {
        #expect(Timestamp.distantPast.description == "1677-09-21T00:12:43.145224192Z")
        #expect(Timestamp.distantFuture.description == "2262-04-11T23:47:16.854775807Z")
        #expect(Timestamp(nanoseconds: -1).description == "1969-12-31T23:59:59.999999999Z")
        #expect(Timestamp(nanoseconds: 1).description == "1970-01-01T00:00:00.000000001Z")
    }

    @Test func everyDayOfFiveHundredYearsFollowsTheOneBefore() {
        var expected = (year: Int64(1700), month: Int64(1), day: Int64(1))
        let first = CivilDate(year: 1700, month: 1, day: 1).daysSinceEpoch
        for number in first..<first + 200_000 {
            let date = CivilDate(daysSinceEpoch: number)
            #expect(date == CivilDate(year: expected.year, month: expected.month, day: expected.day))
            #expect(date.daysSinceEpoch == number)
            guard date.daysSinceEpoch == number else { return }
            expected.day += 1
            if expected.day > CivilDate.days(inMonth: expected.month, year: expected.year) {
                (expected.month, expected.day) = (expected.month + 1, 1)
            }
            if expected.month > 12 { (expected.year, expected.month) = (expected.year + 1, 1) }
        }
    }
}

struct TimeframeTests {
    @Test(arguments: [
        ("1s", 1), ("90s", 90), ("1m", 60), ("015m", 900), ("4h", 14_400), ("1d", 86_400), ("1w", 604_800),
        ("366d", 31_622_400),
    ])
    func namesAreRead(text: String, seconds: Int64) throws {
        let timeframe = try Timeframe(parsing: text)
        #expect(timeframe.nanoseconds == seconds * 1_000_000_000)
        #expect(try Timeframe(parsing: timeframe.description) == timeframe)
    }

    @Test(arguments: [
        "", "m", "1", "0m", "-1m", "+1m", "1.5h", "1M", "1 m", "367d", "53w", "9999999w", "99999999999999999999m", "１m",
        "1é", "٣m", "60m1",
    ])
    func whatIsNoTimeframeIsRefusedWithExamples(text: String) {
        let error = #expect(throws: TimeframeError.self) { try Timeframe(parsing: text) }
        #expect(error?.description.contains("15m") == true)
    }

    @Test func endlessTextIsRefusedShortly() {
        let error = #expect(throws: TimeframeError.self) {
            try Timeframe(parsing: String(repeating: "1", count: 2_000_000) + "m")
        }
        #expect((error?.description.utf8.count ?? 0) < 300)
    }

    @Test func namesAreTheShortest() throws {
        for text in ["1m", "90s", "90m", "4h", "1d", "10d", "1w", "2w", "25h"] {
            #expect(try Timeframe(parsing: text).description == text)
        }
        #expect(try Timeframe(parsing: "60m").description == "1h")
        #expect(try Timeframe(parsing: "7d").description == "1w")
        #expect(Timeframe.standard == Timeframe.standard.sorted())
    }

    @Test(arguments: 0..<200)
    func aBarHoldsEveryTimeInItAndNoOther(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let text = ["1s", "7s", "1m", "90s", "1h", "5h", "1d", "3d", "1w", "2w", "366d"][seed % 11]
        let timeframe = try Timeframe(parsing: text)
        let length = timeframe.nanoseconds
        for _ in 0..<50 {
            let time = Timestamp(
                nanoseconds: Int64.random(in: -9_000_000_000_000_000_000...9_000_000_000_000_000_000, using: &random))
            let open = timeframe.openTime(containing: time)
            #expect(open <= time && time.nanoseconds - open.nanoseconds < length)
            #expect(timeframe.openTime(containing: open) == open)
            let last = Timestamp(nanoseconds: open.nanoseconds + length - 1)
            #expect(timeframe.openTime(containing: last) == open)
            #expect(timeframe.openTime(containing: Timestamp(nanoseconds: open.nanoseconds + length)) != open)
        }
    }

    @Test func barsAtTheEndsOfTimeDoNotOverflow() throws {
        for text in ["1s", "1m", "1d", "1w", "2w", "366d"] {
            let timeframe = try Timeframe(parsing: text)
            for time in [Timestamp.distantPast, Timestamp(nanoseconds: .min + 1), .distantFuture] {
                #expect(timeframe.openTime(containing: time) <= time)
            }
        }
    }

    @Test func longerBarsAreMadeOfWholeShorterOnes() throws {
        for (long, short, expected) in [
            ("1h", "1m", true), ("1w", "1d", true), ("1w", "8h", true), ("90s", "1m", false), ("1m", "1h", false),
            ("2w", "1w", true), ("21d", "3d", false), ("1w", "1w", true), ("3d", "1w", false),
        ] {
            #expect(try Timeframe(parsing: long).isMultiple(of: Timeframe(parsing: short)) == expected)
        }
    }
}
