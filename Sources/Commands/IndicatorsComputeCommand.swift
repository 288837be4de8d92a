// SPDX-License-Identifier: Apache-2.0

import DataStore
import Indicators
import MarketData
import Trading

/// `apus indicators compute`: the values of one indicator on the bars of a file.
struct IndicatorsComputeCommand: Command {
    static let description = CommandDescription(
        path: ["indicators", "compute"],
        summary: "Compute an indicator on the bars of a file.",
        details: """
            Writes CSV: open_time_ms, then one column for each output of the indicator. A cell is empty while
            there is no value. Numbers are the shortest that read back as the same 64-bit value.
            """,
        operands: [OperandDescription(name: "NAME", summary: "The indicator: `apus indicators list` shows them.")],
        options: [
            OptionDescription(
                name: "input", value: "FILE", summary: "Bars to read: CSV (plain, gzip, zstd), zip or JSON.",
                isRequired: true),
            OptionDescription(
                name: "output", value: "FILE", summary: "The file to write; - is standard output.", isRequired: true),
            OptionDescription(
                name: "set", value: "NAME=VALUE", summary: "A parameter, such as period=20.", repeats: true),
            .stamp, .timeframe("The distance of the bars, such as 1m; without it, the most common one of the file."),
            .columns, OptionDescription(name: "sort", summary: "Sort bars that are not in order of time."),
        ],
        examples: [
            ("apus indicators compute sma --set period=20 --input bars.csv.gz --output sma.csv", "A moving average."),
            (
                "apus indicators compute macd --set fast_period=8 --set slow_period=21 --input bars.csv --output -",
                "Two parameters, written to the terminal."
            ),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let name = arguments.operands[0]
        let parameters = try parameters(arguments.values("set"))
        // The indicator is made first: a wrong parameter is found before a long file is read.
        let indicator = try failing(.usage) { try console.indicators.make(name, parameters: parameters) }
        let input = arguments.required("input")
        let options = try arguments.importOptions("Reading \(fileName(input))", console)
        let series: BarSeries
        do {
            defer { console.endProgress() }
            series = try failing { try BarImporter.read(path: input, options: options).series }
        }
        guard series.count >= indicator.firstOutput else {
            throw .failed(
                "\(indicator.key) has its first value at bar \(indicator.firstOutput), and \(input) has "
                    + "\(plural(series.count, "bar")). Use a shorter period or more bars.")
        }
        let output = arguments.required("output")
        if output == "-" {
            try compute(indicator, on: series, console) { console.write($0) }
        } else {
            var file = try StreamingFile(path: output)
            try compute(indicator, on: series, console) { bytes throws(CommandFailure) in try file.write(bytes) }
            try file.finish()
        }
    }

    private static func parameters(_ settings: [String]) throws(CommandFailure) -> [String: ParameterValue] {
        var parameters: [String: ParameterValue] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw .usage("--set '\(setting.prefix(60))' is not NAME=VALUE, such as --set period=20.")
            }
            guard parameters.updateValue(ParameterValue(parsing: parts[1]), forKey: parts[0]) == nil else {
                throw .usage("--set \(parts[0]) is given twice.")
            }
        }
        return parameters
    }

    private static func compute(
        _ indicator: IndicatorInstance, on series: BarSeries, _ console: Console,
        write: ([UInt8]) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        let start = ContinuousClock.now
        defer { console.endProgress() }
        let price = Double(DecimalText.powerOfTen(series.priceDecimals))
        let volume = Double(DecimalText.powerOfTen(series.quantityDecimals))
        let outputs = indicator.definition.outputs
        var text = Array("open_time_ms,\(outputs.joined(separator: ","))\n".utf8)
        let columns = series.columns
        for index in 0..<series.count {
            indicator.update(
                BarValues(
                    time: columns.openTime[index], open: Double(columns.open[index]) / price,
                    high: Double(columns.high[index]) / price, low: Double(columns.low[index]) / price,
                    close: Double(columns.close[index]) / price, volume: Double(columns.volume[index]) / volume))
            text += "\(columns.openTime[index] / 1_000_000)".utf8
            for output in outputs.indices {
                text.append(UInt8(ascii: ","))
                let value = indicator.output(output)
                if value.isFinite { text += value.description.utf8 }
            }
            text.append(UInt8(ascii: "\n"))
            guard text.count >= 256 * 1024 else { continue }
            try write(text)
            text.removeAll(keepingCapacity: true)
            if console.isInterrupted() { throw .failed("the computation was cancelled. Nothing was written.") }
            console.showProgress("Computing", Double(index + 1) / Double(series.count), since: start)
        }
        withExtendedLifetime(series) {}
        try write(text)
    }
}
