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
            Entry(FromSource<WeightedMovingAverage>.self), Entry(FromSource<DoubleExponentialMovingAverage>.self),
            Entry(FromSource<TripleExponentialMovingAverage>.self), Entry(FromSource<HullMovingAverage>.self),
            Entry(FromSource<KaufmanAdaptiveMovingAverage>.self), Entry(FromSource<WilderMovingAverage>.self),
            Entry(FromSource<RelativeStrengthIndex>.self), Entry(FromSource<StochasticRSI>.self),
            Entry(FromSource<MACD>.self), Entry(FromSource<RateOfChange>.self), Entry(FromSource<Momentum>.self),
            Entry(FromSource<PriceAcceleration>.self), Entry(FromSource<BollingerBands>.self),
            Entry(FromSource<LinearRegression>.self), Entry(FromSource<StandardDeviation>.self),
            Entry(FromSource<ZScore>.self), Entry(FromSource<RealizedVolatility>.self),
            Entry(VolumeWeightedMovingAverage.self), Entry(StochasticOscillator.self), Entry(WilliamsR.self),
            Entry(CommodityChannelIndex.self), Entry(MoneyFlowIndex.self), Entry(OnBalanceVolume.self),
            Entry(SessionVWAP.self), Entry(AnchoredVWAP.self), Entry(KeltnerChannel.self),
            Entry(DonchianChannel.self), Entry(AverageTrueRange.self), Entry(NormalizedAverageTrueRange.self),
            Entry(DirectionalMovement.self), Entry(Aroon.self), Entry(ParabolicSAR.self), Entry(SuperTrend.self),
            Entry(Ichimoku.self), Entry(RollingCorrelation.self), Entry(RollingCovariance.self),
            Entry(RollingBeta.self), Entry(ParkinsonVolatility.self), Entry(GarmanKlassVolatility.self),
            Entry(YangZhangVolatility.self), Entry(SwingPoints.self), Entry(SupportResistance.self),
            Entry(PivotPoints.self),
        ]
    }
}
