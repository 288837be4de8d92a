// SPDX-License-Identifier: Apache-2.0

import Execution
import Hyperliquid
import JSON
import TestSupport
import Testing
import Trading

private func universe() throws -> HyperliquidUniverse {
    try HyperliquidAnswer.universe(
        perpetual: Array(
            #"""
            [{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40},
              {"name":"MATIC","szDecimals":1,"maxLeverage":20,"isDelisted":true},
              {"name":"kPEPE","szDecimals":0,"maxLeverage":10,"onlyIsolated":true}]},[]]
            """#.utf8),
        spot: Array(
            #"""
            {"tokens":[{"name":"USDC","szDecimals":8,"index":0},{"name":"PURR","szDecimals":0,"index":1},
              {"name":"HYPE","szDecimals":2,"index":150}],
             "universe":[{"name":"PURR/USDC","tokens":[1,0],"index":0},{"name":"@107","tokens":[150,0],"index":107}]}
            """#.utf8))
}

@Suite struct Universe {
    @Test func `markets are found by name, number and symbol, and a delisted one keeps its number`() throws {
        let universe = try universe()
        #expect(universe[coin: "kPEPE"]?.assetIndex == 2)
        #expect(universe[asset: 1]?.isDelisted == true)
        #expect(universe[asset: 10_107]?.symbol == "HYPE/USDC")
        #expect(universe[symbol: "HYPE/USDC"]?.coin == "@107")
        #expect(universe[symbol: "BTC/USDC:USDC"]?.coin == "BTC")
        #expect(universe[coin: "PURR/USDC"]?.assetIndex == 10_000)
        #expect(universe[coin: "none"] == nil)
    }

    @Test func `an instrument has the venue's grid and minimum`() throws {
        let universe = try universe()
        func instrument(_ coin: String) throws -> Instrument {
            try HyperliquidUniverse.instrument(
                for: try #require(universe[coin: coin]), id: InstrumentID(0), base: AssetID(1), quote: AssetID(0),
                makerFee: .zero, takerFee: .zero)
        }
        let bitcoin = try instrument("BTC")
        #expect((bitcoin.priceDecimals, bitcoin.quantityDecimals) == (1, 5))
        let spot = try instrument("@107")
        #expect((spot.priceDecimals, spot.quantityDecimals) == (6, 2))
        let rules = bitcoin.rules(at: .epoch)
        #expect(rules.minimumNotional == Amount(whole: 10))
        // 5 significant digits, whole prices always.
        #expect(rules.accepts(Price(units: 123_450), decimals: 1))
        #expect(!rules.accepts(Price(units: 123_455), decimals: 1))
        #expect(rules.accepts(Price(units: 1_234_560), decimals: 1))
    }

    @Test(arguments: [
        #"{"universe":[{"szDecimals":5}]}"#, #"{"universe":[{"name":"X","szDecimals":-1}]}"#, #"{"universe":5}"#, "{}",
        #"{"universe":[{"name":"X","szDecimals":99}]}"#, "[]",
    ])
    func `a list that is not right is refused`(text: String) {
        #expect(throws: MessageError.self) {
            try HyperliquidUniverse(perpetual: MessageReader(try JSON.parse(text)), spot: nil)
        }
    }
}

@Suite struct NumberTexts {
    @Test(arguments: [
        ("123456", 5, false, "123456"), ("123456.7", 0, false, "123450"), ("0.00123456", 0, false, "0.001234"),
        ("97123.4", 5, false, "97123"), ("0.0000123456789", 0, true, "0.00001234"), ("1.5", 0, false, "1.5"),
        ("00.10", 0, false, "0.1"), (".5", 0, false, "0.5"), ("-1.23456", 0, false, "-1.2345"), ("5.", 0, false, "5"),
    ])
    func `prices are cut to the grid`(text: String, decimals: Int, isSpot: Bool, expected: String) throws {
        #expect(try HyperliquidNumberText.price(text, sizeDecimals: decimals, isSpot: isSpot) == expected)
    }

    @Test(arguments: ["", "-", ".", "1e5", "+1", "1.2.3", "0.0000001", "1,5", "NaN", "0x1"])
    func `what is no price, or nothing on the grid, is refused`(text: String) {
        #expect(throws: NumberTextError.self) {
            try HyperliquidNumberText.price(text, sizeDecimals: 0, isSpot: false)
        }
    }

    @Test(arguments: [
        (1.0, "1"), (0.1, "0.1"), (100_000_000.0, "100000000"), (0.00000001, "0.00000001"), (-0.0, "0"),
        (-1.5, "-1.5"), (123_456.789, "123456.789"), (1e15, "1000000000000000"),
    ])
    func `binary numbers are written as the SDK writes them`(number: Double, expected: String) throws {
        #expect(try HyperliquidNumberText.wire(number) == expected)
    }

    @Test(arguments: [1e-9, 0.123456789, .infinity, .nan, 1e300])
    func `binary numbers with more decimals are refused`(number: Double) {
        #expect(throws: NumberTextError.self) { try HyperliquidNumberText.wire(number) }
    }

    @Test(arguments: 0..<50)
    func `a decimal number is read and written without a loss`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let decimals = Int.random(in: 0...12, using: &random)
            let units = Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000, using: &random)
            let text = DecimalText.format(units, decimals: decimals)
            let number = try #require(ExactDecimal(text))
            #expect(number.description == text)
            #expect(number.units(decimals: decimals, as: Int64.self) == units)
            let other = Int64.random(in: -1_000_000...1_000_000, using: &random)
            let second = ExactDecimal(mantissa: Int128(other), decimals: 3)
            let scale = DecimalText.powerOfTen(max(decimals, 3))
            let left = Int128(units) * Int128(scale / DecimalText.powerOfTen(decimals))
            let right = Int128(other) * Int128(scale / 1_000)
            #expect((number < second) == (left < right))
            #expect((number == second) == (left == right))
        }
    }
}

@Suite struct OrderForms {
    @Test func `tickets become orders on the wire`() throws {
        let universe = try universe()
        let instrument = try HyperliquidUniverse.instrument(
            for: try #require(universe[coin: "BTC"]), id: InstrumentID(0), base: AssetID(1), quote: AssetID(0),
            makerFee: .zero, takerFee: .zero)
        func json(_ change: (inout OrderTicket) -> Void) throws -> String {
            var ticket = OrderTicket(
                client: ClientOrderID(high: 0, low: 1), instrument: InstrumentID(0), side: .buy, type: .limit,
                quantity: Quantity(units: 120_000), limit: Price(units: 431_230))
            change(&ticket)
            let order = try HyperliquidOrder(ticket, asset: 0, of: instrument)
            return try #require(HyperliquidAction.order([order]).value["orders"]).json
        }
        let end = #","c":"0x00000000000000000000000000000001"}]"#
        let start = #"[{"a":0,"b":true,"p":"43123","s":"1.2","r":false,"t":"#
        #expect(try json { _ in } == start + #"{"limit":{"tif":"Gtc"}}"# + end)
        #expect(try json { $0.isPostOnly = true } == start + #"{"limit":{"tif":"Alo"}}"# + end)
        #expect(try json { $0.type = .market } == start + #"{"limit":{"tif":"Ioc"}}"# + end)
        #expect(
            try json {
                $0.type = .stop
                $0.trigger = Price(units: 430_005)
            } == start + #"{"trigger":{"isMarket":true,"triggerPx":"43000.5","tpsl":"sl"}}"# + end)
        #expect(
            try json {
                $0.type = .takeProfitLimit
                $0.trigger = Price(units: 450_000)
            } == start + #"{"trigger":{"isMarket":false,"triggerPx":"45000","tpsl":"tp"}}"# + end)
        for change in [
            { $0.type = .trailingStop }, { $0.type = .stop }, { $0.timeInForce = .fillOrKill },
            { $0.timeInForce = .goodTilDate },
        ] as [(inout OrderTicket) -> Void] {
            #expect(throws: OrderFormError.self) { try json(change) }
        }
    }

    @Test func `nothing is reduce-only on spot`() throws {
        let universe = try universe()
        for (coin, isReduceOnly) in [("BTC", true), ("@107", false)] {
            let instrument = try HyperliquidUniverse.instrument(
                for: try #require(universe[coin: coin]), id: InstrumentID(0), base: AssetID(1), quote: AssetID(0),
                makerFee: .zero, takerFee: .zero)
            let ticket = OrderTicket(
                client: ClientOrderID(high: 0, low: 1), instrument: InstrumentID(0), side: .sell, type: .market,
                quantity: Quantity(units: 100), limit: Price(units: 100), isReduceOnly: true)
            #expect(try HyperliquidOrder(ticket, asset: 0, of: instrument).isReduceOnly == isReduceOnly)
        }
    }

    @Test func `rounding never makes a limit worse, nor a bound nearer`() throws {
        let universe = try universe()
        let instrument = try HyperliquidUniverse.instrument(
            for: try #require(universe[coin: "BTC"]), id: InstrumentID(0), base: AssetID(1), quote: AssetID(0),
            makerFee: .zero, takerFee: .zero)
        var random = SeededRandom(seed: 1)
        for _ in 0..<1_000 {
            let price = Price(units: Int64.random(in: 1...9_999_999, using: &random))
            let rules = instrument.rules(at: .epoch)
            let limits = [Side.buy, .sell].map { HyperliquidRounding.limit(price, $0, of: instrument, at: .epoch) }
            let bounds = [Side.buy, .sell].map { HyperliquidRounding.bound(price, $0, of: instrument, at: .epoch) }
            #expect(limits[0] <= price && limits[1] >= price && bounds[0] >= price && bounds[1] <= price)
            for result in limits + bounds { #expect(rules.accepts(result, decimals: 1)) }
        }
    }
}
