// SPDX-License-Identifier: Apache-2.0

import Indicators
import OrderAlgorithms
import TestSupport
import Testing
import Trading

@testable import Configuration

@Suite("Conditions as people write them") struct ConditionTextTests {
    typealias Operand = ConditionText.Operand

    static func compare(
        _ left: Operand, _ comparison: Condition.Comparison, _ right: Operand
    ) -> ConditionText { .compare(left, comparison, right) }
    static let low = compare(.close, .below, .constant(42_000))
    static let busy = compare(.volume, .above, .constant(120))
    static let weak = compare(.indicator(call("rsi", [14])), .atMost, .constant(30))
    static let greedy = compare(.external("fear-and-greed.1"), .atLeast, .constant(80))

    static func call(
        _ name: String, _ values: [ParameterValue] = [], timeframe: Timeframe? = nil, output: String? = nil
    ) -> ConditionText.IndicatorCall {
        .init(name: name, arguments: values.map { .init(name: nil, value: $0) }, timeframe: timeframe, output: output)
    }

    static let examples: [(String, ConditionText)] = [
        ("close < 42000", low),
        ("close<4.2e4", low),
        ("  close   <   42000 ", low),
        ("close < 42000 and volume > 120", .all([low, busy])),
        ("close < 42000 or volume > 120 and rsi(14) <= 30", .any([low, .all([busy, weak])])),
        ("(close < 42000 or volume > 120) and rsi(14) <= 30", .all([.any([low, busy]), weak])),
        ("not close < 42000 and volume > 120", .all([.not(low), busy])),
        ("not (close < 42000 and volume > 120)", .not(.all([low, busy]))),
        ("not not close < 42000", .not(.not(low))),
        ("((close < 42000))", low),
        ("external.fear-and-greed.1 >= 80", greedy),
        ("-1.5 < high", compare(.constant(-1.5), .below, .high)),
        ("low >= close(ETH/USDT:USDT)", compare(.low, .atLeast, .closeOf(market: "ETH/USDT:USDT"))),
        ("close( ETH-USD ) > 1", compare(.closeOf(market: "ETH-USD"), .above, .constant(1))),
        ("rsi > 30", compare(.indicator(call("rsi")), .above, .constant(30))),
        ("rsi() > 30", compare(.indicator(call("rsi")), .above, .constant(30))),
        (
            "macd(8, 21, 5).signal > macd.macd",
            compare(
                .indicator(call("macd", [8, 21, 5], output: "signal")), .above,
                .indicator(call("macd", output: "macd")))
        ),
        (
            "ema(50, source: high, timeframe: 4h) > close",
            compare(
                .indicator(
                    .init(
                        name: "ema",
                        arguments: [.init(name: nil, value: 50), .init(name: "source", value: "high")],
                        timeframe: .fourHours, output: nil)), .above, .close)
        ),
    ]

    @Test(arguments: examples)
    func isRead(text: String, expected: ConditionText) throws {
        #expect(try ConditionText(parsing: text) == expected)
    }

