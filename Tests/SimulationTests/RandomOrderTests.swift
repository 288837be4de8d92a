// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading

@testable import Simulation

/// Random orders in random markets; whatever happens, these hold.
@Suite struct RandomOrderTests {
    struct Run {
        var fills: [Fill] = []
        /// The bar each fill happened in.
        var fillBars: [Int] = []
        var bars: [(open: Int64, high: Int64, low: Int64, close: Int64, volume: Int64)] = []
        var quantities: [UInt64: Int64] = [:]
        var requests: [UInt64: OrderRequest] = [:]
        var balance = Amount.zero
        var position: Int64 = 0
        var isBalanced = false
        var problems: [String] = []
        var hash = ""
        var ambiguousBars = 0
    }

    static let deposit = "100000000"

    private static func run(_ seed: UInt64, _ settings: SimulationSettings, bars: Int = 120) throws -> Run {
        var random = SeededRandom(seed: seed)
        let market = try TestMarket(
            [
                try TestMarket.instrument(
                    rules: TradingRules(
                        tick: .uniform(step: 5), lot: 10, makerFee: try Rate(parsing: "-0.0001"),
                        takerFee: try Rate(parsing: "0.0005")))
            ], assets: TestMarket.assets, deposits: ["USDT": deposit], settings: settings)
        var result = Run()
        var states: [UInt64: Order] = [:]
        var price: Int64 = 10000
        var seen = 0
        for _ in 0..<bars {
            func tick(_ value: Int64) -> Int64 { max(5, value / 5 * 5) }
            let open = tick(price + random.between(-40, 40))
            let close = tick(open + random.between(-150, 150))
            let high = tick(max(open, close) + random.below(120))
            let low = tick(min(open, close) - random.below(120))
            let volume = random.chance(10) ? 0 : random.between(0, 4000)
            result.bars.append((open, high, low, close, volume))
            price = close
            market.bar((open, high, low, close), volume: volume)
            for report in market.reports[seen...] {
                switch report {
                case .fill(let fill, _):
                    result.fills.append(fill)
                    result.fillBars.append(result.bars.count - 1)
                    let action = states[fill.order.rawValue]?.receiveFill(fill.quantity.magnitude)
                    if action != Order.Action.none { result.problems.append("fill of \(fill.order): \(action as Any)") }
                case .order(let report):
                    if let quantity = report.quantity {
                        states[report.order.rawValue]?.amend(
                            quantity: quantity, limit: report.limit, trigger: report.trigger)
                        result.quantities[report.order.rawValue] = max(
                            result.quantities[report.order.rawValue] ?? 0, quantity.units)
                    }
                    let action = states[report.order.rawValue]?.receive(report.event, reason: report.reason)
                    if action != Order.Action.none { result.problems.append("\(report.event) of \(report.order)") }
                case .funding, .coveredLoss, .transfer, .fee, .holding: break
                }
            }
            seen = market.reports.count
            send(&random, market, price, &states, &result)
        }
        result.balance = market.venue.account.balance(AssetID(2))
        result.position = market.position()
        result.isBalanced = market.venue.account.ledger.isBalanced
        result.hash = market.venue.account.ledger.hash.text
        result.ambiguousBars = market.venue.ambiguousBars
        return result
    }

