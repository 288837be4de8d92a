// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Testing
import Trading

/// Minutes in place of times.
private func seen(_ valueTime: Int64, _ knownAt: Int64, _ value: Double) -> ExternalObservation {
    ExternalObservation(valueTime: minute(valueTime), knownAt: minute(knownAt), value: value)
}

private func minute(_ number: Int64) -> Timestamp { Timestamp(seconds: number * 60) }

/// Values of every fifth minute or so, known late, revised, out of order.
private func randomObservations(seed: UInt64, count: Int = 60) -> [ExternalObservation] {
    var random = SeededRandom(seed: seed)
    var taken: Set<[Int64]> = []
    var found: [ExternalObservation] = []
    for _ in 0..<count {
        let valueTime = Int64.random(in: 0...40, using: &random) * 5
        let knownAt = valueTime + Int64.random(in: 0...60, using: &random)
        guard taken.insert([valueTime, knownAt]).inserted else { continue }
        found.append(seen(valueTime, knownAt, Double(Int64.random(in: -9...9, using: &random))))
    }
    return found
}

/// The definition, word for word: of those known by then, the newest value time; of its revisions, the latest.
private func reference(_ all: [ExternalObservation], at now: Timestamp, maxAge: TimeSpan) -> Double? {
    let known = all.filter { $0.knownAt <= now }
    guard let newest = known.map(\.valueTime).max(), now - newest <= maxAge else { return nil }
    return known.filter { $0.valueTime == newest }.max { $0.knownAt < $1.knownAt }?.value
}

private func same(_ value: Double, _ expected: Double?) -> Bool { expected.map { value == $0 } ?? value.isNaN }

@Suite("Series from outside")
struct ExternalSeriesTests {
    @Test(
        "What holds at a time",
        arguments: [
            (9, nil), (10, 1.0), (14, 1.0), (15, 2.0), (19, 2.0), (20, 2.5), (21, 2.5), (22, nil), (29, nil), (30, 3.0),
            (31, 3.0),
            (35, 3.0), (36, nil), (1_000_000, nil),
        ] as [(Int64, Double?)])
    func holding(now: Int64, expected: Double?) throws {
        // The value of minute 5 is known at 10; that of 12 at 15, revised at 20; an old one comes late at 22; that of 26
        // at 30 and an older one's revision at 31.
        let series = try ExternalSeries([
            seen(26, 30, 3), seen(5, 10, 1), seen(12, 15, 2), seen(12, 20, 2.5), seen(7, 22, 9), seen(12, 31, 8),
        ])
        #expect(same(series.value(at: minute(now), maxAge: .minutes(9)), expected))
    }

    @Test(arguments: UInt64(0)..<200)
    func everyInstantIsAsDefined(seed: UInt64) throws {
        let all = randomObservations(seed: seed)
        let series = try ExternalSeries(all)
        var board = ExternalBoard([ExternalFeed(name: "x", maxAge: .minutes(30), series: series)])
        for now in Int64(-1)...270 {
            let expected = reference(all, at: minute(now), maxAge: .minutes(30))
            #expect(same(series.value(at: minute(now), maxAge: .minutes(30)), expected), "minute \(now)")
            board.advance(to: minute(now))
            #expect(same(board.value(0, at: minute(now)), expected), "minute \(now)")
        }
    }

    /// The past of a series is what it was, whatever comes later.
    @Test(arguments: UInt64(0)..<200)
    func theFutureChangesNoPast(seed: UInt64) throws {
        let all = randomObservations(seed: seed)
        let cut = minute(Int64(seed % 200))
        let past = all.filter { $0.knownAt <= cut }
        let other = past + randomObservations(seed: seed &+ 1000).filter { $0.knownAt > cut }
        let (one, two) = (try ExternalSeries(all), try ExternalSeries(other))
        #expect(one.known(by: cut) == two.known(by: cut))
        #expect(one.known(by: cut).observations.count == past.count)
        for now in stride(from: Int64(0), through: Int64(seed % 200), by: 1) {
            #expect(one.observation(at: minute(now)) == two.observation(at: minute(now)))
        }
    }

