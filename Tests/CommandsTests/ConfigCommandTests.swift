// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Testing

@testable import Commands

@Suite struct ConfigCommandTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("What init writes is accepted by check", arguments: [nil] + TradingStyle.allCases.map(\.rawValue))
    func templatesAreAccepted(style: String?) throws {
        let file = folder.path("new/apus.yaml")
        let made = apus(["config", "init", file] + (style.map { ["--style", $0] } ?? []))
        #expect(made.status == 0)
        #expect(made.output == "")
        let checked = apus(["config", "check", file])
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(checked.output == "\(file) has no problems.\n")
        #expect(checked.errors == "")
        let printed = apus(["config", "init", "-"] + (style.map { ["--style", $0] } ?? []))
        #expect(printed.output == (try folder.text("new/apus.yaml")))
    }

    @Test(
        "What the data's bars cannot show a strategy is said at its parameter",
        arguments: [
            (source: "1h", candles: "1m", parameters: "{}", problem: "timeframes", warning: nil),
            ("1h", "1m", "{ timeframes: false, regime: false }", "volume_profile", nil),
            ("5m", "1m", "{}", nil, nil), (nil, "1m", "{}", nil, nil),
            ("1m", "1h", "{}", nil, "timeframes"),
            ("1h", "1h", "{ regime_ranging_adx: 40 }", "regime_ranging_adx", nil),
        ] as [(source: String?, candles: String, parameters: String, problem: String?, warning: String?)])
    func barsThatAreTooLong(
        row: (source: String?, candles: String, parameters: String, problem: String?, warning: String?)
    ) throws {
        let source = row.source.map { "data: { sources: { BTC-USD: { file: bars.csv, timeframe: \($0) } } }" } ?? ""
        let text = """
            \(source)
            venues: { hl: { type: hyperliquid, network: testnet, candles: \(row.candles) } }
            strategies:
              one:
                type: enhanced
                venue: hl
                market: BTC-USD
                timeframe: 1h
                parameters: \(row.parameters)
                risk_parameters: { max_position_size: 100 }
            """
        let ran = apus(["config", "check", try folder.write(text, as: "apus.yaml"), "--json"])
        let document = try ran.json()
        func paths(_ name: String) -> [String] {
            (document[name] as? [[String: Any]] ?? []).compactMap { $0["path"] as? String }
                .filter { $0.hasPrefix("strategies.one.parameters.") }
        }
        #expect(paths("problems") == (row.problem.map { ["strategies.one.parameters.\($0)"] } ?? []), "\(ran.output)")
        #expect(paths("warnings") == (row.warning.map { ["strategies.one.parameters.\($0)"] } ?? []), "\(ran.output)")
    }

    @Test func initNeverWritesOver() throws {
        let file = try folder.write("mine", as: "apus.yaml")
        let ran = apus(["config", "init", file])
        #expect(ran.status == 1)
        #expect(ran.errors.contains("exists already"))
        #expect(try folder.text("apus.yaml") == "mine")
    }

    @Test func everyProblemIsNamedWithItsPlace() throws {
        let text = """
            strategies:
              one:
                type: MACD
                market: BTCUSDT
                timeframe: 1x
                parametres: { fast_period: 8 }
                risk_parameters: { max_position_size: 100 }
            """
        let file = try folder.write(text, as: "bad.yaml")
        let ran = apus(["config", "check", file])
        #expect(ran.status == 1)
        #expect(ran.output == "")
        #expect(ran.errors.contains("\(file):5:16: strategies.one.timeframe"))
        #expect(ran.errors.contains("\(file):6:5: strategies.one.parametres"))
        #expect(ran.errors.contains("parameters"))
        #expect(ran.errors.hasSuffix("apus: \(file) has 2 problems.\n"))

        let document = apus(["config", "check", file, "--json"])
        #expect(document.status == 1)
        let problems = try #require(try document.json()["problems"] as? [[String: Any]])
        #expect(problems.map { $0["line"] as? Int } == [5, 6])
        #expect(problems.map { $0["path"] as? String } == ["strategies.one.timeframe", "strategies.one.parametres"])
    }

    @Test func parametersAreCheckedByTheStrategyItself() throws {
        let file = folder.path("apus.yaml")
        #expect(apus(["config", "init", file]).status == 0)
        let ran = apus([
            "config", "check", file, "--set", "strategies.my_strategy.parameters.fast_period=0",
            "--set", "simulation.limit_touch=through",
        ])
        #expect(ran.status == 1)
        #expect(ran.errors.contains("fast_period"))
        #expect(!ran.errors.contains("limit_touch"))
    }

    @Test func plannedKeysAreWarnings() throws {
        let file = folder.path("apus.yaml")
        #expect(apus(["config", "init", file]).status == 0)
        let ran = apus([
            "config", "check", file, "--set", "strategies.my_strategy.risk_parameters.hedge_ratio=0.2",
        ])
        #expect(ran.status == 0)
        #expect(ran.output == "\(file) has no problems and 1 warning.\n")
        #expect(ran.errors.hasPrefix("warning: "))
        #expect(ran.errors.contains("hedge_ratio"))
    }

    @Test(
        arguments: [
            (["config", "check"], 2, "FILE is missing"), (["config", "check", "/nowhere.yaml"], 1, "/nowhere.yaml: "),
            (["config", "check", "x.yaml", "--set", "seed"], 2, "There is no '='"),
            (["config", "init", "-", "--style", "swng"], 2, "Did you mean 'swing'?"),
            (["config", "explain", "timefram"], 2, "timeframe"),
        ] as [([String], Int32, String)])
    func mistakes(arguments: [String], status: Int32, words: String) {
        let ran = apus(arguments)
        #expect(ran.status == status)
        #expect(ran.output == "")
        #expect(ran.errors.contains(words), "\(ran.errors)")
    }

    @Test func theSchemaIsJSONWithTheStrategiesInIt() throws {
        let ran = apus(["config", "schema"])
        #expect(ran.status == 0)
        #expect(try ran.json()["$schema"] as? String != nil)
        #expect(ran.output.contains("\"slow_period\""))
    }

    @Test func explainKnowsEveryKeyItLists() {
        let all = apus(["config", "explain"])
        #expect(all.status == 0)
        #expect(all.outputLines.count > 50)
        for line in all.outputLines {
            let key = line.prefix { $0 != " " }
            #expect(apus(["config", "explain", String(key)]).output.hasPrefix(key))
        }
    }
}
