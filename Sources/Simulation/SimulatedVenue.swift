// SPDX-License-Identifier: Apache-2.0

public import Execution
public import MarketData
public import Trading

/// A venue that fills orders against bars, by the contract of Documentation/fill-model.md. Deterministic, no I/O.
///
/// It keeps its own account, from which it refuses what cannot be paid for, and says everything that happens in `reports`,
/// in order. The caller empties them.
public struct SimulatedVenue: ~Copyable {
    public let settings: SimulationSettings
    public private(set) var account: Account
    public var reports: [VenueReport] = []
    var books: [InstrumentBook]
    private var trades: UInt64 = 0
    /// Spot: quote set aside for resting buy orders, by asset; margined: initial margin of working orders, by asset.
    private var reserved: [Int128]
    public private(set) var liquidations = 0

    /// - Parameters:
    ///   - details: Finer bars, by instrument, for `IntrabarPolicy.finer`.
    ///   - volumeDecimals: The scale of the bars' volumes, by instrument.
    public init(
        settings: SimulationSettings, account: Account, volumeDecimals: [Int], details: [BarSeries?]
    ) {
        self.settings = settings
        self.account = account
        let description = account.description
        books = description.instruments.indices.map { index in
            InstrumentBook(
                instrument: description.instruments[index], settings: settings, account: description,
                volumeDecimals: volumeDecimals[index], detail: details[index])
        }
        reserved = Array(repeating: 0, count: description.assets.names.count)
        reports.reserveCapacity(256)
    }

    public var ambiguousBars: Int { books.reduce(0) { $0 + $1.ambiguousBars } }

    /// Orders that the venue holds for an instrument, waiting children included.
    public func workingOrderCount(_ instrument: InstrumentID) -> Int { books[instrument.index].state.orders.count }

    // MARK: Commands

    /// Takes a command that was sent now; it arrives after the latency.
    @inline(__always)
    public mutating func receive(_ command: OrderCommand) {
        books[command.instrument.index].inbound.append(command)
    }

    /// With no latency: lets commands take effect at the close they were made on.
    public mutating func settleAtClose(_ instrument: InstrumentID, at time: Timestamp) {
        let index = instrument.index
        guard !books[index].inbound.isEmpty, let price = books[index].lastPrice, books[index].lastClose == time else {
            return
        }
        admitArrivals(index, before: .distantFuture, notBefore: time, price: price.units)
        finish(index)
    }

    // MARK: Bars

    /// Walks one bar of an instrument, from its open to its close.
    @inline(__always)
    public mutating func advance(
        _ index: Int, openTime: Int64, closeTime: Int64, open: Int64, high: Int64, low: Int64, close: Int64,
        volume: Int64
    ) {
        if books[index].isUntouched(byLow: low, high: high, close: close, closeTime: closeTime) { return }
        walk(
            index, openTime: openTime, closeTime: closeTime, open: open, high: high, low: low, close: close,
            volume: volume)
    }

    @inline(never)
    private mutating func walk(
        _ index: Int, openTime: Int64, closeTime: Int64, open: Int64, high: Int64, low: Int64, close: Int64,
        volume: Int64
    ) {
        let opened = Timestamp(nanoseconds: openTime)
        let closed = Timestamp(nanoseconds: closeTime)
        if opened >= books[index].nextRules { books[index].updateRules(at: opened) }
        prepareQuantity(index, volume: volume)
        if !books[index].state.orders.isEmpty {
            expire(index, upTo: openTime, at: opened)
            if books[index].watchesEveryBar || open <= books[index].watchBelow || open >= books[index].watchAbove {
                prepareBudget(index)
                books[index].meetOpen(open)
                commit(index, at: opened)
            }
        }
        if !books[index].inbound.isEmpty {
            admitArrivals(index, before: closed, notBefore: opened, price: open)
        }
        if books[index].watchesEveryBar { expire(index, upTo: closeTime - 1, at: opened) }
        books[index].tidy()
        updateLiquidation(index)
        if books[index].watchesEveryBar || low <= books[index].watchBelow || high >= books[index].watchAbove {
            prepareBudget(index)
            resolve(index, opened, closed, open: open, high: high, low: low, close: close, volume: volume)
        }
        books[index].lastPrice = Price(units: close)
        books[index].lastClose = closed
        if books[index].returns != nil {
            let price = books[index].instrument.approximation(of: Price(units: close))
            books[index].returns?.add(price)
            books[index].context.volatility = books[index].returns?.value ?? 0
        }
        finish(index)
    }

