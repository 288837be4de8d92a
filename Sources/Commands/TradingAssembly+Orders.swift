// SPDX-License-Identifier: Apache-2.0

import Configuration
import Execution
import Indicators
import OrderAlgorithms
import Strategies
import Trading

// The orders that a configuration lists, in the words of the engine.
extension TradingAssembly {
    func listedOrders(
        _ settings: StrategySettings, _ market: Market
    ) throws(CommandFailure) -> [ListedOrders.Listed] {
        var listed: [ListedOrders.Listed] = []
        for order in settings.orders { listed.append(try self.listed(order, own: market.instrument.id)) }
        return listed
    }

    private func listed(_ order: OrderSettings, own: InstrumentID) throws(CommandFailure) -> ListedOrders.Listed {
        let work = try work(order)
        var watched: [String: InstrumentID] = [:]
        for (name, market) in order.when?.markets ?? [:] {
            watched[name] = try instrument(market, "\(order.path).when").id
        }
        return ListedOrders.Listed(name: order.name) { [watched] setup in
            var algorithm = try work(&setup)
            if let when = order.when {
                algorithm = try ConditionalOrder(
                    try when.condition.resolved(own: own, watched, &setup), then: algorithm,
                    trigger: when.times.map { .edge(times: $0) } ?? .once, expires: when.until)
            }
            guard order.startsAt != nil || order.endsAt != nil || order.hours != nil else { return algorithm }
            return try TimedOrder(algorithm, startsAt: order.startsAt, endsAt: order.endsAt, hours: order.hours)
        }
    }

    /// What makes the algorithm that stands behind times and conditions. All that depends on markets is worked out here.
    private func work(
        _ order: OrderSettings
    ) throws(CommandFailure) -> @Sendable (inout StrategySetup) throws -> any OrderAlgorithm {
        switch order.form {
        case .single(let part):
            let request = try request(part)
            guard case .ranges(let multiple, let period) = part.trail else {
                return { _ in try SingleOrder(request) }
            }
            return { setup in
                let range = try setup.indicator("atr", ["period": .integer(period)])
                return try TrailingStop(
                    instrument: request.instrument, side: request.side, quantity: request.quantity,
                    distance: .volatility(.indicator(range), multiple: multiple), activation: request.activation,
                    isReduceOnly: request.isReduceOnly)
            }
        case .worked(let part, let execution):
            let request = try request(part)
            let lot = try instrument(part.market, part.path).rules(at: .distantFuture).lot
            var plan = execution.plan
            if let limit = request.limit { plan.style = .limit(limit, isPostOnly: part.isPostOnly) }
            return { [plan] _ in
                try plan.algorithm(
                    instrument: request.instrument, side: request.side, total: request.quantity, lot: lot,
                    isReduceOnly: request.isReduceOnly) ?? SingleOrder(request)
            }
        case .oco(let parts):
            let legs = try requests(parts)
            return { _ in try LinkedOrders(legs: legs) }
        case .bracket(let entry, let parts):
            let (first, legs) = (try request(entry), try requests(parts))
            return { _ in try LinkedOrders(entry: first, legs: legs) }
        }
    }

    private func requests(_ parts: [OrderSettings.Part]) throws(CommandFailure) -> [OrderRequest] {
        var requests: [OrderRequest] = []
        for part in parts { requests.append(try request(part)) }
        return requests
    }

    private func request(_ part: OrderSettings.Part) throws(CommandFailure) -> OrderRequest {
        let instrument = try instrument(part.market, part.path)
        let trigger: OrderLevel?
        switch part.trigger {
        case .price(let amount): trigger = .price(try price(amount, instrument, "\(part.path).trigger"))
        case .fromEntry(let rate): trigger = .fromEntry(rate)
        case nil: trigger = nil
        }
        let trail: TrailingDistance?
        switch part.trail {
        case .share(let rate): trail = .share(rate)
        case .distance(let amount):
            let units = try units(amount, instrument.priceDecimals, "\(part.path).trail_distance", instrument)
            trail = .absolute(PriceDistance(units: units))
        case .ranges, nil: trail = nil
        }
        return OrderRequest(
            instrument: instrument.id, side: part.side, type: part.type, quantity: try quantity(part, instrument),
            limit: try optional(part.limit, instrument, "\(part.path).limit"), trigger: trigger, trail: trail,
            activation: try optional(part.activation, instrument, "\(part.path).activation"),
            timeInForce: part.timeInForce, expires: part.expires, isPostOnly: part.isPostOnly,
            isReduceOnly: part.isReduceOnly)
    }

