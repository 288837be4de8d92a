// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Configuration

/// A configuration under construction: as YAML in flow style, which is JSON but for plain words.
indirect enum Tree {
    case scalar(String)
    case list([Tree])
    case map([(key: String, value: Tree)])

    var text: String {
        switch self {
        case .scalar(let text): text
        case .list(let elements): "[\(elements.map(\.text).joined(separator: ", "))]"
        case .map(let entries): "{ \(entries.map { "\"\($0.key)\": \($0.value.text)" }.joined(separator: ", ")) }"
        }
    }

    var keys: [String] { if case .map(let entries) = self { entries.map(\.key) } else { [] } }

    subscript(key: String) -> Tree? {
        get { if case .map(let entries) = self { entries.first { $0.key == key }?.value } else { nil } }
        set {
            guard case .map(var entries) = self else { return }
            let index = entries.firstIndex { $0.key == key }
            if let newValue {
                if let index { entries[index].value = newValue } else { entries.append((key, newValue)) }
            } else if let index {
                entries.remove(at: index)
            }
            self = .map(entries)
        }
    }

    /// Changes the value at a path of keys and list indices.
    mutating func change(_ path: ArraySlice<String>, _ body: (inout Tree) -> Void) {
        guard let key = path.first else { return body(&self) }
        if case .list(var elements) = self, let index = Int(key) {
            elements[index].change(path.dropFirst(), body)
            self = .list(elements)
        } else if var inner = self[key] {
            inner.change(path.dropFirst(), body)
            self[key] = inner
        }
    }
}

/// Makes valid configurations from the schema alone, then puts right what settings ask of each other.
struct RandomConfiguration {
    var random: SeededRandom

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func tree() -> Tree {
        var root = value(.section(ConfigurationSchema.sections))
        for section in [
            "strategies", "data", "account", "simulation", "instruments", "venues", "limits", "risk", "portfolio",
            "validation", "external",
        ] {
            guard var tree = root[section] else { continue }
            switch section {
            case "strategies":
                for key in tree.keys { tree.change([key]) { makeConsistent(strategy: &$0) } }
            case "validation":
                if tree["out_of_sample_from"] != nil { tree["out_of_sample_from"] = .scalar("2024-01-31") }
            case "external":
                for key in tree.keys {
                    tree.change([key]) { series in
                        guard series["url"] != nil else {
                            for key in ["every", "timeout", "rows", "value", "time", "headers", "keep"] {
                                series[key] = nil
                            }
                            series["file"] = series["file"] ?? .scalar("a.csv")
                            return
                        }
                        for key in ["value", "time"] { series[key] = series[key] ?? .scalar("x.0") }
                        if series["file"] == nil { for key in ["known_after", "column"] { series[key] = nil } }
                    }
                }
            case "data":
                if tree["from"] != nil, tree["to"] != nil {
                    tree["from"] = .scalar("2019-12-31")
                    tree["to"] = .scalar("2031-01-01T00:00:00Z")
                }
                for key in tree["sources"]?.keys ?? [] {
                    tree.change(["sources", key]) { source in
                        if source["file"] == nil { source["stamp"] = nil }
                        source.change(["timeframe"]) { $0 = .scalar("5m") }
                        source.change(["detail", "timeframe"]) { $0 = .scalar("30s") }
                    }
                }
            case "account":
                if tree["balances"] == nil { tree["balances"] = .scalar("{ \"BTC\": 1.5 }") }
                for key in tree["conversion_rates"]?.keys ?? [] {
                    tree.change(["conversion_rates", key]) { Self.makeDistinct(&$0) }
                }
            case "simulation": makeConsistent(simulation: &tree)
            case "venues":
                for (index, key) in tree.keys.enumerated() {
                    tree.change([key]) { venue in
                        if venue["url"] == nil { venue["stream_url"] = nil }
                        if venue["dead_man_switch"] == nil || venue["dead_man_switch"]?.text == "off" {
                            venue["dead_man_delay"] = nil
                        }
                        venue["candles"] = .scalar("1m")
                        venue["vault_address"] = nil
                        if venue["account"] != nil {
                            venue["account"] = .scalar("\"0x\(String(repeating: "\(index)", count: 40))\"")
                        }
                    }
                }
            case "limits":
                for (key, value) in [
                    ("max_order_notional", "10"), ("max_position_notional", "10.5"), ("max_venue_notional", "1e3"),
                    ("max_total_notional", "5000"), ("max_order_quantity", "{}"),
                ] where tree[key] != nil {
                    tree[key] = .scalar(value)
                }
            case "risk":
                for (key, value) in [
                    ("liquidation_warning", "0.3"), ("liquidation_reduction", "12.5%"), ("liquidation_target", "40%"),
                ] where tree[key] != nil {
                    tree[key] = .scalar(value)
                }
            case "portfolio":
                for (key, value) in [
                    ("single_symbol", "0.2"), ("correlated_pair", "0.3"), ("correlated_group", "0.45"),
                    ("total", "60%"), ("value_at_risk", "0.02"), ("expected_shortfall", "0.04"),
                ] where tree[key] != nil {
                    tree[key] = .scalar(value)
                }
            default:
                for key in tree.keys { tree.change([key]) { makeConsistent(instrument: &$0) } }
            }
            root[section] = tree
        }
        // Which venue is meant must be clear, and its candles must make up every strategy's bars.
        if let names = root["venues"]?.keys, let strategies = root["strategies"]?.keys {
            for key in strategies {
                root.change(["strategies", key]) { strategy in
                    guard strategy["exchange"]?.text == "hyperliquid" else { return }
                    strategy["venue"] = names.isEmpty ? nil : .scalar(pick(names))
                    strategy["timeframe"] = .scalar(pick(["1m", "15m", "4h", "1d"]))
                }
            }
        }
        // An inverse market needs to be told what the account holds.
        if root["account"] == nil { root["account"] = .map([("balances", .scalar("{ \"USDC\": 5 }"))]) }
        return root
    }

