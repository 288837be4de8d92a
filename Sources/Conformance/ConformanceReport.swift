// SPDX-License-Identifier: Apache-2.0

public import JSON

/// What came of one case.
public enum CaseOutcome: Hashable, Sendable {
    case passed
    /// Each line says where, what was expected and what came.
    case failed([String])
    case skipped(reason: String)

    init(differences: [String]) { self = differences.isEmpty ? .passed : .failed(differences) }
}

/// What came of the cases of one file.
public struct ConformanceReport: Hashable, Sendable {
    public struct Case: Hashable, Sendable {
        public var id: String
        public var outcome: CaseOutcome
    }
    public var file: String
    public var cases: [Case] = []

    public var passed: Int { cases.count { $0.outcome == .passed } }
    public var failed: Int {
        cases.count { if case .failed = $0.outcome { true } else { false } }
    }
    public var skipped: Int { cases.count - passed - failed }

    public static func counts(_ passed: Int, _ failed: Int, _ skipped: Int) -> String {
        "\(passed) passed, \(failed) failed, \(skipped) skipped"
    }

    /// Each difference, each reason for skipping (once, with how many it concerns), and the counts.
    public var text: String {
        var lines: [String] = []
        var reasons: [(reason: String, ids: [String])] = []
        for entry in cases {
            switch entry.outcome {
            case .passed: break
            case .failed(let differences):
                lines.append("  failed  \(entry.id)")
                lines += differences.map { "          \($0)" }
            case .skipped(let reason):
                if let place = reasons.firstIndex(where: { $0.reason == reason }) {
                    reasons[place].ids.append(entry.id)
                } else {
                    reasons.append((reason, [entry.id]))
                }
            }
        }
        for (reason, ids) in reasons {
            let shown = ids.prefix(3).joined(separator: ", ") + (ids.count > 3 ? " and \(ids.count - 3) more" : "")
            lines.append("  skipped \(shown): \(reason)")
        }
        return ([file] + lines + ["  \(Self.counts(passed, failed, skipped))"]).joined(separator: "\n")
    }

    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.string("file", file)
            writer.integer("passed", passed)
            writer.integer("failed", failed)
            writer.integer("skipped", skipped)
            writer.key("cases")
            writer.array { writer in
                for entry in cases {
                    writer.object { writer in
                        writer.string("id", entry.id)
                        switch entry.outcome {
                        case .passed: writer.string("outcome", "passed")
                        case .failed(let differences):
                            writer.string("outcome", "failed")
                            writer.key("differences")
                            writer.array { for line in differences { $0.string(line) } }
                        case .skipped(let reason):
                            writer.string("outcome", "skipped")
                            writer.string("reason", reason)
                        }
                    }
                }
            }
        }
    }
}

/// Why a file is not one of cases.
public struct ConformanceFileError: Error, Hashable, CustomStringConvertible {
    public let description: String
}
