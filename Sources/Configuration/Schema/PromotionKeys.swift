// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationSchema {
    static let promotion = KeyDescription(
        "promotion",
        .section([
            stage(
                "paper", "What paper trading must have shown before a dry run.",
                [time("7d"), days, roundTrips("20"), drawdown, difference, uptime, findings]),
            stage(
                "dry_run", "What a dry run must have shown before de-minimis trading.",
                explanation: "Nothing is sent in a dry run, so that it is about the link, the account and the uptime.",
                [time("1d"), days, uptime, findings]),
            stage(
                "de_minimis", "What de-minimis trading must have shown before live trading.",
                [time("3d"), days, roundTrips("10"), drawdown, difference, uptime, findings]),
        ]), "The plan by which a configuration earns trust: paper → dry run → de-minimis → live.",
        explanation: """
            'apus promote' checks it against the summaries of past sessions. Only sessions of a configuration that trades \
            the same count; what stands under data, live, promotion, validation, logging and report \
            makes no difference.
            """)

    private static func stage(
        _ name: String, _ summary: String, explanation: String = "", _ criteria: [KeyDescription]
    ) -> KeyDescription {
        KeyDescription(name, .section(criteria), summary, explanation: explanation)
    }

    private static func time(_ fallback: String) -> KeyDescription {
        KeyDescription(
            "min_time", .duration(.zero ... .days(366)), default: fallback,
            "How long it must have run, all sessions together.", example: "12h")
    }
    private static let days = KeyDescription(
        "min_days", .integer(0...366), default: "1", unit: "days", "On how many different days (UTC) it must have run.",
        example: "5")
    private static func roundTrips(_ fallback: String) -> KeyDescription {
        KeyDescription(
            "min_round_trips", .integer(0...1_000_000), default: fallback, unit: "round trips",
            "How many positions must have been opened and closed.", example: "50")
    }
    private static let drawdown = KeyDescription(
        "max_drawdown", .percentage(DecimalRange(minimum: "0", maximum: "100", isAboveMinimum: true)),
        default: "10", unit: "percent", "The deepest fall of equity that is allowed in any session.", example: "4")
    private static let difference = KeyDescription(
        "max_difference", .percentage(.from("0", to: "100")), default: "1", unit: "percent of equity",
        "How far a session's result may be from a backtest of the same time.",
        explanation: "A session without such a comparison does not fulfil it: 'apus compare' makes one.",
        example: "0.5")
    private static let uptime = KeyDescription(
        "min_uptime", .percentage(.from("0", to: "100")), default: "99", unit: "percent",
        "The part of the time during which data came and orders could be sent.", example: "95")
    private static let findings = KeyDescription(
        "max_findings", .integer(0...1000), default: "0", unit: "findings", "How many unresolved findings are allowed.",
        explanation: "Findings are differences to the venue and violations that nobody has acknowledged.", example: "1")
}
