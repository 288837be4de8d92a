// SPDX-License-Identifier: Apache-2.0

import OrderAlgorithms
import Trading

/// What the orders of a strategy are read with.
struct OrderSurroundings {
    /// Of the strategy's own market.
    let own: TradedMarket
    let exchange: String
    let timeframe: Timeframe
    let instruments: [InstrumentSettings]
    let venues: [VenueSettings]
    /// The series from outside that there are.
    let external: [String]
}

/// What an order leaves out.
struct OrderDefaults {
    var market: TradedMarket
    var side: Side?
    var quantity: Amount?
    var isReduceOnly = false
    /// The market on which `side`, `quantity` and `isReduceOnly` mean something; `nil`: on any.
    var onlyOn: TradedMarket?
}

extension ConfigurationDecoder {
    mutating func orders(_ strategy: SectionReader, _ surroundings: OrderSurroundings) -> [OrderSettings] {
        strategy.sections("orders").compactMap { order($0.key, $0.reader, surroundings) }
    }

    /// Keys of a strategy that goes by signals: nothing reads them beside orders of stated sizes.
    mutating func checkPlacesOrders(_ strategy: SectionReader) {
        guard strategy.text("type") == StrategySettings.ordersType else {
            if strategy.has("orders") {
                report(strategy, "orders", "They belong to a strategy of 'type: orders'. Give them one of their own.")
            }
            return
        }
        if !strategy.has("orders") {
            report(strategy, "orders", kind: .missingKey, "The key is missing; 'type: orders' needs orders to place.")
        }
        for key in ["markets", "preset", "execution", "capital"] where strategy.has(key) {
            let instead =
                key == "markets" ? "Give one 'market', and name others in the orders." : "Each order says all of it."
            report(strategy, key, "It has no meaning for 'type: orders'. \(instead)")
        }
        let risk = strategy.section("risk_parameters")
        for entry in risk.node?.entries ?? []
        where entry.key != "leverage" && risk.keys.contains(where: { $0.name == entry.key }) {
            report(risk, entry.key, "It has no meaning for 'type: orders': each order says its size, stop and target.")
        }
    }

    // MARK: - One order or group

    private mutating func order(
        _ name: String, _ reader: SectionReader, _ surroundings: OrderSurroundings
    ) -> OrderSettings? {
        let startsAt = reader.time("starts_at")
        let endsAt = reader.time("ends_at")
        if let startsAt, let endsAt, endsAt <= startsAt {
            report(reader, "ends_at", "\(endsAt) is not after starts_at, \(startsAt).")
        }
        let hours = hours(reader)
        let when = when(reader, surroundings)
        guard let form = form(reader, surroundings) else { return nil }
        return OrderSettings(
            name: name, path: reader.path, form: form, when: when, startsAt: startsAt, endsAt: endsAt, hours: hours)
    }

    private mutating func form(_ reader: SectionReader, _ surroundings: OrderSurroundings) -> OrderSettings.Form? {
        let defaults = OrderDefaults(market: surroundings.own)
        guard reader.has("oco") else {
            guard let part = part(reader, defaults, surroundings) else { return nil }
            if reader.has("bracket") { return bracket(part, reader, surroundings) }
            return reader.has("execution") ? worked(part, reader, surroundings) : .single(part)
        }
        let shared = ["market", "exchange", "venue", "side", "quantity", "reduce_only"]
        let ofGroups = ["oco", "when", "times", "when_until", "starts_at", "ends_at", "trading_hours"]
        for key in reader.keys.map(\.name) where reader.has(key) && !(shared + ofGroups).contains(key) {
            report(reader, key, "It has no meaning beside 'oco', whose legs are the orders. Say it of a leg.")
        }
        let own = OrderDefaults(
            market: market(reader, surroundings.own, surroundings) ?? surroundings.own, side: side(reader),
            quantity: reader.amount("quantity"), isReduceOnly: reader.boolean("reduce_only"))
        let legs = reader.elements("oco").compactMap { part($0, own, surroundings) }
        checkCount(reader, "oco", atLeast: 2)
        return legs.count >= 2 ? .oco(legs) : nil
    }

    private mutating func bracket(
        _ entry: OrderSettings.Part, _ reader: SectionReader, _ surroundings: OrderSurroundings
    ) -> OrderSettings.Form? {
        if reader.has("execution") {
            report(reader, "execution", "The entry of a bracket is one order. Remove this, or the bracket.")
        }
        let defaults = OrderDefaults(
            market: entry.market, side: entry.side.opposite, quantity: entry.quantity, isReduceOnly: true,
            onlyOn: entry.market)
        let elements = reader.elements("bracket")
        var legs: [OrderSettings.Part] = []
        for element in elements {
            guard let leg = part(element, defaults, surroundings) else { continue }
            if leg.market == entry.market, leg.side == entry.side {
                report(element, "side", "On the entry's market a leg trades the other way. Remove this.")
            }
            legs.append(leg)
        }
        checkCount(reader, "bracket", atLeast: 1)
        return legs.isEmpty ? nil : .bracket(entry: entry, legs: legs)
    }