    private mutating func finish(_ index: Int) {
        books[index].tidy()
        updateLiquidation(index)
    }

    /// Tries both paths and keeps the one that the policy asks for.
    private mutating func resolve(
        _ index: Int, _ opened: Timestamp, _ closed: Timestamp, open: Int64, high: Int64, low: Int64, close: Int64,
        volume: Int64
    ) {
        let adaptiveHighFirst: Bool
        if high - open != open - low { adaptiveHighFirst = high - open < open - low } else { adaptiveHighFirst = close < open }
        guard books[index].pathMatters(low: low, high: high) else {
            books[index].walk(
                from: open, adaptiveHighFirst ? high : low, adaptiveHighFirst ? low : high, to: close)
            commit(index, at: closed)
            return
        }
        books[index].tryBoth(open: open, high: high, low: low, close: close)
        let isAmbiguous = !books[index].highFirst.equals(books[index].lowFirst)
        if isAmbiguous {
            books[index].ambiguousBars += 1
            if settings.intrabar == .finer, walkDetail(index, opened, closed, volume: volume) { return }
        }
        let policy = settings.intrabar == .finer ? .pessimistic : settings.intrabar
        choose(index, policy, adaptiveHighFirst: adaptiveHighFirst, close: close, at: closed)
    }

    private mutating func choose(
        _ index: Int, _ policy: IntrabarPolicy, adaptiveHighFirst: Bool, close: Int64, at time: Timestamp
    ) {
        let highWorth = books[index].highFirst.outcome(close: close)
        let lowWorth = books[index].lowFirst.outcome(close: close)
        let takesHighFirst: Bool
        switch policy {
        case .adaptive: takesHighFirst = adaptiveHighFirst
        case .pessimistic, .finer:
            takesHighFirst = highWorth == lowWorth ? adaptiveHighFirst : highWorth < lowWorth
        case .optimistic: takesHighFirst = highWorth == lowWorth ? adaptiveHighFirst : highWorth > lowWorth
        }
        books[index].keep(highFirst: takesHighFirst)
        commit(index, at: time)
    }

    /// Replaces an ambiguous bar by the finer bars inside it.
    ///
    /// - Returns: Whether all of them were there; where not, nothing was done.
    private mutating func walkDetail(_ index: Int, _ opened: Timestamp, _ closed: Timestamp, volume: Int64) -> Bool {
        guard let detail = books[index].detail else { return false }
        let columns = detail.columns
        var first = books[index].detailIndex
        while first < columns.count, columns.openTime[first] < opened.nanoseconds { first += 1 }
        books[index].detailIndex = first
        let length = detail.timeframe.nanoseconds
        let expected = Int((closed.nanoseconds - opened.nanoseconds) / length)
        guard first + expected <= columns.count, columns.openTime[first] == opened.nanoseconds,
            columns.openTime[first + expected - 1] == closed.nanoseconds - length
        else { return false }
        // A bar's volume is shared out over the whole of it, as without the detail.
        for step in 0..<expected {
            let bar = columns[first + step]
            let (open, high, low, close) = (bar.open.units, bar.high.units, bar.low.units, bar.close.units)
            if step > 0 {
                books[index].meetOpen(open)
                commit(index, at: bar.openTime)
            }
            let adaptiveHighFirst = high - open != open - low ? high - open < open - low : close < open
            books[index].tryBoth(open: open, high: high, low: low, close: close)
            choose(
                index, .pessimistic, adaptiveHighFirst: adaptiveHighFirst, close: close,
                at: Timestamp(nanoseconds: bar.openTime.nanoseconds + length))
        }
        withExtendedLifetime(detail) {}
        return true
    }

