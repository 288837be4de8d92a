// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let positiveShare = ValueType.share(
        DecimalRange(minimum: "0", maximum: "1", isAboveMinimum: true))

    static let risk = KeyDescription(
        "risk",
        .section([
            KeyDescription(
                "volatility_ratio", .decimal(.from("1.01", to: "1000")), default: "3", unit: "times normal",
                "Volatility at which trading in a market halts.",
                explanation: """
                    The present volatility is that of the last 15 bars or so, the normal one that of the last 1,440. It \
                    ends by itself volatility_pause after the ratio fell below 2. As with each of the breakers, nothing is \
                    opened or enlarged while it is on and entries that rest are taken back; exits, stops and targets go on.
                    """,
                example: "4"),
            KeyDescription(
                "flash_crash", positiveShare, default: "10%", unit: "share of the price",
                "Move within a minute, up or down, that halts all trading.",
                explanation: """
                    It ends by itself flash_crash_pause after the last such move. Stops stay where they are. It is seen when a bar \
                    of the data closes; where these are longer than a minute, a move within two bars counts, however slow it \
                    was: on bars of hours write a larger share.
                    """,
                example: "5%"),
            KeyDescription(
                "volatility_halts", scope, default: "market", "What volatility_ratio halts.", example: "all"),
            KeyDescription("flash_crash_halts", scope, default: "all", "What flash_crash halts.", example: "market"),
            KeyDescription(
                "volatility_pause", pause, default: "15m", "How long volatility_ratio halts after it was last reached.",
                example: "1h"),
            KeyDescription(
                "flash_crash_pause", pause, default: "15m", "How long flash_crash halts after the last such move.",
                example: "1h"),
            KeyDescription(
                "error_rate_pause", pause, default: "10m", "How long error_rate halts after it was last reached.",
                example: "1h"),
            KeyDescription(
                "resume",
                .choice([
                    ValueType.Choice("rule", "each by its pause; a daily loss at midnight UTC; a drawdown by hand"),
                    ValueType.Choice("hand", "each by a person, with apus control resume"),
                ]), default: "rule", "Who lets a breaker go.",
                explanation: "In a backtest nobody does it by hand, so nothing is opened after the first.",
                example: "hand"),
            KeyDescription(
                "drawdown", positiveShare, default: "20%", unit: "share of the highest equity",
                "Loss from the highest equity that halts all trading until a person resumes it.",
                explanation: "In a backtest nobody does, so nothing is opened after it.", example: "15%"),
            KeyDescription(
                "daily_loss", .decimal(.positive), unit: "base currency",
                "Loss since midnight UTC that halts all trading until the next day.",
                explanation: "Like limits.daily_loss, but in backtests too.", example: "100"),
            KeyDescription(
                "error_rate", positiveShare, default: "50%", unit: "share of the last 20",
                "Share of orders that fail at which all trading halts.",
                explanation: "Refusals for want of a valid order, margin or rights; not limits of your own.",
                example: "30%"),
            KeyDescription(
                "liquidation_warning", nearShare, default: "20%", unit: "share of the mark price",
                "How near its liquidation may be before a margined position is warned about.",
                explanation: """
                    Any of the three liquidation keys switches the guard on; with them alone there are no circuit breakers. \
                    The warning is a record of the decisions ('apus explain').
                    """,
                example: "30%"),
            KeyDescription(
                "liquidation_reduction", nearShare, default: "10%", unit: "share of the mark price",
                "How near its liquidation may be before a margined position is reduced.",
                explanation: "A reduce-only market order of the engine, whatever the strategy does.", example: "15%"),
            KeyDescription(
                "liquidation_target", nearShare, default: "25%", unit: "share of the mark price",
                "How far away the liquidation is to be after a reduction.",
                explanation: "Where no smaller position achieves it, all of it is closed.", example: "35%"),
        ]),
        "When trading stops by itself, and how near to its liquidation a position may come. Without this section neither."
    )

    private static let pause = ValueType.duration(.zero ... .days(365))
    private static let scope = ValueType.choice([
        ValueType.Choice("market", "the market that it is about"), ValueType.Choice("all", "all markets"),
    ])
    private static let nearShare = ValueType.share(DecimalRange(minimum: "0", maximum: "0.99", isAboveMinimum: true))

    static let portfolio = KeyDescription(
        "portfolio",
        .section([
            KeyDescription(
                "single_symbol", positiveShare, default: "40%", unit: "share of equity",
                "The most that one market may have, at full confidence.", example: "30%"),
            KeyDescription(
                "correlated_pair", positiveShare, default: "50%", unit: "share of equity",
                "The most that two markets that move together may have.", example: "40%"),
            KeyDescription(
                "correlated_group", positiveShare, default: "50%", unit: "share of equity",
                "The most that all markets may have that hang together through such pairs.", example: "60%"),
            KeyDescription(
                "correlation", .share(.from("0", to: "1")), default: "0.7", unit: "coefficient",
                "The correlation above which two markets move together.",
                explanation: """
                    Of hourly returns over 30 days. Where it cannot be measured yet, or a price stands still, two markets \
                    count as moving together.
                    """,
                example: "0.8"),
            KeyDescription(
                "total_risk", positiveShare, default: "6%", unit: "share of equity",
                "The most that all stops together may lose.",
                explanation: "A position without a stop counts with the loss that it exceeds on one day of twenty.",
                example: "4%"),
            KeyDescription(
                "total", positiveShare, default: "100%", unit: "share of equity",
                "The most that all positions together may be worth.", example: "80%"),
            KeyDescription(
                "value_at_risk", positiveShare, unit: "share of equity",
                "The most that may be lost on 19 days of 20, or as often as 'confidence' says.",
                explanation:
                    "From 30 days of hourly returns; until there are 30 of them nothing is opened.", example: "5%"),
            KeyDescription(
                "expected_shortfall", positiveShare, unit: "share of equity",
                "The most that may be lost on average on the other days.", example: "8%"),
            KeyDescription(
                "gross_exposure", .share(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)),
                unit: "share of equity", "The most that all positions together may be worth, however they came to it.",
                explanation: "Unlike 'total', which each entry is held against, it is looked at every hour.",
                example: "150%"),
            KeyDescription(
                "diversification_ratio", .decimal(.from("1", to: "100")), unit: "ratio",
                "The least that two positions and more must spread risk.",
                explanation: """
                    What the positions would risk one by one, over what they risk together: 1 where all move together, the \
                    root of 2 for two alike that do not. One position alone is not held against it.
                    """,
                example: "1.2"),
            KeyDescription(
                "method",
                .choice([
                    .init("historical", "the losses that today's positions would have had"),
                    .init("parametric", "normal returns with the deviation of all together"),
                    .init("cornish_fisher", "corrected for skew and fat tails; historical where that does not hold"),
                    .init("monte_carlo", "drawn from how the markets vary together; the slowest"),
                ]), default: "historical", "How losses are estimated.", example: "cornish_fisher"),
            KeyDescription(
                "confidence", .share(.from("0.5", to: "0.999")), default: "95%", unit: "share of days",
                "On how many days no more than the value at risk is lost.", example: "99%"),
            KeyDescription(
                "draws", .integer(100...100_000), default: "2000", unit: "draws",
                "How many days 'method: monte_carlo' draws.",
                explanation: "The same draws give the same numbers: the seed does not change.", example: "10000"),
            KeyDescription(
                "on_breach",
                .choice([
                    .init("refuse", "nothing new is opened"),
                    .init("reduce", "nothing new is opened, and all positions are reduced until the limit holds"),
                ]), default: "refuse",
                "What happens while value_at_risk, expected_shortfall or gross_exposure is passed.",
                explanation: "Looked at every full hour, also where only the market moved.", example: "reduce"),
            KeyDescription(
                "rebalance", .duration(.minutes(1) ... .days(365)), default: "6h",
                "How often positions are held against their part of the capital.",
                explanation: "A position that has outgrown its part by more than a tenth is reduced.", example: "12h"),
        ]),
        "How capital is shared between markets: shares that are left out give way to those that are written. Without this section each strategy has its own size and no other."
    )
}
