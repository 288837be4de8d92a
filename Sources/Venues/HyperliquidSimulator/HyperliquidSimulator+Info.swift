// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
import Trading

struct InfoAnswer {
    var status = 200
    var body: [UInt8]
    /// For the rows that were returned.
    var extraWeight = 0

    init(_ body: [UInt8], rows: Int = 0, rowsPerWeight: Int = 20) {
        self.body = body
        extraWeight = rows / rowsPerWeight
    }
    static let unreadable: InfoAnswer = {
        var answer = InfoAnswer(HyperliquidSimulator.unreadableText)
        answer.status = 422
        return answer
    }()
    static let null = InfoAnswer(Array("null".utf8))
}

extension HyperliquidSimulator {
    /// The weight that a request has before its rows are known.
    func infoWeight(_ request: JSONValue) -> Int {
        switch request["type"]?.string {
        case "l2Book", "allMids", "clearinghouseState", "orderStatus", "spotClearinghouseState", "exchangeStatus": 2
        case "userRole": 60
        default: 20
        }
    }

    mutating func info(_ request: JSONValue) -> InfoAnswer {
        guard let type = request["type"]?.string else { return .unreadable }
        statistics.infos[type, default: 0] += 1
        if let dex = request["dex"]?.string, !dex.isEmpty { return .null }
        if let answer = marketInfo(type, request) { return answer }
        guard let text = request["user"]?.string, let user = Address(anyCase: text) else { return .unreadable }
        return accountInfo(type, user, request) ?? .unreadable
    }

    // MARK: Markets

    private func marketInfo(_ type: String, _ request: JSONValue) -> InfoAnswer? {
        switch type {
        case "meta": return InfoAnswer(JSONWriter.write { writeMeta(to: &$0) })
        case "metaAndAssetCtxs":
            return InfoAnswer(
                JSONWriter.write {
                    $0.array {
                        writeMeta(to: &$0)
                        $0.array { for market in markets where !market.isSpot { writeContext(market, to: &$0) } }
                    }
                })
        case "spotMeta": return InfoAnswer(JSONWriter.write { writeSpotMeta(to: &$0) })
        case "spotMetaAndAssetCtxs":
            return InfoAnswer(
                JSONWriter.write {
                    $0.array {
                        writeSpotMeta(to: &$0)
                        $0.array { for market in markets where market.isSpot { writeContext(market, to: &$0) } }
                    }
                })
        case "allMids": return InfoAnswer(JSONWriter.write { writeMids(to: &$0) })
        case "allPerpMetas": return InfoAnswer(JSONWriter.write { $0.array { writeMeta(to: &$0) } })
        case "perpDeployAuctionStatus": return InfoAnswer(JSONWriter.write { writeAuction(to: &$0) })
        case "perpDexs": return InfoAnswer(Array("[null]".utf8))
        case "exchangeStatus":
            // What clients set their clocks for nonces by.
            return InfoAnswer(
                JSONWriter.write {
                    $0.object {
                        $0.null("specialStatuses")
                        $0.integer("time", milliseconds(wall))
                    }
                })
        case "predictedFundings": return InfoAnswer(JSONWriter.write { writePredictedFundings(to: &$0) })
        case "perpsAtOpenInterestCap": return InfoAnswer(Array("[]".utf8))
        case "maxMarketOrderNtls": return InfoAnswer(JSONWriter.write { writeLargestOrders(to: &$0) })
        case "candleSnapshot": return candleSnapshot(request["req"])
        case "l2Book", "recentTrades", "fundingHistory":
            guard let coin = request["coin"]?.string else { return .unreadable }
            guard let index = marketOfCoin[coin] else { return .null }
            if type == "l2Book" {
                guard let figures = figures(request) else { return .unreadable }
                return InfoAnswer(JSONWriter.write { writeBook(index, figures: figures, to: &$0) })
            }
            if type == "recentTrades" {
                let trades = markets[index].trades.suffix(10)
                return InfoAnswer(
                    JSONWriter.write {
                        $0.array { for trade in trades.reversed() { writeTrade(trade, markets[index].coin, to: &$0) } }
                    }, rows: trades.count)
            }
            return fundingHistory(index, request)
        default: return nil
        }
    }

    /// An auction in which nobody bids: a new one begins every 31 hours.
    private func writeAuction(to writer: inout JSONWriter) {
        let seconds = milliseconds(wall) / 1000
        let duration: Int64 = 111_600
        writer.object {
            $0.integer("startTimeSeconds", seconds - seconds % duration)
            $0.integer("durationSeconds", duration)
            $0.string("startGas", "500.0")
            $0.string("currentGas", "500.0")
            $0.null("endGas")
        }
    }

