// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Hyperliquid
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Commands

@Suite("What venues at one server may ask")
struct RequestSharesTests {
    @Test(
        arguments: [
            ([("a", 1200)], [1200]), ([("a", 1200), ("b", 1200)], [1200, 1200]),
            ([("a", 1200), ("a", 1200)], [600, 600]), ([("a", 1200), ("b", 300), ("a", 600)], [800, 300, 400]),
            ([("a", 10_000_000), ("a", 10_000_000)], [5_000_000, 5_000_000]),
        ] as [([(way: String, limit: Int)], [Int])])
    func theyDivideWhatOneAddressMay(venues: [(way: String, limit: Int)], weights: [Int]) {
        #expect(RequestShares(venues).weights == weights)
    }

    @Test func aShareThatIsTooSmallToReadWithIsFound() {
        #expect(RequestShares(Array(repeating: ("a", 1200), count: 6)).tooSmall.isEmpty)
        #expect(RequestShares(Array(repeating: ("a", 1200), count: 7)).tooSmall == Array(0..<7))
        #expect(RequestShares([("a", 100), ("b", 1200)]).tooSmall.isEmpty, "who is alone chose it")
    }

    @Test func theOtherLimitsOfTheAddressAreDividedToo() {
        var limits = HyperliquidConnector.Limits()
        RequestShares([("a", 1200), ("a", 1200), ("a", 1200)]).apply(to: &limits, venue: 1)
        #expect(limits.weightPerMinute == 400 && limits.connectionsPerMinute == 10)
        #expect(limits.socketMessagesPerMinute == 666 && limits.postsInFlight == 33)
    }

    @Test func theWayIsTheServerAndTheProxy() throws {
        let direct = try AccountLockTests.venue("http://localhost:3001").way()
        #expect(try AccountLockTests.venue("http://127.0.0.1:3001").way() == direct)
        let proxied = try AccountLockTests.venue("http://127.0.0.1:3001", more: #", proxy: "http://127.0.0.1:8080""#)
        #expect(try proxied.way() != direct)
    }

    /// Venues that ask as fast as they may, and are killed and started again: the venue, which counts by itself, never
    /// sees more than it allows.
    @Test(arguments: UInt64(0)..<20)
    func noMinuteHoldsMoreThanTheAddressMay(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...4, using: &random)
        let shares = RequestShares(Array(repeating: ("a", 1200), count: count))
        var limiters = shares.weights.map { RateLimiter(limit: $0) }
        var used: [[RequestMemory.Use]] = shares.weights.map { _ in [] }
        var last = used.map { _ in UInt64(0) }
        var total = 0
        var seen: [(time: TimeSpan, weight: Int)] = []
        var token: UInt64 = 0
        var weights: [UInt64: Int] = [:]
        // Each start has a monotonic clock of its own.
        var boot: Int64 = 0
        for step in 0..<3_000 {
            let now = TimeSpan.milliseconds(Int64(step) * 100)
            func moment() -> Moment { Moment(wall: Timestamp.epoch + now, monotonic: now + .seconds(-boot)) }
            if Int.random(in: 0..<150, using: &random) == 0 {
                boot = Int64(step) / 10 - Int64.random(in: 0...500, using: &random)
                limiters = shares.weights.map { RateLimiter(limit: $0) }
                last = used.map { _ in 0 }
                for (place, uses) in used.enumerated() {
                    for use in uses {
                        if let time = use.moment(at: moment()) { limiters[place].charge(use.weight, at: time) }
                    }
                }
            }
            for place in limiters.indices {
                token += 1
                let weight = Int.random(in: 1...100, using: &random)
                weights[token] = weight
                let priority = RateLimiter.Priority.allCases.randomElement(using: &random) ?? .order
                try? limiters[place].enqueue(
                    token, weight: weight, priority: priority, expires: moment().monotonic + .seconds(5))
                _ = limiters[place].takeExpired(at: moment().monotonic)
                while let next = limiters[place].next(at: moment().monotonic) {
                    seen.append((now, weights[next] ?? 0))
                    total += 1
                    limiters[place].settle(next, at: moment().monotonic)
                }
            }
            for place in limiters.indices {
                if limiters[place].released != last[place] {
                    let now = moment()
                    used[place] = limiters[place].uses(at: now.monotonic).map {
                        RequestMemory.Use(
                            weight: $0.weight,
                            time: now.wall
                                - TimeSpan(nanoseconds: now.monotonic.nanoseconds - $0.time.nanoseconds))
                    }
                }
                last[place] = limiters[place].released
            }
            seen.removeAll { $0.time + .minutes(1) <= now }
            #expect(seen.reduce(0) { $0 + $1.weight } <= 1200)
        }
        #expect(total > 50, "whoever starts again and again comes to ask")
    }
}

