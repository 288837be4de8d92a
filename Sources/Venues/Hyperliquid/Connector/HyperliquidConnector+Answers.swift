// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Execution
import Trading
import VenueInterface

extension HyperliquidConnector {
    /// An answer that was read whole.
    mutating func accept(
        _ reading: HyperliquidReading, for job: HyperliquidJob, sentAt: Moment?, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        if case .exchange(let answer) = reading {
            accept(answer, for: job, at: now, into: &outputs)
            return learn(from: answer, at: now, into: &outputs)
        }
        switch (job.purpose, reading) {
        case (.query(let order), .status(let outcome)): outputs.append(.event(.status(order, outcome)))
        case (.snapshot(let generation, let part), _):
            acceptSnapshot(reading, part, generation, at: now, into: &outputs)
        case (.bars(let request), .bars(let bars)): acceptBars(bars, for: request, at: now, into: &outputs)
        case (.fact, _): acceptFact(reading, at: now, into: &outputs)
        case (.poll, _): acceptPoll(reading, at: now, into: &outputs)
        case (.probe, .time(let time)):
            if let time, let sentAt { measure(time, sent: sentAt, at: now, into: &outputs) }
        case (.place, _), (.modify, _), (.cancel, _), (.deadMan, _), (.leverage, _), (.action, _), (.query, _),
            (.bars, _), (.probe, _):
            preconditionFailure("an answer is read as what was asked")
        }
    }

    private mutating func accept(
        _ answer: HyperliquidExchangeAnswer, for job: HyperliquidJob, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        switch job.purpose {
        case .place(let tickets): acceptPlaced(tickets, answer, into: &outputs)
        case .modify(let ticket): acceptModified(ticket, answer, into: &outputs)
        case .cancel(let tickets): acceptCancelled(tickets, answer, into: &outputs)
        case .deadMan(let time): acceptDeadMan(time, answer, at: now, into: &outputs)
        case .leverage(let instrument):
            let outcome: LeverageOutcome =
                if let refusal = answer.firstRefusal { .refused(text: refusal.text) } else { .done }
            outputs.append(.event(.leverage(instrument, outcome)))
        case .action(let name, let number):
            switch answer {
            case .refused(let refusal): tellAction(name, number, .refused(text: refusal.text), into: &outputs)
            case .done: tellAction(name, number, .done(twap: nil), into: &outputs)
            case .statuses(_, let statuses):
                switch statuses.first {
                case .refused(let refusal): tellAction(name, number, .refused(text: refusal.text), into: &outputs)
                case .twapRunning(let twap): tellAction(name, number, .done(twap: twap), into: &outputs)
                default: tellAction(name, number, .done(twap: nil), into: &outputs)
                }
            }
        case .query, .snapshot, .bars, .fact, .probe, .poll:
            // A refusal in the form of an action's answer.
            let text = if case .refused(let refusal) = answer { refusal.text } else { "not an answer to a question" }
            fail(job, .refused(text: text), at: now, into: &outputs)
        }
    }

    /// The job has ended without an answer that could be read.
    mutating func fail(
        _ job: HyperliquidJob, _ end: HyperliquidJobEnd, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let text = end.text
        switch job.purpose {
        case .place(let tickets):
            for ticket in tickets {
                let outcome: PlaceOutcome =
                    end.isDefinite ? .rejected(end.reject, text: text) : .unknown(reason: text)
                outputs.append(.event(.placed(ticket.client, outcome)))
            }
        case .modify(let ticket):
            let outcome: ModifyOutcome = end.isDefinite ? .rejected(end.reject, text: text) : .unknown(reason: text)
            outputs.append(.event(.modified(ticket.order.client, outcome)))
        case .cancel(let tickets):
            for ticket in tickets {
                let outcome: CancelOutcome = end.isDefinite ? .rejected(text: text) : .unknown(reason: text)
                outputs.append(.event(.cancelled(ticket.client, outcome)))
            }
        case .query(let order): outputs.append(.event(.status(order, .unknown(reason: text))))
        case .snapshot(let generation, let part):
            failSnapshot(part, generation, reason: text, at: now, into: &outputs)
        case .bars(let request):
            outputs.append(.event(.barsUnavailable(request.instrument, request.timeframe, reason: text)))
        case .fact(let fact):
            let warning = "The venue did not tell \(fact.name): \(text)"
            outputs.append(.event(.notice(.warning(warning))))
        case .probe:
            // A probe that could not go out says as little for the venue as one that failed.
            if case .neverSent = end { failed(text, at: now, into: &outputs) }
        case .poll: fallback.isAsking = false
        case .deadMan: warnDeadMan(end.isDefinite ? text : "that is not certain, because \(text)", into: &outputs)
        case .leverage(let instrument):
            // What the venue says of it is a refusal; what lies between is not.
            let outcome: LeverageOutcome =
                if case .refused = end { .refused(text: text) } else { .unknown(reason: text) }
            outputs.append(.event(.leverage(instrument, outcome)))
        case .action(let name, let number):
            let outcome: HyperliquidActionResult.Outcome =
                end.isDefinite ? .refused(text: text) : .unknown(reason: text)
            tellAction(name, number, outcome, into: &outputs)
        }
    }

    // MARK: Clock

    /// The present by the venue's clock, as well as it is known.
    func venueTime(at now: Moment) -> Timestamp { followedOffset.map { now.wall.later(by: $0) } ?? now.wall }

    /// A difference of more than an hour is no clock's drift: it is told, and not followed.
    private var followedOffset: TimeSpan? {
        clock.offset.flatMap { $0 < .hours(1) && $0 > .hours(-1) ? $0 : nil }
    }

    mutating func advanceClock(at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard isRunning, let every = configuration.clockEvery else { return nextClockSample = nil }
        guard let next = nextClockSample else { return nextClockSample = now.monotonic }
        guard now.monotonic >= next else { return }
        // The first five come quickly, because an estimate is made of five.
        clockSamples += 1
        nextClockSample = now.monotonic.later(by: clockSamples < ClockOffset.samplesKept ? .seconds(2) : every)
        read(.probe, .exchangeStatus, .market, within: .seconds(30), at: now, into: &outputs)
    }

    mutating func measure(
        _ venue: Timestamp, sent: Moment, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let change = clock.add(
            venue: venue, sent: sent.wall, received: now.wall, roundTrip: now.monotonic.since(sent.monotonic))
        switch change {
        case .clockJumped(let jump):
            clockSamples = 0
            nextClockSample = now.monotonic.later(by: .seconds(2))
            let text = "This machine's clock jumped by \(jump.nanoseconds / 1_000_000) ms."
            outputs.append(.event(.notice(.warning(text))))
        case .alarm(let offset):
            let text =
                "The venue's clock is \(offset.nanoseconds / 1_000_000) ms ahead of this machine's. Set the clock (NTP)."
            outputs.append(.event(.notice(.warning(text))))
        case .calm, nil: break
        }
        if let offset = followedOffset { outputs.append(.event(.notice(.clockOffset(offset)))) }
    }
}

extension HyperliquidJobEnd {
    /// Why, in the words of all venues, where it is certain that nothing was done.
    var reject: RejectReason {
        switch self {
        case .neverSent, .tooFast, .lost: .notTrading
        case .refused(let text): HyperliquidRefusal(text: text).reject
        case .answered, .unreadable, .serverError: .none
        }
    }
}

extension AccountFact {
    var name: String {
        switch self {
        case .requestBudget: "how many requests are left to this address"
        case .agents: "which keys may sign for the account"
        case .fees: "the account's fees"
        }
    }
}
