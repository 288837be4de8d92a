// SPDX-License-Identifier: Apache-2.0

import MarketData
import Trading

/// What assets were worth in the base currency at a past time, for reports.
struct BacktestValuation: Sendable {
    private let account: Account
    private let series: [BarSeries]
    /// By asset: the instruments that its value is worked out through.
    private let chains: [[InstrumentID]]

    /// - Parameter series: By instrument.
    init(_ description: AccountDescription, series: [BarSeries]) {
        account = Account(description)
        self.series = series
        chains = description.assets.names.indices.map { index in
            var chain: [InstrumentID] = []
            var asset = AssetID(index: index)
            for _ in description.assets.names {
                switch description.valuations[asset.index] {
                case .base, .rates, .unknown: return chain
                case .multiplied(let id):
                    chain.append(id)
                    asset = description.instruments[id.index].quote
                case .divided(let id):
                    chain.append(id)
                    asset = description.instruments[id.index].base
                }
            }
            return chain
        }
    }

    /// An amount in the base currency, at the last prices known at `time` (before the first ones: at those).
    ///
    /// - Returns: `nil` where nothing says what the asset is worth.
    func value(_ amount: Amount, of asset: AssetID, at time: Timestamp) -> Amount? {
        if case .base = account.description.valuations[asset.index] { return amount }
        if amount == .zero { return .zero }
        var prices = [Price?](repeating: nil, count: series.count)
        for id in chains[asset.index] { prices[id.index] = price(of: id, at: time) }
        return try? account.value(amount, of: asset, prices: prices, at: time)
    }

    /// What one unit of an asset was worth, as a Double.
    func rate(of asset: AssetID, at time: Timestamp) -> Double? {
        if case .base = account.description.valuations[asset.index] { return 1 }
        return value(Amount(whole: 1), of: asset, at: time)?.approximation
    }

    /// Whether an asset's worth changes through time.
    func isConstant(_ asset: AssetID) -> Bool {
        switch account.description.valuations[asset.index] {
        case .base, .unknown: true
        case .rates(let rates): rates.count < 2
        case .multiplied, .divided: false
        }
    }

    private func price(of instrument: InstrumentID, at time: Timestamp) -> Price? {
        let bars = series[instrument.index]
        guard bars.count > 0 else { return nil }
        let length = bars.timeframe.nanoseconds
        return bars.withColumns { columns in
            var (low, high) = (0, columns.count)
            while low < high {
                let middle = (low + high) / 2
                if columns.openTime[middle] + length <= time.nanoseconds { low = middle + 1 } else { high = middle }
            }
            return low > 0 ? Price(units: columns.close[low - 1]) : Price(units: columns.open[0])
        }
    }
}
