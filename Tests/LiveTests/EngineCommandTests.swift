// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Strategies
import Testing
import Trading

@testable import Live

@Suite("What a person asks of the deciding part")
struct EngineCommandTests {
    /// Buys and sells all the time; has one switch.
    struct Restless: Strategy {
        static let definition = StrategyDefinition(name: "restless", summary: "Trades at every bar.", parameters: [])
        var isSwitchedOn = true
        init(parameters: StrategyParameters) {}
        init() {}
        mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
            guard isSwitchedOn else { return }
            context.enter(bar.openTime.nanoseconds / 60_000_000_000 % 2 == 0 ? .buy : .sell)
        }
        mutating func setFeature(_ name: String, isOn: Bool, _ context: inout StrategyContext) -> Bool {
            guard name == "trading" else { return false }
            isSwitchedOn = isOn
            return true
        }
    }

    static func world() throws -> BacktestInput {
        var world = try World([Market.walk(seed: 4, count: 90), Market.walk(seed: 5, count: 90)])
        for index in 0..<2 {
            world.add(
                Restless(), name: "s\(index)", instrument: UInt32(index),
                plan: TradePlan(sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 500_000_000)))
        }
        return try world.input()
    }

    /// The orders of each strategy in each third of the time, with a command after the first and one after the second.
    static func counts(_ first: EngineCommand, _ second: EngineCommand) throws -> [[Int]] {
        let input = try world()
        var core = try DecisionCore(DecisionCoreTests.setup(input))
        var counts = [[0, 0], [0, 0], [0, 0]]
        for (place, instant) in DecisionCoreTests.instants(input).enumerated() {
            guard case .instant(let closed) = instant else { continue }
            let before = core.engine.ordersSubmitted
            let commands = try core.apply(instant)
            if !commands.isEmpty { _ = try core.apply(.paperOrders(refused: [])) }
            for command in commands {
                if case .submit = command.command { counts[place / 30][command.strategy.index] += 1 }
            }
            #expect(core.engine.ordersSubmitted >= before)
            if place == 29 { _ = try core.apply(.command(first, at: closed.close)) }
            if place == 59 { _ = try core.apply(.command(second, at: closed.close)) }
        }
        return counts
    }

    @Test("a strategy that is off decides nothing, the others go on, and it can be switched on again")
    func strategy() throws {
        let counts = try Self.counts(.setStrategy(0, isOn: false), .setStrategy(0, isOn: true))
        #expect(counts[0][0] > 0 && counts[1][0] == 0 && counts[2][0] > 0)
        #expect(counts.allSatisfy { $0[1] > 0 })
    }

    @Test("a feature is switched in every strategy that has it")
    func feature() throws {
        let counts = try Self.counts(.setFeature("trading", isOn: false), .setFeature("trading", isOn: true))
        #expect(counts[0][0] > 0 && counts[1] == [0, 0] && counts[2][1] > 0)
        let unknown = try Self.counts(.setFeature("else", isOn: false), .resumeTrading)
        #expect(unknown.allSatisfy { $0.allSatisfy { $0 > 0 } })
    }
}