    private static func send(
        _ random: inout SeededRandom, _ market: TestMarket, _ price: Int64, _ states: inout [UInt64: Order],
        _ result: inout Run
    ) {
        func level() -> Int64 { max(5, (price + random.between(-150, 150)) / 5 * 5) }
        func note(_ id: OrderID) {
            guard case .submit(let request) = market.venue.books[0].inbound.last?.command else { return }
            result.quantities[id.rawValue] = request.quantity.units
            result.requests[id.rawValue] = request
            var order = Order(id: id, strategy: StrategyID(0), request: request)
            _ = order.receive(.submit)
            states[id.rawValue] = order
        }
        for _ in 0..<random.below(3) {
            let side: Side = random.chance(50) ? .buy : .sell
            let types = OrderType.allCases
            let type = types[Int(random.below(Int64(types.count)))]
            let forces: [TimeInForce] = [.goodTilCancelled, .goodTilCancelled, .immediateOrCancel, .fillOrKill]
            let trail: TrailingDistance =
                random.chance(50)
                ? .absolute(PriceDistance(units: random.between(1, 100)))
                : .share(Rate(units: random.between(1, 20_000_000)))
            let id = market.send(
                side, random.between(1, 300) * 10, type, limit: type.hasLimit ? level() : nil,
                trigger: type.isTriggered && type != .trailingStop ? level() : nil,
                trail: type == .trailingStop ? trail : nil, reduceOnly: random.chance(30),
                timeInForce: forces[Int(random.below(4))], group: random.chance(20) ? 1 : 0)
            note(id)
            guard random.chance(30) else { continue }
            for child in [OrderType.stop, .takeProfit, .trailingStop] where random.chance(60) {
                let above = (side == .buy) == (child == .takeProfit)
                note(
                    market.send(
                        side.opposite, 0, child,
                        trigger: child == .trailingStop
                            ? nil : max(5, price / 5 * 5 + (above ? 1 : -1) * random.between(0, 30) * 5),
                        trail: child == .trailingStop ? trail : nil, reduceOnly: true, parent: id))
            }
        }
        let known = states.keys.sorted()
        if !known.isEmpty, random.chance(20) {
            market.command(OrderID(known[Int(random.below(Int64(known.count)))]), .cancel)
        }
        if !known.isEmpty, random.chance(20) {
            let id = known[Int(random.below(Int64(known.count)))]
            market.command(
                OrderID(id),
                .modify(
                    OrderChange(
                        quantity: random.chance(50) ? Quantity(units: random.between(1, 300) * 10) : nil,
                        limit: random.chance(50) ? Price(units: level()) : nil,
                        trigger: random.chance(50) ? Price(units: level()) : nil)))
        }
    }

    private static func settings(_ seed: UInt64) -> SimulationSettings {
        var settings = SimulationSettings()
        settings.liquidates = false
        let policies: [IntrabarPolicy] = [.pessimistic, .optimistic, .adaptive]
        settings.intrabar = policies[Int(seed % 3)]
        settings.fillsLimitsOnTouch = seed % 5 != 0
        if seed % 7 == 0 { settings.volumeLimit = Rate(units: 300_000_000) }
        return settings
    }

