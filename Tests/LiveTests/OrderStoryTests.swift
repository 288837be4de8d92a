// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Journal
import Risk
import Strategies
import Testing
import Trading
import VenueHarness

@testable import Live

@Suite("The story of an order")
struct OrderStoryTests {
    typealias Base = LiveSessionTests

    /// The stories of all orders of a journal, by the order's number.
    static func stories(_ world: SessionWorld) throws -> [Int: OrderStory] {
        let records = try world.records()
        var orders: [OrderID] = []
        for (record, _) in records {
            guard case .commands(let commands) = record else { continue }
            for command in commands where !orders.contains(command.order) { orders.append(command.order) }
        }
        let setup = try world.setup()
        return try Dictionary(
            uniqueKeysWithValues: orders.map { order in
                var story = OrderStory(of: order, instruments: setup.account.instruments, strategyNames: ["s0"])
                var replay = try Replay(setup)
                var bars: [InstrumentBar] = []
                for (record, raw) in records {
                    try replay.apply(record, sequence: raw.sequence)
                    if case .input(.instant(let instant)) = record { bars = instant.bars }
                    story.take(record, sequence: raw.sequence, at: raw.time, bars: bars, core: replay.core)
                }
                return (Int(order.sequence), story)
            })
    }

    static func kinds(_ story: OrderStory) -> [String] { story.steps.map(\.kind) }

    static func text(_ story: OrderStory, _ kind: String) -> String? { story.steps.first { $0.kind == kind }?.text }

    @Test func fromTheSignalToTheFill() throws {
        let world = try Base.world(mode: .live) { $0.plan.stopLoss = Rate(units: 90_000_000) }
        let driver = try Base.liveDriver(world)
        Base.play(driver, world, from: 2)
        let stories = try Self.stories(world)
        #expect(stories.count == driver.report.orders)
        let entry = try #require(stories[1])
        let venueOrder = try #require(world.venues[0].with { $0.orders.first })
        let fill = try #require(driver.session.fills.first?.fill)
        #expect(
            Self.kinds(entry).prefix(6) == ["signal", "features", "request", "risk", "sent", "answer"]
                && Self.kinds(entry).contains("fill"))
        let text = { Self.text(entry, $0) }
        #expect(text("signal")?.hasPrefix("s0 acted on the close at \(fill.time)") == true)
        // Independent of the engine: the mean of the last three closes.
        let bars = world.bars[0]
        let index = try #require(bars.firstIndex { $0.openTime + SessionWorld.span == fill.time })
        let mean = Double(bars[(index - 2)...index].reduce(0) { $0 + $1.close.units }) / 300
        let feature = try #require(text("features"))
        let said = try #require(feature.split(separator: " ").last.flatMap { Double($0) })
        #expect(feature.hasPrefix("sma") && abs(said - mean) < 1e-9)
        #expect(text("request") == "\(fill.side) 1 AUSDT, market")
        #expect(text("sent")?.contains("\(venueOrder.ticket.client)") == true)
        #expect(text("sent")?.hasSuffix("together with 1 more (entryWithProtection)") == true)
        #expect(text("answer")?.hasSuffix("the venue's number \(venueOrder.number)") == true)
        let instrument = try world.setup().account.instruments[0]
        #expect(
            text("fill")
                == "\(fill.side) 1 at \(instrument.text(fill.price)), fee \(fill.fee), taker, trade \(fill.trade)")
        let stop = try #require(stories[2])
        #expect(Self.text(stop, "request")?.contains("trigger -9 % from the entry") == true)
        #expect(Self.text(stop, "request")?.hasSuffix("child of order 1") == true)
        #expect(stop.steps.contains { $0.kind == "request" && $0.text == "s0 asked for it to be taken back" })
        #expect(stop.steps.contains { $0.kind == "sent" && $0.text == "cancel" })
        for story in stories.values {
            #expect(zip(story.steps, story.steps.dropFirst()).allSatisfy { $0.sequence <= $1.sequence })
        }
    }

    @Test func whatWasStoppedSaysWhy() throws {
        let world = try Base.world { $0.limits.orderNotional = Amount(whole: 1) }
        let driver = try Base.driver(world)
        Base.play(driver, world)
        let story = try #require(try Self.stories(world)[1])
        #expect(Self.kinds(story) == ["signal", "features", "request", "risk"])
        #expect(Self.text(story, "risk")?.hasPrefix("stopped: AUSDT: ") == true)
    }

    @Test func aPaperOrderHasItsFill() throws {
        let world = try Base.world()
        let driver = try Base.driver(world)
        Base.play(driver, world)
        let story = try #require(try Self.stories(world)[1])
        #expect(Self.kinds(story).last == "fill" && !Self.kinds(story).contains("sent"))
        var other = OrderStory(of: OrderID(9_999), instruments: [], strategyNames: [])
        let replay = try Replay(world.setup())
        for (record, raw) in try world.records() {
            other.take(record, sequence: raw.sequence, at: raw.time, bars: [], core: replay.core)
        }
        #expect(!other.isFound)
    }
}
