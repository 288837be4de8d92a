// SPDX-License-Identifier: Apache-2.0

public import Statistics

/// The trades of one run, split every way there is: by side, strategy, symbol, exit reason and hour, and by what the
/// strategies noted about them.
public struct TradeBreakdown: Sendable {
    public var trades: TradeAnalysis
    public var names: BacktestReport.Names
    /// Empty where the strategies noted nothing.
    public var decisionSplits: [BacktestReport.DecisionSplit]

    public init(
        trades: TradeAnalysis, names: BacktestReport.Names, decisionSplits: [BacktestReport.DecisionSplit] = []
    ) {
        self.trades = trades
        self.names = names
        self.decisionSplits = decisionSplits
    }

    /// Trades split one way, ready to be shown.
    struct Split {
        struct Row {
            var name: String
            /// Share of all trades.
            var share: Double?
            var statistics: TradeStatistics
        }

        var key: String
        var label: String
        var rows: [Row]
    }

    /// Every way in which trades are split; a side without trades is left out.
    var splits: [Split] {
        let sides = [("Long", trades.long), ("Short", trades.short)].filter { $0.1.count > 0 }
        return [
            Split(key: "bySide", label: "Side", rows: sides.map { row($0.0, $0.1) }),
            Split(key: "byStrategy", label: "Strategy", rows: rows(trades.byStrategy, names.strategy)),
            Split(key: "bySymbol", label: "Symbol", rows: rows(trades.bySymbol, names.symbol)),
            Split(key: "byExitReason", label: "Exit reason", rows: rows(trades.byExitReason, names.exitReason)),
            Split(
                key: "byHour", label: "Hour of entry (UTC)",
                rows: rows(trades.byHour) { ($0 < 10 ? "0" : "") + "\($0):00" }),
        ]
            + decisionSplits.map { split in
                Split(key: split.key, label: split.label, rows: split.rows.map { row($0.name, $0.statistics) })
            }
    }

    private func rows(_ groups: [TradeAnalysis.Group], _ name: (Int) -> String) -> [Split.Row] {
        groups.map { row(name($0.key), $0.statistics) }
    }

    private func row(_ name: String, _ statistics: TradeStatistics) -> Split.Row {
        let share = trades.all.count > 0 ? Double(statistics.count) / Double(trades.all.count) : nil
        return Split.Row(name: name, share: share, statistics: statistics)
    }
}

// MARK: - Shown

extension TradeBreakdown {
    /// As a text of its own.
    package func text(width: Int) -> String {
        var page = TerminalPage(width: min(max(width, 80), 120), isColoured: false)
        write(&page)
        return String(page.text.drop { $0 == "\n" }.dropLast())
    }

    /// - Parameter leavesOut: Keys of splits that are not shown.
    func write(_ page: inout TerminalPage, leavesOut: [String] = []) {
        let headers = ["Trades", "Share", "Win rate", "Profit factor", "Net profit"]
        for split in splits where !leavesOut.contains(split.key) && !split.rows.isEmpty {
            page.blank()
            page.tableRow(split.label, headers.map { .plain($0) }, isHeader: true)
            for row in split.rows.prefix(24) {
                let all = row.statistics
                page.tableRow(
                    row.name,
                    [
                        .plain(NumberText.grouped(all.count)), .plain(NumberText.text(row.share, .fraction)),
                        .plain(NumberText.text(all.winRate, .fraction)),
                        .plain(NumberText.text(all.profitFactor, .ratio)),
                        .signed(NumberText.text(all.netProfit, .money), all.netProfit),
                    ], isHeader: false)
            }
            if split.rows.count > 24 { page.paragraph("… and \(split.rows.count - 24) more in JSON and HTML.") }
        }
    }

    /// Each split under its key.
    func write(_ json: inout JSONWriter) {
        for split in splits {
            json.array(split.key) { json in
                for row in split.rows {
                    json.object { json in
                        json.string("name", row.name)
                        json.number("share", row.share)
                        for figure in row.statistics.figures { json.figure(figure) }
                    }
                }
            }
        }
    }

    func write(_ page: inout HTMLWriter) {
        guard trades.all.count > 0 else { return }
        for split in splits where !split.rows.isEmpty { PageTables.write(split, &page) }
    }
}
