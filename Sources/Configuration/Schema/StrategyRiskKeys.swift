// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    private static let anyShare = ValueType.share(.from("0", to: "1"))

    static let sizing: [KeyDescription] = [
        KeyDescription(
            "fixed_fraction", positiveShare, default: "10%", unit: "share of the capital",
            "The most that a position may be worth.",
            explanation: """
                The capital is the strategy's own with its profits and losses, or the account's equity. Every other key \
                only makes positions smaller; max_position_size stays the most.
                """,
            example: "25%"),
        KeyDescription(
            "volatility_risk", positiveShare, unit: "share of the capital",
            "What may be lost where the price moves by atr_multiple average true ranges.", example: "1%"),
        KeyDescription(
            "atr_multiple", .decimal(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)), default: "2",
            unit: "average true ranges", "The move that volatility_risk means.",
            explanation: "Kelly takes it for the distance of the stop where the strategy has none.", example: "3"),
        KeyDescription(
            "atr_period", .integer(1...10_000), default: "14", unit: "bars", "Bars of the average true range.",
            example: "20"),
        KeyDescription(
            "confidence", .boolean, default: "true", "Whether a signal's confidence multiplies the size.",
            explanation: """
                Strategies that know no confidence have 1. The feature 'sizing' of the enhanced strategy multiplies with it \
                too: use one of the two.
                """,
            example: "false"),
        KeyDescription(
            "correlated_share", anyShare, unit: "share of the size",
            "What is left of a size beside a position that moves exactly the same.",
            explanation: """
                Of hourly returns over 30 days; what cannot be measured yet counts as moving the same. Without it, \
                correlation changes nothing.
                """,
            example: "0.5"),
        KeyDescription(
            "kelly",
            .section([
                KeyDescription(
                    "fraction", positiveShare, default: "50%", unit: "share of the Kelly share",
                    "How much of the Kelly share is risked.", example: "25%"),
                KeyDescription(
                    "maximum_risk", positiveShare, default: "2%", unit: "share of the capital",
                    "The most that is risked.", example: "1%"),
                KeyDescription(
                    "minimum_trades", .integer(2...100_000), default: "30", unit: "trades",
                    "With fewer closed trades it has no say.", example: "50"),
                KeyDescription(
                    "recent_trades", .integer(2...100_000), default: "100", unit: "trades",
                    "How many of the last closed trades count.", example: "200"),
            ]), "Sizes by the strategy's own closed trades: win rate and profit factor, after fees.",
            example: "{ fraction: 50% }"),
    ]

    static let dynamicLeverage: [KeyDescription] = [
        KeyDescription(
            "maximum", .decimal(.from("1", to: "1000")), unit: "times the capital",
            "The most that a position may be worth; without it, the strategy's leverage.",
            explanation: """
                At most the strategy's leverage, which stays the venue's setting. Each of the following lowers it, and a \
                position that is held is reduced when it is more than a tenth too large.
                """,
            example: "4"),
        KeyDescription(
            "minimum", .decimal(.from("1", to: "1000")), default: "1", unit: "times the capital",
            "Never less than this.", example: "2"),
        KeyDescription(
            "target_volatility", positiveShare, unit: "share of the price",
            "Average true range up to which nothing is lowered; twice of it halves the leverage.", example: "1%"),
        KeyDescription(
            "strong_trend", .decimal(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)), unit: "ADX",
            "Trend strength from which on nothing is lowered.", example: "25"),
        KeyDescription(
            "trendless_share", anyShare, default: "50%", unit: "share of the leverage",
            "What is left without any trend.", example: "40%"),
        KeyDescription(
            "full_age", .duration(.seconds(1) ... .days(3650)),
            "Time in a trade over which leverage falls, in a straight line, to aged_share.", example: "12h"),
        KeyDescription(
            "aged_share", anyShare, default: "50%", unit: "share of the leverage", "What is left at full_age.",
            example: "25%"),
        KeyDescription(
            "free_margin", positiveShare, unit: "share of the equity",
            "Equity that other positions leave free of margin down to which nothing is lowered; half of it halves it.",
            example: "50%"),
        KeyDescription(
            "period", .integer(2...10_000), default: "14", unit: "bars",
            "Bars of the average true range and of ADX.", example: "20"),
    ]

    static let hedge: [KeyDescription] = [
        KeyDescription(
            "market", .text(.symbol), required: true, "The market to hedge with, as the exchange names it.",
            explanation: """
                Not the strategy's own: on an account that nets, a hedge there would only be a smaller position. It needs \
                bars like every market that is traded.
                """,
            example: "ETH/USDT:USDT"),
        KeyDescription(
            "method",
            .choice([
                .init("fixed", "hedge_ratio of what the position is worth"),
                .init("beta", "hedge_ratio of what the two have moved together, over 30 days of hourly returns"),
                .init("delta_neutral", "at least hedge_ratio of the position, all of it in a stressed market"),
            ]), default: "fixed", "How large the hedge is.", example: "beta"),
        KeyDescription(
            "band", positiveShare, default: "2%", unit: "share of the position",
            "The hedge is left alone while it is wrong by no more than this.",
            explanation: "Trading costs. It must be below hedge_ratio.", example: "5%"),
        KeyDescription(
            "calm_volatility", .decimal(.from("0", to: "100")), default: "0.4", unit: "a year, 0.4 is 40%",
            "Volatility up to which hedge_ratio is hedged.", example: "0.3"),
        KeyDescription(
            "stressed_volatility", .decimal(.from("0", to: "100")), default: "0.8", unit: "a year, 0.8 is 80%",
            "Volatility from which on all is hedged.", example: "1"),
    ]
}
