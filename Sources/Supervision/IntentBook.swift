// SPDX-License-Identifier: Apache-2.0

import Trading

/// What was said of each strategy's position when it was entered: how sure, and what is lost at its stop.
///
/// Strategies that trade the same market have different stops, so each has an entry of its own, and one for each side:
/// while a position is turned around both are there.
struct IntentBook: Sendable {
    private struct Entry: Sendable {
        var confidence: Double
        /// The largest of what its stops lose; 0 where it has none.
        var loss: Double
        /// Whether any part of it was entered without a stop.
        var isOpen: Bool
    }

    private let instruments: Int
    /// By strategy, instrument and side.
    private var entries: [Entry?] = []

    init(instruments: Int) { self.instruments = instruments }

    private func place(_ strategy: Int, _ instrument: Int, _ side: Side) -> Int {
        (strategy * instruments + instrument) * 2 + (side == .buy ? 0 : 1)
    }

    private subscript(strategy: Int?, instrument: Int, side: Side) -> Entry? {
        guard let strategy else { return nil }
        let place = place(strategy, instrument, side)
        return place < entries.count ? entries[place] : nil
    }

    /// - Parameter held: What the strategy has on that side already: then the worst stop counts for all of it.
    mutating func enter(_ intent: EntryIntent, by strategy: Int, onTopOf held: Double) {
        let place = place(strategy, intent.instrument.index, intent.side)
        while entries.count <= place { entries.append(nil) }
        var entry = Entry(
            confidence: intent.confidence, loss: intent.lossAtStop ?? 0, isOpen: intent.lossAtStop == nil)
        if held > 0, let before = entries[place] {
            entry.loss = max(entry.loss, before.loss)
            entry.isOpen = entry.isOpen || before.isOpen
        }
        entries[place] = entry
    }

    /// The share of a stake's side that is lost at its stop; `nil` where neither a stop nor the value at risk says so.
    func loss(of stake: Stake, _ side: Side, valueAtRisk: (Int) -> Double?) -> Double? {
        let entry =
            self[stake.strategy, stake.instrument, side] ?? self[stake.strategy, stake.instrument, side.opposite]
        guard let entry else { return valueAtRisk(stake.instrument) }
        guard entry.isOpen else { return entry.loss }
        return valueAtRisk(stake.instrument).map { max($0, entry.loss) }
    }

    /// How sure the strategy was of what it has; 1 where nothing is known of it.
    func confidence(of stake: Stake) -> Double {
        self[stake.strategy, stake.instrument, stake.exposure < 0 ? .sell : .buy]?.confidence ?? 1
    }
}
