// SPDX-License-Identifier: Apache-2.0

public import Strategies
public import Trading

/// How much strategies may have computed beside the engine, and for how long.
public struct BackgroundLimits: Hashable, Sendable {
    /// Pieces of work of one strategy at a time, those among them that were given up and never came back: each of them
    /// holds a thread.
    public var atOnce: Int
    /// Work is given up after the latency that it was declared with, but not before and not after these, in time that
    /// passed on this machine.
    public var shortest: TimeSpan
    public var longest: TimeSpan

    public init(atOnce: Int = 4, shortest: TimeSpan = .seconds(1), longest: TimeSpan = .seconds(10)) {
        precondition(atOnce > 0, "nothing could ever be computed")
        precondition(shortest > .zero && shortest <= longest, "work takes time")
        self.atOnce = atOnce
        self.shortest = shortest
        self.longest = longest
    }
}

/// Work that a shell is to compute on another thread; `SessionInput.computed` hands over its result.
public struct BackgroundJob: Sendable {
    public let id: BackgroundTaskID
    /// The number of the strategy whose code it is.
    public let strategy: Int
    public let work: @Sendable () -> any Sendable
}

/// The watchdog: what is being computed beside the engine, since when, and what never came back. Pure.
///
/// Work is judged when its result counts, and not before: it is finished; or it had its time and did not finish, then it
/// has stalled; or its time is not over, then that instant waits. The last is rare: it takes a market that is caught up
/// with, or one that is simulated faster than life.
struct BackgroundWatch: Sendable {
    private enum Progress: Sendable {
        /// Until the strategy has less at work.
        case waiting
        case running(until: TimeSpan)
        case finished(any Sendable)
        case stalled
    }

    private struct Entry: Sendable {
        let task: BackgroundTask
        var progress = Progress.waiting
    }

    /// What there is to do about the work whose results count at an instant.
    enum Settlement: Sendable {
        case settled([(task: BackgroundTaskID, outcome: BackgroundOutcome)])
        case notYet(until: TimeSpan)
    }

    /// What is worth telling.
    enum Event: Hashable, Sendable {
        case stalled(BackgroundTaskID, strategy: Int, after: TimeSpan)
        /// It was never begun: too much of the strategy's work never came back.
        case refused(BackgroundTaskID, strategy: Int)
        /// All that the strategy may have at once is lost.
        case exhausted(strategy: Int)
        /// Work that was given up came back after all.
        case cameBack(BackgroundTaskID, strategy: Int)
    }

    let limits: BackgroundLimits
    private var entries: [Entry] = []
    /// Given up, and still holding a thread.
    private var lost: [(task: BackgroundTaskID, strategy: Int)] = []
    /// The number of the newest work that it was told of.
    private(set) var known: UInt64 = 0
    private var events: [Event] = []

    init(_ limits: BackgroundLimits) { self.limits = limits }

    var isEmpty: Bool { entries.isEmpty }
    func lostCount(of strategy: Int) -> Int { lost.count { $0.strategy == strategy } }

    mutating func takeEvents() -> [Event] {
        defer { events.removeAll() }
        return events
    }

    /// Takes note of what strategies gave away, oldest first. What a journal says of it already is settled.
    mutating func add(_ tasks: [BackgroundTask]) {
        for task in tasks where task.id.number > known {
            known = task.id.number
            guard task.outcome == nil else { continue }
            entries.append(Entry(task: task))
        }
    }

    /// What is to be computed from now on.
    ///
    /// - Parameter off: By strategy, whether it is switched off.
    mutating func handOut(at now: TimeSpan, off: [Bool]) -> [BackgroundJob] {
        var jobs: [BackgroundJob] = []
        for index in entries.indices {
            let task = entries[index].task
            guard case .waiting = entries[index].progress, !off[task.strategy], hasRoom(task.strategy) else {
                continue
            }
            entries[index].progress = .running(until: now + allowance(task))
            jobs.append(BackgroundJob(id: task.id, strategy: task.strategy, work: task.work))
        }
        return jobs
    }

    private func allowance(_ task: BackgroundTask) -> TimeSpan {
        min(max(task.latency, limits.shortest), limits.longest)
    }

    private func hasRoom(_ strategy: Int) -> Bool {
        let running = entries.count {
            if case .running = $0.progress { $0.task.strategy == strategy } else { false }
        }
        return running + lostCount(of: strategy) < limits.atOnce
    }

    /// A shell has the result of a piece of work.
    mutating func computed(_ id: BackgroundTaskID, _ result: any Sendable) {
        if let index = lost.firstIndex(where: { $0.task == id }) {
            events.append(.cameBack(id, strategy: lost[index].strategy))
            lost.remove(at: index)
        } else if let index = entries.firstIndex(where: { $0.task.id == id }),
            case .running = entries[index].progress
        {
            entries[index].progress = .finished(result)
        }
    }

    /// Says what came of everything whose result counts at an instant, and forgets it; `nil` for what is not known yet.
    mutating func settle(upTo close: Timestamp, at now: TimeSpan, off: [Bool]) -> Settlement {
        var wait: TimeSpan?
        for index in entries.indices where entries[index].task.dueAt <= close {
            let task = entries[index].task
            // Nobody is told, so nobody waits.
            if off[task.strategy] {
                if case .running = entries[index].progress { giveUp(task) }
                entries[index].progress = .stalled
                continue
            }
            guard case .running(let until) = entries[index].progress else { continue }
            if until > now {
                wait = min(wait ?? until, until)
            } else {
                giveUp(task)
                entries[index].progress = .stalled
                events.append(.stalled(task.id, strategy: task.strategy, after: allowance(task)))
                if lostCount(of: task.strategy) == limits.atOnce { events.append(.exhausted(strategy: task.strategy)) }
            }
        }
        for index in entries.indices where entries[index].task.dueAt <= close {
            guard case .waiting = entries[index].progress else { continue }
            let task = entries[index].task
            // What has become free is for it; what is being computed, in its time, becomes free.
            if hasRoom(task.strategy) {
                wait = now
            } else if let end = nextEnd(of: task.strategy, after: now) {
                wait = min(wait ?? end, end)
            } else {
                entries[index].progress = .stalled
                events.append(.refused(task.id, strategy: task.strategy))
            }
        }
        if let wait { return .notYet(until: wait) }
        var outcomes: [(task: BackgroundTaskID, outcome: BackgroundOutcome)] = []
        for entry in entries where entry.task.dueAt <= close && !off[entry.task.strategy] {
            switch entry.progress {
            case .finished(let result): outcomes.append((entry.task.id, .finished(result)))
            case .stalled: outcomes.append((entry.task.id, .stalled))
            case .waiting, .running: preconditionFailure("nothing that counts now is still awaited")
            }
        }
        entries.removeAll { $0.task.dueAt <= close }
        return .settled(outcomes)
    }

    private mutating func giveUp(_ task: BackgroundTask) { lost.append((task.id, task.strategy)) }

    /// When the first of a strategy's work that has time left is through.
    private func nextEnd(of strategy: Int, after now: TimeSpan) -> TimeSpan? {
        entries.compactMap { entry in
            if case .running(let until) = entry.progress, entry.task.strategy == strategy, until > now {
                until
            } else {
                nil
            }
        }.min()
    }
}
