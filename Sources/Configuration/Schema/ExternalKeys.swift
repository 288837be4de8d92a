// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let external = KeyDescription(
        "external", .map(keyName: "SERIES", value: .section(externalSeries), minimumCount: 0),
        "Series from outside the markets, such as sentiment or metrics of a chain, as they were known at each time.",
        explanation: """
            A strategy reads one by its name, and so do conditional orders. What became known after an instant has no \
            influence on it, in backtests as little as live.
            """,
        example: "{ fear: { file: fear-and-greed.csv, max_age: 36h } }")

    private static let externalSeries: [KeyDescription] = [
        KeyDescription(
            "file", .text(.path), required: true, "The file to read: CSV or JSON lines (also gzip, zstd, zip).",
            explanation: """
                Columns: value_time, known_at, value. A later row with the same value_time is a revision. While a session \
                runs, the file is read again whenever it changes.
                """,
            example: "fear-and-greed.csv"),
        KeyDescription(
            "max_age", .duration(.seconds(1) ... .configurableMaximum), required: true,
            "How long ago the time that a value is of may be, before the value reads as unknown.",
            explanation: """
                There is no default: only you know how often the series brings something new. Leave room for the time \
                until the next value is published.
                """,
            example: "36h"),
        KeyDescription(
            "known_after", .duration(.zero ... .configurableMaximum),
            "For a file without known_at: how long after its time a value became known.",
            explanation: "Choose it rather too long than too short: too short lets a backtest see the future.",
            example: "1h"),
        KeyDescription(
            "column", .text(.any), "The column of the values; without it, the one that is called value.",
            example: "active_addresses"),
    ]
}
