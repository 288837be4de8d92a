// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Engine
import Execution
import Hyperliquid
import HyperliquidSimulator
import Journal
import Live
import Risk
import Strategies
import Trading

// MARK: What the whole journal says

extension SimulatedWorld {
    /// Replays the journal: it gives the same decisions, and each of them was allowed.
    func judgeJournal() throws(Violation) {
        setup.probe?.listen()
        defer { setup.probe?.stopListening() }
        do {
            var replay = try Replay(setup.decision)
            if setup.probe != nil { replay.keepDecisions() }
            let (instruments, length) = (setup.markets.map(\.instrument), state.plan.timeframe.span)
            var breakers = setup.breakers.map { BreakerWatch($0, instruments, bars: length) }
            var holdings = HoldingWatch(instruments)
            var isolation = setup.probe.map { IsolationWatch($0.broken) }
            var reader = try JournalReader(disk)
            while let record = try reader.next() {
                guard let entry = try SessionRecord(record) else { continue }
                try replay.apply(entry, sequence: record.sequence)
                switch entry {
                case .input(let input):
                    if let problem = holdings.observe(input) { throw violation(.forgottenAsset, problem) }
                    try judgeBreakers(input, replay, &breakers)
                    if case .instant(let instant) = input {
                        try judgeIsolation(&isolation, &replay, at: instant.close)
                    }
                case .commands(let commands): try judgeEntries(commands, replay, breakers)
                default: break
                }
            }
            if let problem = holdings.judge(replay.core.engine.account) { throw violation(.forgottenAsset, problem) }
            if let difference = replay.differences.first {
                throw violation(.replayDiffers, difference.description)
            }
            totals.breakers += breakers?.trips ?? 0
            totals.suspensions += isolation?.suspensions ?? 0
        } catch let violation as Violation {
            throw violation
        } catch {
            throw violation(.journal, "the journal cannot be replayed: \(error)")
        }
    }

    /// A breaker goes on with the very input that meets its condition, and with no other.
    private func judgeBreakers(
        _ input: DecisionInput, _ replay: borrowing Replay, _ watch: inout BreakerWatch?
    ) throws(Violation) {
        guard watch != nil, let found = replay.core.engine.breakers?.watched else { return }
        if let difference = watch?.observe(input, replay.core.engine.account, found: found) {
            throw violation(.breakerLate, "\(difference) after \(Self.time(of: input))")
        }
    }

    private static func time(of input: DecisionInput) -> String {
        switch input {
        case .instant(let instant): "the instant \(instant.close)"
        case .history(let close, _): "the history up to \(close)"
        default: "an input between two instants"
        }
    }

    /// Nothing is opened where a breaker is on, and nothing beyond its part of the capital.
    private func judgeEntries(
        _ commands: [OrderCommand], _ replay: borrowing Replay, _ watch: BreakerWatch?
    ) throws(Violation) {
        guard let watch else { return }
        for command in commands {
            guard case .submit(let request) = command.command, !request.isReduceOnly else { continue }
            // On spot a sale opens nothing.
            let isSpot = setup.markets[request.instrument.index].instrument.kind == .spot
            if isSpot, request.side == .sell { continue }
            if watch.isShut(request.instrument) {
                throw violation(
                    .breakerLate,
                    "order \(command.order.sequence) opens a position at \(command.sentAt) although "
                        + watch.on.map(\.description).sorted().joined(separator: ", ") + " is on")
            }
            guard let share = setup.singleSymbol, command.strategy.index == 0,
                let price = watch.price(of: request.instrument)
            else { continue }
            let instrument = setup.markets[request.instrument.index].instrument
            let worth = Double(request.quantity.units) / instrument.quantityScale * price
            let most = share * watch.equity(replay.core.engine.account)
            if worth > most * 1.000_001 {
                throw violation(
                    .limitExceeded,
                    "order \(command.order.sequence) is worth \(worth), its part of the capital is \(most)")
            }
        }
    }

    /// The feature that fails is switched off after three failures, alone, and that is told.
    private func judgeIsolation(
        _ watch: inout IsolationWatch?, _ replay: inout Replay, at now: Timestamp
    ) throws(Violation) {
        guard let probe = setup.probe, let before = watch?.suspensions else { return }
        if let problem = watch?.observe(asked: probe.count(probe.broken), at: now) {
            throw violation(.featureNotIsolated, problem)
        }
        let told = replay.takeDecisions().filter { $0.kind == .feature }
        if let other = told.first(where: { $0.feature != probe.broken.name }) {
            throw violation(.featureNotIsolated, "\(other.feature) was switched at \(now), and works: \(other.reason)")
        }
        let suspensions = (watch?.suspensions ?? before) - before
        if told.count != suspensions {
            throw violation(
                .featureNotIsolated,
                "\(told.count) records at \(now) tell of \(suspensions) failures of \(probe.broken.name)")
        }
    }
}
