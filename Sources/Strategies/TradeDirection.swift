// SPDX-License-Identifier: Apache-2.0

package import Indicators

/// Which way a strategy may trade.
package enum TradeDirection: String, CaseIterable {
    case longOnly = "long_only"
    case both
}

extension ParameterDefinition {
    package static let direction = ParameterDefinition(
        name: "direction",
        kind: .choice(default: TradeDirection.longOnly.rawValue, options: TradeDirection.allCases.map(\.rawValue)),
        summary: "Whether sell signals only close (long_only) or also open short positions (both).")
}
