// SPDX-License-Identifier: Apache-2.0

import Connectivity
import JSON
import Trading
import VenueInterface

extension HyperliquidConnector {
    /// One WebSocket message, whatever its bytes are.
    mutating func received(
        _ bytes: [UInt8], on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        do throws(MessageError) {
            switch try HyperliquidMessage.decode(bytes) {
            case .greeting, .pong: break
            case .error(let text): complained(text, on: link, at: now, into: &outputs)
            case .subscribed(let method, _, let subscription):
                guard method == "subscribe", let known = HyperliquidSubscription(subscription) else { break }
                confirm(known, on: link, at: now, into: &outputs)
            case .book(let book): try took(book, on: link, at: now, into: &outputs)
            case .trades(let trades): took(trades, on: link, at: now, into: &outputs)
            case .quote(let quote): try took(quote, on: link, at: now, into: &outputs)
            case .candles(let candles):
                for candle in candles { try took(candle, on: link, at: now, into: &outputs) }
            case .mids(let mids): took(mids, into: &outputs)
            case .context(let context): took(context, on: link, at: now, into: &outputs)
            case .orderUpdates(let updates): took(updates, at: now, into: &outputs)
            case .fills(let user, let isSnapshot, let fills):
                guard isOurs(user) else { break }
                took(fills, isSnapshot: isSnapshot, at: now, into: &outputs)
            case .funding(let user, _, let payments):
                if isOurs(user) { took(payments, at: now, into: &outputs) }
            case .ledger(let user, _, let updates):
                if isOurs(user) { took(updates, at: now, into: &outputs) }
            case .liquidation(let liquidation): took(liquidation, into: &outputs)
            case .post(let id, let answer): answeredPost(id, answer, at: now, into: &outputs)
            case .venueCancels, .twapFills, .twapHistory, .openOrders, .orderHistory, .perpetualState,
                .perpetualStates, .spotState, .activeAsset, .contexts, .notification, .webData:
                // Not asked for, or told by order updates and fills as well.
                break
            case .unknown(let channel):
                tellUnreadable(
                    "a message on the channel '\(channel.shortened)', which is not known", at: now, into: &outputs)
            }
        } catch {
            tellUnreadable(error.description, at: now, into: &outputs)
        }
    }

    private mutating func complained(
        _ text: String, on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        // "Already subscribed: {…}": as good as a confirmation.
        if text.lowercased().contains("already subscribed"), let start = text.utf8.firstIndex(of: UInt8(ascii: "{")),
            let json = try? JSON.parse(Array(text.utf8[start...])), let known = HyperliquidSubscription(json)
        {
            return confirm(known, on: link, at: now, into: &outputs)
        }
        links[link].complaint = text.shortened
        tellUnreadable("the venue answered with an error: \(text.shortened)", at: now, into: &outputs)
    }

    /// Tells of something odd, but not more than ten times a minute: a venue gone mad must not fill the disk.
    mutating func tellUnreadable(_ text: String, at now: Moment, into outputs: inout [ConnectorOutput]) {
        if now.monotonic.since(unreadable.since) >= .minutes(1) {
            if unreadable.count > 10 {
                let more = "\(unreadable.count - 10) more messages of the minute before could not be read"
                outputs.append(.event(.notice(.unreadable(more))))
            }
            unreadable = (now.monotonic, 0)
        }
        unreadable.count += 1
        if unreadable.count <= 10 { outputs.append(.event(.notice(.unreadable(text)))) }
    }

    // MARK: Market data

    /// Data came on a subscription: it works, and is fresh.
    private mutating func alive(
        _ number: Int?, on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let number else { return }
        if !links[link].isUp { confirm(market.watched[number], on: link, at: now, into: &outputs) }
        if case .fresh(let name)? = health.heard(number, at: now.monotonic) {
            outputs.append(.event(.streamFresh(name: name)))
        }
    }

    private mutating func took(
        _ book: HyperliquidBook, on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) throws(MessageError) {
        guard let place = market.place(ofCoin: book.coin) else { return }
        let snapshot = try book.snapshot(of: market.entries[place].instrument)
        if let last = market.entries[place].bookTime, snapshot.time < last { return }
        guard believes(snapshot.time, "a book of \(book.coin)", at: now, into: &outputs) else { return }
        market.entries[place].bookTime = snapshot.time
        alive(market.entries[place].bookNumber, on: link, at: now, into: &outputs)
        outputs.append(.event(.book(snapshot)))
    }

