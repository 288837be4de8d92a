// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Live

@Suite("The life of a session")
struct SessionLifecycleTests {
    typealias Change = SessionLifecycle.Change

    static func lifecycle(in state: SessionState) -> SessionLifecycle {
        var lifecycle = SessionLifecycle()
        switch state {
        case .starting: break
        case .running: _ = lifecycle.started()
        case .draining:
            _ = lifecycle.started()
            _ = lifecycle.receive(.drain)
        case .halted(let flattens): _ = lifecycle.receive(.kill(flattens: flattens))
        case .stopping: _ = lifecycle.receive(.stop)
        case .stopped: _ = lifecycle.stopped()
        }
        return lifecycle
    }

    @Test(arguments: [
        (SessionState.starting, OperatorCommand.pause, SessionState.starting), (.starting, .resume, .starting),
        (.starting, .drain, .draining), (.starting, .stop, .stopping),
        (.starting, .kill(flattens: false), .halted(flattens: false)),
        (.running, .pause, .running), (.running, .resume, .running), (.running, .drain, .draining),
        (.running, .stop, .stopping), (.running, .kill(flattens: true), .halted(flattens: true)),
        (.draining, .pause, .draining), (.draining, .resume, .running), (.draining, .drain, .draining),
        (.draining, .stop, .stopping), (.draining, .kill(flattens: false), .halted(flattens: false)),
        (.halted(flattens: false), .resume, .running), (.halted(flattens: false), .stop, .stopping),
        (.halted(flattens: false), .kill(flattens: true), .halted(flattens: true)),
        (.halted(flattens: true), .kill(flattens: false), .halted(flattens: true)),
        (.stopping, .stop, .stopping), (.stopping, .kill(flattens: true), .halted(flattens: true)),
    ])
    func commandsLeadWhereTheTableSays(from: SessionState, command: OperatorCommand, to: SessionState) {
        var lifecycle = Self.lifecycle(in: from)
        let change = lifecycle.receive(command)
        #expect(lifecycle.state == to)
        #expect(change == (from == to ? .none : .became(to)))
    }

    @Test(arguments: [
        (SessionState.stopping, OperatorCommand.pause), (.stopping, .resume), (.stopping, .drain),
        (.halted(flattens: false), .drain), (.stopped, .pause), (.stopped, .resume), (.stopped, .stop),
        (.stopped, .kill(flattens: true)),
    ])
    func whatMakesNoSenseIsRefusedWithAReason(from: SessionState, command: OperatorCommand) {
        var lifecycle = Self.lifecycle(in: from)
        guard case .refused(let reason) = lifecycle.receive(command) else {
            Issue.record("\(command) was not refused")
            return
        }
        #expect(!reason.isEmpty)
        #expect(lifecycle.state == from)
    }

    @Test func riskIsTakenOnlyWhileNothingPauses() {
        var lifecycle = Self.lifecycle(in: .starting)
        #expect(!lifecycle.takesRisk)
        _ = lifecycle.started()
        #expect(lifecycle.takesRisk)
        let isNews = lifecycle.pause(.link(venue: 1), "down")
        let isNewsAgain = lifecycle.pause(.link(venue: 1), "still down")
        #expect(isNews && !isNewsAgain)
        _ = lifecycle.receive(.pause)
        #expect(lifecycle.pauses.map(\.reason) == ["paused by the operator", "still down"])
        let isLifted = lifecycle.lift(.link(venue: 1))
        #expect(isLifted)
        #expect(!lifecycle.takesRisk)
        _ = lifecycle.receive(.resume)
        #expect(lifecycle.takesRisk)
        _ = lifecycle.receive(.drain)
        #expect(!lifecycle.takesRisk)
    }

    @Test func moneyThatComesInIsNoProfit() {
        var measure = TimeWeightedReturn()
        measure.measure(1000)
        measure.measure(1100)
        measure.flow(900)
        #expect(abs(measure.value - 0.1) < 1e-12)
        measure.measure(1000)
        #expect(abs(measure.value - (1.1 * 0.5 - 1)) < 1e-12)
        measure.flow(-500)
        measure.measure(550)
        #expect(abs(measure.value - (1.1 * 0.5 * 1.1 - 1)) < 1e-12)
    }
}
