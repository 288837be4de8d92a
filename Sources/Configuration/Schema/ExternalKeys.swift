// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let external = KeyDescription(
        "external", .map(keyName: "SERIES", value: .section(externalSeries), minimumCount: 0),
        "Series from outside the markets, such as sentiment or metrics of a chain, as they were known at each time.",
        explanation: """
            A strategy reads one by its name, and so do conditional orders. What became known after an instant has no \
            influence on it, in backtests as little as live. Each has a file, a url that sessions ask, or both.
            """,
        example: "{ fear: { file: fear-and-greed.csv, max_age: 36h } }")

    private static let externalSeries: [KeyDescription] = [
        KeyDescription(
            "file", .text(.path), "The file to read: CSV or JSON lines (also gzip, zstd, zip).",
            explanation: """
                Columns: value_time, known_at, value. A later row with the same value_time is a revision. While a session \
                runs, the file is read again whenever it changes; beside a url it is the history, read once. Backtests \
                need it.
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
        KeyDescription(
            "url", .text(.page), "A page of JSON or CSV that sessions ask for the newest value.",
            explanation: """
                A value is known from when it was received. Redirects are not followed. A secret does not belong into the \
                address: see headers.
                """,
            example: "https://api.example.com/v1/index?limit=1"),
        KeyDescription(
            "every", .duration(.seconds(1) ... .days(1)), default: "1m", "How often the url is asked.",
            explanation: """
                After an error it is asked again after a second or so, then more and more slowly, up to this time (and a \
                minute at least), and not before the server allows.
                """,
            example: "10m"),
        KeyDescription(
            "timeout", .duration(.milliseconds(100) ... .minutes(1)), default: "10s",
            "How long an answer of the url may take in all.", example: "5s"),
        KeyDescription(
            "rows", .text(.dataPath), "Where the rows are in the url's JSON; without it, all of it.",
            explanation: """
                Names and places in lists with points between. What stands there is a list of rows, or one row.
                """,
            example: "data.points"),
        KeyDescription(
            "value", .text(.dataPath), "Where the value is in a row of the url's answer.",
            explanation: """
                In JSON names and places with points between, '-1' the last of a list, '.' the row itself. In CSV the name \
                of a column.
                """,
            example: "close"),
        KeyDescription(
            "time", .text(.dataPath), "Where the time that the value is of is in a row of the url's answer.",
            explanation: "As for value. ISO dates, or seconds, milliseconds, microseconds or nanoseconds since 1970.",
            example: "timestamp"),
        KeyDescription(
            "headers", .map(keyName: "HEADER", value: .text(.secretText), minimumCount: 0),
            "Headers of requests to the url whose values are secret: where each value is.",
            explanation: "As for a venue's credentials, perhaps after a word such as Bearer.",
            example: "{ Authorization: 'Bearer env:INDEX_TOKEN' }"),
        KeyDescription(
            "keep", .text(.path), "The file to which sessions append what they receive from the url.",
            explanation: """
                Without it, external/SERIES.csv in the folder of the data store. It is a file as 'file' reads it, so that a \
                backtest has exactly what was known live.
                """,
            example: "kept/index.csv"),
    ]
}
