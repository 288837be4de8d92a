// SPDX-License-Identifier: Apache-2.0

import Glibc
import Indicators
import Strategies
import Trading

/// Buys once, keeps what it has, and gives away work at every other bar. Files that a test makes while it runs say how it
/// fails; each is named by a variable of the environment and holds the market times in milliseconds between
/// which it does.
struct FaultyStrategy: Strategy {
    static let definition = StrategyDefinition(
        name: "faulty", summary: "For tests.",
        parameters: [
            ParameterDefinition(name: "works", kind: .boolean(default: false), summary: "Whether it gives away work.")
        ])

    private let works: Bool
    private var hasBought = false
    private var bars = 0
    private var task = BackgroundTaskID.none

    init(parameters: StrategyParameters) {
        works = parameters.boolean("works")
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        if Fault.trap.isOn(at: context.now) { fatalError("as the test wants it") }
        bars += 1
        if works, bars % 2 == 0, task == .none {
            let (now, count) = (context.now, bars)
            task = context.background(latency: .seconds(1)) {
                if Fault.trapInWork.isOn(at: now) { fatalError("as the test wants it") }
                while Fault.stall.isOn(at: now) { usleep(10_000) }
                return count * count
            }
        }
        guard !hasBought, context.isActing, context.position.units == 0 else { return }
        hasBought = true
        context.enter(.buy)
    }

    mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
    ) throws {
        guard task == self.task else { return }
        self.task = .none
        switch outcome {
        case .finished(let result): context.note(.feature, .changed, feature: "work", because: "it is \(result)")
        case .stalled: context.note(.feature, .changed, feature: "work", because: "it stalled")
        }
    }
}

private enum Fault: String {
    case trap = "APUS_TEST_TRAP"
    case trapInWork = "APUS_TEST_TRAP_IN_WORK"
    case stall = "APUS_TEST_STALL"

    func isOn(at now: Timestamp) -> Bool {
        guard let path = getenv(rawValue) else { return false }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(file, &bytes, bytes.count)
        let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        let times = text.split(separator: " ").compactMap { Int64($0) }
        guard times.count == 2, times[0] <= times[1] else { return false }
        return (times[0]...times[1]).contains(now.nanoseconds / 1_000_000)
    }
}
