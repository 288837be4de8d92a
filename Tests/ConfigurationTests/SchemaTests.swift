// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Trading

@testable import Configuration

@Suite("The schema and what is made from it") struct SchemaTests {
    static let base = """
        strategies:
          s: { type: any, market: BTCUSDT, timeframe: 1h }
        """

    /// What a key needs beside it to be allowed, by its path.
    static let companions: [(prefix: String, overrides: [String])] = [
        (
            "strategies.STRATEGY.venue",
            ["venues.hyperliquid={ type: hyperliquid, network: testnet }", "strategies.s.market=BTC-USD"]
        ),
        ("venues.VENUE.", ["venues.v={ type: hyperliquid, network: mainnet }"]),
        ("venues.VENUE.type", ["venues.v={ network: mainnet }"]),
        ("venues.VENUE.stream_url", ["venues.v.url=http://127.0.0.1:9"]),
        ("venues.VENUE.dead_man_delay", ["venues.v.dead_man_switch=always"]),
        (
            "limits.max_order_quantity",
            ["strategies.s={ type: any, market: BTC, exchange: hyperliquid, timeframe: 1h }"]
        ),
        ("strategies.STRATEGY.markets", ["strategies.s={ type: MACD, timeframe: 1h }"]),
        ("strategies.STRATEGY.risk_parameters.size_basis", ["strategies.s.risk_parameters.max_position_size=5"]),
        ("strategies.STRATEGY.execution.entry", ["strategies.s.execution.over=1h"]),
        ("strategies.STRATEGY.execution.slices", ["strategies.s.execution={ entry: twap, over: 1h }"]),
        ("strategies.STRATEGY.execution.over", ["strategies.s.execution={ entry: twap, over: 1h }"]),
        ("strategies.STRATEGY.execution.every", ["strategies.s.execution={ entry: dca, drop_percent: 1 }"]),
        ("strategies.STRATEGY.execution.drop_percent", ["strategies.s.execution={ entry: dca, every: 1h }"]),
        ("strategies.STRATEGY.execution.curve", ["strategies.s.execution={ entry: vwap, over: 1h, curve: [1, 1] }"]),
        (
            "strategies.STRATEGY.execution.participation_percent",
            ["strategies.s.execution={ entry: vwap, participation_percent: 1 }"]
        ),
        (
            "strategies.STRATEGY.execution.display_percent",
            ["strategies.s.execution={ entry: iceberg, display_percent: 1 }"]
        ),
        ("strategies.STRATEGY.execution.limit_offset_percent", ["strategies.s.execution={ entry: twap, over: 1h }"]),
        (
            "strategies.STRATEGY.execution.post_only",
            ["strategies.s.execution={ entry: twap, over: 1h, limit_offset_percent: 1 }"]
        ),
        ("strategies.STRATEGY.execution.complete", ["strategies.s.execution={ entry: twap, over: 1h }"]),
        (
            "strategies.STRATEGY.execution.accelerate",
            [
                "strategies.s.execution={ entry: twap, over: 1h, accelerate: favourable, accelerate_percent: 1 }"
            ]
        ),
        (
            "strategies.STRATEGY.execution.trailing.atr_period",
            ["strategies.s.execution={ trailing: { atr_multiple: 1 } }"]
        ),
        (
            "strategies.STRATEGY.execution.trailing.activation_percent",
            ["strategies.s.execution={ trailing: { atr_multiple: 1 } }"]
        ),
        ("strategies.STRATEGY.risk_parameters.leverage", ["strategies.s.market=BTC/USDT:USDT"]),
        (
            "strategies.STRATEGY.risk_parameters.sizing.atr_",
            ["strategies.s.risk_parameters.sizing={ volatility_risk: 1% }"]
        ),
        (
            "strategies.STRATEGY.risk_parameters.dynamic_leverage",
            [
                "strategies.s.market=BTC/USDT:USDT", "strategies.s.risk_parameters.leverage=10",
                "strategies.s.risk_parameters.dynamic_leverage={ strong_trend: 30, full_age: 1h }",
            ]
        ),
        (
            "strategies.STRATEGY.risk_parameters.hedge",
            ["strategies.s.risk_parameters.hedge={ market: BTC/USDT:USDT }"]
        ),
        (
            "strategies.STRATEGY.risk_parameters.hedge.calm_volatility",
            ["strategies.s.risk_parameters.hedge.method=delta_neutral"]
        ),
        (
            "strategies.STRATEGY.risk_parameters.hedge.stressed_volatility",
            ["strategies.s.risk_parameters.hedge.method=delta_neutral"]
        ),
        ("data.sources.SYMBOL.stamp", ["data.sources.BTCUSDT.file=a.csv"]),
        ("data.sources.SYMBOL.detail.", ["data.sources.BTCUSDT.detail={ file: z, timeframe: 30s }"]),
        ("account.conversion_rates.ASSET.N.", ["account.conversion_rates.EUR=[{ from: 2020-01-01, rate: 1 }]"]),
        ("simulation.slippage.ticks", ["simulation.slippage.model=constant"]),
        ("simulation.slippage.percent", ["simulation.slippage.model=constant"]),
        ("simulation.slippage.impact", ["simulation.slippage.model=volume_share"]),
        ("simulation.slippage.model", ["simulation.slippage.ticks=1"]),
        ("simulation.slippage.volatility_window", ["simulation.slippage={ model: square_root, impact: 1 }"]),
        ("instruments.SYMBOL.expiry", ["instruments.BTCUSDT.kind=future"]),
        ("instruments.SYMBOL.strike", ["instruments.BTCUSDT={ kind: option, expiry: 2025-01-01, option_type: call }"]),
        ("instruments.SYMBOL.option_type", ["instruments.BTCUSDT={ kind: option, expiry: 2025-01-01, strike: 5 }"]),
        (
            "instruments.SYMBOL.margin_tiers.N.",
            ["instruments.BTCUSDT.margin_tiers=[{ maintenance_rate: 0.1%, maximum_leverage: 2 }]"]
        ),
        ("external.SERIES.", ["external.fear={ file: a.csv, max_age: 1h }"]),
        ("external.SERIES.url", ["external.fear={ file: a.csv, max_age: 1h, value: v, time: t }"]),
        ("instruments.SYMBOL.rules.N.", ["instruments.BTCUSDT.rules=[{ from: 2020-01-01 }]"]),
    ]

