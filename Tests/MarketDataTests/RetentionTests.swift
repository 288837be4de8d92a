// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Testing
import Trading

@Suite struct RetentionTests {
    @Test func theLongestDeclaredLookBackCounts() {
        #expect(RetentionPolicy(declaredLookBacks: []).lookBack == .days(7))
        #expect(RetentionPolicy(declaredLookBacks: [.zero]).lookBack == .days(7))
        #expect(RetentionPolicy(declaredLookBacks: [.hours(4), .days(30), .days(2)]).lookBack == .days(30))
        #expect(RetentionPolicy(declaredLookBacks: [.hours(4)]).lookBack == .hours(4))
        #expect(RetentionPolicy(declaredLookBacks: [TimeSpan(nanoseconds: .max)]).lookBack == .days(3650))
    }

    @Test func aLookBackIsAsManyBarsAsItTouchesBesidesTheLast() {
        let week = RetentionPolicy(declaredLookBacks: [])
        #expect(week.bars(of: .oneMinute) == 7 * 1440 + 1)
        #expect(week.bars(of: .oneDay) == 8)
        #expect(RetentionPolicy(declaredLookBacks: [.minutes(90)]).bars(of: .oneHour) == 3)
        #expect(RetentionPolicy(declaredLookBacks: [.seconds(1)]).bars(of: .oneHour) == 2)
    }

    @Test func oldBarsAreDroppedEachSixHours() {
        let week = RetentionPolicy(declaredLookBacks: [])
        #expect(week.barsBetweenPrunes(of: .oneMinute) == 360)
        #expect(week.barsBetweenPrunes(of: .oneHour) == 6)
        #expect(week.barsBetweenPrunes(of: .oneDay) == 1)
    }
}

@Suite struct CacheAgeTests {
    @Test(
        arguments: [
            (30, 15_000), (60, 30_000), (300, 48_305), (900, 94_067), (1800, 162_711), (3600, 300_000),
            (86_400, 300_000),
        ] as [(Int64, Int64)])
    func ageByTimeframe(seconds: Int64, milliseconds: Int64) throws {
        let timeframe = try #require(Timeframe(seconds: seconds))
        #expect(CacheAge.maximum(for: timeframe).nanoseconds / 1_000_000 == milliseconds)
    }

    @Test func freshness() {
        let fetched = Timestamp(seconds: 1_000)
        #expect(CacheAge.isFresh(fetched: fetched, now: fetched + .seconds(29), timeframe: .oneMinute))
        #expect(!CacheAge.isFresh(fetched: fetched, now: fetched + .seconds(30), timeframe: .oneMinute))
        #expect(!CacheAge.isFresh(fetched: fetched, now: fetched - .seconds(1), timeframe: .oneMinute))
        #expect(!CacheAge.isFresh(fetched: .distantPast, now: .distantFuture, timeframe: .oneMinute))
    }
}

@Suite struct MissingRangesTests {
    private func ranges(
        _ wanted: Range<Int64>, held: [Int64], absent: [Range<Int64>] = [], now: Int64 = 1_000, joining: Int64 = 0
    ) -> [Range<Int64>] {
        let stamps = held.map { $0 * 60_000_000_000 }
        let minutes: (Range<Int64>) -> Range<Timestamp> = {
            Timestamp(seconds: $0.lowerBound * 60)..<Timestamp(seconds: $0.upperBound * 60)
        }
        return stamps.withUnsafeBufferPointer {
            MissingRanges.ranges(
                wanted: minutes(wanted), timeframe: .oneMinute, held: $0, absent: absent.map(minutes),
                now: Timestamp(seconds: now * 60), joiningGapsOf: joining)
        }.map { $0.lowerBound.nanoseconds / 60_000_000_000..<$0.upperBound.nanoseconds / 60_000_000_000 }
    }

    @Test func byHand() {
        #expect(ranges(0..<10, held: []) == [0..<10])
        #expect(ranges(0..<10, held: [3, 4, 7]) == [0..<3, 5..<7, 8..<10])
        #expect(ranges(2..<6, held: [0, 1, 2, 3, 4, 5, 6]) == [])
        #expect(ranges(0..<10, held: [3, 4, 7], now: 6) == [0..<3, 5..<6])
        #expect(ranges(0..<10, held: [3, 4, 7], joining: 1) == [0..<3, 5..<10])
        #expect(ranges(0..<10, held: [], absent: [2..<4]) == [0..<2, 4..<10])
        #expect(ranges(5..<5, held: []) == [])
    }

    @Test func everythingUpToNow() {
        let result = [Int64]().withUnsafeBufferPointer {
            MissingRanges.ranges(
                wanted: .distantPast ..< .distantFuture, timeframe: .oneHour, held: $0, now: Timestamp(seconds: 8_000))
        }
        #expect(result == [.epoch..<Timestamp(seconds: 7_200)])
    }

    @Test func anUpperBoundInsideABarAsksForIt() {
        let result = [Int64]().withUnsafeBufferPointer {
            MissingRanges.ranges(
                wanted: Timestamp(seconds: 3_700)..<Timestamp(seconds: 7_300), timeframe: .oneHour, held: $0,
                now: Timestamp(seconds: 20_000))
        }
        #expect(result == [Timestamp(seconds: 3_600)..<Timestamp(seconds: 10_800)])
    }

    @Test("Every range is on the grid and holds exactly what is missing", arguments: UInt64(0)..<100)
    func equalsSets(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let start = Int64.random(in: 0...50, using: &random)
        let wanted = start..<start + Int64.random(in: 0...50, using: &random)
        let held = (Int64(0)..<100).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        let absent = (0..<3).map { _ -> Range<Int64> in
            let low = Int64.random(in: 0..<100, using: &random)
            return low..<low + Int64.random(in: 0...9, using: &random)
        }
        let now = Int64.random(in: 0...110, using: &random)
        let result = ranges(wanted, held: held, absent: absent, now: now)
        let expected = Set(wanted).filter { time in
            time < now && !held.contains(time) && !absent.contains { $0.contains(time) }
        }
        #expect(Set(result.flatMap { Array($0) }) == expected)
        #expect(result.allSatisfy { !$0.isEmpty })
        #expect(zip(result, result.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    }
}
