// SPDX-License-Identifier: Apache-2.0

extension ConfigurationSchema {
    /// The reference page `Documentation/configuration.md`.
    public static func referencePage() -> String {
        var lines = [introduction]
        for section in sections where section.status == .available { lines += page(of: section) }
        lines += [
            "## Planned sections", "",
            "Accepted with a warning, without effect yet. Live modes will refuse a file with any of them.", "",
            "| section | what it will hold |", "| --- | --- |",
        ]
        lines += sections.filter { $0.status == .planned }.map { "| `\($0.name)` | \($0.summary.forTable) |" }
        lines += [
            "", "## Starting points", "",
            "`apus config init --style STYLE` writes a file with these settings. They are places to begin a search from, not",
            "advice: short timeframes pay the most in fees and slippage, so that their simulation is the strictest; long ones",
            "need wide stops and forgive small costs.", "",
        ]
        for style in TradingStyle.allCases {
            lines += ["- **\(style.rawValue)** (\(style.summary)):"]
            let settings = style.settings.map { "`\($0.path.replacingPrefix("strategies.STRATEGY.")): \($0.value)`" }
            lines += wrapped(settings.joined(separator: ", ") + ".", to: 116).map { "  " + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func page(of section: KeyDescription) -> [String] {
        var lines = ["### \(section.name)", "", section.summary + (section.isRequired ? " Required." : "")]
        if !section.explanation.isEmpty { lines += [section.explanation] }
        lines += ["", "| key | type | default | meaning |", "| --- | --- | --- | --- |"]
        for (path, key) in allKeys where path.hasPrefix(section.name + ".") {
            var meaning = [key.summary, key.explanation].filter { !$0.isEmpty }.joined(separator: " ")
            let choices = key.type.choices.filter { !$0.summary.isEmpty }
            if !choices.isEmpty {
                meaning += " " + choices.map { "`\($0.name)`: \($0.summary)" }.joined(separator: "; ") + "."
            }
            if let unit = key.unit { meaning += " Unit: \(unit)." }
            if let example = key.example { meaning += " Example: `\(example)`." }
            if key.status == .planned { meaning = "**Planned, no effect yet.** " + meaning }
            let name = path.dropFirst(section.name.count + 1)
            let fallback = key.defaultText.map { "`\($0)`" } ?? (key.isRequired ? "required" : "")
            lines.append("| `\(name)` | \(key.type.tableText.forTable) | \(fallback) | \(meaning.forTable) |")
        }
        return lines + [""]
    }
}

/// What stands in the page above the tables.
private let introduction = """
    # Configuration

    A configuration is one YAML or JSON file. It is checked before anything runs: an unknown key, a value out of
    range or two settings that do not go together stop the program with the file, line, column and key, what was
    found and what is allowed. Nothing is ignored silently: what has no effect yet is listed under the warnings.

    This page is made from the same description that the check uses; a test compares them.

    ```sh
    apus config init                 # writes a commented file to start from
    apus config check FILE           # finds every mistake
    apus config explain leverage     # tells about one key
    apus config schema               # JSON Schema, for editors
    ```

    ## The smallest one

    ```yaml
    strategies:
      macd_btc: { type: MACD, market: BTCUSDT, timeframe: 1h, risk_parameters: { max_position_size: 1000 } }
    data:
      sources:
        BTCUSDT: { file: BTCUSDT_1m.csv.gz, timeframe: 1m, stamp: open }
    ```

    What a market's name means on an exchange is told in [symbols.md](symbols.md).

    ## How values are written

    - Numbers are exact decimals: `1.00` is one, whatever binary floating point would make of it. Quotes around a
      number are allowed, and needed by none. A whole number stands without quotes and without a point.
    - A share is written as `0.0005` or `0.05%`. A percentage is written as `-5.0` or `-5.0%`: both are five percent.
    - Durations: `100ms`, `1.5s`, `5m`, `2h`, `1d`. Timeframes: `1m`, `15m`, `4h`, `1d`, `1w`.
    - Times are UTC: `2024-01-31` or `2024-01-31T18:30:00Z`.
    - Booleans are `true` and `false`; `yes` and `on` are refused, since YAML's versions disagree on them.
    - Anchors, aliases and `<<` work; tags, several documents in a file, and a key given twice are refused.
    - `--set path.to.key=value` replaces a value from the command line; the value is YAML, and a number in the path
      names an element of a list: `--set strategies.macd_btc.parameters.fast_period=12`.

    ## All keys

    """

extension ValueType {
    /// The type with its range, for a table.
    fileprivate var tableText: String {
        switch self {
        case .integer, .decimal: String(expectation.dropFirst("a ".count))
        case .share(let range): "share\(range.text())"
        case .percentage(let range): "percent\(range.text(percent: true))"
        default: shortName
        }
    }
}

extension String {
    fileprivate var forTable: String {
        split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    fileprivate func replacingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
