// SPDX-License-Identifier: Apache-2.0

import Glibc
import Locking
import SessionSimulation

/// `--cuts N`: ends the program at every event of recorded sessions.
struct CutsCommand {
    let arguments: SimulateArguments
    let count: Int

    init(_ arguments: SimulateArguments, _ count: Int) {
        self.arguments = arguments
        self.count = count
    }

    private struct Progress: Sendable {
        var next: UInt64
        var left: Int
        var result = KillCuts.Result()
        var failed: UInt64?
    }

    func run() -> Never {
        if let event = arguments.event { trace(event) }
        let started = SimulateCommand.seconds
        let progress = Locked(Progress(next: arguments.seeds.lowerBound, left: count))
        Threads.run(arguments.jobs) {
            while true {
                let work: (seed: UInt64, count: Int)? = progress.withLock { progress in
                    guard progress.left > 0, progress.failed == nil else { return nil }
                    let count = min(progress.left, KillCuts.cutsPerSession)
                    progress.left -= count
                    defer { progress.next += 1 }
                    return (progress.next, count)
                }
                guard let work else { return }
                var cuts = KillCuts(seed: work.seed, count: work.count, defect: arguments.defect)
                cuts.usesAlgorithms = arguments.usesAlgorithms
                cuts.hasSpot = arguments.hasSpot
                let result = cuts.run()
                progress.withLock { progress in
                    progress.result.add(result)
                    if result.violation != nil, progress.failed == nil { progress.failed = work.seed }
                }
            }
        }
        let (result, failed) = progress.withLock { ($0.result, $0.failed) }
        if let violation = result.violation, let failed {
            for line in result.lastEvents.suffix(40) { print(line) }
            print("VIOLATION \(violation)")
            let place = result.event.map { " --event \($0)" } ?? ""
            let kind = (arguments.usesAlgorithms ? " --algorithms" : "") + (arguments.hasSpot ? " --spot" : "")
            print("again: apus-simulate --seed \(failed)\(kind) --cuts \(KillCuts.cutsPerSession)\(place)")
        }
        let seconds = SimulateCommand.seconds - started
        print(
            "\(result.cuts) cuts: \(result.powerCuts) of the power, \(result.tornWrites) inside a write, "
                + "\(result.partialOutputs) with a part of an event's effects done, \(result.events) events until all "
                + "agreed; \(result.violation == nil ? 0 : 1) violations (\(Int(seconds)) s)")
        exit(result.violation == nil ? 0 : 1)
    }

    private func trace(_ event: Int) -> Never {
        var cuts = KillCuts(seed: arguments.seeds.lowerBound, count: event + 1, defect: arguments.defect)
        cuts.usesAlgorithms = arguments.usesAlgorithms
        cuts.hasSpot = arguments.hasSpot
        let result = cuts.run(only: event) { print("\($0)  \($1)") }
        if let violation = result.violation { print("VIOLATION \(violation)") }
        exit(result.violation == nil ? 0 : 1)
    }
}
