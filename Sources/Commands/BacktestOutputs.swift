// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Reports

/// Where a backtest's results go.
struct BacktestOutputs {
    private var json: String?
    private var html: String?
    private var fills: String?
    private var trades: String?
    private var equity: String?
    private let isQuiet: Bool

    init(_ arguments: ParsedArguments) {
        json = arguments.value("json")
        html = arguments.value("html")
        fills = arguments.value("fills")
        trades = arguments.value("trades")
        equity = arguments.value("equity")
        isQuiet = arguments.has("quiet")
    }

    /// What the command line leaves out comes from the configuration.
    func completed(by settings: ReportSettings) -> BacktestOutputs {
        var completed = self
        completed.json = json ?? settings.jsonFile
        completed.html = html ?? settings.htmlFile
        completed.fills = fills ?? settings.fillsFile
        return completed
    }

    private var paths: [(option: String, path: String)] {
        [("--json", json), ("--html", html), ("--fills", fills), ("--trades", trades), ("--equity", equity)]
            .compactMap { option, path in path.map { (option, $0) } }
    }

    private var usesStandardOutput: Bool { paths.contains { $0.path == "-" } }

    /// Fails before the run where a result could not be written after it.
    func check() throws(CommandFailure) {
        for (index, output) in paths.enumerated() {
            if let other = paths[..<index].first(where: { $0.path == output.path && output.path != "/dev/null" }) {
                throw .usage(
                    "\(other.option) and \(output.option) both name \(output.path). Each needs a place of its own.")
            }
            guard output.path != "-" else { continue }
            var status = stat()
            let isThere = stat(output.path, &status) == 0
            if isThere, status.st_mode & S_IFMT == S_IFDIR {
                throw .failed("\(output.option): \(output.path) is a folder. Name a file in it.")
            }
            // Opening a pipe would tell its reader that everything was said.
            if isThere, status.st_mode & S_IFMT != S_IFREG { continue }
            // Left without `finish`, it is removed again.
            _ = try StreamingFile(path: output.path)
        }
    }

    // MARK: Writing

    func write(_ assembly: ReportAssembly, _ console: Console) throws(CommandFailure) {
        let report = assembly.report(
            tradeLimit: html != nil || trades != nil ? .max : json != nil ? JSONReport.tradeLimit : 0,
            withFills: fills != nil || html != nil, withCurve: html != nil || equity != nil, withCharts: html != nil)
        if let json { try ResultFile.write(JSONReport.render(report), to: json, console) }
        if let fills {
            try stream(fills, console) { (write: Writer) throws(CommandFailure) in
                try CSVReport.fills(report.fillList, names: report.names, write: write)
            }
        }
        if let trades {
            try stream(trades, console) { (write: Writer) throws(CommandFailure) in
                try CSVReport.trades(report.tradeList, names: report.names, write: write)
            }
        }
        if let equity {
            try stream(equity, console) { (write: Writer) throws(CommandFailure) in
                try CSVReport.equity(report.equity, write: write)
            }
        }
        if let html {
            try ResultFile.write(PageReport.render(report, chartLibrary: ChartLibrary.text), to: html, console)
        }
        guard !isQuiet, !usesStandardOutput else {
            for warning in report.warnings { console.printError("warning: \(warning)") }
            return
        }
        let table = TerminalReport.render(report, width: min(console.width, 110), isColoured: console.isTerminal)
        console.print(String(table.dropLast()))
        if let html { console.print("\nReport: \(html)") }
    }

    private typealias Writer = ([UInt8]) throws(CommandFailure) -> Void

    private func stream(
        _ path: String, _ console: Console, _ body: (Writer) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        if path == "-" { return try body { (bytes: [UInt8]) throws(CommandFailure) in console.write(bytes) } }
        var file = try StreamingFile(path: path)
        try body { (bytes: [UInt8]) throws(CommandFailure) in try file.write(bytes) }
        try file.finish()
    }
}
