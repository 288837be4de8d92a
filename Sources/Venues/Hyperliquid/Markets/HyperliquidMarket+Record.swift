// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension HyperliquidMarket {
    /// Markets as JSON text: a session's journal keeps what was known of them when it began.
    public static func record(_ markets: [HyperliquidMarket]) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            for market in markets {
                writer.object { writer in
                    writer.string("coin", market.coin)
                    writer.integer("asset", market.assetIndex)
                    writer.bool("isSpot", market.isSpot)
                    writer.integer("szDecimals", market.sizeDecimals)
                    writer.integer("maxLeverage", market.maximumLeverage)
                    writer.bool("onlyIsolated", market.isOnlyIsolated)
                    writer.bool("isDelisted", market.isDelisted)
                    writer.string("base", market.base)
                    writer.string("quote", market.quote)
                }
            }
        }
        return writer.text
    }

    /// Reads what `record` wrote.
    public static func markets(ofRecord text: String) throws(MessageError) -> [HyperliquidMarket] {
        var markets: [HyperliquidMarket] = []
        for reader in try MessageReader(bytes: Array(text.utf8)).elements() {
            markets.append(
                HyperliquidMarket(
                    coin: try reader.text("coin"), assetIndex: Int(clamping: try reader.integer("asset")),
                    isSpot: try reader.bool("isSpot"), sizeDecimals: Int(clamping: try reader.integer("szDecimals")),
                    maximumLeverage: try reader.integer("maxLeverage"),
                    isOnlyIsolated: try reader.bool("onlyIsolated"), isDelisted: try reader.bool("isDelisted"),
                    base: try reader.text("base"), quote: try reader.text("quote")))
        }
        return markets
    }
}
