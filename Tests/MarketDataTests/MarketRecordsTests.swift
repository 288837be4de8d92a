// SPDX-License-Identifier: Apache-2.0

import MarketData
import Testing
import Trading

@Suite struct MarketRecordsTests {
    private static func check<Record: SeriesRecord>(_ type: Record.Type, fields: [[Int64]]) throws {
        #expect(MemoryLayout<Record>.stride <= 64)
        #expect(Record.kind.columns == Record.columns)
        let records = fields.map { row in Record { row[$0] } }
        for (record, row) in zip(records, fields) {
            #expect(row.indices.map(record.field) == row)
        }
        let series = RecordSeries(records, scales: DecimalScales(price: 2, quantity: 3), timeframe: nil)
        #expect(Array(series) == records)
        let slice = series.slice(from: Timestamp(nanoseconds: 20), to: nil)
        #expect(Array(slice) == records.filter { $0.field(0) >= 20 })
        #expect(Set(records).count == records.count)
    }

    @Test func everyKindGoesThroughColumnsUnchanged() throws {
        try Self.check(
            MarketTrade.self, fields: [[10, 9, 500, 3, -1, 1], [20, 19, 501, 4, 7, 2], [20, 19, 501, 4, 8, 0]])
        try Self.check(Quote.self, fields: [[10, 9, 1, 2, 3, 4], [30, 9, 5, 6, 7, 8]])
        try Self.check(OrderBookDelta.self, fields: [[10, 9, 1, 100, 5, 77, 3], [20, 9, 2, 101, 0, 78, 0]])
        try Self.check(OrderBookOrderEvent.self, fields: [[10, 9, 1, 1, 42, 100, 5], [20, 9, 3, 2, -42, 0, 0]])
        try Self.check(FundingRate.self, fields: [[10, -613_336_800, 0], [20, 1, 3_600_000_000_000]])
        try Self.check(OpenInterest.self, fields: [[10, 5], [20, 6]])
        try Self.check(MarkPrice.self, fields: [[10, 5], [20, 6]])
        try Self.check(IndexPrice.self, fields: [[10, 5], [20, 6]])
        #expect(MemoryLayout<Bar>.stride <= 64)
    }

    @Test func kindsHaveOneNameAndNumberEach() {
        #expect(Set(SeriesKind.allCases.map(\.name)).count == SeriesKind.allCases.count)
        for kind in SeriesKind.allCases { #expect(SeriesKind(name: kind.name) == kind) }
        #expect(SeriesKind(name: "candles") == nil)
        #expect(
            SeriesKind.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6, 7, 8, 9],
            "the numbers are part of the file format")
    }

    @Test(
        arguments: [
            (1_672_560_000_008, 1_672_560_000_000), (1_672_559_999_990, 1_672_560_000_000),
            (1_672_531_200_000, 1_672_531_200_000), (1_672_545_599_999, 1_672_531_200_000),
        ] as [(Int64, Int64)])
    func fundingTimesAreRoundedToTheirPeriod(milliseconds: Int64, expected: Int64) {
        let rate = FundingRate(time: Timestamp(milliseconds: milliseconds), rateUnits: 5, period: .zero)
        let rounded = rate.roundedToPeriod(.hours(8))
        #expect(rounded.time == Timestamp(milliseconds: expected) && rounded.period == .hours(8))
        #expect(rate.time == Timestamp(milliseconds: milliseconds))
    }

    @Test func appendingContinuesWhereTheStoredRowsEnd() throws {
        func table(_ times: [Int64], scale: Int = 0) -> SeriesTable {
            let factor = DecimalText.powerOfTen(scale)
            return RecordSeries(
                times.map { MarkPrice(time: Timestamp(nanoseconds: $0), price: Price(units: ($0 + 1) * factor)) },
                scales: DecimalScales(price: scale, quantity: 0)
            ).columns
        }
        let joined = try table([1, 2, 3]).appending(table([2, 3, 4, 5], scale: 2))
        #expect(joined.added == 2)
        #expect(Array(joined.rows.column(0)) == [1, 2, 3, 4, 5])
        #expect(Array(joined.rows.column(1)) == [200, 300, 400, 500, 600])
        #expect(throws: SeriesAppendError.conflict(time: Timestamp(nanoseconds: 2))) {
            try table([1, 3]).appending(table([2, 3]))
        }
        #expect(try table([1, 2]).appending(table([])).added == 0)
        #expect(try table([]).appending(table([1])).added == 1)
    }
}
