// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import Engine
import Execution
import MarketData
import Reports
import Statistics
import Trading

/// Turns a run's exact result into the plain values that reports show.
struct ReportAssembly {
    let run: BacktestCommand.Finished
    let assembly: BacktestAssembly
    let warnings: [String]
    private let instruments: [Instrument]
    private let valuation: BacktestValuation
    private let sampling: TradeSampling

    init(run: BacktestCommand.Finished, assembly: BacktestAssembly, warnings: [String]) {
        self.run = run
        self.assembly = assembly
        self.warnings = warnings
        instruments = assembly.markets.map(\.instrument)
        valuation = BacktestValuation(run.account, series: assembly.markets.map(\.series))
        sampling = TradeSampling(instruments: instruments, valuation: valuation)
    }

    private var result: BacktestResult { run.result }

    /// - Parameters:
    ///   - tradeLimit: With so many of the last trades.
    ///   - withFills: With every fill.
    ///   - withCurve: With the equity at every bar.
    ///   - withCharts: With candles.
    func report(tradeLimit: Int, withFills: Bool, withCurve: Bool, withCharts: Bool) -> BacktestReport {
        let trips = sampling.trips(of: result)
        let holding = BuyAndHold(
            start: result.startEquity.approximation, from: (result.firstTime ?? .epoch).nanoseconds,
            times: result.equity.times[...], markets: assembly.markets, valuation: valuation, keepsCurve: withCurve)
        let (hold, holdCurve) = (holding?.tracker, holding?.curve ?? [])
        let samples = trips.closed.map(sampling.sample)
        let from = result.firstTime ?? .epoch
        let to = result.lastTime ?? from
        let breakdown = sampling.breakdown(
            trips, samples, result.decisions, strategies: result.strategyNames, from: from.nanoseconds,
            to: to.nanoseconds)
        var report = BacktestReport(
            title: assembly.configuration.report.title ?? title, programVersion: Program.version,
            configuration: settings, data: data(from, to), outcome: outcome,
            names: breakdown.names,
            performance: Performance(of: result.tracker, benchmark: hold), buyAndHold: hold.map { Performance(of: $0) },
            trades: breakdown.trades,
            costs: costs, tradedValue: tradedValue, ambiguity: run.ambiguity, warnings: warnings,
            openPositions: openPositions(trips.open), tradeList: trips.closed.suffix(tradeLimit).map(trade),
            fillList: withFills ? result.fills.map(fill) : [],
            equity: withCurve
                ? BacktestReport.EquityCurve(
                    times: result.equity.times, close: result.equity.close, buyAndHold: holdCurve)
                : BacktestReport.EquityCurve(),
            charts: withCharts ? assembly.markets.map(chart) : [])
        report.decisionSplits = breakdown.decisionSplits
        report.profits = DailyProfit.series(result.profits).map { part in
            ProfitSeries(
                strategy: part[0].strategy.index, symbol: part[0].instrument.index,
                days: part.map { day in
                    ProfitSeries.Day(
                        day: day.day.nanoseconds, realised: day.realised.approximation,
                        fees: day.fees.approximation, funding: day.funding.approximation,
                        unrealised: day.unrealised.approximation, profit: day.profit.approximation)
                })
        }
        report.portfolio = result.portfolio.map { BacktestReport.Portfolio($0) }
        report.validation = run.validation
        return report
    }

    private var title: String {
        let names = assembly.configuration.strategies.filter(\.isEnabled).map(\.name)
        return names.count <= 3 ? names.joined(separator: ", ") : "\(names.count) strategies"
    }

