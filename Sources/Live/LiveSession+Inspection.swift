// SPDX-License-Identifier: Apache-2.0

import Engine
package import OrderManagement

// For what watches a session from outside, such as a simulation that compares it with its venue.
extension LiveSession {
    package var fillCount: Int { core.engine.fills.count }
    package func manager(ofVenue venue: Int) -> OrderManager { links[venue].manager }
}
