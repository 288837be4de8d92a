// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Execution
import JSON
import Trading
import VenueInterface

extension HyperliquidConnector {
    // MARK: Asking

    /// Takes a request on: it is sent when the limits allow, and `finish` hears of its end, whatever that is.
    mutating func ask(_ job: HyperliquidJob, at now: Moment, into outputs: inout [ConnectorOutput]) {
        hasWork = true
        nextToken += 1
        let token = nextToken
        jobs[token] = job
        jobTokens.append(token)
        guard isRunning else {
            return end(token, .neverSent(reason: "the connector is stopped"), at: now, into: &outputs)
        }
        queue(token, at: now, into: &outputs)
    }

    /// Takes a question on.
    mutating func read(
        _ purpose: HyperliquidJob.Purpose, _ request: HyperliquidRequest, _ priority: RateLimiter.Priority,
        within deadline: TimeSpan? = nil, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let job = HyperliquidJob(
            purpose: purpose, body: .info(request), priority: priority, weight: request.most,
            deadline: now.monotonic.later(by: deadline ?? configuration.readFreshness))
        ask(job, at: now, into: &outputs)
    }

    private mutating func queue(_ token: UInt64, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard var job = jobs[token] else { return }
        job.state = .queued
        if case .action = job.body { job.isPosted = configuration.postsActions && postLink != nil }
        jobs[token] = job
        do throws(RateLimiter.Refusal) {
            if job.isPosted {
                try socketLimiter.enqueue(token, weight: 1, priority: job.priority, expires: job.deadline)
            } else {
                try restLimiter.enqueue(token, weight: job.weight, priority: job.priority, expires: job.deadline)
            }
        } catch {
            end(token, .neverSent(reason: error.description), at: now, into: &outputs)
        }
    }

    // MARK: Sending

    /// Sends what the limits allow now.
    mutating func pump(at now: Moment, into outputs: inout [ConnectorOutput]) {
        while let token = restLimiter.next(at: now.monotonic) { send(token, at: now, into: &outputs) }
        while let token = socketLimiter.next(at: now.monotonic) {
            if let message = controlMessages.removeValue(forKey: token) {
                if links.contains(where: { $0.openStream == message.stream }) {
                    outputs.append(.send(message.stream, message.bytes))
                }
                socketLimiter.settle(token, at: now.monotonic)
            } else {
                send(token, at: now, into: &outputs)
            }
        }
    }

    private mutating func send(_ token: UInt64, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard var job = jobs[token] else {
            restLimiter.settle(token, weight: 0, at: now.monotonic)
            return socketLimiter.settle(token, weight: 0, at: now.monotonic)
        }
        if job.isPosted, postLink == nil {
            // The connection went while it waited: it goes the other way.
            socketLimiter.settle(token, weight: 0, at: now.monotonic)
            return queue(token, at: now, into: &outputs)
        }
        if let reason = obstacle(to: job, at: now) {
            return end(token, .neverSent(reason: reason), at: now, into: &outputs)
        }
        requestNumber += 1
        let number = requestNumber
        let payload: [UInt8]
        let path: String
        switch job.body {
        case .info(let request): (payload, path) = (request.bytes, "/info")
        case .action(let action):
            guard let signed = signed(action, at: now, into: &outputs) else {
                let reason = "no nonce can be made with this machine's clock"
                return end(token, .neverSent(reason: reason), at: now, into: &outputs)
            }
            (payload, path) = (signed, "/exchange")
            if let share = budget.sent(job.addressCost, at: now.monotonic) { tellBudget(share, into: &outputs) }
        }
        let stream = job.isPosted ? postLink : nil
        job.state = .sent(number: number, at: now, on: stream)
        jobs[token] = job
        sent[number] = token
        if let stream {
            outputs.append(.send(stream, HyperliquidFrame.post(id: number, action: payload)))
        } else {
            outputs.append(
                .request(
                    HTTPRequest(
                        id: RequestID(number), path: path, headers: [("Content-Type", "application/json")],
                        body: payload, timeout: configuration.requestTimeout)))
        }
    }

