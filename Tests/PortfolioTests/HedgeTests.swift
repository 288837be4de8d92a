// SPDX-License-Identifier: Apache-2.0

import Portfolio
import TestSupport
import Testing
import Trading

@Suite struct HedgeTests {
    @Test func aHedgeNamesAnotherInstrumentOnANettingAccount() throws {
        let (main, other) = (InstrumentID(0), InstrumentID(1))
        #expect(throws: HedgeError.sameInstrument(main)) { try FixedRatioHedge(of: main, with: main) }
        #expect(throws: Never.self) { try FixedRatioHedge(of: main, with: main, isNetting: false) }
        #expect(try FixedRatioHedge(of: main, with: other).target(for: 1000) == -200)
        #expect(try FixedRatioHedge(of: main, with: other, ratio: 1).target(for: -50) == 50)
        for ratio in [0, -0.1, 1.1, .nan] {
            #expect(throws: HedgeError.self) { try FixedRatioHedge(of: main, with: other, ratio: ratio) }
        }
        #expect("\(HedgeError.sameInstrument(main))".contains("Name another instrument"))
    }

    @Test("A beta hedge leaves the least variance of all hedges", arguments: UInt64(0)..<200)
    func betaIsBest(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let hedge = (0..<60).map { _ in random.uniform(-0.05, 0.05) }
        let slope = random.uniform(-2, 2)
        let main = hedge.map { slope * $0 + random.uniform(-0.02, 0.02) }
        let beta = try BetaHedge(main: main, hedge: hedge)
        func variance(_ amount: Double) -> Double {
            let values = zip(main, hedge).map { $0 + amount * $1 }
            let mean = values.reduce(0, +) / Double(values.count)
            return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        let best = try beta.target(for: 1)
        #expect(variance(best) <= variance(best + 0.01) && variance(best) <= variance(best - 0.01))
        #expect((beta.effectiveness - (1 - variance(best) / variance(0))).magnitude < 1e-9)
    }

    @Test func aHedgeThatStandsStillIsRefused() {
        let returns = (0..<40).map { Double($0 % 5) / 100 }
        let flat = Array(repeating: 0.01, count: 40)
        #expect(throws: HedgeError.hedgeStandsStill) { try BetaHedge(main: returns, hedge: flat) }
        #expect(throws: HedgeError.tooFewSamples(have: 5, need: 30)) {
            try BetaHedge(main: returns, hedge: Array(flat.prefix(5)))
        }
        #expect(throws: HedgeError.self) { try BetaHedge(main: returns + [.nan], hedge: flat + [1]) }
        #expect((try? BetaHedge(main: flat, hedge: returns))?.beta == 0)
    }

    @Test func deltaIsHedgedMoreTheMoreTheMarketMoves() throws {
        let hedge = DeltaNeutralHedge()
        #expect(try hedge.step(delta: 10, held: 0, volatility: 0.2) == .init(ratio: 0.5, target: -5, trade: -5))
        let between = try hedge.step(delta: 10, held: -5, volatility: 0.6)
        #expect((between.target + 7.5).magnitude < 1e-12 && (between.trade + 2.5).magnitude < 1e-12)
        #expect(try hedge.step(delta: 10, held: -9.6, volatility: 2) == .init(ratio: 1, target: -10, trade: 0))
        #expect(try hedge.step(delta: 0, held: -3, volatility: 1) == .init(ratio: 1, target: 0, trade: 3))
        #expect(throws: HedgeError.self) { try hedge.step(delta: .nan, held: 0, volatility: 1) }
        #expect(throws: HedgeError.self) { try hedge.step(delta: 1, held: 0, volatility: .nan) }
        var always = DeltaNeutralHedge()
        always.calmRatio = 2
        always.calmVolatility = 1
        #expect(always.problems.count == 2 && always.problems[0].hasPrefix("calm_ratio"))
    }
}

@Suite struct BlackScholesTests {
    private func option(_ random: inout SeededRandom, _ right: OptionRight) throws -> BlackScholes {
        try BlackScholes(
            right, spot: 100, strike: random.uniform(50, 200), years: random.uniform(0.01, 2),
            rate: random.uniform(-0.05, 0.1), dividendYield: random.uniform(-0.02, 0.05))
    }

