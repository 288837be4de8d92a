// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Cryptography
import Execution
public import Trading
public import VenueInterface

/// An account that is being read, part by part.
struct HyperliquidSnapshot: Sendable {
    let generation: UInt64
    /// By the venue's clock, before the first part was asked for: none of the parts is older.
    let start: Timestamp
    /// Parts without an answer.
    var missing: Int
    var openOrders: [HyperliquidOrderInfo] = []
    var perpetuals: [HyperliquidPerpetualState] = []
    var spot: HyperliquidSpotState?
    var fills: [HyperliquidFill] = []
    var knownTrades: Set<UInt64> = []
    var funding: [HyperliquidFunding] = []
    var knownFunding: Set<HyperliquidFunding> = []
    var transfers: [HyperliquidLedgerUpdate] = []
    var knownTransfers: Set<HyperliquidLedgerUpdate> = []
    var pages = 0
}

/// Rows that a full page of a list has at least: with fewer, it was the last.
private let fullPage = (fills: 2_000, others: 500)
private let mostPages = 60
private let mostWaiting = 16

extension HyperliquidConnector {
    public mutating func requestSnapshot(
        since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        if configuration.account == nil {
            outputs.append(.event(.snapshotFailed(reason: "no account is configured")))
        } else if waitingSnapshots.count >= mostWaiting {
            outputs.append(.event(.snapshotFailed(reason: "\(mostWaiting) readings of the account wait already")))
        } else {
            waitingSnapshots.append(since)
            startSnapshot(at: now, into: &outputs)
        }
        advance(at: now, into: &outputs)
    }

    private mutating func startSnapshot(at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard snapshot == nil, let account = configuration.account, !waitingSnapshots.isEmpty else { return }
        let since = max(waitingSnapshots.removeFirst(), .epoch)
        let user = account.description
        snapshotGeneration += 1
        let generation = snapshotGeneration
        var parts: [(SnapshotPart, HyperliquidRequest)] = []
        if !isRoleKnown { parts.append((.role, .role(user))) }
        for dex in dexes {
            parts.append((.openOrders, .frontendOpenOrders(user, dex: dex)))
            parts.append((.perpetuals(dex: dex ?? ""), .perpetualState(user, dex: dex)))
        }
        parts.append((.spot, .spotState(user)))
        let from = since.milliseconds
        parts.append((.fills(from: since), .fillsByTime(user, from: from)))
        parts.append((.funding(from: since), .funding(user, from: from)))
        parts.append((.transfers(from: since), .ledgerUpdates(user, from: from)))
        snapshot = HyperliquidSnapshot(generation: generation, start: venueTime(at: now), missing: parts.count)
        for (part, request) in parts {
            read(.snapshot(generation: generation, part), request, .account, at: now, into: &outputs)
        }
        for (fact, every) in [
            (AccountFact.requestBudget, TimeSpan.minutes(10)), (.agents, .hours(6)), (.fees, .hours(6)),
        ] {
            if let next = nextFacts[fact], now.monotonic < next { continue }
            nextFacts[fact] = now.monotonic.later(by: every)
            askFact(fact, at: now, into: &outputs)
        }
    }

