// SPDX-License-Identifier: Apache-2.0

import Glibc
import Locking
import SessionSimulation

/// Runs what was asked for, on as many threads as were asked for, and tells.
struct SimulateCommand {
    let arguments: SimulateArguments

    init(_ arguments: SimulateArguments) { self.arguments = arguments }

    static func fail(_ text: String) -> Never {
        whisper(text)
        exit(64)
    }

    /// To the standard error stream, at once.
    static func whisper(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }

    func run() {
        if let cuts = arguments.cuts { CutsCommand(arguments, cuts).run() }
        if arguments.isTraced { trace() }
        let started = Self.seconds
        let (totals, violations) = simulate(started)
        tell(totals, violations, Self.seconds - started)
        exit(violations.isEmpty ? 0 : 1)
    }

    private func plan(_ seed: UInt64) -> SimulationPlan {
        var plan = SimulationPlan(
            seed: seed, days: arguments.days, faults: arguments.faults, defect: arguments.defect)
        plan.usesAlgorithms = arguments.usesAlgorithms
        plan.hasSpot = arguments.hasSpot
        if let timeframe = arguments.timeframe { plan.timeframe = timeframe }
        return plan
    }

    private func trace() -> Never {
        let result = plan(arguments.seeds.lowerBound).run { print("\($0)  \($1)") }
        if let violation = result.violation { print(violation) }
        print("fingerprint \(String(result.fingerprint, radix: 16))")
        exit(result.violation == nil ? 0 : 1)
    }

    private struct Progress: Sendable {
        var next: UInt64
        var totals = SimulationTotals()
        var violations: [Violation] = []
        var told = 0.0
    }

    private func simulate(_ started: Double) -> (SimulationTotals, [Violation]) {
        let progress = Locked(Progress(next: arguments.seeds.lowerBound))
        let end = arguments.seeds.upperBound
        @Sendable func work() {
            while true {
                let seed: UInt64? = progress.withLock { progress in
                    guard progress.next < end, arguments.keepsGoing || progress.violations.isEmpty else { return nil }
                    defer { progress.next += 1 }
                    return progress.next
                }
                guard let seed else { return }
                let result = plan(seed).run()
                progress.withLock { progress in
                    progress.totals.add(result.totals)
                    if let violation = result.violation {
                        progress.violations.append(violation)
                        tell(result, violation)
                    } else if arguments.isVerbose {
                        print(
                            "seed \(seed): \(result.totals.events) events, \(result.totals.orders) orders, "
                                + "\(result.totals.fills) fills, \(result.totals.faults.total) faults, "
                                + "\(result.totals.kills) kills, fingerprint \(String(result.fingerprint, radix: 16))")
                    }
                    let now = Self.seconds
                    if now - progress.told > 5 {
                        progress.told = now
                        let minutes = max(now - started, 0.001) / 60
                        Self.whisper(
                            "\(progress.totals.days) days, \(Int(Double(progress.totals.days) / minutes)) a minute")
                    }
                }
            }
        }
        Threads.run(arguments.jobs, work)
        return progress.withLock { ($0.totals, $0.violations) }
    }

    private func tell(_ result: SeedResult, _ violation: Violation) {
        guard !arguments.keepsGoing else { return print(violation) }
        for line in result.lastEvents.suffix(40) { print(line) }
        print("VIOLATION \(violation)")
        print("again: \(arguments.replay(of: result.plan)) --trace")
    }

    private func tell(_ totals: SimulationTotals, _ violations: [Violation], _ seconds: Double) {
        let rate = Double(totals.days) / max(seconds, 0.001) * 60
        let faults = FaultKind.allCases.map { ($0.rawValue, totals.faults[$0]) }
        if arguments.isJSON {
            let kinds = faults.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ")
            print(
                "{\"days\": \(totals.days), \"events\": \(totals.events), \"orders\": \(totals.orders), "
                    + "\"changes\": \(totals.changes), \"cancels\": \(totals.cancels), \"fills\": \(totals.fills), "
                    + "\"liquidations\": \(totals.liquidations), \"kills\": \(totals.kills), \"checks\": \(totals.checks), "
                    + "\"breakers\": \(totals.breakers), \"suspensions\": \(totals.suspensions), "
                    + "\"faults\": {\(kinds)}, \"violations\": \(violations.count), "
                    + "\"seconds\": \(Int(seconds)), \"daysPerMinute\": \(Int(rate))}")
            return
        }
        print(
            "\(totals.days) days: \(totals.events) events, \(totals.orders) orders, \(totals.changes) changes, "
                + "\(totals.cancels) cancels, \(totals.fills) fills, \(totals.triggers) triggers, "
                + "\(totals.liquidations) liquidations, \(totals.kills) kills, \(totals.checks) quiet checks, "
                + "\(totals.breakers) breakers on, \(totals.suspensions) times a feature off")
        if let least = totals.leastOfADay {
            print("each day at least \(least.events) events, \(least.orders) orders, \(least.faults) faults")
        }
        print("\(totals.faults.total) faults: " + faults.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
        print("\(violations.count) violations, \(Int(rate)) days a minute (\(Int(seconds)) s)")
    }

    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Plain threads: worlds share nothing.
enum Threads {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func run(_ count: Int, _ body: @escaping @Sendable () -> Void) {
        guard count > 1 else { return body() }
        var threads: [pthread_t] = []
        for _ in 0..<count {
            var thread = pthread_t()
            let work = Unmanaged.passRetained(Work(body)).toOpaque()
            let result = pthread_create(
                &thread, nil,
                { work in
                    if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                    return nil
                }, work)
            precondition(result == 0, "a thread could not be started: \(result)")
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}
