// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import OrderAlgorithms
import Portfolio
import Strategies
import Supervision
import TestSupport
import Testing
import Trading

@Suite("The division of capital in the engine") struct RiskAllocationTests {
    /// What a strategy of the random world is: one of several in the same market, each with a stop of its own.
    private struct Member {
        let instrument: UInt32
        let stop: Double
    }

    /// Flat markets, so that no stop is reached and nothing drifts: what is lost at the stops is exactly what was let in.
    private func world(_ members: [Member], seed: UInt64, minutes: Int = 200) throws -> BacktestInput {
        let flat = (0..<minutes).map { Market.bar($0, 100, 100, 100, 100) }
        var world = try World([flat, flat])
        for (index, member) in members.enumerated() {
            var random = SeededRandom(seed: seed &* 97 &+ UInt64(index))
            let steps = (0..<minutes).map { _ in Int.random(in: 0..<12, using: &random) }
            let worth = Int64.random(in: 5_000...600_000, using: &random)
            world.add(
                Scripted { bar, context in
                    let minute = Int((bar.openTime.nanoseconds - Market.start.nanoseconds) / Market.minute)
                    switch steps[minute] {
                    case 0: context.enter(.buy)
                    case 1: context.enter(.sell)
                    case 2: context.exit()
                    default: break
                    }
                }, name: "s\(index)", instrument: member.instrument,
                plan: TradePlan(
                    sizing: .notional(Amount(whole: worth)),
                    stopLoss: Rate(units: Int64((member.stop * 1e9).rounded())), leverage: 10,
                    // What an algorithm has still to send counts as well.
                    execution: index % 2 == 0
                        ? ExecutionPlan() : ExecutionPlan(work: .paced(.time(slices: 4, over: .minutes(8))))))
        }
        var input = try world.input()
        input.supervision = SupervisionSettings(allocation: AllocationLimits())
        return input
    }

    @Test(
        "PRP 17: several strategies in a market never lose more at their stops than all stops may",
        arguments: UInt64(0)..<200)
    func totalRisk(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let members = (0..<Int.random(in: 2...6, using: &random)).map { _ in
            Member(
                instrument: UInt32.random(in: 0..<2, using: &random),
                stop: Double.random(in: 0.005...0.4, using: &random))
        }
        let result = try World.run(try world(members, seed: seed))
        let limits = AllocationLimits()
        var held = Array(repeating: 0.0, count: members.count)
        for (index, fill) in result.fills.enumerated() {
            held[Int(fill.fill.strategy)] += Double(fill.fill.quantity.units) / 1000 * 100
            let next = index + 1 < result.fills.count ? result.fills[index + 1].fill.time : nil
            guard next != fill.fill.time else { continue }
            let lost = zip(held, members).reduce(0) { $0 + $1.0.magnitude * $1.1.stop }
            #expect(lost <= limits.totalRisk * 1_000_000 * (1 + 1e-6), "\(lost) of \(held)")
            for instrument in UInt32(0)..<2 {
                let own = zip(held, members).filter { $0.1.instrument == instrument }.map(\.0)
                // Any strategy may leave: what the others hold must keep to the limit without it.
                for side in [1.0, -1] {
                    let sum = own.reduce(0) { $0 + max(0, side * $1) }
                    #expect(sum <= limits.singleSymbol * 1_000_000 * (1 + 1e-9))
                }
            }
        }
    }

    // MARK: What moves together

    /// Two markets that move on their own, by the hour; the second one's bars stop.
    private func feeds(seed: UInt64, hours: Int, stopsAfter: Int) -> [[Bar]] {
        var random = SeededRandom(seed: seed)
        return [hours, stopsAfter].map { count in
            var price = 100.0
            return (0..<count).map { index in
                let open = price
                price *= 1 + Double.random(in: -0.01...0.01, using: &random)
                let bar = Market.bar(0, open, max(open, price), min(open, price), price)
                return Bar(
                    openTime: Market.start + .hours(Int64(index)), open: bar.open, high: bar.high, low: bar.low,
                    close: bar.close, volume: bar.volume)
            }
        }
    }

