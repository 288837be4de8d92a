// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

struct ValuationTests {
    private let table = AssetTable(names: ["BTC", "EUR", "SHIB", "USDT"])
    private var btc: AssetID { AssetID(0) }
    private var eur: AssetID { AssetID(1) }
    private var shib: AssetID { AssetID(2) }
    private var usdt: AssetID { AssetID(3) }

    /// 0: BTC/USDT, 1: SHIB/BTC with 12 decimals, 2: EUR/USDT.
    private func account(_ valuations: [AssetValuation], base: AssetID) throws -> Account {
        let pairs = [(btc, usdt, 2, 3), (shib, btc, 12, 0), (eur, usdt, 4, 2)]
        let instruments = try pairs.enumerated().map { index, pair in
            try makeInstrument(
                .spot, id: UInt32(index), priceDecimals: pair.2, quantityDecimals: pair.3, base: pair.0, quote: pair.1)
        }
        return Account(
            AccountDescription(assets: table, instruments: instruments, baseCurrency: base, valuations: valuations))
    }

    private let prices: [Price?] = [Price(units: 50_000_00), Price(units: 250), Price(units: 1_0800)]

    @Test func assetsAreWorthWhatThePairsSay() throws {
        let ids = (0..<3).map { InstrumentID($0) }
        let dollars = try account(
            [.multiplied(by: ids[0]), .multiplied(by: ids[2]), .multiplied(by: ids[1]), .base], base: usdt)
        for (text, asset, expected) in [
            ("0.5", btc, "25000"), ("-100", eur, "-108"), ("1000000000", shib, "12500"), ("7", usdt, "7"),
        ] {
            #expect(
                try dollars.value(Amount(parsing: text), of: asset, prices: prices, at: .epoch).description == expected)
        }
        let euros = try account(
            [.multiplied(by: ids[0]), .base, .multiplied(by: ids[1]), .divided(by: ids[2])], base: eur)
        // 1 ÷ 1.08, rounded to 10^-18.
        #expect(
            try euros.value(Amount(whole: 1), of: usdt, prices: prices, at: .epoch).description
                == "0.925925925925925926")
        #expect(try euros.value(Amount(whole: 54), of: usdt, prices: prices, at: .epoch).description == "50")
        #expect(
            try euros.value(Amount(whole: 1), of: btc, prices: prices, at: .epoch).description
                == "46296.296296296296296296")
    }

    @Test func datedRatesApplyFromTheirDayAndTheFirstBeforeToo() throws {
        let rates = [(100, "1.1"), (200, "1.2"), (300, "0.000000000000000001")].map { second, text in
            DatedRate(from: Timestamp(seconds: second), rate: (try? Amount(parsing: text)) ?? .zero)
        }
        let account = try account([.unknown, .rates(rates), .unknown, .base], base: usdt)
        for (second, expected) in [
            (0, "1100"), (100, "1100"), (199, "1100"), (200, "1200"), (300, "0.000000000000001"),
        ] {
            let value = try account.value(
                Amount(whole: 1000), of: eur, prices: prices, at: Timestamp(seconds: Int64(second)))
            #expect(value.description == expected)
        }
    }

    /// A rate with 18 decimals times a large holding needs more than 128 bits on the way.
    @Test func tinyRatesOfLargeHoldingsAreNotLost() throws {
        let rate = try Amount(parsing: "0.000000000123456789")
        let account = try account(
            [.unknown, .unknown, .rates([DatedRate(from: .epoch, rate: rate)]), .base], base: usdt)
        let value = try account.value(Amount(whole: 1_000_000_000_000_000), of: shib, prices: prices, at: .epoch)
        #expect(value.description == "123456.789")
    }

    @Test func whatNothingIsKnownAboutIsAnErrorThatSaysWhatToWrite() throws {
        let ids = (0..<3).map { InstrumentID($0) }
        let cases: [(AssetValuation, [Price?])] = [
            (.unknown, prices), (.rates([]), prices), (.multiplied(by: ids[2]), [nil, nil, nil]),
            (.divided(by: ids[2]), [nil, nil, nil]), (.divided(by: ids[2]), [nil, nil, Price(units: 0)]),
            // A chain that comes back to where it began.
            (.multiplied(by: ids[2]), prices),
        ]
        for (index, (valuation, prices)) in cases.enumerated() {
            let isLoop = index == cases.count - 1
            let account = try account(
                [.base, valuation, .unknown, isLoop ? .divided(by: ids[2]) : .unknown], base: btc)
            let error = #expect(throws: ValuationError.noRate(asset: "EUR", base: "BTC")) {
                try account.value(Amount(whole: 1), of: eur, prices: prices, at: .epoch)
            }
            for word in ["EUR", "BTC", "account.conversion_rates"] {
                let message = error?.description ?? ""
                #expect(message.contains(word))
            }
        }
    }

    @Test func whatIsTooLargeIsAnErrorAndNoTrap() throws {
        let ids = (0..<3).map { InstrumentID($0) }
        var account = try account(
            [.multiplied(by: ids[0]), .rates([DatedRate(from: .epoch, rate: Amount(whole: 2))]), .unknown, .base],
            base: usdt)
        let large = Amount(whole: .max) + Amount(whole: .max) + Amount(whole: .max)
        #expect(throws: ValuationError.tooLarge(asset: "BTC")) {
            try account.value(large, of: btc, prices: prices, at: .epoch)
        }
        #expect(throws: Never.self) { try account.value(large, of: eur, prices: prices, at: .epoch) }
        account.deposit(Amount(units: .max), of: usdt, at: .epoch)
        account.deposit(large, of: eur, at: .epoch)
        let error = #expect(throws: ValuationError.self) { try account.equity(prices: prices, at: .epoch) }
        #expect(error?.description.contains("USDT") == true)
    }

    @Test func equityCountsBalancesAndOpenPositions() throws {
        let linear = try makeInstrument(.linearPerpetual, id: 0)
        let inverse = try makeInstrument(.inversePerpetual, id: 1, quantityDecimals: 0)
        var account = Account(
            AccountDescription(
                assets: Assets.table, instruments: [linear, inverse], baseCurrency: Assets.usdt,
                valuations: [.multiplied(by: InstrumentID(0)), .unknown, .base]))
        account.deposit(Amount(whole: 1000), of: Assets.usdt, at: .epoch)
        account.deposit(Amount(whole: 1), of: Assets.btc, at: .epoch)
        account.apply(makeFill(-2_000, at: 100_00))
        account.apply(makeFill(500, at: 100_00, instrument: 1))
        let prices = [Price(units: 125_00), Price(units: 125_00)]
        // 1000 − 2 × 25 in USDT; 1 + 500/100 − 500/125 = 2 BTC at 125.
        #expect(try account.equity(prices: prices, at: .epoch).description == "1200")
        // USD is unknown, but there is none.
        account.deposit(Amount(whole: 1), of: Assets.usd, at: .epoch)
        #expect(throws: ValuationError.noRate(asset: "USD", base: "USDT")) {
            try account.equity(prices: prices, at: .epoch)
        }
    }

    @Test func assetsHaveOneNumberEachWhateverTheirOrder() {
        let shuffled = AssetTable(names: ["USDT", "SHIB", "EUR", "BTC", "EUR"])
        #expect(shuffled == table)
        #expect(shuffled.id(named: "EUR") == eur && shuffled.name(of: eur) == "EUR")
        #expect(shuffled.id(named: "eur") == nil)
    }
}
