// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// Money that moves without a trade.
extension OrderManager {
    mutating func isNew(_ funding: VenueFunding) -> Bool {
        seen.insert(
            .funding, place: funding.instrument.rawValue, id: UInt64(bitPattern: funding.time.nanoseconds),
            time: funding.time)
    }

    mutating func isNew(_ transfer: VenueTransfer) -> Bool {
        seen.insert(.transfer, place: transfer.asset.rawValue, id: transfer.reference.stableHash, time: transfer.time)
    }

    /// Funding falls on strategies by their part of the position, opposite parts with opposite signs.
    mutating func apply(_ funding: VenueFunding) {
        guard isOurs(funding.instrument), funding.amount.units.isPlausible else {
            return find(.badData, instrument: funding.instrument, "a funding payment that cannot be was left out")
        }
        guard isNew(funding) else { return }
        snapshots.activity += 1
        let strategies = account.description.strategyCount
        var weights = (0..<strategies)
            .map { Int128(account.netQuantity(StrategyID(index: $0), funding.instrument).units) }
        let net = weights.reduce(0, +)
        if net < 0 { weights = weights.map { -$0 } }
        // Nothing is held any more: it is of a position that is gone, and nobody's.
        if net == 0 { weights = (0..<strategies).map { $0 == strategies - 1 ? 1 : 0 } }
        for (index, part) in Shares.split(funding.amount.units, by: weights).enumerated() where part != 0 {
            let payment = FundingPayment(
                instrument: funding.instrument, strategy: StrategyID(index: index), time: funding.time,
                amount: Amount(units: part))
            account.payFunding(
                payment.amount, instrument: payment.instrument, strategy: payment.strategy, at: payment.time)
            out.append(.report(.funding(payment)))
        }
    }

    mutating func apply(_ transfer: VenueTransfer) {
        guard transfer.asset.index < account.description.assets.names.count, transfer.amount.units.isPlausible else {
            return find(.badData, "a transfer that cannot be was left out")
        }
        guard isNew(transfer) else { return }
        _ = post(
            TransferPayment(
                asset: transfer.asset, amount: transfer.amount, time: transfer.time,
                reference: transfer.reference.stableHash))
    }

    mutating func post(_ payment: TransferPayment) -> Bool {
        snapshots.activity += 1
        guard account.transfer(payment.amount, of: payment.asset, at: payment.time, payment.reference) else {
            cannotHold("a transfer", nil)
            return false
        }
        out.append(.report(.transfer(payment)))
        return true
    }
}

extension Int128 {
    /// Far from where sums of such amounts could not be held.
    var isPlausible: Bool { magnitude < 1 << 100 }
}