    /// Dates of a list, one for each year.
    private static func makeDistinct(_ list: inout Tree) {
        guard case .list(let elements) = list else { return }
        for index in elements.indices {
            list.change(["\(index)", "from"]) { $0 = .scalar("20\(10 + index)-01-01") }
        }
    }

    private mutating func makeConsistent(strategy: inout Tree) {
        strategy["venue"] = nil
        let type = pick(TestTypes.all)
        strategy["type"] = .scalar(type.name)
        strategy["orders"] = nil
        var parameters = value(.section(type.parameters))
        if type.name == "MACD" {
            parameters = .map([("fast_period", .scalar("\(Int.random(in: 1...19, using: &random))"))])
        }
        strategy["parameters"] = parameters
        let venue = pick(SymbolMap.exchanges)
        strategy["exchange"] = .scalar(venue)
        let names: [String] =
            switch venue {
            case "okx": ["BTC-USDT", "ETH-USDT-SWAP", "BTC-USD-SWAP"]
            case "coinbase", "dydx": ["BTC-USD", "ETH-USD", "SOL-USD"]
            case "hyperliquid": ["BTC", "ETH-USD", "SOL-USDC"]
            default: ["BTCUSDT", "ETH/USDT:USDT", "ETH-BTC"]
            }
        strategy["market"] = nil
        strategy["markets"] = nil
        if chance(50) {
            strategy["market"] = .scalar("\"\(pick(names))\"")
        } else {
            strategy["markets"] = .list(
                names.prefix(Int.random(in: 1...3, using: &random)).map { .scalar("\"\($0)\"") })
        }
        var risk = strategy["risk_parameters"] ?? .map([])
        if risk["max_position_size"] == nil { risk["size_basis"] = nil } else { risk["quantity"] = nil }
        if risk["max_position_size"] == nil, risk["quantity"] == nil { risk["quantity"] = .scalar("0.5") }
        risk.change(["leverage"]) { $0 = .scalar("1") }
        risk.change(["stop_loss_percent"]) { $0 = .scalar("-2.5%") }
        if type.name == "orders" { return makeOrders(&strategy, pick(names)) }
        makeConsistent(risk: &risk, venue: venue)
        strategy["risk_parameters"] = risk
        strategy["execution"] = chance(50) ? execution(hasTrailingStop: risk["trailing_stop_percent"] != nil) : nil
    }

