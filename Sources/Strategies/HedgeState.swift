// SPDX-License-Identifier: Apache-2.0

package import Portfolio

/// What the engine remembers of a strategy's hedge.
package struct HedgeState: Sendable {
    /// What kept it from being in step, while it lasts: noted once.
    package var obstacle = ""
    /// The rows of returns that the following were measured with.
    package var rows = -1
    package var beta: BetaHedge?
    /// Of the hedge, a year; `nil` with too few returns.
    package var volatility: Double?
    package init() {}
}
