// SPDX-License-Identifier: Apache-2.0

extension ConfigurationSchema {
    static let strategies = KeyDescription(
        "strategies", .map(keyName: "STRATEGY", value: .section(strategy), minimumCount: 1), required: true,
        "The strategies to run, each under a key of your choice.",
        explanation: """
            Several strategies share one account; each has its own positions inside it. The order in this file has no \
            influence on any result.
            """)

    private static let strategy: [KeyDescription] = [
        KeyDescription(
            "name", .text(.any), "The name shown in reports; without it, the strategy's key.",
            example: "'MACD ETH-USD 1m'"),
        KeyDescription(
            "type", .text(.any), required: true, "Which strategy it is.",
            explanation: "'apus strategies list' shows all types with their parameters.", example: "MACD"),
        KeyDescription(
            "exchange", .choice(SymbolMap.exchangeChoices), default: "generic",
            "The exchange whose market names are used.",
            explanation: """
                It decides what a name such as ETH-USD means: a perpetual on Hyperliquid and dYdX, a spot market on \
                Coinbase. See the symbol map.
                """,
            example: "hyperliquid"),
        KeyDescription(
            "venue", .text(.name),
            "The venue to trade on, a name under 'venues'; without it, the only one of its exchange.",
            explanation: "For live modes. Where it is given and 'exchange' is not, the venue's type is the exchange.",
            example: "hyperliquid"),
        KeyDescription(
            "market", .text(.symbol), "The market to trade, as the exchange names it.",
            explanation: "Exactly one of 'market' and 'markets' is given.", example: "ETH-USD"),
        KeyDescription(
            "markets",
            .either([
                .choice([.init("all", "every market that has a source under data.sources")]),
                .list(.text(.symbol), minimumCount: 1),
            ]),
            "Several markets that one strategy trades, or all.",
            explanation: "Exactly one of 'market' and 'markets' is given.", example: "[BTCUSDT, ETHUSDT]"),
        KeyDescription(
            "timeframe", .timeframe, required: true, "The length of the bars on which the strategy decides.",
            explanation: "Where the data is finer, the bars are built from it.", example: "15m"),
        KeyDescription(
            "preset",
            .choice([
                .init("conservative", "fewer, surer trades"), .init("balanced", "the type's own defaults"),
                .init("aggressive", "more trades, with more risk"),
            ]), default: "balanced", "A set of parameters that suits a temper.",
            explanation: "What stands under 'parameters' comes before the preset.", example: "conservative"),
        KeyDescription(
            "parameters", .parameters, "The strategy's own parameters.",
            explanation: "Each type declares its own, with ranges; anything else is an error.",
            example: "{ fast_period: 8, slow_period: 21, signal_period: 5 }"),
        KeyDescription(
            "risk_parameters", .section(riskParameters), "How large a position may be, and where it is closed."),
        KeyDescription(
            "execution", .section(execution), "How entries become orders, and in which hours.",
            explanation: "Done alike in backtest, paper and live; 'Documentation/order-toolbox.md' says what the venue "
                + "does itself."),
        orders,
        KeyDescription(
            "capital", .decimal(.positive), unit: "base currency",
            "The part of the account that the strategy may use; without it, all of it.",
            explanation: "Its own profits and losses, after fees, change what it may use. "
                + "Several markets share it evenly.", example: "2500"),
        KeyDescription(
            "enabled", .boolean, default: "true", "Whether the strategy runs.",
            explanation: "A strategy that is switched off is still checked.", example: "false"),
    ]

    private static let riskParameters: [KeyDescription] = [
        KeyDescription(
            "max_position_size", .decimal(.positive), unit: "quote asset",
            "The largest position, as an amount of money.",
            explanation: """
                It is the notional, the position's whole value, unless size_basis is margin. Where a venue's minimum is \
                higher, simulation.below_minimum decides between refusal and rounding up. Either this or 'quantity' is \
                given.
                """,
            example: "1.00"),
        KeyDescription(
            "size_basis",
            .choice([
                .init("notional", "the position's whole value"),
                .init("margin", "the money put up; the position is 'leverage' times as large"),
            ]), default: "notional", "What max_position_size counts.",
            explanation: "$100 at leverage 10 is a position of $100 (notional) or of $1,000 (margin).",
            example: "margin"),
        KeyDescription(
            "quantity", .decimal(.positive), unit: "base asset", "A fixed size for every order, in place of money.",
            explanation: "Contracts for derivatives that are counted in contracts.", example: "0.1"),
        KeyDescription(
            "leverage", .decimal(.from("1", to: "1000")), default: "1", unit: "times",
            "How many times larger than its margin a position is.",
            explanation: "Spot markets allow 1. The instrument's margin tiers may allow less for large positions.",
            example: "10"),
        KeyDescription(
            "stop_loss_percent", .percentage(.from("-100", to: "100")), unit: "percent",
            "The price move against the position, from the average entry, at which it is closed.",
            explanation: """
                A move of the price, not of the money put up: with leverage 10, -5.0 loses half of the margin. -5.0 and \
                5.0 mean the same. 0 is not allowed.
                """,
            example: "-5.0"),
        KeyDescription(
            "take_profit_percent", .percentage(DecimalRange(minimum: "0", maximum: "100000", isAboveMinimum: true)),
            unit: "percent", "The price move in favour of the position, from the average entry, at which it is closed.",
            example: "10.0"),
        KeyDescription(
            "trailing_stop_percent", .percentage(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)),
            unit: "percent", "The fall back from the best price since entry at which the position is closed.",
            explanation: "The stop follows the price in favour of the position and never moves back.", example: "3"),
        KeyDescription(
            "sizing", .section(sizing), "How an entry is made smaller than max_position_size by what is known.",
            example: "{ fixed_fraction: 20% }"),
        KeyDescription(
            "dynamic_leverage", .section(dynamicLeverage), "How leverage follows the market and the position.",
            example: "{ full_age: 12h }"),
        KeyDescription(
            "hedge_ratio", .share(.from("0", to: "1")), unit: "share of the position",
            "How much of the position is hedged.",
            explanation: """
                Needs hedge.market; with that alone it is 20%. With 'method: beta' it is a share of the beta, with \
                delta_neutral the share that is hedged in a calm market. 0 hedges nothing.
                """,
            example: "0.3"),
        KeyDescription(
            "hedge", .section(hedge), "What the position is hedged with; kept in step at each instant.",
            example: "{ market: ETH/USDT:USDT }"),
    ]
}
