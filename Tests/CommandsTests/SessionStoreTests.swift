// SPDX-License-Identifier: Apache-2.0

import Configuration
import DataStore
import Hyperliquid
import MarketData
import Strategies
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Commands
@testable import Live

/// What a session stores is what a backtest of the same configuration finds.
@Suite("A session's data in a backtest") struct SessionStoreTests {
    private static let markets = """
        [{"coin":"BTC","asset":0,"isSpot":false,"szDecimals":5,"maxLeverage":40,"onlyIsolated":false,"isDelisted":false,
          "base":"BTC","quote":"USDC"},
         {"coin":"@107","asset":10107,"isSpot":true,"szDecimals":2,"maxLeverage":1,"onlyIsolated":false,
          "isDelisted":false,"base":"HYPE","quote":"USDC"}]
        """

    private func text(_ folder: TemporaryFolder, network: String) -> String {
        """
        account: { base_currency: USDC, balances: { USDC: 100000 } }
        venues: { hl: { type: hyperliquid, network: \(network), candles: 5m } }
        data: { store: \(folder.store) }
        live: { store: [trades, funding, contexts] }
        strategies:
          perpetual:
            { type: ema_cross, venue: hl, market: BTC, timeframe: 5m, parameters: { fast_period: 2, slow_period: 5,
              warmup_bars: 10 }, risk_parameters: { max_position_size: 5000 } }
          spot:
            { type: ema_cross, venue: hl, market: HYPE/USDC, timeframe: 5m, parameters: { fast_period: 2,
              slow_period: 5, warmup_bars: 10 }, risk_parameters: { max_position_size: 5000 } }
        """
    }

    private func sessionStore(_ text: String) throws -> SessionStore {
        let strategies = Console().strategies
        let document = try ConfigurationDocument(parsing: text, file: "test")
        let check = ConfigurationCheck(of: document, strategyTypes: strategies.configurationTypes)
        let configuration = try #require(check.configuration, "\(check.problems)")
        let known = ["hl": try HyperliquidMarket.markets(ofRecord: Self.markets)]
        return SessionStore(try TradeAssembly(configuration, mode: .paper, strategies, known: known))
    }

    private static let start: Int64 = 1_700_000_000 / 3600 * 3600

    /// Twenty-five hours of two markets, as a session hears them.
    private func record(_ store: SessionStore) {
        var keeper = StoreKeeper(store)
        var random = SeededRandom(seed: 5)
        for market in 0..<2 {
            var price: Int64 = market == 0 ? 600_000 : 3_500_000
            let bars = (0..<300).map { index in
                let open = price
                price += Int64.random(in: -price / 200...price / 200, using: &random)
                return InstrumentBar(
                    InstrumentID(index: market),
                    Bar(
                        openTime: Timestamp(seconds: Self.start + Int64(index) * 300), open: Price(units: open),
                        high: Price(units: max(open, price)), low: Price(units: min(open, price)),
                        close: Price(units: price), volume: Quantity(units: 1_000_000)))
            }
            keeper.take(bars, [], lost: 0)
        }
        for second in stride(from: Int64(0), to: 25 * 3600 + 60, by: 30) {
            let context = MarketContext(
                instrument: InstrumentID(index: 0), mark: Price(units: 600_000), fundingRate: Rate(units: 100_000))
            keeper.take(
                [], [StreamRecord(time: Timestamp(seconds: Self.start + second + 5), .context(context))], lost: 0)
        }
        #expect(keeper.write() == nil)
    }

    @Test(arguments: ["mainnet", "testnet"])
    func aBacktestFindsBarsAndFunding(network: String) throws {
        let folder = try TemporaryFolder()
        let text = text(folder, network: network)
        record(try sessionStore(text))
        let keys = try DataStore(path: folder.store).list().map { try $0.get().key }
        #expect(Set(keys.map(\.venue)) == [network == "mainnet" ? "hyperliquid" : "hl"], "networks do not mix")
        #expect(Set(keys.map(\.symbol)) == ["BTC", "HYPE/USDC"])
        #expect(Set(keys.map(\.kind)) == [.bars, .fundingRates, .markPrices])

        let config = try folder.write(text, as: "config.yaml")
        let ran = apus(["backtest", config, "--json", "-"])
        let result = try ran.json()
        #expect((result["fills"] as? Int ?? 0) > 4, "\(ran.errors)")
        let warnings = try #require(result["warnings"] as? [String])
        #expect(!warnings.contains { $0.contains("unding") }, "\(warnings)")
        let metrics = try #require(result["metrics"] as? [String: Any])
        #expect(abs(metrics["funding"] as? Double ?? 0) > 0)
        let unfunded = apus(["backtest", config, "--json", "-", "--set", "simulation.funding=false"])
        let other = try #require(try unfunded.json()["metrics"] as? [String: Any])
        #expect(other["funding"] as? Double == 0)
    }

    /// A venue with a clock of its own is simulated: what it says is nobody's market.
    @Test func simulatedVenuesAreNotStored() throws {
        let folder = try TemporaryFolder()
        let text = text(folder, network: "testnet")
            .replacing("candles: 5m", with: "candles: 5m, clock: venue, url: \"http://127.0.0.1:1\"")
        let store = try sessionStore(text)
        #expect(store.kinds == [])
        record(store)
        #expect(throws: StoreError.self) { try DataStore(path: folder.store) }
    }
}
