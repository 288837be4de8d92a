// SPDX-License-Identifier: Apache-2.0

import MarketData
public import Trading

/// Proves, for one configuration, that no decision depends on data from after it.
///
/// The run is repeated on data cut off at several instants. Everything decided and booked up to a cut must be the same, bit
/// for bit, as in the run on all of the data. A strategy that peeks at the future decides otherwise when the future is
/// missing. What it reads past its context, such as a file of its own, is not cut with the data and goes unseen.
public enum LookaheadCheck {
    public struct Outcome: Sendable, Equatable {
        /// The instants at which the data was cut; empty where there is too little data to cut.
        public let cuts: [Timestamp]
        /// Those up to which the two runs differ.
        public let differing: [Timestamp]
        /// Whether two runs on the same, whole data were the same: where not, the cuts prove nothing.
        public let isRepeatable: Bool
        public var isClean: Bool { isRepeatable && differing.isEmpty && !cuts.isEmpty }
    }

    /// - Parameters:
    ///   - cutCount: So many cuts are spread evenly over the data, none on a round number of bars.
    ///   - make: Gives the input of a run on the given data; called once for all of the data and once per cut, so that
    ///     whatever a strategy prepares from data, it prepares from the cut data.
    public static func run(
        cutCount: Int = 12, _ make: (Timestamp?) throws -> BacktestInput, progress: (Double) -> Bool = { _ in true }
    ) throws -> Outcome {
        let input = try make(nil)
        let runCount = Double(cutCount + 2)
        let first = input.feeds.compactMap { $0?.firstOpenTime }.min() ?? .epoch
        let last = input.feeds.compactMap { $0?.lastOpenTime }.max() ?? .epoch
        let span = last.nanoseconds - first.nanoseconds
        let step = input.feeds.compactMap { $0?.timeframe.nanoseconds }.min() ?? 1
        var cuts: [Timestamp] = []
        for number in 1...max(1, cutCount) {
            // The golden ratio's fraction keeps the cuts from falling into step with any period in the data.
            let share = (Double(number) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
            let offset = Int64(Double(span) * share)
            let time = Timestamp(nanoseconds: first.nanoseconds + offset - offset % step + step)
            if time < last, !cuts.contains(time) { cuts.append(time) }
        }
        cuts.sort()
        var expected: [RunHash] = []
        var whole = try BacktestRun(input)
        // A checkpoint is noted before the first instant after it.
        _ = try whole.run(
            checkpoints: cuts, onCheckpoint: { _, hash in expected.append(hash) }, progress: { progress($0 / runCount) }
        )
        var repeated: [RunHash] = []
        var again = try BacktestRun(try make(nil))
        _ = try again.run(
            checkpoints: cuts, onCheckpoint: { _, hash in repeated.append(hash) },
            progress: { progress((1 + $0) / runCount) })
        guard repeated == expected else { return Outcome(cuts: cuts, differing: [], isRepeatable: false) }
        var compared: [Timestamp] = []
        var differing: [Timestamp] = []
        for (index, cut) in cuts.enumerated() {
            guard progress(Double(index + 2) / runCount) else { throw BacktestError.cancelled }
            var found: RunHash?
            do {
                var run = try BacktestRun(try make(cut).cut(at: cut))
                _ = try run.run(
                    checkpoints: [cut], onCheckpoint: { _, hash in found = hash },
                    progress: { progress((Double(index + 2) + $0) / runCount) })
            } catch BacktestError.noData {
                continue
            } catch BacktestError.valuation {
                // A holding whose market begins after the cut has no price before it.
                continue
            }
            compared.append(cut)
            if found != expected[index] { differing.append(cut) }
        }
        return Outcome(cuts: compared, differing: differing, isRepeatable: true)
    }
}