    private mutating func checkCount(_ reader: SectionReader, _ key: String, atLeast least: Int) {
        let count = reader.elements(key).count
        guard !(least...LinkedOrders.maximumLegs).contains(count) else { return }
        report(
            reader, key, kind: .outOfRange, "Found \(count) orders, expected \(least) to \(LinkedOrders.maximumLegs).")
    }

    private mutating func worked(
        _ part: OrderSettings.Part, _ reader: SectionReader, _ surroundings: OrderSurroundings
    ) -> OrderSettings.Form? {
        let section = reader.section("execution")
        let settings = slices(section)
        guard part.type == .market || part.type == .limit else {
            report(
                reader, "execution",
                "Only market and limit orders are worked in slices. Remove this, or change the type.")
            return nil
        }
        for key in ["expires", "time_in_force"] where reader.has(key) {
            report(reader, key, "It has no meaning beside 'execution', which says how long slices rest. Use 'ends_at'.")
        }
        for key in ["limit_offset_percent", "post_only"] where part.type == .limit && section.has(key) {
            report(section, key, "The slices of a limit order are sent at its limit. Remove this, or the type.")
        }
        if part.market != surroundings.own, section.has("participation_percent") {
            report(
                section, "participation_percent",
                "The volume of the strategy's own market alone is known. Move the order to a strategy there.")
        }
        return settings.entry == .market ? .single(part) : .worked(part, settings)
    }

    // MARK: - One part

    private mutating func part(
        _ reader: SectionReader, _ defaults: OrderDefaults, _ surroundings: OrderSurroundings
    ) -> OrderSettings.Part? {
        guard let market = market(reader, defaults.market, surroundings) else { return nil }
        let isUsual = defaults.onlyOn == nil || defaults.onlyOn == market
        let side = side(reader) ?? (isUsual ? defaults.side : nil)
        let quantity = reader.amount("quantity") ?? (isUsual ? defaults.quantity : nil)
        if side == nil, !reader.has("side") {
            report(reader, "side", kind: .missingKey, "The key is missing; expected buy or sell.")
        }
        if quantity == nil, !reader.has("quantity") {
            report(reader, "quantity", kind: .missingKey, "The key is missing; expected a number above 0.")
        }
        guard let type = reader.text("type").flatMap(OrderType.init(configured:)) else { return nil }
        checkPrices(reader, type)
        let force = timeInForce(reader)
        guard let side, let quantity else { return nil }
        return OrderSettings.Part(
            path: reader.path, market: market, side: side, quantity: quantity, type: type,
            limit: reader.amount("limit"), trigger: trigger(reader), trail: trail(reader, market, surroundings),
            activation: reader.amount("activation"), timeInForce: force, expires: reader.time("expires"),
            isPostOnly: reader.boolean("post_only"),
            isReduceOnly: reader.has("reduce_only")
                ? reader.boolean("reduce_only") : isUsual && defaults.isReduceOnly)
    }

    private func side(_ reader: SectionReader) -> Side? {
        reader.text("side").map { $0 == "buy" ? .buy : .sell }
    }

    /// - Returns: `nil` where what is written is no market.
    private mutating func market(
        _ reader: SectionReader, _ fallback: TradedMarket, _ surroundings: OrderSurroundings
    ) -> TradedMarket? {
        guard reader.has("market") else {
            for key in ["exchange", "venue"] where reader.has(key) {
                report(reader, key, "It says where 'market' is, which is not given. Give it, or remove this.")
            }
            return fallback
        }
        guard let name = reader.text("market") else { return nil }
        let named = surroundings.venues.first { $0.name == reader.text("venue") }
        let exchange = reader.text("exchange") ?? named?.type.rawValue ?? surroundings.exchange
        guard let found = resolved(name, exchange, reader, "market", surroundings) else { return nil }
        let isElsewhere = reader.has("venue") || reader.has("exchange")
        let venue =
            isElsewhere
            ? self.venue(of: reader, exchange: exchange, venues: surroundings.venues)?.name : surroundings.own.venue
        return TradedMarket(market: found, venue: venue)
    }

    /// The market of this name at an exchange.
    ///
    /// - Parameter key: Which names it; a name that is none is reported there.
    mutating func resolved(
        _ name: String, _ exchange: String, _ reader: SectionReader, _ key: String, _ surroundings: OrderSurroundings
    ) -> ResolvedMarket? {
        do throws(SymbolError) {
            let found = try resolve(name, exchange: exchange, instruments: surroundings.instruments)
            let own = surroundings.own.market
            // One market has one name here, however it is written.
            return found.unified == own.unified && found.exchange == own.exchange ? own : found
        } catch {
            report(reader, key, kind: .notAllowed, error.description)
            return nil
        }
    }

