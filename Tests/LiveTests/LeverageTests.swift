// SPDX-License-Identifier: Apache-2.0

import Execution
import OrderManagement
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import Live

@Suite("The leverage of a venue's markets")
struct LeverageTests {
    typealias Base = LiveSessionTests
    static let bitcoin = InstrumentID(index: 0)

    private func shown(_ value: Int64, isCross: Bool = true) -> [AccountSnapshot.Leverage] {
        [AccountSnapshot.Leverage(instrument: Self.bitcoin, value: value, isCross: isCross)]
    }

    // MARK: What is asked, and when

    @Test func itIsAskedOnceAndConfirmedByTheAnswer() {
        var watch = LeverageWatch([(Self.bitcoin, 3), (InstrumentID(index: 1), 5)])
        #expect(watch.nextRequest == .zero && !watch.isConfirmed(Self.bitcoin))
        #expect(watch.takeRequests(at: .seconds(5)).map(\.leverage) == [3, 5])
        #expect(watch.takeRequests(at: .seconds(6)).isEmpty && watch.nextRequest == nil)
        #expect(watch.answered(Self.bitcoin, .done, at: .seconds(7)) == nil, "nobody was told of a pause")
        #expect(watch.isConfirmed(Self.bitcoin) && !watch.isConfirmed(InstrumentID(index: 1)))
        #expect(watch.isConfirmed(InstrumentID(index: 2)), "a market without margin has none")
        watch.linkCameUp(at: .seconds(9))
        #expect(watch.takeRequests(at: .seconds(9)).isEmpty)
    }

