// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderAlgorithms
import Testing
import Trading

@Suite("How entries are worked, as configured") struct ExecutionTests {
    static func check(_ execution: String, risk: String = "{ quantity: 1 }") throws -> ConfigurationCheck {
        let text = """
            strategies:
              one:
                type: MACD
                market: BTCUSDT
                timeframe: 1h
                risk_parameters: \(risk)
                execution: \(execution)
            """
        return ConfigurationCheck(of: try ConfigurationDocument(parsing: text, file: "test"), strategyTypes: nil)
    }

    static func settings(_ execution: String, risk: String = "{ quantity: 1 }") throws -> ExecutionSettings {
        let check = try check(execution, risk: risk)
        return try #require(check.configuration?.strategies.first?.execution, "\(check.problems)")
    }

    static let examples: [(String, ExecutionSettings.Entry, Pace?)] = [
        ("{}", .market, nil),
        ("{ entry: twap, over: 2h, slices: 5 }", .twap, .time(slices: 5, over: .hours(2))),
        ("{ entry: twap, over: 30m }", .twap, .time(slices: 10, over: .minutes(30))),
        ("{ entry: vwap, curve: [1, 2.5, 0], over: 1d }", .vwap, .volumeCurve([1, 2.5, 0], over: .days(1))),
        ("{ entry: vwap, participation_percent: 5 }", .vwap, .participation(Rate(units: 50_000_000), over: nil)),
        (
            "{ entry: vwap, participation_percent: 5, over: 1h }", .vwap,
            .participation(Rate(units: 50_000_000), over: .hours(1))
        ),
        ("{ entry: dca, every: 1d, slices: 3 }", .dca, .averaging(slices: 3, every: .days(1), drop: nil)),
        ("{ entry: dca, drop_percent: 2 }", .dca, .averaging(slices: 10, every: nil, drop: Rate(units: 20_000_000))),
        ("{ entry: iceberg, display_percent: 10 }", .iceberg, nil),
    ]

    @Test(arguments: examples)
    func isRead(text: String, entry: ExecutionSettings.Entry, pace: Pace?) throws {
        let settings = try Self.settings(text)
        #expect(settings.entry == entry && settings.pace == pace)
    }

    @Test func everythingElse() throws {
        let settings = try Self.settings(
            "{ entry: iceberg, display_percent: 10, limit_offset_percent: 0.1, post_only: true, accelerate: adverse, "
                + "accelerate_percent: 1, accelerate_factor: 3, timeframe: 5m, trading_hours: ['Mon-Fri 08:00-16:30'], "
                + "trailing: { atr_multiple: 2.5, atr_period: 20, activation_percent: 1 } }")
        #expect(settings.display == Rate(units: 100_000_000))
        #expect(settings.style == .passive(Rate(units: 1_000_000), isPostOnly: true))
        let faster = Acceleration(.adverse, move: Rate(units: 10_000_000), factor: Rate(units: 3 * Rate.one))
        #expect(settings.acceleration == faster)
        #expect(settings.timeframe == .fiveMinutes)
        #expect(settings.hours == (try TradingHours(parsing: "Mon-Fri 08:00-16:30")))
        #expect(settings.atrMultiple == 2.5 && settings.atrPeriod == 20)
        #expect(settings.activation == Rate(units: 10_000_000))
    }

    static let mistakes: [(String, String)] = [
        ("{ entry: twap }", "over"), ("{ entry: twap, over: 1h, every: 1h }", "every"),
        ("{ entry: vwap }", "participation_percent"), ("{ entry: vwap, curve: [1, 2] }", "over"),
        ("{ entry: vwap, curve: [1, 2], over: 1h, participation_percent: 5 }", "curve"),
        ("{ entry: vwap, curve: [0, 0], over: 1h }", "curve"), ("{ entry: iceberg }", "display_percent"),
        ("{ entry: dca }", "every"), ("{ slices: 5 }", "slices"), ("{ post_only: true }", "post_only"),
        ("{ entry: twap, over: 1h, post_only: true }", "post_only"),
        ("{ entry: twap, over: 1h, accelerate: adverse }", "accelerate_percent"),
        ("{ entry: twap, over: 1h, accelerate_factor: 3 }", "accelerate_factor"),
        ("{ trading_hours: ['whenever'] }", "trading_hours"), ("{ timeframe: 7m }", "timeframe"),
        ("{ trailing: { atr_period: 5 } }", "trailing.atr_period"),
        ("{ trailing: { activation_percent: 5 } }", "trailing.activation_percent"), ("{ entry: magic }", "entry"),
        ("{ entry: twap, over: 1h, slices: 0 }", "slices"), ("{ speed: 5 }", "speed"),
    ]

    @Test(arguments: mistakes)
    func aMistakeNamesItsKey(text: String, key: String) throws {
        let problems = try Self.check(text).problems
        #expect(problems.contains { $0.path == "strategies.one.execution.\(key)" }, "\(problems)")
    }

    @Test func theTrailingDistanceIsGivenOnce() throws {
        let both = try Self.check(
            "{ trailing: { atr_multiple: 2 } }", risk: "{ quantity: 1, trailing_stop_percent: 3 }")
        #expect(both.problems.contains { $0.path.hasSuffix("trailing.atr_multiple") })
        let activated = try Self.check(
            "{ trailing: { activation_percent: 2 } }", risk: "{ quantity: 1, trailing_stop_percent: 3 }")
        #expect(!activated.problems.contains { $0.path.contains("execution") })
    }
}
