// SPDX-License-Identifier: Apache-2.0

import OrderAlgorithms
import Testing
import Trading

@testable import Configuration

@Suite("Orders as configured") struct OrderTests {
    static func check(_ order: String, strategy: String = "", more: String = "") throws -> ConfigurationCheck {
        let text = """
            external: { fear: { file: fear.csv, max_age: 1d } }
            strategies:
              desk: { type: orders, market: BTC-USD, exchange: hyperliquid, timeframe: 5m\(strategy), orders: { one: \(order) } }
            \(more)
            """
        return ConfigurationCheck(of: try ConfigurationDocument(parsing: text, file: "test"), strategyTypes: nil)
    }

    static func order(_ text: String, more: String = "") throws -> OrderSettings {
        let check = try check(text, more: more)
        return try #require(check.configuration?.strategies.first?.orders.first, "\(check.problems)")
    }

    private func single(_ text: String) throws -> OrderSettings.Part {
        guard case .single(let part) = try Self.order(text).form else { throw Unexpected() }
        return part
    }
    private struct Unexpected: Error {}

    // MARK: What is read

    @Test func aMarketOrderNeedsLittle() throws {
        let part = try single("{ side: buy, quantity: 0.5 }")
        #expect(part.side == .buy && part.quantity.description == "0.5" && part.type == .market)
        #expect(part.market.market.base == "BTC" && part.path == "strategies.desk.orders.one")
        #expect(!part.isReduceOnly && part.timeInForce == .goodTilCancelled)
    }

    static let types: [(String, OrderType)] = [
        ("type: limit, limit: 41000", .limit), ("type: stop, trigger: 39000", .stop),
        ("type: stop_limit, trigger: 39000, limit: 38900", .stopLimit),
        ("type: take_profit, trigger: 45000", .takeProfit),
        ("type: take_profit_limit, trigger: 45000, limit: 44900.5", .takeProfitLimit),
        ("type: trailing_stop, trail_percent: 2", .trailingStop),
        ("type: trailing_stop, trail_distance: 250, activation: 43000", .trailingStop),
        ("type: trailing_stop, trail_atr_multiple: 3, trail_atr_period: 20", .trailingStop),
    ]