    private func writeMeta(to writer: inout JSONWriter) {
        writer.object {
            $0.array("universe") { writer in
                for market in markets where !market.isSpot {
                    writer.object {
                        $0.integer("szDecimals", market.configuration.szDecimals)
                        $0.string("name", market.coin)
                        $0.integer("maxLeverage", market.configuration.maxLeverage)
                        $0.integer("marginTableId", market.configuration.maxLeverage)
                        if market.configuration.onlyIsolated { $0.bool("onlyIsolated", true) }
                        if market.configuration.isDelisted { $0.bool("isDelisted", true) }
                    }
                }
            }
            let leverages = Set(markets.filter { !$0.isSpot }.map(\.configuration.maxLeverage)).sorted()
            $0.array("marginTables") { writer in
                for leverage in leverages {
                    writer.array {
                        $0.integer(leverage)
                        $0.object {
                            $0.string("description", "")
                            $0.array("marginTiers") {
                                $0.object {
                                    $0.string("lowerBound", "0.0")
                                    $0.integer("maxLeverage", leverage)
                                }
                            }
                        }
                    }
                }
            }
            $0.integer("collateralToken", 0)
        }
    }

    private func writeSpotMeta(to writer: inout JSONWriter) {
        writer.object {
            $0.array("universe") { writer in
                for market in markets where market.isSpot {
                    writer.object {
                        $0.array("tokens") {
                            $0.integer(market.token)
                            $0.integer(0)
                        }
                        $0.string("name", market.coin)
                        $0.integer("index", market.asset - 10_000)
                        $0.bool("isCanonical", market.asset == 10_000)
                    }
                }
            }
            $0.array("tokens") { writer in
                for (index, name) in tokens.enumerated() {
                    let market = markets.first { $0.isSpot && $0.token == index }
                    writer.object {
                        $0.string("name", name)
                        $0.integer("szDecimals", market?.configuration.szDecimals ?? 8)
                        $0.integer("weiDecimals", 8)
                        $0.integer("index", index)
                        $0.string("tokenId", tokenID(index))
                        $0.bool("isCanonical", index <= 1)
                        $0.null("evmContract")
                        $0.null("fullName")
                    }
                }
            }
        }
    }

    private func tokenID(_ index: Int) -> String {
        Cloid(UInt128(mixed(UInt64(index))) << 64 | UInt128(mixed(UInt64(index) &+ 1000))).description
    }

    func middle(_ index: Int) -> Units? {
        guard let bid = bestOpposite(index, isBuy: false), let ask = bestOpposite(index, isBuy: true) else {
            return nil
        }
        return (bid + ask) / 2
    }

    func writeContext(_ market: SimulatedMarket, to writer: inout JSONWriter) {
        let middle = middle(market.index)
        writer.object {
            if !market.isSpot {
                $0.decimal("funding", Int128(market.fundingRate) / 10)
                let interest = market.holders.reduce(Int128(0)) {
                    $0 + Int128(accounts[$1].positions[market.index].size.magnitude)
                }
                $0.decimal("openInterest", interest + Int128(market.lot) * 1_000_000)
            }
            $0.decimal("prevDayPx", market.previousDayPrice)
            $0.decimal("dayNtlVlm", market.dayValue)
            if !market.isSpot {
                $0.decimal(
                    "premium",
                    market.oracle > 0
                        ? Int128(market.mark - market.oracle) * Int128(Decimals.one) / Int128(market.oracle) : 0)
                $0.decimal("oraclePx", market.oracle)
            }
            $0.decimal("markPx", market.mark)
            $0.key("midPx")
            if let middle { $0.decimal(middle) } else { $0.null() }
            if market.isSpot {
                $0.decimal("circulatingSupply", Int128(1_000_000) * Int128(Decimals.one))
                $0.string("coin", market.coin)
            } else {
                $0.key("impactPxs")
                if let bid = bestOpposite(market.index, isBuy: false),
                    let ask = bestOpposite(market.index, isBuy: true)
                {
                    $0.array {
                        $0.decimal(bid)
                        $0.decimal(ask)
                    }
                } else {
                    $0.null()
                }
            }
            $0.decimal("dayBaseVlm", market.dayVolume)
        }
    }

    func writeMids(to writer: inout JSONWriter) {
        writer.object {
            for market in markets.sorted(by: { $0.coin < $1.coin }) {
                if let middle = middle(market.index) { $0.decimal(market.coin, middle) }
            }
        }
    }

