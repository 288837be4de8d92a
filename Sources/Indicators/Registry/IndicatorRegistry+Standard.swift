// SPDX-License-Identifier: Apache-2.0

extension IndicatorRegistry {
    /// Every indicator that comes with Apus.
    public static let standard: IndicatorRegistry = {
        var registry = IndicatorRegistry()
        for type in standardTypes {
            do {
                try registry.register(type)
            } catch {
                preconditionFailure("two standard indicators share a name: \(error)")
            }
        }
        return registry
    }()

    private static let standardTypes: [any Indicator.Type] = [
        FromSource<SimpleMovingAverage>.self, FromSource<ExponentialMovingAverage>.self,
        FromSource<WilderMovingAverage>.self, FromSource<RelativeStrengthIndex>.self, FromSource<MACD>.self,
        FromSource<BollingerBands>.self, AverageTrueRange.self, NormalizedAverageTrueRange.self,
    ]
}