    /// Why a request must not go out now.
    private func obstacle(to job: HyperliquidJob, at now: Moment) -> String? {
        if job.isRefusedByOpenBreaker, !breaker.isClosed {
            return "the venue failed \(breaker.threshold) times in a row; orders wait until it answers again"
        }
        guard let use = job.budgetUse else { return nil }
        switch budget.verdict(on: use, count: job.addressCost, at: now.monotonic) {
        case .affordable: return nil
        case .keptBack(let left):
            return "the \(left) requests that this address has left are kept for cancels and protective orders"
        case .notBefore(let time):
            let wait = time.since(now.monotonic).nanoseconds / 1_000_000_000
            return "this address has used up its \(budget.cap) requests; one more is free in \(wait + 1) s"
        }
    }

    /// The body of a signed request; `nil` where there can be none.
    private mutating func signed(
        _ action: HyperliquidAction, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> [UInt8]? {
        guard let signer = configuration.signer else { return nil }
        let wall = venueTime(at: now)
        do throws(NonceError) {
            let nonce = try nonces.next(at: wall)
            var expires: UInt64?
            if let span = configuration.expiresAfter, case .hashed = action.signing {
                expires = UInt64(max(0, wall.later(by: span).nanoseconds / 1_000_000))
            }
            return signer.request(action, nonce: nonce, expiresAfter: expires)
        } catch {
            outputs.append(.event(.notice(.warning(error.description))))
            return nil
        }
    }

    // MARK: Hearing

    mutating func answered(
        _ id: RequestID, _ outcome: HTTPOutcome, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let token = sent[id.rawValue] else { return }
        switch outcome {
        case .failure(let failure): end(token, .lost(failure), at: now, into: &outputs)
        case .response(let status, let body, let retryAfter):
            end(token, ended(status: status, body: body, retryAfter: retryAfter), at: now, into: &outputs)
        }
    }

    private func ended(status: Int, body: [UInt8], retryAfter: TimeSpan?) -> HyperliquidJobEnd {
        func text() -> String {
            let shown = String(decoding: body.prefix(200), as: UTF8.self).shortened
            return "HTTP \(status)\(shown.isEmpty ? "" : ": \(shown)")"
        }
        switch status {
        case 200:
            do {
                return .answered(.document(try MessageReader(bytes: body)))
            } catch {
                return .unreadable(error.description)
            }
        case 418, 429: return .tooFast(retryAfter: retryAfter)
        case 400, 422:
            // The venue's own words: it could not make a request of what it got. It may still be an error in its form.
            if let error = venueError(in: body) { return .answered(error) }
            return Self.isVenueText(body) ? .refused(text: text()) : .unreadable(text())
        default:
            if let error = venueError(in: body) { return .answered(error) }
            return .serverError(text: text())
        }
    }

    /// A refusal in the venue's own form, whatever the status of HTTP.
    private func venueError(in body: [UInt8]) -> HyperliquidJobAnswer? {
        guard let answer = try? HyperliquidAnswer.exchange(body), case .refused = answer else { return nil }
        return .exchange(answer)
    }

    /// The words in which the venue says that it could not make a request of what it got. A page of some machine in
    /// between says nothing about what the venue did.
    private static func isVenueText(_ body: [UInt8]) -> Bool {
        let text = String(decoding: body.prefix(400), as: UTF8.self).lowercased()
        return text.contains("deserialize") || text.contains("json")
    }

    /// The answer to something that was posted over the WebSocket.
    mutating func answeredPost(
        _ number: UInt64, _ answer: HyperliquidPostAnswer, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let token = sent[number] else { return }
        switch answer {
        case .action(let exchange): end(token, .answered(.exchange(exchange)), at: now, into: &outputs)
        case .info: end(token, .unreadable("the answer is one to a question"), at: now, into: &outputs)
        case .error(let text):
            let shown = text.shortened
            if text.contains("429") {
                end(token, .tooFast(retryAfter: nil), at: now, into: &outputs)
            } else if Self.isVenueText(Array(text.utf8)) {
                end(token, .refused(text: shown), at: now, into: &outputs)
            } else {
                end(token, .serverError(text: shown), at: now, into: &outputs)
            }
        }
    }

    /// The connection that answers were to come on is gone.
    mutating func endLost(
        on stream: StreamID, _ failure: TransportFailure, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        for token in jobTokens {
            guard case .sent(_, _, let on)? = jobs[token]?.state, on == stream else { continue }
            end(token, .lost(.closed("\(failure)")), at: now, into: &outputs)
        }
    }

    // MARK: Ending

    /// A try has ended. It is tried again where that can do no harm and there is time; else the job is done.
    mutating func end(
        _ token: UInt64, _ end: HyperliquidJobEnd, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard var job = jobs[token] else { return }
        hasWork = true
        var roundTrip: Moment?
        if case .sent(let number, let at, _) = job.state {
            sent[number] = nil
            roundTrip = at
        }
        var result = end
        if case .answered(let answer) = end {
            do throws(MessageError) {
                let reading = try HyperliquidReading(answer, for: job.purpose, in: market)
                settle(token, job, rows: answer.rows, at: now)
                healthy(into: &outputs)
                if !job.isPosted { restLimiter.accepted() }
                remove(token)
                return accept(reading, for: job, sentAt: roundTrip, at: now, into: &outputs)
            } catch {
                result = .unreadable(error.description)
            }
        }
        settle(token, job, rows: nil, at: now, isSent: roundTrip != nil)
        switch result {
        case .answered, .neverSent: break
        case .refused: healthy(into: &outputs)
        case .tooFast(let hint):
            // What is posted has limits of its own, and pings must go on.
            if !job.isPosted { restLimiter.refused(retryAfter: hint, at: now.monotonic) }
        case .unreadable, .serverError: failed(result.text, at: now, into: &outputs)
        case .lost:
            // What was posted is lost with its connection: that is one failure, of the connection.
            if !job.isPosted { failed(result.text, at: now, into: &outputs) }
        }
        job.failures += 1
        if job.isTriedAgain(after: result), isRunning, isWanted(job),
            let wait = configuration.retries.wait(afterFailures: job.failures, using: &jitter),
            now.monotonic.later(by: wait) < job.deadline
        {
            job.state = .resting(until: now.monotonic.later(by: wait))
            jobs[token] = job
            return
        }
        remove(token)
        fail(job, result, at: now, into: &outputs)
    }

    /// Whether anybody still waits for its answer.
    private func isWanted(_ job: HyperliquidJob) -> Bool {
        if case .snapshot(let generation, _) = job.purpose { snapshot?.generation == generation } else { true }
    }

    private mutating func settle(
        _ token: UInt64, _ job: HyperliquidJob, rows: Int?, at now: Moment, isSent: Bool = true
    ) {
        if job.isPosted {
            socketLimiter.settle(token, weight: isSent ? nil : 0, at: now.monotonic)
        } else {
            let weight = isSent ? rows.flatMap { job.weight(rows: $0) } : 0
            restLimiter.settle(token, weight: weight, at: now.monotonic)
        }
    }

    mutating func remove(_ token: UInt64) {
        jobs[token] = nil
        if let index = jobTokens.firstIndex(of: token) { jobTokens.remove(at: index) }
    }

    // MARK: Time

    /// Ends tries whose time is over, and starts those whose time has come.
    mutating func advanceJobs(at now: Moment, into outputs: inout [ConnectorOutput]) {
        for token in restLimiter.takeExpired(at: now.monotonic) + socketLimiter.takeExpired(at: now.monotonic) {
            controlMessages[token] = nil
            let reason = "the limits of the venue left no room for it in time"
            end(token, .neverSent(reason: reason), at: now, into: &outputs)
        }
        for token in jobTokens {
            guard let job = jobs[token] else { continue }
            switch job.state {
            case .queued: break
            case .resting(let until):
                if now.monotonic >= until { queue(token, at: now, into: &outputs) }
            case .sent(_, let at, let stream):
                if now.monotonic >= timeLimit(from: at, on: stream) {
                    end(token, .lost(.timedOut), at: now, into: &outputs)
                }
            }
        }
    }

    /// The shell tells of an HTTP request that takes too long; this is for the case that it does not.
    private func timeLimit(from sent: Moment, on stream: StreamID?) -> TimeSpan {
        let limit = configuration.requestTimeout
        return sent.monotonic.later(by: stream == nil ? limit.later(by: .seconds(5)) : limit)
    }

    var nextJobWake: TimeSpan? {
        var wake: TimeSpan?
        for token in jobTokens {
            switch jobs[token]?.state {
            case .resting(let until): wake = earliest(wake, until)
            case .sent(_, let at, let stream): wake = earliest(wake, timeLimit(from: at, on: stream))
            case .queued, nil: break
            }
        }
        return wake
    }

    /// Nothing more goes out: what has not gone yet ends here, what has waits for its answer.
    mutating func endUnsentJobs(reason: String, at now: Moment, into outputs: inout [ConnectorOutput]) {
        for token in jobTokens {
            switch jobs[token]?.state {
            case .queued, .resting:
                _ = restLimiter.withdraw(token)
                _ = socketLimiter.withdraw(token)
                end(token, .neverSent(reason: reason), at: now, into: &outputs)
            case .sent, nil: break
            }
        }
    }
}

extension HyperliquidRequest {
    /// The most that it can count: no answer has more rows.
    var most: Int { weight + (rowsPerWeight.map { (rowsPerWeight == 60 ? 5_000 : 2_000) / $0 + 1 } ?? 0) }
}

extension HyperliquidJob {
    /// What it counted, once the rows of its answer are known; `nil`: what it was queued with.
    func weight(rows: Int) -> Int? {
        guard case .info(let request) = body else { return nil }
        return request.weight + (request.rowsPerWeight.map { (rows + $0 - 1) / $0 } ?? 0)
    }

