// SPDX-License-Identifier: Apache-2.0

package import Engine
package import Execution
package import OrderManagement
package import Trading

// For what watches a session from outside, such as a simulation that compares it with its venue.
extension LiveSession {
    package var account: Account { core.engine.account }
    package var fills: [FillRecord] { core.engine.fills }
    package var fillCount: Int { core.engine.fills.count }
    package var liveOrders: [Order] { core.engine.liveOrders }
    package func manager(ofVenue venue: Int) -> OrderManager { links[venue].manager }
}
