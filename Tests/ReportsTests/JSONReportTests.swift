// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics
import Testing

@testable import Reports

@Suite struct JSONReportTests {
    private func parsed(_ report: BacktestReport, trades: Int = 1_000, fills: Int = 0) throws -> [String: Any] {
        let bytes = JSONReport.render(report, maximumTrades: trades, maximumFills: fills)
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func schema() throws -> [String: Any] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Documentation/backtest-report.schema.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    }

    @Test func headlineKeysHoldTheValuesOfTheRun() throws {
        let report = SampleReport.make(bars: 3_000, trades: 7)
        let json = try parsed(report)
        #expect(json["schemaVersion"] as? Int == 1)
        #expect(json["orders"] as? Int == 14)
        #expect(json["fills"] as? Int == 14)
        #expect(json["startEquity"] as? String == "1000000")
        #expect(json["finalEquity"] as? String == report.outcome.finalEquity)
        #expect(json["bars"] as? Int == 3_000)
        #expect(json["engineSeconds"] as? Double == 0.0251)
        #expect(json["barsPerSecond"] as? Double == 3_000 / 0.0251)
        #expect(json["resultHash"] as? String == "9b1df0c2e7a4")
        #expect(json["warnings"] as? [String] == report.warnings)
        let ambiguity = try #require(json["ambiguity"] as? [String: Any])
        #expect(ambiguity["bars"] as? Int == 3)
        #expect(ambiguity["pessimistic"] as? String == "1000123.5")
        #expect(ambiguity["optimistic"] as? String == "1000456.25")
        let metrics = try #require(json["metrics"] as? [String: Any])
        #expect(metrics["sharpe"] as? Double == report.performance.returns.sharpe)
        #expect(metrics["trades"] as? Double == 7)
    }

    @Test("What is written is what the schema describes, key by key")
    func agreesWithItsSchema() throws {
        let schema = try schema()
        let json = try parsed(SampleReport.researched(), fills: 10)
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(Set(properties.keys) == Set(json.keys))
        #expect(Set(try #require(schema["required"] as? [String])) == Set(json.keys))
        func compare(_ schema: Any?, _ value: Any?, _ place: String) throws {
            let described = try #require(schema as? [String: Any], Comment(rawValue: place))
            let alternatives = described["oneOf"] as? [[String: Any]] ?? [described]
            if let list = value as? [Any] {
                let items = alternatives.compactMap { $0["items"] }.first
                for item in list.prefix(3) { try compare(items, item, place + "[]") }
            } else if let object = value as? [String: Any] {
                let keys = alternatives.compactMap { $0["properties"] as? [String: Any] }.first ?? [:]
                if let reference = alternatives.compactMap({ $0["$ref"] as? String }).first {
                    let name = reference.split(separator: "/").last.map(String.init) ?? ""
                    let definitions = try #require(self.schema()["$defs"] as? [String: Any])
                    return try compare(definitions[name], object, place)
                }
                #expect(Set(keys.keys) == Set(object.keys), Comment(rawValue: place))
                for (key, inner) in object { try compare(keys[key], inner, place + "." + key) }
            }
        }
        for (key, value) in json { try compare(properties[key], value, key) }
    }

    @Test func notMeasuredIsNull() throws {
        var report = SampleReport.make(bars: 10, trades: 0)
        report.outcome.engineSeconds = .nan
        report.tradedValue = .infinity
        report.buyAndHold = nil
        report.ambiguity = .init(bars: 0, reason: "no bar was ambiguous")
        let json = try parsed(report)
        #expect(json["engineSeconds"] is NSNull)
        #expect(json["barsPerSecond"] is NSNull)
        #expect(json["buyAndHold"] is NSNull)
        let metrics = try #require(json["metrics"] as? [String: Any])
        #expect(metrics["turnover"] is NSNull)
        #expect(metrics["winRate"] is NSNull)
        #expect((json["ambiguity"] as? [String: Any])?["pessimistic"] is NSNull)
    }

    @Test(
        "Any text survives a round trip",
        arguments: [
            "", "plain", "\"quotes\" and \\", "line\nfeed\rreturn\ttab", "\u{0}\u{1}\u{1F}\u{7F}", "</script><script>",
            "Übergröße 日本語 🦅", "\u{2028}\u{2029}\u{202E}",
        ])
    func textSurvives(text: String) throws {
        var report = SampleReport.make(bars: 10, trades: 1)
        report.title = text
        report.warnings = [text, text]
        report.configuration = [.init(text, text)]
        let json = try parsed(report)
        #expect(json["title"] as? String == text)
        #expect(json["warnings"] as? [String] == [text, text])
        #expect(!JSONReport.render(report).contains(UInt8(ascii: "<")))
    }

    @Test(
        "Numbers read back as the same bits",
        arguments: [
            0, -0.0, 0.1, 1.0 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1e21, 1e16, 123456789.125,
        ])
    func numbersSurvive(value: Double) throws {
        var json = JSONWriter()
        json.number(nil, value)
        #expect(Double(json.text.string)?.bitPattern == value.bitPattern)
    }

    @Test func listsAreBounded() throws {
        let report = SampleReport.make(bars: 3_000, trades: 40)
        #expect((try parsed(report, trades: 5)["tradeList"] as? [Any])?.count == 5)
        #expect((try parsed(report, trades: -1)["tradeList"] as? [Any])?.count == 0)
        let last = try #require((try parsed(report, trades: 1)["tradeList"] as? [[String: Any]])?.first)
        #expect(last["profit"] as? String == report.tradeList.last?.profit)
        #expect((try parsed(report, fills: 12)["fillList"] as? [Any])?.count == 12)
    }

    @Test func indexesOutsideTheNamesAreShownAndDoNotTrap() throws {
        var report = SampleReport.make(bars: 100, trades: 1)
        report.tradeList[0].symbol = 99
        report.tradeList[0].exitReason = -1
        let trade = try #require((try parsed(report)["tradeList"] as? [[String: Any]])?.first)
        #expect(trade["symbol"] as? String == "#99")
        #expect(trade["exitReason"] as? String == "#-1")
        #expect(!PageReport.render(report, chartLibrary: nil).isEmpty)
    }

    @Test("The same report gives the same bytes, in every format", arguments: UInt64(1)...3)
    func determinism(seed: UInt64) {
        let first = SampleReport.make(seed: seed, bars: 4_000)
        let second = SampleReport.make(seed: seed, bars: 4_000)
        #expect(JSONReport.render(first) == JSONReport.render(second))
        #expect(PageReport.render(first, chartLibrary: "x") == PageReport.render(second, chartLibrary: "x"))
        #expect(TerminalReport.render(first) == TerminalReport.render(second))
        #expect(JSONReport.render(first) != JSONReport.render(SampleReport.make(seed: seed + 10, bars: 4_000)))
    }
}
