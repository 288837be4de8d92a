// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import TestSupport
import Testing
import Trading

@Suite("Files of series from outside")
struct ExternalReaderTests {
    let folder = TemporaryFolder()

    private func read(
        _ text: String, _ options: ExternalReadOptions = ExternalReadOptions(), as name: String = "outside.csv"
    ) throws -> ExternalImport {
        try ExternalReader.read(path: folder.write(text, as: name), options: options)
    }

    private static let expected = [
        ExternalObservation(
            valueTime: Timestamp(seconds: 1_704_067_200), knownAt: Timestamp(seconds: 1_704_070_800), value: 26.5),
        ExternalObservation(
            valueTime: Timestamp(seconds: 1_704_067_200), knownAt: Timestamp(seconds: 1_704_074_400), value: -3),
    ]

    @Test(
        "The same in every way of writing it",
        arguments: [
            "value_time,known_at,value\n1704067200,1704070800,26.5\n1704067200,1704074400,-3\n",
            "value_time,known_at,value\r\n1704067200,1704074400,-3\r\n\r\n1704067200,1704070800,26.5",
            "Known At;Value;Timestamp (ms);note\n2024-01-01T01:00:00Z;26.5;1704067200000;a\n"
                + "2024-01-01 02:00;-3e0;1704067200000;\"b;c\"\n",
            "published_at\ttime_utc\tv\n1704070800\t2024-01-01\t2.65E1\n1704074400\t2024-01-01\t-3\n",
            "{\"value_time\": 1704067200, \"known_at\": \"2024-01-01T01:00:00Z\", \"value\": 26.5}\n"
                + "{\"value\": \"-3\", \"known_at\": 1704074400000, \"date\": \"2024-01-01\"}\n",
        ])
    func forms(text: String) throws {
        let found = try read(text)
        #expect(found.series.observations == Self.expected)
        #expect(found.rowsRead == 2 && found.valueless == 0 && found.repeated == 0)
    }

    @Test(
        "The table of Documentation/external-data.md",
        arguments: [
            ("2024-01-01T00:04", nil), ("2024-01-01T00:05", 65), ("2024-01-02T00:05", 71), ("2024-01-02T09:30", 71),
            ("2024-01-03T12:00", 71), ("2024-01-03T12:01", nil),
        ] as [(String, Double?)])
    func documentedExample(now: String, expected: Double?) throws {
        let series = try read(
            """
            value_time,known_at,value
            2024-01-01T00:00:00Z,2024-01-01T00:05:00Z,65
            2024-01-02T00:00:00Z,2024-01-02T00:05:00Z,71
            2024-01-01T00:00:00Z,2024-01-02T09:30:00Z,64
            """
        ).series
        let value = series.value(at: try Timestamp(parsing: now), maxAge: .hours(36))
        #expect(expected.map { value == $0 } ?? value.isNaN)
    }

    @Test func rowsWithoutAValueAreCountedAndSayNothing() throws {
        let found = try read(
            "value_time,known_at,value\n1704067200,1704070800,\n1704067200,1704070800,26.5\n"
                + "1704067200,1704070800,26.5\n1704067200,1704074400,NaN\n1704067200,1704074401,-inf\n"
                + "1704067200,1704074402,1e999\n1704067200,1704074400,-3\n")
        #expect(found.series.observations == Self.expected)
        #expect(found.valueless == 4 && found.firstValueless == 2 && found.repeated == 1 && found.rowsRead == 7)
        let lines = try read(
            "{\"time\":1704067200,\"known\":1704070800,\"value\":null}\n", as: "outside.jsonl")
        #expect(lines.valueless == 1 && lines.series == .empty && lines.format == "JSON lines")
    }

    @Test func anotherColumnAndADelayInPlaceOfKnownAt() throws {
        let options = ExternalReadOptions(column: "Active Addresses", knownAfter: .hours(1))
        let found = try read("date,value,active_addresses\n2024-01-01,7,26.5\n", options)
        #expect(found.series.observations == Array(Self.expected.prefix(1)))
    }

    @Test func packedFilesAreRead() throws {
        let text = Array("value_time,known_at,value\n1704067200,1704070800,26.5\n".utf8)
        let path = folder.write(try gzipped(text), as: "outside.csv.gz")
        let found = try ExternalReader.read(path: path)
        #expect(found.series.observations == Array(Self.expected.prefix(1)) && found.format == "CSV in gzip")
    }

