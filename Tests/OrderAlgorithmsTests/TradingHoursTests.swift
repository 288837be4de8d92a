// SPDX-License-Identifier: Apache-2.0

import OrderAlgorithms
import Testing
import Trading

@Suite struct TradingHoursTests {
    static let cases: [(String, String, Bool)] = [
        ("Mon-Fri 08:00-16:30", "2024-01-01T08:00", true),
        ("Mon-Fri 08:00-16:30", "2024-01-01T07:59", false),
        ("Mon-Fri 08:00-16:30", "2024-01-05T16:29", true),
        ("Mon-Fri 08:00-16:30", "2024-01-05T16:30", false),
        ("Mon-Fri 08:00-16:30", "2024-01-06T12:00", false),
        ("Sat,Sun 00:00-24:00", "2024-01-06T00:00", true),
        ("Sat,Sun 00:00-24:00", "2024-01-07T23:59", true),
        ("Sat,Sun 00:00-24:00", "2024-01-08T00:00", false),
        ("22:00-04:00", "2024-01-03T23:00", true),
        ("22:00-04:00", "2024-01-03T03:59", true),
        ("22:00-04:00", "2024-01-03T04:00", false),
        // Sunday night runs into Monday, over the end of the week.
        ("Sun 22:00-04:00", "2024-01-08T01:00", true),
        ("Sun 22:00-04:00", "2024-01-07T01:00", false),
        ("Fri-Mon 10:00-11:00", "2024-01-07T10:30", true),
        ("Fri-Mon 10:00-11:00", "2024-01-09T10:30", false),
        // 09:00 an hour east of Greenwich is 08:00 UTC, and Monday 00:30 there is Sunday 23:30.
        ("Mon-Fri 09:00-17:30 +01:00", "2024-01-01T08:00", true),
        ("Mon 00:00-01:00 +01:00", "2023-12-31T23:30", true),
        ("Mon-Fri 09:30-16:00 -05:00", "2024-01-01T14:29", false),
        ("Mon-Fri 09:30-16:00 -05:00", "2024-01-01T14:30", true),
        ("Thu 00:00-24:00", "1969-12-25T12:00", true),
    ]

    @Test(arguments: cases)
    func hours(text: String, time: String, isOpen: Bool) throws {
        #expect(try TradingHours(parsing: text).contains(Timestamp(parsing: time)) == isOpen)
    }

    @Test(arguments: [
        "", " ", "Mon-Fri", "08:00", "8:00-9:00", "Mon-Fri 08:00-24:01", "Mon-Fri 25:00-26:00", "Moo 08:00-09:00",
        "Mon-Tue-Wed 08:00-09:00", "Mon 08:00-09:00 01:00", "Mon 08:00-09:00 +15:00", "Mon 08:00-09:00 +01:00 x",
        "Mon,,Tue 08:00-09:00", "Mon 24:00-01:00", "Mon 08:60-09:00", "Mon 08:00-09:00-10:00", "\u{1F600}",
    ])
    func nonsenseIsRefused(text: String) {
        #expect(throws: TradingHoursError.self) { try TradingHours(parsing: text) }
    }
}
