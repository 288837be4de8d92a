// SPDX-License-Identifier: Apache-2.0

extension ConfigurationSchema {
    static let limits = KeyDescription(
        "limits",
        .section([
            KeyDescription(
                "max_order_notional", .decimal(.positive), unit: "base currency",
                "The most that one order may be worth.",
                explanation: "Needed for live trading.", example: "500"),
            KeyDescription(
                "max_order_quantity", .map(keyName: "SYMBOL", value: .decimal(.positive), minimumCount: 0),
                unit: "base asset, or contracts", "The largest quantity of one order, by market.",
                explanation: "A guard besides the money: it holds when a price is wrong.", example: "{ BTC: 0.01 }"),
            KeyDescription(
                "max_position_notional", .decimal(.positive), unit: "base currency",
                "The most that the position in one market may be worth.",
                explanation: "Working orders count as if they were filled. Needed for live trading.", example: "1000"),
            KeyDescription(
                "max_venue_notional", .decimal(.positive), unit: "base currency",
                "The most that all positions on one venue may be worth.",
                explanation: "Long and short ones are added up.", example: "2000"),
            KeyDescription(
                "max_total_notional", .decimal(.positive), unit: "base currency",
                "The most that all positions together may be worth.",
                explanation: "Long and short ones are added up. Needed for live trading.", example: "3000"),
            KeyDescription(
                "max_leverage", .decimal(.from("0.01", to: "1000")), unit: "times equity",
                "How many times the account's equity all positions together may be worth.",
                explanation: "Needed for live trading.", example: "3"),
            KeyDescription(
                "price_collar", .percentage(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)),
                default: "5", unit: "percent", "How far an order's price may be from the last price, for the worse.",
                explanation: """
                    It catches mistyped and outdated prices. Market orders may pay at most four fifths of it, and never more than 5 percent. Stops may be \
                    further away.
                    """,
                example: "2"),
            KeyDescription(
                "max_orders_per_minute", .integer(1...100_000), default: "60", unit: "orders a minute",
                "How many orders and changes may be sent.",
                explanation: """
                    Orders that reduce a position may be twice as many; cancellations and stops are never held back. It is a \
                    minute of this machine's clock, also where a simulated venue's runs faster.
                    """,
                example: "20"),
            KeyDescription(
                "max_open_orders", .integer(1...5000), default: "100", unit: "orders",
                "How many orders may wait at one venue.", example: "10"),
            KeyDescription(
                "daily_loss", .decimal(.positive), unit: "base currency",
                "The loss since midnight UTC at which trading halts.",
                explanation: """
                    Realised and unrealised, with fees and funding. When it is reached, only orders that reduce positions \
                    are sent until the next day. Needed for live trading.
                    """,
                example: "50"),
            KeyDescription(
                "min_margin_left", .decimal(.notNegative), default: "0", unit: "base currency",
                "How much free margin must be left after an order.", example: "100"),
            KeyDescription(
                "de_minimis",
                .section([
                    KeyDescription(
                        "max_position_notional", .decimal(.positive), default: "15", unit: "base currency",
                        "The most that the position in one market may be worth.",
                        explanation: "Hyperliquid takes no order below $10.", example: "11"),
                    KeyDescription(
                        "max_total_notional", .decimal(.positive), default: "50", unit: "base currency",
                        "The most that all positions together may be worth.", example: "30"),
                    KeyDescription(
                        "max_orders_per_minute", .integer(1...1000), default: "10", unit: "orders a minute",
                        "How many orders and changes may be sent.", example: "5"),
                    KeyDescription(
                        "daily_loss", .decimal(.positive), default: "10", unit: "base currency",
                        "The loss since midnight UTC at which trading halts.", example: "5"),
                ]), "The caps of de-minimis mode, where real orders have the smallest size there is.",
                explanation: "In that mode the tighter of these and the limits above holds."),
        ]), "What is checked before every order; no mode sends an order that was not approved.",
        explanation: """
            Live trading refuses to start unless max_order_notional, max_position_notional, max_total_notional, \
            max_leverage and daily_loss are given. The other modes check what is given.
            """)
}