    @Test(arguments: [
        (LeverageOutcome.unknown(reason: "HTTP 502"), [1, 2, 4, 8, 16, 32, 60, 60]),
        (.refused(text: "Invalid leverage value"), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
    ])
    func whatIsNotConfirmedIsAskedAgainLaterAndLater(outcome: LeverageOutcome, waits: [Int64]) {
        var watch = LeverageWatch([(Self.bitcoin, 3)])
        var now = TimeSpan.seconds(100)
        for (count, wait) in waits.enumerated() {
            #expect(watch.takeRequests(at: now).count == 1)
            let news = watch.answered(Self.bitcoin, outcome, at: now)
            #expect((news != nil) == (count == 0), "a reason is told once")
            #expect(watch.nextRequest == now + .seconds(wait))
            #expect(watch.takeRequests(at: now + .milliseconds(wait * 1000 - 1)).isEmpty)
            now = now + .seconds(wait)
        }
        #expect(watch.problems.count == 1)
        #expect(watch.takeRequests(at: now).count == 1)
        #expect(watch.answered(Self.bitcoin, .done, at: now) == .confirmed(Self.bitcoin))
        #expect(watch.problems.isEmpty && watch.isConfirmed(Self.bitcoin))
    }

    @Test func aLinkThatCameBackIsAskedAtOnce() {
        var watch = LeverageWatch([(Self.bitcoin, 3)])
        for second in [0, 1, 3, 7] as [Int64] {
            #expect(watch.takeRequests(at: .seconds(second)).count == 1)
            _ = watch.answered(Self.bitcoin, .unknown(reason: "lost"), at: .seconds(second))
        }
        watch.linkCameUp(at: .seconds(8))
        #expect(watch.takeRequests(at: .seconds(8)).count == 1)
    }

    @Test func aReadingConfirmsAndContradicts() {
        var watch = LeverageWatch([(Self.bitcoin, 3)])
        _ = watch.takeRequests(at: .seconds(1))
        _ = watch.answered(Self.bitcoin, .unknown(reason: "lost"), at: .seconds(1))
        #expect(watch.compare(shown(20), read: .seconds(2), at: .seconds(2)).isEmpty, "it is being asked for anyway")
        #expect(!watch.isConfirmed(Self.bitcoin))
        #expect(watch.compare(shown(3), read: .seconds(2), at: .seconds(2)) == [.confirmed(Self.bitcoin)])
        #expect(watch.isConfirmed(Self.bitcoin) && watch.nextRequest == nil)
        #expect(watch.compare(shown(20), read: .seconds(1), at: .seconds(3)).isEmpty, "read before it was confirmed")
        #expect(watch.compare(shown(3), read: .seconds(4), at: .seconds(4)).isEmpty)
        for (value, isCross) in [(Int64(20), true), (3, false)] {
            let news = watch.compare(shown(value, isCross: isCross), read: .seconds(5), at: .seconds(5))
            #expect(news.count == 1 && !watch.isConfirmed(Self.bitcoin))
            #expect(watch.takeRequests(at: .seconds(5)).map(\.leverage) == [3])
            #expect(watch.answered(Self.bitcoin, .done, at: .seconds(4)) == .confirmed(Self.bitcoin))
        }
    }

    // MARK: A session

    private func opened(_ world: SessionWorld) -> Int {
        world.venues[0].with { venue in venue.orders.count { !$0.ticket.isReduceOnly } }
    }

    @Test(arguments: [SessionMode.paper, .dryRun, .deMinimis, .live])
    func onlyWhereOrdersAreSent(mode: SessionMode) throws {
        let world = try Base.world(mode: mode)
        let driver = try Base.liveDriver(world)
        #expect(driver.count("leverage 10 cross") == (mode.sendsOrders ? 1 : 0))
        #expect(driver.report.pauses.isEmpty)
    }

    @Test(arguments: [
        LeverageOutcome.unknown(reason: "HTTP 502"), .refused(text: "Cannot switch leverage type with open position."),
    ])
    func entriesWaitUntilTheVenueConfirmsIt(outcome: LeverageOutcome) throws {
        let world = try Base.world(mode: .live)
        world.venues[0].with { $0.leverageAnswers = Array(repeating: outcome, count: 5) }
        let driver = try Base.liveDriver(world)
        for number in 2..<20 { driver.event(number) }
        #expect(opened(world) == 0 && driver.report.counters.denied > 0)
        let denials = try world.records().compactMap {
            if case .denied(_, let code, _) = $0.record { code } else { nil }
        }
        #expect(Set(denials) == ["leverageNotConfirmed"])
        #expect(driver.report.pauses.count == 1 && driver.report.pauses[0].contains("no entries until venue0 confirms"))
        #expect(driver.logs.count { $0.text.contains("no entries until") } == 1, "told once")
        for _ in 0..<40 { driver.pass(.seconds(1)) }
        #expect(driver.count("leverage 10 cross") == 6)
        #expect(driver.report.pauses.isEmpty && driver.logs.contains { $0.text.contains("is confirmed") })
        for number in 20..<40 { driver.event(number) }
        #expect(opened(world) > 0)
    }

    @Test func whatNobodySetIsFoundInTheNextReadingAndSetAgain() throws {
        let world = try Base.world(mode: .live) { $0.script[0] += [.linkDown(reason: "broken"), .linkUp] }
        let driver = try Base.liveDriver(world)
        var number = 2
        while world.venues[0].with({ $0.position }) == 0 {
            driver.event(number)
            number += 1
        }
        // Somebody changes it by hand while the link is down, and the venue is slow to take it back.
        driver.event(world.script[0].count - 2)
        world.venues[0].with { venue in
            venue.leverage = (20, true)
            venue.leverageAnswers = [.unknown(reason: "HTTP 503")]
        }
        driver.event(world.script[0].count - 1)
        func isPaused() -> Bool { driver.report.pauses.contains { $0.contains("no entries until") } }
        for _ in 0..<40 where !isPaused() { driver.pass(.milliseconds(100)) }
        #expect(driver.report.pauses.contains { $0.contains("no entries until") && $0.contains("HTTP 503") })
        let before = opened(world)
        // The way out is open.
        driver.input(.request(.kill(flattens: true)))
        #expect(world.venues[0].with { $0.position } == 0 && opened(world) == before)
        for _ in 0..<3 { driver.pass(.seconds(1)) }
        #expect(world.venues[0].with { $0.leverage.value } == 10)
        #expect(!isPaused())
    }
}
