// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import TestSupport
import Testing
import Trading

@Suite struct RecordImportTests {
    let folder = TemporaryFolder()

    private func read<Record: SeriesRecord>(
        _ type: Record.Type, _ text: String, options: ImportOptions = ImportOptions()
    ) throws -> RecordSeries<Record> {
        let rows = try RecordImporter.read(path: folder.write(text), kind: Record.kind, options: options).rows
        return try #require(RecordSeries<Record>(rows))
    }

    @Test func fundingKeepsTheVenuesJitter() throws {
        let rates = try read(
            FundingRate.self, "funding_time_ms,funding_rate\n1672531200000,0.0001\n1672560000008,-0.0006133368\n")
        #expect(rates.map(\.time) == [1_672_531_200_000, 1_672_560_000_008].map(Timestamp.init(milliseconds:)))
        #expect(rates.map(\.rateUnits) == [100_000_000, -613_336_800])
        #expect(rates[1].roundedToPeriod(.hours(8)).time == Timestamp(milliseconds: 1_672_560_000_000))
        let vision = try read(
            FundingRate.self, "calc_time,funding_interval_hours,last_funding_rate\n1672531200000,8,0.00010000\n")
        #expect(vision[0].period == .hours(8) && vision[0].rateUnits == 100_000_000)
    }

    @Test func ratesAreRoundedToTwelveDecimalsWithANote() throws {
        let path = folder.write("time,rate\n1672531200000,1.23456789012345e-05\n")
        let result = try RecordImporter.read(path: path, kind: .fundingRates)
        #expect(result.rows.column(1)[0] == 12_345_679)
        #expect(result.report.notes == ["1 rate rounded, half to even, to 12 decimals"])
    }

    @Test func tradesOfBinance() throws {
        let text =
            "time_ms,price,qty,is_buyer_maker,agg_trade_id,first_trade_id,last_trade_id\n"
            + "1729209603958,0.7097,19,0,171927517,551530707,551530707\n"
            + "1729209603958,0.7096,2254.5,1,171927518,551530708,551530712\n"
            + "1729209603958,0.7096,2254.5,1,171927518,551530708,551530712\n"
        let path = folder.write(text)
        let result = try RecordImporter.read(path: path, kind: .trades)
        let trades = try #require(RecordSeries<MarketTrade>(result.rows))
        #expect(trades.map(\.price.units) == [7_097, 7_096] && trades.map(\.quantity.units) == [190, 22_545])
        #expect(
            trades.map(\.aggressor) == [.buyer, .seller] && trades.map(\.id.rawValue) == [171_927_517, 171_927_518])
        #expect(trades.scales == DecimalScales(price: 4, quantity: 1))
        #expect(result.report.repairs.map(\.row) == [4] && result.report.rowsRead == 3)
        #expect(result.report.lines[0] == "\(path): CSV, 3 rows of trades")
    }

    @Test func booksAreOrderedByWhenTheyWereKnown() throws {
        let events = try read(
            OrderBookOrderEvent.self,
            "id,timestamp,exchange_timestamp,price,volume,action,direction\n"
                + "7,1777689383201,1777689380521,78318.0,1.5,created,bid\n"
                + "18446744073709551615,1777689383301,1777689380500,0,0,deleted,ask\n")
        #expect(events[0].receiveTime == Timestamp(milliseconds: 1_777_689_383_201))
        #expect(events[0].time == Timestamp(milliseconds: 1_777_689_380_521))
        #expect(events.map(\.action) == [.created, .deleted] && events.map(\.side) == [.bid, .ask])
        #expect(events[1].orderID == .max)
        let deltas = try read(
            OrderBookDelta.self,
            "time_ms,kind,side,price,qty\n1430438405885,snapshot,bid,236.47,1.5\n1430438405885,delta,ask,236.5,0\n")
        #expect(deltas.map(\.flags) == [.snapshot, .lastOfMessage] && deltas.map(\.level.quantity.units) == [15, 0])
    }

    @Test(
        arguments: [
            (SeriesKind.fundingRates, "", ImportError.Kind.empty, nil, nil),
            (.fundingRates, "time,rate\n", .empty, nil, nil),
            (.fundingRates, "1672531200000,0.1\n", .header, 1, nil),
            (.fundingRates, "time,price\n1,2\n", .header, 1, "rate"),
            (.fundingRates, "time,rate\n1672531200000,x\n", .notANumber, 2, "rate"),
            (.fundingRates, "time,rate\nx,1\n", .notATime, 2, "time"),
            (.fundingRates, "time,rate\n1672531200000,1\n1672531200000,2\n", .conflictingDuplicate, 3, "time"),
            (.fundingRates, "time,rate\n1672531200000,1\n1672531100000,1\n", .outOfOrder, 3, "time"),
            (.fundingRates, "time,rate\n1672531200000,99999999999\n", .outOfRange, 2, nil),
            (.trades, "time,price,qty\n1672531200000,0,1\n", .impossibleBar, 2, "price"),
            (.trades, "time,price,qty\n1672531200000,1,-1\n", .notANumber, 2, "qty"),
            (.trades, "time,price,qty,side\n1672531200000,1,1,up\n", .notANumber, 2, "side"),
            (.trades, "time,price,qty\n1672531200000,1\n", .malformedRow, 2, nil),
            (.trades, "time,price,qty\n1672531200000,1.00000000000001,1\n", .outOfRange, 2, nil),
            (.trades, "time,price,qty\n1672531200000,\"1,1\n", .malformedRow, 2, nil),
        ] as [(SeriesKind, String, ImportError.Kind, Int?, String?)])
    func badRecordsAreRefused(kind: SeriesKind, text: String, expected: ImportError.Kind, row: Int?, column: String?) {
        do throws(ImportError) {
            _ = try RecordImporter.read(path: folder.write(text), kind: kind)
            Issue.record("it was accepted")
        } catch {
            #expect(error.kind == expected && error.row == row && error.column == column, "\(error)")
        }
    }
}

