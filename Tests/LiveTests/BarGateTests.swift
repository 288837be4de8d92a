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
