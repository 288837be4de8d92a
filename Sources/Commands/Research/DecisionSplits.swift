// SPDX-License-Identifier: Apache-2.0

import Analysis
import Backtest
import Reports
import Statistics
import Strategies
import Trading

/// Trades split by what strategies noted when they entered and left: features, regime, key level, confidence, exit.
///
/// A trade belongs to the record of the entry order that opened it. Trades without one, such as those of strategies
/// that note nothing, are in no split.
struct DecisionSplits {
    private(set) var splits: [BacktestReport.DecisionSplit] = []

    /// Rows by label, in the order of their first trade.
    private struct Rows {
        private(set) var rows: [BacktestReport.DecisionSplit.Row] = []

        mutating func add(_ sample: TradeSample, to label: String) {
            let place = rows.firstIndex { $0.name == label }
            if place == nil { rows.append(.init(label, TradeStatistics())) }
            rows[place ?? rows.count - 1].statistics.add(sample)
        }

        /// The busiest first.
        var byCount: [BacktestReport.DecisionSplit.Row] {
            rows.sorted { ($1.statistics.count, $0.name) < ($0.statistics.count, $1.name) }
        }
    }

    /// What happened to one position after its entry.
    private struct Course {
        var exit: String?
        /// What the stop was last moved for.
        var stopMove: String?
        var features: [String] = []
    }

    /// - Parameters:
    ///   - decisions: Oldest first.
    ///   - trips: Closed ones, with `samples` beside them.
    init(_ decisions: [DecisionRecord], trips: [RoundTrip], samples: [TradeSample], strategyCount: Int) {
        guard !decisions.isEmpty, !trips.isEmpty else { return }
        var entries: [OrderID: Int] = [:]
        var byStrategy = [[Int]](repeating: [], count: strategyCount)
        for (index, decision) in decisions.enumerated() {
            if decision.kind == .entry, decision.verdict == .taken, decision.order != .none {
                entries[decision.order] = index
            }
            if let strategy = decision.strategy { byStrategy[strategy.index].append(index) }
        }
        var (features, regimes, levels, confidences, exits) = (Rows(), Rows(), Rows(), Rows(), Rows())
        for (trip, sample) in zip(trips, samples) {
            guard let place = entries[trip.entryOrder] else { continue }
            let entry = decisions[place]
            let course = Self.course(of: trip, byStrategy[trip.strategy.index], decisions)
            for feature in Self.features(entry) + course.features { features.add(sample, to: feature) }
            if let regime = Self.regime(entry) { regimes.add(sample, to: regime) }
            levels.add(sample, to: Self.level(entry))
            if let confidence = entry["confidence"] {
                confidences.add(sample, to: "\((confidence * 100).rounded() / 100)")
            }
            exits.add(sample, to: course.exit ?? trip.exitReason.text)
        }
        func add(_ key: String, _ label: String, _ rows: [BacktestReport.DecisionSplit.Row]) {
            if !rows.isEmpty { splits.append(.init(key: key, label: label, rows: rows)) }
        }
        add("byFeature", "Feature involved", features.byCount)
        add("byRegime", "Regime at entry", regimes.byCount)
        add("byKeyLevel", "Key level near entry", levels.byCount)
        add("byConfidence", "Confidence at entry", confidences.rows.sorted { $0.name > $1.name })
        add("byExitDecision", "Why it was left", exits.byCount)
    }

    /// What was noted between a trade's entry and its exit.
    private static func course(of trip: RoundTrip, _ indexes: [Int], _ decisions: [DecisionRecord]) -> Course {
        var course = Course()
        var (low, high) = (0, indexes.count)
        while low < high {
            let middle = (low + high) / 2
            if decisions[indexes[middle]].time < trip.entryTime { low = middle + 1 } else { high = middle }
        }
        while low < indexes.count {
            let decision = decisions[indexes[low]]
            guard decision.time <= trip.exitTime else { break }
            low += 1
            guard decision.instrument == trip.instrument else { continue }
            switch decision.kind {
            case .stop: course.stopMove = headline(decision.reason)
            case .exit where decision.order == trip.entryOrder && decision.verdict == .taken:
                course.exit = headline(decision.reason)
            default: continue
            }
            if !decision.feature.isEmpty, !course.features.contains(decision.feature) {
                course.features.append(decision.feature)
            }
        }
        if course.exit == "the stop was reached", let move = course.stopMove {
            course.exit = "the stop was reached, moved before: \(move)"
        }
        return course
    }

    /// A reason up to its details.
    private static func headline(_ reason: String) -> String {
        String(reason.prefix { $0 != ":" }.prefix(60))
    }

    /// Features that changed what was traded, or that the entry had to wait for.
    private static func features(_ entry: DecisionRecord) -> [String] {
        func isOther(_ name: String) -> Bool { entry[name].map { $0 != 1 } ?? false }
        var features: [String] = []
        if isOther("threshold_multiplier") { features.append("thresholds") }
        if entry["timeframe_alignment"] != nil { features.append("timeframes") }
        if isOther("profile_size_factor") || entry["key_level"] != nil { features.append("volume_profile") }
        if isOther("regime_size_factor") || isOther("regime_stop_multiplier") { features.append("regime") }
        if entry["probability"] != nil { features.append("prediction") }
        if isOther("size_factor") { features.append("sizing") }
        return features
    }

    private static func regime(_ entry: DecisionRecord) -> String? {
        guard let number = entry["regime"].flatMap({ Int(exactly: $0) }) else { return nil }
        let regimes = MarketRegime.allCases
        return regimes.indices.contains(number) ? regimes[number].rawValue : nil
    }

    private static func level(_ entry: DecisionRecord) -> String {
        guard entry["point_of_control"] != nil else { return "no profile" }
        guard let level = entry["key_level"] else { return "none near" }
        for (name, label) in [
            ("point_of_control", "point of control"), ("value_area_high", "value area high"),
            ("value_area_low", "value area low"),
        ] where entry[name] == level { return label }
        return "another level"
    }
}

extension DecisionRecord {
    /// A value by its name; `nil` where it is not known.
    fileprivate subscript(_ name: String) -> Double? {
        values.first { $0.name == name }.flatMap { $0.value.isFinite ? $0.value : nil }
    }
}
