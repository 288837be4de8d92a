// SPDX-License-Identifier: Apache-2.0

package import Strategies
import Trading

// Work that strategies gave away.
extension Engine {
    /// What was given away and not told of yet, oldest first.
    package var backgroundTasks: [BackgroundTask] { context.tasks }

    /// How many pieces of work were given away so far: tells whether there are new ones.
    package var backgroundCount: UInt64 { context.lastTask }

    /// Says what came of a piece of work before its time comes. Where nobody does, the engine computes it then.
    package mutating func conclude(_ task: BackgroundTaskID, _ outcome: BackgroundOutcome) {
        guard let index = context.tasks.firstIndex(where: { $0.id == task }) else { return }
        context.tasks[index].outcome = outcome
    }

    /// By strategy, whether it is switched off: it is told of nothing, and its work is not done.
    public var switchedOff: [Bool] { context.slots.indices.map { context.slots[$0].isOff } }

    /// Switches a strategy off before it is called again; its orders stay as they are.
    ///
    /// For playing back what it cannot be given again: `obey` is how a person does it.
    package mutating func switchOff(_ strategy: Int) {
        guard context.slots.indices.contains(strategy) else { return }
        context.slots[strategy].isOff = true
    }

    /// Tells strategies of their work whose time has come. What no shell has computed ahead is computed here.
    mutating func deliverBackground() throws(StrategyError) {
        let due = context.tasks.filter { $0.dueAt <= context.now }
        guard !due.isEmpty else { return }
        context.tasks.removeAll { $0.dueAt <= context.now }
        for task in due {
            if context.slots[task.strategy].isOff { continue }
            context.current = task.strategy
            marker?.pointee = Int32(task.strategy)
            let outcome = task.outcome ?? .finished(task.work())
            do {
                try strategies[task.strategy].onBackground(task.id, outcome, &context)
            } catch {
                throw failure(task.strategy, error)
            }
            marker?.pointee = -1
        }
    }
}
