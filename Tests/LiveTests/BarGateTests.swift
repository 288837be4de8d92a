// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import TestSupport
import Testing
import Trading

@testable import Live

@Suite("Bars become instants")
struct BarGateTests {
    static let minute = TimeSpan.minutes(1)
    static func time(_ index: Int64) -> Timestamp { Timestamp(seconds: 1_700_000_040 + index * 60) }
    static func bar(_ index: Int64, close: Int64 = 100) -> Bar {
        Bar(
            openTime: time(index), open: Price(units: 100), high: Price(units: max(100, close)),
            low: Price(units: min(100, close)), close: Price(units: close), volume: Quantity(units: 1))
    }
    static let (a, b) = (InstrumentID(0), InstrumentID(1))

    static func gate(_ instruments: [InstrumentID]) -> BarGate {
        var gate = BarGate(feeds: instruments.map { ($0, .oneMinute) }, grace: .seconds(5))
        for instrument in instruments { gate.start(instrument, at: time(0)) }
        return gate
    }

    @Test func anInstantWaitsForEveryFeed() {
        var gate = Self.gate([Self.a, Self.b])
        #expect(gate.add(Self.bar(0), of: Self.b) == nil)
        #expect(gate.pop(marketTime: Self.time(1)) == nil)
        #expect(gate.add(Self.bar(0), of: Self.a) == nil)
        let instant = gate.pop(marketTime: Self.time(1))
        #expect(instant?.close == Self.time(1))
        #expect(instant?.bars.map(\.instrument) == [Self.a, Self.b], "in the order of the instruments")
        #expect(gate.pop(marketTime: Self.time(1)) == nil)
    }

    @Test func theGraceLetsAnInstantThroughWithWhatIsThere() {
        var gate = Self.gate([Self.a, Self.b])
        _ = gate.add(Self.bar(0), of: Self.a)
        gate.grow(Self.bar(0, close: 107), of: Self.b)
        #expect(gate.pop(marketTime: Self.time(1) + .seconds(4)) == nil)
        let instant = gate.pop(marketTime: Self.time(1) + .seconds(5))
        #expect(instant?.bars.count == 2)
        #expect(instant?.unconfirmed == [Self.b])
        #expect(instant?.bars.last?.bar.close == Price(units: 107))
        #expect(gate.add(Self.bar(0, close: 109), of: Self.b) == nil, "what comes after its instant is late")
        #expect(gate.lateCount == 1)
    }

    @Test func aFeedWithoutTradesHoldsNobodyUp() {
        var gate = Self.gate([Self.a, Self.b])
        _ = gate.add(Self.bar(0), of: Self.a)
        let instant = gate.pop(marketTime: Self.time(1) + .seconds(5))
        #expect(instant?.missing == [Self.b])
        #expect(gate.next(Self.b) == Self.time(1))
        #expect(gate.pop(marketTime: Self.time(50)) == nil, "instants without any bar are passed over")
    }

    @Test func aSkippedBarIsAskedFor() {
        var gate = Self.gate([Self.a])
        let request = gate.add(Self.bar(3), of: Self.a)
        #expect(request?.from == Self.time(0) && request?.to == Self.time(3))
        #expect(gate.pop(marketTime: Self.time(60)) == nil, "the answer is awaited")
        #expect(gate.add(Self.bar(4), of: Self.a) == nil, "once is enough")
        #expect(gate.fill([Self.bar(0), Self.bar(2)], of: Self.a) == nil)
        var closes: [Timestamp] = []
        while let instant = gate.pop(marketTime: Self.time(60)) { closes.append(instant.close) }
        #expect(closes == [1, 3, 4, 5].map(Self.time), "the bar that the venue does not have did not trade")
    }

