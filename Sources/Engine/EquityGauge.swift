// SPDX-License-Identifier: Apache-2.0

import Strategies
import Trading

/// Equity as a sum of prices times weights, so that a bar costs a multiplication per open position.
///
/// The weights are worked out anew when a balance or position changes; the exact equity is `Account.equity`.
struct EquityGauge: ~Copyable {
    struct Term: BitwiseCopyable {
        var instrument = 0
        /// Base currency per price unit.
        var weight = 0.0
    }
    /// What a balance of an asset is worth.
    enum AssetWorth: BitwiseCopyable {
        case itself
        /// The price of an instrument that is quoted in the base currency, with its units in one whole.
        case price(instrument: Int, scale: Double)
        case exact
    }
    /// What a position adds to the balances.
    enum PositionWorth: BitwiseCopyable {
        case nothing
        case linear(isMargined: Bool)
        case exact
    }
    private let assets: FixedBuffer<AssetWorth>
    private let positions: FixedBuffer<PositionWorth>
    private var terms: FixedBuffer<Term>
    private var termCount = 0
    private var constant = 0.0
    private(set) var version = UInt64.max
    /// Whether something held cannot be written as a price times a weight: then every bar works it out anew.
    private(set) var needsPrices = false

    init(_ description: AccountDescription) {
        assets = FixedBuffer(
            description.valuations.map { valuation in
                switch valuation {
                case .base: return .itself
                case .multiplied(let id):
                    let instrument = description.instruments[id.index]
                    guard case .base = description.valuations[instrument.quote.index] else { return .exact }
                    return .price(instrument: id.index, scale: instrument.priceScale)
                case .rates, .divided, .unknown: return .exact
                }
            })
        positions = FixedBuffer(
            description.instruments.map { instrument in
                switch instrument.kind {
                case .spot: return .nothing
                case .inversePerpetual: return .exact
                case .option, .linearPerpetual, .future:
                    guard case .base = description.valuations[instrument.settlement.index] else { return .exact }
                    return .linear(isMargined: instrument.kind.isMargined)
                }
            })
        terms = FixedBuffer(count: assets.count + positions.count * 2) { _ in Term() }
    }

    @inline(__always)
    mutating func measure(_ lastBars: borrowing FixedBuffer<LastBar>) -> (close: Double, low: Double, high: Double) {
        var total = (close: constant, low: constant, high: constant)
        for index in 0..<termCount {
            let term = terms[index]
            let last = lastBars[term.instrument]
            let (low, high) = term.weight > 0 ? (last.low, last.high) : (last.high, last.low)
            total.close += term.weight * Double(last.close)
            total.low += term.weight * Double(low)
            total.high += term.weight * Double(high)
        }
        return total
    }

    /// Takes in changed balances and positions.
    mutating func rebuild(_ account: borrowing Account) {
        version = account.version
        needsPrices = false
        termCount = 0
        constant = 0
        for index in assets.indices {
            let balance = account.balance(AssetID(index: index))
            guard balance != .zero else { continue }
            switch assets[index] {
            case .itself: constant += balance.approximation
            case .price(let instrument, let scale): add(instrument, balance.approximation / scale)
            case .exact: needsPrices = true
            }
        }
        for index in positions.indices {
            switch positions[index] {
            case .nothing: continue
            case .linear(let isMargined): addPositions(index, account, isMargined: isMargined)
            case .exact:
                let id = InstrumentID(index: index)
                if !account.position(id).isFlat || !account.position(id, slot: 1).isFlat { needsPrices = true }
            }
        }
    }

    /// Works out the equity exactly, for holdings that are no sum of prices times weights.
    mutating func revalue(_ account: borrowing Account, prices: [Price?], at now: Timestamp) {
        termCount = 0
        // Before the first price of something held it counts as nothing; the exact figure at the end does not.
        constant = ((try? account.equity(prices: prices, at: now)) ?? .zero).approximation
    }

    private mutating func addPositions(_ index: Int, _ account: borrowing Account, isMargined: Bool) {
        let id = InstrumentID(index: index)
        for slot in 0..<2 {
            let position = account.position(id, slot: slot)
            guard !position.isFlat else { continue }
            guard let one = account.description.instruments[index].value(of: position.quantity, at: Price(units: 1))
            else {
                needsPrices = true
                continue
            }
            add(index, one.approximation)
            if isMargined { constant -= position.cost.approximation }
        }
    }

    private mutating func add(_ instrument: Int, _ weight: Double) {
        terms[termCount] = Term(instrument: instrument, weight: weight)
        termCount += 1
    }
}
