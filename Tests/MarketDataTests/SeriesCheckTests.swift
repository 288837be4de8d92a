// SPDX-License-Identifier: Apache-2.0

import MarketData
import Testing
import Trading

@Suite struct SeriesCheckTests {
    @Test func gapsVolumeAndMovesByHand() throws {
        let bars = [
            bar(0, 100, 100, 100, 100, 5), bar(1, 100, 110, 100, 110, 0), bar(5, 110, 110, 99, 99, 0),
            bar(6, 99, 99, 99, 99, 1), bar(8, 99, 99, 99, 99, 1),
        ]
        let report = SeriesCheck.report(on: try series(bars))
        #expect(
            report.gaps == [
                Gap(start: Timestamp(seconds: 120), end: Timestamp(seconds: 300), bars: 3),
                Gap(start: Timestamp(seconds: 420), end: Timestamp(seconds: 480), bars: 1),
            ])
        #expect(report.missingBars == 4)
        #expect(report.missingShare == 4.0 / 9)
        #expect(report.zeroVolumeBars == 2)
        #expect(report.largestMove?.openTime == Timestamp(seconds: 60))
        #expect(abs((report.largestMove?.fraction ?? 0) - 0.1) < 1e-12)
        #expect(report.isSound)
        #expect(report.gapProblem(limit: 0.5) == nil)
        #expect(report.gapProblem() == "4 of 9 bars are missing (44.444 %), more than the limit of 1 %")
        #expect(
            report.lines() == [
                "5 bars of 1m, 1970-01-01T00:00:00Z to 1970-01-01T00:08:00Z",
                "gaps: 2, with 4 missing bars (44.444 %)",
                "  1970-01-01T00:02:00Z to 1970-01-01T00:05:00Z: 3 bars",
                "  1970-01-01T00:07:00Z to 1970-01-01T00:08:00Z: 1 bar",
                "bars without volume: 2", "largest move: 10 % at 1970-01-01T00:01:00Z",
            ])
        #expect(
            report.fields.json.hasPrefix(
                #"{"timeframe":"1m","bars":5,"first":"1970-01-01T00:00:00Z","last":"1970-01-01T00:08:00Z","#
                    + #""missingBars":4,"missingShare":0.4444444444444444,"gaps":[{"start":"1970-01-01T00:02:00Z""#))
    }

    @Test(
        arguments: [
            ((0, 10, 12, 9, 11, 1), nil),
            ((0, 0, 12, 0, 11, 1), .notPositive(column: "open")),
            ((0, 10, 12, -1, 11, 1), .notPositive(column: "low")),
            ((0, 10, 9, 10, 10, 1), .highBelowLow),
            ((0, 13, 12, 9, 11, 1), .outsideRange(column: "open")),
            ((0, 10, 12, 9, 8, 1), .outsideRange(column: "close")),
            ((0, 10, 12, 9, 11, -1), .negativeVolume),
        ] as [((Int64, Int64, Int64, Int64, Int64, Int64), SeriesProblem.Kind?)])
    func sanityOfOneBar(values: (Int64, Int64, Int64, Int64, Int64, Int64), expected: SeriesProblem.Kind?) {
        let (_, open, high, low, close, volume) = values
        #expect(SeriesCheck.problem(open: open, high: high, low: low, close: close, volume: volume) == expected)
    }

    @Test func unsoundColumnsAreReportedWithTheirPlace() {
        let times: [Int64] = [60, 60, 30, 95, 120].map { $0 * 1_000_000_000 }
        let ones = [Int64](repeating: 1, count: 5)
        let report = times.withUnsafeBufferPointer { times in
            ones.withUnsafeBufferPointer { ones in
                let one = ones.baseAddress!
                return SeriesCheck.report(
                    on: BarColumns(
                        count: 5, openTime: times.baseAddress!, open: one, high: one, low: one, close: one, volume: one),
                    timeframe: .oneMinute)
            }
        }
        #expect(report.problems.map(\.kind) == [.duplicate, .notRising, .offGrid, .offGrid])
        #expect(report.problems.map(\.index) == [1, 2, 3, 4])
        #expect(!report.isSound)
    }

    @Test func anEmptySeriesIsSound() throws {
        let report = SeriesCheck.report(on: try series([]))
        #expect(report.isSound && report.missingShare == 0 && report.lines() == ["0 bars of 1m"])
    }

    @Test("Missing bars are those of the grid that are not there", arguments: UInt64(0)..<30)
    func missingBars(seed: UInt64) throws {
        let bars = randomBars(seed: seed, count: 200)
        let report = SeriesCheck.report(on: try series(bars))
        let span = (bars.last!.openTime - bars[0].openTime).nanoseconds / 60_000_000_000 + 1
        #expect(report.missingBars == span - 200)
        #expect(report.isSound)
    }
}

@Suite struct ReportValueTests {
    @Test func jsonEscapesText() {
        let value = ReportValue.object([
            ("a\"b", .text("line\n\u{1}é\\")), ("n", .number(.nan)),
            ("l", .list([.flag(true), .missing, .integer(-1)])),
        ])
        #expect(value.json == #"{"a\"b":"line\n\u0001é\\","n":null,"l":[true,null,-1]}"#)
    }
}