    @Test func whileAnAnswerIsAwaitedNoTimeIsWaitedFor() {
        var gate = Self.gate([Self.a])
        #expect(gate.nextDeadline == Self.time(1) + .seconds(5))
        _ = gate.add(Self.bar(3), of: Self.a)
        #expect(gate.nextDeadline == nil, "or a session would be woken at once, for ever")
        gate.giveUp(Self.a)
        #expect(gate.nextDeadline == Self.time(4) + .seconds(5))
    }

    @Test func aGapThatCannotBeFilledStaysOpen() {
        var gate = Self.gate([Self.a])
        _ = gate.add(Self.bar(2), of: Self.a)
        gate.giveUp(Self.a)
        #expect(gate.pop(marketTime: Self.time(60))?.close == Self.time(3))
    }

    @Test func afterAReconnectWhatClosedMeanwhileIsAskedFor() {
        var gate = Self.gate([Self.a, Self.b])
        let requests = gate.requestsAfterGap(of: [Self.a, Self.b], marketTime: Self.time(3) + .seconds(20))
        #expect(requests.map(\.to) == [Self.time(3), Self.time(3)])
        #expect(gate.fill([Self.bar(0), Self.bar(1), Self.bar(2)], of: Self.a) == nil)
        #expect(gate.pop(marketTime: Self.time(4)) == nil)
        #expect(gate.fill([], of: Self.b) == nil)
        var count = 0
        while gate.pop(marketTime: Self.time(4)) != nil { count += 1 }
        #expect(count == 3)
    }

    @Test func whatWasPassedOverDuringAnOutageIsAskedForAfterIt() {
        var gate = Self.gate([Self.a])
        #expect(gate.pop(marketTime: Self.time(7)) == nil)
        #expect(gate.next(Self.a) == Self.time(6))
        let requests = gate.requestsAfterGap(of: [Self.a], marketTime: Self.time(7))
        #expect(requests.map(\.from) == [Self.time(0)] && requests.map(\.to) == [Self.time(7)])
        _ = gate.fill((0..<7).map { Self.bar($0) }, of: Self.a)
        var count = 0
        while gate.pop(marketTime: Self.time(7)) != nil { count += 1 }
        #expect(count == 7)
    }

    /// A venue's own clock can leap, and nothing may take as long as it is wrong.
    @Test(.timeLimit(.minutes(1))) func aLeapOfTheClockCostsNothing() {
        var gate = Self.gate([Self.a, Self.b])
        let far = Timestamp(seconds: 9_000_000_000)
        #expect(gate.pop(marketTime: far) == nil)
        let next = gate.next(Self.a) ?? .epoch
        #expect(far - next <= .minutes(1) + .seconds(5) && far > next)
        #expect(gate.lastInstant == next)
        let requests = gate.requestsAfterGap(of: [Self.a], marketTime: far)
        #expect(requests.map(\.from) == [Self.time(0)], "what was passed over can still be asked for")
    }

    /// Passing over many instants at once is the same as passing over them one after the other.
    @Test(arguments: 0..<200)
    func sparseBarsComeOutTheSameHoweverTimeIsTold(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var gates = (0..<2).map { _ in
            BarGate(feeds: [(Self.a, .oneMinute), (Self.b, .fiveMinutes)], grace: .seconds(5))
        }
        for index in gates.indices {
            gates[index].start(Self.a, at: Self.time(0))
            gates[index].start(Self.b, at: Timestamp(seconds: 1_700_000_100))
        }
        var instants: [[BarGate.Instant]] = [[], []]
        var now = Self.time(0)
        while now < Self.time(300) {
            let end = now + .seconds(Int64.random(in: 1...2_000, using: &random))
            // One gate is told of each second.
            while now < end {
                now = now + .seconds(1)
                while let instant = gates[0].pop(marketTime: now) { instants[0].append(instant) }
            }
            while let instant = gates[1].pop(marketTime: now) { instants[1].append(instant) }
            let (instrument, length): (InstrumentID, Int64) = random.next() % 2 == 0 ? (Self.a, 60) : (Self.b, 300)
            let open = now.nanoseconds / 1_000_000_000 / length * length
            let bar = Bar(
                openTime: Timestamp(seconds: open), open: Price(units: 9), high: Price(units: 9), low: Price(units: 9),
                close: Price(units: 9), volume: .zero)
            for index in gates.indices { gates[index].grow(bar, of: instrument) }
        }
        #expect(instants[0] == instants[1] && instants[0].count > 3)
    }