    /// What an order needs beside a key, by the key.
    private static let ofOrders: [(prefix: String, overrides: [String])] = {
        let sale = "side: sell, quantity: 1"
        let needs: [(key: String, text: String)] = [
            ("", sale), ("limit", "\(sale), type: limit"), ("trigger", "\(sale), type: stop"),
            ("trail_percent", "\(sale), type: trailing_stop"), ("trail_distance", "\(sale), type: trailing_stop"),
            ("activation", "\(sale), type: trailing_stop, trail_percent: 1"),
            ("trail_atr_multiple", "\(sale), type: trailing_stop"),
            ("trail_atr_period", "\(sale), type: trailing_stop, trail_atr_multiple: 2"),
            ("expires", "\(sale), type: limit, limit: 5"), ("post_only", "\(sale), type: limit, limit: 5"),
            ("time_in_force", "\(sale), type: limit, limit: 5"), ("type", "\(sale), limit: 41000"),
            ("exchange", "\(sale), market: BTC-USD"), ("times", "\(sale), when: close < 5"),
            ("when_until", "\(sale), when: close < 5"), ("from_entry_percent", "\(sale), type: stop"),
            ("market", sale), ("venue", "\(sale), market: BTC-USD"),
        ]
        func order(_ text: String) -> String {
            "strategies.s={ type: orders, market: BTCUSDT, timeframe: 1m, orders: { o: { \(text) } } }"
        }
        let path = "strategies.STRATEGY.orders.ORDER."
        let venue = "venues.hyperliquid={ type: hyperliquid, network: testnet }"
        var found: [(prefix: String, overrides: [String])] = [
            ("strategies.STRATEGY.orders", ["strategies.s={ type: orders, market: BTCUSDT, timeframe: 1m }"])
        ]
        for (key, text) in needs {
            let more = key == "venue" ? [venue] : []
            found.append((path + key, more + [order(text)]))
            // The type of a leg is there, or is the key that is tried.
            let leg =
                key == "type" ? "\(sale), trigger: 5" : text + (text.contains("type") ? "" : ", type: stop, trigger: 5")
            let other = "\(sale), type: limit, limit: 9"
            found.append((path + "oco.N.\(key)", more + [order("oco: [{ \(leg) }, { \(other) }]")]))
            let buying = "side: buy, quantity: 1, bracket: [{ \(leg) }, { \(other) }]"
            found.append((path + "bracket.N.\(key)", more + [order(buying)]))
        }
        // On the entry's market these go without saying.
        for (key, text) in [("side", ""), ("reduce_only", "side: sell, ")] {
            let leg = "market: ETHUSDT, \(text)quantity: 1, type: stop, trigger: 5"
            found.append((path + "bracket.N.\(key)", [order("side: buy, quantity: 1, bracket: [{ \(leg) }]")]))
        }
        for (key, text) in [
            ("entry", "over: 1h"), ("slices", "entry: twap, over: 1h"), ("over", "entry: twap, over: 1h"),
            ("every", "entry: dca, drop_percent: 1"), ("drop_percent", "entry: dca, every: 1h"),
            ("curve", "entry: vwap, over: 1h, curve: [1, 1]"),
            ("participation_percent", "entry: vwap, participation_percent: 1"),
            ("display_percent", "entry: iceberg, display_percent: 1"),
            ("limit_offset_percent", "entry: twap, over: 1h"),
            ("post_only", "entry: twap, over: 1h, limit_offset_percent: 1"), ("complete", "entry: twap, over: 1h"),
            ("accelerate", "entry: twap, over: 1h, accelerate: favourable, accelerate_percent: 1"),
        ] {
            found.append((path + "execution.\(key)", [order("\(sale), execution: { \(text) }")]))
        }
        return found
    }()