    // MARK: Markets and numbers

    private func instrument(_ traded: TradedMarket, _ path: String) throws(CommandFailure) -> Instrument {
        let place = markets.firstIndex { $0.isSame(as: traded) }
        guard let place else {
            throw .failed("\(path): \(traded.market.written) is not among the markets of the run.")
        }
        return markets[place].instrument
    }

    private func quantity(_ part: OrderSettings.Part, _ instrument: Instrument) throws(CommandFailure) -> Quantity {
        let key = "\(part.path).quantity"
        let units = try units(part.quantity, instrument.quantityDecimals, key, instrument)
        let lot = max(1, instrument.rules(at: .distantFuture).lot)
        guard units % lot == 0 else {
            throw .failed(
                "\(key) is \(part.quantity), and \(instrument.symbol) is traded in steps of "
                    + "\(instrument.text(Quantity(units: lot))). Write a multiple of that.")
        }
        return Quantity(units: units)
    }

    private func optional(
        _ amount: Amount?, _ instrument: Instrument, _ key: String
    ) throws(CommandFailure) -> Price? {
        guard let amount else { return nil }
        return try price(amount, instrument, key)
    }

    /// A price that the venue takes: one that it would refuse later is refused now.
    private func price(_ amount: Amount, _ instrument: Instrument, _ key: String) throws(CommandFailure) -> Price {
        let price = Price(units: try units(amount, instrument.priceDecimals, key, instrument))
        let near = instrument.rules(at: .distantFuture).rounded(price, decimals: instrument.priceDecimals, .nearest)
        guard near == price else {
            throw .failed(
                "\(key) is \(amount), which lies between the prices that \(instrument.symbol) has. The nearest is "
                    + "\(instrument.text(near)).")
        }
        return price
    }

    private func units(
        _ amount: Amount, _ decimals: Int, _ key: String, _ instrument: Instrument
    ) throws(CommandFailure) -> Int64 {
        do throws(DecimalError) {
            return try DecimalText.parse(amount.description, decimals: decimals)
        } catch {
            throw .failed("\(key) on \(instrument.symbol): \(error)")
        }
    }
}

extension TradingAssembly.Market {
    /// Whether it is this market, however that is written, where it is traded.
    func isSame(as traded: TradedMarket) -> Bool {
        resolved.unified == traded.market.unified && resolved.exchange == traded.market.exchange
            && (venue == nil || venue == traded.venue)
    }
}

extension ConditionText {
    /// - Parameter markets: Those it names, besides the strategy's own.
    fileprivate func resolved(
        own: InstrumentID, _ markets: [String: InstrumentID], _ setup: inout StrategySetup
    ) throws -> Condition {
        switch self {
        case .compare(let left, let comparison, let right):
            return .compare(
                try left.resolved(own: own, markets, &setup), comparison, try right.resolved(own: own, markets, &setup))
        case .all(let parts): return .all(try parts.map { try $0.resolved(own: own, markets, &setup) })
        case .any(let parts): return .any(try parts.map { try $0.resolved(own: own, markets, &setup) })
        case .not(let part): return .not(try part.resolved(own: own, markets, &setup))
        }
    }
}

extension ConditionText.Operand {
    fileprivate func resolved(
        own: InstrumentID, _ markets: [String: InstrumentID], _ setup: inout StrategySetup
    ) throws -> Condition.Operand {
        switch self {
        case .constant(let value): return .constant(value)
        case .close: return .close(own)
        case .high: return .high(own)
        case .low: return .low(own)
        case .volume: return .volume(own)
        case .closeOf(let name):
            guard let id = markets[name] else { preconditionFailure("the market '\(name)' was looked up before") }
            return .close(id)
        case .external(let name):
            // Asked for, so that a series that is not there stops the run.
            _ = try setup.external(name)
            return .input(.external(name))
        case .indicator(let call):
            let definition = try IndicatorRegistry.standard.definition(named: call.name)
            let series = try call.timeframe.map { timeframe in
                timeframe == setup.timeframe ? setup.own : try setup.bars(timeframe)
            }
            let handle = try setup.indicator(call.name, try call.parameters(for: definition), on: series)
            let output = try call.output.map { try setup.output($0, ofIndicator: call.name) } ?? 0
            return .input(.indicator(handle, output: output))
        }
    }
}
