// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Strategies

/// Strategies on paper, fed with what a session took in: a variant of the session, or the session itself as the
/// backtester would have it.
///
/// It follows bars (those that came too late, too), funding, data from outside and what was found of work that stalled, at
/// the instants at which the session saw them. It follows no reports of venues and, unless told to, nothing that a person
/// asked of the session: nothing that depends on the session's own orders.
public struct PaperRun: ~Copyable {
    public private(set) var core: DecisionCore
    /// What the last record led to.
    public private(set) var commands: [OrderCommand] = []
    public private(set) var reports: [VenueReport] = []
    private var traps: PendingTraps
    private let obeysCommands: Bool

    /// - Parameters:
    ///   - setup: With `simulation`.
    ///   - traps: See `Replay`; by the strategies of `setup`.
    ///   - obeysCommands: Whether features and strategies are switched where a person switched the session's.
    public init(
        _ setup: DecisionSetup, traps: [StrategyTrap] = [], obeysCommands: Bool = false
    ) throws(StrategyError) {
        self.traps = PendingTraps(traps)
        self.obeysCommands = obeysCommands
        precondition(setup.simulation != nil, "what runs on paper needs settings of the simulation")
        core = try DecisionCore(setup)
    }

    /// Keeps the strategies' decisions from here on.
    public mutating func keepDecisions() { core.keepDecisions() }

    /// Hands over the decisions since the last call, oldest first.
    public mutating func takeDecisions() -> [DecisionRecord] { core.takeDecisions() }

    /// Takes in one record of the session's journal.
    public mutating func apply(_ record: SessionRecord, sequence: UInt64) throws(StrategyError) {
        commands.removeAll(keepingCapacity: true)
        reports.removeAll(keepingCapacity: true)
        traps.leaveOut(at: sequence, from: &core)
        guard case .input(let input) = record else { return }
        switch input {
        case .history, .external, .stalled: _ = try core.apply(input)
        case .instant: try decide(input)
        case .command: if obeysCommands { try decide(input) }
        case .report, .paperOrders, .leave: break
        }
    }

    private mutating func decide(_ input: DecisionInput) throws(StrategyError) {
        commands = try core.apply(input)
        reports += core.paperReports
        guard !commands.isEmpty else { return }
        _ = try core.apply(.paperOrders(refused: []))
        reports += core.paperReports
    }
}