    @Test(arguments: types)
    func everyTypeIsRead(text: String, type: OrderType) throws {
        let part = try single("{ side: sell, quantity: 1, \(text), reduce_only: true }")
        #expect(part.type == type && part.isReduceOnly)
        #expect((part.limit != nil) == type.hasLimit)
        #expect((part.trigger != nil) == (type.isTriggered && type != .trailingStop))
        #expect((part.trail != nil) == (type == .trailingStop))
        if type == .trailingStop, text.contains("atr") { #expect(part.trail == .ranges(3, period: 20)) }
        if text.contains("percent") { #expect(part.trail == .share(Rate(units: 20_000_000))) }
        if text.contains("activation") { #expect(part.activation == Amount(whole: 43_000)) }
    }

    @Test(arguments: [
        ("time_in_force: ioc", TimeInForce.immediateOrCancel), ("time_in_force: fok", .fillOrKill),
        ("time_in_force: gtc", .goodTilCancelled), ("expires: 2024-02-01", .goodTilDate),
        ("post_only: true", .goodTilCancelled),
    ])
    func howLongItWaits(text: String, expected: TimeInForce) throws {
        let part = try single("{ side: buy, quantity: 1, type: limit, limit: 41000, \(text) }")
        #expect(part.timeInForce == expected)
        #expect((part.expires != nil) == (expected == .goodTilDate))
        #expect(part.isPostOnly == text.contains("post"))
    }

    @Test func slices() throws {
        let order = try Self.order(
            "{ side: buy, quantity: 2, type: limit, limit: 41000, execution: { entry: iceberg, display_percent: 10 } }")
        guard case .worked(let part, let execution) = order.form else { throw Unexpected() }
        #expect(part.limit == Amount(whole: 41_000) && execution.entry == .iceberg)
        let plain = try Self.order("{ side: buy, quantity: 2, execution: { entry: twap, over: 1h, slices: 4 } }")
        guard case .worked(_, let twap) = plain.form else { throw Unexpected() }
        #expect(twap.pace == .time(slices: 4, over: .hours(1)))
    }

    @Test func whatTheLegsOfAGroupLeaveOutIsTheOrders() throws {
        let order = try Self.order(
            """
            { side: sell, quantity: 0.5, oco: [{ type: limit, limit: 45000 }, { type: stop, trigger: 39000, quantity: 0.25 },
              { type: stop, trigger: 2000, market: ETH-USD, side: buy, quantity: 3, reduce_only: true }] }
            """)
        guard case .oco(let legs) = order.form else { throw Unexpected() }
        #expect(legs.map(\.side) == [.sell, .sell, .buy])
        #expect(legs.map(\.quantity.description) == ["0.5", "0.25", "3"])
        #expect(legs.map(\.market.market.base) == ["BTC", "BTC", "ETH"])
        #expect(legs.map(\.isReduceOnly) == [false, false, true])
        #expect(legs[1].path == "strategies.desk.orders.one.oco.1")
    }

    @Test func theLegsOfABracketAreTheOtherWay() throws {
        let order = try Self.order(
            """
            { side: buy, quantity: 0.5, type: limit, limit: 41000, bracket: [{ type: stop, from_entry_percent: -2 },
              { type: take_profit, trigger: 45000 }, { type: limit, limit: 2500, market: ETH-USD, side: sell, quantity: 8 }] }
            """)
        guard case .bracket(let entry, let legs) = order.form else { throw Unexpected() }
        #expect(entry.side == .buy && !entry.isReduceOnly)
        #expect(legs.map(\.side) == [.sell, .sell, .sell])
        #expect(legs.map(\.isReduceOnly) == [true, true, false])
        #expect(legs.map(\.quantity.description) == ["0.5", "0.5", "8"])
        #expect(legs.map(\.trigger) == [.fromEntry(Rate(units: -20_000_000)), .price(Amount(whole: 45_000)), nil])
    }

    @Test func timesAndConditions() throws {
        let order = try Self.order(
            """
            { side: buy, quantity: 1, when: 'close < 42000 and close(ETH-USD) > external.fear', times: 3,
              when_until: 2024-02-01, starts_at: 2024-01-01, ends_at: 2024-03-01, trading_hours: ['Mon-Fri 08:00-16:30'] }
            """)
        let when = try #require(order.when)
        #expect(when.times == 3)
        #expect(when.until == (try Timestamp(parsing: "2024-02-01")))
        #expect(when.markets.keys.sorted() == ["ETH-USD"])
        #expect(order.startsAt == (try Timestamp(parsing: "2024-01-01")))
        #expect(order.endsAt == (try Timestamp(parsing: "2024-03-01")))
        #expect(order.hours == (try TradingHours(parsing: "Mon-Fri 08:00-16:30")))
    }

    /// What orders name belongs to the run; what is only looked at is traded by nobody.
    @Test func marketsOfOrdersBelongToTheRun() throws {
        let text = "{ side: buy, quantity: 1, market: SOL-USD, when: close(ETH-USD) > 2000 }"
        let configuration = try Self.check(text).get()
        #expect(configuration.markets.map(\.base) == ["BTC", "ETH", "SOL"])
        #expect(configuration.strategies[0].traded.map(\.market.base) == ["BTC", "SOL"])
    }

    @Test func ordersAreOnVenuesOfTheirOwn() throws {
        let venues = """
            venues:
              here: { type: hyperliquid, network: testnet }
              there: { type: hyperliquid, network: testnet }
            """
        let text =
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 45000 }, { type: limit, limit: 45100, market: BTC, venue: there }] }"
        let check = try Self.check(text, strategy: ", venue: here", more: venues)
        let configuration = try check.get()
        #expect(configuration.strategies[0].orders[0].parts.map(\.market.venue) == ["here", "there"])
        // One market at two venues, however it is written.
        #expect(Set(configuration.strategies[0].traded.map(\.market)).count == 1)
    }

    // MARK: What is refused

