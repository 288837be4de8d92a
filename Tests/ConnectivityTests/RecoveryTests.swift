// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Testing
import Trading

@Suite struct BackoffTests {
    @Test("Waits lie between the bounds, grow, and are the same for the same seed", arguments: UInt64(0)..<50)
    func bounds(seed: UInt64) {
        var backoff = Backoff(minimum: .milliseconds(250), maximum: .seconds(30))
        var jitter = Jitter(seed: seed)
        var ceiling = TimeSpan.milliseconds(500)
        var waits: [TimeSpan] = []
        for _ in 0..<40 {
            let wait = backoff.failed(at: .zero, using: &jitter)
            #expect(wait >= .milliseconds(250) && wait <= ceiling)
            ceiling = min(ceiling * 2, .seconds(30))
            waits.append(wait)
        }
        #expect(waits.max()! > .seconds(15), "a random wait reaches the upper half in 40 tries")
        var again = Backoff(minimum: .milliseconds(250), maximum: .seconds(30))
        var sameJitter = Jitter(seed: seed)
        #expect(waits == (0..<40).map { _ in again.failed(at: .zero, using: &sameJitter) })
    }

    @Test("Only a long enough time of health makes the waits small again")
    func healing() {
        var backoff = Backoff(healthyAfter: .seconds(60))
        var jitter = Jitter(seed: 1)
        for second in 0..<20 {
            backoff.recovered(at: .seconds(Int64(second * 60)))
            _ = backoff.failed(at: .seconds(Int64(second * 60 + 59)), using: &jitter)
        }
        #expect(backoff.failures == 20)
        backoff.recovered(at: .seconds(2_000))
        backoff.recovered(at: .seconds(2_030))
        #expect(backoff.failed(at: .seconds(2_060), using: &jitter) <= .milliseconds(500))
        #expect(backoff.failures == 1)
    }

    @Test func retriesEnd() {
        var jitter = Jitter(seed: 3)
        let policy = RetryPolicy()
        #expect(policy.wait(afterFailures: 1, using: &jitter) != nil)
        #expect(policy.wait(afterFailures: 2, using: &jitter) != nil)
        #expect(policy.wait(afterFailures: 3, using: &jitter) == nil)
        let wide = RetryPolicy(attempts: .max, minimum: .seconds(1), maximum: TimeSpan(nanoseconds: .max))
        #expect(wide.wait(afterFailures: 1_000, using: &jitter) != nil)
    }

    @Test func jitterCoversItsRange() {
        var jitter = Jitter(seed: 9)
        let values = Set((0..<200).map { _ in jitter.span(from: .zero, to: TimeSpan(nanoseconds: 3)).nanoseconds })
        #expect(values == [0, 1, 2, 3])
        #expect(jitter.span(from: .seconds(5), to: .seconds(1)) == .seconds(5))
        for _ in 0..<50 {
            _ = jitter.span(from: TimeSpan(nanoseconds: .min), to: TimeSpan(nanoseconds: .max))
            #expect(jitter.span(from: TimeSpan(nanoseconds: -4), to: .zero) <= .zero)
        }
    }
}

@Suite struct CircuitBreakerTests {
    @Test func opensAfterFiveFailuresInARow() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { #expect(breaker.failed(at: .zero) == nil) }
        #expect(breaker.succeeded() == nil)
        for _ in 0..<4 { #expect(breaker.failed(at: .zero) == nil) }
        #expect(breaker.failed(at: .seconds(10)) == .opened)
        #expect(!breaker.isClosed)
        #expect(breaker.nextProbe == .seconds(15))
        #expect(breaker.allows(at: .milliseconds(14_999)) == false)
    }

    @Test("One probe goes; it closes the breaker, or doubles the pause up to its longest")
    func probes() {
        var breaker = CircuitBreaker(threshold: 1, pause: .seconds(5), longestPause: .seconds(12))
        #expect(breaker.failed(at: .zero) == .opened)
        #expect(breaker.allows(at: .seconds(5)) == true)
        #expect(breaker.allows(at: .seconds(6)) == false)
        #expect(breaker.failed(at: .seconds(6)) == nil)
        #expect(breaker.nextProbe == .seconds(16))
        #expect(breaker.failed(at: .seconds(7)) == nil)
        #expect(breaker.nextProbe == .seconds(16))
        #expect(breaker.allows(at: .seconds(16)) == true)
        #expect(breaker.failed(at: .seconds(16)) == nil)
        #expect(breaker.nextProbe == .seconds(28))
        #expect(breaker.allows(at: .seconds(28)) == true)
        #expect(breaker.succeeded() == .closed)
        #expect(breaker.isClosed && breaker.nextProbe == nil)
        #expect(breaker.failed(at: .seconds(30)) == .opened)
        #expect(breaker.nextProbe == .seconds(35))
    }
}

@Suite struct StreamHealthTests {
    @Test func silenceIsToldOnceAndSoIsItsEnd() {
        var health = StreamHealth()
        let book = health.add(name: "book", threshold: .seconds(10))
        let trades = health.add(name: "trades", threshold: .seconds(30))
        #expect(health.nextCheck == nil)
        #expect(health.check(at: .hours(1)) == [])
        health.start(at: .seconds(100))
        #expect(health.nextCheck == .seconds(110))
        #expect(health.heard(book, at: .seconds(105)) == nil)
        #expect(health.check(at: .seconds(114)) == [])
        #expect(health.check(at: .seconds(115)) == [.stale(name: "book", silence: .seconds(10))])
        #expect(health.check(at: .seconds(116)) == [])
        #expect(health.nextCheck == .seconds(130))
        #expect(health.check(at: .seconds(131)) == [.stale(name: "trades", silence: .seconds(31))])
        #expect(health.staleNames == ["book", "trades"])
        #expect(health.heard(trades, at: .seconds(132)) == .fresh(name: "trades"))
        #expect(health.heard(99, at: .seconds(132)) == nil)
        health.stop()
        #expect(health.check(at: .hours(9)) == [])
        #expect(health.nextCheck == nil)
    }
}
