// SPDX-License-Identifier: Apache-2.0
import Backtest
import DataStore
import Engine
import Indicators
import MarketData
import Simulation
import Strategies
import Trading

let path = CommandLine.arguments[1]
let imported = try BarImporter.read(path: path)
let series = imported.series
let assets = AssetTable(names: ["BTC", "USDT"])
let ins = try Instrument(id: InstrumentID(0), symbol: "BTCUSDT", venue: "x", kind: .spot, base: assets.id(named: "BTC")!, quote: assets.id(named: "USDT")!, settlement: assets.id(named: "USDT")!, priceDecimals: series.priceDecimals, quantityDecimals: 8, rules: [(.distantPast, TradingRules(makerFee: Rate(units: 500_000), takerFee: Rate(units: 500_000)))])
let desc = AccountDescription(assets: assets, instruments: [ins], baseCurrency: assets.id(named: "USDT")!, valuations: [.multiplied(by: InstrumentID(0)), .base])
var sim = SimulationSettings()
sim.latency = .zero
sim.volumeLimit = nil
let reg = StrategyRegistry.standard
let def = try reg.definition(named: "ema_cross")
for _ in 0..<5 {
let st = try reg.make("ema_cross", parameters: StrategyParameters(["seed": "first"], for: def))
let input = BacktestInput(account: desc, deposits: [.zero, Amount(whole: 1_000_000)], feeds: [series], strategies: [StrategySpecification(name: "a", strategy: st, instrument: InstrumentID(0), timeframe: .oneMinute, plan: TradePlan(sizing: .quantity(Quantity(units: 10_000_000)), allowsShort: false))], simulation: sim)
var run = try BacktestRun(input)
let c = ContinuousClock()
let t = c.now
let r = try run.run()
let e = c.now - t
let s = Double(e.components.attoseconds) / 1e18
print(r.orders, r.fills.count, r.finalEquity, r.resultHash, s, Double(r.bars) / s / 1e6, "M/s")
}