    /// Orders are risk. What takes it away or tells of it passes: cancels, questions, the dead man's switch, and orders
    /// that only reduce.
    var isRefusedByOpenBreaker: Bool {
        switch purpose {
        case .place(let tickets): !tickets.allSatisfy(\.isReduceOnly)
        case .modify(let ticket): !ticket.order.isReduceOnly
        case .leverage, .action, .bars, .poll: true
        case .cancel, .query, .snapshot, .fact, .probe, .deadMan: false
        }
    }

    /// How it counts against the address's requests; `nil`: not at all.
    var budgetUse: AddressBudget.Use? {
        switch purpose {
        case .place(let tickets): tickets.allSatisfy { $0.isReduceOnly } ? .protective : .order
        case .modify(let ticket): ticket.order.isReduceOnly ? .protective : .order
        case .cancel: .cancel
        case .deadMan: .protective
        case .leverage, .action: .order
        case .query, .snapshot, .bars, .fact, .probe, .poll: nil
        }
    }

    /// A question does no harm when it is asked twice. What acts is sent again only where the venue did not act.
    func isTriedAgain(after end: HyperliquidJobEnd) -> Bool {
        switch (purpose, body, end) {
        case (_, _, .answered), (_, _, .refused), (_, _, .neverSent): false
        case (.probe, _, _), (.poll, _, _): false
        case (_, .info, _): true
        case (_, .action, _): end.isDefinite
        }
    }
}

extension HyperliquidConnector {
    /// Drops requests whose answers nobody waits for any more. What was sent is still counted when it ends.
    mutating func withdraw(where isWithdrawn: (HyperliquidJob) -> Bool) {
        for token in jobTokens {
            guard let job = jobs[token], isWithdrawn(job) else { continue }
            switch job.state {
            case .queued, .resting:
                _ = restLimiter.withdraw(token)
                _ = socketLimiter.withdraw(token)
                remove(token)
            case .sent: break
            }
        }
    }
}
