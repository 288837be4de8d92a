// SPDX-License-Identifier: Apache-2.0

import Portfolio
import Risk
import Supervision
import TestSupport
import Testing
import Trading

@Suite("What watches over all strategies")
struct RiskSupervisorTests {
    static let start = Timestamp(seconds: 1_704_067_200)

    static func supervisor(
        _ settings: SupervisionSettings, instruments: Int = 3
    ) throws -> RiskSupervisor { try RiskSupervisor(settings, instruments: instruments) }

    /// Tells it of hourly bars and what they closed at, and lets it look.
    @discardableResult
    static func pass(
        _ supervisor: inout RiskSupervisor, _ prices: [Double?], at now: Timestamp, holding holdings: Holdings? = nil
    ) -> [SupervisionEvent] {
        for (index, price) in prices.enumerated() {
            guard let price else { continue }
            _ = supervisor.close(
                low: price, high: price, close: price, span: .hours(1), of: InstrumentID(index: index), at: now)
        }
        let none = Holdings([], instruments: prices.count)
        return supervisor.pass(to: now, equity: 100_000, prices: { prices }, holdings: { holdings ?? none })
    }

    /// Hourly prices: the first two move together, the third on its own.
    static func watch(_ supervisor: inout RiskSupervisor, seed: UInt64 = 1, hours: Int = 200) -> Timestamp {
        var random = SeededRandom(seed: seed)
        var prices = [100.0, 50, 20]
        var now = start
        for hour in 0..<hours {
            let common = Double.random(in: -0.01...0.01, using: &random)
            prices[0] *= 1 + common
            prices[1] *= 1 + common + Double.random(in: -0.001...0.001, using: &random)
            prices[2] *= 1 + Double.random(in: -0.01...0.01, using: &random)
            now = start + .hours(Int64(hour))
            pass(&supervisor, prices, at: now)
        }
        return now
    }

    /// What one strategy has, by instrument.
    static func held(_ exposures: [Double]) -> Holdings {
        Holdings(
            exposures.enumerated().map {
                Stake(strategy: 0, instrument: $0, long: max(0, $1), short: max(0, -$1))
            }, instruments: exposures.count)
    }

    static func intent(_ instrument: UInt32, _ confidence: Double = 1, loss: Double = 0.02) -> EntryIntent {
        EntryIntent(instrument: InstrumentID(instrument), side: .buy, confidence: confidence, lossAtStop: loss)
    }

    @Test("PRP 16, 17, 18: one symbol, a correlated pair and the losses at all stops stay within their limits")
    func limits() throws {
        var supervisor = try Self.supervisor(SupervisionSettings(allocation: AllocationLimits()))
        _ = Self.watch(&supervisor)
        #expect(supervisor.room(for: Self.intent(0), by: 0, holdings: Self.held([0, 0, 0])).share == 0.4)
        #expect(supervisor.room(for: Self.intent(0, 0.7), by: 0, holdings: Self.held([0, 0, 0])).share == 0.4 * 0.7)
        // The second moves with the first, the third does not.
        supervisor.entered(Self.intent(0), by: 0, holdings: Self.held([0, 0, 0]))
        let pair = supervisor.room(for: Self.intent(1), by: 0, holdings: Self.held([0.4, 0, 0]))
        #expect((pair.share - 0.1).magnitude < 1e-12 && pair.reason.contains("moves together"))
        #expect(supervisor.room(for: Self.intent(2), by: 0, holdings: Self.held([0.4, 0, 0])).share == 0.4)
        // A stop that loses a tenth leaves room for (6 % − 0.4 × 2 %) / 10 %.
        let risky = supervisor.room(for: Self.intent(2, loss: 0.1), by: 0, holdings: Self.held([0.4, 0, 0]))
        #expect(risky.share == 0.4)
        let riskier = supervisor.room(for: Self.intent(2, loss: 0.2), by: 0, holdings: Self.held([0.4, 0, 0]))
        #expect((riskier.share - (0.06 - 0.4 * 0.02) / 0.2).magnitude < 1e-12)
    }

