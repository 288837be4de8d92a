// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    /// Fees are a share of the notional; a rebate is negative.
    static let feeRange = ValueType.share(.from("-0.1", to: "0.1"))

    static let simulation = KeyDescription(
        "simulation",
        .section([
            KeyDescription(
                "fill",
                .choice([
                    .init("next_open", "a market order fills at the next bar's open"),
                    .init("same_close", "it fills at the close of the bar whose signal it follows"),
                ]), default: "next_open", "Where a market order fills when it follows from a bar's close.",
                explanation: """
                    A decision at the close can in truth be executed only afterwards. same_close is for comparison with \
                    other programs; it implies a latency of zero.
                    """,
                example: "same_close"),
            KeyDescription(
                "latency", .duration(.zero ... .configurableMaximum), default: "100ms",
                "How long an order takes to reach the venue.",
                explanation: """
                    It is above zero, unless fill is same_close, which implies zero. In bar mode a latency below one bar \
                    means the next bar's open.
                    """,
                example: "250ms"),
            KeyDescription(
                "intrabar",
                .choice([
                    .init("pessimistic", "the worse of the two possible orders of events"),
                    .init("adaptive", "the extreme nearer to the open comes first"),
                    .init("finer", "finer bars decide, from data.sources.SYMBOL.detail"),
                    .init("optimistic", "the better of the two; only to see the range"),
                ]), default: "pessimistic", "What happened first inside a bar that reached both a stop and a target.",
                explanation: "The report counts such bars and states the results of the worst and the best case.",
                example: "adaptive"),
            KeyDescription(
                "volume_limit",
                .either([
                    .choice([.init("none", "no limit")]),
                    .share(DecimalRange(minimum: "0", maximum: "1", isAboveMinimum: true)),
                ]),
                default: "1", unit: "share of a bar's volume",
                "How much of a bar's volume all orders of the run may take.",
                explanation: "The rest of the order waits for the next bar. 'none' fills any size.", example: "0.1"),
            KeyDescription(
                "limit_touch",
                .choice([
                    .init("fill", "a limit order fills when its price is touched"),
                    .init("through", "it fills only when the price goes beyond, as it does at the end of a queue"),
                ]), default: "fill", "Whether a limit order fills when the price only touches it.", example: "through"),
            KeyDescription(
                "slippage", .section(slippage), "How much worse than the quoted price a market order fills.",
                explanation: "Stop orders that turn into market orders slip too; limit orders never do.",
                example: "{ model: constant, ticks: 1 }"),
            KeyDescription(
                "maker_fee", feeRange, default: "0.0002", unit: "share of notional",
                "The fee of an order that waited in the book, for instruments that do not say.",
                explanation: "A negative number is a rebate.", example: "0.01%"),
            KeyDescription(
                "taker_fee", feeRange, default: "0.0005", unit: "share of notional",
                "The fee of an order that filled at once, for instruments that do not say.", example: "0.04%"),
            KeyDescription(
                "funding", .boolean, default: "true", "Whether perpetuals pay and receive funding.",
                explanation: "Rates come from data.sources.SYMBOL.funding or the store. Without any, none is charged.",
                example: "false"),
            KeyDescription(
                "liquidation", .boolean, default: "true", "Whether positions are liquidated as the venue would.",
                explanation: "Without it, equity may fall below zero, and the result means little.", example: "false"),
            KeyDescription(
                "below_minimum",
                .choice([
                    .init("reject", "the order is refused, with the reason"),
                    .init("round_up", "the order is raised to the venue's minimum"),
                ]), default: "reject", "What happens to an order smaller than the venue's minimum.",
                explanation:
                    "Hyperliquid, for one, takes no order below $10. Rounding up adds one percent, because the "
                    + "venue measures at the next price. It holds in every mode, live ones too.",
                example: "round_up"),
            KeyDescription(
                "seed", .integer(0...Int64.max), default: "0", "What random choices start from.",
                explanation: "Nothing in a backtest on bars is random, so it has no effect there.", example: "42",
                status: .planned),
        ]), "How the simulated venue fills orders, and what it charges.")

    private static let slippage: [KeyDescription] = [
        KeyDescription(
            "model",
            .choice([
                .init("none", "fills at the quoted price"),
                .init("constant", "a fixed number of ticks, or a percentage of the price"),
                .init("volume_share", "impact × (order / bar volume)², as a share of the price"),
                .init("square_root", "impact × volatility × √(order / bar volume), as a share of the price"),
            ]), default: "none", "The model of slippage.", example: "constant"),
        KeyDescription(
            "ticks", .integer(1...1_000_000), unit: "ticks", "For 'constant': how many ticks worse.", example: "2"),
        KeyDescription(
            "percent", .percentage(DecimalRange(minimum: "0", maximum: "50", isAboveMinimum: true)), unit: "percent",
            "For 'constant': how many percent of the price worse.", example: "0.02"),
        KeyDescription(
            "impact", .decimal(DecimalRange(minimum: "0", maximum: "1000", isAboveMinimum: true)),
            "For 'volume_share' and 'square_root': the factor of the formula.",
            explanation: "Fitted to one's own fills; 0.1 (volume_share) and 1 (square_root) are common beginnings.",
            example: "0.1"),
        KeyDescription(
            "volatility_window", .integer(2...100_000), default: "100", unit: "bars",
            "For 'square_root': how many bars the volatility is measured over.", example: "50"),
    ]
}
