// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let orders = KeyDescription(
        "orders", .map(keyName: "ORDER", value: .section(order), minimumCount: 1),
        "For 'type: orders': the orders to place, each under a name of your choice.",
        explanation: """
            Each is placed once in a session, with the first closed bar or when its time and condition say so. They share \
            the strategy's positions. 'Documentation/order-toolbox.md' has examples.
            """,
        example: "{ dip: { side: buy, quantity: 0.5, when: close < 42000 } }")

    private static let order: [KeyDescription] =
        place + [side, quantity]
        + [
            KeyDescription(
                "type", .choice([.init("market", "at the next price")] + types), default: "market",
                "What kind of order.",
                example: "limit")
        ] + prices
        + [
            KeyDescription(
                "trail_atr_multiple",
                .decimal(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)), unit: "times",
                "For trailing_stop: a distance of this many average true ranges, which follows them.",
                explanation: "Of the strategy's own market and bars. The stop never moves away from the market.",
                example: "3"),
            KeyDescription(
                "trail_atr_period", .integer(1...10_000), unit: "bars",
                "Bars in the average true range; 14 unless said otherwise.", example: "20"),
            KeyDescription(
                "time_in_force",
                .choice([
                    .init("gtc", "it rests until it is taken back"),
                    .init("ioc", "what does not fill at once is taken back"),
                    .init("fok", "it fills whole at once, or not at all"),
                ]), default: "gtc", "For limit orders: how long one waits.",
                explanation: "Good till date is 'expires'.", example: "ioc"),
        ] + flags
        + [
            KeyDescription(
                "execution", .section(orderExecution), "Works a market or limit order in slices.",
                explanation: "The words are those of a strategy's execution.",
                example: "{ entry: twap, over: 2h, slices: 12 }"),
            KeyDescription(
                "oco", .list(.section(leg(triggers: [trigger])), minimumCount: 2),
                "Orders of which one cancels the others: what one fills is taken off the rest.",
                explanation: "What a leg leaves out of market, side, quantity and reduce_only is the order's own.",
                example: """
                    [{ side: sell, quantity: 1, type: limit, limit: 45000 }, \
                    { side: sell, quantity: 1, type: stop, trigger: 39000 }]
                    """),
            KeyDescription(
                "bracket", .list(.section(leg(triggers: [trigger, fromEntry])), minimumCount: 1),
                "Orders that its fills bring to life, such as a stop and a target; one cancels the others.",
                explanation: """
                    Unless a leg says otherwise it is on the order's market, for the other side, of the same quantity, \
                    and only reduces.
                    """,
                example: "[{ type: stop, from_entry_percent: -2 }, { type: take_profit, from_entry_percent: 4 }]"),
            KeyDescription(
                "when", .text(.any), "The condition on which it begins; without it, at once.",
                explanation: """
                    Comparisons (<, <=, >, >=) joined by and, or, not and parentheses. They compare numbers, close, high, \
                    low and volume of the strategy's last bar, close(MARKET), external.SERIES and indicators: rsi(14), \
                    macd(fast_period: 8).signal, ema(50, timeframe: 1h). What is unknown meets nothing.
                    """,
                example: "close < 42000 and (volume > 120 or rsi(14) < 30)"),
            KeyDescription(
                "times", .integer(1...100_000),
                "Begins each time the condition comes to be met after it was not, so many times; without it, once.",
                explanation: "While one runs, the next does not begin.", example: "3"),
            KeyDescription(
                "when_until", .time, "Where the condition has not been met by then, it is given up.",
                example: "2024-02-01"),
            KeyDescription(
                "starts_at", .time, "It begins, and its condition counts, at the first closed bar from then on.",
                example: "2024-01-31T18:30:00Z"),
            KeyDescription(
                "ends_at", .time, "What still works is taken back then, and nothing begins any more.",
                explanation: "At the first closed bar from then on. What the venue itself ends is 'expires'.",
                example: "2024-03-01"),
            KeyDescription(
                "trading_hours", .list(.text(.any), minimumCount: 1), "Hours in which it begins and goes on.",
                explanation: """
                    As for a strategy's execution. Outside of them an order and its slices are taken back and placed \
                    again later; a group that was placed stays, since it may protect.
                    """,
                example: "['Mon-Fri 08:00-16:30']"),
        ]

    /// What is said of an order that stands in a group.
    private static func leg(triggers: [KeyDescription]) -> [KeyDescription] {
        place + [
            side, quantity,
            KeyDescription("type", .choice(types), required: true, "What kind of order.", example: "stop"),
        ]
            + prices.flatMap { $0.name == trigger.name ? triggers : [$0] } + flags
    }

    private static let types: [ValueType.Choice] = [
        .init("limit", "at 'limit' or better"), .init("stop", "at market once the price runs to 'trigger'"),
        .init("stop_limit", "at 'limit' once the price runs to 'trigger'"),
        .init("take_profit", "at market once the price is as good as 'trigger'"),
        .init("take_profit_limit", "at 'limit' once the price is as good as 'trigger'"),
        .init("trailing_stop", "a stop that follows the price"),
    ]

    private static let place: [KeyDescription] = [
        KeyDescription(
            "market", .text(.symbol), "The market; without it, the strategy's.",
            explanation: "Of markets other than the strategy's the last price alone is known at closed bars.",
            example: "ETH-USD"),
        KeyDescription(
            "exchange", .choice(SymbolMap.exchangeChoices),
            "The exchange whose market names are used, where it differs.",
            example: "hyperliquid"),
        KeyDescription(
            "venue", .text(.name), "The venue to trade on, a name under 'venues', where it differs.",
            example: "hyperliquid"),
    ]

    private static let side = KeyDescription(
        "side", .choice([.init("buy", ""), .init("sell", "")]), "Which way it trades.", example: "buy")
    private static let quantity = KeyDescription(
        "quantity", .decimal(.positive), unit: "base asset", "How much in all.",
        explanation: "Contracts for derivatives that are counted in contracts.", example: "0.5")
    private static let trigger = KeyDescription(
        "trigger", .decimal(.positive), unit: "quote asset", "The price that sets off a stop or take_profit order.",
        example: "39000")
    private static let fromEntry = KeyDescription(
        "from_entry_percent", .percentage(.from("-99", to: "1000")), unit: "percent",
        "In place of 'trigger': the price move from what the entry filled at.",
        explanation: "Below zero is a lower price, whichever the side.", example: "-2")

    private static let prices: [KeyDescription] = [
        KeyDescription(
            "limit", .decimal(.positive), unit: "quote asset", "The worst price of a limit order.", example: "41000"),
        trigger,
        KeyDescription(
            "trail_percent", .percentage(DecimalRange(minimum: "0", maximum: "99", isAboveMinimum: true)),
            unit: "percent", "For trailing_stop: the distance from the best price, as a share of it.", example: "2"),
        KeyDescription(
            "trail_distance", .decimal(.positive), unit: "quote asset",
            "For trailing_stop: the distance from the best price, in price.", example: "250"),
        KeyDescription(
            "activation", .decimal(.positive), unit: "quote asset",
            "For trailing_stop: the price from which it follows; without it, at once.", example: "43000"),
    ]

    private static let flags: [KeyDescription] = [
        KeyDescription(
            "expires", .time, "Good till date: when the order ends by itself.",
            explanation: "Where the venue has it, it does so while Apus is down as well.", example: "2024-02-01"),
        KeyDescription(
            "post_only", .boolean, default: "false", "Whether a limit order is refused where it would trade at once.",
            example: "true"),
        KeyDescription(
            "reduce_only", .boolean, "Whether it may only make the strategy's position smaller.",
            example: "true"),
    ]

    /// How an order's slices are made: what a strategy's section says besides belongs to its signals.
    private static let orderExecution = execution.filter {
        !["timeframe", "trading_hours", "trailing"].contains($0.name)
    }
}
