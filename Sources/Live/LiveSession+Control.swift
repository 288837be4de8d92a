// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import OrderManagement
import Strategies
import Trading
import VenueInterface

// MARK: Links

extension LiveSession {
    mutating func linkCameUp(_ venue: Int) {
        let isFirst = !links[venue].wasUp
        links[venue].isUp = true
        links[venue].wasUp = true
        if !isFirst { counters.reconnects += 1 }
        log(.info, .network, venue, isFirst ? "connected" : "connected again")
        lift(.link(venue: venue))
        requestPast(venue)
        if lifecycle.state != .starting {
            let instruments = settings.venues[venue].instruments
            for request in gate.requestsAfterGap(of: instruments, marketTime: marketTime) { ask(for: request) }
        }
        links[venue].leverage.linkCameUp(at: now.monotonic)
        askLeverage(venue)
        compareAccount(venue)
        startIfReady()
    }

    /// Lets the order manager begin, or compare the account again.
    ///
    /// It dates by the venue's clock, so on a venue that has its own one it waits until that has said a time.
    mutating func compareAccount(_ venue: Int) {
        guard settings.mode.readsAccount, links[venue].isUp, marketTime(of: venue) > .distantPast else { return }
        let moment = venueMoment(venue)
        if !links[venue].hasBegun {
            links[venue].hasBegun = true
            if let lastRecorded {
                links[venue].manager.restored(
                    lastRecorded: min(lastRecorded, moment.wall), at: moment, into: &wanted)
            } else {
                links[venue].manager.start(at: moment, into: &wanted)
            }
        }
        links[venue].manager.handle(.linkUp, at: moment, into: &wanted)
        carryOut(venue)
    }

    /// Now, by the venue's calendar: order managers compare it with the dates of fills and orders.
    func venueMoment(_ venue: Int) -> Moment {
        guard links[venue].settings.clock == .venue, links[venue].latestTime > .distantPast else { return now }
        return Moment(wall: links[venue].latestTime, monotonic: now.monotonic)
    }

    mutating func linkWentDown(_ venue: Int, _ reason: String) {
        links[venue].isUp = false
        pause(.link(venue: venue), "\(links[venue].settings.name): \(reason)")
        guard settings.mode.readsAccount else { return }
        links[venue].manager.handle(.linkDown(reason: reason), at: venueMoment(venue), into: &wanted)
        carryOut(venue)
    }

    /// Decisions begin once the past is known and, where there is an account, it was compared with the venue's.
    mutating func startIfReady() {
        guard lifecycle.state == .starting, past.isComplete, pastEnds == nil, links.allSatisfy(\.isUp) else { return }
        if settings.mode.readsAccount {
            guard links.allSatisfy({ $0.hasBegun && !$0.manager.pauses.contains(.reconciling) }) else { return }
        }
        guard case .became = lifecycle.started() else { return }
        fundedUntil = marketTime
        noteEquity()
        record(.note(component: "session", text: "started"))
        log(.info, .session, "trading begins in \(settings.mode.rawValue) mode")
    }

    // MARK: The dead man's switch

    /// Arms it, keeps it armed, or disarms it, as the policy says.
    mutating func refreshDeadManSwitch(_ venue: Int) {
        guard settings.mode.sendsOrders, links[venue].isUp, lifecycle.state != .starting else {
            // It is looked at again with the first wake after the link is back.
            return links[venue].nextDeadManRefresh = nil
        }
        let span: TimeSpan
        var isWanted = true
        switch links[venue].settings.deadManSwitch {
        case .off: return
        case .always(let after): span = after
        case .whenUnprotected(let after):
            span = after
            isWanted = !core.engine.liveOrders.contains { order in
                // Stops on spot are watched here: they are nothing that the venue has.
                order.request.isReduceOnly && order.request.type.isTriggered && order.status.isWorking
                    && instruments[order.request.instrument.index].kind != .spot
                    && venueOf[order.request.instrument.index] == venue
            }
        }
        if links[venue].isDeadManRefused { return links[venue].nextDeadManRefresh = nil }
        guard isWanted else {
            links[venue].nextDeadManRefresh = now.monotonic + TimeSpan(nanoseconds: span.nanoseconds / 4)
            guard links[venue].isDeadManArmed else { return }
            links[venue].isDeadManArmed = false
            links[venue].connector.setDeadManSwitch(nil, at: now, into: &scratch)
            return drain(venue)
        }
        let isDue = links[venue].nextDeadManRefresh.map { $0 <= now.monotonic } ?? true
        guard isDue || !links[venue].isDeadManArmed else { return }
        links[venue].nextDeadManRefresh = now.monotonic + TimeSpan(nanoseconds: span.nanoseconds / 4)
        links[venue].isDeadManArmed = true
        links[venue].connector.setDeadManSwitch(
            now.wall + links[venue].clockOffset + span, at: now, into: &scratch)
        drain(venue)
    }

