// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

@testable import Reports

@Suite struct CSVReportTests {
    private let names = BacktestReport.Names(
        strategies: ["a,b"], symbols: ["BTC \"spot\""], exitReasons: ["line\nfeed"])

    @Test func fillsAreQuotedWhereTheyMustBe() {
        let fill = BacktestReport.Fill(
            time: 1_672_531_200_250_000_000, symbol: 0, strategy: 0, isBuy: true, quantity: "0.5", price: "16541.25",
            fee: "-0.01", feeAsset: "USDT", isMaker: true, orderID: "17", reason: "entry")
        var text: [UInt8] = []
        CSVReport.fills([fill], names: names) { text += $0 }
        #expect(
            String(decoding: text, as: UTF8.self) == """
                time,symbol,strategy,side,quantity,price,fee,fee_asset,liquidity,order,reason
                2023-01-01T00:00:00.25Z,"BTC ""spot""\","a,b",buy,0.5,16541.25,-0.01,USDT,maker,17,entry

                """)
    }

    @Test func tradesCarryTheirDuration() {
        let trade = BacktestReport.Trade(
            entryTime: 0, exitTime: 90_500_000_000, symbol: 0, strategy: 3, exitReason: 0, isLong: false,
            quantity: "1", entryPrice: "10", exitPrice: "9", profit: "0.9", fees: "0.1")
        var text: [UInt8] = []
        CSVReport.trades([trade], names: names) { text += $0 }
        let lines = String(decoding: text, as: UTF8.self)
        #expect(
            lines.hasPrefix(
                "entry_time,exit_time,symbol,strategy,side,quantity,entry_price,exit_price,profit,fees,exit_reason,"
                    + "duration_seconds\n1970-01-01T00:00:00Z,1970-01-01T00:01:30.5Z,"))
        #expect(lines.hasSuffix(",#3,short,1,10,9,0.9,0.1,\"line\nfeed\",90.5\n"))
    }

    @Test func equityHasEveryBarAndEmptyFieldsForUnknownColumns() {
        let curve = BacktestReport.EquityCurve(times: [0, 60_000_000_000], close: [100, .nan])
        var text: [UInt8] = []
        CSVReport.equity(curve) { text += $0 }
        #expect(
            String(decoding: text, as: UTF8.self)
                == "time,close,low,high,buy_and_hold\n1970-01-01T00:00:00Z,100.0,,,\n1970-01-01T00:01:00Z,,,,\n")
    }

    @Test func longListsComeInPiecesAndAFailureStopsThem() throws {
        struct DiskFull: Error {}
        let report = SampleReport.make(bars: 40_000, trades: 0)
        var pieces = 0
        var lines = 0
        CSVReport.equity(report.equity) {
            pieces += 1
            lines += $0.count { $0 == 10 }
        }
        #expect(pieces > 10)
        #expect(lines == 40_001)
        var written = 0
        #expect(throws: DiskFull.self) {
            try CSVReport.equity(report.equity) { _ throws(DiskFull) in
                written += 1
                if written == 2 { throw DiskFull() }
            }
        }
        #expect(written == 2)
    }

    @Test(
        "Times are written as Timestamp writes them",
        arguments: [
            0, -1, 1, 1_672_531_200_250_000_000, -5_000_000_000_123_456_789, 4_102_444_799_999_999_999, .max,
            .min,
        ] as [Int64])
    func times(nanoseconds: Int64) {
        var text = ByteText()
        text.append(time: nanoseconds)
        #expect(text.string == Timestamp(nanoseconds: nanoseconds).description)
    }

    @Test(
        "Numbers with a bound on decimals",
        arguments: [
            (1.005, 2, "1"), (1.5, 0, "2"), (-0.001, 2, "0"), (-1.25, 1, "-1.3"), (1234.50, 3, "1234.5"),
            (0.000_012, 6, "0.000012"), (.nan, 2, "null"), (-.infinity, 2, "null"), (1e300, 2, "1e+300"),
        ])
    func boundedDecimals(value: Double, decimals: Int, expected: String) {
        var text = ByteText()
        text.append(number: value, decimals: decimals)
        #expect(text.string == expected)
    }
}