    /// What only has an effect beside a page.
    private static let ofPages: [(prefix: String, overrides: [String])] = [
        "every", "timeout", "rows", "value", "time", "headers", "keep",
    ].map { key in
        (
            "external.SERIES.\(key)",
            ["external.fear={ file: a.csv, max_age: 1h, url: 'https://a.example/', value: v, time: t }"]
        )
    }

    private func check(_ arguments: [String]) throws -> ConfigurationCheck {
        let overrides = try arguments.map { try ConfigurationOverride(parsing: $0) }
        let document = try ConfigurationDocument(parsing: Self.base, file: "base").applying(overrides)
        return ConfigurationCheck(of: document, strategyTypes: nil)
    }

    @Test("Every example is accepted, and changes what is decoded: no key is ignored")
    func examples() throws {
        var count = 0
        for (path, key) in ConfigurationSchema.allKeys where key.example != nil && key.status == .available {
            let needed = (Self.companions + Self.ofPages + Self.ofOrders).filter { path.hasPrefix($0.prefix) }.flatMap(
                \.overrides)
            let place = path.split(separator: ".").map { part in
                [
                    "STRATEGY": "s", "SYMBOL": "BTCUSDT", "ASSET": "EUR", "N": "0", "VENUE": "v", "SERIES": "fear",
                    "ORDER": "o",
                ][
                    String(part)]
                    ?? String(part)
            }.joined(separator: ".")
            let with = try check(needed + ["\(place)=\(key.example ?? "")"])
            #expect(with.problems.map(\.description) == [], "\(path)")
            // Where the key is needed, or its section would be incomplete, the check reads it.
            let without = try check(needed)
            #expect(with.configuration != without.configuration, "\(path) has no effect")
            count += 1
        }
        #expect(count >= 80)
    }

    @Test("Every planned key is accepted with a warning that names it")
    func planned() throws {
        for (path, key) in ConfigurationSchema.allKeys where key.status == .planned {
            let place = path.split(separator: ".").map { $0 == "STRATEGY" ? "s" : String($0) }.joined(separator: ".")
            let check = try check(["\(place)=\(key.example ?? "{ a: [1] }")"])
            #expect(check.problems == [])
            #expect(check.warnings.map(\.path) == [place])
            #expect(check.warnings.map(\.kind) == [.planned])
        }
    }

    @Test("Every default fits its own type")
    func defaults() throws {
        for (path, key) in ConfigurationSchema.allKeys {
            for text in [key.defaultText, key.example].compactMap({ $0 }) {
                let node = try ConfigurationDocument(parsing: text, file: path).root
                var validator = SchemaValidator()
                validator.check(node, as: key.type, path: path, place: node.location)
                #expect(validator.problems == [])
            }
        }
    }

