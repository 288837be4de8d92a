// SPDX-License-Identifier: Apache-2.0

import Trading

/// Equity as a sum of prices times weights, so that a bar costs a multiplication per open position.
///
/// The weights are worked out anew when a balance or position changes; the exact equity is `Account.equity`.
struct EquityGauge {
    private struct Term {
        let instrument: Int
        /// Base currency per price unit.
        let weight: Double
    }
    private var terms: [Term] = []
    private var constant = 0.0
    private struct Prices {
        var low = 0.0
        var high = 0.0
        var close = 0.0
    }
    /// By instrument: the last bar, in price units.
    private var prices: [Prices]
    private(set) var version = UInt64.max
    /// Whether something held cannot be written as a price times a weight: then every bar works it out anew.
    private(set) var needsPrices = false

    init(instrumentCount: Int) {
        prices = Array(repeating: Prices(), count: instrumentCount)
    }

    @inline(__always)
    mutating func set(_ instrument: Int, low: Int64, high: Int64, close: Int64) {
        prices[instrument] = Prices(low: Double(low), high: Double(high), close: Double(close))
    }

    @inline(__always)
    func measure() -> (close: Double, low: Double, high: Double) {
        if terms.isEmpty { return (constant, constant, constant) }
        var total = (close: constant, low: constant, high: constant)
        for term in terms {
            let last = prices[term.instrument]
            total.close += term.weight * last.close
            let isLong = term.weight > 0
            total.low += term.weight * (isLong ? last.low : last.high)
            total.high += term.weight * (isLong ? last.high : last.low)
        }
        return total
    }

    mutating func rebuild(_ account: Account, prices: [Price?], at now: Timestamp) {
        version = account.version
        needsPrices = false
        terms.removeAll(keepingCapacity: true)
        constant = 0
        let description = account.description
        for index in description.assets.names.indices {
            let balance = account.balance(AssetID(index: index))
            guard balance != .zero else { continue }
            add(balance.approximation, of: AssetID(index: index), description)
        }
        for instrument in description.instruments {
            for slot in 0..<2 {
                let position = account.position(instrument.id, slot: slot)
                guard !position.isFlat else { continue }
                switch instrument.kind {
                case .spot: continue
                case .inversePerpetual: needsPrices = true
                case .option, .linearPerpetual, .future:
                    guard case .base = description.valuations[instrument.settlement.index],
                        let one = instrument.value(of: position.quantity, at: Price(units: 1))
                    else {
                        needsPrices = true
                        continue
                    }
                    terms.append(Term(instrument: instrument.id.index, weight: one.approximation))
                    if instrument.kind.isMargined { constant -= position.cost.approximation }
                }
            }
        }
        if needsPrices {
            terms.removeAll(keepingCapacity: true)
            // Before the first price of something held it counts as nothing; the exact figure at the end does not.
            constant = ((try? account.equity(prices: prices, at: now)) ?? .zero).approximation
        }
    }

    private mutating func add(_ balance: Double, of asset: AssetID, _ description: AccountDescription) {
        switch description.valuations[asset.index] {
        case .base: constant += balance
        case .multiplied(let id):
            let instrument = description.instruments[id.index]
            guard case .base = description.valuations[instrument.quote.index] else {
                needsPrices = true
                return
            }
            terms.append(Term(instrument: id.index, weight: balance / instrument.priceScale))
        case .rates, .divided, .unknown: needsPrices = true
        }
    }
}
