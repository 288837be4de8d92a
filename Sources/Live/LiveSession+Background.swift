// SPDX-License-Identifier: Apache-2.0

import Engine
import Strategies
import Trading
import VenueInterface

// Work that strategies gave away is computed by the shell, and its results count where the engine would count them.
extension LiveSession {
    /// Asks the shell for what strategies gave away since the last time.
    mutating func giveAwayWork() {
        guard background != nil else { return }
        let tasks = newTasks
        background?.add(tasks)
        guard background?.isEmpty == false else { return }
        let jobs = background?.handOut(at: now.monotonic, off: core.engine.switchedOff) ?? []
        for job in jobs { outputs.append(.compute(job)) }
        tell()
    }

    private var newTasks: [BackgroundTask] {
        core.engine.backgroundCount > (background?.known ?? 0) ? core.engine.backgroundTasks : []
    }

    /// Hands the engine what came of the work whose results count at an instant.
    ///
    /// That some of it has stalled is known to nobody who plays the journal back, so it is written down.
    ///
    /// - Returns: Whether the instant may come; otherwise `heldUntil` says when the wait for it ends.
    mutating func settleBackground(upTo close: Timestamp) -> Bool {
        heldUntil = nil
        guard background?.isEmpty == false else { return true }
        let found = background?.settle(upTo: close, at: now.monotonic, off: core.engine.switchedOff)
        tell()
        switch found {
        case .notYet(let until):
            heldUntil = until
            return false
        case .settled(let outcomes):
            var stalled: [BackgroundTaskID] = []
            for (task, outcome) in outcomes {
                switch outcome {
                case .finished(let result): core.finish(task, result)
                case .stalled: stalled.append(task)
                }
            }
            if !stalled.isEmpty {
                counters.stalled += stalled.count
                _ = take(.stalled(stalled))
            }
            return true
        case nil: return true
        }
    }

    private mutating func tell() {
        for event in background?.takeEvents() ?? [] {
            switch event {
            case .stalled(let task, let strategy, let span):
                log(
                    .warning, .engine,
                    "work that \(name(strategy)) gave away did not end within \(seconds(span)) and is given up "
                        + "(number \(task.number)): the strategy goes on without its result")
            case .refused(let task, let strategy):
                log(
                    .warning, .engine,
                    "work of \(name(strategy)) is not begun (number \(task.number)): earlier work of it never ended")
            case .exhausted(let strategy):
                log(
                    .error, .engine,
                    "\(background?.limits.atOnce ?? 0) pieces of work that \(name(strategy)) gave away never ended: "
                        + "nothing more is computed for it until one of them does, or the program is started again")
            case .cameBack(let task, let strategy):
                log(
                    .info, .engine,
                    "work of \(name(strategy)) that was given up has ended after all (number \(task.number)); its result "
                        + "is not used")
            }
        }
    }

    private func name(_ strategy: Int) -> String {
        let names = core.engine.strategyNames
        return strategy < names.count ? "the strategy '\(names[strategy])'" : "no strategy"
    }

    private func seconds(_ span: TimeSpan) -> String {
        "\(Double(span.nanoseconds / 1_000_000) / 1000) s"
    }
}
