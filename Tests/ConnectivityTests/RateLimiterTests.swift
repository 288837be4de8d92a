// SPDX-License-Identifier: Apache-2.0

import Connectivity
import TestSupport
import Testing
import Trading

@Suite struct RateLimiterTests {
    private func drain(_ limiter: inout RateLimiter, at now: TimeSpan) -> [UInt64] {
        var tokens: [UInt64] = []
        while let token = limiter.next(at: now) { tokens.append(token) }
        return tokens
    }

    @Test func importantRequestsGoFirst() throws {
        var limiter = RateLimiter(limit: 100)
        for (token, priority) in [(1, RateLimiter.Priority.market), (2, .account), (3, .order), (4, .cancel)] {
            try limiter.enqueue(UInt64(token), weight: 1, priority: priority, expires: .seconds(9))
        }
        #expect(drain(&limiter, at: .zero) == [4, 3, 2, 1])
    }

    @Test("As the limit nears, what is left is kept for the more important")
    func reserve() throws {
        var limiter = RateLimiter(limit: 100, shares: [100, 95, 85, 60])
        for token in 0..<100 { try limiter.enqueue(UInt64(token), weight: 1, priority: .market, expires: .hours(1)) }
        #expect(drain(&limiter, at: .zero).count == 60)
        for token in 100..<200 { try limiter.enqueue(UInt64(token), weight: 1, priority: .account, expires: .hours(1)) }
        #expect(drain(&limiter, at: .zero).count == 25)
        for token in 200..<300 { try limiter.enqueue(UInt64(token), weight: 1, priority: .order, expires: .hours(1)) }
        #expect(drain(&limiter, at: .zero).count == 10)
        for token in 300..<400 { try limiter.enqueue(UInt64(token), weight: 1, priority: .cancel, expires: .hours(1)) }
        #expect(drain(&limiter, at: .zero) == Array(300..<305))
        #expect(limiter.used == 100)
    }

    @Test func whatWasUsedBeforeCountsForTheRestOfItsMinute() throws {
        var limiter = RateLimiter(limit: 100, shares: [100, 95, 85, 60])
        limiter.charge(50, at: .seconds(-20))
        limiter.charge(400, at: .seconds(10))
        #expect(limiter.used == 150, "never more than all of it at once")
        try limiter.enqueue(1, weight: 1, priority: .cancel, expires: .hours(1))
        #expect(drain(&limiter, at: .seconds(11)) == [])
        let wake = try #require(limiter.nextWake(at: .seconds(11)))
        #expect(wake >= .seconds(70) && wake <= .milliseconds(70_100))
        #expect(drain(&limiter, at: wake) == [1])
    }

    @Test func lowPriorityWaitsForHigh() throws {
        var limiter = RateLimiter(limit: 100)
        try limiter.enqueue(1, weight: 90, priority: .order, expires: .hours(1))
        #expect(drain(&limiter, at: .zero) == [1])
        try limiter.enqueue(2, weight: 1, priority: .market, expires: .hours(1))
        try limiter.enqueue(3, weight: 50, priority: .order, expires: .hours(1))
        limiter.settle(1, at: .zero)
        #expect(drain(&limiter, at: .seconds(30)) == [])
        let wake = try #require(limiter.nextWake(at: .seconds(30)))
        #expect(wake >= .seconds(60) && wake <= .milliseconds(60_100))
        #expect(drain(&limiter, at: wake) == [3, 2])
    }

    @Test("What the answer did not cost is given back")
    func settlement() throws {
        var limiter = RateLimiter(limit: 200)
        try limiter.enqueue(1, weight: 104, priority: .market, expires: .hours(1))
        try limiter.enqueue(2, weight: 104, priority: .market, expires: .hours(1))
        #expect(drain(&limiter, at: .zero) == [1])
        limiter.settle(1, weight: 10, at: .seconds(1))
        #expect(limiter.used == 10)
        #expect(drain(&limiter, at: .seconds(1)) == [2])
        limiter.settle(2, weight: 900, at: .seconds(1))
        #expect(limiter.used == 114)
    }

