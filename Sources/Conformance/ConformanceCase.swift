// SPDX-License-Identifier: Apache-2.0

/// What came of one case.
public enum CaseOutcome: Hashable, Sendable {
    case passed
    /// Each line says where, what was expected and what came.
    case failed([String])
    case skipped(reason: String)
}