    private mutating func prepareQuantity(_ index: Int, volume: Int64) {
        let instrument = books[index].instrument
        let shift = instrument.quantityDecimals - books[index].volumeDecimals
        var units = Int128(volume)
        if shift >= 0 {
            units *= Int128(DecimalText.powerOfTen(min(shift, 18)))
        } else {
            units /= Int128(DecimalText.powerOfTen(min(-shift, 18)))
        }
        books[index].context.volume = Double(units)
        guard let limit = settings.volumeLimit else {
            books[index].state.available = .max
            return
        }
        let share = Int64(clamping: units * Int128(limit.units) / Int128(Rate.one))
        books[index].state.available = share - share % books[index].context.rules.lot
    }

    private mutating func prepareBudget(_ index: Int) {
        guard books[index].context.isSpot, !books[index].context.allowsBorrowing else { return }
        let instrument = books[index].instrument
        books[index].state.budget = account.balance(instrument.quote).units
        let unit = Int128(DecimalText.powerOfTen(Amount.decimals - instrument.quantityDecimals))
        books[index].state.stock = Int64(clamping: account.balance(instrument.base).units / unit)
    }

    private mutating func expire(_ index: Int, upTo time: Int64, at reportTime: Timestamp) {
        var any = false
        for order in books[index].state.orders.indices {
            let candidate = books[index].state.orders[order]
            guard candidate.isLive, candidate.expires <= time else { continue }
            books[index].state.cancel(order, .expired)
            any = true
        }
        if any { commit(index, at: reportTime) }
    }

    // MARK: Arrivals

    private mutating func admitArrivals(_ index: Int, before: Timestamp, notBefore: Timestamp, price: Int64) {
        var taken = 0
        let inbound = books[index].inbound.count
        while taken < inbound {
            let command = books[index].inbound[taken]
            let arrival = command.sentAt + settings.latency
            guard arrival < before else { break }
            taken += 1
            let time = max(arrival, notBefore)
            switch command.command {
            case .submit(let request): submit(index, command, request, price: price, at: time)
            case .cancel: cancel(index, command.order, at: time)
            case .modify(let change): modify(index, command.order, change, price: price, at: time)
            }
        }
        if taken == inbound {
            books[index].inbound.removeAll(keepingCapacity: true)
        } else {
            books[index].inbound.removeSubrange(0..<taken)
        }
    }

    private mutating func report(
        _ event: OrderEvent, _ order: OrderID, _ time: Timestamp, _ reason: RejectReason = .none
    ) {
        reports.append(.order(OrderReport(order: order, time: time, event: event, reason: reason)))
    }

    private mutating func submit(
        _ index: Int, _ command: OrderCommand, _ request: OrderRequest, price: Int64, at time: Timestamp
    ) {
        var order = WorkingOrder(id: command.order, strategy: command.strategy, request: request)
        if let reason = refusal(index, order, price: price) {
            return reject(index, command.order, reason, at: time)
        }
        order.reserved = reservation(index, order, price: price)
        if order.reserved > 0 {
            let asset = spendAsset(index, order)
            guard free(asset) >= order.reserved else {
                return reject(
                    index, command.order,
                    books[index].instrument.kind.isMargined ? .insufficientMargin : .insufficientBalance, at: time)
            }
            reserved[asset.index] += order.reserved
        }
        let place = books[index].state.orders.count
        if order.parent != .none {
            guard let parent = books[index].state.orders.firstIndex(where: { $0.id == order.parent }) else {
                return reject(index, command.order, .parentDone, at: time)
            }
            let entry = books[index].state.orders[parent]
            guard entry.isLive || entry.filled > 0 else { return reject(index, command.order, .parentDone, at: time) }
            order.remaining = 0
            books[index].state.orders.append(order)
            report(.hold, command.order, time)
            if entry.filled > 0 {
                books[index].startChild(place, adding: entry.filled, parent: entry, at: price)
            }
        } else {
            books[index].state.orders.append(order)
            report(.accept, command.order, time)
            books[index].beginTrailing(place, at: price)
        }
        prepareBudget(index)
        books[index].meetArrival(place, price)
        if books[index].state.orders[place].isLive {
            switch order.timeInForce {
            case .immediateOrCancel: books[index].state.cancel(place, .notFilledAtOnce)
            case .fillOrKill: books[index].state.cancel(place, .notFilledWhole)
            case .goodTilCancelled, .goodTilDate: break
            }
        }
        commit(index, at: time)
    }

