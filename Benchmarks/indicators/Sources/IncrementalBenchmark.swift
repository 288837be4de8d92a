// SPDX-License-Identifier: Apache-2.0

import Indicators

/// Feeds one incremental form with every bar.
///
/// - Returns: The sum of its outputs, so that no update can be left out; NaN for a name that is not known.
@_cdecl("apus_incremental")
public func runIncremental(
    _ name: UnsafePointer<CChar>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
    _ close: UnsafePointer<Double>, _ volume: UnsafePointer<Double>, _ count: Int
) -> Double {
    var total = 0.0
    func add(_ value: Double) { total += value.isNaN ? 0 : value }
    do {
        switch String(cString: name) {
        case "ema":
            var average = try ExponentialMovingAverage(period: 20)
            for index in 0..<count { add(average.update(close[index])) }
        case "rsi":
            var strength = try RelativeStrengthIndex(period: 14)
            for index in 0..<count { add(strength.update(close[index])) }
        case "atr":
            var range = try AverageTrueRange(period: 14)
            for index in 0..<count { add(range.update(high: high[index], low: low[index], close: close[index])) }
        case "sma":
            var average = try SimpleMovingAverage(period: 20)
            for index in 0..<count { add(average.update(close[index])) }
        default: return .nan
        }
    } catch {
        return .nan
    }
    return total
}

/// Feeds an indicator of the registry, with default parameters, as the engine does: one call a bar, outputs by index.
@_cdecl("apus_plugged")
public func runPlugged(
    _ name: UnsafePointer<CChar>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
    _ close: UnsafePointer<Double>, _ volume: UnsafePointer<Double>, _ count: Int
) -> Double {
    var total = 0.0
    do {
        let indicators = IndicatorSet()
        let place = indicators.add(try IndicatorRegistry.standard.make(String(cString: name)))
        for index in 0..<count {
            let bar = BarValues(
                time: Int64(index) * 60_000_000_000, open: close[max(index - 1, 0)], high: high[index],
                low: low[index], close: close[index], volume: volume[index])
            indicators.update(bar)
            let value = indicators.output(0, at: place)
            total += value.isNaN ? 0 : value
        }
    } catch {
        return .nan
    }
    return total
}
