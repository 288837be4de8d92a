// SPDX-License-Identifier: Apache-2.0

import Configuration
import DataStore
import Foundation
import Indicators
import MarketData
import Strategies
import Testing
import Trading

@testable import Commands

/// The example of Documentation/external-data.md.
struct CalmTrend: Strategy {
    static let definition = StrategyDefinition(
        name: "calm_trend", summary: "Long above the average, unless others are greedy.", parameters: [.period(50)])
    let period: Int
    private var average = IndicatorHandle.none
    private var greed = ExternalHandle.none

    init(parameters: StrategyParameters) { period = parameters.integer("period") }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        average = try setup.indicator("sma", ["period": .integer(period)])
        greed = try setup.external("greed")
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let greed = context.external(greed)
        // NaN while nobody knows, and where the value is older than max_age: no comparison with it holds.
        if greed < 70, context.close > context.value(average) { context.enter(.buy) } else { context.exit() }
    }
}

@Suite("Data from outside on the command line")
struct ExternalDataTests {
    private static let registry: StrategyRegistry = {
        var registry = StrategyRegistry.builtIn
        registry.register(CalmTrend.self)
        return registry
    }()

    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func written(external: String) throws -> [String] {
        let bars = try folder.write(wanderingBars(2_000, seed: 5), as: "bars.csv")
        let text = configuration(
            """
              calm: { type: calm_trend, market: BTCUSDT, timeframe: 1m, parameters: { period: 20 },
                risk_parameters: { quantity: 0.1 } }
            """, more: external)
        return ["backtest", try folder.write(text, as: "calm.yaml"), "--bars", "BTCUSDT=\(bars)", "--json", "-"]
    }

    /// A value for each hour, known a minute after it.
    private func greed(_ value: (Int) -> Double, hours: Int = 33) -> String {
        (0..<hours).reduce("value_time,known_at,value\n") { text, hour in
            let time = 1_704_067_200 + hour * 3_600
            return text + "\(time),\(time + 60),\(value(hour))\n"
        }
    }

    private func section(_ file: String, maxAge: String = "2h", more: String = "") -> String {
        "external: { greed: { file: \(file), max_age: \(maxAge)\(more) } }"
    }

