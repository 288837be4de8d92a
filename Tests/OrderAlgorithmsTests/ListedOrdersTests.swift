// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Indicators
import OrderAlgorithms
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

/// The strategy behind a configuration's orders, on the simulated venue.
@Suite("Listed orders") struct ListedOrdersTests {
    static let a = InstrumentID(0)

    private static func order(_ side: Side, _ quantity: Int64) -> OrderRequest {
        OrderRequest(instrument: a, side: side, type: .market, quantity: Quantity(units: quantity))
    }

    @Test func eachIsPlacedOnceInTheOrderOfTheList() throws {
        var world = try World(closes: [100, 101, 102, 103])
        world.add(
            ListedOrders([
                .init(name: "one") { _ in try SingleOrder(Self.order(.buy, 100)) },
                .init(name: "two") { _ in try SingleOrder(Self.order(.sell, 30)) },
            ]))
        #expect(try world.run().trades == [Trade(1, 100, at: 10_000), Trade(1, -30, at: 10_000)])
    }

    /// An indicator that has no value yet holds up the order whose condition reads it, and no other.
    @Test func oneDoesNotWaitForWhatAnotherReads() throws {
        var world = try World(closes: [100, 101, 102, 103, 104, 105])
        world.add(
            ListedOrders([
                .init(name: "patient") { setup in
                    let average = try setup.indicator("sma", ["period": .integer(4)])
                    return try ConditionalOrder(
                        .compare(.close(Self.a), .above, .input(.indicator(average))),
                        then: try SingleOrder(Self.order(.buy, 1)))
                },
                .init(name: "now") { _ in try SingleOrder(Self.order(.buy, 2)) },
            ]))
        #expect(try world.run().trades == [Trade(1, 2, at: 10_000), Trade(4, 1, at: 10_300)])
    }

    @Test func whatCannotBeMadeStopsTheRunWithItsReason() throws {
        var world = try World(closes: [100, 101])
        world.add(ListedOrders([.init(name: "one") { _ in try SingleOrder(Self.order(.buy, 0)) }]), name: "desk")
        #expect {
            try world.run()
        } throws: { "\($0)".contains("desk") && "\($0)".contains("quantity") }
    }

    // MARK: - What a group may fill

    /// Random groups in bars so thin that orders fill in parts: what the legs fill together is never more than the
    /// group's size.
    @Test(arguments: UInt64(0)..<300)
    func aGroupNeverFillsMoreThanItsSize(seed: UInt64) throws {
        let filled = try Self.group(seed: seed)
        #expect(filled.legs.reduce(0, +) <= filled.size, "\(filled)")
    }

    /// Otherwise the property above would hold of nothing.
    @Test func groupsFillWholeAndThroughSeveralLegs() throws {
        let filled = try (UInt64(0)..<300).map { try Self.group(seed: $0) }
        #expect(filled.count { $0.legs.reduce(0, +) == $0.size } > 100)
        #expect(filled.count { $0.legs.count > 1 } > 30)
        #expect(filled.count { $0.legs.reduce(0, +) < $0.size } > 10)
    }

    /// - Returns: What each leg that traded filled.
    private static func group(seed: UInt64) throws -> (size: Int64, legs: [Int64]) {
        var random = SeededRandom(seed: seed)
        let bars = Market.walk(seed: seed, count: 60)
        let size = random.between(1_000, 60_000)
        let start = bars[0].close.units
        // Thin ones may fill in parts; of thick ones the first leg that is reached takes all.
        var world = try World([bars])
        world.simulation.volumeLimit = Rate(units: random.between(10_000_000, 400_000_000))
        let side: Side = random.chance(50) ? .sell : .buy
        var legs: [OrderRequest] = []
        for _ in 0..<random.between(2, 4) {
            let better = start + side.opposite.sign * random.between(-100, 600)
            let worse = start - side.opposite.sign * random.between(-100, 600)
            var leg = OrderRequest(instrument: a, side: side, type: .limit, quantity: Quantity(units: size))
            switch random.below(5) {
            case 0, 1: leg.limit = Price(units: better)
            case 2:
                leg.type = .stop
                leg.trigger = .price(Price(units: worse))
            case 3:
                leg.type = .takeProfitLimit
                leg.trigger = .price(Price(units: better))
                leg.limit = Price(units: better)
            default:
                leg.type = .trailingStop
                leg.trail = .absolute(PriceDistance(units: random.between(50, 400)))
            }
            if random.chance(20) {
                leg.timeInForce = .goodTilDate
                leg.expires = Market.time(Int(random.between(3, 40)))
            }
            legs.append(leg)
        }
        let (group, condition, isTimed) = (legs, random.chance(50), random.chance(30))
        world.add(
            ListedOrders([
                .init(name: "group") { _ in
                    var algorithm: any OrderAlgorithm = try LinkedOrders(legs: group)
                    if condition {
                        algorithm = try ConditionalOrder(
                            .compare(.high(a), .above, .constant(Double(start) / 100)), then: algorithm)
                    }
                    return isTimed ? try TimedOrder(algorithm, endsAt: Market.time(50)) : algorithm
                }
            ]))
        var filled: [OrderID: Int64] = [:]
        for record in try world.run().fills {
            #expect((record.fill.quantity.units > 0) == (side == .buy))
            filled[record.fill.order, default: 0] += record.fill.quantity.magnitude.units
        }
        return (size, filled.sorted { $0.key < $1.key }.map(\.value))
    }
}
