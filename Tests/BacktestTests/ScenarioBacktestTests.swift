// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Execution
import Indicators
import MarketData
import Simulation
import Strategies
import Synchronization
import Testing
import Trading

/// A strategy that sends what a scenario says, and remembers what it called the orders.
private struct ScriptedStrategy: Strategy {
    final class Record: Sendable {
        let names = Mutex<[(id: OrderID, name: String)]>([])
    }
    static let definition = StrategyDefinition(name: "scripted", summary: "Sends what it is told.", parameters: [])

    /// With the open time of the bar after whose close they are sent.
    let commands: [(openTime: Int64, action: Scenario.Action)]
    let record: Record
    private var next = 0
    private var ids: [String: OrderID] = [:]
    private var groups: [String: OrderGroup] = [:]

    init(parameters: StrategyParameters) throws {
        commands = []
        record = Record()
    }

    init(_ scenario: Scenario, _ record: Record) {
        commands = scenario.commands.map { ($0.after * scenario.bars.timeframe.nanoseconds, $0.action) }
        self.record = record
    }

    mutating func prepare(_ setup: inout StrategySetup) throws { setup.startImmediately() }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let number = bar.openTime.nanoseconds
        while next < commands.count, commands[next].openTime <= number {
            defer { next += 1 }
            switch commands[next].action {
            case .submit(let requests):
                for named in requests { submit(named, &context) }
            case .cancel(let name): if let id = ids[name] { context.cancel(id) }
            case .modify(let name, let change): if let id = ids[name] { context.modify(id, change) }
            }
        }
    }

    private mutating func submit(_ named: Scenario.NamedRequest, _ context: inout StrategyContext) {
        var request = named.request
        if let parent = named.parent, let id = ids[parent] { request.parent = id }
        if let group = named.group {
            let number = groups[group] ?? context.newGroup()
            groups[group] = number
            request.group = number
        }
        guard let id = context.submit(request) else { return }
        ids[named.name] = id
        record.names.withLock { $0.append((id, named.name)) }
    }
}

extension ScenarioTests {
    @Test("A strategy in a backtest gets the same fills, and the same hash twice", arguments: files)
    func backtest(file: String) throws {
        let scenario = try Scenario(contentsOfFile: "\(Self.folder)/\(file)")
        let record = ScriptedStrategy.Record()
        let first = try scenario.backtest(record)
        let found = scenario.differences(first.outcome, comparesOrders: false)
        #expect(found.isEmpty, "\(file)\n\(found.joined(separator: "\n"))\nwhy: \(scenario.why)")
        #expect(try scenario.backtest(ScriptedStrategy.Record()).hash == first.hash)
    }
}

extension Scenario {
    fileprivate func backtest(_ record: ScriptedStrategy.Record) throws -> (outcome: Outcome, hash: String) {
        let input = BacktestInput(
            account: account, deposits: deposits, feeds: [bars], details: [finer],
            strategies: [
                StrategySpecification(
                    name: "scripted", strategy: ScriptedStrategy(self, record), instrument: instrument.id,
                    timeframe: bars.timeframe, plan: TradePlan(sizing: .quantity(Quantity(units: 1))))
            ], simulation: settings)
        var run = try BacktestRun(input)
        let result = try run.run()
        let names = record.names.withLock { $0 }
        var outcome = Outcome()
        outcome.fills = result.fills.map(\.fill)
        outcome.fillNames = outcome.fills.map { fill in names.first { $0.id == fill.order }?.name ?? "none" }
        outcome.position = Quantity(units: outcome.fills.reduce(0) { $0 + $1.quantity.units })
        outcome.cash = result.ledger.total(.balance, instrument.settlement)
        outcome.ambiguousBars = result.ambiguousBars
        return (outcome, result.resultHash)
    }
}