    @Test(
        "PRP 15–18: whatever the strategies hold, the room of the next entry keeps every limit",
        arguments: UInt64(0)..<200)
    func always(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limits = AllocationLimits()
        var supervisor = try Self.supervisor(SupervisionSettings(allocation: limits))
        _ = Self.watch(&supervisor, seed: seed)
        // By strategy and instrument: what is held, and the worst of the stops that it was entered with.
        let strategies = 4
        var shares = Array(repeating: Array(repeating: 0.0, count: 3), count: strategies)
        var losses = shares
        for _ in 0..<30 {
            let strategy = Int.random(in: 0..<strategies, using: &random)
            let index = Int.random(in: 0..<3, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 {
                shares[strategy][index] = 0
                continue
            }
            let holdings = Holdings(
                (0..<strategies).flatMap { strategy in
                    (0..<3).map { Stake(strategy: strategy, instrument: $0, long: shares[strategy][$0]) }
                }, instruments: 3)
            let stop = Double.random(in: 0.005...0.3, using: &random)
            let intent = Self.intent(UInt32(index), Double.random(in: 0.01...1, using: &random), loss: stop)
            let room = supervisor.room(for: intent, by: strategy, holdings: holdings)
            #expect(room.share >= 0)
            let added = room.share - holdings.long[index]
            guard added > 0 else { continue }
            supervisor.entered(intent, by: strategy, holdings: holdings)
            losses[strategy][index] = shares[strategy][index] > 0 ? max(losses[strategy][index], stop) : stop
            shares[strategy][index] += added
            let held = (0..<3).map { index in shares.reduce(0) { $0 + $1[index] } }
            #expect(held[index] <= limits.singleSymbol + 1e-12)
            #expect(held[0] + held[1] <= limits.correlatedPair + 1e-12)
            let lost = zip(shares, losses).reduce(0) { zip($1.0, $1.1).reduce($0) { $0 + $1.0 * $1.1 } }
            #expect(lost <= limits.totalRisk + 1e-12)
            #expect(held.reduce(0, +) <= limits.total + 1e-12)
        }
    }

    @Test("a second strategy in the same market takes nothing from what the first one may lose")
    func twoStops() throws {
        var supervisor = try Self.supervisor(SupervisionSettings(allocation: AllocationLimits()))
        _ = Self.watch(&supervisor)
        supervisor.entered(Self.intent(0, loss: 0.1), by: 0, holdings: Self.held([0, 0, 0]))
        let first = Self.held([0.3, 0, 0])
        // 3 % of 6 % are at risk; 3 % more are, with a stop of a half.
        let second = supervisor.room(for: Self.intent(0, loss: 0.5), by: 1, holdings: first)
        #expect((second.share - 0.36).magnitude < 1e-12)
        supervisor.entered(Self.intent(0, loss: 0.001), by: 1, holdings: first)
        let both = Holdings(first.stakes + [Stake(strategy: 1, instrument: 0, long: 0.02)], instruments: 3)
        let third = supervisor.room(for: Self.intent(2, loss: 0.3), by: 2, holdings: both)
        #expect((third.share - (0.06 - 0.3 * 0.1 - 0.02 * 0.001) / 0.3).magnitude < 1e-12)
        // What is turned around does not stand in its own way.
        var turned = Self.intent(0, loss: 0.1)
        turned.side = .sell
        #expect(supervisor.room(for: turned, by: 0, holdings: first).share == 0.4)
    }

    @Test("what one strategy holds short leaves no room for others to be long beyond the limit when it leaves")
    func bothSides() throws {
        var supervisor = try Self.supervisor(SupervisionSettings(allocation: AllocationLimits()))
        _ = Self.watch(&supervisor)
        let holdings = Holdings(
            [Stake(strategy: 0, instrument: 0, long: 0.4), Stake(strategy: 1, instrument: 0, short: 0.4)],
            instruments: 3)
        #expect(holdings.net[0] == 0)
        #expect(supervisor.room(for: Self.intent(0), by: 2, holdings: holdings).share <= holdings.long[0])
        // Nor for what moves with either side.
        let other = supervisor.room(for: Self.intent(1), by: 2, holdings: holdings)
        #expect((other.share - 0.1).magnitude < 1e-12)
    }

    @Test("a crash within a minute halts everything within the event, and it ends by its rule")
    func flashCrash() throws {
        var supervisor = try Self.supervisor(SupervisionSettings(breakers: BreakerSettings()))
        let symbol = InstrumentID(0)
        _ = supervisor.close(low: 100, high: 100, close: 100, span: .minutes(1), of: symbol, at: Self.start)
        let events = supervisor.close(
            low: 85, high: 100, close: 86, span: .minutes(1), of: symbol, at: Self.start + .minutes(1))
        #expect(events.count == 1 && events[0].source == BreakerKind.flashCrash.key)
        #expect((0..<3).allSatisfy { supervisor.state(of: InstrumentID(UInt32($0))) == .halted })
        for minute in 2..<40 {
            _ = supervisor.close(
                low: 86, high: 86, close: 86, span: .minutes(1), of: symbol, at: Self.start + .minutes(Int64(minute)))
        }
        #expect(supervisor.state(of: symbol) == .active)
    }

    @Test("a drawdown halts until a person resumes")
    func drawdown() throws {
        var supervisor = try Self.supervisor(SupervisionSettings(breakers: BreakerSettings()))
        func see(_ equity: Double, _ hour: Int64) -> [SupervisionEvent] {
            supervisor.pass(
                to: Self.start + .hours(hour), equity: equity, prices: { [nil, nil, nil] },
                holdings: { Self.held([0, 0, 0]) })
        }
        #expect(see(100, 0).isEmpty)
        #expect(see(79, 1).map(\.source) == [BreakerKind.drawdown.key])
        #expect(see(100, 100).isEmpty && supervisor.state(of: InstrumentID(0)) == .halted)
        _ = supervisor.resume(equity: Amount(whole: 100), at: Self.start + .hours(101))
        #expect(supervisor.state(of: InstrumentID(0)) == .active)
    }

    @Test("a limit on the portfolio's loss lets nothing in before it can be measured, and then what fits")
    func valueAtRisk() throws {
        var limits = PortfolioLimits()
        limits.valueAtRisk = 0.01
        var supervisor = try Self.supervisor(SupervisionSettings(allocation: AllocationLimits(), portfolio: limits))
        #expect(supervisor.room(for: Self.intent(0), by: 0, holdings: Self.held([0, 0, 0])).share == 0)
        _ = Self.watch(&supervisor)
        let room = supervisor.room(for: Self.intent(0), by: 0, holdings: Self.held([0, 0, 0]))
        #expect(room.share > 0 && room.share < 0.4)
        let after = try PortfolioAssessment(
            exposures: [room.share, 0, 0], returns: supervisor.returns, limits: limits)
        #expect(after.breaches.isEmpty)
    }

    /// A limit of 1 % on a day's loss, and a position in the first market that passes it when prices begin to move more.
    private func passed(reduces: Bool) throws -> (RiskSupervisor, [SupervisionEvent], held: Holdings, now: Timestamp) {
        var limits = PortfolioLimits()
        limits.valueAtRisk = 0.01
        limits.diversificationRatio = 1.5
        var settings = SupervisionSettings(portfolio: limits)
        settings.reducesOnBreach = reduces
        var supervisor = try Self.supervisor(settings, instruments: 2)
        let held = Self.held([0.4, 0.0])
        var random = SeededRandom(seed: 5)
        var prices = [100.0, 50]
        var events: [SupervisionEvent] = []
        var now = Self.start
        for hour in 0..<300 {
            let most = hour < 150 ? 0.001 : 0.02
            for index in prices.indices { prices[index] *= 1 + Double.random(in: -most...most, using: &random) }
            now = Self.start + .hours(Int64(hour))
            events += Self.pass(&supervisor, prices, at: now, holding: hour < 35 ? nil : held)
        }
        return (supervisor, events, held, now)
    }

    @Test("a limit that the market passes is noted once, and nothing new comes in until it holds again")
    func breach() throws {
        var (supervisor, events, held, now) = try passed(reduces: false)
        #expect(events.map(\.source) == ["value_at_risk"])
        #expect(events[0].reason.contains("is the limit: nothing new"))
        #expect((0..<2).allSatisfy { supervisor.state(of: InstrumentID(index: $0)) == .reducing })
        #expect(supervisor.room(for: Self.intent(1), by: 1, holdings: held).share == 0)
        #expect(supervisor.excess(holdings: { held }, at: now) == nil)
        let standing = try #require(supervisor.standing)
        #expect(standing.breaches.count == 1 && standing.breachCount == 1 && standing.hours == 24)
        #expect(standing.valueAtRisk.map { $0 > 0.01 && $0 <= standing.worst.valueAtRisk } == true)
        #expect(standing.worst.diversificationRatio == nil && standing.correlations.count == 1)
        let over = Self.pass(&supervisor, [100, 50], at: now + .hours(1), holding: Self.held([0.0, 0.0]))
        #expect(over.map(\.reason) == ["the limit on the value at risk holds again"])
        #expect(supervisor.state(of: InstrumentID(0)) == .active)
    }

    @Test("where it is asked for, what is held is reduced to what the limit allows")
    func breachReduces() throws {
        var (supervisor, events, held, now) = try passed(reduces: true)
        #expect(events.map(\.source) == ["value_at_risk"])
        let due = supervisor.excess(holdings: { held }, at: now)
        let cuts = try #require(due)
        let cut = try #require(cuts[0])
        let lost = try #require(supervisor.standing?.valueAtRisk)
        #expect((lost * (1 - cut.share) - 0.01).magnitude < 1e-12)
        // At the next instant of the same hour nothing is looked at, and nothing more goes.
        _ = Self.pass(&supervisor, [100, 50], at: now + .minutes(1), holding: held)
        #expect(supervisor.excess(holdings: { held }, at: now + .minutes(1)) == nil)
    }

    @Test("one position alone is not held against the diversification that two must have")
    func diversification() throws {
        var limits = PortfolioLimits()
        limits.valueAtRisk = nil
        limits.diversificationRatio = 1.2
        var supervisor = try Self.supervisor(SupervisionSettings(portfolio: limits))
        _ = Self.watch(&supervisor)
        #expect(supervisor.room(for: Self.intent(0), by: 0, holdings: Self.held([0, 0, 0])).share > 0)
        // The second moves with the first, the third on its own.
        let first = Self.held([0.4, 0, 0])
        #expect(supervisor.room(for: Self.intent(1), by: 1, holdings: first).share == 0)
        #expect(supervisor.room(for: Self.intent(2), by: 1, holdings: first).share > 0)
    }

    @Test(
        "every method of estimating a loss can be the limit",
        arguments: [
            LossMethod.historical, .parametric, .cornishFisher, .monteCarlo(draws: 500, seed: 1),
        ])
    func methods(method: LossMethod) throws {
        var limits = PortfolioLimits()
        limits.method = method
        limits.confidence = 0.99
        limits.valueAtRisk = 0.02
        var supervisor = try Self.supervisor(SupervisionSettings(portfolio: limits))
        let now = Self.watch(&supervisor)
        let room = supervisor.room(for: Self.intent(0), by: 0, holdings: Self.held([0, 0, 0]))
        #expect(room.share > 0 && room.share < 1)
        _ = Self.pass(&supervisor, [100, 50, 20], at: now + .hours(1), holding: Self.held([room.share, 0, 0]))
        #expect(supervisor.standing?.method == method.description && supervisor.standing?.confidence == 0.99)
    }

    @Test("every six hours what is held is held against its part")
    func rebalance() throws {
        var supervisor = try Self.supervisor(SupervisionSettings(allocation: AllocationLimits()))
        let now = Self.watch(&supervisor)
        supervisor.entered(Self.intent(0), by: 0, holdings: Self.held([0, 0, 0]))
        supervisor.entered(Self.intent(1), by: 0, holdings: Self.held([0, 0, 0]))
        #expect(supervisor.excess(holdings: { Self.held([0.4, 0.4, 0]) }, at: now) != nil)
        #expect(supervisor.excess(holdings: { Self.held([0.4, 0.4, 0]) }, at: now + .hours(1)) == nil)
        let due = supervisor.excess(holdings: { Self.held([0.4, 0.4, 0]) }, at: now + .hours(6))
        let parts = try #require(due)
        let left = parts.prefix(2).reduce(0) { $0 + 0.4 * (1 - ($1?.share ?? 0)) }
        #expect((left - 0.5).magnitude < 1e-8 && parts[2] == nil)
    }

    @Test("a market that listed just now, or whose price stands still, counts as moving with every other, and says so")
    func unmeasured() throws {
        for (price, text) in [(nil, "one has had no bars for a day"), (7.0, "one price stands still")] {
            var supervisor = try Self.supervisor(SupervisionSettings(allocation: AllocationLimits()), instruments: 2)
            for hour in 0..<100 {
                Self.pass(&supervisor, [100 + Double(hour % 7), price], at: Self.start + .hours(Int64(hour)))
            }
            #expect(supervisor.pairCorrelations == [nil])
            supervisor.entered(Self.intent(0), by: 0, holdings: Self.held([0, 0, 0]))
            let room = supervisor.room(for: Self.intent(1), by: 0, holdings: Self.held([0.4, 0]))
            #expect((room.share - 0.1).magnitude < 1e-12)
            #expect(room.reason.hasPrefix(text), "\(room.reason)")
        }
    }

    @Test("limits that contradict each other are refused with their keys")
    func contradictions() {
        var allocation = AllocationLimits()
        allocation.singleSymbol = 0.9
        do {
            _ = try Self.supervisor(SupervisionSettings(allocation: allocation))
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains("single_symbol")) }
    }
}
