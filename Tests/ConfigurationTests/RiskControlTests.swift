// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

@testable import Configuration

@Suite("What a configuration says of risk") struct RiskControlTests {
    private func check(_ overrides: [String]) throws -> ConfigurationCheck {
        let base = """
            strategies:
              s: { type: any, market: BTC/USDT:USDT, timeframe: 1h, risk_parameters: { leverage: 5 } }
            """
        return ConfigurationCheck(
            of: try ConfigurationDocument(parsing: base, file: "base")
                .applying(overrides.map { try ConfigurationOverride(parsing: $0) }), strategyTypes: nil)
    }

    private static let risk = "strategies.s.risk_parameters"

    /// Each of these is refused at its own key, and says what to do.
    @Test(arguments: [
        ("\(risk).hedge={}", "\(risk).hedge.market", "missing"),
        ("\(risk).hedge={ market: BTC/USDT:USDT }", "\(risk).hedge.market", "only be a smaller position"),
        ("\(risk).hedge={ market: nonsense }", "\(risk).hedge.market", "nonsense"),
        (
            "\(risk).hedge={ market: ETH/USDT:USDT, method: delta_neutral }", "\(risk).hedge.market",
            "Use 'method: beta'"
        ),
        ("\(risk).hedge={ market: ETH/USDT:USDT, band: 20% }", "\(risk).hedge.band", "raise hedge_ratio"),
        (
            "\(risk).hedge={ market: ETH/USDT:USDT, calm_volatility: 1 }", "\(risk).hedge.calm_volatility",
            "use delta_neutral"
        ),
        (
            "\(risk).hedge={ market: BTCUSDT, method: delta_neutral, calm_volatility: 1 }",
            "\(risk).hedge.calm_volatility", "above stressed_volatility"
        ),
        ("\(risk).hedge={ market: ETH/USDT:USDT, method: gamma }", "\(risk).hedge.method", "delta_neutral"),
        ("\(risk).sizing.fixed_fraction=0", "\(risk).sizing.fixed_fraction", "above 0"),
        ("\(risk).sizing.atr_multiple=3", "\(risk).sizing.atr_multiple", "volatility_risk"),
        ("\(risk).sizing.kelly={ recent_trades: 10 }", "\(risk).sizing.kelly.recent_trades", "minimum_trades, 30"),
        ("\(risk).sizing.kely={}", "\(risk).sizing.kely", "kelly"),
        ("\(risk).dynamic_leverage.maximum=6", "\(risk).dynamic_leverage.maximum", "risk_parameters.leverage"),
        (
            "\(risk).dynamic_leverage={ maximum: 2, minimum: 3 }", "\(risk).dynamic_leverage.minimum",
            "above the maximum"
        ),
        ("\(risk).dynamic_leverage.aged_share=0.5", "\(risk).dynamic_leverage.aged_share", "full_age"),
        ("risk.liquidation_reduction=30%", "risk.liquidation_reduction", "raise the warning"),
        ("risk.liquidation_target=5%", "risk.liquidation_target", "lower the reduction"),
        ("risk.liquidation_warning=2", "risk.liquidation_warning", "0.99"),
        ("portfolio.method=guess", "portfolio.method", "cornish_fisher"),
        ("portfolio.confidence=1", "portfolio.confidence", "0.999"),
        ("portfolio.diversification_ratio=0.5", "portfolio.diversification_ratio", "1"),
    ])
    func isRefusedAtItsKey(_ row: (override: String, path: String, says: String)) throws {
        let check = try check([row.override])
        #expect(check.problems.map(\.path) == [row.path])
        #expect(check.problems.first?.message.contains(row.says) == true, "\(check.problems.map(\.message))")
    }

    @Test func aSpotPositionIsNotHedgedWithSpotThatCannotBeSold() throws {
        let spot = [
            "strategies.s.market=BTCUSDT", "\(Self.risk).leverage=1", "\(Self.risk).hedge={ market: ETHUSDT }",
        ]
        #expect(try check(spot).problems.map(\.path) == ["\(Self.risk).hedge.market"])
        #expect(try check(spot + ["account.borrowing=true"]).problems.isEmpty)
    }

