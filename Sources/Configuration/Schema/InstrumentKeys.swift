// SPDX-License-Identifier: Apache-2.0

extension ConfigurationSchema {
    static let instruments = KeyDescription(
        "instruments", .map(keyName: "SYMBOL", value: .section(instrument), minimumCount: 0),
        "What is known of each market: its kind, its rules and its fees.",
        explanation: """
            The key is the market as a strategy names it, or its name on the exchange. What is not given follows from \
            the name (assets, kind) and from the data (decimals).
            """,
        example: "{ BTCUSDT: { tick_size: 0.01, lot_size: 0.00001, minimum_notional: 5 } }")

    private static let instrument: [KeyDescription] =
        [
            KeyDescription(
                "kind",
                .choice([
                    .init("spot", "the asset itself"),
                    .init("linear_perpetual", "a perpetual settled in its quote asset, or another dollar"),
                    .init("inverse_perpetual", "a perpetual settled in its base asset"),
                    .init("future", "a dated future"), .init("option", "a dated option"),
                ]), "What is traded; without it, what the market's name says.", example: "linear_perpetual"),
            KeyDescription(
                "base", .text(.asset), "The asset that is bought and sold; without it, what the name says.",
                example: "ETH"),
            KeyDescription(
                "quote", .text(.asset), "The asset in which prices are stated; without it, what the name says.",
                example: "USDC"),
            KeyDescription(
                "settlement", .text(.asset), "The asset in which profits are paid.",
                explanation:
                    "Without it: the base asset for inverse perpetuals, otherwise what the name says, otherwise the quote asset.",
                example: "USDC"),
            KeyDescription(
                "price_decimals", .integer(0...12), unit: "decimals", "Decimals in which prices are kept.",
                explanation: "Constant for an instrument's life. Without it, as many as tick_size and the data need.",
                example: "2"),
            KeyDescription(
                "quantity_decimals", .integer(0...12), unit: "decimals", "Decimals in which quantities are kept.",
                explanation: "Constant for an instrument's life. Without it, as many as lot_size and the orders need.",
                example: "5"),
        ] + rules + [
            KeyDescription(
                "multiplier", .decimal(.positive), default: "1", unit: "base asset",
                "How much of the base asset one contract stands for (of the quote asset for inverse perpetuals).",
                explanation: "OKX's BTC-USDT-SWAP is 0.01 BTC, BTC-USD-SWAP is 100 USD.", example: "0.01"),
            KeyDescription(
                "expiry", .time, "When a future or option ends; required for these, and for no other kind.",
                example: "2024-12-27T08:00:00Z"),
            KeyDescription(
                "strike", .decimal(.positive), unit: "quote asset", "An option's strike price.", example: "60000"),
            KeyDescription(
                "option_type", .choice([.init("call", "the right to buy"), .init("put", "the right to sell")]),
                "Whether an option is a call or a put.", example: "put"),
            KeyDescription(
                "maker_fee", feeRange, unit: "share of notional",
                "The fee of an order that waited in the book; without it, simulation.maker_fee.", example: "-0.01%"),
            KeyDescription(
                "taker_fee", feeRange, unit: "share of notional",
                "The fee of an order that filled at once; without it, simulation.taker_fee.", example: "0.035%"),
            KeyDescription(
                "liquidation_fee", .share(.from("0", to: "0.1")), default: "0", unit: "share of notional",
                "What a liquidation costs in addition.", example: "0.5%"),
            KeyDescription(
                "margin_tiers",
                .list(
                    .section([
                        KeyDescription(
                            "up_to_notional", .decimal(.positive), unit: "quote asset",
                            "The largest position of this tier; only the last tier may leave it out.", example: "50000"),
                        KeyDescription(
                            "maintenance_rate", .share(DecimalRange(minimum: "0", maximum: "1", isAboveMinimum: true)),
                            required: true, unit: "share of notional",
                            "The margin below which a position is liquidated.", example: "0.4%"),
                        KeyDescription(
                            "maximum_leverage", .decimal(.from("1", to: "1000")), required: true, unit: "times",
                            "The highest leverage in this tier.", example: "50"),
                    ]), minimumCount: 1), "How margin grows with a position, smallest tier first.",
                explanation:
                    "Without tiers, a position may be up to 10 times its margin, and half of that margin maintains it.",
                example:
                    "[{ up_to_notional: 50000, maintenance_rate: 0.4%, maximum_leverage: 125 }, { maintenance_rate: 1%, maximum_leverage: 50 }]"
            ),
            KeyDescription(
                "rules",
                .list(
                    .section(
                        [
                            KeyDescription(
                                "from", .time, required: true, "When these rules begin to hold.", example: "2023-03-01")
                        ] + rules), minimumCount: 1), "Rules that changed in the course of time.",
                explanation: """
                    Each entry states what changed at its time; the rest stays as it was. Rules of today on data of the past \
                    would allow and forbid the wrong orders.
                    """,
                example: "[{ from: 2023-03-01, tick_size: 0.01, minimum_notional: 10 }]"),
        ]

    /// What venues change now and then.
    private static let rules: [KeyDescription] = [
        KeyDescription(
            "tick_size", .decimal(.positive), unit: "quote asset", "The step of prices; without it, the last decimal.",
            example: "0.01"),
        KeyDescription(
            "lot_size", .decimal(.positive), unit: "base asset",
            "The step of quantities; without it, the last decimal.",
            example: "0.00001"),
        KeyDescription(
            "significant_figures", .integer(1...18), unit: "digits",
            "How many significant digits a price may have, as on Hyperliquid (5).",
            explanation: "Whole numbers are always allowed there. It holds in addition to tick_size.", example: "5"),
        KeyDescription(
            "minimum_quantity", .decimal(.notNegative), default: "0", unit: "base asset", "The smallest order.",
            example: "0.001"),
        KeyDescription(
            "minimum_notional", .decimal(.notNegative), unit: "quote asset",
            "The smallest value of an opening order.",
            explanation: "Left out, it is the venue's own: 10 on hyperliquid, none elsewhere. "
                + "See simulation.below_minimum.",
            example: "10"),
    ]
}
