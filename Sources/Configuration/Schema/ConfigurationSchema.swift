// SPDX-License-Identifier: Apache-2.0

/// Every key of the configuration. Validation, JSON Schema, help, template and reference page are made from it.
public enum ConfigurationSchema {
    /// The sections in the order in which people read them.
    public static let sections: [KeyDescription] =
        [
            strategies, data, external, account, simulation, instruments, venues, live, limits, risk, portfolio,
            promotion,
            validation, logging,
            report,
        ] + planned

    /// The whole document.
    static let root = ValueType.section(sections)

    /// Sections whose features are on the way. What stands in them is kept, and listed under the warnings.
    static let planned: [KeyDescription] = [
        plannedSection("learning", "Models that predict prices, and how they are trained."),
        plannedSection("optimization", "Parameter search and walk-forward analysis."),
        plannedSection("alerts", "Notifications by Telegram, e-mail, webhook and others."),
        plannedSection("server", "The API, incoming webhooks, users and the dashboard."),
    ]

    private static func plannedSection(_ name: String, _ summary: String) -> KeyDescription {
        KeyDescription(
            name, .anything, summary,
            explanation: """
                Nothing reads this section yet. It is accepted, so that a file can be prepared, and listed under the \
                warnings; live modes will refuse a file with such a section until it has an effect.
                """,
            status: .planned)
    }
}

extension ConfigurationSchema {
    static let account = KeyDescription(
        "account",
        .section([
            KeyDescription(
                "base_currency", .text(.asset), "The asset in which equity is stated.",
                explanation: """
                    Without it, equity is stated in the quote asset of the first market in alphabetical order, or in \
                    the asset in which that market settles where it differs (USDC on Hyperliquid). USD, USDC and USDT \
                    are different assets: name the one that you think in, and give rates for the others under \
                    account.conversion_rates.
                    """,
                example: "USDC"),
            KeyDescription(
                "balances",
                .map(keyName: "ASSET", value: .decimal(.notNegative), minimumCount: 1),
                "What the account holds at the start, by asset; without it, 10,000 of the base currency.",
                explanation: """
                    A spot purchase is paid from the balance of the quote asset, a sale from that of the base asset; \
                    derivatives take their margin from the settlement asset. Amounts are exact, with up to 18 decimals.
                    """,
                example: "{ USDC: 1000000, ETH: 2.5 }"),
            KeyDescription(
                "position_mode",
                .choice([
                    .init("netting", "one position for each instrument; buying reduces a short one"),
                    .init("hedging", "a long and a short position side by side"),
                ]), default: "netting", "Whether opposite positions in one instrument are one position or two.",
                explanation:
                    "Most venues net, Hyperliquid always does. Hedging is an account mode of Binance, Bybit and OKX.",
                example: "hedging"),
            KeyDescription(
                "margin_mode",
                .choice([
                    .init("cross", "the whole balance backs every position"),
                    .init("isolated", "each position has its own margin, and can lose no more than that"),
                ]), default: "cross", "What backs a leveraged position.",
                explanation: """
                    With cross margin, a position is liquidated when the account as a whole cannot carry it; with \
                    isolated margin, when its own margin is used up.
                    """,
                example: "isolated"),
            KeyDescription(
                "borrowing", .boolean, default: "false", "Whether a spot balance may go below zero.",
                explanation:
                    "Without borrowing, a spot sale of more than is held is refused. Interest is not modelled.",
                example: "true"),
            KeyDescription(
                "conversion_rates",
                .map(
                    keyName: "ASSET",
                    value: .either([
                        .decimal(.positive),
                        .list(
                            .section([
                                KeyDescription(
                                    "from", .time, required: true, "When the rate begins to hold.",
                                    example: "2024-01-01"),
                                KeyDescription(
                                    "rate", .decimal(.positive), required: true, unit: "base currency",
                                    "What one unit of the asset is worth from then on.", example: "1.0002"),
                            ]), minimumCount: 1),
                    ]), minimumCount: 0),
                unit: "base currency", "What one unit of an asset is worth in the base currency.",
                explanation: """
                    For assets that no traded instrument prices. Either one number for the whole run, or a list of \
                    times and rates; before the first of them the first one holds.
                    """,
                example: "{ USDC: 1, EUR: [{ from: 2024-01-01, rate: 1.1 }, { from: 2024-02-01, rate: 1.08 }] }"),
        ]), "The account: what it holds at the start, and how positions and margin work.")

