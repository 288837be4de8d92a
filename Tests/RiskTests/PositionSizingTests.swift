// SPDX-License-Identifier: Apache-2.0

import Risk
import TestSupport
import Testing
import Trading

@Suite struct PositionSizingTests {
    private static func everything() -> SizingSettings {
        var settings = SizingSettings()
        settings.fixedFraction = 0.3
        settings.volatilityRisk = 0.01
        settings.kelly = SizingSettings.Kelly()
        settings.correlatedShare = 0.5
        return settings
    }

    private static func input(_ random: inout SeededRandom) -> SizingInput {
        SizingInput(
            price: random.uniform(1, 1000), atr: random.uniform(0.01, 20),
            stopDistance: random.chance(50) ? random.uniform(0.1, 50) : nil, confidence: random.uniform(),
            recentTrades: .init(
                count: Int(random.below(80)), winRate: random.uniform(), profitFactor: random.uniform(0, 4)),
            correlation: random.chance(70) ? random.uniform(-1, 1) : nil, regimeShare: random.uniform(0, 1.5))
    }

    @Test("PRP 25: a volatile regime never sizes above normal", arguments: UInt64(0)..<300)
    func volatileIsNeverLarger(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sizing = try PositionSizing(Self.everything())
        var normal = Self.input(&random)
        normal.regimeShare = 1
        var volatile = normal
        // Whatever somebody configured for it, and with a range that did not shrink.
        volatile.regimeShare = random.uniform(0, 5)
        volatile.atr = normal.atr.map { $0 * random.uniform(1, 5) }
        #expect(sizing.size(volatile).share <= sizing.size(normal).share)
    }

    @Test("A size is a share, and every part that is switched on makes it no larger", arguments: UInt64(0)..<300)
    func partsOnlyLower(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let input = Self.input(&random)
        var settings = SizingSettings()
        settings.fixedFraction = random.uniform(0.01, 1)
        settings.usesConfidence = false
        var last = try PositionSizing(settings).size(input).share
        #expect(last.units >= 0 && last.fraction <= settings.fixedFraction)
        for change: (inout SizingSettings) -> Void in [
            { $0.usesConfidence = true }, { $0.volatilityRisk = 0.01 }, { $0.kelly = .init() },
            { $0.correlatedShare = 0.3 },
        ] {
            change(&settings)
            let next = try PositionSizing(settings).size(input).share
            #expect(next.units >= 0 && next <= last)
            last = next
        }
    }

