// SPDX-License-Identifier: Apache-2.0

import Configuration
import Reports
import Statistics
import Strategies

/// What `apus ab` puts beside each other, and what is concluded from the outcomes.
struct AbVariants {
    /// What differs between the variants.
    enum Subject: String, CaseIterable {
        case features
        case strategies
    }

    enum Role: Equatable {
        case all
        /// Every feature but this one.
        case without(String)
        case none
        case asConfigured
        case rival
    }

    struct Variant {
        let name: String
        let role: Role
        let configuration: ApusConfiguration
    }

    let variants: [Variant]
    /// What runs as it is written.
    let configured: ApusConfiguration
    let title: String
    let warnings: [String]
    /// Equal for command lines that compare the same.
    let fingerprint: String
    private let features: FeatureVariants
    private let isOfFeatures: Bool

    /// - Parameters:
    ///   - subject: `nil`: features where there are any, otherwise strategies.
    ///   - others: Configurations that are to be rivals of this one.
    init(
        _ document: ConfigurationDocument, _ written: ApusConfiguration, by subject: Subject?,
        others: [(name: String, document: ConfigurationDocument, configuration: ApusConfiguration)],
        _ registry: StrategyRegistry
    ) throws(CommandFailure) {
        features = FeatureVariants(document, written, registry)
        let enabled = written.strategies.filter(\.isEnabled).map(\.key)
        var variants: [Variant] = []
        var warnings: [String] = []
        func add(_ role: Role, _ variant: FeatureVariants.Variant) {
            variants.append(Variant(name: variant.name, role: role, configuration: variant.configuration))
        }
        if !others.isEmpty {
            isOfFeatures = false
            configured = written
            title = "as configured, " + others.map(\.name).joined(separator: ", ")
            variants.append(Variant(name: "as configured", role: .rival, configuration: written))
            for other in others {
                variants.append(Variant(name: other.name, role: .rival, configuration: other.configuration))
            }
        } else if subject == .strategies || (subject == nil && features.strategies.isEmpty && enabled.count > 1) {
            guard enabled.count > 1 else {
                throw .failed(
                    "There is one enabled strategy, and nothing to compare it with. Enable a second one, or name another "
                        + "configuration: --with FILE.")
            }
            isOfFeatures = false
            configured = written
            title = enabled.joined(separator: ", ")
            variants.append(Variant(name: "all together", role: .asConfigured, configuration: written))
            for key in enabled {
                variants.append(
                    Variant(
                        name: key, role: .rival,
                        configuration: try features.with(disabled: enabled.filter { $0 != key })))
            }
        } else {
            guard !features.strategies.isEmpty else {
                throw .failed(
                    "No enabled strategy has features to compare. The type 'enhanced' has; `apus strategies list` shows its "
                        + "parameters. Other strategies are compared with each other, where two are enabled, or with another "
                        + "configuration: --with FILE.")
            }
            isOfFeatures = true
            configured = try features.asConfigured()
            title = features.strategies.joined(separator: ", ")
            add(.all, try features.variant("all features", without: []))
            for feature in features.features {
                add(.without(feature), try features.variant("without \(feature)", without: [feature]))
            }
            add(.none, try features.variant("none (baseline)", without: features.features))
            if !features.hasAllOn {
                add(.asConfigured, FeatureVariants.Variant(name: "as configured", configuration: configured))
            }
            if !features.others.isEmpty {
                warnings.append(
                    "Left out, because they have no features: \(features.others.joined(separator: ", ")).")
            }
        }
        if !isOfFeatures, !features.strategies.isEmpty {
            add(.none, try features.variant("none (baseline)", without: features.features, keepsOthers: true))
        }
        self.variants = variants
        self.warnings = warnings
        fingerprint = ([document] + others.map(\.document)).map(\.tradingFingerprint).joined(separator: "+")
    }

    /// Whose trades are looked at more closely, and who is judged by the targets.
    var main: Int {
        variants.firstIndex { $0.role == .asConfigured } ?? variants.firstIndex { $0.role == .all } ?? 0
    }

    private var baseline: Int? { variants.firstIndex { $0.role == .none } }

    /// Whether the trades of a variant are split by what was decided.
    func isBrokenDown(_ index: Int) -> Bool { index == main || variants[index].role == .rival }

    // MARK: Conclusions

    /// What the variants came to in one part of the time.
    ///
    /// - Parameters:
    ///   - outcomes: In the order of the variants.
    ///   - breakdowns: Beside them.
    func span(
        _ label: String, _ outcomes: [PeriodOutcome], breakdowns: [TradeBreakdown?], buyAndHold: PeriodOutcome?,
        session: PeriodOutcome? = nil, settings: BootstrapSettings
    ) -> AblationReport.Span {
        func first(_ role: Role) -> PeriodOutcome? {
            variants.firstIndex { $0.role == role }.map { outcomes[$0] }
        }
        var span = AblationReport.Span(
            label: label, all: first(.all), none: first(.none), asConfigured: first(.asConfigured),
            buyAndHold: buyAndHold, session: session)
        span.breakdowns = zip(variants, breakdowns).compactMap { variant, breakdown in
            breakdown.map { (variant.name, $0) }
        }
        if let all = span.all {
            let without = features.features.compactMap { name in first(.without(name)).map { (name, $0) } }
            let contributions = Contribution.measure(
                whole: all.dailyReturns, without: without.map { ($0.0, $0.1.dailyReturns) }, settings: settings)
            span.features = zip(contributions, without).map {
                AblationReport.Feature(contribution: $0, without: $1.1)
            }
        }
        span.rivals = variants.indices.filter { variants[$0].role == .rival }
            .map { AblationReport.Rival(name: variants[$0].name, outcome: outcomes[$0]) }
        let places = span.rivals.indices.flatMap { first in
            span.rivals.indices.dropFirst(first + 1).map { (first, $0) }
        }
        let contributions = Contribution.measure(
            pairs: places.map { first, second in
                let (one, other) = (span.rivals[first], span.rivals[second])
                return ("\(one.name) − \(other.name)", one.outcome.dailyReturns, other.outcome.dailyReturns)
            }, settings: settings)
        span.pairs = zip(places, contributions).map {
            AblationReport.Pair(first: $0.0, second: $0.1, contribution: $1)
        }
        return span
    }

    /// Of all outcomes, in the order of the variants: what is judged, and what beside.
    func judged<Outcome>(_ outcomes: [Outcome]) -> (measured: Outcome, baseline: Outcome?) {
        (outcomes[main], baseline.map { outcomes[$0] })
    }

    /// The settings that leave those features on that helped in a span, and switch the others off.
    func choice(by span: AblationReport.Span) -> [(key: String, value: Bool)] {
        features.strategies.flatMap { strategy in
            span.features.map {
                ("strategies.\(strategy).parameters.\($0.contribution.name)", $0.contribution.verdict == .helps)
            }
        }
    }
}
