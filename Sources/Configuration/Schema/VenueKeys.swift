// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let venues = KeyDescription(
        "venues", .map(keyName: "VENUE", value: .section(venue), minimumCount: 0),
        "The exchanges to trade on, each under a name of your choice.",
        explanation: """
            Read by live modes only: a backtest needs none. A strategy trades on the venue that it names, or on the only \
            one of its exchange. Secrets never stand here: 'credentials' says where they are.
            """,
        example: "{ hyperliquid: { type: hyperliquid, network: testnet, credentials: 'env:APUS_AGENT_KEY' } }")

    private static let venue: [KeyDescription] = [
        KeyDescription(
            "type", .choice([.init("hyperliquid", "perpetuals and spot on Hyperliquid")]), required: true,
            "Which exchange it is.", example: "hyperliquid"),
        KeyDescription(
            "network",
            .choice([
                .init("mainnet", "real money"), .init("testnet", "play money, on the exchange's own test system"),
            ]), required: true, "Which of the exchange's networks it is, and which one orders are signed for.",
            explanation: "An order that is signed for one is refused on the other.", example: "testnet"),
        KeyDescription(
            "url", .text(.webAddress), "Where requests go, in place of the exchange's own address.",
            explanation: """
                For simulators and gateways. http:// is accepted only for this machine; over a network orders go through \
                https:// alone.
                """,
            example: "http://127.0.0.1:3001"),
        KeyDescription(
            "stream_url", .text(.streamAddress), "Where data and order updates come from, without the path.",
            explanation: "Without it, it follows from 'url': ws:// for http://, wss:// for https://.",
            example: "ws://127.0.0.1:3001"),
        KeyDescription(
            "account", .text(.chainAddress), "The address of the account that is traded.",
            explanation: """
                The account itself, not its agent (API wallet): an agent's own address holds nothing. Needed for \
                everything but paper trading.
                """,
            example: "'0x0000000000000000000000000000000000000001'"),
        KeyDescription(
            "vault_address", .text(.chainAddress), "A vault or sub-account to trade for, which the account controls.",
            explanation: "Orders, positions and balances are then the vault's or sub-account's.",
            example: "'0x0000000000000000000000000000000000000002'"),
        KeyDescription(
            "credentials", .text(.credentials),
            "Where the key is that signs orders: env:NAME, file:PATH or vault:NAME.",
            explanation: """
                An agent's key is enough and cannot withdraw. env: names an environment variable, file: a file that only \
                its owner can read, vault: an entry of the encrypted vault ('apus vault'). A key itself is refused here. \
                Needed for everything but paper trading.
                """,
            example: "'env:APUS_AGENT_KEY'"),
        KeyDescription(
            "websocket_orders", .boolean, default: "true", "Whether orders go over the open WebSocket.",
            explanation:
                "It is faster than a request of their own. Without it, or while it is down, requests are used.",
            example: "false"),
        KeyDescription(
            "order_expiry",
            .either([.choice([.init("none", "no limit")]), .duration(.seconds(1) ... .seconds(300))]), default: "10s",
            "How old an order may be when it arrives; the exchange refuses older ones.",
            explanation: """
                It bounds how long the fate of an order can stay unknown. It says nothing of how long an accepted order \
                lives. Too short a time with a slow link wastes the address's budget of requests.
                """,
            example: "5s"),
        KeyDescription(
            "clock",
            .choice([
                .init("wall", "this machine's clock"),
                .init("venue", "the time of the venue's data, which may run faster or slower"),
            ]), default: "wall", "Which clock decides when bars close and timers end.",
            explanation: "'venue' is for simulated exchanges that replay history at another speed.", example: "venue"),
        KeyDescription(
            "ca_file", .text(.path), "A file of certificates to trust besides the system's.",
            explanation: "For a simulator or gateway with its own certificate. Verification is never switched off.",
            example: "simulator-ca.pem"),
        KeyDescription(
            "proxy", .text(.proxyAddress), "A proxy for all connections to this venue.",
            explanation: "Without it, the environment's https_proxy. Passwords for it do not belong into this file.",
            example: "http://127.0.0.1:3128"),
        KeyDescription(
            "candles",
            .choice(["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d"].map { .init($0, "") }),
            default: "1m", "The candles that are subscribed; longer bars are built from them.",
            explanation: "Every strategy's timeframe is a multiple of it. Exchanges keep only the latest few thousand.",
            example: "5m"),
        KeyDescription(
            "stale_after", .duration(.seconds(10) ... .days(1)), default: "2m",
            "How long a stream of the market's data may be silent before it is told as stale.",
            explanation: """
                Candles have 'stale_candles' times their own length where that is longer. A stream that is stale is said \
                in the log and among the findings; whether bars are late enough to trade nothing is live.stale_after.
                """,
            example: "5m"),
        KeyDescription(
            "stale_candles", .integer(1...1000), default: "2", unit: "candles",
            "How many candles in a row may stay away before their stream is told as stale.", example: "3"),
        KeyDescription(
            "external_orders",
            .choice([
                .init("ignore", "they are reported and left alone"),
                .init("adopt", "they are watched, counted in the limits and cancelled by the kill switch"),
            ]), default: "ignore", "What happens to orders that were placed by hand on the same account.",
            explanation: "Another program that places orders on the account makes trading pause in either case.",
            example: "adopt"),
        KeyDescription(
            "reconcile_every", .duration(.seconds(5) ... .seconds(3600)), default: "1m",
            "How often orders, fills, positions and balances are compared with the exchange's.",
            explanation: "This happens after every reconnect as well. Each time costs some of the request budget.",
            example: "30s"),
        KeyDescription(
            "rate_limit", .integer(10...10_000_000), default: "1200", unit: "weight a minute",
            "How much weight of requests may be used.",
            explanation: "Hyperliquid allows 1200 a minute for each IP address: lower it where programs share one.",
            example: "600"),
        KeyDescription(
            "dead_man_switch",
            .choice([
                .init("off", "orders stay when this program dies"),
                .init("when_unprotected", "armed while no stop or target waits there, which it would cancel too"),
                .init("always", "armed at all times; it cancels stops and targets too"),
            ]), default: "off", "Whether the exchange cancels all orders when it hears nothing from this program.",
            explanation: """
                It closes no position. Hyperliquid grants it only to accounts with enough volume, and lets it fire ten \
                times a day.
                """,
            example: "when_unprotected"),
        KeyDescription(
            "dead_man_delay", .duration(.seconds(10) ... .seconds(3600)), default: "1m",
            "How long the exchange waits for a sign of life before it cancels.", example: "30s"),
        KeyDescription(
            "max_clock_skew", .duration(.milliseconds(10) ... .seconds(3600)), default: "5s",
            "How far this machine's clock may be off the exchange's before trading pauses.",
            explanation: "Smaller differences are measured and corrected.", example: "1s"),
    ]
}
