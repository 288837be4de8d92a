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
    switch name {
    case "SMA": return try SimpleMovingAverage.values(of: close, period: 30)
    case "EMA": return try ExponentialMovingAverage.values(of: close, period: 30)
    case "RMA": return try WilderMovingAverage.values(of: close, period: 30)
    case "RSI": return try RelativeStrengthIndex.values(of: close, period: 14)
    case "MACD": return try MACD.values(of: close).macd
    case "BBANDS": return try BollingerBands.values(of: close).upper
    case "ATR": return try AverageTrueRange.values(high: high, low: low, close: close, period: 14)
    case "NATR": return try NormalizedAverageTrueRange.values(high: high, low: low, close: close, period: 14)
    default: return nil
    }
}