    static let mistakes: [(String, String)] = [
        ("{ quantity: 1 }", "side"), ("{ side: buy }", "quantity"), ("{ side: up, quantity: 1 }", "side"),
        ("{ side: buy, quantity: 0 }", "quantity"), ("{ side: buy, quantity: 1, size: 2 }", "size"),
        ("{ side: buy, quantity: 1, type: magic }", "type"), ("{ side: buy, quantity: 1, type: limit }", "limit"),
        ("{ side: buy, quantity: 1, limit: 5 }", "limit"), ("{ side: buy, quantity: 1, type: stop }", "trigger"),
        ("{ side: buy, quantity: 1, type: stop, trigger: 5, limit: 5 }", "limit"),
        ("{ side: buy, quantity: 1, type: trailing_stop }", "trail_percent"),
        ("{ side: buy, quantity: 1, type: trailing_stop, trail_percent: 1, trail_distance: 5 }", "trail_distance"),
        ("{ side: buy, quantity: 1, type: trailing_stop, trail_percent: 1, trail_atr_period: 5 }", "trail_atr_period"),
        ("{ side: buy, quantity: 1, type: stop, trigger: 5, activation: 5 }", "activation"),
        (
            "{ side: buy, quantity: 1, market: ETH, type: trailing_stop, trail_atr_multiple: 1 }", "trail_atr_multiple"
        ),
        ("{ side: buy, quantity: 1, post_only: true }", "post_only"),
        ("{ side: buy, quantity: 1, time_in_force: ioc }", "time_in_force"),
        ("{ side: buy, quantity: 1, expires: 2024-01-01 }", "expires"),
        ("{ side: buy, quantity: 1, type: limit, limit: 5, expires: 2024-01-01, time_in_force: ioc }", "time_in_force"),
        ("{ side: buy, quantity: 1, type: limit, limit: 5, post_only: true, time_in_force: fok }", "post_only"),
        ("{ side: buy, quantity: 1, type: limit, limit: 5, expires: soon }", "expires"),
        ("{ side: buy, quantity: 1, market: NO/SUCH/MARKET }", "market"),
        ("{ side: buy, quantity: 1, venue: elsewhere }", "venue"),
        ("{ side: buy, quantity: 1, market: ETH, venue: elsewhere }", "venue"),
        ("{ side: buy, quantity: 1, type: stop, trigger: 5, execution: { entry: dca, every: 1h } }", "execution"),
        ("{ side: buy, quantity: 1, execution: { entry: twap } }", "execution.over"),
        ("{ side: buy, quantity: 1, execution: { timeframe: 1m } }", "execution.timeframe"),
        (
            "{ side: buy, quantity: 1, type: limit, limit: 5, execution: { entry: dca, every: 1h, limit_offset_percent: 1 } }",
            "execution.limit_offset_percent"
        ),
        (
            "{ side: buy, quantity: 1, market: ETH, execution: { entry: vwap, participation_percent: 5 } }",
            "execution.participation_percent"
        ),
        (
            "{ side: buy, quantity: 1, type: limit, limit: 5, expires: 2024-01-01, execution: { entry: dca, every: 1h } }",
            "expires"
        ),
        ("{ oco: [{ side: sell, quantity: 1, type: limit, limit: 5 }] }", "oco"),
        ("{ oco: [] }", "oco"), ("{ oco: [{ type: limit, limit: 5 }, { type: stop, trigger: 4 }] }", "oco.0.side"),
        (
            "{ side: sell, quantity: 1, type: stop, oco: [{ type: limit, limit: 5 }, { type: stop, trigger: 4 }] }",
            "type"
        ),
        (
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 5 }, { type: market }] }", "oco.1.type"
        ),
        (
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 5 }, { type: stop, from_entry_percent: 4 }] }",
            "oco.1.from_entry_percent"
        ),
        (
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 5 }, { type: limit, limit: 6, time_in_force: ioc }] }",
            "oco.1.time_in_force"
        ),
        (
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 5 }, { type: stop }], bracket: [{ type: stop, trigger: 4 }] }",
            "bracket"
        ),
        (
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 5 }, { type: trailing_stop, trail_atr_multiple: 4 }] }",
            "oco.1.trail_atr_multiple"
        ),
        (
            "{ side: sell, quantity: 1, oco: [{ type: limit, limit: 5 }, { type: stop, trigger: 4, when: close < 5 }] }",
            "oco.1.when"
        ),
        ("{ side: buy, quantity: 1, from_entry_percent: 2 }", "from_entry_percent"),
        ("{ side: buy, quantity: 1, bracket: [] }", "bracket"),
        ("{ side: buy, quantity: 1, bracket: [{ type: stop, trigger: 4, side: buy }] }", "bracket.0.side"),
        (
            "{ side: buy, quantity: 1, bracket: [{ type: stop, trigger: 4, from_entry_percent: -2 }] }",
            "bracket.0.from_entry_percent"
        ),
        ("{ side: buy, quantity: 1, bracket: [{ type: stop, trigger: 4, market: ETH }] }", "bracket.0.quantity"),
        (
            "{ side: buy, quantity: 1, execution: { entry: dca, every: 1h }, bracket: [{ type: stop, trigger: 4 }] }",
            "execution"
        ),
        ("{ side: buy, quantity: 1, when: close }", "when"),
        ("{ side: buy, quantity: 1, when: rsii(14) < 30 }", "when"),
        ("{ side: buy, quantity: 1, when: rsi(0) < 30 }", "when"),
        ("{ side: buy, quantity: 1, when: 'rsi(14, sma, close, 5, 6) < 30' }", "when"),
        ("{ side: buy, quantity: 1, when: 'rsi(14, period: 15) < 30' }", "when"),
        ("{ side: buy, quantity: 1, when: macd.none < 30 }", "when"),
        ("{ side: buy, quantity: 1, when: 'rsi(14, timeframe: 7m) < 30' }", "when"),
        ("{ side: buy, quantity: 1, when: 'rsi(14, timeframe: 1m) < 30' }", "when"),
        ("{ side: buy, quantity: 1, when: external.greed < 30 }", "when"),
        ("{ side: buy, quantity: 1, when: close(NO/SUCH/MARKET) < 30 }", "when"),
        ("{ side: buy, quantity: 1, times: 3 }", "times"),
        ("{ side: buy, quantity: 1, when_until: 2024-01-01 }", "when_until"),
        ("{ side: buy, quantity: 1, when: close < 3, times: 0 }", "times"),
        ("{ side: buy, quantity: 1, starts_at: 2024-02-01, ends_at: 2024-01-01 }", "ends_at"),
        ("{ side: buy, quantity: 1, trading_hours: [always] }", "trading_hours"),
    ]

    @Test(arguments: mistakes)
    func aMistakeNamesItsKey(text: String, key: String) throws {
        let check = try Self.check(text)
        #expect(check.problems.map(\.path).contains("strategies.desk.orders.one.\(key)"), "\(check.problems)")
        #expect(check.configuration == nil)
    }

    /// Every key that an order or leg could have, where it does not belong and where it has a wrong form: said, never a trap.
    @Test func anyKeyMayStandAnywhere() throws {
        let keys = Set(ConfigurationSchema.allKeys.filter { $0.path.contains(".orders.") }.map(\.key.name)).sorted()
        #expect(keys.count >= 40)
        for key in keys {
            for value in ["1", "close", "{ a: 1 }", "[{ a: 1 }]"] {
                for order in [
                    "{ \"\(key)\": \(value) }", "{ side: buy, quantity: 1, \"\(key)\": \(value) }",
                    "{ oco: [{ \"\(key)\": \(value) }, { type: stop, \"\(key)\": \(value) }] }",
                    "{ side: buy, quantity: 1, bracket: [{ type: trailing_stop, \"\(key)\": \(value) }] }",
                    "{ side: buy, quantity: 1, execution: { \"\(key)\": \(value) } }",
                ] where !["side", "quantity", "type"].contains(key) || order.hasPrefix("{ \"") {
                    let check = try Self.check(order)
                    #expect(check.problems.isEmpty == (check.configuration != nil))
                }
            }
        }
    }

    static let ofStrategies: [(String, String)] = [
        ("{ type: orders, market: BTC, timeframe: 1m }", "orders"),
        ("{ type: orders, market: BTC, timeframe: 1m, orders: {} }", "orders"),
        ("{ type: orders, market: BTC, timeframe: 1m, orders: { 'a b': { side: buy, quantity: 1 } } }", "orders.a b"),
        ("{ type: MACD, market: BTC, timeframe: 1m, orders: { a: { side: buy, quantity: 1 } } }", "orders"),
        ("{ type: orders, markets: [BTC, ETH], timeframe: 1m, orders: { a: { side: buy, quantity: 1 } } }", "markets"),
        (
            "{ type: orders, market: BTC, timeframe: 1m, capital: 5, orders: { a: { side: buy, quantity: 1 } } }",
            "capital"
        ),
        (
            "{ type: orders, market: BTC, timeframe: 1m, execution: {}, orders: { a: { side: buy, quantity: 1 } } }",
            "execution"
        ),
        (
            "{ type: orders, market: BTC, timeframe: 1m, risk_parameters: { stop_loss_percent: 5 }, orders: { a: { side: buy, quantity: 1 } } }",
            "risk_parameters.stop_loss_percent"
        ),
    ]

    @Test(arguments: ofStrategies)
    func aStrategyThatPlacesOrdersHasNothingElse(text: String, key: String) throws {
        let document = try ConfigurationDocument(
            parsing:
                "strategies: { desk: \(text.replacing("market: BTC", with: "exchange: hyperliquid, market: BTC").replacing("markets: [", with: "exchange: hyperliquid, markets: [")) }",
            file: "test")
        let check = ConfigurationCheck(of: document, strategyTypes: nil)
        #expect(check.problems.map(\.path).contains("strategies.desk.\(key)"), "\(check.problems)")
    }
}