    @Test("Put and call differ by the forward; Greeks are the slopes of the price", arguments: UInt64(0)..<200)
    func parityAndSlopes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let call = try option(&random, .call)
        let volatility = random.uniform(0.1, 2)
        func value(
            _ right: OptionRight, spot: Double = 0, years: Double = 0, rate: Double = 0, volatility more: Double = 0
        ) throws -> OptionValue {
            try BlackScholes(
                right, spot: call.spot + spot, strike: call.strike, years: call.years + years, rate: call.rate + rate,
                dividendYield: call.dividendYield
            ).value(volatility: volatility + more)
        }
        for right in [OptionRight.call, .put] {
            let own = try value(right)
            func slope(_ up: OptionValue, _ down: OptionValue, _ step: Double) -> Double {
                (up.price - down.price) / (2 * step)
            }
            let step = 1e-4
            #expect(
                (own.delta - slope(try value(right, spot: step), try value(right, spot: -step), step)).magnitude < 1e-6)
            #expect(
                (own.rho - slope(try value(right, rate: step), try value(right, rate: -step), step)).magnitude < 1e-3)
            #expect(
                (own.vega - slope(try value(right, volatility: step), try value(right, volatility: -step), step))
                    .magnitude
                    < 1e-3)
            #expect(
                (own.theta + slope(try value(right, years: step), try value(right, years: -step), step)).magnitude
                    < 1e-2 * max(1, own.theta.magnitude))
            let gamma = (try value(right, spot: step).delta - (try value(right, spot: -step).delta)) / (2 * step)
            #expect((own.gamma - gamma).magnitude < 1e-6)
        }
        let (up, down) = (try value(.call), try value(.put))
        let same = try value(.call, spot: 1)
        #expect(same.price > up.price)
        #expect((up.delta - down.delta - (try forwardDelta(call))).magnitude < 1e-12)
        #expect(up.gamma == down.gamma && up.vega == down.vega)
    }

    private func forwardDelta(_ option: BlackScholes) throws -> Double {
        // Of an option that is sure to be exercised.
        try BlackScholes(
            .call, spot: option.spot, strike: 1e-9, years: option.years, rate: option.rate,
            dividendYield: option.dividendYield
        ).value(volatility: 0.1).delta
    }

    @Test("The implied volatility is the one that the price was made with", arguments: UInt64(0)..<200)
    func impliedVolatility(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let option = try option(&random, random.below(2) == 0 ? .call : .put)
        let volatility = random.uniform(0.05, 3)
        let value = try option.value(volatility: volatility)
        guard value.vega > 0.01 else { return }
        #expect((try option.impliedVolatility(price: value.price) - volatility).magnitude < 1e-9)
    }

    @Test func withoutTimeOrVolatilityAnOptionIsWorthItsExercise() throws {
        let now = try BlackScholes(.put, spot: 90, strike: 100, years: 0).value(volatility: 0.5)
        #expect(now.price == 10 && now.delta == -1 && now.gamma == 0 && now.vega == 0 && now.theta == 0)
        let sure = try BlackScholes(.call, spot: 100, strike: 100, years: 1).value(volatility: 0)
        #expect(sure.price == 0 && sure.delta == 0.5)
    }

    @Test func badInputIsRefused() throws {
        for (spot, strike, years) in [
            (0.0, 1.0, 1.0), (1, -1, 1), (.nan, 1, 1), (1, .infinity, 1), (1, 1, -1), (1, 1, .nan),
        ] {
            #expect(throws: OptionError.self) { try BlackScholes(.call, spot: spot, strike: strike, years: years) }
        }
        let option = try BlackScholes(.call, spot: 100, strike: 90, years: 1)
        #expect(throws: OptionError.self) { try option.value(volatility: .nan) }
        #expect(throws: OptionError.self) { try option.value(volatility: -1) }
        #expect(throws: OptionError.priceOutsideBounds(price: 9, low: 10, high: 100)) {
            try option.impliedVolatility(price: 9)
        }
        #expect(throws: OptionError.self) { try option.impliedVolatility(price: 100) }
        #expect(throws: OptionError.self) { try option.impliedVolatility(price: .nan) }
        #expect(try option.impliedVolatility(price: 10) == 0)
    }
}

@Suite struct OptionHedgeTests {
    private let put = ListedOption(.put, strike: 54_000, bid: 0.018, ask: 0.02)

