// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import Trading

/// The series of a store, and the files in it that are none.
struct StoreContents {
    private(set) var series: [SeriesSummary] = []
    private(set) var damaged: [StoreError] = []

    init(_ store: DataStore?) {
        for entry in store?.list() ?? [] {
            switch entry {
            case .success(let summary): series.append(summary)
            case .failure(let error): damaged.append(error)
            }
        }
    }

    /// What narrows a choice of series; `nil` allows any.
    struct Filter {
        var symbol: String?
        var venue: String?
        var kind: SeriesKind?
        var timeframe: Timeframe?

        func allows(_ key: SeriesKey) -> Bool {
            symbol ?? key.symbol == key.symbol && venue ?? key.venue == key.venue && kind ?? key.kind == key.kind
                && timeframe ?? key.timeframe == key.timeframe
        }

        /// `SOLUSDT bars 1m of binance`
        var text: String {
            var words = [symbol, kind?.name, timeframe.map { "\($0)" }].compactMap { $0 }
            if let venue { words += ["of", venue] }
            return words.isEmpty ? "series" : words.joined(separator: " ")
        }
    }

    func matching(_ filter: Filter) -> [SeriesSummary] { series.filter { filter.allows($0.key) } }

    /// There is no series for a filter: which names are near, or how to see what there is.
    func nothing(for filter: Filter, storePath: String) -> CommandFailure {
        var advice = " `apus data list --store \(storePath)` shows what there is."
        if let symbol = filter.symbol {
            let symbols = Set(series.map(\.key.symbol)).sorted()
            let held = matching(Filter(symbol: symbol)).map { "\($0.key)" }
            if !held.isEmpty {
                advice = " Of \(symbol) it has: \(held.joined(separator: "; "))."
            } else if let near = nearest(symbol, among: symbols) {
                advice = " Did you mean \(near)?" + advice
            }
        }
        return .failed("The store \(storePath) has no \(filter.text).\(advice)")
    }

    /// The one series that a filter allows.
    func single(_ filter: Filter, storePath: String) throws(CommandFailure) -> SeriesSummary {
        let found = matching(filter)
        guard let first = found.first else { throw nothing(for: filter, storePath: storePath) }
        guard found.count == 1 else {
            let options = [
                Set(found.map(\.key.venue)).count > 1 ? "--venue" : nil,
                Set(found.map(\.key.timeframe)).count > 1 ? "--timeframe" : nil,
            ].compactMap { $0 }.joined(separator: " and ")
            throw .failed(
                "The store \(storePath) has \(found.count) series of \(filter.text): "
                    + found.map { "\($0.key)" }.joined(separator: "; ") + ". Choose one with \(options).")
        }
        return first
    }
}
