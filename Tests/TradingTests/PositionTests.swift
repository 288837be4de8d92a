// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct PositionTests {
    @Test func roundTripsEqualExactFractions() throws {
        var position = Position()
        var trip = ""
        var trades = 0
        for row in try fixture("positions.csv") {
            if row[0] != trip { (position, trip) = (Position(), row[0]) }
            let isInverse = row[1] == "inverse"
            let instrument = try makeInstrument(
                isInverse ? .inversePerpetual : .linearPerpetual, priceDecimals: try #require(Int(row[2])),
                quantityDecimals: try #require(Int(row[3])))
            let price = Price(units: try #require(Int64(row[4])))
            let quantity = Quantity(units: try #require(Int64(row[5])))
            let value = try #require(instrument.value(of: quantity, at: price))
            #expect(value.units == Int128(row[6]))
            let profit = position.apply(quantity: quantity, value: value, isInverse: isInverse)
            #expect(profit.units == Int128(row[7]), "trade \(trades) of trip \(trip)")
            #expect(position.quantity.units == Int64(row[8]))
            #expect(position.cost.units == Int128(row[9]))
            #expect(position.realised.units == Int128(row[10]))
            #expect(position.averagePrice(of: instrument)?.units == Int64(row[11]), "trade \(trades) of trip \(trip)")
            trades += 1
        }
        #expect(trades > 1000)
    }

    /// Whatever the roundings on the way, a position that ends flat has realised exactly what went in and out.
    @Test(arguments: 0..<250)
    func aRoundTripRealisesExactlyTheCashThatMoved(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let isInverse = seed % 3 == 0
        let instrument = try makeInstrument(
            isInverse ? .inversePerpetual : .linearPerpetual, quantityDecimals: isInverse ? 0 : 8)
        let largest: Int64 = [10, 1_000_000, 1_000_000_000_000_000][seed % 2 + (seed % 5 == 0 ? 1 : 0)]
        var position = Position()
        var cash = Amount.zero
        var sum = Amount.zero
        func trade(_ units: Int64) throws {
            let price = Price(units: Int64.random(in: 1...10_000_000, using: &random))
            let value = try #require(instrument.value(of: Quantity(units: units), at: price))
            cash = isInverse ? cash + value : cash - value
            sum += position.apply(quantity: Quantity(units: units), value: value, isInverse: isInverse)
            let booked = isInverse ? cash - position.cost : cash + position.cost
            #expect(sum == booked, "what is realised and what is tied up are all there is")
            #expect(position.realised == sum)
            #expect(position.isFlat == (position.quantity == .zero))
            if position.isFlat { #expect(position.cost == .zero) }
        }
        for _ in 0..<60 {
            let units = Int64.random(in: -largest...largest, using: &random)
            if units != 0 { try trade(units) }
        }
        if !position.isFlat { try trade(-position.quantity.units) }
        #expect(position.isFlat)
        #expect(sum == cash)
    }

    @Test func aPartialCloseReleasesCostInProportion() throws {
        let instrument = try makeInstrument()
        var position = Position()
        func trade(_ units: Int64, at price: Int64) throws -> String {
            let value = try #require(instrument.value(of: Quantity(units: units), at: Price(units: price)))
            return position.apply(quantity: Quantity(units: units), value: value, isInverse: false).description
        }
        #expect(try trade(2000, at: 100_00) == "0")
        #expect(try trade(1000, at: 130_00) == "0")
        #expect(position.averagePrice(of: instrument) == Price(units: 110_00))
        #expect(try trade(-1500, at: 120_00) == "15")
        #expect(position.averagePrice(of: instrument) == Price(units: 110_00))
        // Through zero: 1.5 closed at 90, and 0.5 short from there.
        #expect(try trade(-2000, at: 90_00) == "-30")
        #expect(position.quantity.units == -500)
        #expect(position.averagePrice(of: instrument) == Price(units: 90_00))
        #expect(position.cost.description == "-45")
        #expect(try trade(500, at: 80_00) == "5")
        #expect(position.realised.description == "-10")
        #expect(position.averagePrice(of: instrument) == nil)
    }

    @Test func anInversePositionEarnsInTheBaseAsset() throws {
        let instrument = try makeInstrument(.inversePerpetual, quantityDecimals: 0)
        for (units, first, second, expected) in [
            (1000, 50_000_00, 40_000_00, "-0.005"), (1000, 40_000_00, 50_000_00, "0.005"),
            (-1000, 50_000_00, 40_000_00, "0.005"), (-1000, 40_000_00, 50_000_00, "-0.005"),
        ] as [(Int64, Int64, Int64, String)] {
            var position = Position()
            let entry = try #require(instrument.value(of: Quantity(units: units), at: Price(units: first)))
            _ = position.apply(quantity: Quantity(units: units), value: entry, isInverse: true)
            #expect(position.averagePrice(of: instrument) == Price(units: first))
            let held = try #require(instrument.value(of: position.quantity, at: Price(units: second)))
            #expect(position.unrealised(value: held, isInverse: true).description == expected)
            let exit = try #require(instrument.value(of: Quantity(units: -units), at: Price(units: second)))
            #expect(
                position.apply(quantity: Quantity(units: -units), value: exit, isInverse: true).description == expected)
        }
    }

    /// 10^10 coins counted in 10^-8: the product of cost and quantity needs more than 128 bits.
    @Test func aPartialCloseOfVeryManyUnitsLosesNothing() throws {
        let instrument = try makeInstrument(priceDecimals: 8, quantityDecimals: 8)
        var position = Position()
        let whole = Quantity(units: 1_000_000_000_000_000_003)
        let cost = try #require(instrument.value(of: whole, at: Price(units: 1_234)))
        _ = position.apply(quantity: whole, value: cost, isInverse: false)
        let half = Quantity(units: -333_333_333_333_333_334)
        let sale = try #require(instrument.value(of: half, at: Price(units: 1_234)))
        let profit = position.apply(quantity: half, value: sale, isInverse: false)
        #expect(profit == .zero, "sold at the price that was paid")
        #expect(position.cost == cost + sale)
    }
}
