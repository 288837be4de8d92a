// SPDX-License-Identifier: Apache-2.0

import Indicators
import Strategies
import TestSupport
import Testing

@testable import Adaptive

@Suite("Parameters of the enhanced strategy")
struct ParameterTests {
    private static let definition = EnhancedStrategy.definition

    private static func make(_ values: [String: ParameterValue]) throws {
        _ = try EnhancedStrategy(parameters: StrategyParameters(values, for: definition))
    }

    /// Of the analysis, what goes together with everything else; the rest has its own table in `EnhancedBarsTests`.
    private static let bound = Set(AnalysisKey.all.map(\.definition.name)).subtracting([
        "threshold_min", "threshold_max", "profile_days",
    ])

    /// A value for each parameter, at an end of its range or within, and what belongs together put in order.
    private static func valid(_ random: inout SeededRandom) -> [String: ParameterValue] {
        var values: [String: ParameterValue] = [:]
        for parameter in definition.parameters where !bound.contains(parameter.name) && random.chance(80) {
            values[parameter.name] =
                switch parameter.kind {
                case .integer(_, let range):
                    .integer(random.chance(20) ? range.upperBound : Int.random(in: range, using: &random))
                case .number(_, let range):
                    .number(random.chance(20) ? range.lowerBound : Double.random(in: range, using: &random))
                case .choice(_, let options): .text(options.randomElement(using: &random) ?? "")
                case .boolean: .boolean(random.chance(50))
                }
        }
        func order(_ names: [String], _ numbers: [Double]) {
            for (name, number) in zip(names, numbers.sorted()) { values[name] = .number(number) }
        }
        order(["pullback_min", "pullback_max"], (0..<2).map { _ in Double.random(in: 0...20, using: &random) })
        order(["volatility_min", "volatility_max"], (0..<2).map { _ in Double.random(in: 0...100, using: &random) })
        order(
            ["exit_1_atr", "exit_2_atr", "exit_3_atr"],
            (0..<3).map { Double($0) * 10 + Double.random(in: 0.1...9, using: &random) })
        let first = Double.random(in: 0...100, using: &random)
        values["exit_1_share"] = .number(first)
        values["exit_2_share"] = .number(Double.random(in: 0...(100 - first), using: &random))
        let opening = Int.random(in: 0...23, using: &random)
        values["hours_from"] = .integer(opening)
        values["hours_to"] = .integer(Int.random(in: opening + 1...24, using: &random))
        return values
    }

    @Test("PRP 27: valid parameters are accepted", arguments: UInt64(0)..<300)
    func valid(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        try Self.make(Self.valid(&random))
    }

    /// Puts one mistake into valid parameters.
    ///
    /// - Returns: The key of the mistake.
    private static func spoil(_ values: inout [String: ParameterValue], _ random: inout SeededRandom) -> String {
        let contradictions: [(String, [String: ParameterValue])] = [
            ("pullback_min", ["pullback_min": 3, "pullback_max": 2.5]),
            ("volatility_min", ["volatility_min": 9, "volatility_max": 8.5]),
            ("hours_from", ["hours_from": 9, "hours_to": 9]), ("exit_2_atr", ["exit_1_atr": 4, "exit_2_atr": 4]),
            ("exit_3_atr", ["exit_1_atr": 1, "exit_2_atr": 4, "exit_3_atr": 3.5]),
            ("exit_2_share", ["exit_1_share": 60, "exit_2_share": 40.5]),
        ]
        if random.chance(25) {
            let (key, wrong) = contradictions[Int(random.below(Int64(contradictions.count)))]
            values.merge(wrong) { $1 }
            return key
        }
        if random.chance(10) {
            values["treshold_min"] = 1
            return "treshold_min"
        }
        let parameter = definition.parameters[Int(random.below(Int64(definition.parameters.count)))]
        let wrong: [ParameterValue] =
            switch parameter.kind {
            case .integer(_, let range):
                [.integer(range.lowerBound - 1), .integer(range.upperBound + 1), .number(2.5), .text("many")]
            case .number(_, let range):
                [
                    .number(range.lowerBound.nextDown), .number(range.upperBound.nextUp), .number(.nan),
                    .number(.infinity), .boolean(true),
                ]
            case .choice: [.text("neither"), .integer(1)]
            case .boolean: [.text("perhaps"), .integer(1)]
            }
        values[parameter.name] = wrong[Int(random.below(Int64(wrong.count)))]
        return parameter.name
    }

    @Test("PRP 27: with one mistake in them they are rejected with the key of the mistake", arguments: UInt64(0)..<300)
    func invalid(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var values = Self.valid(&random)
        let key = Self.spoil(&values, &random)
        do {
            try Self.make(values)
            Issue.record("\(key) = \(values[key].map { "\($0)" } ?? "") was taken")
        } catch { #expect("\(error)".contains(key), "\(error) does not name \(key)") }
    }
}
