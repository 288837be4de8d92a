// SPDX-License-Identifier: Apache-2.0

import Configuration
import Connectivity
import DataStore
import MarketData
import Networking
import Trading
import VenueInterface

/// Asks one page for the newest value of a series, again and again: what to send, what an answer means, when to ask next.
///
/// Pure: no clock, no socket. One request at a time. What cannot be believed says nothing; the value that is known goes on
/// until it is too old.
struct ExternalPoller {
    /// What an answer came to.
    struct Outcome: Equatable {
        var observation: ExternalObservation?
        /// For the log: each kind of problem once an hour, and that it is over.
        var warnings: [String] = []
        var notes: [String] = []
        /// How long to wait before the next request.
        var wait: TimeSpan
    }

    /// How often one kind of problem is told.
    static let repetition = TimeSpan.hours(1)

    let name: String
    let page: ExternalPage
    private let pick: ExternalPick
    private var backoff: Backoff
    private var jitter: Jitter
    private var newest: ExternalObservation?
    private var entityTag: String?
    private var lastModified: String?
    private var toldAt: [ExternalProblem.Kind: TimeSpan] = [:]
    private var failingSince: TimeSpan?

    /// - Parameter newest: What is known already.
    init(_ name: String, _ page: ExternalPage, newest: ExternalObservation?, seed: UInt64) {
        self.name = name
        self.page = page
        self.newest = newest
        pick = ExternalPick(rows: page.rows, value: page.value, time: page.time)
        backoff = Backoff(minimum: .seconds(1), maximum: max(page.every, .minutes(1)))
        jitter = Jitter(seed: seed)
    }

    /// What lets the server answer that nothing has changed.
    var conditions: [(name: String, value: String)] {
        [("If-None-Match", entityTag), ("If-Modified-Since", lastModified)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }

    /// - Parameters:
    ///   - receivedAt: By the session's clock: what comes of it is known from then on.
    ///   - now: Of the monotonic clock.
    mutating func take(_ answer: PageAnswer, receivedAt: Timestamp, at now: TimeSpan) -> Outcome {
        var outcome = Outcome(wait: page.every)
        do throws(ExternalProblem) {
            let found = try read(answer, receivedAt)
            if let found {
                entityTag = Self.plain(answer.entityTag)
                lastModified = Self.plain(answer.lastModified)
                for problem in found.problems { tell(problem, at: now, &outcome) }
                if let value = found.newest, isNews(value) {
                    newest = value
                    outcome.observation = value
                }
            }
            backoff.reset()
            if let since = failingSince {
                failingSince = nil
                outcome.notes.append("external.\(name): \(page.address) answers again, after \(text(now.since(since)))")
            }
        } catch {
            tell(error, at: now, &outcome)
            // Only what was told is told to be over.
            if !outcome.warnings.isEmpty { failingSince = failingSince ?? now }
            outcome.wait = backoff.failed(at: now, using: &jitter)
            if case .response(_, _, let pause?) = answer.outcome { outcome.wait = max(outcome.wait, pause) }
        }
        return outcome
    }

    /// - Returns: `nil` where nothing has changed.
    private func read(_ answer: PageAnswer, _ receivedAt: Timestamp) throws(ExternalProblem) -> ExternalAnswer? {
        switch answer.outcome {
        case .failure(let failure):
            throw ExternalProblem(.transport, "there is no whole answer: \(failure)")
        case .response(let status, _, _) where status == 304 && !conditions.isEmpty: return nil
        case .response(200, let body, _):
            return try ExternalAnswer(reading: body, pick, receivedAt: receivedAt, saysItsLength: answer.saysItsLength)
        case .response(300..<400, _, _):
            let target = answer.location.flatMap { Self.plain($0) }.map { " to \($0.prefix { $0 != "?" })" } ?? ""
            throw ExternalProblem(
                .redirect, "it redirects\(target), which is not followed. Put the address that is meant into 'url'")
        case .response(let status, _, _):
            throw ExternalProblem(.status, "it answered with status \(status)\(Self.advice(status))")
        }
    }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 401, 403: ": it wants a key, or another one (see 'headers')"
        case 404, 410: ": there is no such page"
        case 429: ": it is asked too often (see 'every')"
        default: ""
        }
    }

    /// A revision is news; an older value is not, because nobody can read it any more.
    private func isNews(_ value: ExternalObservation) -> Bool {
        guard let newest else { return true }
        return value.valueTime > newest.valueTime
            || (value.valueTime == newest.valueTime && value.value != newest.value)
    }

    private mutating func tell(_ problem: ExternalProblem, at now: TimeSpan, _ outcome: inout Outcome) {
        if let last = toldAt[problem.kind], now.since(last) < Self.repetition { return }
        toldAt[problem.kind] = now
        outcome.warnings.append("external.\(name): \(page.address): \(problem)")
    }

    /// A header's value that may be sent back.
    private static func plain(_ text: String?) -> String? {
        guard let text, (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else {
            return nil
        }
        return text
    }

    private func text(_ span: TimeSpan) -> String { "\(span.nanoseconds / 1_000_000_000) s" }
}