    private mutating func reject(_ index: Int, _ id: OrderID, _ reason: RejectReason, at time: Timestamp) {
        report(.reject, id, time, reason)
        for child in books[index].state.orders.indices
        where books[index].state.orders[child].parent == id && books[index].state.orders[child].state == .held {
            books[index].state.cancel(child, .parentDone)
        }
        commit(index, at: time)
    }

    /// The venue's rules that an order breaks.
    private func refusal(_ index: Int, _ order: WorkingOrder, price: Int64) -> RejectReason? {
        let (context, instrument) = (books[index].context, books[index].instrument)
        let isChild = order.parent != .none
        let needsLevel = order.type.isTriggered && order.type != .trailingStop && order.fromEntry == nil
        if needsLevel, order.level <= 0 { return .missingPrice }
        if order.type.hasLimit, order.fromEntry == nil || order.type != .limit, order.limit <= 0 { return .missingPrice }
        if order.type == .trailingStop, order.trail == nil { return .missingPrice }
        if !isChild, order.remaining <= 0 { return .notPositive }
        let rules = context.rules
        func offTick(_ units: Int64) -> Bool {
            if case .uniform(let step) = rules.tick { return step != 1 && units % step != 0 }
            return !rules.accepts(Price(units: units), decimals: instrument.priceDecimals)
        }
        if order.type.hasLimit, offTick(order.limit) { return .offTick }
        if needsLevel, offTick(order.level) { return .offTick }
        if let activation = order.activation, offTick(activation) { return .offTick }
        guard !isChild else { return nil }
        if rules.lot != 1, order.remaining % rules.lot != 0 { return .offLot }
        if order.remaining < rules.minimumQuantity.units { return .belowMinimumQuantity }
        if rules.minimumNotional > .zero, !order.isReduceOnly {
            let reference = order.type.hasLimit ? order.limit : (order.type.isTriggered && order.level > 0 ? order.level : price)
            guard
                let notional = instrument.notional(
                    of: Quantity(units: order.remaining), at: Price(units: reference))
            else { return .tooLarge }
            if notional < rules.minimumNotional { return .belowMinimumNotional }
        }
        if order.isPostOnly, order.type == .limit, order.allows(price) { return .wouldTakeLiquidity }
        if context.isSpot, !context.allowsBorrowing, !order.isBuy {
            let unit = Int128(DecimalText.powerOfTen(Amount.decimals - instrument.quantityDecimals))
            if account.balance(instrument.base).units / unit < Int128(order.remaining), !order.isReduceOnly,
                order.type == .market || order.type == .limit
            {
                return .insufficientBalance
            }
        }
        return nil
    }

    private func spendAsset(_ index: Int, _ order: WorkingOrder) -> AssetID {
        let instrument = books[index].instrument
        return instrument.kind == .spot ? instrument.quote : instrument.settlement
    }

    /// What an order ties up while it works: the price of a spot purchase with its fee, or initial margin.
    private func reservation(_ index: Int, _ order: WorkingOrder, price: Int64) -> Int128 {
        guard order.parent == .none, !order.isReduceOnly else { return 0 }
        let (instrument, context) = (books[index].instrument, books[index].context)
        if context.isSpot, context.allowsBorrowing || !order.isBuy { return 0 }
        // What a smaller or opposite order frees, the position's own margin covers.
        var quantity = order.remaining
        if instrument.kind.isMargined {
            let held = books[index].state.held.reduce(0, +)
            if order.isBuy ? held < 0 : held > 0 { quantity = max(0, quantity - Int64(clamping: held.magnitude) * 2) }
            if quantity == 0 { return 0 }
        }
        let reference: Int64
        if order.type.hasLimit {
            reference = order.limit
        } else {
            reference = order.type.isTriggered && order.level > 0 ? order.level : price
        }
        guard
            let value = instrument.value(of: Quantity(units: quantity), at: Price(units: reference))?.magnitude,
            let fee = context.rules.takerFee.of(value)
        else { return .max }
        if instrument.kind.isMargined {
            let leverage = account.description.leverage[index]
            return (leverage == 1 ? value.units : value.units / Int128(leverage)) + max(0, fee.units)
        }
        return value.units + max(0, fee.units)
    }

