// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// The account as the venue shows it, compared with ours.
extension OrderManager {
    mutating func wantSnapshot(_ reason: String) {
        isDirty = true
        if snapshots.wanted == nil { snapshots.wanted = reason }
    }

    mutating func runSnapshots() {
        if let requested = snapshots.requestedAt {
            guard requested.adding(settings.snapshotTimeout) <= now.monotonic else { return }
            snapshotFailed("there was no answer")
        }
        guard isStarted else { return }
        if let at = snapshots.checkAt, at <= now.monotonic {
            snapshots.checkAt = nil
            if snapshots.wanted == nil { snapshots.wanted = "regular" }
        }
        guard let reason = snapshots.wanted, snapshots.notBefore.map({ $0 <= now.monotonic }) ?? true else { return }
        snapshots.wanted = nil
        snapshots.requestedAt = now.monotonic
        out.append(.requestSnapshot(since: seen.watermark, reason: reason))
    }

    mutating func snapshotFailed(_ reason: String) {
        isDirty = true
        snapshots.requestedAt = nil
        snapshots.failures += 1
        snapshots.notBefore = after(backOff(snapshots.failures))
        if snapshots.wanted == nil { snapshots.wanted = "the last one failed" }
        guard snapshots.failures == 1 || snapshots.failures % 10 == 0 else { return }
        find(
            .snapshotFailed,
            "the account could not be read (\(reason)); that is no empty account, and it is tried again")
    }

    mutating func apply(_ snapshot: AccountSnapshot) {
        isDirty = true
        let requested = snapshots.requestedAt ?? now.monotonic
        snapshots.requestedAt = nil
        snapshots.failures = 0
        snapshots.notBefore = after(.seconds(1))
        snapshots.checkAt = after(settings.snapshotInterval)
        for name in snapshot.unknownNames where !snapshots.notedNames.contains(name) && snapshots.notedNames.count < 256
        {
            snapshots.notedNames.append(name)
            find(.unknownName, "the venue holds \(name), which is not configured; it is not counted")
        }
        let isFirst = !snapshots.hasBaseline
        let begin = snapshot.time.earlier(by: settings.overlap)
        if isFirst, seen.watermark > begin {
            // Our clock is ahead of the venue's: what was asked for began too late.
            seen.begin(at: begin)
            return wantSnapshot("the first one left something out")
        }
        if isFirst {
            noteBefore(snapshot)
        } else {
            takeIn(snapshot)
        }
        takeOrders(snapshot, requested)
        let differences = Reconciler(instruments: instruments, venue: venue, tolerance: settings.balanceTolerance)
            .differences(snapshot, account)
        guard !hasOpenQuestions else {
            snapshots.checkAt = after(settings.queryDelay)
            return
        }
        guard !differences.isEmpty else { return clean(snapshot) }
        // A reading that is not of one instant shows differences that are none: only two in a row that agree, with nothing
        // counted in between, are believed.
        guard snapshots.differences == differences, snapshots.activity == snapshots.activitySeen else {
            snapshots.differences = differences
            snapshots.activitySeen = snapshots.activity
            return wantSnapshot("a difference is looked at again")
        }
        repair(differences, isFirst: isFirst, snapshot)
    }

    /// Whether something is on its way that the snapshot could have been taken before or after.
    private var hasOpenQuestions: Bool {
        !orphans.isEmpty || !unclaimed.isEmpty
            || orders.contains { order in
                if order.isFinal { return false }
                if order.ended != nil || order.query.asked != nil { return true }
                switch order.pending {
                case .none, .cancel: return false
                case .place, .closing, .modify: return true
                }
            }
    }

    /// What happened before the first reading is in its positions and balances already.
    private mutating func noteBefore(_ snapshot: AccountSnapshot) {
        for fill in snapshot.fills {
            _ = seen.insert(.fill, place: fill.instrument.rawValue, id: fill.trade.rawValue, time: fill.time)
        }
        for funding in snapshot.funding { _ = isNew(funding) }
        for transfer in snapshot.transfers { _ = isNew(transfer) }
    }

    private mutating func takeIn(_ snapshot: AccountSnapshot) {
        for transfer in snapshot.transfers.sorted(by: { ($0.time, $0.reference) < ($1.time, $1.reference) }) {
            apply(transfer)
        }
        for funding in snapshot.funding.sorted(by: { ($0.time, $0.instrument) < ($1.time, $1.instrument) }) {
            apply(funding)
        }
        for fill in snapshot.fills.sorted(by: { ($0.time, $0.trade) < ($1.time, $1.trade) }) {
            apply(fill, isMissed: true)
        }
    }

    private mutating func takeOrders(_ snapshot: AccountSnapshot, _ requested: TimeSpan) {
        for update in snapshot.openOrders { apply(update) }
        externalOrders.removeAll { known in
            known.time <= snapshot.time && !snapshot.openOrders.contains { $0.venueOrder == known.venueOrder }
        }
        for index in orders.indices where !orders[index].isFinal && orders[index].isIdle && orders[index].ended == nil {
            guard let leg = orders[index].leg, !leg.isWaiting || orders[index].query.at != nil,
                orders[index].query.asked == nil
            else { continue }
            let isThere = snapshot.openOrders.contains { update in
                update.client == leg.client || leg.venueOrder.map { $0 == update.venueOrder } ?? false
            }
            // What was confirmed after the reading began can be missing from it.
            guard !isThere, orders[index].confirmedAt.map({ $0 < requested }) ?? true else { continue }
            ask(index, after: .zero)
        }
    }

