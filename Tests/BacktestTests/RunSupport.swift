// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Indicators
import MarketData
import Simulation
import Strategies
import TestSupport
import Trading

/// A market for tests: random bars whose next open equals this close, and everything around a run on them.
struct TestMarket {
    var symbols: [String]
    var series: [BarSeries]
    var kind = InstrumentKind.spot

    /// - Parameter gapShare: The share of bars that are left out.
    init(symbols: [String], count: Int, seed: UInt64, gapShare: Double = 0, timeframe: Timeframe = .oneMinute) throws {
        self.symbols = symbols.sorted()
        series = try self.symbols.enumerated().map { index, symbol in
            var random = SeededRandom(seed: seed &* 1_000 &+ symbol.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) })
            var price: Int64 = 3_000_000
            var bars: [Bar] = []
            for number in 0..<count {
                let open = price
                let close = max(1_000, open + Int64.random(in: -2_100...2_100, using: &random))
                let high = max(open, close) + Int64.random(in: 0...900, using: &random)
                let low = min(open, close) - Int64.random(in: 0...900, using: &random)
                let volume = Int64.random(in: 1...50_000, using: &random)
                price = close
                if number > 0, Double.random(in: 0..<1, using: &random) < gapShare { continue }
                bars.append(
                    Bar(
                        openTime: Timestamp(nanoseconds: Int64(number) * timeframe.nanoseconds),
                        open: Price(units: open), high: Price(units: high), low: Price(units: low),
                        close: Price(units: close), volume: Quantity(units: volume)))
            }
            return try BarSeries(bars, timeframe: timeframe, priceDecimals: 2, quantityDecimals: 3)
        }
    }

    func input(
        _ strategies: [(name: String, make: () throws -> any Strategy, symbol: Int, timeframe: Timeframe)],
        plan: (TradePlan) -> TradePlan = { $0 }, simulation: SimulationSettings = SimulationSettings()
    ) throws -> BacktestInput {
        let assets = AssetTable(names: symbols + ["USDT"])
        guard let quote = assets.id(named: "USDT") else { throw TestError.setup }
        let fee = Rate(units: 500_000)
        let instruments = try symbols.enumerated().map { index, symbol in
            guard let base = assets.id(named: symbol) else { throw TestError.setup }
            return try Instrument(
                id: InstrumentID(index: index), symbol: symbol, venue: "test", kind: kind, base: base, quote: quote,
                settlement: quote, priceDecimals: 2, quantityDecimals: 8,
                rules: [(.distantPast, TradingRules(makerFee: fee, takerFee: fee))])
        }
        let valuations = assets.names.map { name -> AssetValuation in
            symbols.firstIndex(of: name).map { .multiplied(by: InstrumentID(index: $0)) } ?? .base
        }
        let specifications = try strategies.map { strategy in
            StrategySpecification(
                name: strategy.name, strategy: try strategy.make(), instrument: InstrumentID(index: strategy.symbol),
                timeframe: strategy.timeframe,
                plan: plan(
                    TradePlan(sizing: .quantity(Quantity(units: 10_000_000)), allowsShort: kind != .spot)))
        }
        var deposits = [Amount](repeating: .zero, count: assets.names.count)
        deposits[quote.index] = Amount(whole: 1_000_000)
        return BacktestInput(
            account: AccountDescription(
                assets: assets, instruments: instruments, baseCurrency: quote, valuations: valuations,
                strategyCount: specifications.count),
            deposits: deposits, feeds: series, strategies: specifications, simulation: simulation)
    }

    enum TestError: Error { case setup }
}

/// Fills at the close that was decided on, as the benchmark's contract does.
var sameClose: SimulationSettings {
    var settings = SimulationSettings()
    settings.latency = .zero
    settings.volumeLimit = nil
    return settings
}

func standard(_ name: String, _ parameters: [String: ParameterValue] = [:]) throws -> any Strategy {
    let registry = StrategyRegistry.builtIn
    return try registry.make(
        name, parameters: StrategyParameters(parameters, for: registry.definition(named: name)))
}

func run(_ input: BacktestInput) throws -> BacktestResult {
    var run = try BacktestRun(input)
    return try run.run()
}
