// SPDX-License-Identifier: Apache-2.0

import Engine
import EngineHarness
import Execution
import Journal
import Risk
import Strategies
import Testing
import Trading

@testable import Live

@Suite("Paper orders pass the checks before the trade")
struct PaperCheckTests {
    typealias Base = LiveSessionTests

    static func world(venues: Int = 1, _ limits: (inout RiskLimits) -> Void) throws -> SessionWorld {
        try Base.world(venues: venues) {
            $0.plan.stopLoss = Rate(units: 90_000_000)
            limits(&$0.limits)
        }
    }

    static func refusals(_ world: SessionWorld) throws -> [PaperRefusal] {
        try world.records().flatMap { entry -> [PaperRefusal] in
            if case .input(.paperOrders(let refused)) = entry.record { refused } else { [] }
        }
    }

    @Test func whatIsTooLargeNeverFillsAndItsStopGoesWithIt() throws {
        let world = try Self.world { $0.orderNotional = Amount(whole: 1) }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        let report = driver.report
        #expect(report.fills == 0 && report.holdings.isEmpty && report.openOrders == 0)
        #expect(report.counters.denied > 5)
        let refused = try Self.refusals(world)
        #expect(refused.count { $0.reason == .orderTooLarge } == report.counters.denied)
        #expect(refused.count { $0.reason == .parentDone } == report.counters.denied, "each had a stop")
        let denied = try world.records().compactMap { entry -> String? in
            if case .denied(_, let code, let text) = entry.record { "\(code) \(text)" } else { nil }
        }
        #expect(denied.count == report.counters.denied)
        #expect(denied.allSatisfy { $0.hasPrefix("orderTooLarge AUSDT") && $0.hasSuffix("allowed 1") })
        #expect(try world.replay().differences.isEmpty)
    }

    @Test func oneInstrumentsLimitLeavesTheOtherAlone() throws {
        let world = try Self.world(venues: 2) { $0.orderQuantity[InstrumentID(0)] = Quantity(units: 999) }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        #expect(driver.report.counters.denied > 0)
        #expect(Set(driver.session.fills.map(\.fill.instrument)) == [InstrumentID(1)])
    }

    @Test func whilePausedOnlyWhatClosesIsSent() throws {
        let world = try Self.world { _ in }
        let driver = try Base.driver(world)
        var number = 0
        while driver.report.holdings.isEmpty {
            driver.event(number)
            number += 1
        }
        driver.input(.request(.pause))
        let before = driver.report
        for next in number..<(number + 20) { driver.event(next) }
        let after = driver.report
        #expect(after.holdings.isEmpty && after.fills == before.fills + 1, "closed, and nothing opened")
        #expect(after.counters.denied > 0)
        #expect(try Self.refusals(world).contains { $0.reason == .onlyReducing })
        driver.input(.request(.resume))
        for next in (number + 20)..<world.script[0].count { driver.event(next) }
        #expect(driver.report.fills > after.fills + 1)
    }

    @Test func theLossOfTheDayStopsWhatOpens() throws {
        let world = try Self.world { $0.dailyLoss = Amount(units: Amount(whole: 1).units / 2) }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        #expect(driver.logs.contains { $0.level == .critical && $0.text.contains("the day's loss") })
        let refused = try Self.refusals(world)
        let first = try #require(refused.firstIndex { $0.reason == .dailyLoss })
        #expect(refused[first...].allSatisfy { [.dailyLoss, .parentDone].contains($0.reason) })
        let last = refused[first].order
        #expect(driver.session.fills.allSatisfy { $0.fill.order < last || driver.report.holdings.isEmpty })
        #expect(driver.report.holdings.isEmpty)
    }

    /// A crash between deciding and delivering changes nothing: the checks come out as they did.
    @Test func everyCutIsRefusedTheSame() throws {
        // About half of the orders are above it.
        let prices = try Self.world { _ in }.bars[0].dropFirst(Base.before).map(\.close.units).sorted()
        let limit = Amount(units: Int128(prices[prices.count / 2]) * Amount(whole: 1).units / 100)
        func world() throws -> SessionWorld { try Self.world { $0.orderNotional = limit } }
        let (expected, records) = try Base.run(world())
        let denied = records.count { record, _ in
            if case .denied = record { true } else { false }
        }
        #expect(denied > 1)
        for cut in 1..<records.count {
            guard let end = try Base.resume(world(), records.prefix(cut)) else { continue }
            #expect(end == expected, "cut after record \(cut)")
        }
    }
}
