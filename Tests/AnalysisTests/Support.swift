// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Trading

@testable import Analysis

/// A table of numbers and words beside the tests; `Fixtures/README.md` says where it comes from.
struct Fixture {
    let rows: [[String]]

    init(_ name: String) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        rows = lines.dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// NaN where the cell is empty.
    func number(_ row: Int, _ column: Int) -> Double { Double(rows[row][column]) ?? .nan }
    func integer(_ row: Int, _ column: Int) -> Int { Int(rows[row][column]) ?? .min }
}

struct Candle {
    var closeTime: Timestamp
    var high: Double
    var low: Double
    var close: Double
    var volume = 0.0

    var profileBar: ProfileBar { ProfileBar(closeTime: closeTime, low: low, high: high, volume: volume) }
}

extension Fixture {
    /// Rows of number, high, low, close and perhaps volume; bar `number` closes `number + 1` timeframes after the epoch.
    func candles(_ timeframe: Timeframe, tick: Double = 0.01) -> [Candle] {
        rows.indices.map { row in
            Candle(
                closeTime: Timestamp(nanoseconds: (Int64(integer(row, 0)) + 1) * timeframe.nanoseconds),
                high: number(row, 1) * tick, low: number(row, 2) * tick, close: number(row, 3) * tick,
                volume: rows[row].count > 4 ? number(row, 4) / 1000 : 0)
        }
    }
}

extension SeededRandom {
    mutating func uniform(_ range: ClosedRange<Double> = 0...1) -> Double { .random(in: range, using: &self) }
    mutating func integer(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
    mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// A walk whose volatility comes and goes; now and then a bar is missing, flat or without volume.
    mutating func candles(
        _ count: Int, _ timeframe: Timeframe,
        from start: Timestamp = Timestamp(seconds: 1_700_000_000 / 14_400 * 14_400)
    ) -> [Candle] {
        var candles: [Candle] = []
        var level = exp(uniform(-8...10))
        var step = 0.002
        var drift = 0.0
        for number in 0..<count {
            if number % 50 == 0 {
                step = exp(uniform(-8...(-4)))
                drift = uniform(-0.5...0.5)
            }
            let open = level
            let isFlat = chance(0.02)
            if !isFlat { level *= 1 + step * (uniform(-1...1) + drift) }
            let reach = isFlat ? 0 : step * uniform()
            let volume = chance(0.05) ? 0 : exp(uniform(-3...6))
            guard !chance(0.02) else { continue }
            candles.append(
                Candle(
                    closeTime: start + timeframe.span * Int64(number + 1), high: max(open, level) * (1 + reach),
                    low: min(open, level) * (1 - reach), close: level, volume: volume))
        }
        return candles
    }
}

/// Equal, both NaN, or within `tolerance` of the larger of 1 and the reference.
func agree(_ value: Double, _ reference: Double, tolerance: Double = 1e-9) -> Bool {
    if value.isNaN || reference.isNaN { return value.isNaN && reference.isNaN }
    return abs(value - reference) <= tolerance * max(1, abs(reference))
}

/// The text of the error that `body` throws, or nothing.
func problem(_ body: () throws -> Void) -> AnalysisError? {
    do {
        try body()
        return nil
    } catch {
        return error as? AnalysisError
    }
}