    @Test func aPutBoundsTheLossOfACoin() throws {
        let hedge = try OptionHedge(protecting: 1.57, with: put, spot: 60_000)
        #expect(hedge.legs.map(\.lots) == [15])
        #expect((hedge.covered - 1.5).magnitude < 1e-12 && (hedge.uncovered - 0.07).magnitude < 1e-12)
        #expect((hedge.premium - 0.03).magnitude < 1e-12, "in coin")
        #expect((hedge.premiumInQuote - 1800).magnitude < 1e-9)
        #expect(hedge.worstPrice == 52_800 && hedge.bestPrice == nil && hedge.isInverse)
    }

    @Test func aCollarIsPaidForByTheFarthestCallThatPays() throws {
        let calls = [
            ListedOption(.call, strike: 58_000, bid: 0.06), ListedOption(.call, strike: 64_000, bid: 0.03),
            ListedOption(.call, strike: 66_000, bid: 0.021), ListedOption(.call, strike: 70_000, bid: 0.01),
            ListedOption(.call, strike: 68_000), ListedOption(.put, strike: 66_000, bid: 0.5),
        ]
        let hedge = try OptionHedge(collaring: 2, with: put, selling: calls, spot: 60_000)
        #expect(hedge.legs.map(\.lots) == [20, -20] && hedge.legs[1].option.strike == 66_000)
        #expect(hedge.premium < 0 && hedge.bestPrice == 66_000 + 60)
        let dearer = try OptionHedge(collaring: 2, with: put, selling: calls, allowedPremium: 0.01, spot: 60_000)
        #expect(dearer.legs[1].option.strike == 70_000)
        #expect(throws: HedgeError.tooExpensive(netPremium: 0.01, allowed: 0)) {
            try OptionHedge(collaring: 2, with: put, selling: [calls[3]], spot: 60_000)
        }
        #expect(throws: HedgeError.noCandidates) {
            try OptionHedge(collaring: 2, with: put, selling: [calls[0]], spot: 60_000)
        }
    }

    @Test(
        "At expiry a covered unit is worth no less than the worst price, and with a collar no more than the best",
        arguments: UInt64(0)..<200)
    func theWorstIsTheWorst(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let isLong = random.below(2) == 0
        let spot = random.uniform(100, 1000)
        var bought = ListedOption(
            isLong ? .put : .call, strike: spot * (isLong ? 0.9 : 1.1), isInverse: random.below(2) == 0)
        let unit = bought.isInverse ? 1 / spot : 1
        bought.ask = random.uniform(0, 0.1) * spot * unit
        var sold = bought
        sold.right = isLong ? .call : .put
        sold.strike = spot * (isLong ? 1.1 : 0.9)
        sold.bid = random.uniform(0.01, 0.1) * spot * unit
        let position = isLong ? 3.0 : -3.0
        let hedge = try OptionHedge(
            collaring: position, with: bought, selling: [sold], allowedPremium: spot, spot: spot)
        for _ in 0..<50 {
            let price = random.uniform(1, 3000)
            // What is paid out in coin is converted at once.
            let rate = bought.isInverse ? price : 1
            var worth = isLong ? price : -price
            for leg in hedge.legs { worth += (leg.lots > 0 ? 1 : -1) * leg.option.payout(at: price) * rate }
            worth -= hedge.premiumInQuote / hedge.covered
            let (worst, best) = (hedge.worstPrice, try #require(hedge.bestPrice))
            #expect(worth >= (isLong ? worst : -worst) - 1e-9)
            #expect(worth <= (isLong ? best : -best) + 1e-9)
        }
    }

    @Test func badInputIsRefused() {
        #expect(throws: HedgeError.wrongRight(.put)) { try OptionHedge(protecting: -1, with: put, spot: 60_000) }
        #expect(throws: HedgeError.belowOneLot(position: 0.05, lot: 0.1)) {
            try OptionHedge(protecting: 0.05, with: put, spot: 60_000)
        }
        for position in [0, .nan, .infinity, 1e300] {
            #expect(throws: HedgeError.self) { try OptionHedge(protecting: position, with: put, spot: 60_000) }
        }
        for spot in [0, -1, .nan] {
            #expect(throws: HedgeError.self) { try OptionHedge(protecting: 1, with: put, spot: spot) }
        }
        var unquoted = put
        unquoted.ask = nil
        #expect(throws: HedgeError.self) { try OptionHedge(protecting: 1, with: unquoted, spot: 60_000) }
    }
}
