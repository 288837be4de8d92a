// SPDX-License-Identifier: Apache-2.0

import Indicators

/// The columns that the benchmark script passes in, without a copy.
struct Columns {
    let high: UnsafeBufferPointer<Double>
    let low: UnsafeBufferPointer<Double>
    let close: UnsafeBufferPointer<Double>
    let volume: UnsafeBufferPointer<Double>
}

/// Runs one batch form with TA-Lib's default parameters, its outputs' allocation and release included.
///
/// - Returns: The last value of its first output, NaN for a name that is not known.
@_cdecl("apus_batch")
public func runBatch(
    _ name: UnsafePointer<CChar>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
    _ close: UnsafePointer<Double>, _ volume: UnsafePointer<Double>, _ count: Int
) -> Double {
    let columns = Columns(
        high: UnsafeBufferPointer(start: high, count: count), low: UnsafeBufferPointer(start: low, count: count),
        close: UnsafeBufferPointer(start: close, count: count),
        volume: UnsafeBufferPointer(start: volume, count: count))
    do {
        return try batch(String(cString: name), columns)?.last ?? .nan
    } catch {
        return .nan
    }
}

private func batch(_ name: String, _ columns: Columns) throws(IndicatorError) -> [Double]? {
    let high = columns.high.span
    let low = columns.low.span
    let close = columns.close.span
    let volume = columns.volume.span
    switch name {
    case "SMA": return try SimpleMovingAverage.values(of: close, period: 30)
    case "EMA": return try ExponentialMovingAverage.values(of: close, period: 30)
    case "RMA": return try WilderMovingAverage.values(of: close, period: 30)
    case "RSI": return try RelativeStrengthIndex.values(of: close, period: 14)
    case "MACD": return try MACD.values(of: close).macd
    case "BBANDS": return try BollingerBands.values(of: close).upper
    case "ATR": return try AverageTrueRange.values(high: high, low: low, close: close, period: 14)
    case "NATR": return try NormalizedAverageTrueRange.values(high: high, low: low, close: close, period: 14)
    case "WMA": return try WeightedMovingAverage.values(of: close, period: 30)
    case "DEMA": return try DoubleExponentialMovingAverage.values(of: close, period: 30)
    case "TEMA": return try TripleExponentialMovingAverage.values(of: close, period: 30)
    case "HMA": return try HullMovingAverage.values(of: close, period: 20)
    case "KAMA": return try KaufmanAdaptiveMovingAverage.values(of: close, period: 30)
    case "VWMA": return try VolumeWeightedMovingAverage.values(of: close, volume: volume, period: 30)
    case "ADX": return try DirectionalMovement.adx(high: high, low: low, close: close, period: 14)
    case "STOCH":
        return try StochasticOscillator.values(
            high: high, low: low, close: close, period: 5, smoothing: 3, signal: 3
        ).k
    case "STOCHRSI": return try StochasticRSI.values(of: close, period: 14, window: 5, smoothing: 1, signal: 3).k
    case "AROON": return try Aroon.values(high: high, low: low, period: 14).down
    case "CCI": return try CommodityChannelIndex.values(high: high, low: low, close: close, period: 14)
    case "MFI": return try MoneyFlowIndex.values(high: high, low: low, close: close, volume: volume, period: 14)
    case "OBV": return try OnBalanceVolume.values(close: close, volume: volume)
    case "ROC": return try RateOfChange.values(of: close, period: 10)
    case "MOM": return try Momentum.values(of: close, period: 10)
    case "WILLR": return try WilliamsR.values(high: high, low: low, close: close, period: 14)
    case "SAR": return try ParabolicSAR.values(high: high, low: low)
    case "LINEARREG": return try LinearRegression.values(of: close, period: 14)
    case "LINEARREG_SLOPE": return try LinearRegression.slopes(of: close, period: 14)
    case "STDDEV": return try StandardDeviation.values(of: close, period: 20)
    case "CORREL": return try RollingCorrelation.values(high, low, period: 30)
    case "BETA": return try RollingBeta.values(high, low, period: 5)
    case "DONCHIAN": return try DonchianChannel.values(high: high, low: low, period: 20).upper
    case "KC": return try KeltnerChannel.values(high: high, low: low, close: close).upper
    case "SUPERTREND": return try SuperTrend.values(high: high, low: low, close: close).line
    default: return nil
    }
}
