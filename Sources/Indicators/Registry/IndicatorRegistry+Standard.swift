// SPDX-License-Identifier: Apache-2.0

extension IndicatorRegistry {
    /// Every indicator that comes with Apus.
    public static let standard: IndicatorRegistry = {
        var registry = IndicatorRegistry()
        do {
            for entry in standardEntries { try registry.add(entry) }
        } catch {
            preconditionFailure("two standard indicators share a name: \(error)")
        }
        return registry
    }()

    private static var standardEntries: [Entry] {
        [
            Entry(FromSource<SimpleMovingAverage>.self), Entry(FromSource<ExponentialMovingAverage>.self),
            Entry(FromSource<WilderMovingAverage>.self), Entry(FromSource<RelativeStrengthIndex>.self),
            Entry(FromSource<MACD>.self), Entry(FromSource<BollingerBands>.self), Entry(AverageTrueRange.self),
            Entry(NormalizedAverageTrueRange.self),
        ]
    }
}
