// SPDX-License-Identifier: Apache-2.0

extension ConfigurationSchema {
    static let validation = KeyDescription(
        "validation",
        .section([
            KeyDescription(
                "out_of_sample_from", .time,
                "The day from which on data is held back from every choice: out of sample.",
                explanation: """
                    Fix it before anything is tried, and never move it. Reports then tell the time before and after it \
                    apart, and count every run that looks at the time after it, in the data store's folder. What is \
                    chosen by looking there is no longer out of sample.
                    """,
                example: "2023-07-01")
        ]), "Which part of the data is kept for judging what was chosen on the rest.")
}
