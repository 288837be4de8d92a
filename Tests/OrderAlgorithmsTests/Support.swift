// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import Execution
import TestSupport
import Trading

@testable import OrderAlgorithms

/// A market whose prices are in cents and whose quantities are in thousandths.
func instrument(_ index: UInt32 = 0) throws -> Instrument {
    try Instrument(
        id: InstrumentID(index), symbol: "A\(index)", venue: "test", kind: .linearPerpetual, base: AssetID(0),
        quote: AssetID(1), settlement: AssetID(1), priceDecimals: 2, quantityDecimals: 3,
        rules: [(from: .distantPast, rules: TradingRules())])
}

func sample(
    _ instrument: Instrument, close: Int64, volume: Int64 = 0, rules: TradingRules = TradingRules()
) -> MarketSample {
    MarketSample(
        instrument, rules: rules, high: Price(units: close), low: Price(units: close), close: Price(units: close),
        volume: Quantity(units: volume))
}

/// The instant of this minute.
func instant(
    _ minute: Int, _ markets: [MarketSample], values: [AlgorithmInput: Double] = [:]
) -> AlgorithmInstant {
    AlgorithmInstant(time: Market.time(minute), markets: markets, values: values)
}

extension AlgorithmAction {
    var placement: Placement? { if case .place(let placement, _) = self { placement } else { nil } }
    var isFinish: Bool { if case .finish = self { true } else { false } }
}

/// A venue that answers as it likes: late, in parts, refusing, filling what is being taken back.
struct MoodyVenue {
    struct Working {
        var request: OrderRequest
        var filled: Int64 = 0
        var isCanceling = false
    }
    var random: SeededRandom
    var refusesOneIn = 12
    var working: [ChildID: Working] = [:]
    var filled: [ChildID: Int64] = [:]
    var asked: [ChildID: Int64] = [:]
    var sides: [ChildID: Side] = [:]
    var instruments: [ChildID: InstrumentID] = [:]
    var finishes = 0

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    var filledTotal: Int64 { filled.values.reduce(0, +) }
    var workingTotal: Int64 { working.values.reduce(0) { $0 + $1.request.quantity.units - $1.filled } }

    mutating func take(_ actions: [AlgorithmAction]) {
        for action in actions {
            switch action {
            case .place(let placement, _):
                working[placement.child] = Working(request: placement.request)
                asked[placement.child] = placement.request.quantity.units
                sides[placement.child] = placement.request.side
                instruments[placement.child] = placement.request.instrument
            case .cancel(let child, _): working[child]?.isCanceling = true
            case .modify(let child, let change, _):
                guard let order = working[child], let quantity = change.quantity else { continue }
                working[child]?.request.quantity = max(quantity, Quantity(units: order.filled))
            case .finish: finishes += 1
            }
        }
    }

    enum Answer: Hashable {
        case fill(ChildFill)
        case end(ChildEnd)
    }

    /// What happens until the next instant.
    mutating func answers(at minute: Int) -> [Answer] {
        var answers: [Answer] = []
        for child in working.keys.sorted() {
            guard let order = working[child] else { continue }
            let remaining = order.request.quantity.units - order.filled
            switch Int.random(in: 0..<10, using: &random) {
            case 0...1 where !order.isCanceling: continue
            case 2 where order.filled == 0 && Int.random(in: 0..<refusesOneIn, using: &random) == 0:
                answers.append(.end(ChildEnd(child, .rejected, reason: .venueBusy)))
                working[child] = nil
            case 3...4 where remaining > 1:
                let part = Int64.random(in: 1..<remaining, using: &random)
                answers.append(fill(child, part, minute))
                if order.isCanceling {
                    answers.append(.end(ChildEnd(child, .canceled, reason: .byRequest)))
                    working[child] = nil
                }
            case 5 where remaining > 0, 6 where remaining > 0 && !order.isCanceling,
                7 where remaining > 0 && !order.isCanceling:
                answers.append(fill(child, remaining, minute))
                answers.append(.end(ChildEnd(child, .filled)))
                working[child] = nil
            case 8 where !order.isCanceling: continue
            default:
                answers.append(.end(ChildEnd(child, .canceled, reason: order.isCanceling ? .byRequest : .noLiquidity)))
                working[child] = nil
            }
        }
        return answers
    }

    private mutating func fill(_ child: ChildID, _ quantity: Int64, _ minute: Int) -> Answer {
        working[child]?.filled += quantity
        filled[child, default: 0] += quantity
        return .fill(
            ChildFill(
                child, quantity: Quantity(units: quantity), price: Price(units: 10_000), time: Market.time(minute)))
    }
}

extension OrderAlgorithm {
    mutating func hear(_ answer: MoodyVenue.Answer, _ actions: inout [AlgorithmAction]) {
        switch answer {
        case .fill(let fill): receive(fill, &actions)
        case .end(let end): receive(end, &actions)
        }
    }
}
