// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing
import Trading

@Suite("What venues do themselves") struct OrderFeatureTests {
    static let venue = VenueCapabilities { feature in
        switch feature {
        case .market, .limit, .stop: .native("here")
        case .trailingStop: .managed("moved")
        case .timeSlices: .emulated("sliced")
        default: .unsupported("no")
        }
    }

    @Test(
        "A whole is as good as its weakest part",
        arguments: [
            ([], "native"), ([.market], "native: here"),
            ([.market, .trailingStop], "emulated by the order manager: moved"),
            ([.timeSlices, .trailingStop], "emulated by the engine: sliced"), ([.iceberg, .market], "unsupported: no"),
        ] as [([OrderFeature], String)])
    func weakest(features: [OrderFeature], text: String) {
        #expect(Self.venue.support(for: features).text == text)
    }

    @Test func anOrderSaysWhatItTakes() {
        var request = OrderRequest(
            instrument: InstrumentID(0), side: .buy, type: .limit, quantity: Quantity(units: 1),
            limit: Price(units: 1))
        #expect(request.features == [.limit])
        request.isPostOnly = true
        request.timeInForce = .goodTilDate
        request.group = 4
        #expect(request.features == [.limit, .postOnly, .goodTilDate, .oneCancelsOther])
        request.parent = OrderID(1)
        #expect(request.features.last == .bracket)
    }

    /// The words are the ones that configuration and answers use.
    @Test func everyFeatureHasItsAnswer() {
        for feature in OrderFeature.allCases {
            let support = VenueCapabilities.simulated[feature]
            #expect(support.kind != .unsupported)
            #expect((support.kind == .native) == (support.actor == .venue))
            #expect(support.kind == .native || !support.note.isEmpty, "\(feature): who is emulated says how")
        }
    }
}
