// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import TestSupport
import Testing

@Suite("What a market's name means on an exchange") struct SymbolMapTests {
    /// exchange, written, symbol, unified, kind, settlement
    static let table: [(String?, String, String, String, MarketKind, String)] = [
        ("hyperliquid", "ETH-USD", "ETH", "ETH/USD:USDC", .linearPerpetual, "USDC"),
        ("hyperliquid", "ETH", "ETH", "ETH/USD:USDC", .linearPerpetual, "USDC"),
        ("hyperliquid", "ETH-PERP", "ETH", "ETH/USD:USDC", .linearPerpetual, "USDC"),
        ("hyperliquid", "ETH/USDC:USDC", "ETH", "ETH/USD:USDC", .linearPerpetual, "USDC"),
        ("hyperliquid", "kPEPE-USD", "kPEPE", "kPEPE/USD:USDC", .linearPerpetual, "USDC"),
        ("hyperliquid", "ETH-USDC", "ETH/USDC", "ETH/USDC", .spot, "USDC"),
        ("hyperliquid", "PURR/USDC", "PURR/USDC", "PURR/USDC", .spot, "USDC"),
        ("binance", "ETHUSDT", "ETHUSDT", "ETH/USDT", .spot, "USDT"),
        ("binance", "ETH/USDT", "ETHUSDT", "ETH/USDT", .spot, "USDT"),
        ("binance", "eth-usdt", "ETHUSDT", "ETH/USDT", .spot, "USDT"),
        ("Binance", "BTCFDUSD", "BTCFDUSD", "BTC/FDUSD", .spot, "FDUSD"),
        ("binance", "ETH/USDT:USDT", "ETHUSDT", "ETH/USDT:USDT", .linearPerpetual, "USDT"),
        ("binance", "BTCUSD_PERP", "BTCUSD_PERP", "BTC/USD:BTC", .inversePerpetual, "BTC"),
        ("binance", "BTC/USD:BTC", "BTCUSD_PERP", "BTC/USD:BTC", .inversePerpetual, "BTC"),
        ("bybit", "ETHUSDT", "ETHUSDT", "ETH/USDT", .spot, "USDT"),
        ("bybit", "ETH/USDT:USDT", "ETHUSDT", "ETH/USDT:USDT", .linearPerpetual, "USDT"),
        ("bybit", "ETHPERP", "ETHPERP", "ETH/USDC:USDC", .linearPerpetual, "USDC"),
        ("bybit", "BTCUSD", "BTCUSD", "BTC/USD:BTC", .inversePerpetual, "BTC"),
        ("okx", "ETH-USDT", "ETH-USDT", "ETH/USDT", .spot, "USDT"),
        ("okx", "ETH-USDT-SWAP", "ETH-USDT-SWAP", "ETH/USDT:USDT", .linearPerpetual, "USDT"),
        ("okx", "BTC-USD-SWAP", "BTC-USD-SWAP", "BTC/USD:BTC", .inversePerpetual, "BTC"),
        ("coinbase", "ETH-USD", "ETH-USD", "ETH/USD", .spot, "USD"),
        ("dydx", "ETH-USD", "ETH-USD", "ETH/USD:USDC", .linearPerpetual, "USDC"),
        (nil, "BTCUSDT", "BTCUSDT", "BTC/USDT", .spot, "USDT"),
        (nil, "ETHBTC", "ETHBTC", "ETH/BTC", .spot, "BTC"),
        (nil, "BTC_EUR", "BTCEUR", "BTC/EUR", .spot, "EUR"),
        ("generic", "USDCUSDT", "USDCUSDT", "USDC/USDT", .spot, "USDT"),
    ]

    @Test("The table", arguments: table)
    func resolves(row: (String?, String, String, String, MarketKind, String)) throws {
        let market = try SymbolMap.resolve(exchange: row.0, market: row.1)
        #expect(market.symbol == row.2)
        #expect(market.unified == row.3)
        #expect(market.kind == row.4)
        #expect(market.settlement == row.5)
        #expect(market.written == row.1)
        // A market's own names lead back to it, where they are unambiguous.
        #expect(try SymbolMap.resolve(exchange: row.0, market: market.unified).unified == market.unified)
        #expect(market.isNamed(row.1) && market.isNamed(market.unified))
    }