    @Test func examplesOnPaper() throws {
        var settings = SizingSettings()
        settings.fixedFraction = 0.5
        settings.volatilityRisk = 0.01
        // 2 × ATR of 2 at 100 is 4 %; 1 % is lost with a quarter of the equity, and confidence 0.7 leaves 17.5 %.
        let size = try PositionSizing(settings).size(SizingInput(price: 100, atr: 2, confidence: 0.7))
        #expect(size.share == Rate(units: 175_000_000))
        #expect(size.notional(of: Amount(whole: 10_000)) == Amount(whole: 1_750))
        #expect(size.notional(of: Amount(whole: -5)) == .zero)
        #expect(
            size.factors.map(\.description) == [
                "fixed fraction: at most 0.5, as configured",
                "volatility: at most 0.25, 1 % of the equity is lost when the price moves 4 % (2 × ATR)",
                "confidence: × 0.7, of the signal", "regime: × 1.0, of the normal size, by the market's regime",
            ])
    }

    @Test func kellyNeedsTradesAndAnEdge() throws {
        var settings = SizingSettings()
        settings.fixedFraction = 1
        settings.kelly = SizingSettings.Kelly()
        settings.kelly?.maximumRisk = 0.05
        func size(_ count: Int, _ rate: Double, _ factor: Double) throws -> Double {
            try PositionSizing(settings).size(
                SizingInput(
                    price: 100, stopDistance: 20,
                    recentTrades: .init(count: count, winRate: rate, profitFactor: factor))
            ).share.fraction
        }
        // 0.5 (1 − 1 ÷ 1.25) = 10 %; half of it at a distance of 20 %.
        #expect(try size(30, 0.5, 1.25) == 0.25)
        #expect(try size(30, 0.6, 3) == 0.25, "capped at 5 % of risk")
        #expect(try size(29, 0.6, 3) == 1, "too few trades to say anything")
        #expect(try size(30, 0.6, 1) == 0)
        #expect(try size(30, 0.6, 0) == 0)
        #expect(try size(30, 0.6, .infinity) == 0.25, "no loss yet")
        #expect(try size(30, .nan, 2) == 0)
    }

    @Test func whatIsNotKnownMakesItZeroAndSaysSo() throws {
        let sizing = try PositionSizing(Self.everything())
        for atr in [nil, 0, -1, .nan, .infinity] as [Double?] {
            let size = sizing.size(SizingInput(price: 100, atr: atr))
            #expect(size.share == .zero)
            #expect(size.factors.contains { $0.name == "volatility" && $0.value == 0 })
        }
        for input in [
            SizingInput(price: .nan, atr: 1), SizingInput(price: 0, atr: 1),
            SizingInput(price: 1, atr: 1, confidence: .nan),
            SizingInput(price: 1, atr: 1, confidence: 1.1), SizingInput(price: 1, atr: 1, regimeShare: .nan),
            SizingInput(price: 1, atr: 1, regimeShare: -1),
        ] { #expect(sizing.size(input).share == .zero) }
        // A correlation that is no number counts as moving the same.
        let unknown = sizing.size(SizingInput(price: 100, atr: 2, correlation: .nan)).share
        #expect(unknown == sizing.size(SizingInput(price: 100, atr: 2, correlation: 1)).share)
        #expect(unknown.units * 2 == sizing.size(SizingInput(price: 100, atr: 2, correlation: -0.5)).share.units)
    }

    @Test func badSettingsAreRefusedByName() {
        func refusal(_ change: (inout SizingSettings) -> Void) -> String {
            var settings = Self.everything()
            change(&settings)
            do {
                _ = try PositionSizing(settings)
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal { _ in } == "")
        #expect(refusal { $0.fixedFraction = 1.2 } == "fixed_fraction must be above 0 and at most 1, was 1.2.")
        #expect(refusal { $0.volatilityRisk = .nan }.hasPrefix("volatility_risk"))
        let risky = refusal {
            var kelly = SizingSettings.Kelly()
            kelly.maximumRisk = 0
            $0.kelly = kelly
        }
        #expect(risky.hasPrefix("kelly.maximum_risk"))
        let hasty = refusal {
            var kelly = SizingSettings.Kelly()
            kelly.minimumTrades = 1
            $0.kelly = kelly
        }
        #expect(hasty.hasPrefix("kelly.minimum_trades"))
        #expect(refusal { $0.correlatedShare = -1 }.hasPrefix("correlated_share"))
        #expect(refusal { $0.atrMultiple = 0 }.hasPrefix("atr_multiple"))
    }
}

@Suite struct DynamicLeverageTests {
    private static func everything() -> LeverageSettings {
        var settings = LeverageSettings()
        settings.maximum = 10
        settings.targetVolatility = 0.02
        settings.strongTrend = 25
        settings.fullAge = 86_400
        settings.freeMargin = 0.5
        return settings
    }

    @Test func examplesOnPaper() throws {
        let leverage = try DynamicLeverage(Self.everything())
        let best = leverage.leverage(
            LeverageInput(volatility: 0.01, trendStrength: 30, freeMargin: 0.9, venueMaximum: 50))
        #expect(best.value == 10 && best.whole == 10)
        // 10 × ½ (volatility) × ¾ (trend) × ¾ (age) × ½ (margin).
        let worse = leverage.leverage(
            LeverageInput(volatility: 0.04, trendStrength: 12.5, age: 43_200, freeMargin: 0.25, venueMaximum: 50))
        #expect(worse.value == 10 * 0.5 * 0.75 * 0.75 * 0.5 && worse.whole == 1)
        #expect(worse.factors.count == 5)
    }

    @Test("It stays within bounds; more volatility, age or margin in use never raises it", arguments: UInt64(0)..<200)
    func monotone(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let leverage = try DynamicLeverage(Self.everything())
        let input = LeverageInput(
            volatility: random.uniform(0, 0.1), trendStrength: random.uniform(0, 100), age: random.uniform(0, 2e5),
            freeMargin: random.uniform(-1, 1), venueMaximum: random.uniform(0, 40))
        let value = leverage.leverage(input).value
        #expect(value >= 1 && value <= max(1, min(10, input.venueMaximum)))
        var worse = input
        worse.volatility = input.volatility.map { $0 + random.uniform(0, 0.1) }
        #expect(leverage.leverage(worse).value <= value)
        worse.trendStrength = input.trendStrength.map { $0 * random.uniform() }
        worse.age += random.uniform(0, 1e5)
        worse.freeMargin = input.freeMargin.map { $0 - random.uniform() }
        #expect(leverage.leverage(worse).value <= value)
    }

    @Test func whatIsNotKnownMakesItTheLeast() throws {
        let leverage = try DynamicLeverage(Self.everything())
        let good = LeverageInput(volatility: 0.01, trendStrength: 30, freeMargin: 0.9, venueMaximum: 50)
        for change: (inout LeverageInput) -> Void in [
            { $0.volatility = nil }, { $0.volatility = .nan }, { $0.trendStrength = 101 }, { $0.age = -1 },
            { $0.freeMargin = nil }, { $0.venueMaximum = 0 }, { $0.venueMaximum = .nan },
        ] {
            var input = good
            change(&input)
            #expect(leverage.leverage(input).value == 1)
        }
    }

    @Test func badSettingsAreRefusedByName() {
        for (change, key): ((inout LeverageSettings) -> Void, String) in [
            ({ $0.maximum = 0.5 }, "maximum must be from minimum (1.0)"),
            ({ $0.minimum = 20 }, "maximum must be from minimum (20.0)"),
            ({ $0.targetVolatility = 0 }, "target_volatility"), ({ $0.agedShare = 2 }, "aged_share"),
            ({ $0.freeMargin = .nan }, "free_margin"),
        ] {
            var settings = Self.everything()
            change(&settings)
            #expect(settings.problems.first?.hasPrefix(key) == true, "\(settings.problems)")
            #expect(throws: SizingError.self) { try DynamicLeverage(settings) }
        }
    }
}
