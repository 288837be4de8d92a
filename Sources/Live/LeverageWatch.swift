// SPDX-License-Identifier: Apache-2.0

import Trading
import VenueInterface

/// Whether a venue has the leverage and the margin mode that its markets are configured with. Until it has said so, nothing
/// opens a position there: the position would be margined, and liquidated, otherwise than was decided.
struct LeverageWatch: Sendable {
    private enum State: Sendable {
        case wanted(at: TimeSpan)
        case asked
        case confirmed(at: TimeSpan)
    }
    private struct Market: Sendable {
        let instrument: InstrumentID
        let leverage: Int64
        var state = State.wanted(at: .zero)
        /// Requests in a row that confirmed nothing.
        var failures = 0
        var problem: String?
    }

    /// What somebody should be told.
    enum News: Hashable, Sendable {
        case paused(InstrumentID, String)
        case confirmed(InstrumentID)
    }

    let isCross: Bool
    private var markets: [Market]

    static let firstWait = TimeSpan.seconds(1)
    /// After a request whose end is not known, and after a refusal: the same one has hardly another end soon.
    static let longestWaits = (unknown: TimeSpan.minutes(1), refused: TimeSpan.minutes(5))

    init(_ markets: [(instrument: InstrumentID, leverage: Int64)] = [], isCross: Bool = true) {
        self.isCross = isCross
        self.markets = markets.map { Market(instrument: $0.instrument, leverage: $0.leverage) }
    }

    func isConfirmed(_ instrument: InstrumentID) -> Bool {
        guard let market = markets.first(where: { $0.instrument == instrument }) else { return true }
        if case .confirmed = market.state { return true }
        return false
    }

    var unconfirmed: [InstrumentID] { markets.map(\.instrument).filter { !isConfirmed($0) } }

    /// Why markets have no entries at the moment.
    var problems: [(instrument: InstrumentID, problem: String)] {
        markets.compactMap { market in market.problem.map { (market.instrument, $0) } }
    }

    /// When the next request is due, in monotonic time.
    var nextRequest: TimeSpan? {
        markets.lazy.compactMap { if case .wanted(let time) = $0.state { time } else { nil } }.min()
    }

    /// The link is back: what was waited for is asked for at once.
    mutating func linkCameUp(at now: TimeSpan) {
        for index in markets.indices {
            if case .wanted = markets[index].state { markets[index].state = .wanted(at: now) }
        }
    }

    /// What is to be asked for now; each is answered once.
    mutating func takeRequests(at now: TimeSpan) -> [(instrument: InstrumentID, leverage: Int64)] {
        var due: [(instrument: InstrumentID, leverage: Int64)] = []
        for index in markets.indices {
            guard case .wanted(let time) = markets[index].state, time <= now else { continue }
            markets[index].state = .asked
            due.append((markets[index].instrument, markets[index].leverage))
        }
        return due
    }

    mutating func answered(_ instrument: InstrumentID, _ outcome: LeverageOutcome, at now: TimeSpan) -> News? {
        guard let index = markets.firstIndex(where: { $0.instrument == instrument }) else { return nil }
        switch outcome {
        case .done: return confirm(index, at: now)
        case .refused(let text): return fail(index, text, Self.longestWaits.refused, at: now)
        case .unknown(let reason): return fail(index, reason, Self.longestWaits.unknown, at: now)
        }
    }

    /// Compares with what the venue shows of its positions.
    ///
    /// - Parameter read: When the reading was asked for: what was confirmed after that can be missing from it.
    mutating func compare(
        _ shown: [AccountSnapshot.Leverage], read: TimeSpan, at now: TimeSpan
    ) -> [News] {
        var news: [News] = []
        for item in shown {
            guard let index = markets.firstIndex(where: { $0.instrument == item.instrument }) else { continue }
            let isRight = item.value == markets[index].leverage && item.isCross == isCross
            switch markets[index].state {
            case .wanted: if isRight, let told = confirm(index, at: now) { news.append(told) }
            case .asked: break
            case .confirmed(let time):
                guard !isRight, time < read else { continue }
                markets[index].state = .wanted(at: now)
                let text = "the venue has \(item.value) \(Self.name(item.isCross))"
                if let told = pause(index, text) { news.append(told) }
            }
        }
        return news
    }

    static func name(_ isCross: Bool) -> String { isCross ? "cross" : "isolated" }

    private mutating func confirm(_ index: Int, at now: TimeSpan) -> News? {
        markets[index].state = .confirmed(at: now)
        markets[index].failures = 0
        guard markets[index].problem != nil else { return nil }
        markets[index].problem = nil
        return .confirmed(markets[index].instrument)
    }

    private mutating func fail(_ index: Int, _ reason: String, _ longest: TimeSpan, at now: TimeSpan) -> News? {
        // A refusal does not undo what was confirmed meanwhile.
        guard case .asked = markets[index].state else { return nil }
        let shift = Int64(min(markets[index].failures, 20))
        let wait = min(TimeSpan(nanoseconds: Self.firstWait.nanoseconds << shift), longest)
        markets[index].failures += 1
        markets[index].state = .wanted(at: now + wait)
        return pause(index, reason)
    }

    private mutating func pause(_ index: Int, _ reason: String) -> News? {
        let isNews = markets[index].problem != reason
        markets[index].problem = reason
        return isNews ? .paused(markets[index].instrument, reason) : nil
    }
}
