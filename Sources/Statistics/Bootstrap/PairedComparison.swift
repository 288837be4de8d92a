// SPDX-License-Identifier: Apache-2.0

/// Whether one of two variants, run over the same days, returned more than the other by more than chance would give.
///
/// Both are resampled on the same days, so that what moved both of them cancels out.
public enum PairedComparison: Sendable, Equatable {
    case measured(PairedDifference)
    /// Every day returned the same: there is nothing to tell apart.
    case identical
    case notMeasured(reason: String)

    /// - Parameters:
    ///   - first: Simple returns, one a day.
    ///   - second: Those of the other variant on the same days.
    ///   - comparisons: How many comparisons are made side by side: intervals are widened for their number (Bonferroni).
    public init(
        _ first: [Double], _ second: [Double], comparisons: Int = 1, settings: BootstrapSettings = BootstrapSettings()
    ) {
        guard first.count == second.count else {
            self = .notMeasured(reason: "one has \(first.count) days and the other \(second.count)")
            return
        }
        guard first.allSatisfy(\.isFinite), second.allSatisfy(\.isFinite) else {
            self = .notMeasured(reason: "a return is not a number")
            return
        }
        guard first.count >= settings.minimumDays else {
            self = .notMeasured(
                reason: "\(first.count) \(first.count == 1 ? "day is" : "days are") too few; "
                    + "\(settings.minimumDays) are needed")
            return
        }
        guard first != second else {
            self = .identical
            return
        }
        let differences = zip(first, second).map { $0 - $1 }
        guard let block = BlockLength.stationary(of: differences) else {
            self = .notMeasured(reason: "they differ by the same on every day, which has no spread to judge by")
            return
        }
        self = .measured(PairedDifference(first, second, differences, block, max(1, comparisons), settings))
    }

    public var difference: PairedDifference? { if case .measured(let difference) = self { difference } else { nil } }
}

/// The first variant minus the second, in returns as fractions.
public struct PairedDifference: Sendable, Equatable {
    public let days: Int
    /// Expected length of a resampled block, in days.
    public let blockLength: Double
    /// Of the mean daily return, and of the return over all days.
    public let mean: RangedValue
    public let total: RangedValue
    /// Of all resamples with the difference taken out, the share whose mean is as far from zero as the measured one;
    /// for this comparison alone.
    public let pValue: Double

    fileprivate init(
        _ first: [Double], _ second: [Double], _ differences: [Double], _ block: Double, _ comparisons: Int,
        _ settings: BootstrapSettings
    ) {
        days = first.count
        blockLength = block
        let measured = Moments(differences).mean
        var bootstrap = StationaryBootstrap(count: days, blockLength: block, seed: settings.seed)
        var positions: [Int] = []
        var means = [Double](repeating: 0, count: settings.resamples)
        var totals = means
        var extreme = 0
        for index in 0..<settings.resamples {
            bootstrap.draw(into: &positions)
            var sum = 0.0
            var (grown, other) = (1.0, 1.0)
            for position in positions {
                sum += differences[position]
                grown *= 1 + first[position]
                other *= 1 + second[position]
            }
            means[index] = sum / Double(days)
            totals[index] = grown - other
            if (means[index] - measured).magnitude >= measured.magnitude { extreme += 1 }
        }
        let confidence = 1 - (1 - settings.confidence) / Double(comparisons)
        let whole = growth(first) - growth(second)
        mean =
            RangedValue(measured, resampled: means, confidence: confidence)
            ?? RangedValue(exactly: measured)
        total = RangedValue(whole, resampled: totals, confidence: confidence) ?? RangedValue(exactly: whole)
        // The measured series counts as one of the resamples, so that no probability is zero.
        pValue = Double(extreme + 1) / Double(settings.resamples + 1)
    }
}

extension RangedValue {
    fileprivate init(exactly value: Double) {
        self.value = value
        low = value
        high = value
    }
}

/// The return over all of the days.
func growth(_ returns: [Double]) -> Double { returns.reduce(1) { $0 * (1 + $1) } - 1 }

/// Corrections for several tests at once.
public enum MultipleTests {
    /// Holm's step-down correction: below a level, each result is significant although it was one of many.
    ///
    /// - Returns: The corrected probabilities, in the order given; at most 1.
    ///
    /// Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    public static func holm(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var corrected = [Double](repeating: 1, count: values.count)
        var reached = 0.0
        for (rank, index) in order.enumerated() {
            reached = max(reached, min(1, Double(values.count - rank) * values[index]))
            corrected[index] = reached
        }
        return corrected
    }
}
