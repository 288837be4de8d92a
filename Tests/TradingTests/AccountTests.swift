// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct AccountTests {
    private func makeAccount(
        _ instruments: [Instrument], mode: PositionMode = .netting, strategies: Int = 2,
        deposits: [(AssetID, String)] = []
    ) throws -> Account {
        var account = Account(
            AccountDescription(
                assets: Assets.table, instruments: instruments, baseCurrency: Assets.usdt,
                valuations: [.unknown, .unknown, .base], positionMode: mode, strategyCount: strategies),
            keepsEntries: true)
        for (asset, text) in deposits { account.deposit(try Amount(parsing: text), of: asset, at: .epoch) }
        return account
    }

    @Test func aSpotFillExchangesTwoAssetsAndTakesItsFee() throws {
        var account = try makeAccount([makeInstrument(.spot)], deposits: [(Assets.usdt, "1000")])
        account.apply(makeFill(2_000, at: 100_00, fee: try Amount(parsing: "0.2")))
        #expect(account.balance(Assets.btc).description == "2")
        #expect(account.balance(Assets.usdt).description == "799.8")
        let sale = account.apply(makeFill(-500, at: 120_00, fee: try Amount(parsing: "-0.01")))
        #expect(account.balance(Assets.btc).description == "1.5")
        #expect(account.balance(Assets.usdt).description == "859.81")
        #expect(sale?.realised.description == "10")
        #expect(account.ledger.total(.fees, Assets.usdt).description == "0.19")
        #expect(account.ledger.total(.external, Assets.usdt).description == "-1000")
        #expect(account.ledger.isBalanced)
    }

    @Test func aHoldingBecomesSmallerWithoutATrade() throws {
        var account = try makeAccount([makeInstrument(.spot)], deposits: [(Assets.usdt, "1000")])
        let (own, market) = (StrategyID(0), InstrumentID(0))
        account.apply(makeFill(2_000, at: 100_00))
        let entries = account.ledger.entryCount
        func change(_ units: Int64, keepsCost: Bool, strategy: StrategyID = StrategyID(0)) -> Amount? {
            account.changeHolding(Quantity(units: units), of: market, strategy: strategy, keepsCost: keepsCost)
        }
        // More than is held, in its direction, or of somebody who has none.
        #expect(change(-2_001, keepsCost: true) == nil)
        #expect(change(1, keepsCost: true) == nil)
        #expect(change(-1, keepsCost: true, strategy: StrategyID(1)) == nil)
        // A fee: what is left has cost as much.
        #expect(change(-400, keepsCost: true) == .zero)
        #expect(account.position(market).quantity == Quantity(units: 1_600))
        #expect(account.netQuantity(own, market) == Quantity(units: 1_600))
        #expect(account.position(market).cost.description == "200")
        // A rest: the cost goes with it.
        #expect(change(-400, keepsCost: false) == .zero)
        #expect(account.position(market).cost.description == "150")
        #expect(account.subPosition(own, market).cost.description == "150")
        // Nothing is left that could carry the cost.
        #expect(change(-1_200, keepsCost: true)?.description == "-150")
        #expect(account.position(market).realised.description == "-150")
        #expect(account.position(market).isFlat)
        // The books did not move.
        #expect(account.ledger.entryCount == entries)
        #expect(account.balance(Assets.btc).description == "2")
    }

    @Test func onlySpotHoldingsChangeWithoutATrade() throws {
        var account = try makeAccount([makeInstrument(.linearPerpetual)], deposits: [(Assets.usdt, "1000")])
        account.apply(makeFill(2_000, at: 100_00))
        let result = account.changeHolding(
            Quantity(units: -1), of: InstrumentID(0), strategy: StrategyID(0), keepsCost: true)
        #expect(result == nil)
        #expect(account.position(InstrumentID(0)).quantity == Quantity(units: 2_000))
    }

    @Test func aSpotLotOfManyCoinsMovesAllOfThem() throws {
        var account = try makeAccount(
            [makeInstrument(.spot, quantityDecimals: 0, multiplier: 1000)], deposits: [(Assets.usdt, "1000")])
        account.apply(makeFill(2, at: 10))
        #expect(account.balance(Assets.btc).description == "2000")
        #expect(account.balance(Assets.usdt).description == "800")
    }

    @Test func aMarginedFillMovesNothingButProfitAndFees() throws {
        for kind in [InstrumentKind.linearPerpetual, .future(expiry: .distantFuture)] {
            var account = try makeAccount([makeInstrument(kind)], deposits: [(Assets.usdt, "1000")])
            account.apply(makeFill(2_000, at: 100_00, fee: Amount(whole: 1)))
            #expect(account.balance(Assets.usdt).description == "999")
            #expect(account.balance(Assets.btc) == .zero)
            account.apply(makeFill(-2_000, at: 90_00, fee: Amount(whole: 1)))
            #expect(account.balance(Assets.usdt).description == "978")
            #expect(account.ledger.total(.realised, Assets.usdt).description == "20")
            #expect(account.ledger.isBalanced)
        }
    }

    @Test func anInverseFillSettlesInTheBaseAsset() throws {
        var account = try makeAccount(
            [makeInstrument(.inversePerpetual, quantityDecimals: 0)], deposits: [(Assets.btc, "1")])
        account.apply(makeFill(1000, at: 40_000_00))
        account.apply(makeFill(-1000, at: 50_000_00, fee: try Amount(parsing: "0.00001")))
        #expect(account.balance(Assets.btc).description == "1.00499")
        #expect(account.balance(Assets.usdt) == .zero)
    }

    @Test func anOptionsPremiumIsPaidAtTheFill() throws {
        let option = InstrumentKind.option(expiry: .distantFuture, strike: Price(units: 1), right: .call)
        var account = try makeAccount([makeInstrument(option)], deposits: [(Assets.usdt, "1000")])
        account.apply(makeFill(2_000, at: 15_00, fee: Amount(whole: 1)))
        #expect(account.balance(Assets.usdt).description == "969")
        #expect(try account.equity(prices: [Price(units: 15_00)], at: .epoch).description == "999")
        #expect(try account.equity(prices: [Price(units: 20_00)], at: .epoch).description == "1009")
        // Sold short, the premium comes in and is owed.
        account.apply(makeFill(-3_000, at: 20_00))
        #expect(account.balance(Assets.usdt).description == "1029")
        #expect(try account.equity(prices: [Price(units: 25_00)], at: .epoch).description == "1004")
        account.apply(makeFill(1_000, at: 0, reason: .settlement))
        #expect(account.balance(Assets.usdt).description == "1029")
        #expect(account.netQuantity(InstrumentID(0)) == .zero)
        #expect(account.ledger.isBalanced)
    }

    @Test func nettingReducesAndHedgingKeepsBothSides() throws {
        func positions(_ mode: PositionMode) throws -> [Int64] {
            var account = try makeAccount([makeInstrument()], mode: mode)
            account.apply(makeFill(3_000, at: 100_00))
            account.apply(makeFill(-1_000, at: 110_00))
            return [account.position(InstrumentID(0)), account.position(InstrumentID(0), slot: 1)]
                .map(\.quantity.units) + [account.netQuantity(InstrumentID(0)).units]
        }
        #expect(try positions(.netting) == [2_000, 0, 2_000])
        #expect(try positions(.hedging) == [3_000, -1_000, 2_000])
    }

    @Test func aReducingFillClosesTheOtherSideOfAHedgedPosition() throws {
        var account = try makeAccount([makeInstrument()], mode: .hedging)
        account.apply(makeFill(3_000, at: 100_00))
        account.apply(makeFill(-1_000, at: 110_00))
        let longClosed = account.apply(makeFill(-3_000, at: 120_00), isReducing: true)
        #expect(longClosed?.realised.description == "60")
        #expect(account.position(InstrumentID(0)).isFlat)
        #expect(account.position(InstrumentID(0), slot: 1).quantity.units == -1_000)
        let shortClosed = account.apply(makeFill(1_000, at: 115_00), isReducing: true)
        #expect(shortClosed?.realised.description == "-5")
        #expect(account.position(InstrumentID(0), slot: 1).isFlat)
        #expect(account.balance(Assets.usdt).description == "55")
    }

    @Test func strategiesHaveTheirPartsOfOnePosition() throws {
        var account = try makeAccount([makeInstrument()])
        account.apply(makeFill(3_000, at: 100_00, strategy: 0))
        let second = account.apply(makeFill(-1_000, at: 110_00, strategy: 1))
        #expect(second?.realised == .zero, "the second strategy opened a short of its own")
        #expect(account.balance(Assets.usdt).description == "10", "the account reduced its long")
        #expect(account.netQuantity(StrategyID(0), InstrumentID(0)).units == 3_000)
        #expect(account.netQuantity(StrategyID(1), InstrumentID(0)).units == -1_000)
        #expect(account.netQuantity(InstrumentID(0)).units == 2_000)
        #expect(second?.before == Position() && second?.after.quantity.units == -1_000)
    }

    @Test func causesAreTold() throws {
        var account = try makeAccount([makeInstrument()])
        account.apply(makeFill(1_000, at: 100_00))
        account.apply(makeFill(-500, at: 90_00, trade: 8, reason: .liquidation))
        account.apply(makeFill(-500, at: 90_00, fee: Amount(whole: 1), trade: 9, reason: .settlement))
        account.payFunding(Amount(whole: 2), instrument: InstrumentID(0), strategy: StrategyID(1), at: .epoch)
        account.coverLoss(Amount(whole: 3), of: Assets.usdt, at: .epoch)
        let entries = account.ledger.entries
        #expect(entries.map(\.cause) == [.liquidation, .settlement, .fee, .funding, .liquidation])
        #expect(entries.map(\.reference) == [8, 9, 9, 0, 0])
        #expect(entries[3].ownership.strategy == StrategyID(1))
        #expect(account.balance(Assets.usdt).description == "-10")
        #expect(account.ledger.total(.insurance, Assets.usdt).description == "-3")
    }

    @Test func aFillThatCannotBeHeldIsNotBooked() throws {
        var account = try makeAccount([makeInstrument(quantityDecimals: 0)], deposits: [(Assets.usdt, "5")])
        let large = Int64.max / 2 + 1
        #expect(account.apply(makeFill(large, at: Int64.max)) == nil, "the value")
        #expect(account.apply(makeFill(large, at: 1)) != nil)
        let before = (account.version, account.ledger.entryCount, account.position(InstrumentID(0)))
        #expect(account.apply(makeFill(large, at: 1)) == nil, "the quantity")
        #expect(account.apply(makeFill(1, at: 1, fee: Amount(units: .max))) == nil, "the fee")
        #expect(account.version == before.0)
        #expect(account.ledger.entryCount == before.1)
        #expect(account.position(InstrumentID(0)) == before.2)
        var rich = try makeAccount(
            [makeInstrument(.spot)], deposits: [(Assets.usdt, "170000000000000000000"), (Assets.btc, "1")])
        #expect(rich.apply(makeFill(-10_000, at: 9_000_000_000_000_000_000)) == nil, "the balance")
        #expect(rich.balance(Assets.btc).description == "1")
    }

    /// STR-9: what the strategies hold adds up to what the account holds, and money to what came in.
    @Test(arguments: 0..<200)
    func partsAddUpToTheWhole(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let kinds: [InstrumentKind] = [
            .spot, .linearPerpetual, .inversePerpetual, .future(expiry: .distantFuture),
            .option(expiry: .distantFuture, strike: Price(units: 1), right: .put),
        ]
        let instruments = try kinds.enumerated().map { index, kind in
            try makeInstrument(kind, id: UInt32(index), quantityDecimals: kind == .inversePerpetual ? 0 : 3)
        }
        let mode = seed % 2 == 0 ? PositionMode.netting : .hedging
        var account = try makeAccount(instruments, mode: mode, strategies: 3)
        var expectedFees = Array(repeating: Amount.zero, count: 3)
        for trade in 1...120 {
            let index = Int.random(in: 0..<5, using: &random)
            let strategy = UInt32.random(in: 0..<3, using: &random)
            let isReducing = mode == .hedging && Bool.random(using: &random)
            var units = Int64.random(in: -5_000...5_000, using: &random)
            if isReducing {
                let slot = units > 0 ? 1 : 0
                let held = account.subPosition(StrategyID(strategy), InstrumentID(UInt32(index)), slot: slot).quantity
                    .units
                units = slot == 1 ? min(units, -held) : max(units, -held)
            }
            guard units != 0 else { continue }
            let fee = Amount(units: Int128(Int64.random(in: -1_000...1_000_000_000, using: &random)))
            expectedFees[instruments[index].settlement.index] += fee
            let price = Int64.random(in: 1...10_000_00, using: &random)
            let effect = account.apply(
                makeFill(
                    units, at: price, instrument: UInt32(index), strategy: strategy, fee: fee, trade: UInt64(trade)),
                isReducing: isReducing)
            #expect(effect.map { $0.after.quantity.units - $0.before.quantity.units } == units)
            for instrument in instruments {
                for slot in 0..<2 {
                    let parts = (0..<3).map {
                        account.subPosition(StrategyID($0), instrument.id, slot: slot).quantity.units
                    }
                    #expect(parts.reduce(0, +) == account.position(instrument.id, slot: slot).quantity.units)
                }
                let nets = (0..<3).map { account.netQuantity(StrategyID($0), instrument.id).units }
                #expect(nets.reduce(0, +) == account.netQuantity(instrument.id).units)
                if mode == .hedging {
                    #expect(account.position(instrument.id).quantity >= .zero)
                    #expect(account.position(instrument.id, slot: 1).quantity <= .zero)
                }
            }
        }
        #expect(account.ledger.isBalanced)
        for asset in 0..<3 { #expect(account.ledger.total(.fees, AssetID(index: asset)) == expectedFees[asset]) }
        #expect(account.balance(Assets.btc) != .zero)
    }
}
