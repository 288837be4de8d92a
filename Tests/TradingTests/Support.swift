// SPDX-License-Identifier: Apache-2.0

import Foundation
import Trading

/// Rows of a reference file in `Fixtures`; its README says where they come from.
func fixture(_ name: String) throws -> [[String]] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return text.split(separator: "\n").dropFirst().map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}

/// BTC, USD and USDT, sorted by name as an account has them: 0, 1, 2.
enum Assets {
    static let table = AssetTable(names: ["USDT", "BTC", "USD"])
    static let btc = AssetID(0)
    static let usd = AssetID(1)
    static let usdt = AssetID(2)
}

func makeInstrument(
    _ kind: InstrumentKind = .linearPerpetual, id: UInt32 = 0, priceDecimals: Int = 2, quantityDecimals: Int = 3,
    multiplier: Int64 = 1, multiplierDecimals: Int = 0, base: AssetID = Assets.btc, quote: AssetID = Assets.usdt,
    settlement: AssetID? = nil, marginTiers: [MarginTier] = [], rules: TradingRules = TradingRules()
) throws -> Instrument {
    try Instrument(
        id: InstrumentID(id), symbol: "BTCUSDT", venue: "test", kind: kind, base: base, quote: quote,
        settlement: settlement ?? (kind == .inversePerpetual ? base : quote), priceDecimals: priceDecimals,
        quantityDecimals: quantityDecimals, multiplier: multiplier, multiplierDecimals: multiplierDecimals,
        marginTiers: marginTiers, rules: [(from: .distantPast, rules: rules)])
}

func makeFill(
    _ quantity: Int64, at price: Int64, instrument: UInt32 = 0, strategy: UInt32 = 0, fee: Amount = .zero,
    trade: UInt64 = 1, reason: FillReason = .order
) -> Fill {
    Fill(
        order: OrderID(1), trade: TradeID(trade), time: .epoch, instrument: InstrumentID(instrument),
        strategy: StrategyID(strategy), quantity: Quantity(units: quantity), price: Price(units: price), fee: fee,
        liquidity: .taker, reason: reason)
}
