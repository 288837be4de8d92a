// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Execution
import Testing
import Trading

/// Fills put together into trades, by hand: prices in cents, quantities in thousandths.
@Suite("Round trips")
struct TrapRoundTripTests {
    private let linear: Instrument
    private let inverse: Instrument

    init() throws {
        func make(_ kind: InstrumentKind) throws -> Instrument {
            try Instrument(
                id: InstrumentID(0), symbol: "X", venue: "test", kind: kind, base: AssetID(0), quote: AssetID(1),
                settlement: AssetID(kind == .inversePerpetual ? 0 : 1), priceDecimals: 2, quantityDecimals: 3,
                rules: [(from: .distantPast, rules: TradingRules())])
        }
        linear = try make(.linearPerpetual)
        inverse = try make(.inversePerpetual)
    }

    private func record(
        _ seconds: Int64, _ quantity: Int64, at price: Int64, before: Int64, realised: String = "0", fee: String = "0",
        met: Int64? = nil, strategy: UInt32 = 0, reason: FillReason = .order
    ) throws -> FillRecord {
        FillRecord(
            fill: Fill(
                order: .none, trade: TradeID(UInt64(seconds)), time: Timestamp(seconds: seconds),
                instrument: InstrumentID(0),
                strategy: StrategyID(strategy), quantity: Quantity(units: quantity), price: Price(units: price),
                fee: try Amount(parsing: fee), liquidity: .taker, reason: reason),
            realised: try Amount(parsing: realised), before: Quantity(units: before),
            after: Quantity(units: before + quantity), met: Price(units: met ?? price))
    }

    @Test("Scaling in and out is one trade with average prices")
    func scaling() throws {
        let (closed, open) = RoundTrip.collect(
            [
                try record(1, 1_000, at: 100_00, before: 0, fee: "1"),
                try record(2, 3_000, at: 120_00, before: 1_000, fee: "2"),
                try record(3, -1_000, at: 130_00, before: 4_000, realised: "15", fee: "1"),
                try record(4, -3_000, at: 110_00, before: 3_000, realised: "-15", fee: "3", reason: .stop),
            ], strategyCount: 1, instruments: [linear])
        #expect(open.isEmpty && closed.count == 1)
        let trade = try #require(closed.first)
        #expect(trade.isLong && trade.quantity == Quantity(units: 4_000))
        #expect(trade.entryPrice(of: linear) == Price(units: 115_00))
        #expect(trade.exitPrice(of: linear) == Price(units: 115_00))
        #expect(trade.fees == Amount(whole: 7) && trade.profit == Amount(whole: -7))
        #expect(trade.exitReason == .stop && trade.exitTime == Timestamp(seconds: 4))
    }

    @Test("A fill that turns the position ends one trade and begins the next, its costs shared by quantity")
    func turning() throws {
        let (closed, open) = RoundTrip.collect(
            [
                try record(1, 1_000, at: 100_00, before: 0, fee: "1"),
                try record(2, -4_000, at: 110_00, before: 1_000, realised: "10", fee: "4", met: 111_00),
                try record(3, 3_000, at: 100_00, before: -3_000, realised: "30", fee: "3"),
            ], strategyCount: 1, instruments: [linear])
        #expect(open.isEmpty && closed.map(\.isLong) == [true, false])
        #expect(closed.map(\.profit) == [Amount(whole: 8), Amount(whole: 24)])
        #expect(closed.map(\.fees) == [Amount(whole: 2), Amount(whole: 6)])
        #expect(closed.map(\.quantity) == [Quantity(units: 1_000), Quantity(units: 3_000)])
        // Sold a unit of money below the price met: 4 in all, 1 of them in the first trade.
        #expect(closed.map(\.slippage) == [Amount(whole: 1), Amount(whole: 3)])
        #expect(closed[1].entryPrice(of: linear) == Price(units: 110_00))
    }

    @Test("The long and the short side of a hedging account are trades of their own")
    func hedging() throws {
        let (closed, open) = RoundTrip.collect(
            [
                try record(1, 1_000, at: 100_00, before: 0),
                try record(2, -2_000, at: 110_00, before: 0),
                try record(3, -1_000, at: 120_00, before: 1_000, realised: "20"),
                try record(4, 1_000, at: 90_00, before: -2_000, realised: "20"),
            ],
            funding: [
                // On the net short of 1: the long side would have paid 3, the short side received 6.
                FundingRecord(
                    payment: FundingPayment(
                        instrument: InstrumentID(0), strategy: StrategyID(0), time: Timestamp(seconds: 2),
                        amount: Amount(whole: -3)), fillsBefore: 2)
            ], strategyCount: 1, instruments: [linear])
        #expect(closed.map(\.isLong) == [true] && open.map(\.isLong) == [false])
        #expect(closed.first?.funding == Amount(whole: 3) && closed.first?.profit == Amount(whole: 17))
        #expect(open.first?.funding == Amount(whole: -6) && open.first?.profit == Amount(whole: 26))
        #expect(open.first?.quantity == Quantity(units: 2_000))
    }

    @Test("Funding at the moment of a fill belongs to the side of it that it was paid on", arguments: [1, 2])
    func funding(fillsBefore: Int) throws {
        let payment = FundingPayment(
            instrument: InstrumentID(0), strategy: StrategyID(0), time: Timestamp(seconds: 2), amount: Amount(whole: 5))
        let (closed, _) = RoundTrip.collect(
            [
                try record(1, 1_000, at: 100_00, before: 0),
                try record(2, -2_000, at: 100_00, before: 1_000),
                try record(3, 1_000, at: 100_00, before: -1_000),
            ], funding: [FundingRecord(payment: payment, fillsBefore: fillsBefore)], strategyCount: 1,
            instruments: [linear])
        #expect(closed.map(\.funding) == (fillsBefore == 1 ? [Amount(whole: 5), .zero] : [.zero, Amount(whole: 5)]))
    }

    @Test("Inverse contracts are averaged by their worth, and their slippage costs coins")
    func inverseContracts() throws {
        let records = [
            try record(1, 100_000, at: 100_00, before: 0, met: 80_00),
            try record(2, 300_000, at: 300_00, before: 100_000),
            try record(3, -400_000, at: 200_00, before: 400_000),
        ]
        let (closed, _) = RoundTrip.collect(records, strategyCount: 1, instruments: [inverse])
        let trade = try #require(closed.first)
        // 100 ÷ 100 + 300 ÷ 300 = 2 coins for 400 contracts.
        #expect(trade.entryPrice(of: inverse) == Price(units: 200_00))
        // 100 contracts bought at 100 in place of 80: 1.25 − 1 coins.
        #expect(trade.slippage == (try Amount(parsing: "0.25")))
    }

    @Test("Strategies on one instrument are kept apart")
    func strategies() throws {
        let (closed, open) = RoundTrip.collect(
            [
                try record(1, 1_000, at: 100_00, before: 0, strategy: 0),
                try record(2, -1_000, at: 100_00, before: 0, strategy: 1),
                try record(3, -1_000, at: 101_00, before: 1_000, realised: "1", strategy: 0),
            ], strategyCount: 2, instruments: [linear])
        #expect(closed.map(\.strategy) == [StrategyID(0)] && open.map(\.strategy) == [StrategyID(1)])
    }
}
