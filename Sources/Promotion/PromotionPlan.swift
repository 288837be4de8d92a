// SPDX-License-Identifier: Apache-2.0

public import Configuration
import Trading

/// One thing that a stage must have shown.
public struct PromotionCriterion: Hashable, Sendable {
    /// The key of the configuration.
    public let name: String
    /// What is asked for: `at least 7d`.
    public let required: String
    /// What the sessions showed.
    public let measured: String
    public let isMet: Bool
    /// What to do where it is not.
    public let missing: String?
}

/// Whether a configuration has earned the next stage.
public struct PromotionCheck: Hashable, Sendable {
    public let stage: TradingStage
    /// `nil` at the end of the plan.
    public let next: TradingStage?
    /// Empty at the end of the plan.
    public let criteria: [PromotionCriterion]
    /// Sessions of this stage and configuration.
    public let sessions: Int
    /// Sessions of this stage that were traded by another configuration, and so count for nothing.
    public let otherSessions: Int

    public var isPassed: Bool { next != nil && criteria.allSatisfy(\.isMet) }
    /// The highest mode that may be used now.
    public var allowed: TradingStage { isPassed ? next ?? stage : stage }

    /// - Parameters:
    ///   - stage: Where the configuration stands now.
    ///   - fingerprint: Its `tradingFingerprint`.
    ///   - summaries: All there are, in any order.
    public init(
        of stage: TradingStage, plan: PromotionSettings, fingerprint: String, summaries: [SessionSummary]
    ) {
        self.stage = stage
        next = stage.next
        let ofStage = Set(summaries.filter { $0.stage == stage })
        let counted = ofStage.filter { $0.fingerprint == fingerprint }.sorted {
            ($0.start, $0.end, $0.instance) < ($1.start, $1.end, $1.instance)
        }
        sessions = counted.count
        otherSessions = ofStage.count - counted.count
        let settings: PromotionSettings.Criteria? =
            switch stage {
            case .paper: plan.paper
            case .dryRun: plan.dryRun
            case .deMinimis: plan.deMinimis
            case .live: nil
            }
        criteria = settings.map { Evidence(counted).criteria($0) } ?? []
    }
}

/// What sessions showed together.
private struct Evidence {
    let sessions: [SessionSummary]
    /// Times in which two sessions ran count once.
    private(set) var nanoseconds: Int128 = 0
    private(set) var days: Set<Int64> = []

    init(_ sessions: [SessionSummary]) {
        self.sessions = sessions
        var covered = Int64.min
        for session in sessions {
            let start = max(session.start.nanoseconds, covered)
            nanoseconds += max(0, Int128(session.end.nanoseconds) - Int128(start))
            covered = max(covered, session.end.nanoseconds)
            days.formUnion(session.start.dayNumber...max(session.start.dayNumber, session.end.dayNumber))
        }
    }

    func criteria(_ wanted: PromotionSettings.Criteria) -> [PromotionCriterion] {
        var list = [time(wanted.minimumTime), dayCount(wanted.minimumDays)]
        if let trips = wanted.minimumRoundTrips { list.append(roundTrips(trips)) }
        if let drawdown = wanted.maximumDrawdown { list.append(self.drawdown(drawdown)) }
        if let difference = wanted.maximumDifference { list.append(self.difference(difference)) }
        return list + [uptime(wanted.minimumUptime), findings(wanted.maximumFindings)]
    }

    private func time(_ wanted: TimeSpan) -> PromotionCriterion {
        let left = Int128(wanted.nanoseconds) - nanoseconds
        return PromotionCriterion(
            name: "min_time", required: "at least \(DurationText.format(wanted))", measured: Self.span(nanoseconds),
            isMet: left <= 0, missing: left > 0 ? "run it for \(Self.span(left)) more" : nil)
    }

    private func dayCount(_ wanted: Int64) -> PromotionCriterion {
        let left = wanted - Int64(days.count)
        return PromotionCriterion(
            name: "min_days", required: "at least \(wanted)", measured: "\(days.count)", isMet: left <= 0,
            missing: left > 0 ? "run it on \(left) more \(left == 1 ? "day" : "days")" : nil)
    }

    private func roundTrips(_ wanted: Int64) -> PromotionCriterion {
        let count = sessions.reduce(Int128(0)) { $0 + Int128($1.roundTrips) }
        let left = Int128(wanted) - count
        return PromotionCriterion(
            name: "min_round_trips", required: "at least \(wanted)", measured: "\(count)", isMet: left <= 0,
            missing: left > 0 ? "\(left) more positions must be opened and closed" : nil)
    }

    private func drawdown(_ wanted: Rate) -> PromotionCriterion {
        let deepest = sessions.map(\.maximumDrawdown).max { $0.units < $1.units }
        let isMet = deepest.map { $0.units <= wanted.units } ?? false
        return PromotionCriterion(
            name: "max_drawdown", required: "at most \(Self.percent(wanted))",
            measured: deepest.map(Self.percent) ?? "no session", isMet: isMet,
            missing: isMet
                ? nil : deepest == nil ? "no session yet" : "change the strategy or its size, and begin again")
    }

    private func difference(_ wanted: Rate) -> PromotionCriterion {
        let compared = sessions.compactMap(\.backtestDifference)
        let largest = compared.max { $0.units.magnitude < $1.units.magnitude }
        let isSmall = largest.map { $0.units.magnitude <= wanted.units.magnitude } ?? false
        let open = sessions.count - compared.count
        return PromotionCriterion(
            name: "max_difference", required: "at most \(Self.percent(wanted))",
            measured: largest.map(Self.percent) ?? "not compared", isMet: isSmall && open == 0,
            missing: sessions.isEmpty
                ? "no session yet"
                : open > 0
                    ? "compare \(open) \(open == 1 ? "session" : "sessions") with a backtest: 'apus compare'"
                    : isSmall ? nil : "find out why: 'apus compare' explains the differences")
    }

    private func uptime(_ wanted: Rate) -> PromotionCriterion {
        let up = sessions.reduce(Int128(0)) { $0 + Int128($1.uptime.nanoseconds) }
        let whole = sessions.reduce(Int128(0)) { $0 + Int128($1.end.nanoseconds) - Int128($1.start.nanoseconds) }
        // Shares are rounded down: 98.9999 % is not 99 %.
        let share = whole > 0 ? Rate(units: Int64(up * Int128(Rate.one) / whole)) : nil
        let isMet = share.map { $0.units >= wanted.units } ?? false
        return PromotionCriterion(
            name: "min_uptime", required: "at least \(Self.percent(wanted))",
            measured: share.map(Self.percent) ?? "no session", isMet: isMet,
            missing: isMet ? nil : share == nil ? "no session yet" : "see the log for what was down, and run it longer")
    }

    private func findings(_ wanted: Int64) -> PromotionCriterion {
        let count = sessions.reduce(Int128(0)) { $0 + Int128($1.unresolvedFindings) }
        let isMet = count <= Int128(wanted)
        return PromotionCriterion(
            name: "max_findings", required: "at most \(wanted)", measured: "\(count)", isMet: isMet,
            missing: isMet ? nil : "look at them and resolve them: 'apus control findings'")
    }

    /// Days, hours and minutes, rounded down, with seconds where there is nothing larger.
    private static func span(_ nanoseconds: Int128) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
        ].filter { $0.0 > 0 }
        return parts.isEmpty ? "\(seconds)s" : parts.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    private static func percent(_ rate: Rate) -> String {
        "\(Amount(units: Int128(rate.units) * 100 * 1_000_000_000)) %"
    }
}
