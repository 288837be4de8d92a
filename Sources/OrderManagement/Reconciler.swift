// SPDX-License-Identifier: Apache-2.0

import Trading
import VenueInterface

/// Where a venue's account and ours differ once every record is counted.
enum Difference: Hashable, Sendable {
    case position(InstrumentID, ours: Quantity, theirs: Quantity, entry: Price?)
    case balance(AssetID, ours: Amount, theirs: Amount)
}

/// Compares an account as the venue shows it with what our books say.
struct Reconciler {
    let instruments: [Instrument]
    let venue: String
    let tolerance: Amount

    /// In the order of instruments, then assets. Spot holdings are balances; what strategies hold of one must be there.
    func differences(_ snapshot: AccountSnapshot, _ account: Account) -> [Difference] {
        var found: [Difference] = []
        for instrument in instruments where instrument.venue == venue && instrument.kind == .spot {
            let held = account.holdings(of: instrument.id).reduce(Int64(0)) { $0.clampedSum($1) }
            guard held > 0, let unit = instrument.baseAmount(of: Quantity(units: 1)), unit.units > 0 else { continue }
            let balance = snapshot.balances.first { $0.asset == instrument.base }?.total ?? .zero
            let there = Int64(clamping: max(0, balance.units) / unit.units)
            guard held > there else { continue }
            found.append(
                .position(
                    instrument.id, ours: Quantity(units: held), theirs: Quantity(units: there), entry: nil))
        }
        for instrument in instruments where instrument.venue == venue && instrument.kind != .spot {
            let theirs = snapshot.positions.first { $0.instrument == instrument.id }
            let ours = account.netQuantity(instrument.id)
            guard ours != theirs?.quantity ?? .zero else { continue }
            found.append(
                .position(
                    instrument.id, ours: ours, theirs: theirs?.quantity ?? .zero, entry: theirs?.entryPrice))
        }
        for balance in snapshot.balances.sorted(by: { $0.asset < $1.asset }) {
            guard balance.asset.index < account.description.assets.names.count else { continue }
            let ours = account.balance(balance.asset)
            let (difference, overflow) = balance.total.units.subtractingReportingOverflow(ours.units)
            let open = openCost(balance.asset, snapshot, account)
            let (rest, restOverflow) = difference.subtractingReportingOverflow(open.difference)
            let allowed = tolerance(of: balance.asset).units.magnitude + open.rounding.magnitude
            guard overflow || restOverflow || rest.magnitude > allowed else { continue }
            found.append(.balance(balance.asset, ours: ours, theirs: balance.total))
        }
        return found
    }

    /// What is traded on spot is compared to the unit: the tolerance is an amount of money.
    private func tolerance(of asset: AssetID) -> Amount {
        let units = instruments.compactMap { instrument in
            instrument.venue == venue && instrument.kind == .spot && instrument.base == asset
                ? instrument.baseAmount(of: Quantity(units: 1)) : nil
        }
        return min(tolerance, units.min() ?? tolerance)
    }

    /// By how much the venue's open positions cost more than ours, where they are the same: trades that were counted in
    /// another order realise another part of the profit, until the position is closed. And how much of that rounding of
    /// the venue's average can be.
    private func openCost(
        _ asset: AssetID, _ snapshot: AccountSnapshot, _ account: Account
    ) -> (difference: Int128, rounding: Int128) {
        var (difference, rounding): (Int128, Int128) = (0, 0)
        for position in snapshot.positions {
            guard position.instrument.index < instruments.count, let entry = position.entryPrice else { continue }
            let instrument = instruments[position.instrument.index]
            switch instrument.kind {
            case .linearPerpetual, .future: break
            case .spot, .inversePerpetual, .option: continue
            }
            guard instrument.settlement == asset, account.netQuantity(instrument.id) == position.quantity,
                let cost = instrument.value(of: position.quantity, at: entry)?.units, cost.isPlausible,
                let unit = instrument.value(of: position.quantity.magnitude, at: Price(units: 1))?.units,
                unit.isPlausible
            else { continue }
            difference += cost - account.position(instrument.id).cost.units
            rounding += unit
        }
        return (difference, rounding)
    }
}

/// When the account is read as a whole, and what came of it.
struct SnapshotState: Sendable {
    /// Why one is wanted.
    var wanted: String?
    var requestedAt: TimeSpan?
    /// Not before this.
    var notBefore: TimeSpan?
    /// At the latest at this time.
    var checkAt: TimeSpan?
    var failures = 0
    /// What the last one showed: only what two in a row show is so.
    var differences: [Difference] = []
    var activitySeen: UInt64 = 0
    /// Records counted so far.
    var activity: UInt64 = 0
    /// What liquidations took since the account last agreed with the venue's. The venue bears what the account could not.
    var liquidated: [AssetID: Amount] = [:]
    /// Whether what the account held before has been taken in.
    var hasBaseline = false
    var notedNames: [String] = []
}

extension Account {
    /// What each strategy holds of a spot instrument, in quantity units; what belongs to none is left out.
    func holdings(of instrument: InstrumentID) -> [Int64] {
        (0..<description.strategyCount - 1).map { max(0, netQuantity(StrategyID(index: $0), instrument).units) }
    }
}