    @Test func aRatioWithoutAMarketHedgesNothingAndSaysSo() throws {
        let check = try check(["\(Self.risk).hedge_ratio=0.2"])
        #expect(check.warnings.map(\.path) == ["\(Self.risk).hedge_ratio"])
        #expect(check.warnings.first?.message.contains("Name another market") == true)
        #expect(try check.get().strategies[0].risk.hedge == nil)
    }

    @Test func whatHasNoEffectOnTheWholeIsSaid() throws {
        let check = try check(["portfolio={ draws: 500, on_breach: reduce }"])
        #expect(check.problems.isEmpty)
        #expect(check.warnings.map(\.path) == ["portfolio.draws", "portfolio.on_breach"])
    }

    /// Whatever is written in order, the defaults beside it are in order too, so that nothing is refused later.
    @Test(arguments: [
        [("total", 0.2)], [("total", 0.45)], [("correlated_group", 0.1)], [("correlated_pair", 0.9)],
        [("single_symbol", 0.6)], [("single_symbol", 0.1), ("total", 0.3)], [("correlated_pair", 0.2), ("total", 0.9)],
        [("single_symbol", 0.05), ("correlated_group", 0.07)], [("single_symbol", 0.7), ("correlated_group", 0.8)],
    ])
    func defaultsGiveWayToWhatIsWritten(written: [(key: String, share: Double)]) throws {
        let text = written.map { "\($0.key): \($0.share)" }.joined(separator: ", ")
        let portfolio = try #require(try check(["portfolio={ \(text) }"]).get().portfolio)
        let ladder = [
            ("single_symbol", portfolio.singleSymbol), ("correlated_pair", portfolio.correlatedPair),
            ("correlated_group", portfolio.correlatedGroup), ("total", portfolio.total),
        ]
        for ((_, small), (_, large)) in zip(ladder, ladder.dropFirst()) { #expect(small <= large, "\(ladder)") }
        for (key, share) in written { #expect(ladder.first { $0.0 == key }?.1.fraction == share) }
    }

    @Test func theLimitsOnTheWholeAreThoseThatAreWritten() throws {
        let plain = try #require(try check(["portfolio={}"]).get().portfolio)
        #expect(plain.method == .historical && plain.confidence.fraction == 0.95 && plain.onBreach == .refuse)
        #expect(plain.valueAtRisk == nil && plain.grossExposure == nil && plain.diversificationRatio == nil)
        let given = try check([
            "portfolio={ method: monte_carlo, draws: 500, confidence: 99%, gross_exposure: 150%, on_breach: reduce }",
            "portfolio.diversification_ratio=1.2",
        ])
        let portfolio = try #require(try given.get().portfolio)
        #expect(portfolio.method == .monteCarlo && portfolio.draws == 500 && portfolio.confidence.fraction == 0.99)
        #expect(portfolio.grossExposure?.fraction == 1.5 && portfolio.onBreach == .reduce)
        #expect(portfolio.diversificationRatio?.approximation == 1.2)
    }

    @Test func eachIsSwitchedOnAlone() throws {
        let nothing = try check([]).get()
        #expect(nothing.risk == nil && nothing.liquidation == nil && nothing.portfolio == nil)
        #expect(nothing.strategies[0].risk.sizing == nil && nothing.strategies[0].risk.dynamicLeverage == nil)
        #expect(nothing.strategies[0].risk.hedge == nil && nothing.strategies[0].hedges.isEmpty)
        let watched = try check(["risk.liquidation_warning=30%"]).get()
        #expect(watched.risk == nil)
        #expect(watched.liquidation?.warning.fraction == 0.3 && watched.liquidation?.target.fraction == 0.25)
        let broken = try check(["risk.drawdown=10%"]).get()
        #expect(broken.risk != nil && broken.liquidation == nil)
        #expect(try check(["risk={}"]).get().risk != nil)
        let hedged = try check(["\(Self.risk).hedge={ market: ETH/USDT:USDT }"]).get()
        #expect(hedged.strategies[0].risk.hedge?.ratio.fraction == 0.2)
        #expect(hedged.markets.map(\.unified) == ["BTC/USDT:USDT", "ETH/USDT:USDT"])
        let off = try check(["\(Self.risk).hedge={ market: ETH/USDT:USDT }", "\(Self.risk).hedge_ratio=0"]).get()
        #expect(off.strategies[0].risk.hedge == nil && off.markets.count == 1)
    }
}