    private mutating func checkPrices(_ reader: SectionReader, _ type: OrderType) {
        let name = type.configured
        func isKnown(_ key: String) -> Bool { reader.keys.contains { $0.name == key } }
        var wanted: [[String]] = []
        if type.hasLimit { wanted.append(["limit"]) }
        switch type {
        case .market, .limit: break
        case .stop, .stopLimit, .takeProfit, .takeProfitLimit: wanted.append(["trigger", "from_entry_percent"])
        case .trailingStop: wanted.append(["trail_percent", "trail_distance", "trail_atr_multiple"])
        }
        for keys in wanted.map({ $0.filter(isKnown) }) {
            let given = keys.filter(reader.has)
            if given.isEmpty {
                let names = keys.map { "'\($0)'" }.joined(separator: ", ", last: " or ")
                report(reader, keys[0], kind: .missingKey, "The key is missing; 'type: \(name)' needs \(names).")
            } else if given.count > 1 {
                report(reader, given[1], "It is given beside '\(given[0])'. Remove one of them.")
            }
        }
        var used = wanted.flatMap { $0 }
        if type == .trailingStop { used += ["activation", "trail_atr_period"] }
        if type.hasLimit { used += ["post_only"] }
        if type == .limit { used += ["time_in_force"] }
        if type != .market { used += ["expires"] }
        for key in Self.keysByType where reader.hasKnown(key) && !used.contains(key) {
            report(reader, key, "It has no meaning for 'type: \(name)'. Remove it, or change the type.")
        }
    }

    private static let keysByType = [
        "limit", "trigger", "from_entry_percent", "trail_percent", "trail_distance", "trail_atr_multiple",
        "trail_atr_period", "activation", "post_only", "time_in_force", "expires",
    ]

    private mutating func timeInForce(_ reader: SectionReader) -> TimeInForce {
        if reader.has("expires") {
            if reader.hasKnown("time_in_force") {
                report(reader, "time_in_force", "'expires' says how long it waits. Remove one of them.")
            }
            return .goodTilDate
        }
        guard reader.hasKnown("time_in_force") else { return .goodTilCancelled }
        let force: TimeInForce
        switch reader.text("time_in_force") {
        case "ioc": force = .immediateOrCancel
        case "fok": force = .fillOrKill
        default: return .goodTilCancelled
        }
        if reader.boolean("post_only") {
            report(reader, "post_only", "An order that fills at once or not at all cannot rest. Remove one of them.")
        }
        return force
    }

    private func trigger(_ reader: SectionReader) -> OrderSettings.Part.Trigger? {
        if let price = reader.amount("trigger") { return .price(price) }
        guard reader.hasKnown("from_entry_percent") else { return nil }
        return reader.rate("from_entry_percent").map { .fromEntry($0) }
    }

    private mutating func trail(
        _ reader: SectionReader, _ market: TradedMarket, _ surroundings: OrderSurroundings
    ) -> OrderSettings.Part.Trail? {
        if reader.hasKnown("trail_atr_period"), !reader.has("trail_atr_multiple") {
            report(reader, "trail_atr_period", "It belongs to 'trail_atr_multiple', which is not given.")
        }
        if reader.has("trail_percent") { return reader.rate("trail_percent").map { .share($0) } }
        if reader.has("trail_distance") { return reader.amount("trail_distance").map { .distance($0) } }
        guard reader.hasKnown("trail_atr_multiple"), let multiple = reader.value("trail_atr_multiple")?.number else {
            return nil
        }
        if market != surroundings.own {
            report(
                reader, "trail_atr_multiple",
                "The range of the strategy's own market alone is known. Move the order to a strategy there.")
        }
        for key in ["expires", "bracket"] where reader.has(key) {
            report(reader, key, "It does not go together with 'trail_atr_multiple'. Remove one of them.")
        }
        return .ranges(multiple, period: Int(reader.integer("trail_atr_period") ?? 14))
    }
}

extension StrategySettings {
    /// The type whose orders the configuration lists.
    public static let ordersType = "orders"
}

extension OrderType {
    /// As it is written.
    var configured: String {
        switch self {
        case .market: "market"
        case .limit: "limit"
        case .stop: "stop"
        case .stopLimit: "stop_limit"
        case .takeProfit: "take_profit"
        case .takeProfitLimit: "take_profit_limit"
        case .trailingStop: "trailing_stop"
        }
    }

    init?(configured name: String) {
        guard let type = Self.allCases.first(where: { $0.configured == name }) else { return nil }
        self = type
    }
}
