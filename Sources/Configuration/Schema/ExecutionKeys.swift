// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    /// How a strategy's entries are worked.
    static let execution: [KeyDescription] = [
        KeyDescription(
            "entry",
            .choice([
                .init("market", "one market order"), .init("twap", "equal slices at equal distances of time"),
                .init("vwap", "slices as large as the volume is, or is expected to be"),
                .init("iceberg", "one small part shown at a time"),
                .init("dca", "equal slices at times, or each time the price is better"),
            ]), default: "market", "How an entry becomes orders.",
            explanation: """
                All but market are done by Apus at closed bars, in backtest, paper and live alike. Each slice carries \
                the strategy's stop and target for what it filled.
                """,
            example: "twap"),
        KeyDescription(
            "slices", .integer(1...1000), "How many parts an entry is split into; 10 unless said otherwise.",
            explanation: "For twap and dca. A part below the venue's minimum goes with the next one.", example: "5"),
        KeyDescription(
            "over", .duration(.seconds(1) ... .days(366)), "How long an entry may take.",
            explanation: "For twap and vwap; vwap with participation_percent can do without.", example: "2h"),
        KeyDescription(
            "every", .duration(.seconds(1) ... .days(366)), "The time between two parts, for dca.", example: "1d"),
        KeyDescription(
            "drop_percent", .percentage(DecimalRange(minimum: "0", maximum: "99", isAboveMinimum: true)),
            unit: "percent", "How much better than at the last part the price must be for the next, for dca.",
            explanation: "Lower for a long entry, higher for a short one. With 'every', whichever comes first.",
            example: "2"),
        KeyDescription(
            "curve", .list(.decimal(.notNegative), minimumCount: 2),
            "For vwap: the expected volume of equal parts of 'over'.",
            explanation: "Numbers in any unit; their shares count.", example: "[3, 2, 1, 2, 4]"),
        KeyDescription(
            "participation_percent", .percentage(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)),
            unit: "percent", "For vwap: the share of what the market trades that is taken, instead of a curve.",
            example: "5"),
        KeyDescription(
            "display_percent", .percentage(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)),
            unit: "percent", "For iceberg: the share of the entry that is shown at a time.", example: "10"),
        KeyDescription(
            "limit_offset_percent", .percentage(DecimalRange(minimum: "0", maximum: "50")), unit: "percent",
            "Sends parts as limit orders, this much better than the last close; without it, at market.",
            explanation: "An iceberg always uses limit orders, at the close unless this says otherwise.",
            example: "0.05"),
        KeyDescription(
            "post_only", .boolean, default: "false", "Whether limit orders are refused where they would trade at once.",
            example: "true"),
        KeyDescription(
            "complete", .boolean, default: "true",
            "Whether what has not filled when the time is over is sent at market.",
            explanation: "Otherwise the entry stays as small as it is.", example: "false"),
        KeyDescription(
            "accelerate",
            .choice([
                .init("favourable", "when the price gets better"), .init("adverse", "when the price runs away"),
            ]), "Makes an entry go faster once the price has moved.",
            explanation: "What is due is multiplied by accelerate_factor while the price is accelerate_percent away "
                + "from where it was at the start.", example: "adverse"),
        KeyDescription(
            "accelerate_percent", .percentage(.from("0", to: "100")), unit: "percent",
            "How far the price must have moved.", example: "0.5"),
        KeyDescription(
            "accelerate_factor", .decimal(DecimalRange(minimum: "1", maximum: "1000", isAboveMinimum: true)),
            unit: "times", "How many times as much is due then; 2 unless said otherwise.", example: "3"),
        KeyDescription(
            "timeframe", .timeframe, "The bars at whose closes parts are sent and stops are moved.",
            explanation: """
                Without it, the shortest timeframe that the strategy reads. The data must be as fine in every mode.
                """,
            example: "1m"),
        KeyDescription(
            "trading_hours", .list(.text(.any), minimumCount: 1), "Hours in which entries are made.",
            explanation: """
                Days and times in UTC, or by the clock that stands behind them, without summer time. Exits and \
                protection are not bound by them. A signal outside of them is not made up for; parts of an entry wait.
                """,
            example: "['Mon-Fri 08:00-16:30', 'Sun 22:00-24:00 +01:00']"),
        KeyDescription("trailing", .section(trailing), "How the trailing stop follows."),
    ]

    private static let trailing: [KeyDescription] = [
        KeyDescription(
            "atr_multiple", .decimal(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)), unit: "times",
            "Makes the distance this many average true ranges, and lets it follow them.",
            explanation: """
                In place of risk_parameters.trailing_stop_percent. The stop never moves away from the market. While \
                the range is unknown or zero, no entry is made.
                """,
            example: "3"),
        KeyDescription(
            "atr_period", .integer(1...10_000), unit: "bars",
            "Bars of the strategy's timeframe in the range; 14 unless said otherwise.", example: "20"),
        KeyDescription(
            "activation_percent", .percentage(DecimalRange(minimum: "0", maximum: "1000", isAboveMinimum: true)),
            unit: "percent", "The gain on the close at the entry from which the stop follows; without it, at once.",
            explanation: "Until then only the other stops protect the position.", example: "1"),
    ]
}
