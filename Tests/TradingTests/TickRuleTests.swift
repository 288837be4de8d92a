// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct TickRuleTests {
    @Test func roundedPricesAreTheNextAcceptedOnesFoundBySearch() throws {
        let rows = try fixture("ticks.csv")
        #expect(rows.count == 960)
        for row in rows {
            let rules = TradingRules(tick: try tick(row[0]))
            let decimals = try #require(Int(row[1]))
            let units = try row[2...4].map { try #require(Int64($0)) }
            let (price, down, up) = (Price(units: units[0]), Price(units: units[1]), Price(units: units[2]))
            #expect(rules.rounded(price, decimals: decimals, .down) == down, "\(row)")
            #expect(rules.rounded(price, decimals: decimals, .up) == up, "\(row)")
            #expect(rules.accepts(price, decimals: decimals) == (down == price), "\(row)")
            let nearest = up.units - price.units <= price.units - down.units ? up : down
            #expect(rules.rounded(price, decimals: decimals, .nearest) == nearest, "\(row)")
        }
    }

    private func tick(_ text: String) throws -> TickRule {
        let parts = text.split(separator: ":", maxSplits: 1)
        let numbers = parts[1].split(separator: ";").map { $0.split(separator: ":").compactMap { Int64($0) } }
        if parts[0] == "significant" { return .significant(digits: Int(numbers[0][0]), decimals: Int(numbers[0][1])) }
        if parts[0] == "uniform" { return .uniform(step: numbers[0][0]) }
        return .tiered(numbers.map { TickTier(from: Price(units: $0[0]), step: $0[1]) })
    }

    /// The examples of Hyperliquid's documentation: five significant figures, at most 6 − szDecimals decimals, whole
    /// numbers always.
    @Test(arguments: [
        ("1234.5", 6, true), ("1234.56", 6, false), ("0.001234", 6, true), ("0.0012345", 6, false), ("123456", 6, true),
        ("0.01234", 5, true), ("0.012345", 5, false), ("1234567", 6, true), ("12345.6", 6, false), ("99999", 6, true),
        ("100000.5", 6, false), ("1.2345", 6, true), ("1.23456", 6, false),
    ])
    func hyperliquidPrices(text: String, allowed: Int, isAccepted: Bool) throws {
        let rules = TradingRules(tick: .significant(digits: 5, decimals: allowed))
        let price = Price(units: try DecimalText.parse(text, decimals: 8))
        #expect(rules.accepts(price, decimals: 8) == isAccepted)
    }

    @Test func negativePricesRoundTowardsTheSameSideOfTheAxis() {
        let rules = TradingRules(tick: .uniform(step: 10))
        #expect(rules.rounded(Price(units: -15), decimals: 0, .down).units == -20)
        #expect(rules.rounded(Price(units: -15), decimals: 0, .up).units == -10)
        #expect(rules.rounded(Price(units: -15), decimals: 0, .nearest).units == -10)
        #expect(rules.rounded(Price(units: -16), decimals: 0, .nearest).units == -20)
    }

    @Test(arguments: [
        TickRule.uniform(step: 1_000_000_007), .uniform(step: .max), .significant(digits: 5, decimals: 0),
        .tiered([TickTier(from: Price(units: 0), step: 3), TickTier(from: Price(units: .max - 5), step: 1 << 62)]),
    ])
    func theEndsOfTheRangeRoundToWhatCanBeHeld(tick: TickRule) {
        let rules = TradingRules(tick: tick)
        for units in [Int64.max, .max - 1, .min, .min + 1, 0, 1, -1] {
            for rounding in [TradingRules.Rounding.down, .up, .nearest] {
                let rounded = rules.rounded(Price(units: units), decimals: 18, rounding)
                #expect(rules.accepts(rounded, decimals: 18))
            }
        }
    }

    @Test(arguments: 0..<200)
    func roundingIsIdempotentAndOrdered(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let tick: TickRule
        switch seed % 3 {
        case 0: tick = .uniform(step: Int64.random(in: 1...100_000, using: &random))
        case 1:
            tick = .significant(
                digits: Int.random(in: 1...8, using: &random), decimals: Int.random(in: 0...8, using: &random))
        default:
            tick = .tiered(
                (0..<5).map {
                    TickTier(from: Price(units: $0 * 100_000), step: Int64.random(in: 1...900, using: &random))
                })
        }
        let rules = TradingRules(tick: tick)
        for _ in 0..<50 {
            let price = Price(units: Int64.random(in: 0...1_000_000, using: &random))
            let down = rules.rounded(price, decimals: 6, .down)
            let up = rules.rounded(price, decimals: 6, .up)
            let nearest = rules.rounded(price, decimals: 6, .nearest)
            #expect(down <= price && price <= up)
            #expect(nearest == down || nearest == up)
            for result in [down, up, nearest] {
                #expect(rules.accepts(result, decimals: 6), "\(tick) \(price.units) \(result.units)")
                #expect(rules.rounded(result, decimals: 6, .up) == result)
                #expect(rules.rounded(result, decimals: 6, .down) == result)
            }
        }
    }
}