    @Test func tooHeavyAndTooMany() {
        var limiter = RateLimiter(limit: 100, queueLimit: 2)
        #expect(throws: RateLimiter.Refusal.tooHeavy(weight: 61, most: 60)) {
            try limiter.enqueue(1, weight: 61, priority: .market, expires: .hours(1))
        }
        #expect(throws: Never.self) { try limiter.enqueue(2, weight: 1, priority: .market, expires: .hours(1)) }
        #expect(throws: Never.self) { try limiter.enqueue(3, weight: 1, priority: .market, expires: .hours(1)) }
        #expect(throws: RateLimiter.Refusal.queueFull(limit: 2)) {
            try limiter.enqueue(4, weight: 1, priority: .market, expires: .hours(1))
        }
        #expect(throws: Never.self) { try limiter.enqueue(5, weight: 1, priority: .cancel, expires: .hours(1)) }
    }

    @Test func expiryAndWithdrawal() throws {
        var limiter = RateLimiter(limit: 10)
        limiter.refused(retryAfter: .seconds(30), at: .zero)
        try limiter.enqueue(1, weight: 1, priority: .order, expires: .seconds(5))
        try limiter.enqueue(2, weight: 1, priority: .order, expires: .seconds(50))
        try limiter.enqueue(3, weight: 1, priority: .order, expires: .seconds(50))
        #expect(limiter.nextWake(at: .zero) == .seconds(5))
        #expect(limiter.takeExpired(at: .seconds(5)) == [1])
        #expect([limiter.withdraw(3), limiter.withdraw(3)] == [true, false])
        #expect(limiter.nextWake(at: .seconds(5)) == .seconds(30))
        #expect(drain(&limiter, at: .seconds(29)) == [])
        #expect(drain(&limiter, at: .seconds(30)) == [2])
    }

    @Test("Refused without a hint, it waits longer each time, and little again once accepted")
    func growingPause() {
        var limiter = RateLimiter(limit: 10, seed: 4)
        func pause(at now: TimeSpan) -> TimeSpan {
            var copy = limiter
            #expect(throws: Never.self) { try copy.enqueue(1, weight: 1, priority: .cancel, expires: .hours(99)) }
            return copy.nextWake(at: now).map { TimeSpan(nanoseconds: $0.nanoseconds - now.nanoseconds) } ?? .zero
        }
        var longest = TimeSpan.zero
        for round in 0..<12 {
            let now = TimeSpan.hours(Int64(round))
            limiter.refused(retryAfter: nil, at: now)
            #expect(pause(at: now) >= .seconds(1) && pause(at: now) <= .seconds(60))
            longest = max(longest, pause(at: now))
        }
        #expect(longest > .seconds(10))
        limiter.accepted()
        limiter.refused(retryAfter: nil, at: .hours(20))
        #expect(pause(at: .hours(20)) <= .seconds(2))
        limiter.refused(retryAfter: TimeSpan(nanoseconds: .max), at: .hours(21))
        #expect(pause(at: .hours(21)) == .hours(1))
    }

    @Test func requestsWithoutAnswerAreLimited() throws {
        var limiter = RateLimiter(limit: 1_000, inFlightLimit: 3)
        for token in 0..<10 { try limiter.enqueue(UInt64(token), weight: 1, priority: .order, expires: .hours(1)) }
        #expect(drain(&limiter, at: .zero) == [0, 1, 2])
        #expect(limiter.nextWake(at: .zero) == .hours(1))
        limiter.settle(1, at: .seconds(1))
        #expect(drain(&limiter, at: .seconds(1)) == [3])
    }

    /// PRP 30. The venue counts a request at some time between its sending and its answer, with what it really weighs;
    /// whatever is asked, no window of a minute that it looks at holds more than the limit.
    @Test("Never more requests than the limit in any window", arguments: UInt64(0)..<150)
    func limitHoldsInEveryWindow(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limit = [20, 120, 1_200].randomElement(using: &random)!
        var limiter = RateLimiter(limit: limit, queueLimit: 64, seed: seed)
        var weights: [UInt64: Int] = [:]
        var counted: [(time: Int64, weight: Int)] = []
        var answers: [(time: Int64, token: UInt64, weight: Int)] = []
        var now: Int64 = .random(in: 0...1_000_000_000_000, using: &random)
        var token: UInt64 = 0
        var released = 0
        for _ in 0..<600 {
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                token += 1
                let priority = RateLimiter.Priority.allCases.randomElement(using: &random)!
                let most = Int.random(in: 0...max(1, limit / 8), using: &random)
                weights[token] = most
                try? limiter.enqueue(
                    token, weight: most, priority: priority,
                    expires: TimeSpan(nanoseconds: now + .random(in: 1...90_000_000_000, using: &random)))
            }
            _ = limiter.takeExpired(at: TimeSpan(nanoseconds: now))
            for answer in answers where answer.time <= now {
                limiter.settle(answer.token, weight: answer.weight, at: TimeSpan(nanoseconds: now))
            }
            answers.removeAll { $0.time <= now }
            if Int.random(in: 0..<60, using: &random) == 0 {
                let hint: TimeSpan? = Bool.random(using: &random) ? .seconds(3) : nil
                limiter.refused(retryAfter: hint, at: TimeSpan(nanoseconds: now))
            }
            while let next = limiter.next(at: TimeSpan(nanoseconds: now)) {
                released += 1
                let most = try #require(weights[next])
                let weight = Int.random(in: 0...most, using: &random)
                let latency = Int64.random(in: 0...15_000_000_000, using: &random)
                counted.append((now + .random(in: 0...latency, using: &random), weight))
                answers.append((now + latency, next, weight))
            }
            // Sometimes exactly when it asks to be woken: the tightest it can be.
            if Bool.random(using: &random), let wake = limiter.nextWake(at: TimeSpan(nanoseconds: now)) {
                now = max(now, min(wake.nanoseconds, answers.map(\.time).min() ?? .max))
            } else {
                now += .random(in: 0...3_000_000_000, using: &random)
            }
        }
        #expect(released > 40)
        counted.sort { $0.time < $1.time }
        for first in counted.indices {
            var sum = 0
            for entry in counted[first...] {
                guard entry.time - counted[first].time <= 60_000_000_000 else { break }
                sum += entry.weight
            }
            #expect(sum <= limit, "seed \(seed): \(sum) in the minute from \(counted[first].time)")
        }
    }

    @Test("Nothing waits for ever: what fits is let out when the limiter says", arguments: UInt64(0)..<50)
    func everythingIsLetOut(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var limiter = RateLimiter(limit: 60, seed: seed)
        for token in 0..<200 {
            try limiter.enqueue(
                UInt64(token), weight: .random(in: 1...30, using: &random),
                priority: RateLimiter.Priority.allCases.randomElement(using: &random)!, expires: .hours(900))
        }
        var now = TimeSpan.zero
        var count = 0
        while count < 200 {
            while let token = limiter.next(at: now) {
                count += 1
                limiter.settle(token, at: now)
            }
            guard count < 200 else { break }
            let wake = try #require(limiter.nextWake(at: now))
            #expect(wake > now)
            now = wake
            #expect(now < .hours(10))
        }
    }
}
