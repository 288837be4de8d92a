// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import Journal
import Live
import Trading

/// Ends the program at every event of a session, brings it up again, and compares everything with the venue.
///
/// The session goes on undisturbed; at each of its events the world is copied, and in the copy the program or the
/// machine ends: between two events, inside a write to the journal, or with only a part of what the event led to done.
public struct KillCuts: Sendable {
    public let seed: UInt64
    /// How many cuts are made, at one event after the other.
    public let count: Int
    public var defect: Defect?
    /// Whether orders are worked through algorithms too.
    public var usesAlgorithms = false
    /// Whether strategies trade spot markets too.
    public var hasSpot = false

    public init(seed: UInt64, count: Int, defect: Defect? = nil) {
        self.seed = seed
        self.count = count
        self.defect = defect
    }

    /// A session of so many cuts holds several decisions of every strategy.
    public static let cutsPerSession = 2_000

    public struct Result: Sendable {
        public var cuts = 0
        public var events = 0
        public var tornWrites = 0
        public var partialOutputs = 0
        public var powerCuts = 0
        public var violation: Violation?
        /// The number of the event that was cut at.
        public var event: Int?
        public var lastEvents: [String] = []

        public init() {}

        public mutating func add(_ other: Result) {
            cuts += other.cuts
            events += other.events
            tornWrites += other.tornWrites
            partialOutputs += other.partialOutputs
            powerCuts += other.powerCuts
            guard violation == nil, other.violation != nil else { return }
            violation = other.violation
            event = other.event
            lastEvents = other.lastEvents
        }
    }

    /// - Parameter only: Cuts at this event alone, and tells everything that happens after it.
    public func run(only: Int? = nil, trace: ((String, String) -> Void)? = nil) -> Result {
        var result = Result()
        do {
            var plan = SimulationPlan(seed: seed, days: 1, faults: faults, defect: defect)
            plan.faultsPerDay = 200
            plan.timeframe = .fiveMinutes
            plan.usesAlgorithms = usesAlgorithms
            plan.hasSpot = hasSpot
            let world = try SimulatedWorld(plan)
            world.durability = .power
            world.keepsTold = true
            do throws(Violation) {
                let start = TimeSpan.minutes(50 + Int64(seed % 11) * 7)
                while world.state.now < start { try world.step() }
                for event in 0..<(only.map { $0 + 1 } ?? count) {
                    world.lastTold = nil
                    let before = (bytes: world.disk.byteCount, watch: world.watch.copy(), judge: world.judge)
                    try world.step()
                    if let only, only != event { continue }
                    result.event = event
                    try cut(world, event, before, &result, trace)
                    if result.cuts >= count { break }
                }
                result.event = nil
            } catch {
                result.violation = error
                if result.lastEvents.isEmpty { result.lastEvents = world.lastEvents }
            }
        } catch {
            preconditionFailure("a simulation cannot be set up: \(error)")
        }
        return result
    }

    private var faults: Set<FaultKind> {
        guard seed % 2 == 1 else { return [] }
        let bad: Set<FaultKind> = [.latency, .lostAnswer, .disconnect, .serverError, .loss, .duplicate, .reorder]
        return hasSpot ? bad.union([.postOnly]) : bad
    }

    private func cut(
        _ world: SimulatedWorld, _ event: Int, _ before: (bytes: Int, watch: OrderWatch, judge: Judge),
        _ result: inout Result, _ trace: ((String, String) -> Void)?
    ) throws(Violation) {
        try cut(world, world.state, event, 0, &result, trace) { _, _, _ in }
        guard let told = world.lastTold else { return }
        if world.disk.byteCount > before.bytes {
            result.tornWrites += 1
            let written = world.disk.byteCount - before.bytes
            try cut(world, told.state, event, 1, &result, trace) { copy, disk, random in
                // Inside the write, before anything that follows from it was done.
                disk.tear(to: before.bytes + random.below(written))
                copy.watch = before.watch
                copy.judge = before.judge
            }
        }
        let isHeard = told.outputs.contains { output in
            switch output {
            case .transport: true
            case .log, .compute, .ended: false
            }
        }
        if isHeard {
            result.partialOutputs += 1
            try cut(world, told.state, event, 2, &result, trace) { copy, _, random in
                copy.performPart(told.outputs, random.below(told.outputs.count + 1))
            }
        }
    }

    private func cut(
        _ world: SimulatedWorld, _ state: WorldState, _ event: Int, _ variant: Int, _ result: inout Result,
        _ trace: ((String, String) -> Void)?,
        _ prepare: (SimulatedWorld, SimulatedDisk, inout Randomness) -> Void
    ) throws(Violation) {
        var random = Randomness(seed: seed, purpose: 1_000 + UInt64(event * 4 + variant))
        let isPowerCut = random.happens(0.5)
        let disk = world.disk.copy()
        let copy = world.copy(state, disk)
        prepare(copy, disk, &random)
        result.cuts += 1
        if isPowerCut { result.powerCuts += 1 }
        trace?("-", "event \(event), cut \(variant)")
        if let trace { copy.trace = { trace("\($0)", $1) } }
        do throws(Violation) {
            try copy.endAndRecover(isPowerCut ? .powerCut : .kill)
        } catch {
            result.lastEvents = copy.lastEvents
            throw error
        }
        result.events += copy.state.events - world.state.events
    }
}

extension SimulatedWorld {
    /// The same world with another program to come.
    fileprivate func copy(_ state: WorldState, _ disk: SimulatedDisk) -> SimulatedWorld {
        let copy = SimulatedWorld(state, setup, disk)
        copy.judge = judge
        copy.watch = watch.copy()
        copy.durability = durability
        copy.isCopy = true
        return copy
    }

    /// Ends the program, starts it again in a world without faults, and waits until everything agrees.
    fileprivate func endAndRecover(_ kind: FaultKind) throws(Violation) {
        state.isCalm = true
        state.isStill = true
        state.clockError = .zero
        disk.fault = nil
        state.venue.takesOnlyPostOnly = false
        let wasRunning = state.isRunning
        finishProgram(kind, restartsWithin: .seconds(10), isScheduled: wasRunning)
        let start = state.now
        var next = start + .seconds(40)
        while true {
            while let time = nextTime, time < next { try step() }
            do throws(Violation) {
                return try judgeQuiet()
            } catch {
                // It may take its time, but not for ever.
                if next >= start + .minutes(12) { throw error }
            }
            next = next + .seconds(20)
        }
    }
}