    @Test("a market whose bars stopped is no diversification", arguments: UInt64(0)..<20)
    func deadFeed(seed: UInt64) throws {
        let seen = Log<(hour: Int, correlation: Double?)>()
        var world = try World(feeds(seed: seed, hours: 500, stopsAfter: 200), timeframe: .oneHour)
        world.add(
            Scripted { bar, context in
                let hour = Int((bar.openTime.nanoseconds - Market.start.nanoseconds) / (60 * Market.minute))
                seen.add((hour, context.supervisor?.pairCorrelations[0]))
            }, timeframe: .oneHour)
        world.add(Scripted(), name: "dead", instrument: 1, timeframe: .oneHour)
        var input = try world.input()
        input.supervision = SupervisionSettings(allocation: AllocationLimits())
        _ = try World.run(input)
        // The returns of before count for a day; then nothing says what the market does.
        let alive = seen.entries.filter { 40..<200 ~= $0.hour }
        #expect(alive.allSatisfy { $0.correlation != nil })
        let last = try #require(seen.entries.last { $0.hour < 200 }?.correlation)
        #expect(seen.entries.filter { 201..<222 ~= $0.hour }.allSatisfy { $0.correlation == last })
        #expect(seen.entries.filter { $0.hour >= 226 }.allSatisfy { $0.correlation == nil })
        #expect(seen.entries.count == 500)
    }

    @Test("bars longer than an hour are measured by themselves", arguments: [Timeframe.fourHours, .oneDay])
    func longBars(timeframe: Timeframe) throws {
        let seen = Log<Double?>()
        let bars = feeds(seed: 7, hours: 60, stopsAfter: 60).map { bars in
            bars.enumerated().map { index, bar in
                Bar(
                    openTime: Market.start + timeframe.span * Int64(index), open: bar.open, high: bar.high,
                    low: bar.low, close: bar.close, volume: bar.volume)
            }
        }
        var world = try World(bars, timeframe: timeframe)
        world.add(
            Scripted { _, context in seen.add(context.supervisor?.pairCorrelations[0]) }, timeframe: timeframe)
        world.add(Scripted(), name: "other", instrument: 1, timeframe: timeframe)
        var input = try world.input()
        input.supervision = SupervisionSettings(allocation: AllocationLimits())
        _ = try World.run(input)
        #expect(seen.entries.prefix(30).allSatisfy { $0 == nil })
        #expect(seen.entries.suffix(25).allSatisfy { $0 != nil })
    }

    // MARK: Limits on the whole

    /// A market that becomes twenty times as lively while a strategy is long in it.
    private func lively(_ settings: SupervisionSettings) throws -> BacktestResult {
        var random = SeededRandom(seed: 11)
        var price = 100.0
        let bars = (0..<400).map { index -> Bar in
            let open = price
            let most = index < 150 ? 0.001 : 0.02
            price *= 1 + Double.random(in: -most...most, using: &random)
            let bar = Market.bar(0, open, max(open, price), min(open, price), price)
            return Bar(
                openTime: Market.start + .hours(Int64(index)), open: bar.open, high: bar.high, low: bar.low,
                close: bar.close, volume: bar.volume)
        }
        var world = try World([bars], timeframe: .oneHour)
        world.add(
            Scripted { bar, context in
                let hour = (bar.openTime.nanoseconds - Market.start.nanoseconds) / (60 * Market.minute)
                if hour == 40 || hour == 350 { context.enter(.buy) }
            }, timeframe: .oneHour,
            plan: TradePlan(sizing: .notional(Amount(whole: 300_000)), stopLoss: nil, leverage: 5))
        var input = try world.input()
        input.keepsDecisions = true
        input.supervision = settings
        return try World.run(input)
    }

    @Test("a limit that the market itself passes is noted once; where it is asked for, positions are reduced to it")
    func breach() throws {
        var limits = PortfolioLimits()
        limits.valueAtRisk = 0.008
        var settings = SupervisionSettings(portfolio: limits)
        let kept = try lively(settings)
        #expect(kept.fills.count == 1)
        let notes = kept.decisions.filter { $0.feature == "value_at_risk" }
        #expect(notes.count == 1 && notes[0].strategy == nil && notes[0].reason.contains("0.008 is the limit"))
        let left = try #require(kept.portfolio)
        #expect(left.breaches.count == 1 && left.breachCount == 1 && (left.valueAtRisk ?? 0) > 0.008)

        settings.reducesOnBreach = true
        let reduced = try lively(settings)
        #expect(reduced.fills.count > 1 && reduced.fills.dropFirst().allSatisfy { $0.fill.quantity.units < 0 })
        let reductions = reduced.decisions.filter { $0.kind == .exit && $0.reason.contains("value at risk") }
        #expect(reductions.count == reduced.fills.count - 1)
        #expect(try #require(reduced.portfolio?.valueAtRisk) <= 0.008 * 1.05)
        #expect(try lively(settings).resultHash == reduced.resultHash)
    }
}