    @Test("Every key has a summary, and leaves that are available have an example")
    func complete() {
        for (path, key) in ConfigurationSchema.allKeys {
            #expect(key.summary.hasSuffix(".") || key.summary.hasSuffix(".)"), "\(path)")
            if key.type.isScalar { #expect(key.example != nil, "\(path)") }
        }
    }

    @Test("The defaults are the documented ones")
    func decodedDefaults() throws {
        let configuration = try check([]).get()
        #expect(configuration.account.balances == [AssetBalance(asset: "USDT", amount: Amount(whole: 10_000))])
        #expect(configuration.account.positionMode == .netting && configuration.account.marginMode == .cross)
        #expect(configuration.simulation.latency == .milliseconds(100))
        #expect(configuration.simulation.fill == .nextOpen && configuration.simulation.intrabar == .pessimistic)
        #expect(configuration.simulation.volumeLimit == Rate(units: Rate.one))
        #expect(configuration.simulation.slippage == .none)
        #expect(configuration.simulation.makerFee == Rate(units: 200_000))
        #expect(configuration.simulation.takerFee == Rate(units: 500_000))
        #expect(configuration.data.maximumMissingShare == Rate(units: 10_000_000))
        #expect(configuration.data.store == "./apus-data")
        #expect(configuration.strategies[0].risk.leverage == Amount(whole: 1))
        let market = try #require(configuration.markets.first)
        #expect(configuration.instrument(of: market).takerFee == Rate(units: 500_000))
        #expect(configuration.instrument(of: market).rules.count == 1)
        #expect(configuration.source(of: market) == nil)
    }

    @Test("Dated rules carry on what they do not change")
    func datedRules() throws {
        let check = try check([
            "instruments.BTCUSDT={ tick_size: 0.5, minimum_notional: 5, rules: [{ from: 2024-01-01, tick_size: 0.01 }, { from: 2023-01-01, minimum_notional: 10 }] }"
        ])
        let rules = try check.get().instruments[0].rules
        #expect(rules.map { $0.tickSize?.description } == ["0.5", "0.5", "0.01"])
        #expect(rules.map(\.minimumNotional?.description) == ["5", "10", "10"])
        #expect(rules.first?.from == .distantPast)
    }

    @Test("The order in the file has no influence")
    func order() throws {
        let first =
            "strategies: { b: { type: A, markets: [ETHUSDT, BTCUSDT], timeframe: 1h }, a: { type: A, market: X/Y, timeframe: 1h } }\naccount: { balances: { B: 1, A: 2 } }"
        let second =
            "account: { balances: { A: 2, B: 1 } }\nstrategies: { a: { timeframe: 1h, market: X/Y, type: A }, b: { type: A, markets: [BTCUSDT, ETHUSDT], timeframe: 1h } }"
        let configurations = try [first, second].map { text in
            try ConfigurationCheck(of: ConfigurationDocument(parsing: text, file: "f"), strategyTypes: nil).get()
        }
        #expect(configurations[0] == configurations[1])
    }

    @Test("Presets give way to what is written, and come before defaults")
    func presets() throws {
        let text = SampleTests.sample.replacingOccurrences(
            of: "parameters: { fast_period: 8, slow_period: 21, signal_period: 5 }",
            with: "preset: conservative\n    parameters: { fast_period: 7 }")
        let check = ConfigurationCheck(
            of: try ConfigurationDocument(parsing: text, file: "f"), strategyTypes: TestTypes.all)
        #expect(
            try check.get().strategies[0].parameters == [
                "fast_period": .integer(7), "slow_period": .integer(52), "signal_period": .integer(9),
            ])
    }