    static let mistakes: [(String, Int, String)] = [
        ("close", 6, "expected one of <, <=, > and >="), ("close < ", 9, "Found the end"),
        ("close = 5", 7, "expected one of <, <=, > and >="), ("close < 5 and", 14, "Found the end"),
        ("close < 5 &", 11, "expected 'and', 'or' or the end"), ("(close < 5", 11, "expected ')'"),
        ("close < 5)", 10, "expected 'and', 'or' or the end"), ("1 < close < 3", 11, "expected 'and', 'or' or the end"),
        ("and < 5", 1, "Found 'and'"), ("close < 1.2.3", 9, "is no number"), ("close < 1e999", 9, "is no number"),
        ("close < 12x", 9, "is no number"), ("volume(ETH) > 5", 7, "the close alone"),
        ("close(ETH < 5", 7, "expected a market"), ("close() < 5", 7, "Expected a market"),
        ("external > 5", 10, "external."), ("external. > 5", 10, "the name of a series"),
        ("rsi(14 < 5", 8, "expected ',' or ')'"), ("rsi(,) < 5", 5, "expected a parameter"),
        ("rsi(period: ) < 5", 13, "expected a value for 'period'"), ("rsi(period: 5, 6) < 5", 16, "without its name"),
        ("rsi(5, timeframe: soon) < 5", 8, "timeframe"), ("macd. > 5", 7, "the name of an output"),
        ("", 1, "Found the end"),
        ("ü < 5", 1, "expected a number"), ("close < 5 or ü", 14, "expected a number"),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsSaidWithItsPlace(text: String, place: Int, words: String) {
        do {
            let read = try ConditionText(parsing: text)
            Issue.record("\(text) was read as \(read)")
        } catch {
            #expect(error.place == place, "\(error)")
            #expect(error.description.lowercased().contains(words.lowercased()), "\(error)")
        }
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "(", count: 400) + "close < 5" + String(repeating: ")", count: 400)
        #expect(throws: ConditionTextError.self) { try ConditionText(parsing: deep) }
        #expect(throws: ConditionTextError.self) {
            try ConditionText(parsing: String(repeating: "not ", count: 200) + "close < 5")
        }
    }

    @Test("Any condition reads as it was before it was written", arguments: UInt64(0)..<300)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let condition = Self.condition(&random, depth: 4)
        let text = Self.text(of: condition, within: 0)
        #expect(try ConditionText(parsing: text) == condition, "\(text)")
    }

    @Test("Whatever is written gives a condition or a message", arguments: UInt64(0)..<300)
    func noise(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "close", "(", ")", "<", ">=", "and", "or", "not", "rsi", ".", ":", ",", "5", "-", "external", " ", "ü",
            "1e9",
            "timeframe", "1h",
        ]
        let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)] + (Bool.random(using: &random) ? " " : "")
        }.joined()
        do { _ = try ConditionText(parsing: text) } catch { #expect((1...text.count + 1).contains(error.place)) }
    }

    // MARK: - Random conditions, written by the rules of the page and not by the parser's

    static func condition(_ random: inout SeededRandom, depth: Int) -> ConditionText {
        let kind = depth == 0 ? 0 : Int.random(in: 0...5, using: &random)
        func parts(_ random: inout SeededRandom) -> [ConditionText] {
            (0..<Int.random(in: 2...3, using: &random)).map { _ in condition(&random, depth: depth - 1) }
        }
        switch kind {
        case 1, 2: return .all(parts(&random))
        case 3, 4: return .any(parts(&random))
        case 5: return .not(condition(&random, depth: depth - 1))
        default:
            let comparisons = Condition.Comparison.allCases
            return .compare(
                operand(&random), comparisons[Int.random(in: 0..<comparisons.count, using: &random)], operand(&random))
        }
    }

    static func operand(_ random: inout SeededRandom) -> Operand {
        let choices: [Operand] = [
            .close, .high, .low, .volume, .closeOf(market: "ETH-USD"), .external("fear"),
            .constant(Double(Int64.random(in: -9_999...9_999, using: &random)) / 8),
            .indicator(call("ema", [.integer(Int.random(in: 1...99, using: &random))], timeframe: .oneHour)),
            .indicator(call("macd", output: "histogram")),
        ]
        return choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    /// - Parameter level: 0 inside nothing, 1 inside `or`, 2 inside `and`, 3 behind `not`.
    static func text(of condition: ConditionText, within level: Int) -> String {
        func parenthesised(_ text: String, _ isNeeded: Bool) -> String { isNeeded ? "(\(text))" : text }
        switch condition {
        case .compare(let left, let comparison, let right):
            return "\(text(of: left)) \(comparison.rawValue) \(text(of: right))"
        case .any(let parts):
            return parenthesised(parts.map { text(of: $0, within: 1) }.joined(separator: " or "), level >= 1)
        case .all(let parts):
            return parenthesised(parts.map { text(of: $0, within: 2) }.joined(separator: " and "), level >= 2)
        case .not(let part): return "not " + text(of: part, within: 3)
        }
    }

    static func text(of operand: Operand) -> String {
        switch operand {
        case .constant(let value): "\(value)"
        case .close: "close"
        case .high: "high"
        case .low: "low"
        case .volume: "volume"
        case .closeOf(let market): "close(\(market))"
        case .external(let name): "external.\(name)"
        case .indicator(let call):
            call.name
                + (call.arguments.isEmpty && call.timeframe == nil
                    ? ""
                    : "("
                        + (call.arguments.map { "\($0.value)" } + (call.timeframe.map { ["timeframe: \($0)"] } ?? []))
                        .joined(separator: ", ") + ")") + (call.output.map { ".\($0)" } ?? "")
        }
    }
}