    private mutating func clean(_ snapshot: AccountSnapshot) {
        snapshots.hasBaseline = true
        snapshots.differences = []
        snapshots.liquidated = [:]
        seen.advance(to: min(snapshot.time, now.wall).earlier(by: settings.overlap))
        for reason in pauses {
            switch reason {
            case .reconciling, .difference, .overfill: resume(reason)
            case .linkDown, .otherProgram: break
            }
        }
    }

    // MARK: Repairs

    private mutating func repair(_ differences: [Difference], isFirst: Bool, _ snapshot: AccountSnapshot) {
        var isLeft = false
        for difference in differences {
            switch difference {
            case .position(let instrument, let ours, let theirs, let entry):
                let numbers = "the venue holds \(theirs.units) units, our books \(ours.units)"
                guard isFirst || settings.positionRepair == .adjust else {
                    find(.position, instrument: instrument, "\(numbers); trading stays paused")
                    isLeft = true
                    continue
                }
                if instruments[instrument.index].kind == .spot {
                    find(
                        .position, instrument: instrument,
                        "\(numbers); what is not there does not count as held any more, with no profit or loss")
                    drop(ours.units - theirs.units, of: instrument)
                    continue
                }
                find(
                    isFirst ? .opening : .position, instrument: instrument,
                    "\(numbers); our books take the venue's over, with no profit or loss")
                if !adjust(instrument, ours: ours.units, theirs: theirs.units, entry: entry) { isLeft = true }
            case .balance(let asset, let ours, let theirs):
                let name = account.description.assets.name(of: asset)
                let numbers = "the venue holds \(theirs) \(name), our books \(ours)"
                if !isFirst, coverLoss(asset, ours: ours, theirs: theirs) {
                    find(
                        .balance,
                        "\(numbers); the account was liquidated, and the difference is booked as what the venue bears of "
                            + "its loss")
                    continue
                }
                guard isFirst || settings.balanceRepair == .adjust else {
                    find(.balance, "\(numbers); trading stays paused")
                    isLeft = true
                    continue
                }
                find(isFirst ? .opening : .balance, "\(numbers); the difference is booked as a transfer, not as profit")
                adjustments += 1
                let (difference, overflow) = theirs.units.subtractingReportingOverflow(ours.units)
                let payment = TransferPayment(
                    asset: asset, amount: Amount(units: overflow ? 0 : difference), time: now.wall,
                    reference: 1 << 63 | adjustments)
                if !post(payment) { isLeft = true }
            }
        }
        if isLeft {
            pause(.difference)
            resume(.reconciling)
        } else {
            clean(snapshot)
        }
    }

    /// Books what the venue bears of the losses of a liquidation: never more than those.
    ///
    /// No venue says exactly what it bears, so it is what the account shows once every record is counted.
    private mutating func coverLoss(_ asset: AssetID, ours: Amount, theirs: Amount) -> Bool {
        guard let lost = snapshots.liquidated[asset], theirs > ours else { return false }
        let (borne, overflow) = theirs.units.subtractingReportingOverflow(ours.units)
        guard !overflow, borne <= lost.units else { return false }
        snapshots.activity += 1
        account.coverLoss(Amount(units: borne), of: asset, at: now.wall)
        out.append(.report(.coveredLoss(asset: asset, amount: Amount(units: borne), time: now.wall)))
        return true
    }

    /// Brings a position to what the venue holds, at prices that realise nothing and give the venue's average entry.
    ///
    /// - Returns: Whether it could.
    private mutating func adjust(_ instrument: InstrumentID, ours: Int64, theirs: Int64, entry: Price?) -> Bool {
        let own = account.position(instrument).averagePrice(of: instruments[instrument.index])
        guard let price = entry ?? own ?? markets[instrument.index].reference, price.units > 0,
            ours.magnitude < 1 << 60, theirs.magnitude < 1 << 60
        else {
            find(.position, instrument: instrument, "no price is known to adjust it at")
            return false
        }
        let crosses = (ours > 0) != (theirs > 0) && ours != 0 && theirs != 0
        if crosses || theirs.magnitude < ours.magnitude {
            let end = crosses ? 0 : theirs
            adjust(instrument, by: end - ours, at: own ?? price)
            if !crosses { return true }
            adjust(instrument, by: theirs, at: price)
            return true
        }
        // What must have been paid for the rest, for the whole to have cost what the venue says.
        let whole = Int128(theirs) * Int128(price.units) - Int128(ours) * Int128((own ?? price).units)
        let rest = Int64(clamping: whole / Int128(theirs - ours))
        adjust(instrument, by: theirs - ours, at: rest > 0 ? Price(units: rest) : price)
        return true
    }

    private mutating func adjust(_ instrument: InstrumentID, by quantity: Int64, at price: Price) {
        adjustments += 1
        let fill = VenueFill(
            trade: TradeID(1 << 63 | adjustments), client: nil, venueOrder: VenueOrderID(""), instrument: instrument,
            side: quantity > 0 ? .buy : .sell, price: price, quantity: Quantity(units: abs(quantity)), time: now.wall,
            liquidity: .taker, fee: .zero, feeAsset: instruments[instrument.index].settlement)
        for share in divided(fill) {
            let signed = Quantity(units: quantity > 0 ? share.quantity : -share.quantity)
            post(
                Fill(
                    order: .none, trade: fill.trade, time: fill.time, instrument: instrument, strategy: share.strategy,
                    quantity: signed, price: price, fee: .zero, liquidity: .taker, reason: .adjustment),
                met: price, isReducing: true)
        }
    }
}
