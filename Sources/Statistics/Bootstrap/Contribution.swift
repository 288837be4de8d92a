// SPDX-License-Identifier: Apache-2.0

/// What one part of a strategy is worth: the whole compared with the whole without it.
public struct Contribution: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        case helps
        case hurts
        case chance = "not distinguishable from chance"
        case none = "changed nothing"
        case unknown = "not measured"
    }

    public let name: String
    public let comparison: PairedComparison
    /// Holm's, over all parts that were measured; `nil` where this one was not.
    public let correctedPValue: Double?
    public let verdict: Verdict

    /// Compares the whole with each variant that lacks one part.
    ///
    /// - Parameters:
    ///   - whole: Daily returns with every part.
    ///   - without: Daily returns of the same days without each part.
    public static func measure(
        whole: [Double], without: [(name: String, returns: [Double])], settings: BootstrapSettings = BootstrapSettings()
    ) -> [Contribution] {
        measure(pairs: without.map { ($0.name, whole, $0.returns) }, settings: settings)
    }

    /// Compares the two of each pair: what the first has more than the second.
    ///
    /// - Parameter pairs: Daily returns of the same days. All pairs count in the correction for their number.
    public static func measure(
        pairs: [(name: String, first: [Double], second: [Double])], settings: BootstrapSettings = BootstrapSettings()
    ) -> [Contribution] {
        let comparisons = pairs.map {
            PairedComparison($0.first, $0.second, comparisons: pairs.count, settings: settings)
        }
        let measured = comparisons.indices.filter { comparisons[$0].difference != nil }
        // Parts that changed nothing were tested too: they count in the correction.
        let tested = comparisons.filter { if case .notMeasured = $0 { false } else { true } }.count
        let padding = [Double](repeating: 1, count: tested - measured.count)
        let corrected = MultipleTests.holm(measured.compactMap { comparisons[$0].difference?.pValue } + padding)
        return comparisons.indices.map { index in
            let place = measured.firstIndex(of: index)
            let value = place.map { corrected[$0] }
            return Contribution(
                name: pairs[index].name, comparison: comparisons[index], correctedPValue: value,
                verdict: verdict(comparisons[index], value, level: 1 - settings.confidence))
        }
    }

    private static func verdict(_ comparison: PairedComparison, _ corrected: Double?, level: Double) -> Verdict {
        switch comparison {
        case .identical: return .none
        case .notMeasured: return .unknown
        case .measured(let difference):
            guard let corrected, corrected <= level else { return .chance }
            return difference.mean.value > 0 ? .helps : .hurts
        }
    }
}
