// SPDX-License-Identifier: Apache-2.0

import Risk
import TestSupport
import Testing
import Trading

@Suite struct LiquidationGuardTests {
    private static func instrument(
        kind: InstrumentKind = .linearPerpetual, tiers: [MarginTier] = []
    ) throws -> Instrument {
        try Instrument(
            id: InstrumentID(0), symbol: "BTC", venue: "one", kind: kind, base: AssetID(0), quote: AssetID(1),
            settlement: AssetID(kind == .inversePerpetual ? 0 : 1), priceDecimals: 2, quantityDecimals: 3,
            marginTiers: tiers, rules: [(.epoch, TradingRules(lot: 10))])
    }

    /// - Parameters: in thousandths and hundredths.
    private static func held(
        _ quantity: Int64, at price: Int64, _ instrument: Instrument, leverage: Int64 = 10, elsewhere: Int64 = 0,
        isIsolated: Bool = false
    ) throws -> MarginedPosition {
        var position = Position()
        let value = try #require(instrument.value(of: Quantity(units: quantity), at: Price(units: price)))
        _ = position.apply(quantity: Quantity(units: quantity), value: value, isInverse: false)
        return MarginedPosition(
            instrument: instrument, position: position, leverage: leverage, isIsolated: isIsolated,
            elsewhere: Amount(whole: elsewhere))
    }

    private static let fortieth = [
        MarginTier(upToNotional: nil, maintenanceRate: Rate(units: 25_000_000), maximumLeverage: 20)
    ]

    @Test func theIsolatedLevelIsTheVenuesFormula() throws {
        // Hyperliquid: price − side × margin available ÷ size ÷ (1 − maintenance ÷ leverage at it × side), with 1 BTC at
        // 100: margin 10, maintenance 2.5, so 100 − 7.5 ÷ 0.975 = 92.3076….
        let long = try Self.held(1000, at: 10_000, try Self.instrument(tiers: Self.fortieth), isIsolated: true)
        #expect(LiquidationGuard.level(of: long) == .at(Price(units: 9230)))
        let short = try Self.held(-1000, at: 10_000, try Self.instrument(tiers: Self.fortieth), isIsolated: true)
        // 100 + 7.5 ÷ 1.025 = 107.317….
        #expect(LiquidationGuard.level(of: short) == .at(Price(units: 10_732)))
    }

    @Test func theStatesFollowTheDistance() throws {
        let instrument = try Self.instrument(tiers: Self.fortieth)
        let liquidation = try LiquidationGuard()
        func state(_ elsewhere: Int64, _ mark: Int64 = 10_000) throws -> LiquidationOutlook {
            liquidation.look(
                at: try Self.held(1000, at: 10_000, instrument, elsewhere: elsewhere), mark: Price(units: mark))
        }
        #expect(try state(200).state == .unreachable)
        #expect(try state(50).state == .safe)
        let warned = try state(20)
        #expect(warned.state == .warning)
        #expect(
            warned.reason
                == "the liquidation price 82.05 is 17.95 % from the mark price 100; warned at 20 %")
        // Of 1 BTC, 10 behind it: level 92.3. With q left, P q (1 − 0.025) = 100 q − 10 and P = 75 need q = 0.372.
        let reduced = try state(10)
        #expect(reduced.state == .reduce(Quantity(units: -630)))
        #expect(try state(2).reason == "its margin is used up at every price" || (try state(2).distance ?? 1) <= 0)
    }

    @Test func whatReducesStopsAtTheTargetAndNoLotSooner() throws {
        let instrument = try Self.instrument(tiers: Self.fortieth)
        let liquidation = try LiquidationGuard()
        let held = try Self.held(1000, at: 10_000, instrument, elsewhere: 10)
        guard case .reduce(let quantity) = liquidation.look(at: held, mark: Price(units: 10_000)).state else {
            Issue.record("it should reduce")
            return
        }
        func distance(_ closed: Int64) throws -> Double {
            let rest = try Self.held(1000 - closed, at: 10_000, instrument, elsewhere: 10)
            return try #require(liquidation.look(at: rest, mark: Price(units: 10_000)).distance)
        }
        #expect(try distance(-quantity.units) >= 0.25)
        #expect(try distance(-quantity.units - 10) < 0.25)
    }

    @Test("Nearer means no safer, for long and short, linear and inverse", arguments: UInt64(0)..<200)
    func nearerIsNoSafer(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let isInverse = random.chance(40)
        let instrument = try Self.instrument(
            kind: isInverse ? .inversePerpetual : .linearPerpetual, tiers: random.chance(50) ? Self.fortieth : [])
        let size = random.between(10, 10_000) * (random.chance(50) ? 1 : -1)
        let held = try Self.held(
            size, at: 10_000, instrument, leverage: random.between(1, 20), elsewhere: random.between(0, 300),
            isIsolated: random.chance(50))
        let liquidation = try LiquidationGuard()
        func rank(_ state: LiquidationOutlook.State) -> Int {
            switch state {
            case .unreachable: 0
            case .safe: 1
            case .warning: 2
            case .reduce(let quantity):
                quantity.units.signum() == -size.signum() && quantity.units.magnitude <= size.magnitude ? 3 : 99
            }
        }
        var last = 0
        for step in 0..<60 {
            let mark = size > 0 ? 12_000 - Int64(step) * 150 : 8_000 + Int64(step) * 150
            let now = rank(liquidation.look(at: held, mark: Price(units: mark)).state)
            #expect(now >= last && now < 99)
            last = now
        }
    }

    @Test func thereIsAnOutcomeForEverything() throws {
        let liquidation = try LiquidationGuard()
        let instrument = try Self.instrument()
        let flat = MarginedPosition(instrument: instrument, position: Position(), leverage: 1, isIsolated: false)
        #expect(liquidation.look(at: flat, mark: Price(units: 100)).state == .unreachable)
        #expect(liquidation.look(at: flat, mark: Price(units: 0)).state == .warning)
        let spot = try Self.held(1000, at: 10_000, try Self.instrument(kind: .spot))
        #expect(LiquidationGuard.level(of: spot) == .unreachable)
        #expect(LiquidationGuard.surplus(spot, at: Price(units: 1)) == 0)
        let broke = try Self.held(-1000, at: 10_000, instrument, elsewhere: -200)
        #expect(LiquidationGuard.level(of: broke) == .due)
        #expect(liquidation.look(at: broke, mark: Price(units: 10_000)).state == .reduce(Quantity(units: 1000)))
    }

    @Test func settingsThatContradictThemselvesAreRefusedByName() {
        for (change, key): ((inout LiquidationSettings) -> Void, String) in [
            (
                {
                    $0.reduction = 0.3; $0.target = 0.4
                }, "reduction (0.3) is above warning (0.2)"
            ),
            ({ $0.target = 0.05 }, "target (0.05) is below reduction (0.1)"),
            ({ $0.warning = .nan }, "warning must be"),
        ] {
            var settings = LiquidationSettings()
            change(&settings)
            #expect(settings.problems.first?.hasPrefix(key) == true, "\(settings.problems)")
            #expect(throws: SizingError.self) { try LiquidationGuard(settings) }
        }
    }
}