    /// Orders in place of everything that has to do with signals.
    private mutating func makeOrders(_ strategy: inout Tree, _ market: String) {
        for key in ["markets", "preset", "execution", "capital", "risk_parameters"] { strategy[key] = nil }
        strategy["market"] = .scalar("\"\(market)\"")
        let forms = [
            "side: buy, quantity: 0.5", "side: sell, quantity: 1, type: stop, trigger: 5.5, expires: 2030-01-01",
            "side: sell, quantity: 2, oco: [{ type: limit, limit: 9 }, { type: stop, trigger: 1, reduce_only: true }]",
            "side: buy, quantity: 3, type: limit, limit: 4, bracket: [{ type: stop, from_entry_percent: -2.5 }]",
            "side: buy, quantity: 3, execution: { entry: twap, over: 1h, slices: 7 }",
            "side: sell, quantity: 3, type: trailing_stop, trail_atr_multiple: 2.5",
        ]
        let times = [
            "", ", when: close < 5 and not rsi(14) > 70, times: 3", ", starts_at: 2024-01-01, ends_at: 2025-01-01",
            ", trading_hours: ['Mon-Fri 08:00-16:30']",
        ]
        strategy["orders"] = .map(
            ["one", "two"].prefix(Int.random(in: 1...2, using: &random)).map { name in
                (name, .scalar("{ \(pick(forms))\(pick(times)) }"))
            })
    }

    /// Sizing, leverage and hedges: keys that belong together.
    private mutating func makeConsistent(risk: inout Tree, venue: String) {
        func map(_ pairs: [(String, String)]) -> Tree { .map(pairs.map { ($0.0, .scalar($0.1)) }) }
        risk.change(["sizing"]) { sizing in
            if sizing["kelly"] != nil {
                sizing["kelly"] = map([("minimum_trades", "20"), ("recent_trades", "250"), ("maximum_risk", "3%")])
            } else if sizing["volatility_risk"] == nil {
                sizing["atr_multiple"] = nil
                sizing["atr_period"] = nil
            }
        }
        risk.change(["dynamic_leverage"]) { leverage in
            for key in ["maximum", "minimum"] where leverage[key] != nil { leverage[key] = .scalar("1") }
            if leverage["strong_trend"] == nil { leverage["trendless_share"] = nil }
            if leverage["full_age"] == nil { leverage["aged_share"] = nil }
        }
        guard risk["hedge"] != nil || risk["hedge_ratio"] != nil else { return }
        let others = ["okx": "SOL-USDT-SWAP", "dydx": "DOGE-USD", "hyperliquid": "DOGE"]
        risk["hedge_ratio"] = chance(50) ? .scalar("0.35") : nil
        risk["hedge"] = map(
            [("market", "\"\(others[venue] ?? "SOL/USDT:USDT")\"")]
                + pick([[], [("method", "beta"), ("band", "5%")], [("method", "fixed")]]))
        if venue == "coinbase" {
            risk["hedge"] = nil
            risk["hedge_ratio"] = nil
        }
    }