    @Test("A description of a market that nothing trades is a warning")
    func unused() throws {
        let check = try check(["instruments.ETHUSD={ taker_fee: 0 }"])
        #expect(
            check.warnings.map(\.description) == [
                "--set instruments.ETHUSD={ taker_fee: 0 }: instruments.ETHUSD: No strategy trades this market, so "
                    + "that it has no effect."
            ])
    }

    @Test("A hundred problems are enough")
    func manyProblems() throws {
        let keys = (0..<5_000).map { "xx\($0): 1" }.joined(separator: ", ")
        let check = try check(["simulation={ \(keys) }"])
        #expect(check.problems.count == 100)
        #expect(check.problems.last?.message == "There are 4901 more problems; these are the first ones.")
    }

    // MARK: - Documents

    @Test("The template is accepted, for every style", arguments: [nil] + TradingStyle.allCases.map { Optional($0) })
    func template(style: TradingStyle?) throws {
        let text = ConfigurationSchema.template(style: style)
        let document = try ConfigurationDocument(parsing: text, file: "template")
        let check = ConfigurationCheck(of: document, strategyTypes: TestTypes.all)
        #expect(check.problems.map(\.description) == [])
        #expect(check.warnings.map(\.description) == [])
        for (path, value) in style?.settings ?? [] {
            #expect(text.contains("\(path.split(separator: ".").last ?? ""): \(value)\n"))
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 && $0.last != " " })
    }

    @Test("Every line of the template behind a # can be switched on")
    func templateLines() throws {
        let lines = ConfigurationSchema.template().split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        let known = Set(ConfigurationSchema.allKeys.map(\.key.name))
        var count = 0
        for (index, line) in lines.enumerated() {
            guard let mark = line.range(of: "# "), line[..<mark.lowerBound].allSatisfy({ $0 == " " }),
                let colon = line.range(of: ": "), known.contains(String(line[mark.upperBound..<colon.lowerBound]))
            else { continue }
            var changed = lines
            changed[index] = line.replacingCharacters(in: mark, with: "")
            let document = try ConfigurationDocument(parsing: changed.joined(separator: "\n"), file: "template")
            let check = ConfigurationCheck(of: document, strategyTypes: nil)
            // What goes with a setting that is still switched off may be missed, but never misunderstood.
            #expect(
                check.problems.allSatisfy { [.conflict, .missingKey].contains($0.kind) }, "\(line): \(check.problems)")
            count += 1
        }
        #expect(count >= 45)
    }

    /// Written anew with `APUS_WRITE_DOCUMENTATION=1 swift test --filter SchemaTests`.
    @Test(
        "The reference page and the JSON Schema in Documentation are those of the schema",
        arguments: [
            ("configuration.md", ConfigurationSchema.referencePage()),
            ("configuration.schema.json", ConfigurationSchema.jsonSchema()),
            (
                "../Tests/ConfigurationTests/Fixtures/with-types.schema.json",
                ConfigurationSchema.jsonSchema(strategyTypes: TestTypes.all)
            ),
        ])
    func documentation(name: String, expected: String) throws {
        let file = Fixtures.repository.appendingPathComponent("Documentation/\(name)")
        if ProcessInfo.processInfo.environment["APUS_WRITE_DOCUMENTATION"] == "1" {
            try expected.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == expected)
        for key in ConfigurationSchema.allKeys { #expect(expected.contains(key.key.name)) }
    }

    @Test("JSON Schema is JSON")
    func jsonSchema() throws {
        let object = try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.jsonSchema().utf8))
        let schema = try #require(object as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(Set(properties.keys) == Set(ConfigurationSchema.sections.map(\.name)))
    }

    @Test("Every key is explained, by its path and by its last word")
    func explanations() throws {
        for (path, key) in ConfigurationSchema.allKeys {
            #expect(try ConfigurationSchema.explanation(of: path).contains(key.summary))
            #expect(try ConfigurationSchema.explanation(of: key.name).contains(key.name))
        }
        #expect(
            try ConfigurationSchema.explanation(of: "strategies.my_macd.risk_parameters.leverage") == """
                strategies.STRATEGY.risk_parameters.leverage
                  How many times larger than its margin a position is.

                  Spot markets allow 1. The instrument's margin tiers may allow less for large positions.

                  type      a number from 1 to 1000
                  unit      times
                  default   1
                  example   leverage: 10

                """)
        #expect(
            try ConfigurationSchema.explanation(of: "fast_period", strategyTypes: TestTypes.all).contains("type MACD"))
        #expect { try ConfigurationSchema.explanation(of: "simulation.latncy") } throws: {
            "\($0)" == "There is no key 'simulation.latncy'. Did you mean 'simulation.latency'?"
        }
        let type = try ConfigurationSchema.explanation(of: "MACD", strategyTypes: TestTypes.all)
        #expect(type.contains("two averages of the price") && type.contains("Bars in the signal line."))
        #expect {
            try ConfigurationSchema.explanation(of: "MCAD", strategyTypes: TestTypes.all)
        } throws: {
            "\($0)" == "There is no key 'MCAD'. Did you mean 'MACD'?"
        }
        #expect { try ConfigurationSchema.explanation(of: "") } throws: { $0 is UnknownKeyError }
    }
}
