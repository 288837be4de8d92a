// SPDX-License-Identifier: Apache-2.0

import Glibc
import Locking
import Networking
import Strategies
import Testing
import Trading
import VenueInterface

@testable import Commands
@testable import Live

@Suite("Threads for the work that strategies give away")
struct BackgroundThreadsTests {
    private static func job(_ number: UInt64, _ work: @escaping @Sendable () -> any Sendable) -> BackgroundJob {
        BackgroundJob(id: BackgroundTaskID(number: number), strategy: 0, work: work)
    }

    /// Serves the loop until there are as many results, at most ten seconds.
    private static func results(_ count: Int, _ threads: BackgroundThreads, _ loop: EventLoop) -> [UInt64: Int] {
        var found: [UInt64: Int] = [:]
        let end = EventLoop.now.monotonic + .seconds(10)
        while found.count < count, EventLoop.now.monotonic < end {
            _ = loop.schedule(at: EventLoop.now.monotonic + .milliseconds(20)) {}
            loop.runOnce()
            for result in threads.takeResults() { found[result.task.number] = result.value as? Int }
        }
        return found
    }

    @Test("everything is computed on other threads, and what never ends holds nothing else up")
    func results() throws {
        let loop = try EventLoop()
        let raised = Locked(0)
        let threads = BackgroundThreads(signal: loop.makeSignal { raised.withLock { $0 += 1 } })
        let own = pthread_self()
        let isOver = Locked(false)
        #expect(
            threads.compute(
                Self.job(1) {
                    while !isOver.withLock({ $0 }) { usleep(1000) }
                    return -1
                }))
        for round in 0..<50 {
            let first = UInt64(round * 3 + 2)
            for number in first..<first + 3 {
                let isDone = threads.compute(
                    Self.job(number) { pthread_equal(own, pthread_self()) != 0 ? 0 : Int(number) * 2 })
                #expect(isDone)
            }
            let found = Self.results(3, threads, loop)
            #expect(found == [first: Int(first) * 2, first + 1: Int(first) * 2 + 2, first + 2: Int(first) * 2 + 4])
        }
        #expect(raised.withLock { $0 } > 0)
        isOver.withLock { $0 = true }
        #expect(Self.results(1, threads, loop) == [1: -1])
    }
}

@Suite("The note that a trap leaves")
struct CrashNoteTests {
    @Test("it says which strategy it was, and at which record of the journal where one was played back")
    func reading() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "a", count: 200)
        _ = try folder.write(
            "0\tbreakout BTC\n712\tcross\n712\tcross\n5\t\(long.prefix(127))\n9\tgone\nnonsense\n\t\n-1\tcross\n",
            as: "stopped-by")
        let note = CrashNote(folder: folder.path)
        #expect(
            note.traps(["cross", "breakout BTC", long]) == [
                StrategyTrap(strategy: 0, sequence: 712), StrategyTrap(strategy: 2, sequence: 5),
            ])
    }

    @Test("a journal that contradicts it is refused in words, and the note is gone")
    func refusal() throws {
        let folder = try TemporaryFolder()
        let difference = Replay.Difference(sequence: 720, what: "recorded order 3, decided now nothing")
        #expect(CrashNote(folder: folder.path).refusal(difference) == nil, "nothing is noted")
        let path = try folder.write("0\tcross\n", as: "stopped-by")
        #expect(CrashNote(folder: folder.path).refusal(difference) == nil, "it was not played back")
        #expect(access(path, F_OK) == 0)
        _ = try folder.write("712\tcross\n", as: "stopped-by")
        let refusal = try #require(CrashNote(folder: folder.path).refusal(difference))
        #expect(refusal.message.contains("'cross'") && refusal.message.contains("record 712"))
        #expect(refusal.message.contains("record 720"))
        #expect(access(path, F_OK) != 0)
    }
}
