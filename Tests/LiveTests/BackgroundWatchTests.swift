// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Live
@testable import Strategies

@Suite("The watchdog of work beside the engine")
struct BackgroundWatchTests {
    static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    static func task(
        _ number: UInt64, strategy: Int = 0, due: Int64 = 60, latency: TimeSpan = .seconds(1)
    ) -> BackgroundTask {
        BackgroundTask(
            id: BackgroundTaskID(number: number), strategy: strategy, dueAt: start + .seconds(due), latency: latency,
            work: { number })
    }

    static func watch(_ tasks: [BackgroundTask], atOnce: Int = 2) -> BackgroundWatch {
        var watch = BackgroundWatch(BackgroundLimits(atOnce: atOnce))
        watch.add(tasks)
        return watch
    }

    /// By number: `true` for a result, `false` for work that stalled; `nil` where it is waited for.
    static func settled(
        _ watch: inout BackgroundWatch, due: Int64 = 60, now: Int64, off: [Bool] = [false, false]
    ) -> [UInt64: Bool]? {
        switch watch.settle(upTo: start + .seconds(due), at: .seconds(now), off: off) {
        case .notYet: return nil
        case .settled(let outcomes):
            return Dictionary(
                uniqueKeysWithValues: outcomes.map { task, outcome in
                    if case .finished(let value) = outcome {
                        #expect(value as? UInt64 == task.number, "the result is that of the work itself")
                        return (task.number, true)
                    }
                    return (task.number, false)
                })
        }
    }

    static func numbers(_ jobs: [BackgroundJob]) -> [UInt64] { jobs.map(\.id.number) }

    @Test("work that is done counts when its time comes, and not before")
    func finished() {
        var watch = Self.watch([Self.task(1)])
        #expect(Self.numbers(watch.handOut(at: .seconds(0), off: [false])) == [1])
        #expect(watch.handOut(at: .seconds(0), off: [false]).isEmpty, "it is handed out once")
        watch.add([Self.task(1)])
        watch.computed(BackgroundTaskID(number: 1), UInt64(1))
        #expect(Self.settled(&watch, due: 59, now: 1) == [:])
        #expect(Self.settled(&watch, now: 1) == [1: true])
        #expect(watch.isEmpty)
    }

    @Test(
        "it has its latency, at least a second and at most ten, of this machine's time",
        arguments: [(TimeSpan.milliseconds(1), Int64(1)), (.seconds(4), 4), (.minutes(5), 10)])
    func allowance(latency: TimeSpan, seconds: Int64) {
        var watch = Self.watch([Self.task(1, latency: latency)])
        _ = watch.handOut(at: .seconds(100), off: [false])
        guard
            case .notYet(let until) = watch.settle(
                upTo: Self.start + .seconds(60), at: .seconds(100 + seconds - 1), off: [false])
        else {
            Issue.record("it was not waited for")
            return
        }
        #expect(until == .seconds(100 + seconds))
        #expect(Self.settled(&watch, now: 100 + seconds) == [1: false])
        #expect(
            watch.takeEvents() == [.stalled(BackgroundTaskID(number: 1), strategy: 0, after: .seconds(seconds))])
    }

    @Test("what never ends takes up its strategy's room, of nobody else's, until it does end")
    func exhausted() {
        var watch = Self.watch([Self.task(1), Self.task(2), Self.task(3), Self.task(4, strategy: 1)])
        let off = [false, false]
        #expect(Self.numbers(watch.handOut(at: .seconds(0), off: off)) == [1, 2, 4])
        watch.computed(BackgroundTaskID(number: 4), UInt64(4))
        #expect(Self.settled(&watch, now: 0) == nil)
        #expect(Self.settled(&watch, now: 1) == [1: false, 2: false, 3: false, 4: true])
        #expect(
            watch.takeEvents() == [
                .stalled(BackgroundTaskID(number: 1), strategy: 0, after: .seconds(1)),
                .stalled(BackgroundTaskID(number: 2), strategy: 0, after: .seconds(1)), .exhausted(strategy: 0),
                .refused(BackgroundTaskID(number: 3), strategy: 0),
            ])
        watch.add([Self.task(5), Self.task(6, strategy: 1)])
        #expect(Self.numbers(watch.handOut(at: .seconds(2), off: off)) == [6])
        watch.computed(BackgroundTaskID(number: 6), UInt64(6))
        #expect(Self.settled(&watch, now: 2) == [5: false, 6: true], "nobody waits for what cannot be begun")
        watch.computed(BackgroundTaskID(number: 1), UInt64(1))
        #expect(watch.takeEvents().last == .cameBack(BackgroundTaskID(number: 1), strategy: 0))
        watch.add([Self.task(7)])
        #expect(Self.numbers(watch.handOut(at: .seconds(3), off: off)) == [7], "there is room again")
    }

    @Test("more than may be computed at once is computed one after the other")
    func queue() {
        var watch = Self.watch((1...5).map { Self.task($0) })
        var found: [UInt64] = []
        for _ in 0..<5 {
            let jobs = watch.handOut(at: .seconds(0), off: [false])
            #expect(jobs.count <= 2)
            for job in jobs {
                #expect(Self.settled(&watch, now: 0) == nil)
                watch.computed(job.id, job.id.number)
                found.append(job.id.number)
            }
        }
        #expect(found == [1, 2, 3, 4, 5])
        #expect(Self.settled(&watch, now: 0) == [1: true, 2: true, 3: true, 4: true, 5: true])
    }

    @Test("what the journal says to have stalled is not computed after a restart")
    func settledBefore() {
        var task = Self.task(1)
        task.outcome = .stalled
        var watch = Self.watch([task, Self.task(2)])
        #expect(Self.numbers(watch.handOut(at: .seconds(0), off: [false])) == [2])
    }

    @Test("of a strategy that is off nothing is begun, and nobody waits for what was")
    func off() {
        var watch = Self.watch([Self.task(1), Self.task(2, strategy: 1)])
        #expect(Self.numbers(watch.handOut(at: .seconds(0), off: [true, false])) == [2])
        #expect(Self.settled(&watch, now: 0, off: [true, true]) == [:])
        #expect(watch.isEmpty && watch.lostCount(of: 1) == 1)
        #expect(watch.takeEvents().isEmpty)
    }
}