    private func writePredictedFundings(to writer: inout JSONWriter) {
        let next = nextFunding ?? wall
        writer.array {
            for market in markets where !market.isSpot {
                $0.array {
                    $0.string(market.coin)
                    $0.array {
                        $0.array {
                            $0.string("HlPerp")
                            $0.object {
                                $0.decimal("fundingRate", Int128(market.fundingRate) / 10)
                                $0.integer("nextFundingTime", milliseconds(next))
                                $0.integer("fundingIntervalHours", 1)
                            }
                        }
                    }
                }
            }
        }
    }

    private func writeLargestOrders(to writer: inout JSONWriter) {
        let leverages = Set(markets.filter { !$0.isSpot }.map(\.configuration.maxLeverage)).sorted()
        writer.array {
            for leverage in leverages {
                $0.array {
                    $0.integer(leverage)
                    $0.string(
                        leverage >= 25
                            ? "15000000.0" : leverage >= 20 ? "5000000.0" : leverage >= 10 ? "2000000.0" : "500000.0")
                }
            }
        }
    }

    private func fundingHistory(_ index: Int, _ request: JSONValue) -> InfoAnswer {
        guard let range = timeRange(request) else { return .unreadable }
        let rows = markets[index].fundingHistory.filter { range.contains(milliseconds($0.time)) }.prefix(500)
        return InfoAnswer(
            JSONWriter.write {
                $0.array { writer in
                    for row in rows {
                        writer.object {
                            $0.string("coin", markets[index].coin)
                            $0.decimal("fundingRate", Int128(row.rate) / 10)
                            $0.string("premium", "0.0")
                            $0.integer("time", milliseconds(row.time))
                        }
                    }
                }
            }, rows: rows.count)
    }

    private func candleSnapshot(_ request: JSONValue?) -> InfoAnswer {
        guard let request, let coin = request["coin"]?.string, let name = request["interval"]?.string,
            let interval = CandleInterval.all.firstIndex(where: { $0.name == name }), let range = timeRange(request)
        else { return .unreadable }
        guard let index = marketOfCoin[coin] else { return .null }
        let candles = markets[index].candles.candles(
            interval, from: nanoseconds(range.lowerBound), to: nanoseconds(range.upperBound))
        return InfoAnswer(
            JSONWriter.write {
                $0.array { for candle in candles { writeCandle(candle, index, interval, to: &$0) } }
            }, rows: candles.count, rowsPerWeight: 60)
    }

    func writeCandle(_ candle: Candle, _ index: Int, _ interval: Int, to writer: inout JSONWriter) {
        let kind = CandleInterval.all[interval]
        writer.object {
            $0.integer("t", candle.openTime / 1_000_000)
            $0.integer("T", kind.nextOpenTime(after: candle.openTime) / 1_000_000 - 1)
            $0.string("s", markets[index].coin)
            $0.string("i", kind.name)
            $0.decimal("o", candle.open)
            $0.decimal("c", candle.close)
            $0.decimal("h", candle.high)
            $0.decimal("l", candle.low)
            $0.decimal("v", candle.volume)
            $0.integer("n", candle.trades)
        }
    }

    /// Those who trade with one another in the market data.
    private static let strangers = (0..<64).map { generatedAddress($0).description }

    func writeTrade(_ trade: PublicTrade, _ coin: String, to writer: inout JSONWriter) {
        writer.object {
            $0.string("coin", coin)
            $0.string("side", trade.isBuy ? "B" : "A")
            $0.decimal("px", trade.price)
            $0.decimal("sz", trade.size)
            $0.integer("time", milliseconds(trade.time))
            $0.string("hash", hash(trade.tid))
            $0.integer("tid", trade.tid)
            $0.array("users") {
                $0.string(trade.buyer == .zero ? Self.strangers[Int(trade.tid % 32)] : trade.buyer.description)
                $0.string(trade.seller == .zero ? Self.strangers[Int(trade.tid % 32) + 32] : trade.seller.description)
            }
        }
    }