@Suite("What the run before has used")
struct RequestMemoryTests {
    private let now = Moment(wall: Timestamp(seconds: 1_000_000), monotonic: .seconds(500))

    @Test func theNextRunReadsWhatTheLastOneWrote() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/requests"
        #expect(RequestMemory.read(path: path).isEmpty)
        let memory = try #require(RequestMemory(path: path, names: ["one", "a name"]))
        let one = [(weight: 700, time: TimeSpan.seconds(480)), (300, now.monotonic)]
        let other = [(weight: 70, time: now.monotonic)]
        memory.note([9, 1], at: now) { $0 == 0 ? one : other }
        let later = Moment(wall: now.wall + .seconds(3), monotonic: now.monotonic + .seconds(3))
        memory.note([9, 2], at: later) { $0 == 0 ? [] : [(71, later.monotonic)] }
        let known = RequestMemory.read(path: path)
        let expected: [String: [RequestMemory.Use]] = [
            "one": [.init(weight: 700, time: now.wall - .seconds(20)), .init(weight: 300, time: now.wall)],
            "a name": [.init(weight: 71, time: later.wall)],
        ]
        #expect(known == expected, "where nothing new was sent, what was written stays")
        let next = try #require(RequestMemory(path: path, names: ["one", "a name"], before: known))
        next.note([0, 0], at: later) { _ in [] }
        #expect(RequestMemory.read(path: path) == expected, "nothing new was sent")
        next.note([1, 0], at: later) { _ in [(900, later.monotonic)] }
        #expect(RequestMemory.read(path: path)["one"] == [.init(weight: 900, time: later.wall)])
        #expect(RequestMemory(path: folder.path + "/no/folder", names: []) == nil)
    }

    @Test(arguments: ["", "nonsense", "-4 5 v", "4 x v", "4 5", "99999999999999999999 5 v", "end\n4 5 v", "\u{0}\n\n"])
    func whatIsNotOursIsNothing(text: String) {
        #expect(RequestMemory.parse(text).isEmpty)
    }

    @Test(
        arguments: [
            (Int64(0), Int64(500)), (59, 441), (-3600, 500), (60, nil), (86_400, nil),
        ] as [(Int64, Int64?)])
    func itCountsForAMinuteAndAClockThatWasSetBackHidesNothing(age: Int64, seconds: Int64?) {
        let use = RequestMemory.Use(weight: 10, time: now.wall - .seconds(age))
        #expect(use.moment(at: now) == seconds.map { .seconds($0) })
        #expect(RequestMemory.Use(weight: 10, time: .distantPast).moment(at: now) == nil)
        #expect(RequestMemory.Use(weight: 10, time: Timestamp(nanoseconds: .max)).moment(at: now) == .seconds(500))
    }

    @Test(arguments: [(100, 0, Int64(0)), (101, 0, 60), (101, 20, 40), (101, 60, 0), (Int.max, 59, 1)])
    func whoeverAsksAtAStartWaitsForRoom(weight: Int, age: Int64, seconds: Int64) {
        let use = RequestMemory.Use(weight: weight, time: now.wall - .seconds(age))
        #expect([use].wait(for: 100, within: 200, at: now) == .seconds(seconds))
        let older = RequestMemory.Use(weight: 50, time: now.wall - .seconds(59))
        #expect([older].wait(for: 100, within: 149, at: now) == .seconds(1), "only what it must wait for")
        #expect([older, use].wait(for: 100, within: .max, at: now) == .zero)
    }
}