    private var settings: [BacktestReport.Setting] {
        var settings: [BacktestReport.Setting] = []
        for strategy in assembly.configuration.strategies where strategy.isEnabled {
            let parameters = strategy.parameters.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            let markets = strategy.markets.map(\.written).joined(separator: ", ")
            settings.append(
                BacktestReport.Setting(
                    strategy.name,
                    "\(strategy.type) on \(markets), \(strategy.timeframe): \(parameters); \(risk(strategy))"))
        }
        let simulation = assembly.configuration.simulation
        settings.append(
            BacktestReport.Setting(
                "Fills",
                simulation.latency == .zero
                    ? "at the close that was decided on (no latency)"
                    : "at the next open, \(milliseconds(simulation.latency)) ms latency"))
        settings.append(
            BacktestReport.Setting(
                "Fees", "maker \(percent(simulation.makerFee)), taker \(percent(simulation.takerFee))"))
        settings.append(
            BacktestReport.Setting(
                "Volume limit",
                simulation.volumeLimit.map { "\(percent($0)) of a bar's volume" } ?? "none"))
        settings.append(BacktestReport.Setting("Inside bars", simulation.intrabar.rawValue))
        settings.append(BacktestReport.Setting("Slippage", slippage(simulation.slippage)))
        let balances = assembly.configuration.account.balances.map { "\($0.amount) \($0.asset)" }
        settings.append(BacktestReport.Setting("Start", balances.joined(separator: ", ")))
        return settings
    }

    /// A strategy's size and protection in words.
    private func risk(_ strategy: StrategySettings) -> String {
        let risk = strategy.risk
        var parts: [String] = []
        switch risk.size {
        case .notional(let amount): parts.append("size \(amount)")
        case .margin(let amount): parts.append("margin \(amount)")
        case .quantity(let amount): parts.append("quantity \(amount)")
        case nil: break
        }
        if risk.leverage != Amount(whole: 1) { parts.append("leverage \(risk.leverage)") }
        if let rate = risk.stopLoss { parts.append("stop \(percent(rate))") }
        if let rate = risk.takeProfit { parts.append("target \(percent(rate))") }
        if let rate = risk.trailingStop { parts.append("trailing \(percent(rate))") }
        if let sizing = risk.sizing { parts.append("sized to \(percent(sizing.fixedFraction)) of the capital") }
        if let dynamic = risk.dynamicLeverage {
            parts.append("leverage \(dynamic.minimum) to \(dynamic.maximum) by the market")
        }
        if let hedge = risk.hedge {
            parts.append("hedged \(percent(hedge.ratio)) with \(hedge.market.written), \(hedge.method.rawValue)")
        }
        if let multiple = strategy.execution.atrMultiple { parts.append("trailing \(multiple) ATR") }
        if strategy.execution.entry != .market { parts.append("entry \(strategy.execution.entry.rawValue)") }
        if strategy.execution.hours != nil { parts.append("in trading hours") }
        if let capital = strategy.capital { parts.append("capital \(capital)") }
        return parts.joined(separator: ", ")
    }

    private func slippage(_ model: Configuration.SimulationSettings.Slippage) -> String {
        switch model {
        case .none: "none"
        case .ticks(let count): "\(count) ticks"
        case .share(let share): percent(share)
        case .volumeShare(let impact): "volume share, impact \(impact)"
        case .squareRoot(let impact, let window): "square root, impact \(impact), volatility over \(window) bars"
        }
    }

    private func milliseconds(_ span: TimeSpan) -> String { DecimalText.format(span.nanoseconds, decimals: 6) }

    private func percent(_ rate: Rate) -> String { "\(DecimalText.format(rate.units, decimals: 7)) %" }

    private func data(_ from: Timestamp, _ to: Timestamp) -> BacktestReport.DataSummary {
        var timeframes: [Timeframe] = []
        for market in assembly.markets where !timeframes.contains(market.series.timeframe) {
            timeframes.append(market.series.timeframe)
        }
        var hash = RunHash()
        for market in assembly.markets { hash.add(market.series.contentHash, UInt64(market.series.count)) }
        return BacktestReport.DataSummary(
            symbols: instruments.map(\.symbol),
            timeframe: timeframes.sorted().map(\.description).joined(separator: ", "),
            from: from.nanoseconds, to: to.nanoseconds, bars: result.bars,
            gaps: assembly.markets.reduce(0) { $0 + $1.check.gaps.count }, hash: hash.text)
    }

    private var outcome: BacktestReport.Outcome {
        BacktestReport.Outcome(
            orders: result.orders, fills: result.fills.count, startEquity: result.startEquity.description,
            finalEquity: result.finalEquity.description, baseCurrency: result.base, bars: result.bars,
            engineSeconds: run.seconds, resultHash: result.resultHash)
    }

    // MARK: In the base currency

