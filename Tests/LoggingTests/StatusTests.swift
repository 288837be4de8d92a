// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Trading

@testable import Logging

@Suite("Status lines") struct StatusTests {
    private let status = SessionStatus(
        mode: "paper", equity: Amount(units: 1_204_316_900_000_000_000_000), baseCurrency: "USDC",
        profit: Amount(units: 4_310_000_000_000_000_000), positions: 1, openOrders: 2, link: "up",
        lastBarAge: .seconds(12), latency: (TimeSpan(nanoseconds: 45_300), TimeSpan(nanoseconds: 120_000)),
        progress: 0.426)

    @Test("All of it in one line, and less where the window is narrow")
    func text() {
        #expect(
            status.text()
                == "paper │ 42 % │ equity 1,204.31 USDC │ P&L +4.31 │ positions 1 │ orders 2 │ link up │ bar 12 s ago │ p50 45 µs, p99 120 µs"
        )
        #expect(status.text(width: 40) == "paper │ 42 % │ equity 1,204.31 USDC")
        #expect(status.text(width: 3) == "pap")
        for width in 0...140 { #expect(status.text(width: width).count <= width) }
    }

    @Test(
        "Money is cut to cents and grouped",
        arguments: [
            ("0", "0.00"), ("-0.019", "-0.01"), ("999.999", "999.99"), ("1000", "1,000.00"),
            ("-1234567.8", "-1,234,567.80"), ("0.05", "0.05"), ("123456", "123,456.00"),
        ])
    func money(amount: String, text: String) throws {
        #expect(SessionStatus.money(Amount(units: try DecimalText.parse(amount, decimals: Amount.decimals))) == text)
    }

    @Test(
        "Spans are shown in a unit that fits",
        arguments: [
            (0, "0 ns"), (999, "999 ns"), (45_300, "45 µs"), (1_999_999, "1 ms"), (1_000_000_000, "1 s"),
            (119_000_000_000, "119 s"), (120_000_000_000, "2 min"), (7_199_000_000_000, "119 min"),
            (7_200_000_000_000, "2 h"), (200_000_000_000_000, "2 d"),
        ] as [(Int64, String)])
    func span(nanoseconds: Int64, text: String) {
        #expect(SessionStatus.span(TimeSpan(nanoseconds: nanoseconds)) == text)
    }

    @Test("Where there is no terminal, a line comes now and then")
    func printing() {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        var printer = StatusPrinter(descriptor: ends[1], every: .seconds(10))
        var shown = 0
        for second in 0..<35 where printer.isDue(at: .seconds(Int64(second))) {
            printer.show(status, at: .seconds(Int64(second)))
            shown += 1
        }
        printer.end()
        close(ends[1])
        let said = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readDataToEndOfFile()
        #expect(shown == 4)
        #expect(String(decoding: said, as: UTF8.self) == String(repeating: status.text() + "\n", count: 4))
    }
}
