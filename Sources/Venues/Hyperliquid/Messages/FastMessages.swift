// SPDX-License-Identifier: Apache-2.0

internal import CSimdjson
internal import Trading

/// The messages that come most often, read in one pass without a tree in between.
enum FastMessages {
    /// `nil` for every other message, and for one that is not exactly as expected: the general way then says what is
    /// wrong with it.
    static func decode(_ bytes: [UInt8]) -> HyperliquidMessage? {
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, buffer.count < 1 << 20 else { return nil }
            var message = csimdjson_message()
            let kind = csimdjson_read_message(
                start.assumingMemoryBound(to: CChar.self), buffer.count, &message)
            switch Int(kind) {
            case CSIMDJSON_BOOK: return .book(book(message))
            case CSIMDJSON_TRADES: return .trades(trades(message))
            case CSIMDJSON_QUOTE: return .quote(quote(message))
            default: return nil
            }
        }
    }

    private static func book(_ message: csimdjson_message) -> HyperliquidBook {
        HyperliquidBook(
            coin: text(message.coin), time: Timestamp(milliseconds: message.time),
            bids: levels(message.levels, message.bids),
            asks: message.levels.map { levels($0 + message.bids, message.asks) } ?? [])
    }

    private static func quote(_ message: csimdjson_message) -> HyperliquidQuote {
        HyperliquidQuote(
            coin: text(message.coin), time: Timestamp(milliseconds: message.time),
            bid: message.bids > 0 ? message.levels.map { level($0[0]) } : nil,
            ask: message.asks > 0 ? message.levels.map { level($0[message.bids]) } : nil)
    }

    private static func trades(_ message: csimdjson_message) -> [HyperliquidTrade] {
        UnsafeBufferPointer(start: message.trades, count: message.trade_count).map { trade in
            let level = level(trade.level)
            return HyperliquidTrade(
                coin: text(trade.coin), taker: trade.is_buy != 0 ? .buy : .sell, price: level.price, size: level.size,
                time: Timestamp(milliseconds: trade.time), id: trade.id, hash: text(trade.hash),
                users: trade.seller.text == nil ? [] : [text(trade.buyer), text(trade.seller)])
        }
    }

    private static func levels(_ start: UnsafePointer<csimdjson_level>?, _ count: Int) -> [HyperliquidLevel] {
        guard let start, count > 0 else { return [] }
        return [HyperliquidLevel](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count { buffer.initializeElement(at: index, to: level(start[index])) }
            filled = count
        }
    }

    private static func level(_ level: csimdjson_level) -> HyperliquidLevel {
        HyperliquidLevel(
            priceMantissa: level.price, sizeMantissa: level.size, priceDecimals: level.price_decimals,
            sizeDecimals: level.size_decimals, orders: level.orders)
    }

    private static func text(_ text: csimdjson_text) -> String {
        String(
            decoding: UnsafeRawBufferPointer(start: text.text, count: text.length), as: UTF8.self)
    }
}
