// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

struct InstrumentTests {
    @Test func valuesEqualExactFractions() throws {
        let rows = try fixture("values.csv")
        #expect(rows.count == 800)
        var held = 0
        for row in rows {
            let numbers = try row[1...6].map { try #require(Int64($0)) }
            let instrument = try makeInstrument(
                row[0] == "inverse" ? .inversePerpetual : .linearPerpetual, priceDecimals: Int(numbers[0]),
                quantityDecimals: Int(numbers[1]), multiplier: numbers[3], multiplierDecimals: Int(numbers[2]))
            let (price, quantity) = (Price(units: numbers[4]), Quantity(units: numbers[5]))
            let expected = Int128(row[8])
            #expect(instrument.notional(of: quantity, at: price)?.units == expected, "\(row)")
            // The value of an inverse contract is worked out from its notional: both must be held.
            if row[0] == "linear" || expected != nil {
                #expect(instrument.value(of: quantity, at: price)?.units == Int128(row[7]), "\(row)")
                if row[7] != "nil" { held += 1 }
            }
        }
        #expect(held > 300)
    }

    @Test func anInversePositionHasNoValueAtAPriceOfNothing() throws {
        let instrument = try makeInstrument(.inversePerpetual)
        #expect(instrument.value(of: Quantity(units: 1), at: Price(units: 0)) == nil)
        #expect(instrument.value(of: Quantity(units: 1), at: Price(units: -5)) == nil)
    }

    @Test func aContractWorthAHundredNeedsNoFurtherDecimals() throws {
        // As OKX's BTC-USD-SWAP: 100 USD a contract, prices in tenths.
        let instrument = try makeInstrument(
            .inversePerpetual, priceDecimals: 1, quantityDecimals: 0, multiplier: 100)
        let value = try #require(instrument.value(of: Quantity(units: 5), at: Price(units: 500_000)))
        #expect(value.description == "0.01")
        #expect(instrument.notional(of: Quantity(units: 5), at: Price(units: 1))?.description == "500")
        let linear = try makeInstrument(priceDecimals: 0, quantityDecimals: 0, multiplier: 1000)
        #expect(linear.value(of: Quantity(units: -2), at: Price(units: 3))?.description == "-6000")
    }

    @Test func everyKindSaysWhetherItIsMarginedAndWhenItEnds() {
        let expiry = Timestamp(seconds: 1_700_000_000)
        let kinds: [(InstrumentKind, Bool, Timestamp?)] = [
            (.spot, false, nil), (.linearPerpetual, true, nil), (.inversePerpetual, true, nil),
            (.future(expiry: expiry), true, expiry),
            (.option(expiry: expiry, strike: Price(units: 1), right: .call), false, expiry),
            (.option(expiry: expiry, strike: Price(units: 1), right: .put), false, expiry),
        ]
        for (kind, isMargined, end) in kinds {
            #expect(kind.isMargined == isMargined)
            #expect(kind.expiry == end)
        }
    }

    @Test func marginTiersApplyUpToTheirLimitAndTheLastBeyondIt() throws {
        let rates = [1, 2, 5].map { Rate(units: $0 * 10_000_000) }
        let tiers = [
            MarginTier(upToNotional: Amount(whole: 1000), maintenanceRate: rates[0], maximumLeverage: 50),
            MarginTier(upToNotional: Amount(whole: 5000), maintenanceRate: rates[1], maximumLeverage: 20),
            MarginTier(upToNotional: nil, maintenanceRate: rates[2], maximumLeverage: 5),
        ]
        let instrument = try makeInstrument(marginTiers: tiers)
        for (notional, tier) in [(0, 0), (999, 0), (1000, 0), (1001, 1), (5000, 1), (5001, 2), (1_000_000, 2)] {
            #expect(instrument.marginTier(forNotional: Amount(whole: Int64(notional))) == tiers[tier])
        }
        let bounded = try makeInstrument(marginTiers: Array(tiers.prefix(2)))
        #expect(bounded.marginTier(forNotional: Amount(whole: 9999)) == tiers[1])
        #expect(try makeInstrument().marginTier(forNotional: .zero).maintenanceRate.units == 50_000_000)
    }

    @Test func theRulesOfTheDayApply() throws {
        func rules(lot: Int64) -> TradingRules { TradingRules(lot: lot) }
        let entries = [(2000, 3), (1000, 2), (0, 1)].map { (from: Timestamp(seconds: $0), rules: rules(lot: $1)) }
        let instrument = try Instrument(
            id: InstrumentID(0), symbol: "X", venue: "test", kind: .spot, base: Assets.btc, quote: Assets.usd,
            settlement: Assets.usd, priceDecimals: 2, quantityDecimals: 2, rules: entries)
        for (second, lot) in [(-5, 1), (0, 1), (999, 1), (1000, 2), (1999, 2), (2000, 3), (9999, 3)] {
            #expect(instrument.rules(at: Timestamp(seconds: Int64(second))).lot == Int64(lot))
        }
    }

    @Test(arguments: [
        (TradingRules(tick: .uniform(step: 0)), "tick"), (TradingRules(tick: .uniform(step: -1)), "tick"),
        (TradingRules(lot: 0), "lot"), (TradingRules(tick: .tiered([])), "tier"),
        (TradingRules(tick: .tiered([TickTier(from: Price(units: 0), step: 0)])), "tick"),
        (
            TradingRules(
                tick: .tiered([TickTier(from: Price(units: 5), step: 1), TickTier(from: Price(units: 5), step: 2)])),
            "rising"
        ),
        (TradingRules(tick: .significant(digits: 0, decimals: 2)), "significant"),
        (TradingRules(tick: .significant(digits: 5, decimals: -1)), "decimals"),
    ])
    func rulesThatNothingCanBeJudgedByAreRefused(rules: TradingRules, word: String) {
        let error = #expect(throws: Instrument.DefinitionError.self) { try makeInstrument(rules: rules) }
        let message = error?.description ?? ""
        #expect(message.contains(word))
        #expect(error?.description.hasPrefix("BTCUSDT") == true)
    }

    @Test func scalesThatAreNotExactAreRefused() throws {
        #expect(throws: Instrument.DefinitionError.tooManyDecimals(symbol: "BTCUSDT", total: 19)) {
            try makeInstrument(priceDecimals: 10, quantityDecimals: 9)
        }
        _ = try makeInstrument(priceDecimals: 10, quantityDecimals: 8)
        for (decimals, multiplier) in [(-1, 1), (19, 1), (Int.max, 1), (2, 0), (2, -1)] {
            #expect(throws: Instrument.DefinitionError.self) {
                try makeInstrument(priceDecimals: decimals, quantityDecimals: 1, multiplier: Int64(multiplier))
            }
        }
        #expect(throws: Instrument.DefinitionError.noRules(symbol: "X")) {
            try Instrument(
                id: InstrumentID(0), symbol: "X", venue: "", kind: .spot, base: Assets.btc, quote: Assets.usd,
                settlement: Assets.usd, priceDecimals: 2, quantityDecimals: 2, rules: [])
        }
    }

    @Test func everyRefusalHasItsOwnWords() {
        let texts = RejectReason.allCases.map(\.text)
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { $0.count > 5 && !$0.hasSuffix(".") && $0.first?.isLowercase == true })
        #expect(RejectReason.none.rawValue == 0)
        #expect(Set(FillReason.allCases.map(\.text)).count == FillReason.allCases.count)
    }
}
