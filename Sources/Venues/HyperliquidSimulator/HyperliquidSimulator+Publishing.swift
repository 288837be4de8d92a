// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
import Trading

extension HyperliquidSimulator {
    // MARK: Snapshots

    /// What a new subscriber is told first.
    mutating func sendSnapshot(_ place: Int) {
        let subscription = subscriptions[place]
        let account = subscription.user.flatMap { accountOfAddress[$0] }
        switch subscription.kind {
        case .allMids, .l2Book, .bbo, .activeAssetCtx, .candle: serve(place, isFirst: true)
        case .trades:
            guard let market = subscription.market else { return }
            let trades = markets[market].trades.suffix(10)
            guard !trades.isEmpty else { return }
            send(
                subscription.connection,
                channel("trades") {
                    $0.array { for trade in trades { writeTrade(trade, markets[market].coin, to: &$0) } }
                })
        case .userFills:
            let fills = (account.map { accounts[$0].fills } ?? []).suffix(2000)
            send(
                subscription.connection,
                channel("userFills") {
                    $0.object {
                        $0.bool("isSnapshot", true)
                        $0.string("user", subscription.user?.description ?? "")
                        $0.array("fills") { for fill in fills.reversed() { writeFill(fill, to: &$0) } }
                    }
                })
        case .userFundings:
            let rows = (account.map { accounts[$0].funding } ?? []).suffix(500)
            sendFunding(Array(rows), subscription, isSnapshot: true)
        case .userNonFundingLedgerUpdates:
            let rows = (account.map { accounts[$0].transfers } ?? []).enumerated().suffix(500)
            sendTransfers(rows.map { ($0.offset, $0.element) }, subscription, isSnapshot: true)
        case .userTwapSliceFills:
            let fills = (account.map { accounts[$0].fills } ?? []).filter { $0.twap != nil }.suffix(500)
            sendSlices(Array(fills), subscription, isSnapshot: true)
        case .userTwapHistory: sendTwaps(subscription, account, isSnapshot: true)
        case .webData2, .webData3, .openOrders, .clearinghouseState, .allDexsClearinghouseState, .activeAssetData:
            sendState(subscription, account)
        case .notification, .userEvents, .orderUpdates: break
        }
    }

    // MARK: Markets

    /// Tells the subscribers of a market what changed in it.
    mutating func publishMarket(_ index: Int) {
        guard !subscriptions.isEmpty else {
            markets[index].unpublishedTrades = 0
            return
        }
        for place in subscriptions.indices {
            let kind = subscriptions[place].kind
            guard subscriptions[place].market == index || kind == .allMids else { continue }
            switch kind {
            case .trades:
                let new = markets[index].trades.suffix(markets[index].unpublishedTrades)
                guard !new.isEmpty else { continue }
                send(
                    subscriptions[place].connection,
                    channel("trades") {
                        $0.array { for trade in new { writeTrade(trade, markets[index].coin, to: &$0) } }
                    })
            case .allMids, .l2Book, .bbo, .candle, .activeAssetCtx: serve(place, isFirst: false)
            default: break
            }
        }
        markets[index].unpublishedTrades = 0
    }

    private mutating func serve(_ place: Int, isFirst: Bool) {
        let subscription = subscriptions[place]
        let now = marketTime ?? wall
        if subscription.kind != .bbo, subscription.kind != .candle {
            if !isFirst, let last = subscription.lastSent, now - last < configuration.bookCadence { return }
            subscriptions[place].lastSent = now
        }
        if let index = subscription.market, subscription.kind == .bbo {
            serveQuote(place, index, isFirst: isFirst)
        } else if let message = marketMessage(subscription) {
            send(subscription.connection, message)
        }
    }

    /// Apart from what changes the venue: there every closure would make a copy of it.
    private func marketMessage(_ subscription: Subscription) -> [UInt8]? {
        guard let index = subscription.market else {
            return channel("allMids") {
                $0.object {
                    $0.key("mids")
                    writeMids(to: &$0)
                }
            }
        }
        switch subscription.kind {
        case .l2Book: return channel("l2Book") { writeBook(index, figures: subscription.figures, to: &$0) }
        case .candle:
            guard let candle = markets[index].candles.current(subscription.interval) else { return nil }
            return channel("candle") { writeCandle(candle, index, subscription.interval, to: &$0) }
        case .activeAssetCtx:
            return channel(markets[index].isSpot ? "activeSpotAssetCtx" : "activeAssetCtx") {
                $0.object {
                    $0.string("coin", markets[index].coin)
                    $0.key("ctx")
                    writeContext(markets[index], to: &$0)
                }
            }
        default: return nil
        }
    }

