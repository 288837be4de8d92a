// SPDX-License-Identifier: Apache-2.0

import Engine
import OrderAlgorithms
package import OrderManagement
package import Risk
package import Trading

// For what watches a session from outside, such as a simulation that compares it with its venue.
extension LiveSession {
    /// By instrument.
    package var marks: [Price?] { market.map(\.mark) }
    package var fillCount: Int { core.engine.fills.count }
    /// `nil` where none are on.
    package var breakers: CircuitBreakers? { core.engine.breakers }
    package var miscountedAlgorithms: [String] { core.engine.miscountedAlgorithms }
    /// The kinds of order algorithms that ran lately.
    package var algorithmKinds: Set<String> { Set(core.engine.algorithms.map(\.name)) }
    package func manager(ofVenue venue: Int) -> OrderManager { links[venue].manager }
}
