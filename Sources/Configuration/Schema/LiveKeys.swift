// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let live = KeyDescription(
        "live",
        .section([
            KeyDescription(
                "instance", .text(.name), default: "apus", "This program's name among others on the same account.",
                explanation: """
                    Every order carries a number made from it, so that a restart recognises its own orders and another \
                    program's are noticed. Two programs on one account need different names; 'apus control --name' uses \
                    it too.
                    """,
                example: "btc-trend"),
            KeyDescription(
                "journal", .text(.path), default: "./apus-journal", "The folder of the journal.",
                explanation: """
                    Everything needed to go on after a crash is written here before it is acted on; session summaries, \
                    promotions and logs go here as well. Each instance has a folder of its own in it.
                    """,
                example: "/var/lib/apus/journal"),
            KeyDescription(
                "durability",
                .choice([
                    .init("process", "survives any end of the program"),
                    .init("power", "survives a loss of power too; each order waits for the disk"),
                ]), default: "process", "What the journal survives.", example: "power"),
            KeyDescription(
                "busy_poll", .boolean, default: "false",
                "Asks for news again and again instead of sleeping, for orders that leave sooner.",
                explanation: """
                    It takes one core of the machine for itself. A core that slept needs time to wake, and has \
                    forgotten what it needs for an order: on a machine with cores to spare, an order leaves in about half \
                    the time.
                    """,
                example: "true"),
            KeyDescription(
                "history_days", .integer(0...3650), unit: "days",
                "How many days of bars are loaded before trading starts.",
                explanation: """
                    Without it, as far back as the strategies and their features declare that they look, and 7 days where \
                    none does. The bars come from the store, and only those that are missing there from the exchange.
                    """,
                example: "90"),
            KeyDescription(
                "store",
                .list(
                    .choice([
                        .init("trades", "every trade"), .init("quotes", "best bid and ask"),
                        .init("books", "the levels of the book, as changes"),
                        .init("funding", "what perpetuals pay"),
                        .init("contexts", "mark price, index price and open interest"),
                    ]), minimumCount: 0), default: "[funding, contexts]",
                "What is kept of the streams in the data store, besides bars.",
                explanation: """
                    Venues give bars again later, but not these. Funding and contexts take about 2 MB a day and market, trades \
                    and quotes ten times as much, books a hundred times. They are written every 5 minutes; nothing is \
                    decided with them.
                    """,
                example: "[trades, quotes, funding, contexts]"),
            KeyDescription(
                "bar_grace", .duration(.zero ... .seconds(300)), default: "2s",
                "How long after its end a bar waits for late data.",
                explanation: """
                    A bar closes when the next one comes, or when this time is over. Longer sees more late data, shorter \
                    decides earlier.
                    """,
                example: "500ms"),
            KeyDescription(
                "stale_after", .duration(.seconds(1) ... .days(1)), default: "30s",
                "How old a bar may be when it is acted on.",
                explanation: "Strategies see older ones, after a gap in the link, but their orders are not sent.",
                example: "1m"),
            KeyDescription(
                "shutdown",
                .choice([
                    .init("keep_orders", "orders and positions stay as they are"),
                    .init("cancel_orders", "entries are cancelled; stops and targets of open positions stay"),
                    .init("flatten", "all orders are cancelled and all positions closed at market"),
                ]), default: "cancel_orders", "What an orderly stop does with orders and positions.",
                explanation: """
                    The kill switch does not ask: it cancels all orders but stops and targets, and with `--flatten` those \
                    too, closing all positions.
                    """,
                example: "keep_orders"),
            KeyDescription(
                "control_socket", .text(.path), "The socket through which 'apus control' speaks to this program.",
                explanation: """
                    Without it, NAME.sock in a folder 'apus' of the user's runtime folder, or in /tmp/apus-UID where there \
                    is none. Only the owner can open it.
                    """,
                example: "/run/apus/btc-trend.sock"),
            KeyDescription(
                "status_every", .duration(.seconds(1) ... .seconds(86_400)), default: "1m",
                "How often a status line is printed where the output is no terminal.",
                explanation: "On a terminal one line is kept up to date every second.", example: "10s"),
        ]), "How paper, dry-run, de-minimis and live trading run.",
        explanation: "The mode itself is chosen on the command line: no file can turn a backtest into live trading.")

    static let logging = KeyDescription(
        "logging",
        .section([
            KeyDescription(
                "level", level, default: "info", "The least important events that are written to the file.",
                example: "debug"),
            KeyDescription(
                "components", .section(components), "Another level for parts of the program.",
                explanation: "Without one, a part has the level above."),
            KeyDescription(
                "stderr_level", .either([.choice([.init("off", "nothing")]), level]), default: "warning",
                "The least important events that are written to standard error as well.", example: "error"),
            KeyDescription(
                "file", .text(.path), "The file; without it, apus.log in the instance's journal folder.",
                explanation: "One JSON object a line. Secrets are replaced by *** whatever writes them.",
                example: "/var/log/apus/apus.log"),
            KeyDescription(
                "max_megabytes", .integer(1...100_000), default: "50", unit: "megabytes",
                "The size at which the file is renamed and a new one begun.", example: "10"),
            KeyDescription(
                "keep", .integer(0...1000), default: "10", unit: "files", "How many renamed files are kept.",
                explanation: "The oldest is deleted when there are more.", example: "30"),
        ]), "Log files of live trading.")

    private static let components = [
        ("session", "The session: its start, its modes and its end."), ("engine", "Strategies and their decisions."),
        ("orders", "Orders, fills and reconciliation."), ("risk", "Checks before orders, limits and halts."),
        ("venue", "What exchanges say, and what is asked of them."), ("network", "Connections and their health."),
        ("journal", "The journal and its files."), ("control", "Commands of the operator."),
    ].map { KeyDescription($0.0, level, $0.1, example: "debug") }

    private static let level = ValueType.choice([
        .init("debug", "everything"), .init("info", "what happens"), .init("warning", "what needs attention"),
        .init("error", "what failed"), .init("critical", "what stopped trading"),
    ])
}