@Suite struct ExportTests {
    let folder = TemporaryFolder()

    @Test func theFormOfEachFormat() throws {
        let series = try BarSeries(
            [bar(26_297_280, 10_050, 10_100, 9_925, 10_000, 15), bar(26_297_281, 10_000, 10_200, 5, 10_100, 0)],
            timeframe: .oneMinute, priceDecimals: 2, quantityDecimals: 1)
        try SeriesExporter.write(series.rows, to: folder.path + "/a.csv", format: .csv)
        #expect(
            String(decoding: folder.read("a.csv"), as: UTF8.self)
                == "open_time_ms,open,high,low,close,volume\n1577836800000,100.50,101.00,99.25,100.00,1.5\n"
                + "1577836860000,100.00,102.00,0.05,101.00,0.0\n")
        try SeriesExporter.write(series.rows, to: folder.path + "/a.json", format: .freqtradeJSON)
        #expect(
            String(decoding: folder.read("a.json"), as: UTF8.self)
                == "[[1577836800000,100.50,101.00,99.25,100.00,1.5],\n[1577836860000,100.00,102.00,0.05,101.00,0.0]]\n")
        #expect(ExportFormat(path: "x/y.CSV.gz") == .csvGzip && ExportFormat(path: "y.csv") == .csv)
        #expect(ExportFormat(path: "y.json") == .freqtradeJSON && ExportFormat(path: "y.parquet") == nil)
    }

    @Test("Bars that are exported and imported are the same", arguments: UInt64(0)..<12, ExportFormat.allCases)
    func barsRoundTrip(seed: UInt64, format: ExportFormat) throws {
        let series = try randomSeries(seed: seed, count: 1 + Int(seed) * 700)
        let path = folder.path + "/bars." + format.rawValue
        try SeriesExporter.write(series.rows, to: path, format: format)
        let read = try BarImporter.read(path: path, options: ImportOptions(timeframe: .oneMinute)).series
        #expect(
            read.bars
                == (try series.rescaled(priceDecimals: read.priceDecimals, quantityDecimals: read.quantityDecimals))
                .bars)
        if seed > 0 { #expect(read.contentHash == series.contentHash) }
    }

    @Test("Every other kind is exported and imported as the same rows", arguments: UInt64(0)..<20)
    func recordsRoundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var time: Int64 = 1_600_000_000_000_000_000
        for kind in SeriesKind.allCases where kind != .bars {
            var builder = SeriesTableBuilder(kind: kind)
            for row in 0..<50 {
                time += Int64.random(in: 1...1_000_000_000, using: &random)
                let fields = kind.columns.enumerated().map { index, column -> SeriesTableBuilder.Field in
                    switch (column.name, column.unit) {
                    case ("side", _): .integer(Int64.random(in: 1...2, using: &random))
                    case ("aggressor", _), ("flags", _): .integer(Int64.random(in: 0...2, using: &random))
                    case ("action", _): .integer(Int64.random(in: 1...3, using: &random))
                    case ("period", _): .integer(3_600_000_000_000)
                    case (_, .nanoseconds): .integer(index == 0 ? time : time - 5)
                    case (_, .integer): .integer(Int64(row))
                    case (_, .rate):
                        .decimal(
                            ExactDecimal(significand: Int128(Int64.random(in: -9...9, using: &random)), decimals: 7))
                    default:
                        .decimal(
                            ExactDecimal(significand: Int128(Int64.random(in: 1...999, using: &random)), decimals: 3))
                    }
                }
                let values = try builder.values(of: fields)
                builder.append(values)
            }
            let rows = builder.finish()
            let path = folder.path + "/\(kind.name).csv.gz"
            try SeriesExporter.write(rows, to: path, format: .csvGzip)
            let read = try RecordImporter.read(path: path, kind: kind).rows
            #expect(read.contentHash == rows.contentHash, "\(kind.name)")
        }
    }

    @Test func whatCannotBeWrittenIsSaid() throws {
        let rows = try randomSeries(seed: 1, count: 3).rows
        #expect(throws: StoreError.self) { try SeriesExporter.write(rows, to: folder.path + "/no/a.csv", format: .csv) }
        let marks = RecordSeries<MarkPrice>([], scales: DecimalScales(price: 0, quantity: 0)).columns
        #expect(throws: StoreError.self) {
            try SeriesExporter.write(marks, to: folder.path + "/a.json", format: .freqtradeJSON)
        }
    }
}