    /// What of an asset is not tied up by orders or positions.
    private func free(_ asset: AssetID) -> Int128 {
        var total = account.balance(asset).units - reserved[asset.index]
        for book in books where book.instrument.kind.isMargined && book.instrument.settlement == asset {
            total -= book.positionMargin.units
            if account.description.marginMode == .cross, let price = book.lastPrice {
                total += unrealised(book, at: price).units
            }
        }
        return total
    }

    private func unrealised(_ book: borrowing InstrumentBook, at price: Price) -> Amount {
        var total = Amount.zero
        var isInverse = false
        if case .inversePerpetual = book.instrument.kind { isInverse = true }
        for slot in 0..<2 {
            let position = account.position(book.instrument.id, slot: slot)
            guard !position.isFlat, let value = book.instrument.value(of: position.quantity, at: price) else { continue }
            total += position.unrealised(value: value, isInverse: isInverse)
        }
        return total
    }

    private mutating func cancel(_ index: Int, _ id: OrderID, at time: Timestamp) {
        guard let place = books[index].state.orders.firstIndex(where: { $0.id == id && $0.isLive }) else {
            return report(.rejectCancel, id, time, .unknownOrder)
        }
        books[index].state.cancel(place, .byRequest, withGroup: true)
        commit(index, at: time)
    }

    private mutating func modify(
        _ index: Int, _ id: OrderID, _ change: OrderChange, price: Int64, at time: Timestamp
    ) {
        guard let place = books[index].state.orders.firstIndex(where: { $0.id == id && $0.isLive }) else {
            return report(.rejectUpdate, id, time, .unknownOrder)
        }
        var order = books[index].state.orders[place]
        if let quantity = change.quantity { order.remaining = quantity.units - order.filled }
        if let limit = change.limit { order.limit = limit.units }
        if let trigger = change.trigger {
            order.level = trigger.units
            order.fromEntry = nil
        }
        if let trail = change.trail {
            order.trail = trail
            if order.isFollowing {
                let next = order.trailingLevel(
                    best: order.best, rules: books[index].context.rules,
                    decimals: books[index].instrument.priceDecimals)
                order.level = order.isBuy ? min(order.level, next) : max(order.level, next)
            }
        }
        if let reason = refusal(index, order, price: price) {
            return report(.rejectUpdate, id, time, reason)
        }
        guard order.remaining > 0 || order.state == .held else {
            return report(.rejectUpdate, id, time, .notPositive)
        }
        releaseReservation(index, place)
        order.reserved = reservation(index, order, price: price)
        let asset = spendAsset(index, order)
        guard order.reserved == 0 || free(asset) >= order.reserved else {
            books[index].state.orders[place].reserved = 0
            return report(.rejectUpdate, id, time, .insufficientBalance)
        }
        reserved[asset.index] += order.reserved
        books[index].state.orders[place] = order
        reports.append(
            .order(
                OrderReport(
                    order: id, time: time, event: .update,
                    quantity: Quantity(units: order.filled + order.remaining),
                    limit: order.type.hasLimit ? Price(units: order.limit) : nil,
                    trigger: order.type.isTriggered ? Price(units: order.level) : nil)))
        prepareBudget(index)
        books[index].meetArrival(place, price)
        commit(index, at: time)
    }

    private mutating func releaseReservation(_ index: Int, _ place: Int) {
        let order = books[index].state.orders[place]
        guard order.reserved != 0 else { return }
        reserved[spendAsset(index, order).index] -= order.reserved
        books[index].state.orders[place].reserved = 0
    }

    // MARK: Reports

