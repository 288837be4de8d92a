// SPDX-License-Identifier: Apache-2.0

import Execution
import Foundation
import Hyperliquid
import OrderManagement
import Testing
import Trading

@Suite("apus venues list") struct VenuesListTests {
    @Test func everyFeatureOfEveryVenueIsListed() throws {
        let ran = apus(["venues", "list", "--json"])
        let document = try JSONSerialization.jsonObject(with: Data(ran.output.utf8))
        let venues = try #require(document as? [[String: Any]])
        #expect(venues.compactMap { $0["venue"] as? String } == ["hyperliquid", "hyperliquid spot", "simulated"])
        for venue in venues {
            let orders = try #require(venue["orders"] as? [[String: String]])
            #expect(orders.compactMap { $0["order"] } == OrderFeature.allCases.map(\.rawValue))
            for order in orders {
                #expect(["native", "emulated", "unsupported"].contains(order["support"]))
                #expect((order["support"] == "native") == (order["by"] == "venue"), "\(order)")
            }
        }
        let text = apus(["venues", "list"]).output
        #expect(text.contains("  twap                          emulated by engine         slices at closed bars; "))
        #expect(text.contains("  bracket                       native                     one request; "))
        #expect(!text.contains(" \n"))
    }

    /// The order manager says for itself what it stands in for; the venue's list must not say otherwise.
    @Test func theListIsWhatTheOrderManagerDoes() {
        let manager = OrderManagerSettings(instance: 0)
        for (type, kind) in OrderType.allCases.flatMap({ [($0, InstrumentKind.linearPerpetual), ($0, .spot)] }) {
            for timeInForce in [TimeInForce.goodTilCancelled, .immediateOrCancel, .goodTilDate, .fillOrKill] {
                var request = OrderRequest(
                    instrument: InstrumentID(0), side: .buy, type: type, quantity: Quantity(units: 1))
                request.timeInForce = timeInForce
                let listed = VenueCapabilities.hyperliquid.on(kind).support(for: request.features)
                #expect(
                    listed.kind.rawValue == manager.support(for: type, timeInForce, on: kind).rawValue,
                    "\(type), \(timeInForce)")
            }
        }
    }
}
