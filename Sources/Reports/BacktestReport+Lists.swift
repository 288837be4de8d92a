// SPDX-License-Identifier: Apache-2.0

extension BacktestReport {
    /// One round trip of a position, from flat to flat.
    public struct Trade: Equatable, Sendable {
        /// Nanoseconds since the epoch.
        public var entryTime: Int64
        public var exitTime: Int64
        /// Places in `Names`.
        public var symbol: Int
        public var strategy: Int
        public var exitReason: Int
        public var isLong: Bool
        /// Decimal text, as are the prices and amounts below.
        public var quantity: String
        public var entryPrice: String
        public var exitPrice: String
        /// After fees and funding, in the base currency.
        public var profit: String
        public var fees: String

        public init(
            entryTime: Int64, exitTime: Int64, symbol: Int, strategy: Int, exitReason: Int, isLong: Bool,
            quantity: String, entryPrice: String, exitPrice: String, profit: String, fees: String
        ) {
            self.entryTime = entryTime
            self.exitTime = exitTime
            self.symbol = symbol
            self.strategy = strategy
            self.exitReason = exitReason
            self.isLong = isLong
            self.quantity = quantity
            self.entryPrice = entryPrice
            self.exitPrice = exitPrice
            self.profit = profit
            self.fees = fees
        }

        /// Holding time in nanoseconds; the longest possible one where it does not fit.
        var duration: Int64 {
            let (duration, overflow) = exitTime.subtractingReportingOverflow(entryTime)
            return overflow ? .max : duration
        }
    }

    /// One fill of an order.
    public struct Fill: Equatable, Sendable {
        /// Nanoseconds since the epoch.
        public var time: Int64
        /// Places in `Names`.
        public var symbol: Int
        public var strategy: Int
        public var isBuy: Bool
        /// Decimal text, as are price and fee.
        public var quantity: String
        public var price: String
        public var fee: String
        public var feeAsset: String
        public var isMaker: Bool
        public var orderID: String
        /// Why the order was there, such as `entry` or `stop-loss`.
        public var reason: String

        public init(
            time: Int64, symbol: Int, strategy: Int, isBuy: Bool, quantity: String, price: String, fee: String,
            feeAsset: String, isMaker: Bool, orderID: String, reason: String
        ) {
            self.time = time
            self.symbol = symbol
            self.strategy = strategy
            self.isBuy = isBuy
            self.quantity = quantity
            self.price = price
            self.fee = fee
            self.feeAsset = feeAsset
            self.isMaker = isMaker
            self.orderID = orderID
            self.reason = reason
        }
    }

    /// A position that the end of the data left open.
    public struct OpenPosition: Equatable, Sendable {
        /// Places in `Names`.
        public var symbol: Int
        public var strategy: Int
        public var isLong: Bool
        /// Decimal text, as are the prices and the profit.
        public var quantity: String
        public var entryPrice: String
        public var lastPrice: String
        /// Not realised, in the base currency.
        public var profit: String
        /// Nanoseconds since the epoch.
        public var since: Int64

        public init(
            symbol: Int, strategy: Int, isLong: Bool, quantity: String, entryPrice: String, lastPrice: String,
            profit: String, since: Int64
        ) {
            self.symbol = symbol
            self.strategy = strategy
            self.isLong = isLong
            self.quantity = quantity
            self.entryPrice = entryPrice
            self.lastPrice = lastPrice
            self.profit = profit
            self.since = since
        }
    }

    /// Candles of one symbol for a chart, few enough to be drawn.
    public struct SymbolChart: Equatable, Sendable {
        /// One candle, or several that were put together.
        public struct Candle: Equatable, Sendable {
            /// Open of the candle, nanoseconds since the epoch.
            public var time: Int64
            public var open: Double
            public var high: Double
            public var low: Double
            public var close: Double

            public init(time: Int64, open: Double, high: Double, low: Double, close: Double) {
                self.time = time
                self.open = open
                self.high = high
                self.low = low
                self.close = close
            }
        }

        /// Place in `Names`.
        public var symbol: Int
        /// Timeframe of the bars that the candles were made from.
        public var timeframe: String
        /// How many bars one candle holds: 1 where nothing was put together.
        public var barsPerCandle: Int
        /// Decimals of the price scale.
        public var priceDecimals: Int
        public var candles: [Candle]

        /// Puts neighbouring bars together until at most `maximumCandles` are left: first open, highest high, lowest
        /// low, last close.
        ///
        /// - Parameters:
        ///   - count: Number of bars.
        ///   - bar: The bar at a position, oldest first; called once for each.
        /// - Complexity: O(*count*).
        public init(
            symbol: Int, timeframe: String, priceDecimals: Int, maximumCandles: Int = 3_000, count: Int,
            bar: (Int) -> Candle
        ) {
            let group = max(1, (count + max(1, maximumCandles) - 1) / max(1, maximumCandles))
            self.symbol = symbol
            self.timeframe = timeframe
            self.priceDecimals = min(max(0, priceDecimals), 12)
            barsPerCandle = group
            candles = []
            candles.reserveCapacity(count / group + 1)
            for start in stride(from: 0, to: count, by: group) {
                var candle = bar(start)
                for position in (start + 1)..<max(start + 1, min(start + group, count)) {
                    let next = bar(position)
                    candle.high = max(candle.high, next.high)
                    candle.low = min(candle.low, next.low)
                    candle.close = next.close
                }
                candles.append(candle)
            }
        }
    }
}