    /// Books what was decided and says it.
    private mutating func commit(_ index: Int, at time: Timestamp) {
        guard !books[index].state.effects.isEmpty else { return }
        for position in books[index].state.effects.indices {
            let effect = books[index].state.effects[position]
            switch effect.kind {
            case .fill, .liquidation: book(index, effect, at: time)
            case .trigger: report(.trigger, effect.order, time)
            case .activate, .amend:
                reports.append(
                    .order(
                        OrderReport(
                            order: effect.order, time: time, event: effect.kind == .activate ? .accept : .update,
                            quantity: Quantity(units: effect.quantity),
                            trigger: effect.price != 0 ? Price(units: effect.price) : nil)))
            case .cancel: report(effect.reason == .expired ? .expire : .cancel, effect.order, time, effect.reason)
            case .reject: report(.reject, effect.order, time, effect.reason)
            }
        }
        books[index].state.effects.removeAll(keepingCapacity: true)
        books[index].state.cash = 0
        books[index].state.fees = 0
        for place in books[index].state.orders.indices where !books[index].state.orders[place].isLive {
            releaseReservation(index, place)
        }
    }

    private mutating func book(_ index: Int, _ effect: MatchEffect, at time: Timestamp) {
        let instrument = books[index].instrument
        trades += 1
        let quantity = Quantity(units: effect.quantity)
        let price = Price(units: effect.price)
        let rules = books[index].context.rules
        let rate: Rate
        if effect.kind == .liquidation {
            rate = instrument.liquidationFee
            liquidations += 1
        } else {
            rate = effect.liquidity == .maker ? rules.makerFee : rules.takerFee
        }
        let value = instrument.value(of: quantity, at: price)
        let fee = value.flatMap { rate.of($0.magnitude) } ?? .zero
        let fill = Fill(
            order: effect.order, trade: TradeID(trades), time: time, instrument: instrument.id,
            strategy: StrategyID(index: effect.strategy), quantity: quantity, price: price, fee: fee,
            liquidity: effect.liquidity, reason: effect.fillReason)
        guard account.apply(fill, isReducing: effect.isReducing) != nil else {
            // The value cannot be held exactly: the order's notional was checked on arrival, so this is a price
            // far beyond anything traded. Refuse rather than guess.
            report(.cancel, effect.order, time, .tooLarge)
            return
        }
        reports.append(
            .fill(fill, FillCircumstances(isReducing: effect.isReducing, met: Price(units: effect.met))))
        if instrument.kind.isMargined { updateMargin(index) }
        coverLoss(index, at: time, isLiquidation: effect.kind == .liquidation)
    }

    private mutating func updateMargin(_ index: Int) {
        let id = books[index].instrument.id
        let cost = account.position(id).cost.magnitude + account.position(id, slot: 1).cost.magnitude
        let leverage = Int128(account.description.leverage[index])
        books[index].positionMargin = Amount(units: leverage == 1 ? cost.units : cost.units / leverage)
    }

    /// A loss beyond what stood behind the position is the venue's.
    private mutating func coverLoss(_ index: Int, at time: Timestamp, isLiquidation: Bool) {
        let asset = books[index].instrument.settlement
        guard isLiquidation else { return }
        let balance = account.balance(asset)
        guard balance < .zero else { return }
        account.coverLoss(-balance, of: asset, at: time)
        reports.append(.coveredLoss(asset: asset, amount: -balance, time: time))
    }

    // MARK: Margin