    /// A writer may be in the middle of a number.
    @Test func aLineWithoutItsEndIsLeftForTheNextTime() throws {
        let text = "value_time,known_at,value\n1704067200,1704070800,26.5\n1704067200,1704074400,-3"
        let growing = ExternalReadOptions(isGrowing: true)
        for length in 0...text.utf8.count {
            let found = try read(String(decoding: text.utf8.prefix(length), as: UTF8.self), growing)
            let isWhole = length >= text.utf8.count - "1704067200,1704074400,-3".utf8.count
            #expect(found.series.observations == (isWhole ? Array(Self.expected.prefix(1)) : []))
        }
        #expect(try read(text + "\n", growing).series.observations == Self.expected)
        #expect(try read(text).series.observations == Self.expected)
    }

    @Test(
        arguments: [
            ("", "the file is empty"),
            ("value_time,value\n1704067200,1\n", "known_after"),
            ("known_at,value\n1704067200,1\n", "value_time"),
            ("value_time,known_at,level\n1704067200,1704067200,1\n", "external.NAME.column"),
            ("value_time,known_at,value,value\n", "2 times"),
            ("value_time,known_at,value\n1704067200,1704067200\n", "2 columns"),
            ("value_time,known_at,value\n1704067200,1704067200,1,5\n", "4 columns"),
            ("value_time,known_at,value\nyesterday,1704067200,1\n", "'yesterday' is not a time"),
            ("value_time,known_at,value\n1704067200,99999999999999999999,1\n", "is not a time"),
            ("value_time,known_at,value\n1704067200,1704067200,high\n", "'high' is not a number"),
            ("value_time,known_at,value\n1704067200,1704067200,0x10\n", "is not a number"),
            ("value_time,known_at,value\n1704067200,1704067199,1\n", "before the time that it is of"),
            ("value_time,known_at,value\n1704067200,1704067200,1\n1704067200,1704067200,2\n", "both 1.0 and 2.0"),
            ("value_time,known_at,value\n\"1704067200,1704067200,1\n", "quote"),
            ("{\"value_time\": 1704067200,\n", "JSON"),
            ("{\"value_time\":1704067200,\"known_at\":1704067200,\"value\":1}\n[1]\n", "row 2"),
            ("{\"value_time\":1704067200,\"known_at\":1704067200,\"value\":[1]}\n", "neither a number nor a text"),
            ("{\"value_time\":null,\"known_at\":1704067200,\"value\":1}\n", "is not a time"),
        ])
    func whatCannotBeReadIsRefusedWithAReason(text: String, reason: String) {
        #expect {
            _ = try read(text)
        } throws: {
            "\($0)".contains(reason) && "\($0)".contains("outside.csv")
        }
    }

    @Test func aDelayBesideKnownAtIsRefused() {
        #expect(throws: ImportError.self) {
            try read(
                "value_time,known_at,value\n1704067200,1704067200,1\n", ExternalReadOptions(knownAfter: .hours(1)))
        }
        #expect(throws: ImportError.self) {
            try read("time,value\n1704067200,1\n", ExternalReadOptions(knownAfter: TimeSpan(nanoseconds: .max)))
        }
        #expect(throws: ImportError.self) { try ExternalReader.read(path: folder.path + "/none.csv") }
        #expect(throws: ImportError.self) { try ExternalReader.read(path: folder.path) }
    }

    /// Whatever is done to a file, it is read or refused.
    @Test(arguments: UInt64(0)..<200)
    func damageIsNoTrap(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes = Array(
            (seed % 2 == 0
                ? "value_time,known_at,value\n1704067200,1704070800,26.5\n1704067200,1704074400,-3\n"
                : "{\"value_time\": 1704067200, \"known_at\": 1704070800, \"value\": 26.5}\n").utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 3 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            default: bytes.insert(contentsOf: bytes[0...place], at: place)
            }
        }
        do {
            let found = try ExternalReader.read(path: folder.write(bytes, as: "outside.csv"))
            #expect(found.series.observations.allSatisfy { $0.value.isFinite && $0.knownAt >= $0.valueTime })
        } catch {
            #expect(!error.description.isEmpty)
        }
    }
}
