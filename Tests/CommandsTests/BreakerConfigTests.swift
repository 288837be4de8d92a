// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

@Suite("Breakers by configuration") struct BreakerConfigTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A quiet market, and in the middle a bar in which the price falls by a share and stays there.
    private func bars(minutes: Int, fall: Double, wick: Bool) throws -> String {
        var text = "open_time_ms,open,high,low,close,volume\n"
        for index in 0..<40 {
            let before = index <= 20 || wick ? 1000.0 : 1000 * (1 - fall)
            let low = index == 20 ? 1000 * (1 - fall) : before
            let close = index == 20 && !wick ? low : before
            let time = 1_704_067_200_000 + index * minutes * 60_000
            text += "\(time),\(before),\(before + 1),\(low - 1),\(close),100\n"
        }
        return try folder.write(text, as: "bars.csv")
    }

    private func events(_ timeframe: String, _ bars: String, _ risk: String) throws -> [[String: Any]] {
        let config = try folder.write(
            """
            account: { base_currency: USDT, balances: { USDT: 100000 } }
            data: { sources: { ETHUSDT: { file: \(bars), timeframe: \(timeframe) } } }
            risk: \(risk)
            strategies:
              a:
                type: ema_cross
                market: ETHUSDT
                timeframe: \(timeframe)
                parameters: { fast_period: 3, slow_period: 8, warmup_bars: 10 }
                risk_parameters: { quantity: 0.1 }
            """, as: "apus.yaml")
        let ran = apus(["explain", config, "--kind", "risk", "--json"])
        try #require(ran.status == 0, "\(ran.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(ran.output.utf8)) as? [[String: Any]])
    }

    @Test(
        "A crash within one bar halts on bars of any length",
        arguments: [("1m", 1), ("5m", 5), ("1h", 60)],
        [(fall: 0.4, wick: false), (0.4, true), (0.101, true), (0.08, false)])
    func flashCrash(bars length: (name: String, minutes: Int), crash: (fall: Double, wick: Bool)) throws {
        let file = try bars(minutes: length.minutes, fall: crash.fall, wick: crash.wick)
        let found = try events(length.name, file, "{ flash_crash: 10%, volatility_ratio: 1000 }")
        let texts = found.compactMap { $0["reason"] as? String }
        if crash.fall >= 0.1 {
            #expect(texts.first?.hasPrefix("flash crash: trading halted, the price went from 10") == true, "\(texts)")
            #expect(texts.count == 2 && texts.last?.hasPrefix("flash crash: over") == true, "\(texts)")
        } else {
            #expect(texts.isEmpty)
        }
    }

    @Test("How a breaker halts and lets go is configured")
    func rules() throws {
        let file = try bars(minutes: 5, fall: 0.4, wick: true)
        let market = try events(
            "5m", file, "{ flash_crash_halts: market, volatility_ratio: 1000, flash_crash_pause: 1h }")
        let times = market.compactMap { $0["time"] as? String }
        #expect((market[0]["reason"] as? String)?.hasPrefix("flash crash: trading halted in its market, ") == true)
        // Both bars that hold the crash meet it.
        #expect(times == ["2024-01-01T01:45:00Z", "2024-01-01T02:50:00Z"])
        #expect(try events("5m", file, "{ volatility_ratio: 1000, resume: hand }").count == 1)
    }

    @Test("A whole share is a threshold like any other", arguments: ["flash_crash", "drawdown", "error_rate"])
    func wholeShare(key: String) throws {
        let file = try bars(minutes: 5, fall: 0.4, wick: true)
        let risk = key == "flash_crash" ? "" : "flash_crash: 90%, "
        #expect(try events("5m", file, "{ \(risk)\(key): 100%, volatility_ratio: 1000 }").isEmpty)
    }

    @Test("A pause that a person makes meaningless is told")
    func unusedPause() throws {
        let file = try folder.write(
            configuration(cross(), more: "risk: { resume: hand, volatility_pause: 1h }"), as: "apus.yaml")
        let ran = apus(["config", "check", file])
        #expect(ran.status == 0 && ran.errors.contains("risk.volatility_pause"), "\(ran.errors)")
    }
}