    /// Works out at which prices the position in an instrument is taken over.
    ///
    /// Linear: equity(P) = E + q(P − P₀), maintenance(P) = r|q|P; the price where they meet. Inverse: in 1/P.
    /// E is the account's equity at the last price less the other positions' maintenance (cross), or the position's own
    /// margin and profit (isolated).
    private mutating func updateLiquidation(_ index: Int) {
        books[index].state.liquidatesAtOrBelow = .min
        books[index].state.liquidatesAtOrAbove = .max
        guard settings.liquidates, books[index].instrument.kind.isMargined, let last = books[index].lastPrice else {
            return
        }
        let instrument = books[index].instrument
        let position = account.position(instrument.id)
        guard !position.isFlat, account.description.positionMode == .netting,
            let value = instrument.value(of: position.quantity, at: last),
            let notional = instrument.notional(of: position.quantity, at: last)
        else { return }
        let rate = instrument.marginTier(forNotional: notional.magnitude).maintenanceRate.fraction
        let equity: Double
        if account.description.marginMode == .cross {
            var total = account.balance(instrument.settlement)
            var others = 0.0
            for (other, book) in books.enumerated()
            where book.instrument.kind.isMargined && book.instrument.settlement == instrument.settlement {
                guard let price = book.lastPrice else { continue }
                total += unrealised(book, at: price)
                if other != index,
                    let value = book.instrument.value(of: account.position(book.instrument.id).quantity, at: price)
                {
                    let tier = book.instrument.marginTier(forNotional: value.magnitude)
                    others += value.magnitude.approximation * tier.maintenanceRate.fraction
                }
            }
            equity = total.approximation - others
        } else {
            equity = books[index].positionMargin.approximation + unrealised(books[index], at: last).approximation
        }
        let sign = position.quantity.units > 0 ? 1.0 : -1.0
        let size = value.magnitude.approximation
        let price: Double
        if case .inversePerpetual = instrument.kind {
            // size = c ÷ P₀; equity + sign(size − c/P) = r c/P  →  P = c(sign + r) ÷ (equity + sign·size)
            let contracts = size * Double(last.units)
            let denominator = equity + sign * size
            guard denominator * sign > 0 else { return }
            price = contracts * (sign + rate) / denominator
        } else {
            // size = |q|P₀; equity + sign·|q|(P − P₀) = r|q|P  →  P = (sign·size − equity) ÷ (|q|(sign − r))
            let perUnit = size / Double(last.units)
            price = (sign * size - equity) / (perUnit * (sign - rate))
        }
        guard price.isFinite, price > 0, price < 9e18 else { return }
        if sign > 0 {
            books[index].state.liquidatesAtOrBelow = Int64(price.rounded(.up))
            books[index].watchBelow = max(books[index].watchBelow, books[index].state.liquidatesAtOrBelow)
        } else {
            books[index].state.liquidatesAtOrAbove = Int64(price.rounded(.down))
            books[index].watchAbove = min(books[index].watchAbove, books[index].state.liquidatesAtOrAbove)
        }
    }

    /// Charges funding on the positions in an instrument: rate × value at the last price; longs pay a positive rate.
    public mutating func settleFunding(_ instrument: InstrumentID, rate: Double, at time: Timestamp) {
        let index = instrument.index
        guard settings.chargesFunding, let price = books[index].lastPrice else { return }
        let units = (rate * 1e18).rounded()
        guard units.magnitude < 1e18 else { return }
        for strategy in 0..<max(1, account.description.strategyCount) {
            let held = account.netQuantity(StrategyID(index: strategy), instrument)
            guard held.units != 0, let value = books[index].instrument.value(of: held, at: price) else { continue }
            // 10^-18 × 10^-18: the rate is cut to 9 decimals where the product would not fit.
            let (product, overflow) = value.units.multipliedReportingOverflow(by: Int128(units))
            let amount =
                overflow
                ? (value.units / 1_000_000_000 * Int128(units / 1e9)).dividedRoundingHalfToEven(by: 1)
                : product.dividedRoundingHalfToEven(by: 1_000_000_000_000_000_000)
            let payment = Amount(units: amount)
            account.payFunding(payment, instrument: instrument, strategy: StrategyID(index: strategy), at: time)
            reports.append(
                .funding(
                    FundingPayment(
                        instrument: instrument, strategy: StrategyID(index: strategy), time: time, amount: payment)))
        }
        finish(index)
    }

    /// Closes what is left of an instrument that expires, at its last price and without a fee.
    public mutating func settleExpiry(_ instrument: InstrumentID, at time: Timestamp) {
        let index = instrument.index
        guard let price = books[index].lastPrice else { return }
        for order in books[index].state.orders.indices { books[index].state.cancel(order, .notTrading) }
        commit(index, at: time)
        for strategy in 0..<max(1, account.description.strategyCount) {
            for slot in 0..<2 {
                let held = books[index].state.held[strategy * 2 + slot]
                guard held != 0 else { continue }
                books[index].state.held[strategy * 2 + slot] = 0
                trades += 1
                let fill = Fill(
                    order: .none, trade: TradeID(trades), time: time, instrument: instrument,
                    strategy: StrategyID(index: strategy), quantity: Quantity(units: -held), price: price,
                    fee: .zero, liquidity: .taker, reason: .settlement)
                account.apply(fill, isReducing: true)
                reports.append(.fill(fill, FillCircumstances(isReducing: true, met: price)))
            }
        }
        finish(index)
    }
}