    /// What is told from a time on suffices for that time and all later ones.
    @Test(arguments: UInt64(0)..<200)
    func whatIsToldSuffices(seed: UInt64) throws {
        let series = try ExternalSeries(randomObservations(seed: seed))
        let from = Int64(seed % 220)
        var board = ExternalBoard([ExternalFeed(name: "x", maxAge: .minutes(30))])
        let told = series.told(from: minute(from))
        #expect(told.count <= series.observations.count)
        board.add(told.map { ExternalArrival(series: 0, $0) })
        for now in from...270 {
            board.advance(to: minute(now))
            #expect(
                same(
                    board.value(0, at: minute(now)),
                    { $0.isNaN ? nil : $0 }(series.value(at: minute(now), maxAge: .minutes(30)))))
        }
    }

    /// A file that grows, told piece by piece, leads to what the whole file says once everything is known.
    @Test(arguments: UInt64(0)..<200)
    func newsAddUpToTheWhole(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let all = randomObservations(seed: seed).shuffled(using: &random)
        var board = ExternalBoard([ExternalFeed(name: "x", maxAge: .days(1))])
        var before = ExternalSeries.empty
        var count = 0
        while count < all.count {
            count = min(all.count, count + Int.random(in: 1...9, using: &random))
            let now = try ExternalSeries(all.prefix(count))
            let news = now.news(since: before)
            #expect(news.count <= now.observations.count - before.observations.count)
            // All of them late: they count in the order in which the file says that they became known.
            board.add(
                news.map { found in
                    ExternalArrival(
                        series: 0,
                        ExternalObservation(valueTime: found.valueTime, knownAt: minute(500), value: found.value))
                })
            board.advance(to: minute(500))
            #expect(board.value(0, at: minute(500)) == now.value(at: minute(500), maxAge: .days(1)))
            before = now
        }
        #expect(before.news(since: before).isEmpty)
    }

    @Test func aValueThatWasOverwrittenIsNewsAndOneThatIsGoneIsNot() throws {
        let before = try ExternalSeries([seen(1, 2, 10), seen(3, 4, 20)])
        #expect(try ExternalSeries([seen(1, 2, 10), seen(3, 4, 21)]).news(since: before) == [seen(3, 4, 21)])
        #expect(try ExternalSeries([seen(3, 4, 20)]).news(since: before).isEmpty)
        #expect(try ExternalSeries([seen(3, 4, 20), seen(3, 3, 19)]).news(since: before).isEmpty, "superseded")
    }

    @Test(
        arguments: [
            ([seen(1, 2, .nan)], "is not a number"), ([seen(1, 2, .infinity)], "is not a number"),
            ([seen(5, 4, 1)], "before the time that it is of"),
            ([seen(1, 2, 3), seen(1, 2, 4)], "is both 3.0 and 4.0"),
        ])
    func whatCannotBeMeantIsRefused(observations: [ExternalObservation], text: String) {
        #expect {
            try ExternalSeries(observations)
        } throws: {
            "\($0)".contains(text)
        }
    }

    @Test func orderAndRepetitionMakeNoDifference() throws {
        let all = [seen(1, 2, 3), seen(1, 4, 5), seen(2, 4, 6)]
        #expect(try ExternalSeries(all.reversed() + all) == ExternalSeries(all))
    }

    @Test func aBoardBearsWhatAJournalMayHold() {
        var board = ExternalBoard([ExternalFeed(name: "x", maxAge: .minutes(1))])
        let extreme = ExternalObservation(valueTime: .distantPast, knownAt: .distantPast, value: 1)
        board.add([
            ExternalArrival(series: 7, seen(1, 1, 1)), ExternalArrival(series: -1, seen(1, 1, 1)),
            ExternalArrival(series: 0, seen(1, 1, .nan)), ExternalArrival(series: 0, extreme),
        ])
        board.advance(to: minute(1))
        #expect(board.value(0, at: minute(1)).isNaN && board.value(3, at: minute(1)).isNaN)
        #expect(board.value(-1, at: minute(1)).isNaN)
    }

    @Test func aLongSessionForgetsWhatIsKnown() {
        var board = ExternalBoard([ExternalFeed(name: "x", maxAge: .minutes(1))])
        for now in Int64(0)..<5_000 {
            board.add([ExternalArrival(series: 0, seen(now, now, Double(now)))])
            board.advance(to: minute(now))
            #expect(board.value(0, at: minute(now)) == Double(now))
        }
    }
}
