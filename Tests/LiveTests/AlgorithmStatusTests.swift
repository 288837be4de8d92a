// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Journal
import OrderAlgorithms
import Strategies
import Testing
import Trading
import VenueHarness

@testable import Live

/// What a session says of its order algorithms: how far they are, and who carries them out where they trade.
@Suite("Order algorithms as shown") struct AlgorithmStatusTests {
    typealias Base = LiveSessionTests

    static let plan = TradePlan(
        sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 50_000_000),
        execution: ExecutionPlan(work: .paced(.time(slices: 2, over: .minutes(2)))),
        trailing: TrailingPlan(atrMultiple: 3, atrPeriod: 3))

    @Test(arguments: [SessionMode.paper, .live])
    func statusNamesWhoActs(mode: SessionMode) throws {
        let world = try Base.world(mode: mode) { $0.plan = Self.plan }
        let driver = mode == .paper ? try Base.driver(world) : try Base.liveDriver(world)
        var seen: Set<String> = []
        var supports: [String: FeatureSupport] = [:]
        var orders: [OrderType: FeatureSupport] = [:]
        for number in world.script[0].indices.dropFirst(mode == .paper ? 0 : 2) {
            driver.event(number)
            for running in driver.session.runningAlgorithms() {
                seen.insert(running.status.name)
                supports[running.status.name] = running.support
                #expect(running.strategy == "s0" && !running.status.isFinished)
                #expect(running.status.outlook.state != .finished)
                #expect(running.status.instruments == [InstrumentID(0)])
            }
            for working in driver.session.workingOrders() {
                orders[working.order.request.type] = working.support
                #expect(!working.order.status.isFinal)
            }
        }
        #expect(seen == ["twap", "trailing_stop"])
        #expect(supports["twap"]?.text.hasPrefix("emulated by the engine: ") == true)
        #expect(supports["trailing_stop"]?.actor == .engine, "the distance follows the volatility at closed bars")
        // The order itself is native on paper; where the venue has none it is moved by the order manager.
        #expect(orders[.trailingStop]?.actor == (mode == .paper ? .venue : .engine) || mode == .live)
        #expect(orders[.stop]?.kind == (mode == .paper ? .native : .emulated))
    }

    @Test func theStoryOfAnOrderNamesItsAlgorithm() throws {
        let world = try Base.world { $0.plan = Self.plan }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        let setup = try world.setup()
        let order = try #require(driver.session.fills.first?.fill.order)
        func story(_ capabilities: [VenueCapabilities]) throws -> OrderStory {
            var story = OrderStory(
                of: order, instruments: setup.account.instruments, strategyNames: ["s0"],
                capabilities: capabilities)
            var replay = try Replay(setup)
            for (record, raw) in try world.records() {
                try replay.apply(record, sequence: raw.sequence)
                story.take(record, sequence: raw.sequence, at: raw.time, bars: [], core: replay.core)
            }
            return story
        }
        let told = try story([.simulated])
        func text(_ kind: String) -> String? { told.steps.first { $0.kind == kind }?.text }
        #expect(
            text("algorithm")
                == "twap 1 placed it: a slice was due; emulated by the engine: slices are sent at closed bars")
        #expect(text("execution") == "native")
        #expect(try story([]).steps.contains { $0.kind == "execution" } == false)
    }

    @Test func decisionsOfAlgorithmsAreExplained() throws {
        let world = try Base.world { $0.plan = Self.plan }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        var replay = try Replay(world.setup())
        replay.keepDecisions()
        for (record, raw) in try world.records() { try replay.apply(record, sequence: raw.sequence) }
        let found = replay.takeDecisions().filter { $0.kind == .algorithm }
        let first = try #require(found.first)
        #expect(first.feature == "twap" && first.features == [.timeSlices] && first.order.sequence == 1)
        #expect(first.reason == "twap 1 placed an order: a slice was due (filled 0 of 1)")
        #expect(found.contains { $0.reason.contains(" ended: ") && $0.order == .none })
        #expect(replay.differences.isEmpty, "what is noted changes nothing")
    }
}
