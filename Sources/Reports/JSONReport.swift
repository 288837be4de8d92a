// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The report as one JSON document; `Documentation/report-schema.md` says what each key means.
public enum JSONReport {
    /// Counts up when a key changes its meaning or goes away; new keys do not change it.
    public static let schemaVersion = 1
    /// How many trades are listed unless said otherwise.
    public static let tradeLimit = 1_000

    /// - Parameters:
    ///   - maximumTrades: So many trades are listed at most, from the last backwards; zero lists none.
    ///   - maximumFills: The same for fills, which have a CSV file of their own.
    /// - Returns: UTF-8, ending in a line feed. Numbers that are not finite are `null`.
    public static func render(
        _ report: BacktestReport, maximumTrades: Int = tradeLimit, maximumFills: Int = 0
    ) -> [UInt8] {
        var json = JSONWriter(isIndented: true, capacity: 64_000)
        json.object { json in
            json.integer("schemaVersion", schemaVersion)
            json.string("title", report.title)
            json.string("programVersion", report.programVersion)
            let outcome = report.outcome
            json.integer("orders", outcome.orders)
            json.integer("fills", outcome.fills)
            json.string("startEquity", outcome.startEquity)
            json.string("finalEquity", outcome.finalEquity)
            json.string("baseCurrency", outcome.baseCurrency)
            json.integer("bars", outcome.bars)
            json.number("engineSeconds", outcome.engineSeconds)
            json.number("barsPerSecond", outcome.barsPerSecond)
            json.string("resultHash", outcome.resultHash)
            json.object("metrics") { json in
                for figure in report.figures { json.figure(figure) }
            }
            json.string("conventions", report.performance.conventions.text)
            json.object("ambiguity") { json in
                json.integer("bars", report.ambiguity.bars)
                json.string("policy", report.ambiguity.policy)
                json.string("pessimistic", report.ambiguity.pessimistic)
                json.string("optimistic", report.ambiguity.optimistic)
                json.string("reason", report.ambiguity.reason)
            }
            json.array("warnings") { json in for warning in report.warnings { json.string(nil, warning) } }
            ValidationSections.write(report.validation, &json)
            writeBuyAndHold(report, &json)
            writeDrawdown("maximumDrawdown", report.performance.intrabarDrawdown, &json)
            writeDrawdown("closeMaximumDrawdown", report.performance.closeDrawdown, &json)
            json.object("breakdown") { json in report.breakdown.write(&json) }
            json.array("openPositions") { json in
                for position in report.openPositions { write(position, report.names, &json) }
            }
            writeInputs(report, &json)
            json.array("equitySamples") { json in
                for sample in report.performance.samples {
                    json.object { json in
                        json.time("time", sample.periodStart)
                        json.number("equity", sample.equity)
                    }
                }
            }
            report.writeProfits(&json)
            report.writePortfolio(&json)
            json.array("tradeList") { json in
                for trade in report.tradeList.suffix(max(0, maximumTrades)) { write(trade, report.names, &json) }
            }
            json.array("fillList") { json in
                for fill in report.fillList.suffix(max(0, maximumFills)) { write(fill, report.names, &json) }
            }
        }
        var text = json.text
        text.append(byte: 10)
        return text.bytes
    }

    private static func writeBuyAndHold(_ report: BacktestReport, _ json: inout JSONWriter) {
        guard let benchmark = report.buyAndHold else { return json.string("buyAndHold", nil) }
        json.object("buyAndHold") { json in
            json.number("startEquity", benchmark.startEquity)
            json.number("finalEquity", benchmark.finalEquity)
            json.object("metrics") { json in
                for figure in benchmark.figures { json.figure(figure) }
            }
        }
    }

    private static func writeDrawdown(_ name: String, _ drawdown: DrawdownSummary, _ json: inout JSONWriter) {
        guard let deepest = drawdown.deepest else { return json.string(name, nil) }
        json.object(name) { json in
            json.number("depth", deepest.depth)
            json.time("start", deepest.start)
            json.time("trough", deepest.trough)
            json.time("recovery", deepest.recovery)
            json.number("peakEquity", deepest.peakEquity)
            json.number("troughEquity", deepest.troughEquity)
        }
    }

    private static func writeInputs(_ report: BacktestReport, _ json: inout JSONWriter) {
        json.object("data") { json in
            json.array("symbols") { json in for symbol in report.data.symbols { json.string(nil, symbol) } }
            json.string("timeframe", report.data.timeframe)
            json.time("from", report.data.from)
            json.time("to", report.data.to)
            json.integer("bars", report.data.bars)
            json.integer("gaps", report.data.gaps)
            json.string("hash", report.data.hash)
        }
        json.array("configuration") { json in
            for setting in report.configuration {
                json.object { json in
                    json.string("name", setting.name)
                    json.string("value", setting.value)
                }
            }
        }
    }

    private static func write(
        _ position: BacktestReport.OpenPosition, _ names: BacktestReport.Names, _ json: inout JSONWriter
    ) {
        json.object { json in
            json.string("symbol", names.symbol(position.symbol))
            json.string("strategy", names.strategy(position.strategy))
            json.string("side", position.isLong ? "long" : "short")
            json.string("quantity", position.quantity)
            json.string("entryPrice", position.entryPrice)
            json.string("lastPrice", position.lastPrice)
            json.string("profit", position.profit)
            json.time("since", position.since)
        }
    }

    private static func write(_ trade: BacktestReport.Trade, _ names: BacktestReport.Names, _ json: inout JSONWriter) {
        json.object { json in
            json.time("entryTime", trade.entryTime)
            json.time("exitTime", trade.exitTime)
            json.string("symbol", names.symbol(trade.symbol))
            json.string("strategy", names.strategy(trade.strategy))
            json.string("side", trade.isLong ? "long" : "short")
            json.string("quantity", trade.quantity)
            json.string("entryPrice", trade.entryPrice)
            json.string("exitPrice", trade.exitPrice)
            json.string("profit", trade.profit)
            json.string("fees", trade.fees)
            json.string("exitReason", names.exitReason(trade.exitReason))
            json.number("durationSeconds", Double(trade.duration) / 1e9)
        }
    }

    private static func write(_ fill: BacktestReport.Fill, _ names: BacktestReport.Names, _ json: inout JSONWriter) {
        json.object { json in
            json.time("time", fill.time)
            json.string("symbol", names.symbol(fill.symbol))
            json.string("strategy", names.strategy(fill.strategy))
            json.string("side", fill.isBuy ? "buy" : "sell")
            json.string("quantity", fill.quantity)
            json.string("price", fill.price)
            json.string("fee", fill.fee)
            json.string("feeAsset", fill.feeAsset)
            json.string("liquidity", fill.isMaker ? "maker" : "taker")
            json.string("order", fill.orderID)
            json.string("reason", fill.reason)
        }
    }
}

extension JSONWriter {
    /// A figure under its key; counts are whole numbers.
    mutating func figure(_ figure: Figure) {
        if figure.unit == .count, let value = figure.value, let whole = Int(exactly: value) {
            integer(figure.key, whole)
        } else {
            number(figure.key, figure.value)
        }
    }
}
