// SPDX-License-Identifier: Apache-2.0

import Execution
import Journal
import Risk
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import Live

@Suite("A session beside the backtester")
struct SessionComparisonTests {
    typealias Base = LiveSessionTests

    static func compare(_ world: SessionWorld, cash: Amount = SessionWorld.cash) throws -> SessionComparison {
        var paper = try world.setup(on: .paper)
        paper.deposits[paper.deposits.count - 1] = cash
        var comparison = try SessionComparison(world.setup(), paper: paper)
        for (record, raw) in try world.records() { try comparison.apply(record, sequence: raw.sequence) }
        return comparison
    }

    @Test(arguments: [1, 2])
    func onPaperThereIsNoDifference(venues: Int) throws {
        let world = try Base.world(venues: venues)
        let driver = try Base.driver(world)
        Base.play(driver, world)
        let comparison = try Self.compare(world)
        let (both, onlySession, onlyBacktest) = comparison.pairs()
        #expect(comparison.isStarted && both.count == driver.report.orders)
        #expect(onlySession.isEmpty && onlyBacktest.isEmpty)
        #expect(both.allSatisfy { $0.session == $0.backtest })
        #expect(comparison.priceDifference() == .zero)
        let (session, backtest) = comparison.totals()
        #expect(session.fills == backtest.fills && session.fills == driver.report.fills)
        #expect(session.fees == backtest.fees && session.profit == backtest.profit)
        #expect(session.profit == driver.report.profit)
    }

    /// A venue that fills each market order three cents worse.
    static func live(slippage: Int64, deposit: Amount? = nil) throws -> (SessionWorld, SessionReport) {
        let world = try Base.world(mode: .live)
        world.venues[0].with { $0.slippage = slippage }
        let driver = try Base.liveDriver(world)
        for number in 2..<world.script[0].count {
            driver.event(number)
            if number == 20, let deposit { world.venues[0].with { $0.transfer(deposit) } }
        }
        return (world, driver.report)
    }

    @Test func whatAVenueFilledWorseIsTheCost() throws {
        let (even, _) = try Self.live(slippage: 0)
        let (worse, report) = try Self.live(slippage: 3)
        let one = try Self.compare(even)
        let two = try Self.compare(worse)
        let pairs = two.pairs()
        #expect(pairs.onlySession.isEmpty && pairs.onlyBacktest.isEmpty)
        // The backtester's last order waits for a bar that did not come.
        let filled = pairs.both.count { $0.session.quantity > .zero && $0.backtest.quantity > .zero }
        #expect(filled >= report.orders - 1)
        #expect(
            two.priceDifference() - one.priceDifference()
                == Amount(units: Amount(whole: 3).units / 100 * Int128(filled)))
        let profit = (
            session: try #require(two.totals().session.profit), even: try #require(one.totals().session.profit)
        )
        #expect(profit.session < profit.even)
        #expect(two.totals().session.fees > .zero && two.totals().backtest.fees == .zero, "the fake venue's fee")
    }

    @Test func aDepositIsNoProfit() throws {
        let (plain, _) = try Self.live(slippage: 0)
        let (fed, report) = try Self.live(slippage: 0, deposit: Amount(whole: 5_000))
        let (one, two) = (try Self.compare(plain).totals().session, try Self.compare(fed).totals().session)
        #expect(report.measures.transferred == Amount(whole: 5_000))
        #expect(one.profit == two.profit && one.profit == report.profit)
    }

    /// The journal keeps the rates in every mode, for whoever goes over it on paper later.
    @Test(arguments: [SessionMode.paper, .live])
    func fundingFallsDueAtTheRateThatTheVenueShows(mode: SessionMode) throws {
        let rate = Rate(units: 10_000_000)
        let world = try Base.world(mode: mode) {
            $0.fundingInterval = .minutes(5)
            $0.script[0].insert(
                .context(MarketContext(instrument: InstrumentID(0), fundingRate: rate)), at: 1)
        }
        let driver = try Base.driver(world)
        if mode == .live {
            for number in 0...2 { driver.event(number) }
            for _ in 0..<60 where driver.lifecycle.state == .starting { driver.pass(.seconds(1)) }
            Base.play(driver, world, from: 3)
        } else {
            Base.play(driver, world)
        }
        #expect(driver.lifecycle.state == .running)
        var due: [DueFunding] = []
        for entry in try world.records() {
            if case .input(.instant(let instant)) = entry.record { due += instant.funding }
        }
        #expect(due.count >= 5)
        #expect(due.allSatisfy { $0.rate == rate.fraction && $0.time.nanoseconds % 300_000_000_000 == 0 })
        #expect(Set(due.map(\.time)).count == due.count, "each once")
        let totals = try Self.compare(world).totals()
        #expect(totals.backtest.funding != .zero)
        // A real venue reports what it took; this one takes nothing.
        #expect(totals.session.funding == (mode == .paper ? totals.backtest.funding : .zero))
    }

    @Test func whatWasNotSentSaysWhy() throws {
        let world = try Base.world { $0.limits.orderQuantity[InstrumentID(0)] = Quantity(units: 999) }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        let comparison = try Self.compare(world)
        let (both, onlySession, onlyBacktest) = comparison.pairs()
        #expect(onlySession.isEmpty && !onlyBacktest.isEmpty, "what closes is decided on only where something is held")
        #expect(onlyBacktest.allSatisfy { $0.0.isReduceOnly && $0.1.quantity > .zero })
        let entries = both.filter { !$0.signal.isReduceOnly }
        #expect(entries.count == driver.report.counters.denied && entries.count > 5)
        #expect(entries.allSatisfy { $0.session.quantity == .zero && $0.session.reason.contains("allowed 0.999") })
        #expect(comparison.totals().session.fills == 0 && comparison.totals().backtest.fills > 5)
    }

    @Test func beforeTheFirstBarThereIsNothingToCompare() throws {
        let world = try Base.world()
        let driver = try Base.driver(world)
        driver.event(0)
        let comparison = try Self.compare(world)
        #expect(!comparison.isStarted && comparison.pairs().both.isEmpty)
        #expect(comparison.totals().session.profit == nil)
    }

    @Test func barsThatCameTooLateAreCounted() throws {
        let world = try Base.world()
        let driver = try Base.driver(world)
        for number in 0..<3 { driver.event(number) }
        driver.event(2 * 8)
        let comparison = try Self.compare(world)
        #expect(comparison.staleInstants == driver.report.counters.staleInstants && comparison.staleInstants > 0)
        let pairs = comparison.pairs()
        #expect(pairs.onlyBacktest.isEmpty && pairs.onlySession.isEmpty, "neither side acts on them")
    }
}