    private func inBase(_ amount: Amount, of instrument: InstrumentID, at time: Timestamp) -> Amount {
        sampling.inBase(amount, of: instrument, at: time)
    }

    private var costs: CostSplit {
        var costs = CostSplit()
        for record in result.fills {
            let fill = record.fill
            costs.fees += inBase(fill.fee, of: fill.instrument, at: fill.time).approximation
            let slippage = record.slippage(of: instruments[fill.instrument.index])
            if slippage != .zero {
                costs.slippage += inBase(slippage, of: fill.instrument, at: fill.time).approximation
            }
        }
        for record in result.funding {
            let payment = record.payment
            costs.funding += inBase(payment.amount, of: payment.instrument, at: payment.time).approximation
        }
        return costs
    }

    private var tradedValue: Double {
        result.fills.reduce(0) { total, record in
            let fill = record.fill
            let value = instruments[fill.instrument.index].value(of: fill.quantity, at: fill.price) ?? .zero
            return total + abs(inBase(value, of: fill.instrument, at: fill.time).approximation)
        }
    }

    // MARK: Lists

    private func trade(_ trip: RoundTrip) -> BacktestReport.Trade {
        let instrument = instruments[trip.instrument.index]
        return BacktestReport.Trade(
            entryTime: trip.entryTime.nanoseconds, exitTime: trip.exitTime.nanoseconds, symbol: trip.instrument.index,
            strategy: trip.strategy.index, exitReason: Int(trip.exitReason.rawValue), isLong: trip.isLong,
            quantity: instrument.text(trip.quantity), entryPrice: instrument.text(trip.entryPrice(of: instrument)),
            exitPrice: instrument.text(trip.exitPrice(of: instrument)),
            profit: inBase(trip.profit, of: trip.instrument, at: trip.exitTime).description,
            fees: inBase(trip.fees, of: trip.instrument, at: trip.exitTime).description)
    }

    private func fill(_ record: FillRecord) -> BacktestReport.Fill {
        let fill = record.fill
        let instrument = instruments[fill.instrument.index]
        return BacktestReport.Fill(
            time: fill.time.nanoseconds, symbol: fill.instrument.index, strategy: Int(fill.strategy),
            isBuy: fill.side == .buy, quantity: instrument.text(fill.quantity.magnitude),
            price: instrument.text(fill.price), fee: fill.fee.description,
            feeAsset: assembly.trading.assets.name(of: instrument.settlement), isMaker: fill.liquidity == .maker,
            orderID: fill.order == .none ? "" : "\(fill.order.sequence)", reason: fill.reason.text)
    }

    private func openPositions(_ trips: [RoundTrip]) -> [BacktestReport.OpenPosition] {
        result.openPositions.map { position in
            let instrument = instruments[position.instrument.index]
            let strategy = result.strategyNames.firstIndex(of: position.strategy) ?? 0
            let isLong = position.quantity.units > 0
            let since = trips.first {
                $0.instrument == position.instrument && $0.strategy.index == strategy && $0.isLong == isLong
            }?.entryTime
            return BacktestReport.OpenPosition(
                symbol: position.instrument.index, strategy: strategy, isLong: isLong,
                quantity: instrument.text(position.quantity.magnitude),
                entryPrice: position.averageEntry.map { instrument.text($0) } ?? "",
                lastPrice: position.lastPrice.map { instrument.text($0) } ?? "",
                profit: inBase(position.unrealised, of: position.instrument, at: .distantFuture).description,
                since: (since ?? .epoch).nanoseconds)
        }
    }

    // MARK: Charts

    private func chart(_ market: BacktestAssembly.Market) -> BacktestReport.SymbolChart {
        let scale = market.instrument.priceScale
        return market.series.withColumns { columns in
            BacktestReport.SymbolChart(
                symbol: market.instrument.id.index, timeframe: market.series.timeframe.description,
                priceDecimals: market.instrument.priceDecimals, count: columns.count
            ) { index in
                BacktestReport.SymbolChart.Candle(
                    time: columns.openTime[index], open: Double(columns.open[index]) / scale,
                    high: Double(columns.high[index]) / scale, low: Double(columns.low[index]) / scale,
                    close: Double(columns.close[index]) / scale)
            }
        }
    }
}