    @Test func aBacktestReadsItsFilesAndIsProvenNotToLookAhead() throws {
        let calm = try folder.write(greed { _ in 10 }, as: "calm.csv")
        let mixed = try folder.write(greed { $0 % 2 == 0 ? 10 : 90 }, as: "mixed.csv")
        let all = apus(try written(external: section(calm)) + ["--check-lookahead"], strategies: Self.registry)
        #expect(all.status == 0, "\(all.errors)")
        #expect(all.errors.contains("No look-ahead"))
        let half = apus(try written(external: section(mixed)) + ["--check-lookahead"], strategies: Self.registry)
        #expect(half.errors.contains("No look-ahead"))
        func trades(_ ran: Ran) throws -> Int { try #require(ran.json()["fills"] as? Int) }
        #expect(try trades(half) > 0 && trades(half) < trades(all))
        let old = apus(try written(external: section(calm, maxAge: "10s")), strategies: Self.registry)
        #expect(old.status == 0)
        #expect(try trades(old) == 0, "always too old")
    }

    @Test func explainsUseTheSameFiles() throws {
        let file = try folder.write(greed { _ in 10 }, as: "calm.csv")
        let arguments = try written(external: section(file))
        let ran = apus(["explain"] + arguments.dropFirst().prefix(3), strategies: Self.registry)
        #expect(ran.status == 0, "\(ran.errors)")
    }

    @Test func whatWasLeftOutIsSaid() throws {
        let file = try folder.write(greed { $0 == 3 ? .nan : 10 }, as: "holes.csv")
        let ran = apus(try written(external: section(file)), strategies: Self.registry)
        #expect(ran.status == 0)
        #expect(ran.output.contains("external.greed") && ran.output.contains("1 row without a finite value left out"))
        let late = try folder.write("value_time,known_at,value\n1800000000,1800000000,1\n", as: "late.csv")
        let unknown = apus(try written(external: section(late)), strategies: Self.registry)
        #expect(unknown.output.contains("reads as unknown throughout"))
    }

    @Test(arguments: [
        ("", "there is no external series 'greed'"),
        ("external: { fear: { file: greed.csv, max_age: 2h } }", "choose one of: fear"),
        ("external: { greed: { file: none.csv, max_age: 2h } }", "external.greed: "),
        ("external: { greed: { file: greed.csv } }", "external.greed.max_age"),
        ("external: { greed: { max_age: 2h } }", "external.greed.file"),
        ("external: { greed: { max_age: 2h, url: 'https://a.example/x', value: v, time: t } }", "external.greed.file"),
        (
            "external: { greed: { max_age: 2h, url: 'https://a.example/x', value: v, time: t } }",
            "says nothing of the past"
        ),
        ("external: { greed: { max_age: 2h, url: 'http://a.example/x', value: v, time: t } }", "external.greed.url"),
        (
            "external: { greed: { max_age: 2h, url: 'https://a.example/x?api_key=abc', value: v, time: t } }",
            "see headers"
        ),
        ("external: { greed: { max_age: 2h, url: 'https://me:pw@a.example/x', value: v, time: t } }", "is not shown"),
        ("external: { greed: { max_age: 2h, url: 'https://a.example/x', value: v } }", "external.greed.time"),
        ("external: { greed: { max_age: 2h, file: greed.csv, every: 5m } }", "external.greed.every"),
        (
            "external: { greed: { max_age: 2h, url: 'https://a.example/x', value: v, time: t, headers: { K: abc } } }",
            "external.greed.headers.K"
        ),
        ("external: { greed: { file: greed.csv, max_age: 0s } }", "external.greed.max_age"),
        ("external: { greed: { file: greed.csv, max_age: 2h, colum: x } }", "column"),
        ("external: { greed: { file: greed.csv, max_age: 2h, known_after: 1h } }", "known_after"),
        ("external: { greed: { file: greed.csv, max_age: 2h, column: level } }", "level"),
    ])
    func mistakesNameTheirKey(section: String, text: String) throws {
        let path = try folder.write(greed { _ in 10 }, as: "greed.csv")
        let arguments = try written(
            external: section.replacingOccurrences(of: "file: greed.csv", with: "file: \(path)"))
        let ran = apus(arguments, strategies: Self.registry)
        #expect(ran.status != 0)
        #expect(ran.errors.contains(text), "\(ran.errors)")
    }

    // MARK: Sessions

    private func settings(_ path: String) throws -> [ExternalSettings] {
        let document = try ConfigurationDocument(
            parsing: configuration(cross(), more: section(path)), file: "test")
        let check = ConfigurationCheck(of: document, strategyTypes: nil)
        return try #require(check.configuration, "\(check.problems)").external
    }

    @Test func aSessionReadsAFileAgainWhenItChanges() throws {
        let path = try folder.write(greed({ Double($0) }, hours: 3), as: "greed.csv")
        var files = try ExternalFiles(try settings(path))
        let start = Timestamp(seconds: 1_704_067_200)
        #expect(files.beginning(from: .distantPast).map(\.observation.value) == [0, 1, 2])
        #expect(files.beginning(from: start + .minutes(70)).map(\.observation.value) == [1, 2])
        #expect(files.poll() == (news: [], problems: []))

        // A line that is not finished is left for the next time.
        let more = greed({ Double($0) }, hours: 3) + "1704078000,1704078060,7"
        _ = try folder.write(more, as: "greed.csv")
        #expect(files.poll() == (news: [], problems: []))
        _ = try folder.write(more + "5\n", as: "greed.csv")
        #expect(files.poll().news.map(\.observation.value) == [75])
        #expect(files.poll().news.isEmpty)

        // A value that is overwritten is a revision; one that is gone stays known.
        _ = try folder.write(greed({ $0 == 2 ? 20 : Double($0) }, hours: 3), as: "greed.csv")
        #expect(files.poll().news.map(\.observation.value) == [20])

        // What cannot be read is said once, and what is there afterwards is news as before.
        _ = try folder.write("nonsense\n", as: "greed.csv")
        let broken = files.poll()
        #expect(broken.news.isEmpty && broken.problems.count == 1 && broken.problems[0].contains("external.greed"))
        #expect(files.poll().problems.isEmpty)
        try FileManager.default.removeItem(atPath: path)
        #expect(files.poll().problems.count == 1)
        #expect(files.poll().problems.isEmpty)
        _ = try folder.write(greed({ $0 == 2 ? 20 : Double($0) }, hours: 4), as: "greed.csv")
        #expect(files.poll().news.map(\.observation.value) == [3])
    }

    @Test func aSessionDoesNotBeginWithoutItsFile() throws {
        let settings = try settings(folder.path("none.csv"))
        #expect(throws: CommandFailure.self) { try ExternalFiles(settings) }
    }
}

private func == (
    left: (news: [ExternalArrival], problems: [String]), right: (news: [ExternalArrival], problems: [String])
) -> Bool { left.news == right.news && left.problems == right.problems }