    static let data = KeyDescription(
        "data",
        .section([
            KeyDescription(
                "store", .text(.path), default: "./apus-data", "The folder of the data store.",
                explanation: """
                    Files named under data.sources are imported into it once, checked, and read from there ever after. \
                    A path that is not absolute is taken from the folder in which the program runs.
                    """,
                example: "/var/lib/apus"),
            KeyDescription(
                "sources", .map(keyName: "SYMBOL", value: .section(source), minimumCount: 0),
                "Where the bars of each market come from.",
                explanation: """
                    The key is the market as a strategy names it, or its name on the exchange (see the symbol map). A \
                    market without a source is read from the store.
                    """,
                example: "{ BTCUSDT: { file: BTCUSDT_1y.csv.gz, timeframe: 1m, stamp: open } }"),
            KeyDescription(
                "maximum_missing_share", .share(.from("0", to: "1")), default: "0.01", unit: "share of bars",
                "How large a part of the bars may be missing before a run is refused.",
                explanation: """
                    Counted for each market over the period of the run. Bars are never invented: where one is missing, \
                    nothing trades. See data.override_gaps.
                    """,
                example: "5%"),
            KeyDescription(
                "override_gaps", .boolean, default: "false",
                "Whether to run in spite of more missing bars than allowed.",
                explanation: "The report says so. Look at the gaps first: 'apus data check'.", example: "true"),
            KeyDescription(
                "from", .time, "The first bar's open time; without it, the first there is.",
                explanation: "Earlier bars are left out, for indicators as well: they warm up from here.",
                example: "2024-01-01"),
            KeyDescription(
                "to", .time, "Where the run ends; a bar that opens then or later is not used.",
                explanation: "Without it, the run ends with the data.", example: "2024-07-01T12:00:00Z"),
        ]), "Market data: where it comes from, and which part of it is used.")

    private static let source: [KeyDescription] = [
        KeyDescription(
            "file", .text(.path), "The file to read: CSV (also gzip), Binance Vision zip, or freqtrade JSON.",
            explanation: "It is imported into the store when it is new or changed.", example: "bars/BTCUSDT_1m.csv.gz"),
        KeyDescription(
            "timeframe", .timeframe, "The length of the file's bars.",
            explanation: "Without it, the distance of the file's rows decides. A file that disagrees is refused.",
            example: "1m"),
        KeyDescription(
            "stamp",
            .choice([
                .init("open", "a row's time is when its bar opens"),
                .init("close", "a row's time is when its bar closes"),
            ]), "What the file's time column means.",
            explanation: """
                Needed unless the file's header says it (open_time, close_time). Taking an opening time for a closing \
                time would let a strategy see one bar into the future.
                """,
            example: "close"),
        KeyDescription(
            "venue", .text(.any), "The exchange that the file comes from, for the record and for a market's name.",
            explanation:
                "Two strategies on different exchanges may use one name for different markets; this tells which.",
            example: "binance"),
        KeyDescription(
            "detail",
            .section([
                KeyDescription(
                    "file", .text(.path), required: true, "A file with shorter bars of the same market.",
                    example: "bars/BTCUSDT_1s.csv.gz"),
                KeyDescription("timeframe", .timeframe, required: true, "The length of its bars.", example: "1s"),
            ]), "Finer bars, for 'intrabar: finer'.",
            explanation: """
                They decide what was reached first inside a bar. Their timeframe must divide that of the bars.
                """,
            example: "{ file: BTCUSDT_1s.csv.gz, timeframe: 1s }"),
        KeyDescription(
            "funding", .text(.path), "A CSV file of dated funding rates, for perpetuals.",
            explanation: """
                Columns: time, rate. Without a file, bars that come from the store bring the rates that are stored with \
                them. Where there are none, nothing is charged and the report says so.
                """,
            example: "bars/BTCUSDT_funding.csv"),
    ]

    static let report = KeyDescription(
        "report",
        .section([
            KeyDescription(
                "title", .text(.any), "The report's heading.", explanation: "Without it, the strategies' names.",
                example: "EMA cross on one year of minutes"),
            KeyDescription(
                "html", .text(.path), "Where to write the HTML report.",
                explanation: "One file with everything in it. The command line's --html comes first.",
                example: "report.html"),
            KeyDescription(
                "json", .text(.path), "Where to write the result as JSON.",
                explanation: "The command line's --json comes first.", example: "result.json"),
            KeyDescription(
                "fills", .text(.path), "Where to write every fill as CSV.",
                explanation: "The command line's --fills comes first.", example: "fills.csv"),
        ]), "Files that a run writes. The terminal always shows the summary.")
}