    private mutating func serveQuote(_ place: Int, _ index: Int, isFirst: Bool) {
        let bid = bestLevel(index, isBid: true)
        let ask = bestLevel(index, isBid: false)
        let quote = [bid?.price ?? 0, bid?.size ?? 0, ask?.price ?? 0, ask?.size ?? 0]
        guard isFirst || quote != subscriptions[place].lastQuote else { return }
        subscriptions[place].lastQuote = quote
        send(
            subscriptions[place].connection,
            channel("bbo") {
                $0.object {
                    $0.string("coin", markets[index].coin)
                    $0.integer("time", milliseconds(time))
                    $0.array("bbo") { writer in
                        for level in [bid, ask] {
                            if let level { writeLevel(level, to: &writer) } else { writer.null() }
                        }
                    }
                }
            })
    }

    // MARK: Accounts

    /// Tells subscribers what happened to accounts and orders in this call.
    mutating func flush() {
        for index in markets.indices where markets[index].unpublishedTrades > 0 { publishMarket(index) }
        guard !updates.isEmpty || !news.isEmpty else { return }
        if !subscriptions.isEmpty {
            let isReversed = configuration.shufflesUpdates && nextRandom() & 1 == 1
            for step in subscriptions.indices {
                let subscription = subscriptions[isReversed ? subscriptions.count - 1 - step : step]
                guard let account = subscription.user.flatMap({ accountOfAddress[$0] }) else { continue }
                tell(subscription, account)
            }
        }
        updates.removeAll(keepingCapacity: true)
        news.removeAll(keepingCapacity: true)
    }

    private mutating func tell(_ subscription: Subscription, _ account: Int) {
        switch subscription.kind {
        case .orderUpdates:
            let own = updates.filter { $0.account == account }
            guard !own.isEmpty else { return }
            send(
                subscription.connection,
                channel("orderUpdates") {
                    $0.array { for update in own { writeUpdate(update, to: &$0) } }
                })
        case .userFills:
            let fills = newFills(account)
            guard !fills.isEmpty else { return }
            send(
                subscription.connection,
                channel("userFills") {
                    $0.object {
                        $0.string("user", subscription.user?.description ?? "")
                        $0.array("fills") { for fill in fills { writeFill(fill, to: &$0) } }
                    }
                })
        case .userEvents: tellEvents(subscription, account)
        case .userFundings:
            let rows = newFunding(account)
            if !rows.isEmpty { sendFunding(rows, subscription, isSnapshot: false) }
        case .userNonFundingLedgerUpdates:
            let rows: [(Int, SimulatedTransfer)] = news.compactMap {
                if case .transfer(account, let index) = $0 { (index, accounts[account].transfers[index]) } else { nil }
            }
            if !rows.isEmpty { sendTransfers(rows, subscription, isSnapshot: false) }
        case .userTwapSliceFills:
            let fills = newFills(account).filter { $0.twap != nil }
            if !fills.isEmpty { sendSlices(fills, subscription, isSnapshot: false) }
        case .userTwapHistory:
            let isNew = news.contains { if case .twap(account) = $0 { true } else { false } }
            if isNew { sendTwaps(subscription, account, isSnapshot: false) }
        case .webData2, .webData3, .openOrders, .clearinghouseState, .allDexsClearinghouseState, .activeAssetData:
            guard updates.contains(where: { $0.account == account }) || !newFills(account).isEmpty else { return }
            sendState(subscription, account)
        default: break
        }
    }

    private func newFills(_ account: Int) -> [SimulatedFill] {
        news.compactMap { if case .fill(account, let index) = $0 { accounts[account].fills[index] } else { nil } }
    }

    private func newFunding(_ account: Int) -> [SimulatedFunding] {
        news.compactMap { if case .funding(account, let index) = $0 { accounts[account].funding[index] } else { nil } }
    }

    private func writeUpdate(_ update: OrderUpdate, to writer: inout JSONWriter) {
        writer.object {
            $0.object("order") { writeBasicOrder(update.order, remaining: update.remaining, to: &$0) }
            $0.string("status", update.status.wire)
            $0.integer("statusTimestamp", milliseconds(update.time))
        }
    }