    /// Of a transaction; the same for both sides of a trade.
    func hash(_ number: UInt64) -> String {
        String(unsafeUninitializedCapacity: 66) { text in
            text[0] = 48
            text[1] = 120
            var word = number
            for place in 0..<64 {
                if place % 16 == 0 { word = mixed(word) }
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - place % 16 * 4)) & 15
                text[place + 2] = digit < 10 ? 48 + digit : 87 + digit
            }
            return 66
        }
    }

    /// Milliseconds from `startTime` to `endTime`, where a missing or null end is open.
    func timeRange(_ request: JSONValue, startIsOptional: Bool = false) -> ClosedRange<Int64>? {
        let given = request["startTime"]
        guard let start = given?.integer ?? (startIsOptional && given?.isNull ?? true ? 0 : nil) else { return nil }
        var end = Int64.max
        if let given = request["endTime"], !given.isNull {
            guard let value = given.integer else { return nil }
            end = value
        }
        return start...max(start, end)
    }

    func nanoseconds(_ milliseconds: Int64) -> Int64 {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    // MARK: The book

    /// How many significant figures a book is grouped to; `0` for as it is, `nil` where the request is not readable.
    func figures(_ request: JSONValue) -> Int? {
        guard let value = request["nSigFigs"], !value.isNull else { return 0 }
        guard let figures = value.integer, (2...5).contains(figures) else { return nil }
        return Int(figures)
    }

    struct BookLevel {
        var price: Units
        var size: Units
        var orders: Int
    }

    /// The best level of one side.
    func bestLevel(_ index: Int, isBid: Bool) -> BookLevel? {
        let market = markets[index]
        var best = market.bestGenerated(isBid: isBid).map { BookLevel(price: $0.price, size: $0.size, orders: 1) }
        for order in isBid ? market.bids : market.asks {
            let order = orders[order]
            if let level = best {
                guard isBid ? order.limit >= level.price : order.limit <= level.price else { break }
                if order.limit == level.price {
                    best = BookLevel(
                        price: level.price, size: level.size.adding(order.remaining), orders: level.orders + 1)
                    continue
                }
            }
            best = BookLevel(price: order.limit, size: order.remaining, orders: 1)
        }
        return best
    }

    /// At most twenty levels of one side, best first.
    func levels(_ index: Int, isBid: Bool, figures: Int) -> [BookLevel] {
        let market = markets[index]
        var all: [BookLevel] = []
        all.reserveCapacity(32)
        market.forGenerated(isBid: isBid) {
            all.append(BookLevel(price: $0.price, size: $0.size, orders: 1))
            return true
        }
        for order in isBid ? market.bids : market.asks {
            let order = orders[order]
            let place = all.firstIndex { isBid ? $0.price <= order.limit : $0.price >= order.limit } ?? all.count
            if place < all.count, all[place].price == order.limit {
                all[place].size = all[place].size.adding(order.remaining)
                all[place].orders += 1
            } else {
                all.insert(BookLevel(price: order.limit, size: order.remaining, orders: 1), at: place)
            }
        }
        if figures > 0 { all = grouped(all, isBid: isBid, figures: figures) }
        return Array(all.prefix(20))
    }

    private func grouped(_ levels: [BookLevel], isBid: Bool, figures: Int) -> [BookLevel] {
        var result: [BookLevel] = []
        for level in levels {
            let digits = String(level.price).utf8.count
            let step = powerOfTen(digits - figures)
            let price = isBid ? level.price / step * step : (level.price + step - 1) / step * step
            if result.last?.price == price {
                result[result.count - 1].size = result[result.count - 1].size.adding(level.size)
                result[result.count - 1].orders += level.orders
            } else {
                result.append(BookLevel(price: price, size: level.size, orders: level.orders))
            }
        }
        return result
    }

    func writeLevel(_ level: BookLevel, to writer: inout JSONWriter) {
        // Forty of them make a book: written in one piece.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 192) { text in
            var count = 0
            func add(_ part: StaticString) {
                for place in 0..<part.utf8CodeUnitCount { text[count + place] = part.utf8Start[place] }
                count += part.utf8CodeUnitCount
            }
            func add(_ value: Units) {
                count += Decimals.write(Int128(value), to: .init(rebasing: text[count...]))
            }
            add("{\"px\":\"")
            add(level.price)
            add("\",\"sz\":\"")
            add(level.size)
            add("\",\"n\":")
            Decimals.writeWhole(UInt64(level.orders), to: text, &count)
            add("}")
            writer.raw(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[..<count])))
        }
    }

    func writeBook(_ index: Int, figures: Int, to writer: inout JSONWriter) {
        writer.object {
            $0.string("coin", markets[index].coin)
            $0.integer("time", milliseconds(time))
            $0.array("levels") { writer in
                for isBid in [true, false] {
                    let levels = levels(index, isBid: isBid, figures: figures)
                    writer.array { for level in levels { writeLevel(level, to: &$0) } }
                }
            }
        }
    }
}