    private mutating func took(
        _ trades: [HyperliquidTrade], on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        var last: String?
        for trade in trades {
            guard let place = market.place(ofCoin: trade.coin) else { continue }
            if trade.coin != last {
                alive(market.entries[place].tradesNumber, on: link, at: now, into: &outputs)
                last = trade.coin
            }
            guard let read = trade.trade(of: market.entries[place].instrument) else {
                let text = "a trade of \(trade.coin) at \(trade.price) × \(trade.size), which fits no tick or lot"
                tellUnreadable(text, at: now, into: &outputs)
                continue
            }
            guard believes(read.time, "a trade of \(trade.coin)", at: now, into: &outputs) else { continue }
            guard market.entries[place].trades.insert(trade.id) else { continue }
            outputs.append(.event(.trade(read)))
        }
    }

    private mutating func took(
        _ quote: HyperliquidQuote, on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) throws(MessageError) {
        guard let place = market.place(ofCoin: quote.coin) else { return }
        let instrument = market.entries[place].instrument
        func level(_ level: HyperliquidLevel?) throws(MessageError) -> BookSnapshot.Level? {
            guard let level else { return nil }
            guard
                let read = level.level(
                    priceDecimals: instrument.priceDecimals, quantityDecimals: instrument.quantityDecimals),
                read.price.units > 0, read.quantity.units > 0
            else {
                throw MessageError(
                    field: "bbo", problem: .outOfRange, value: "\(quote.coin) \(level.price) × \(level.size)")
            }
            return read
        }
        let bid = try level(quote.bid)
        let ask = try level(quote.ask)
        if let bid, let ask, bid.price >= ask.price {
            throw MessageError(
                field: "bbo", problem: .wrongType(expected: "a bid below the ask"),
                value: "\(quote.coin) \(instrument.text(bid.price)) and \(instrument.text(ask.price))")
        }
        if let last = market.entries[place].quoteTime, quote.time < last { return }
        guard believes(quote.time, "a quote of \(quote.coin)", at: now, into: &outputs) else { return }
        market.entries[place].quoteTime = quote.time
        alive(market.entries[place].quoteNumber, on: link, at: now, into: &outputs)
        outputs.append(
            .event(.quote(VenueQuote(instrument: instrument.id, time: quote.time, bid: bid, ask: ask))))
    }

    private mutating func took(
        _ candle: HyperliquidCandle, on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) throws(MessageError) {
        guard let place = market.place(ofCoin: candle.coin),
            let series = market.entries[place].series.firstIndex(where: { $0.interval == candle.interval })
        else { return }
        let timeframe = market.entries[place].series[series].timeframe
        let bar = try candle.bar(of: market.entries[place].instrument, timeframe)
        alive(market.entries[place].series[series].number, on: link, at: now, into: &outputs)
        observe(bar, place: place, series: series, at: now, into: &outputs)
    }

    /// The latest state of a candle, streamed or asked for.
    mutating func observe(
        _ bar: Bar, place: Int, series: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let instrument = market.entries[place].instrument.id
        let timeframe = market.entries[place].series[series].timeframe
        let coin = market.entries[place].coin
        guard believes(bar.openTime, following: timeframe.span, "a candle of \(coin)", at: now, into: &outputs) else {
            return
        }
        for update in market.entries[place].series[series].tracker.observe(bar) {
            outputs.append(.event(.bar(instrument, timeframe, update.bar, isClosed: update.isClosed)))
        }
    }

    /// Whether market data can be of this time. What cannot is told and left out.
    private mutating func believes(
        _ time: Timestamp, following span: TimeSpan = .zero, _ name: @autoclosure () -> String, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) -> Bool {
        let present: MarketTimes.Present
        if configuration.clockEvery == nil {
            present = .unknown
        } else {
            present = clock.offset.map { .measured(now.wall.later(by: $0)) } ?? .ours(now.wall)
        }
        guard let latest = market.times.take(time, following: span, present) else { return true }
        tellUnreadable("\(name()) dated \(time), when at most \(latest) can be", at: now, into: &outputs)
        return false
    }

    private mutating func took(
        _ context: HyperliquidContext, on link: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let coin = context.coin, let place = market.place(ofCoin: coin) else { return }
        alive(market.entries[place].contextNumber, on: link, at: now, into: &outputs)
        outputs.append(.event(.context(context.context(of: market.entries[place].instrument))))
    }

    mutating func took(_ mids: HyperliquidMids, into outputs: inout [ConnectorOutput]) {
        for mid in mids.mids {
            guard let instrument = market.instrument(ofCoin: mid.coin) else { continue }
            let context = MarketContext(instrument: instrument.id, mid: mid.price.price(rounded: instrument))
            outputs.append(.event(.context(context)))
        }
    }

    // MARK: Loss and return

    mutating func marketReturned(at now: Moment, into outputs: inout [ConnectorOutput]) {
        // Whether the latest candle has ended, and how, was not heard.
        market.interruptCandles()
        health.start(at: now.monotonic)
        fallbackEnded(into: &outputs)
    }
}