    /// How entries are worked: keys that belong together.
    private mutating func execution(hasTrailingStop: Bool) -> Tree {
        func map(_ pairs: [(String, String)]) -> Tree { .map(pairs.map { ($0.0, .scalar($0.1)) }) }
        var tree = map(
            pick([
                [], [("entry", "market")], [("entry", "twap"), ("over", "2h"), ("slices", "7")],
                [("entry", "vwap"), ("participation_percent", "2.5%")], [("entry", "dca"), ("every", "1d")],
                [("entry", "dca"), ("drop_percent", "3"), ("every", "90m")],
                [("entry", "iceberg"), ("display_percent", "10")],
                [("entry", "vwap"), ("curve", "[1, 0, 2.5]"), ("over", "4h"), ("complete", "false")],
            ]))
        if tree.keys.count > 1, chance(50) {
            for (key, text) in [("accelerate", "adverse"), ("accelerate_percent", "0.5"), ("accelerate_factor", "3")] {
                tree[key] = .scalar(text)
            }
            tree["limit_offset_percent"] = .scalar("0.1")
            tree["post_only"] = .scalar("true")
        }
        if chance(30) { tree["trading_hours"] = .list([.scalar("'Mon-Fri 08:00-16:30'")]) }
        if hasTrailingStop { tree["trailing"] = map([("activation_percent", "1")]) }
        if !hasTrailingStop, chance(30) { tree["trailing"] = map([("atr_multiple", "2.5"), ("atr_period", "20")]) }
        return tree
    }

    private mutating func makeConsistent(simulation: inout Tree) {
        if case .scalar("same_close") = simulation["fill"] ?? .list([]) {
            simulation["latency"] = nil
        } else if simulation["latency"] != nil {
            simulation["latency"] = .scalar(pick(["1ns", "1.5s", "100ms", "2h"]))
        }
        if simulation["slippage"] != nil {
            let texts = [
                "{ \"model\": none }", "{ \"model\": constant, \"ticks\": 3 }",
                "{ \"model\": volume_share, \"impact\": 0.1 }",
                "{ \"model\": square_root, \"impact\": 1, \"volatility_window\": 9 }",
            ]
            simulation["slippage"] = .scalar(pick(texts))
        }
    }

    private mutating func makeConsistent(instrument: inout Tree) {
        for key in ["expiry", "strike", "option_type", "price_decimals", "quantity_decimals", "margin_tiers"] {
            instrument[key] = nil
        }
        // A description that fits no market of a strategy is a warning, not a problem; so is any of these kinds.
        switch pick([0, 1, 2]) {
        case 0:
            instrument["kind"] = .scalar("future")
            instrument["expiry"] = .scalar("2030-01-01")
        case 1:
            instrument["kind"] = .scalar("option")
            instrument["expiry"] = .scalar("2030-01-01")
            instrument["strike"] = .scalar("1e3")
            instrument["option_type"] = .scalar("put")
        default:
            instrument["kind"] = .scalar("linear_perpetual")
            instrument["margin_tiers"] = .list([
                .map([
                    ("maintenance_rate", .scalar("0.5%")),
                    ("maximum_leverage", .scalar("\(Int.random(in: 1...200, using: &random))")),
                ])
            ])
        }
        if instrument["base"] != nil { instrument["base"] = .scalar("AAA") }
        if instrument["quote"] != nil { instrument["quote"] = .scalar("BBB") }
        instrument.change(["rules"]) { Self.makeDistinct(&$0) }
    }