    @Test("Fills keep to the bar, its volume and the order; books are exact", arguments: UInt64(0)..<250)
    func conservation(seed: UInt64) throws {
        let settings = Self.settings(seed)
        let run = try Self.run(seed, settings)
        #expect(run.problems.isEmpty)
        #expect(run.isBalanced)

        // Each fill within its bar; a limit order never worse than its limit at the time of its last change.
        var filled: [UInt64: Int64] = [:]
        var byBar: [Int: Int64] = [:]
        for (fill, bar) in zip(run.fills, run.fillBars) {
            let range = run.bars[bar]
            // A resting limit that a gap went past fills at its limit, worse than the bar for us: never better.
            if fill.quantity.units > 0 {
                #expect(fill.price.units >= range.low)
            } else {
                #expect(fill.price.units <= range.high)
            }
            if fill.liquidity == .taker { #expect(fill.price.units >= range.low && fill.price.units <= range.high) }
            #expect(fill.quantity.units % 10 == 0)
            filled[fill.order.rawValue, default: 0] += fill.quantity.magnitude.units
            byBar[bar, default: 0] += fill.quantity.magnitude.units
        }
        for (order, quantity) in filled { #expect(quantity <= run.quantities[order] ?? 0) }
        for (bar, quantity) in byBar {
            let share = seed % 7 == 0 ? run.bars[bar].volume * 3 / 10 : run.bars[bar].volume
            #expect(quantity <= share)
        }
        #expect(run.position == run.fills.reduce(0) { $0 + $1.quantity.units })

        // Cash again, from the fills alone: money in − money out − fees − what the open position cost on average.
        var money = Int128(0)
        var fees = Int128(0)
        var (held, cost) = (Int128(0), Int128(0))
        for fill in run.fills {
            let (quantity, price) = (Int128(fill.quantity.units), Int128(fill.price.units))
            let value = quantity * price * 10_000_000_000_000
            let rate: Int128 = fill.liquidity == .maker ? -100_000 : 500_000
            fees += (value.magnitude == 0 ? 0 : (value < 0 ? -value : value)) * rate / 1_000_000_000
            money -= value
            if held * quantity >= 0 {
                cost += value
            } else {
                let part = min(held.magnitude, quantity.magnitude)
                let released = cost * Int128(part) / Int128(held.magnitude)
                cost += -released + value * (Int128(quantity.magnitude) - Int128(part)) / Int128(quantity.magnitude)
            }
            held += quantity
        }
        let expected = try Amount(parsing: Self.deposit).units + money - fees + cost
        // Average costs are rounded to 10^-18 at each reduction, here down and there to the nearest.
        #expect((run.balance.units - expected).magnitude <= Int128(run.fills.count).magnitude)
    }

    @Test("The same input gives the same books and fills", arguments: UInt64(0)..<40)
    func determinism(seed: UInt64) throws {
        let (first, second) = (try Self.run(seed, Self.settings(seed)), try Self.run(seed, Self.settings(seed)))
        #expect(first.hash == second.hash)
        #expect(first.fills == second.fills)
        #expect(first.fills.count > 0)
    }

    @Test(
        "From one state a bar ends no better than optimistic and no worse than pessimistic", arguments: UInt64(0)..<250)
    func policiesAreOrdered(seed: UInt64) throws {
        // Orders that meet one bar only, so that all three policies start from the same state.
        func worth(_ policy: IntrabarPolicy) throws -> Int128 {
            var random = SeededRandom(seed: seed)
            var settings = SimulationSettings()
            settings.intrabar = policy
            settings.liquidates = false
            let market = try TestMarket(
                [try TestMarket.instrument(rules: TradingRules(takerFee: try Rate(parsing: "0.0005")))],
                assets: TestMarket.assets, deposits: ["USDT": Self.deposit], settings: settings)
            market.bar((10000, 10000, 10000, 10000))
            market.send(random.chance(50) ? .buy : .sell, 5000)
            market.bar((10000, 10000, 10000, 10000))
            for _ in 0..<6 {
                let type = OrderType.allCases[Int(random.below(7))]
                market.send(
                    random.chance(50) ? .buy : .sell, random.between(1, 3000), type,
                    limit: type.hasLimit ? random.between(9800, 10200) : nil,
                    trigger: type.isTriggered && type != .trailingStop ? random.between(9800, 10200) : nil,
                    trail: type == .trailingStop ? .absolute(PriceDistance(units: random.between(10, 200))) : nil,
                    reduceOnly: random.chance(40), group: random.chance(40) ? 1 : 0)
            }
            let open = random.between(9900, 10100)
            let close = random.between(9900, 10100)
            market.bar(
                (open, max(open, close) + random.below(150), min(open, close) - random.below(150), close),
                volume: random.between(2000, 20000))
            // Worth at the close: balance plus the open position's profit.
            return market.venue.account.balance(AssetID(2)).units + market.venue.unrealised(0).units
        }
        let (low, middle, high) = (try worth(.pessimistic), try worth(.adaptive), try worth(.optimistic))
        #expect(low <= middle && middle <= high)
    }

    @Test("A trailing stop never loosens", arguments: UInt64(0)..<250)
    func trailingNeverLoosens(seed: UInt64) throws {  // property 21
        var random = SeededRandom(seed: seed)
        var settings = SimulationSettings()
        settings.intrabar = IntrabarPolicy.allCases[Int(seed % 4)]
        let isLong = seed % 2 == 0
        let market = try TestMarket(
            [try TestMarket.instrument(rules: TradingRules(tick: .uniform(step: 5)))], assets: TestMarket.assets,
            deposits: ["USDT": Self.deposit], settings: settings)
        market.bar((10000, 10000, 10000, 10000))
        market.send(isLong ? .buy : .sell, 1000)
        let trail: TrailingDistance =
            seed % 3 == 0
            ? .share(Rate(units: random.between(10_000_000, 40_000_000))) : .absolute(PriceDistance(units: 300))
        let stop = market.send(isLong ? .sell : .buy, 1000, .trailingStop, trail: trail, reduceOnly: true)
        var price: Int64 = 10000
        var levels: [Int64] = []
        for _ in 0..<100 {
            let open = price + random.between(-4, 4) * 5
            let close = open + random.between(-12, 12) * 5
            let (high, low) = (max(open, close) + random.below(8) * 5, min(open, close) - random.below(8) * 5)
            market.bar((open, high, low, close))
            price = close
            guard let order = market.venue.books[0].state.orders.first(where: { $0.id == stop }) else { break }
            levels.append(order.level)
            if random.chance(20) {
                market.command(
                    stop, .modify(OrderChange(trail: .absolute(PriceDistance(units: random.between(20, 100) * 5)))))
            }
        }
        for (before, after) in zip(levels, levels.dropFirst()) { #expect(isLong ? after >= before : after <= before) }
        // Its fill is at the level that stood, or at an open beyond it.
        if let exit = market.fills.dropFirst().first, let last = levels.last {
            #expect(isLong ? exit.price.units >= min(last, price - 2000) : exit.price.units <= max(last, price + 2000))
        }
    }
}