    @Test func whatWasPassedOverIsAskedForWhenTheNextBarComes() {
        var gate = Self.gate([Self.a])
        #expect(gate.pop(marketTime: Self.time(3) + .seconds(20)) == nil)
        let request = gate.add(Self.bar(3), of: Self.a)
        #expect(request?.from == Self.time(0) && request?.to == Self.time(3))
        #expect(gate.fill([Self.bar(1)], of: Self.a) == nil)
        var closes: [Timestamp] = []
        while let instant = gate.pop(marketTime: Self.time(4)) { closes.append(instant.close) }
        #expect(closes == [Self.time(2), Self.time(4)])
        #expect(gate.add(Self.bar(4), of: Self.a) == nil, "what the venue does not have is asked for once")
    }

    @Test func aBarThatIsLateIsShownWhereNothingWasShownSince() {
        var gate = Self.gate([Self.a])
        #expect(gate.pop(marketTime: Self.time(1) + .seconds(9)) == nil)
        #expect(gate.add(Self.bar(0), of: Self.a) == nil)
        #expect(gate.pop(marketTime: Self.time(1) + .seconds(9))?.close == Self.time(1))
        #expect(gate.lateCount == 0)
    }

    @Test func oneVenueThatIsBackAsksNothingOfAnother() {
        var gate = Self.gate([Self.a, Self.b])
        let requests = gate.requestsAfterGap(of: [Self.a], marketTime: Self.time(1))
        #expect(requests.map(\.instrument) == [Self.a])
        _ = gate.fill([Self.bar(0)], of: Self.a)
        #expect(
            gate.pop(marketTime: Self.time(1) + .seconds(5))?.missing == [Self.b], "the other's answer is not awaited")
    }

    /// Whatever the order of arrival, each bar comes out once, in order, and with all others of its time.
    @Test(arguments: 0..<200)
    func anyOrderOfArrivalGivesTheSameInstants(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var gate = Self.gate([Self.a, Self.b])
        var arrivals: [(InstrumentID, Int64)] = []
        for index in Int64(0)..<40 { arrivals += [(Self.a, index), (Self.b, index)] }
        // Neighbours change places, and some are repeated.
        for place in arrivals.indices.dropLast(3) where random.next() % 3 == 0 {
            arrivals.swapAt(place, place + Int(random.next() % 3))
        }
        for place in (0..<20).map({ $0 * 3 }) where random.next() % 2 == 0 {
            arrivals.insert(arrivals[place], at: place)
        }
        var instants: [BarGate.Instant] = []
        var asked: [BarGate.Request] = []
        for (instrument, index) in arrivals {
            if let request = gate.add(Self.bar(index), of: instrument) { asked.append(request) }
            while let instant = gate.pop(marketTime: Self.time(0)) { instants.append(instant) }
            while let request = asked.popLast() {
                let first = (request.from.nanoseconds - Self.time(0).nanoseconds) / Self.minute.nanoseconds
                let last = (request.to.nanoseconds - Self.time(0).nanoseconds) / Self.minute.nanoseconds
                if let next = gate.fill((first..<last).map { Self.bar($0) }, of: request.instrument) {
                    asked.append(next)
                }
            }
        }
        while let instant = gate.pop(marketTime: Self.time(0)) { instants.append(instant) }
        #expect(instants.map(\.close) == (1...40).map { Self.time($0) })
        #expect(instants.allSatisfy { $0.bars.map(\.instrument) == [Self.a, Self.b] })
    }
}
