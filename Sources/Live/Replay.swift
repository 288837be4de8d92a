// SPDX-License-Identifier: Apache-2.0

import Engine
public import Execution
public import Strategies
public import Trading

/// Runs what a journal holds through a decision core again, and compares what comes out with what came out then.
///
/// Recovery after a crash and `replay --verify` are the same thing: the first goes on where the journal ends.
public struct Replay: ~Copyable {
    /// A place where this program decides otherwise than the one that wrote the journal.
    public struct Difference: Hashable, Sendable, CustomStringConvertible {
        /// The record that differs.
        public let sequence: UInt64
        public let what: String
        public var description: String { "record \(sequence): \(what)" }
    }

    public private(set) var core: DecisionCore
    public private(set) var differences: [Difference] = []
    public private(set) var inputs = 0
    public private(set) var instants = 0
    /// Commands decided at the last input that the journal does not hold: a crash came before they were written.
    public private(set) var unwritten: [OrderCommand] = []
    public private(set) var unwrittenReports: [VenueReport] = []
    public private(set) var commandCount = 0
    public private(set) var lastTime: Timestamp?
    private var traps: PendingTraps

    /// - Parameter traps: What the journal's records of that kind say, wherever in it they stand.
    public init(
        _ setup: DecisionSetup, traps: [StrategyTrap] = [], marker: UnsafeMutablePointer<Int32>? = nil
    ) throws(StrategyError) {
        core = try DecisionCore(setup, marker: marker)
        self.traps = PendingTraps(traps)
    }

    /// Keeps the strategies' decisions from here on.
    public mutating func keepDecisions() { core.keepDecisions() }

    /// Hands over the decisions since the last call, oldest first.
    public mutating func takeDecisions() -> [DecisionRecord] { core.takeDecisions() }

    /// By strategy: what it keeps of what it measured, for charts.
    public var charts: [[ChartSeries]] { core.engine.charts }

    /// Takes the core to go on with.
    public consuming func finish() -> DecisionCore { core }

    public mutating func apply(_ record: SessionRecord, sequence: UInt64) throws(StrategyError) {
        traps.leaveOut(at: sequence, from: &core)
        switch record {
        case .input(let input):
            noteUnwritten(sequence)
            inputs += 1
            switch input {
            case .instant(let instant):
                instants += 1
                lastTime = instant.close
            case .history(let close, _): lastTime = close
            case .report, .leave, .paperOrders, .command, .external, .stalled: break
            }
            unwritten = try core.apply(input)
            unwrittenReports = core.paperReports
        case .commands(let commands):
            commandCount += commands.count
            if commands != unwritten {
                let same = zip(commands, unwritten).prefix { $0 == $1 }.count
                differ(sequence, commands.dropFirst(same).first, unwritten.dropFirst(same).first)
            }
            unwritten = []
        case .paperReports(let reports):
            if reports != unwrittenReports { differences.append(Difference(sequence: sequence, what: "fills differ")) }
            unwrittenReports = []
        case .fingerprint(let value):
            if value != core.engine.resultHash.value {
                differences.append(
                    Difference(sequence: sequence, what: "the fingerprint of everything decided so far differs"))
            }
        case .resumed:
            // What was decided and not written was never sent: its refusal is among the next inputs.
            unwritten = []
            unwrittenReports = []
        case .started, .placing, .modifying, .cancelling, .denied, .answered, .operatorRequest, .asked, .note,
            .finding, .reconciled, .measures, .trapped, .reconfigured:
            break
        }
    }

    /// The journal went on although it lacks what this program decides there.
    private mutating func noteUnwritten(_ sequence: UInt64) {
        if let command = unwritten.first { differ(sequence, nil, command) }
        if !unwrittenReports.isEmpty {
            differences.append(Difference(sequence: sequence, what: "fills that were not there"))
        }
        unwritten = []
        unwrittenReports = []
    }

    private mutating func differ(_ sequence: UInt64, _ recorded: OrderCommand?, _ decided: OrderCommand?) {
        func text(_ command: OrderCommand?) -> String {
            guard let command else { return "nothing" }
            switch command.command {
            case .submit(let request):
                let trigger = request.trigger.map { " at \($0)" } ?? ""
                return "order \(command.order.sequence): \(request.side) \(request.type) of \(request.quantity.units)"
                    + trigger
            case .cancel: return "cancel of order \(command.order.sequence)"
            case .modify: return "change of order \(command.order.sequence)"
            }
        }
        differences.append(
            Difference(sequence: sequence, what: "recorded \(text(recorded)), decided now \(text(decided))"))
    }
}