    // MARK: The operator

    mutating func obey(_ command: OperatorCommand) {
        record(.operatorRequest(command))
        switch lifecycle.receive(command) {
        case .refused(let reason): return log(.warning, .control, "not done: \(reason)")
        case .none: break
        case .became(let state):
            record(.note(component: "session", text: "\(state)"))
            log(.info, .control, "the session is \(state)")
        }
        switch command {
        case .pause, .drain: break
        case .resume:
            acknowledgePauses()
            obey(EngineCommand.resumeTrading)
        case .stop: beginStop()
        case .kill(let flattens): leave(closesPositions: flattens)
        }
    }

    /// Something that changes what is decided, and so is an input of the decisions.
    mutating func obey(_ command: EngineCommand) {
        send(take(.command(command, at: marketTime)))
        switch command {
        case .setFeature(let name, let isOn):
            log(.info, .control, "feature \(name) is switched \(isOn ? "on" : "off")")
        case .setStrategy(let index, let isOn):
            log(.warning, .control, "strategy \(core.engine.strategyNames[index]) is switched \(isOn ? "on" : "off")")
        case .resumeTrading: break
        }
    }

    /// A person looked at what only a person can judge, and wants to go on.
    private mutating func acknowledgePauses() {
        lift(.strategy)
        for venue in links.indices {
            for reason in links[venue].manager.pauses where reason != .reconciling && reason != .linkDown {
                links[venue].manager.acknowledge(reason, at: venueMoment(venue), into: &wanted)
            }
            carryOut(venue)
        }
    }

    private mutating func leave(closesPositions: Bool) {
        if closesPositions { for venue in links.indices { links[venue].manager.forgetClosings() } }
        let commands = take(.leave(at: marketTime, closesPositions: closesPositions))
        send(commands)
        guard settings.mode.sendsOrders else { return }
        for venue in links.indices {
            links[venue].manager.cancelAll(
                keepingProtection: !closesPositions, at: venueMoment(venue), into: &wanted)
            carryOut(venue)
        }
    }

    private mutating func beginStop() {
        stopDeadline = now.monotonic + .seconds(30)
        switch settings.shutdown {
        case .keep: break
        case .cancel: leave(closesPositions: false)
        case .flatten: leave(closesPositions: true)
        }
    }

    var isFlat: Bool {
        let account = core.engine.account
        return account.description.instruments.allSatisfy { account.netQuantity($0.id) == .zero }
    }

    /// Whether every venue's account has been compared with ours since its link came up.
    private var isAccountKnown: Bool {
        links.allSatisfy { $0.isUp && $0.hasBegun && !$0.manager.pauses.contains(.reconciling) }
    }

    /// Ends what is draining once it is flat, and what is stopping once nothing is on its way.
    mutating func finishIfDone() {
        if lifecycle.state == .draining, isFlat, core.engine.liveOrders.allSatisfy(\.status.isFinal) { obey(.stop) }
        if leavesWhenKnown, isAccountKnown {
            leavesWhenKnown = false
            leave(closesPositions: true)
        }
        if case .halted(flattens: true) = lifecycle.state, settings.mode.sendsOrders, isAccountKnown { closeTheRest() }
        guard lifecycle.state == .stopping else { return }
        let isOver = stopDeadline.map { $0 <= now.monotonic } ?? true
        let isQuiet =
            !settings.mode.sendsOrders
            || links.allSatisfy { $0.manager.unresolvedCount == 0 }
                && (settings.shutdown != .flatten || isFlat)
        guard isQuiet || isOver else { return }
        if !isQuiet { log(.error, .orders, "not everything was settled in time: the next start reconciles it") }
        stopDeadline = nil
        for venue in links.indices {
            if links[venue].isDeadManArmed { links[venue].connector.setDeadManSwitch(nil, at: now, into: &scratch) }
            links[venue].connector.handle(.stop, at: now, into: &scratch)
            drain(venue)
        }
        _ = lifecycle.stopped()
        record(.note(component: "session", text: "stopped"))
        _ = commit()
        outputs.append(.ended)
    }

    /// Positions that no strategy holds are closed by the managers, once the strategies' own orders are through.
    private mutating func closeTheRest() {
        guard core.engine.liveOrders.allSatisfy(\.status.isFinal), !isFlat else { return }
        for venue in links.indices {
            links[venue].manager.flatten(at: venueMoment(venue), into: &wanted)
            carryOut(venue)
        }
    }
}
