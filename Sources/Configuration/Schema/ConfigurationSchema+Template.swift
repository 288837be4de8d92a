// SPDX-License-Identifier: Apache-2.0

/// A way of trading, with settings that suit it as a starting point.
public enum TradingStyle: String, Sendable, CaseIterable {
    case scalping
    case dayTrading = "day-trading"
    case swing
    case investing

    public var summary: String {
        switch self {
        case .scalping: "minutes: many small trades; fees, latency and slippage decide"
        case .dayTrading: "hours: a few trades a day, closed by a near stop or target"
        case .swing: "days: wide stops, little leverage"
        case .investing: "weeks: spot only, no leverage"
        }
    }

    /// Settings by path, as YAML, that differ from the plain template. The reasons are in the reference page.
    public var settings: [(path: String, value: String)] {
        switch self {
        case .scalping:
            [
                ("strategies.STRATEGY.market", "BTC/USDT:USDT"), ("strategies.STRATEGY.timeframe", "1m"),
                ("strategies.STRATEGY.risk_parameters.leverage", "3"),
                ("strategies.STRATEGY.risk_parameters.stop_loss_percent", "-0.5"),
                ("strategies.STRATEGY.risk_parameters.take_profit_percent", "0.8"),
                ("simulation.limit_touch", "through"), ("simulation.volume_limit", "0.05"),
                ("simulation.slippage", "{ model: constant, ticks: 1 }"),
            ]
        case .dayTrading:
            [
                ("strategies.STRATEGY.market", "BTC/USDT:USDT"), ("strategies.STRATEGY.timeframe", "15m"),
                ("strategies.STRATEGY.risk_parameters.leverage", "2"),
                ("strategies.STRATEGY.risk_parameters.stop_loss_percent", "-1.5"),
                ("strategies.STRATEGY.risk_parameters.take_profit_percent", "3"),
                ("simulation.volume_limit", "0.1"), ("simulation.slippage", "{ model: constant, percent: 0.01 }"),
            ]
        case .swing:
            [
                ("strategies.STRATEGY.timeframe", "4h"), ("strategies.STRATEGY.preset", "conservative"),
                ("strategies.STRATEGY.risk_parameters.stop_loss_percent", "-6"),
                ("strategies.STRATEGY.risk_parameters.trailing_stop_percent", "4"),
                ("simulation.slippage", "{ model: constant, percent: 0.02 }"),
            ]
        case .investing:
            [
                ("strategies.STRATEGY.timeframe", "1d"), ("strategies.STRATEGY.preset", "conservative"),
                ("simulation.slippage", "{ model: constant, percent: 0.05 }"),
            ]
        }
    }
}

extension ConfigurationSchema {
    /// A configuration to start from: one strategy and one source, and every other key behind a `#` with its default.
    ///
    /// It is accepted as it stands (with a registry that has the type MACD).
    public static func template(style: TradingStyle? = nil) -> String {
        let chosen = Dictionary(
            uniqueKeysWithValues: [
                ("strategies.STRATEGY.type", "MACD"), ("strategies.STRATEGY.market", "BTCUSDT"),
                ("strategies.STRATEGY.timeframe", "1h"),
                ("strategies.STRATEGY.risk_parameters.max_position_size", "1000"),
                ("data.sources.SYMBOL.file", "BTCUSDT_1m.csv.gz"), ("data.sources.SYMBOL.timeframe", "1m"),
                ("data.sources.SYMBOL.stamp", "open"),
            ] as [(String, String)]
        ).merging((style?.settings ?? []).map { ($0.path, $0.value) }, uniquingKeysWith: { $1 })
        let market = chosen["strategies.STRATEGY.market"] ?? ""
        var lines = [
            "# An Apus configuration. Lines behind a '#' show what else can be set, with the defaults.",
            "# 'apus config check FILE' finds mistakes, 'apus config explain KEY' tells more about a key.",
        ]
        if let style { lines.append("# A starting point for \(style.rawValue) (\(style.summary)).") }
        for section in sections {
            lines.append("")
            write(section, path: "", indentation: 0, market: market, chosen: chosen, to: &lines)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func write(
        _ key: KeyDescription, path parent: String, indentation: Int, market: String, chosen: [String: String],
        to lines: inout [String]
    ) {
        let path = parent.appending(key.name)
        let margin = String(repeating: " ", count: indentation)
        let inner = chosen.keys.contains { $0.hasPrefix(path + ".") }
        var comment = key.summary
        let names = key.type.choices.map(\.name)
        if !names.isEmpty { comment += " One of: \(names.joined(separator: ", "))." }
        if key.status == .planned { comment += " (Planned: no effect yet.)" }
        lines += wrapped(comment, to: 98 - indentation).map { "\(margin)# \($0)" }
        if let value = chosen[path] {
            lines.append("\(margin)\(key.name): \(value)")
        } else if key.status == .planned {
            lines.append("\(margin)# \(key.name): \(key.example ?? "")".trimmed)
        } else if case .section(let keys) = key.type, inner || key.example == nil {
            lines.append("\(margin)\(key.name):")
            for key in keys {
                write(key, path: path, indentation: indentation + 2, market: market, chosen: chosen, to: &lines)
            }
        } else if inner, case .map(let keyName, .section(let keys), _) = key.type {
            lines.append("\(margin)\(key.name):")
            lines.append("\(margin)  \(keyName == "SYMBOL" ? market : "my_strategy"):")
            for key in keys {
                write(
                    key, path: path.appending(keyName), indentation: indentation + 4, market: market, chosen: chosen,
                    to: &lines)
            }
        } else {
            lines.append("\(margin)# \(key.name): \(key.defaultText ?? key.example ?? "")".trimmed)
        }
    }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
