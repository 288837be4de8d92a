// SPDX-License-Identifier: Apache-2.0

import Glibc
import Networking
import TestSupport
import Testing
import Trading
import VenueInterface

@Suite struct EventLoopTests {
    private func spin(_ loop: EventLoop, until condition: () -> Bool) {
        var isLate = false
        let timer = loop.schedule(at: EventLoop.now.monotonic + .seconds(10)) { isLate = true }
        while !condition() && !isLate { loop.runOnce() }
        loop.cancel(timer)
        #expect(!isLate)
    }

    @Test("Timers come in the order of their times, whatever the order they were set in", arguments: UInt64(0)..<20)
    func timers(seed: UInt64) throws {
        let loop = try EventLoop()
        var random = SeededRandom(seed: seed)
        let start = EventLoop.now.monotonic + .milliseconds(2)
        var served: [Int64] = []
        var expected: [Int64] = []
        for _ in 0..<200 {
            let delay = Int64.random(in: 0..<3_000_000, using: &random)
            let timer = loop.schedule(at: start + TimeSpan(nanoseconds: delay)) { served.append(delay) }
            if Bool.random(using: &random) { loop.cancel(timer) } else { expected.append(delay) }
        }
        spin(loop) { served.count == expected.count }
        #expect(served == expected.sorted())
    }

    @Test func aTimerIsNeverEarly() throws {
        let loop = try EventLoop()
        for delay in [0, 1, 10_000, 1_000_000, 5_000_000] as [Int64] {
            let due = EventLoop.now.monotonic + TimeSpan(nanoseconds: delay)
            var at: TimeSpan?
            loop.schedule(at: due) { at = EventLoop.now.monotonic }
            spin(loop) { at != nil }
            #expect(at.map { $0 >= due } == true)
        }
    }

    @Test func aTimerThatAnotherTakesBackIsNotServed() throws {
        let loop = try EventLoop()
        let due = EventLoop.now.monotonic + .milliseconds(1)
        var served: [String] = []
        var second: LoopTimer?
        loop.schedule(at: due) {
            served.append("first")
            if let second { loop.cancel(second) }
        }
        second = loop.schedule(at: due) { served.append("second") }
        loop.schedule(at: due) { served.append("third") }
        spin(loop) { served.count == 2 }
        #expect(served == ["first", "third"])
    }

    @Test("Waiting costs no processor time")
    func idle() throws {
        let loop = try EventLoop()
        func processorTime() -> Int64 {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
        var turns = 0
        var isOver = false
        loop.schedule(at: EventLoop.now.monotonic + .milliseconds(300)) { isOver = true }
        let before = processorTime()
        while !isOver {
            loop.runOnce()
            turns += 1
        }
        #expect(turns < 20, "it woke up \(turns) times for one timer")
        #expect(processorTime() - before < 30_000_000)
    }

    @Test func anotherThreadWakesIt() throws {
        let loop = try EventLoop()
        var served = 0
        let signal = loop.makeSignal { served += 1 }
        let threads = (0..<4).map { _ in
            Thread {
                for _ in 0..<1000 { signal.raise() }
            }
        }
        for thread in threads { thread.join() }
        spin(loop) { served > 0 }
        #expect(served == 1, "signals that come together are served once")
        let later = Thread {
            usleep(20_000)
            signal.raise()
        }
        spin(loop) { served == 2 }
        later.join()
    }

    @Test func aDescriptorIsServedUntilItIsLetGo() throws {
        let loop = try EventLoop()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var read = 0
        let (output, input) = (ends[0], ends[1])
        try loop.watch(output, for: .readable) { readiness in
            #expect(readiness == .readable)
            var byte: UInt8 = 0
            read += Glibc.read(output, &byte, 1)
            if read == 3 { loop.unwatch(output) }
        }
        #expect(write(input, "abcd", 4) == 4)
        spin(loop) { read == 3 }
        var isOver = false
        loop.schedule(at: EventLoop.now.monotonic + .milliseconds(5)) { isOver = true }
        spin(loop) { isOver }
        #expect(read == 3)
    }

    @Test func workThatIsPutOffComesInOrderAndBeforeSleeping() throws {
        let loop = try EventLoop()
        var served: [Int] = []
        loop.soon {
            served.append(1)
            loop.soon {
                served.append(3)
                loop.stop()
            }
        }
        loop.soon { served.append(2) }
        let start = EventLoop.now.monotonic
        loop.run()
        #expect(served == [1, 2, 3])
        #expect(EventLoop.now.monotonic < start + .seconds(5))
    }

    @Test("How long a wake-up takes")
    func latency() throws {
        let loop = try EventLoop()
        var delays: [Int64] = []
        for _ in 0..<200 {
            let due = EventLoop.now.monotonic + TimeSpan(nanoseconds: 500_000)
            var isServed = false
            loop.schedule(at: due) {
                delays.append(EventLoop.now.monotonic.nanoseconds - due.nanoseconds)
                isServed = true
            }
            spin(loop) { isServed }
        }
        delays.sort()
        print("timer lateness: median \(delays[100] / 1000) µs, 90th percentile \(delays[180] / 1000) µs")
        #expect(delays[100] < 20_000_000)
    }
}
