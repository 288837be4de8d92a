// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Strategies

/// Strategies on paper, fed with what a session took in: a variant of the session, or the session itself as the
/// backtester would have it.
///
/// It follows bars (those that came too late, too), funding and data from outside, at the instants at which the session
/// saw them. It follows neither reports of venues nor what a person asked of the session: nothing that depends on the
/// session's own orders.
public struct PaperRun: ~Copyable {
    public private(set) var core: DecisionCore
    /// What the last record led to.
    public private(set) var commands: [OrderCommand] = []
    public private(set) var reports: [VenueReport] = []

    /// - Parameter setup: With `simulation`.
    public init(_ setup: DecisionSetup) throws(StrategyError) {
        precondition(setup.simulation != nil, "what runs on paper needs settings of the simulation")
        core = try DecisionCore(setup)
    }

    /// Keeps the strategies' decisions from here on.
    public mutating func keepDecisions() { core.keepDecisions() }

    /// Hands over the decisions since the last call, oldest first.
    public mutating func takeDecisions() -> [DecisionRecord] { core.takeDecisions() }

    /// Takes in one record of the session's journal.
    public mutating func apply(_ record: SessionRecord) throws(StrategyError) {
        commands.removeAll(keepingCapacity: true)
        reports.removeAll(keepingCapacity: true)
        guard case .input(let input) = record else { return }
        switch input {
        case .history, .external: _ = try core.apply(input)
        case .instant:
            commands = try core.apply(input)
            reports += core.paperReports
            guard !commands.isEmpty else { return }
            _ = try core.apply(.paperOrders(refused: []))
            reports += core.paperReports
        case .report, .paperOrders, .command, .leave: break
        }
    }
}