    @Test("Every row stands in the documentation")
    func documented() throws {
        let page = try String(
            contentsOf: Fixtures.repository.appendingPathComponent("Documentation/symbols.md"), encoding: .utf8)
        for row in Self.table {
            #expect(
                page.contains(
                    "| \(row.0?.lowercased() ?? "generic") | `\(row.1)` | `\(row.2)` | `\(row.3)` | \(row.4.rawValue) | \(row.5) |"
                ))
        }
    }

    @Test("A perpetual is not mixed up with the spot market of the same name")
    func sameSymbol() throws {
        let perpetual = try SymbolMap.resolve(exchange: "binance", market: "ETH/USDT:USDT")
        #expect(perpetual.symbol == "ETHUSDT")
        #expect(!perpetual.isNamed("ETHUSDT"))
    }

    @Test(
        "What cannot be understood is answered with what to write",
        arguments: [
            (
                "hyperliquit", "ETH-USD",
                "The exchange 'hyperliquit' is not known. Did you mean 'hyperliquid'? Known are generic, binance, bybit, okx, coinbase, hyperliquid and dydx."
            ),
            (
                "ftx", "BTC-PERP",
                "The exchange 'ftx' is not known. Known are generic, binance, bybit, okx, coinbase, hyperliquid and dydx."
            ),
            (
                "binance", "ETH USDT",
                "'ETH USDT' is not the name of a market. Write ETHUSDT (spot) or ETH/USDT:USDT (perpetual)."
            ),
            (
                "okx", "ETHUSDT",
                "'ETHUSDT' is not understood on okx. Write ETH-USDT (spot), ETH-USDT-SWAP (perpetual) or ETH-USD-SWAP (inverse perpetual)."
            ),
            ("dydx", "ETH-USDT", "'ETH-USDT' is not understood on dydx. Write ETH-USD."),
            ("coinbase", "ETH/USDC:USDC", "'ETH/USDC:USDC' is not understood on coinbase. Write ETH-USD."),
            (
                "generic", "USDT",
                "'USDT' is not understood on generic. Write ETH-USDT, ETH/USDT or ETHUSDT, or give its base and quote under 'instruments'."
            ),
            (
                "generic", "",
                "'' is not the name of a market. Write ETH-USDT, ETH/USDT or ETHUSDT, or give its base and quote under 'instruments'."
            ),
            (
                "generic", "--",
                "'--' is not understood on generic. Write ETH-USDT, ETH/USDT or ETHUSDT, or give its base and quote under 'instruments'."
            ),
            (
                "generic", "ETH-ETH",
                "'ETH-ETH' is not understood on generic. Write ETH-USDT, ETH/USDT or ETHUSDT, or give its base and quote under 'instruments'."
            ),
        ])
    func refused(exchange: String, market: String, expected: String) {
        #expect { try SymbolMap.resolve(exchange: exchange, market: market) } throws: { "\($0)" == expected }
    }

    @Test("No name of any form makes it fail otherwise", arguments: 0..<50 as Range<UInt64>)
    func anyName(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "ETH", "USD", "USDT", "-", "/", ":", "_", "PERP", "SWAP", "k", "é", "@", "1", ".", " ", "BTC", "😀",
        ]
        for _ in 0..<100 {
            let name = (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let exchange = SymbolMap.exchanges.randomElement(using: &random)!
            guard let market = try? SymbolMap.resolve(exchange: exchange, market: name) else { continue }
            #expect(!market.base.isEmpty && !market.quote.isEmpty && !market.symbol.isEmpty)
            #expect(
                (try? SymbolMap.resolve(exchange: exchange, market: market.unified))?.unified == market.unified,
                "\(exchange) \(name)")
        }
    }
}
