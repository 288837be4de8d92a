// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

@testable import Indicators

/// The markets that every indicator is tried on.
enum Market: String, CaseIterable, Sendable {
    case walk, gaps, noVolume, noRange, constant, walkThenFlat, tiny, ticks

    /// Bars of half an hour.
    func bars(_ count: Int, seed: UInt64) -> [BarValues] {
        var random = SeededRandom(seed: seed)
        var close = self == .tiny ? 1e-8 : 100.0
        return (0..<count).map { index in
            let isFlat = self == .constant || (self == .walkThenFlat && index > count / 3)
            var open = close
            if self == .gaps, random.unit() < 0.2 { open *= 1 + 0.05 * (random.unit() - 0.5) }
            if !isFlat { close = open * (1 + 0.02 * (random.unit() - 0.5)) }
            if self == .ticks { close = max((close * 2).rounded() / 2, 1) }
            let spread = isFlat || self == .noRange ? 0 : 0.01
            let isSilent = self == .noVolume || (self == .gaps && random.unit() < 0.3)
            if self == .noRange { open = close }
            return BarValues(
                time: 1_700_000_000_000_000_000 + Int64(index) * 1_800_000_000_000, open: open,
                high: max(open, close) * (1 + spread * random.unit()),
                low: min(open, close) * (1 - spread * random.unit()), close: close,
                volume: isSilent ? 0 : (random.unit() * 1000).rounded())
        }
    }
}

extension IndicatorInstance {
    /// Runs over bars and returns one array per output.
    func run(_ bars: some Sequence<BarValues>) -> [[Double]] { compute(over: BarColumns(bars)) }
}

/// Equal, both NaN, or within `tolerance` of the larger of |value| and `scale`.
func agree(_ first: Double, _ second: Double, tolerance: Double, scale: Double) -> Bool {
    if first.isNaN || second.isNaN { return first.isNaN && second.isNaN }
    return first == second || abs(first - second) <= tolerance * max(abs(first), abs(second), scale)
}

/// The first place where two series differ.
func firstDisagreement(
    _ first: [Double], _ second: [Double], tolerance: Double, scale: Double
) -> String? {
    guard first.count == second.count else { return "lengths \(first.count) and \(second.count)" }
    for index in first.indices where !agree(first[index], second[index], tolerance: tolerance, scale: scale) {
        return "at \(index): \(first[index]) and \(second[index])"
    }
    return nil
}

/// The largest finite number that the bars hold in the columns an indicator reads.
func scale(of bars: [BarValues], _ definition: IndicatorDefinition) -> Double {
    let usesVolume =
        switch definition.inputs {
        case .source: definition.name == "obv" || definition.name == "vwma"
        case .twoSources: true
        case .columns(let columns), .timed(let columns): columns.contains(.volume)
        }
    let prices = bars.map { max(abs($0.high), abs($0.open)) }.max() ?? 1
    return usesVolume ? max(prices, bars.map(\.volume).max() ?? 1) : prices
}

/// Parameters that differ from the defaults, to try beside them.
func variedParameters(_ definition: IndicatorDefinition) -> [String: ParameterValue] {
    var varied: [String: ParameterValue] = [:]
    for parameter in definition.parameters {
        switch parameter.kind {
        case .integer(let value, let range) where range.lowerBound >= 1:
            varied[parameter.name] = .integer(value / 2 + 2)
        case .number(let value, _) where value >= 1: varied[parameter.name] = .number(value * 1.5)
        case .choice(let value, let options):
            let next = (options.firstIndex(of: value) ?? 0) + 1
            varied[parameter.name] = .text(options[next % options.count])
        default: break
        }
    }
    return varied
}

/// A table of reference values beside the test sources.
struct Fixture {
    let headers: [String]
    let rows: [[Double]]

    init(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        let lines = text.split(separator: "\n")
        headers = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        rows = lines.dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        }
    }

    static func bars() throws -> [BarValues] {
        try Fixture("bars.csv").rows.map {
            BarValues(time: Int64($0[0]), open: $0[1], high: $0[2], low: $0[3], close: $0[4], volume: $0[5])
        }
    }
}