    /// The perpetual exchanges that the configured markets are on; `nil` is the first.
    private var dexes: [String?] {
        var names: [String?] = [nil]
        for market in configuration.markets {
            guard let colon = market.coin.firstIndex(of: ":") else { continue }
            let name = String(market.coin[..<colon])
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    // MARK: Answers

    mutating func acceptSnapshot(
        _ reading: HyperliquidReading, _ part: SnapshotPart, _ generation: UInt64, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        guard var current = snapshot, current.generation == generation else { return }
        var next: (part: SnapshotPart, request: HyperliquidRequest)?
        let user = configuration.account?.description ?? ""
        switch (part, reading) {
        case (_, .role(let role)):
            if let problem = problem(with: role) {
                return failSnapshot(part, generation, reason: problem, at: now, into: &outputs)
            }
            isRoleKnown = true
        case (_, .openOrders(let orders)): current.openOrders += orders
        case (_, .perpetuals(let state)): current.perpetuals.append(state)
        case (_, .spot(let state)): current.spot = state
        case (.fills(let from), .fills(let fills)):
            for fill in fills where fill.trade.map({ current.knownTrades.insert($0).inserted }) ?? true {
                current.fills.append(fill)
            }
            if fills.count >= fullPage.fills, let from = Self.next(after: from, in: fills.map(\.time)) {
                next = (.fills(from: from), .fillsByTime(user, from: from.milliseconds))
            }
        case (.funding(let from), .funding(let payments)):
            for payment in payments where current.knownFunding.insert(payment).inserted {
                current.funding.append(payment)
            }
            if payments.count >= fullPage.others, let from = Self.next(after: from, in: payments.map(\.time)) {
                next = (.funding(from: from), .funding(user, from: from.milliseconds))
            }
        case (.transfers(let from), .transfers(let updates)):
            for update in updates where current.knownTransfers.insert(update).inserted {
                current.transfers.append(update)
            }
            if updates.count >= fullPage.others, let from = Self.next(after: from, in: updates.map(\.time)) {
                next = (.transfers(from: from), .ledgerUpdates(user, from: from.milliseconds))
            }
        default: preconditionFailure("an answer is read as the part that was asked")
        }
        if let next {
            current.pages += 1
            guard current.pages <= mostPages else {
                let reason = "the account has more history since the time asked for than can be read"
                return failSnapshot(part, generation, reason: reason, at: now, into: &outputs)
            }
            snapshot = current
            return read(
                .snapshot(generation: generation, next.part), next.request, .account, at: now, into: &outputs)
        }
        current.missing -= 1
        snapshot = current
        if current.missing == 0 { finishSnapshot(current, at: now, into: &outputs) }
    }

    /// Where the next page starts: at the last row of this one, whose equals in time may be on the next.
    private static func next(after from: Timestamp, in times: [Timestamp]) -> Timestamp? {
        guard let last = times.max() else { return nil }
        return last > from ? last : from.later(by: .milliseconds(1))
    }

    private func problem(with role: HyperliquidRole) -> String? {
        let account = configuration.account?.description ?? ""
        switch role.role {
        case "agent":
            let master = role.master.map { " of \($0.shortened)" } ?? ""
            return "\(account) is a signing key (agent)\(master), which holds nothing; configure the account itself"
        case "missing": return "the venue knows no account \(account); deposit first, or configure the right one"
        default: return nil
        }
    }

    /// The account cannot be read as a whole, so there is no reading.
    mutating func failSnapshot(
        _ part: SnapshotPart, _ generation: UInt64, reason: String, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        guard let current = snapshot, current.generation == generation else { return }
        snapshot = nil
        withdraw { job in
            if case .snapshot(generation, _) = job.purpose { true } else { false }
        }
        outputs.append(.event(.snapshotFailed(reason: "\(part.name) could not be read: \(reason)")))
        startSnapshot(at: now, into: &outputs)
    }

    private mutating func finishSnapshot(
        _ current: HyperliquidSnapshot, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        snapshot = nil
        do throws(MessageError) {
            outputs.append(.event(.snapshot(try translated(current, at: now, into: &outputs))))
        } catch {
            outputs.append(.event(.snapshotFailed(reason: "the account has a number that cannot be held: \(error)")))
        }
        startSnapshot(at: now, into: &outputs)
    }
}

extension SnapshotPart {
    var name: String {
        switch self {
        case .role: "the kind of the account"
        case .openOrders: "the open orders"
        case .perpetuals: "the perpetual account"
        case .spot: "the spot account"
        case .fills: "the fills"
        case .funding: "the funding payments"
        case .transfers: "the ledger"
        }
    }
}

// MARK: - Translation

extension HyperliquidConnector {
    /// In the words of all venues: sorted, and complete or not at all.
    private mutating func translated(
        _ current: HyperliquidSnapshot, at now: Moment, into outputs: inout [ConnectorOutput]
    ) throws(MessageError) -> AccountSnapshot {
        var result = AccountSnapshot(time: current.start)
        var unknown: Set<String> = []
        var known: Set<UInt64> = []
        // Protective orders that wait for their entry are listed inside it.
        for order in current.openOrders.flatMap({ [$0] + $0.children }) where known.insert(order.order).inserted {
            guard let instrument = market.instrument(ofCoin: order.coin) else {
                unknown.insert(order.coin)
                continue
            }
            result.openOrders.append(try order.update(of: instrument, status: .open, at: order.time))
        }
        var totals: [AssetID: Amount] = [:]
        for state in current.perpetuals {
            if let time = state.time { result.time = min(result.time, time) }
            for position in state.positions where !position.size.isZero {
                guard let instrument = market.instrument(ofCoin: position.coin) else {
                    unknown.insert(position.coin)
                    continue
                }
                guard let quantity = position.size.quantity(of: instrument) else {
                    throw MessageError(field: "szi", problem: .outOfRange, value: "\(position.coin) \(position.size)")
                }
                result.positions.append(
                    .init(
                        instrument: instrument.id, quantity: quantity,
                        entryPrice: position.entryPrice?.price(rounded: instrument)))
                result.leverages.append(
                    .init(
                        instrument: instrument.id, value: position.leverage.value, isCross: position.leverage.isCross))
            }
            try add(try Self.cash(of: state), of: "USDC", to: &totals, unknown: &unknown)
        }
        for balance in current.spot?.balances ?? [] {
            try add(balance.total, of: balance.coin, to: &totals, unknown: &unknown)
        }
        result.balances = totals.sorted { $0.key < $1.key }.map { .init(asset: $0.key, total: $0.value) }
        for fill in current.fills {
            if let read = try fill.fill(for: configuration.account, in: market) {
                result.fills.append(read)
            } else {
                unknown.insert(fill.coin)
            }
            tellUnknownFeeToken(fill, at: now, into: &outputs)
        }
        for payment in current.funding {
            if let read = try payment.funding(in: market) {
                result.funding.append(read)
            } else {
                unknown.insert(payment.coin)
            }
        }
        for update in current.transfers { result.transfers += transfers(of: update, at: now, into: &outputs) }
        result.openOrders.sort { ($0.time, $0.venueOrder) < ($1.time, $1.venueOrder) }
        result.positions.sort { $0.instrument < $1.instrument }
        result.leverages.sort { $0.instrument < $1.instrument }
        result.fills.sort { ($0.time, $0.trade) < ($1.time, $1.trade) }
        result.funding.sort { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        result.transfers.sort { ($0.time, $0.reference) < ($1.time, $1.reference) }
        result.unknownNames = unknown.sorted()
        return result
    }

    /// What a perpetual account holds without the profit of its open positions.
    private static func cash(of state: HyperliquidPerpetualState) throws(MessageError) -> ExactDecimal {
        guard let value = state.margin?.accountValue else {
            throw MessageError(field: "marginSummary", problem: .missing, value: "")
        }
        guard var sum = value.amount?.units else {
            throw MessageError(field: "accountValue", problem: .outOfRange, value: "\(value)")
        }
        for position in state.positions {
            guard let profit = position.unrealizedProfit.amount else {
                throw MessageError(
                    field: "unrealizedPnl", problem: .outOfRange, value: "\(position.unrealizedProfit)")
            }
            let (difference, overflow) = sum.subtractingReportingOverflow(profit.units)
            if overflow { throw MessageError(field: "accountValue", problem: .outOfRange, value: "\(value)") }
            sum = difference
        }
        return ExactDecimal(mantissa: sum, decimals: Amount.decimals)
    }

    private func add(
        _ number: ExactDecimal, of name: String, to totals: inout [AssetID: Amount], unknown: inout Set<String>
    ) throws(MessageError) {
        guard let asset = market.asset(named: name) else {
            if !number.isZero { unknown.insert(name) }
            return
        }
        guard let amount = number.amount else {
            throw MessageError(field: "total", problem: .outOfRange, value: "\(name) \(number)")
        }
        let (sum, overflow) = (totals[asset] ?? .zero).units.addingReportingOverflow(amount.units)
        if overflow { throw MessageError(field: "total", problem: .outOfRange, value: "\(name) \(number)") }
        totals[asset] = Amount(units: sum)
    }
}
