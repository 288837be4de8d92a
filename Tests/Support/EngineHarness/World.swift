// SPDX-License-Identifier: Apache-2.0

package import Backtest
package import Engine
package import MarketData
package import Simulation
package import Strategies
package import Trading

/// A backtest on one or more perpetuals named A, B, C … that are settled in USDT.
package struct World {
    package var kind = InstrumentKind.linearPerpetual
    package var feeds: [BarSeries]
    package var rules = TradingRules()
    package var strategies: [StrategySpecification] = []
    package var cash = Amount(whole: 1_000_000)
    package var simulation = SimulationSettings()
    /// By instrument; without them all are of one.
    package var venues: [String] = []

    package init(_ bars: [[Bar]], timeframe: Timeframe = .oneMinute) throws {
        feeds = try bars.map { try Market.series($0, timeframe: timeframe) }
    }

    package init(closes: [Double]) throws { try self.init([Market.bars(closes: closes)]) }

    /// Adds a strategy that holds one unit, unless its plan says otherwise.
    package mutating func add(
        _ strategy: any Strategy, name: String = "test", instrument: UInt32 = 0, timeframe: Timeframe = .oneMinute,
        plan: TradePlan = TradePlan(sizing: .quantity(Quantity(units: 1000)))
    ) {
        strategies.append(
            StrategySpecification(
                name: name, strategy: strategy, instrument: InstrumentID(instrument), timeframe: timeframe, plan: plan))
    }

    package func description() throws -> AccountDescription {
        let names = feeds.indices.map { "ABCDEFGH"[$0] }
        let assets = AssetTable(names: names + ["USDT"])
        let usdt = AssetID(index: names.count)
        let instruments = try names.enumerated().map { index, name in
            try Instrument(
                id: InstrumentID(index: index), symbol: "\(name)USDT",
                venue: index < venues.count ? venues[index] : "test", kind: kind, base: AssetID(index: index),
                quote: usdt, settlement: usdt, priceDecimals: 2, quantityDecimals: 3,
                rules: [(from: .distantPast, rules: rules)])
        }
        return AccountDescription(
            assets: assets, instruments: instruments, baseCurrency: usdt,
            valuations: names.indices.map { .multiplied(by: InstrumentID(index: $0)) } + [.base],
            strategyCount: max(1, strategies.count), leverage: names.map { _ in 10 })
    }

    package func input() throws -> BacktestInput {
        BacktestInput(
            account: try description(), deposits: feeds.map { _ in .zero } + [cash], feeds: feeds,
            strategies: strategies, simulation: simulation)
    }

    package func run() throws -> BacktestResult { try Self.run(try input()) }

    package static func run(_ input: BacktestInput) throws -> BacktestResult {
        var run = try BacktestRun(input)
        return try run.run()
    }

    /// The result, and the fingerprint of what had happened by each of the times.
    package static func run(_ input: BacktestInput, at times: [Timestamp]) throws -> (BacktestResult, [String]) {
        var run = try BacktestRun(input)
        var hashes: [String] = []
        let result = try run.run(checkpoints: times, onCheckpoint: { _, hash in hashes.append(hash.text) })
        return (result, hashes)
    }
}

extension String {
    fileprivate subscript(index: Int) -> String { String(self[self.index(startIndex, offsetBy: index)]) }
}

extension BacktestResult {
    /// Each fill as the number of the minute it happened in, its signed thousandths, and its cents.
    package var trades: [Trade] {
        fills.map {
            Trade(
                minute: Int(($0.fill.time.nanoseconds - Market.start.nanoseconds) / Market.minute),
                quantity: $0.fill.quantity.units, price: $0.fill.price.units)
        }
    }
}

package struct Trade: Hashable, CustomStringConvertible, Sendable {
    package let minute: Int
    package let quantity: Int64
    package let price: Int64
    package init(minute: Int, quantity: Int64, price: Int64) {
        self.minute = minute
        self.quantity = quantity
        self.price = price
    }
    package init(_ minute: Int, _ quantity: Int64, at price: Int64) {
        self.init(minute: minute, quantity: quantity, price: price)
    }
    package var description: String { "\(quantity) at \(price) in minute \(minute)" }
}