    /// A random value that fits a type.
    mutating func value(_ type: ValueType) -> Tree {
        switch type {
        case .boolean: return .scalar(pick(["true", "false", "True", "FALSE"]))
        case .integer(let range):
            let upper = min(range.upperBound, range.lowerBound.addingReportingOverflow(1_000_000).partialValue)
            return .scalar(
                "\(pick([range.lowerBound, range.upperBound, Int64.random(in: range.lowerBound...upper, using: &random)]))"
            )
        case .decimal(let range): return .scalar(number(range))
        case .share(let range):
            let text = number(range)
            return .scalar(chance(50) ? text : "\(hundredfold(text))%")
        case .percentage(let range): return .scalar(number(range) + (chance(50) ? "%" : ""))
        case .text(let rule):
            switch rule {
            case .any, .path:
                return .scalar(pick(["\"a text: with # signs\"", "'ünïcode 😀'", "plain", "2024", "./a/b.csv"]))
            case .asset: return .scalar(pick(["USDT", "BTC", "EUR", "A1"]))
            case .symbol: return .scalar("\"\(pick(["BTCUSDT", "ETH-USD"]))\"")
            case .name: return .scalar(pick(["one", "btc-trend.2", "A_1"]))
            case .chainAddress:
                let digits = (0..<40).map { _ in pick("0123456789abcdefABCDEF".map(String.init)) }
                return .scalar("\"0x\(digits.joined())\"")
            case .webAddress:
                return .scalar(
                    "\"\(pick(["https://api.example.org", "http://127.0.0.1:3001/", "https://[2001:db8::1]:8443"]))\"")
            case .streamAddress: return .scalar("\"\(pick(["wss://api.example.org", "ws://[::1]:3001"]))\"")
            case .proxyAddress:
                return .scalar("\"\(pick(["http://proxy.example.org:3128", "socks5h://10.0.0.1:1080"]))\"")
            case .secretText:
                return .scalar("\"\(pick(["env:KEY", "Bearer env:KEY", "Token file:/run/key", "vault:agent"]))\"")
            case .page:
                return .scalar(
                    "\"\(pick(["https://a.example", "https://a.example/x?y=1&z", "http://127.0.0.1:8/a"]))\"")
            case .dataPath: return .scalar("\"\(pick([".", "value", "data.0", "a.b.-1"]))\"")
            case .header: return .scalar("\"X-Key\"")
            case .credentials: return .scalar("\"\(pick(["env:KEY", "file:/run/key", "vault:agent"]))\"")
            }
        case .choice(let choices): return .scalar(pick(choices).name)
        case .duration(let range):
            let texts = ["100ms", "1s", "2.5m", "1d"].filter { range.contains(DurationText.parse($0) ?? .zero) }
            return .scalar(pick(texts + [range.lowerBound, range.upperBound].map(DurationText.format)))
        case .timeframe: return .scalar(pick(["1m", "15m", "4h", "1d", "90s"]))
        case .time: return .scalar(pick(["2024-01-31", "\"2024-01-31T18:30:00Z\"", "2020-02-29 00:00"]))
        case .list(let element, let minimumCount):
            let count = Int.random(in: minimumCount...3, using: &random)
            return .list((0..<count).map { _ in value(element) })
        case .section(let keys):
            return .map(
                keys.compactMap { key in
                    guard key.isRequired || chance(key.status == .planned ? 5 : 45) else { return nil }
                    return (key.name, value(key.type))
                })
        case .map(let keyName, let element, let minimumCount):
            let names =
                keyName == "ASSET"
                ? ["USDT", "BTC", "EUR"] : keyName == "SYMBOL" ? ["A-B", "C/D:D", "EFUSDT"] : ["one", "two", "three"]
            let count = Int.random(in: minimumCount...3, using: &random)
            return .map(names.prefix(count).map { ($0, value(element)) })
        case .either(let types): return value(pick(types))
        case .parameters: return .map([])
        case .anything: return .scalar("{ \"free\": [1, text] }")
        }
    }

    /// A number inside a range, or one of its ends where these belong to it.
    private mutating func number(_ range: DecimalRange) -> String {
        for text in [
            pick([range.minimum ?? "-12.5", range.maximum ?? "123456789.123456789"]), "0.0001", "0.05", "1", "50", "5",
        ].shuffled(using: &random) {
            if let units = try? DecimalText.parse(text, decimals: 18, as: Int128.self),
                range.contains(Amount(units: units))
            {
                return text
            }
        }
        return range.maximum ?? "1"
    }

    private func hundredfold(_ text: String) -> String {
        guard let units = try? DecimalText.parse(text, decimals: 18, as: Int128.self) else { return text }
        return Amount(units: units * 100).description
    }
}