    private mutating func tellEvents(_ subscription: Subscription, _ account: Int) {
        let fills = newFills(account)
        if !fills.isEmpty {
            send(
                subscription.connection,
                channel("user") {
                    $0.object { $0.array("fills") { for fill in fills { writeFill(fill, to: &$0) } } }
                })
        }
        for row in newFunding(account) {
            send(
                subscription.connection,
                channel("user") {
                    $0.object {
                        $0.object("funding") {
                            $0.integer("time", milliseconds(row.time))
                            writeFunding(row, to: &$0)
                            $0.null("nSamples")
                        }
                    }
                })
        }
        let cancelled = updates.filter { $0.account == account && $0.status.isByVenue }
        guard !cancelled.isEmpty else { return }
        send(
            subscription.connection,
            channel("user") {
                $0.object {
                    $0.array("nonUserCancel") { writer in
                        for update in cancelled {
                            writer.object {
                                $0.string("coin", markets[orders[update.order].market].coin)
                                $0.integer("oid", orders[update.order].oid)
                            }
                        }
                    }
                }
            })
    }

    private mutating func sendFunding(_ rows: [SimulatedFunding], _ subscription: Subscription, isSnapshot: Bool) {
        send(
            subscription.connection,
            channel("userFundings") {
                $0.object {
                    if isSnapshot { $0.bool("isSnapshot", true) }
                    $0.string("user", subscription.user?.description ?? "")
                    $0.array("fundings") { writer in
                        for row in rows {
                            writer.object {
                                $0.integer("time", milliseconds(row.time))
                                writeFunding(row, to: &$0)
                                $0.null("nSamples")
                            }
                        }
                    }
                }
            })
    }

    private mutating func sendTransfers(
        _ rows: [(Int, SimulatedTransfer)], _ subscription: Subscription, isSnapshot: Bool
    ) {
        send(
            subscription.connection,
            channel("userNonFundingLedgerUpdates") {
                $0.object {
                    if isSnapshot { $0.bool("isSnapshot", true) }
                    $0.string("user", subscription.user?.description ?? "")
                    $0.array("nonFundingLedgerUpdates") {
                        for (number, row) in rows { writeTransfer(row, number: number, to: &$0) }
                    }
                }
            })
    }

    private mutating func sendTwaps(_ subscription: Subscription, _ account: Int?, isSnapshot: Bool) {
        send(
            subscription.connection,
            channel("userTwapHistory") {
                $0.object {
                    if isSnapshot { $0.bool("isSnapshot", true) }
                    $0.string("user", subscription.user?.description ?? "")
                    $0.array("history") { writeTwaps(account, to: &$0) }
                }
            })
    }

    private mutating func sendSlices(_ fills: [SimulatedFill], _ subscription: Subscription, isSnapshot: Bool) {
        send(
            subscription.connection,
            channel("userTwapSliceFills") {
                $0.object {
                    if isSnapshot { $0.bool("isSnapshot", true) }
                    $0.string("user", subscription.user?.description ?? "")
                    $0.array("twapSliceFills") { for fill in fills { writeSliceFill(fill, to: &$0) } }
                }
            })
    }

    private mutating func sendState(_ subscription: Subscription, _ account: Int?) {
        guard let user = subscription.user else { return }
        send(
            subscription.connection,
            channel(subscription.kind.rawValue) { writer in
                switch subscription.kind {
                case .openOrders:
                    writer.object {
                        $0.string("dex", "")
                        $0.string("user", user.description)
                        $0.key("orders")
                        writeOpenOrders(account, isFull: true, to: &$0)
                    }
                case .clearinghouseState, .allDexsClearinghouseState:
                    let isAll = subscription.kind == .allDexsClearinghouseState
                    writer.object {
                        if !isAll { $0.string("dex", "") }
                        $0.string("user", user.description)
                        $0.key(isAll ? "clearinghouseStates" : "clearinghouseState")
                        if isAll {
                            $0.array {
                                $0.array {
                                    $0.string("")
                                    writeState(account, to: &$0)
                                }
                            }
                        } else {
                            writeState(account, to: &$0)
                        }
                    }
                case .activeAssetData: writeActiveAsset(user, account, subscription.market ?? 0, to: &writer)
                default: writeWebData(account, user, to: &writer)
                }
            })
    }
}

extension OrderStatus {
    /// The venue ended the order, not its owner.
    var isByVenue: Bool {
        switch self {
        case .marginCanceled, .selfTradeCanceled, .reduceOnlyCanceled, .siblingFilledCanceled, .delistedCanceled,
            .liquidatedCanceled, .scheduledCancel:
            true
        default: false
        }
    }
}
