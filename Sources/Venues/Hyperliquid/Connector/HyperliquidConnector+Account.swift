// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Cryptography
import Trading
import VenueInterface

extension HyperliquidConnector {
    func isOurs(_ user: String?) -> Bool {
        guard let account = configuration.account else { return false }
        return user.map { $0.lowercased() == account.description } ?? true
    }

    mutating func took(
        _ updates: [HyperliquidOrderUpdate], at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        for update in updates {
            guard let instrument = market.instrument(ofCoin: update.order.coin) else {
                tellUnreadable(
                    "an order in \(update.order.coin.shortened), which is not configured", at: now, into: &outputs)
                continue
            }
            do throws(MessageError) {
                outputs.append(.event(.order(try update.update(of: instrument))))
            } catch {
                tellUnreadable("an order update: \(error)", at: now, into: &outputs)
            }
        }
    }

    /// All are passed on, those of before the subscription as well: their trade ids tell what was known already.
    mutating func took(
        _ fills: [HyperliquidFill], isSnapshot: Bool, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        for fill in fills {
            do throws(MessageError) {
                guard let read = try fill.fill(for: configuration.account, in: market) else {
                    tellUnreadable("a fill in \(fill.coin.shortened), which is not configured", at: now, into: &outputs)
                    continue
                }
                tellUnknownFeeToken(fill, at: now, into: &outputs)
                outputs.append(.event(.fill(read)))
                guard ownTrades.insert(read.trade), !isSnapshot,
                    let value = market.instrument(read.instrument)?.notional(of: read.quantity, at: read.price)
                else { continue }
                budget.traded(value)
            } catch {
                tellUnreadable("a fill: \(error)", at: now, into: &outputs)
            }
        }
    }

    mutating func tellUnknownFeeToken(
        _ fill: HyperliquidFill, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let token = fill.feeToken, market.asset(named: token) == nil else { return }
        let text =
            "a fee in \(token.shortened), which is not configured; it is counted in the settlement asset of \(fill.coin.shortened)"
        tellUnreadable(text, at: now, into: &outputs)
    }

    mutating func took(_ payments: [HyperliquidFunding], at now: Moment, into outputs: inout [ConnectorOutput]) {
        for payment in payments {
            do throws(MessageError) {
                if let read = try payment.funding(in: market) { outputs.append(.event(.funding(read))) }
            } catch {
                tellUnreadable("a funding payment: \(error)", at: now, into: &outputs)
            }
        }
    }

    mutating func took(_ updates: [HyperliquidLedgerUpdate], at now: Moment, into outputs: inout [ConnectorOutput]) {
        for update in updates {
            for transfer in transfers(of: update, at: now, into: &outputs) {
                outputs.append(.event(.transfer(transfer)))
            }
        }
    }

    mutating func transfers(
        of update: HyperliquidLedgerUpdate, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> [VenueTransfer] {
        guard let account = configuration.account else { return [] }
        do throws(MessageError) {
            switch try update.meaning(for: account.description, in: market) {
            case .entries(let entries): return entries
            case .nothing: return []
            case .unknown:
                let text =
                    "the account's ledger has a record '\(update.kind.shortened)' in \(update.token.shortened) that is not "
                    + "known here; the balance may differ by it"
                tellUnreadable(text, at: now, into: &outputs)
                return []
            }
        } catch {
            tellUnreadable("a ledger record: \(error)", at: now, into: &outputs)
            return []
        }
    }

    func took(_ liquidation: HyperliquidLiquidation, into outputs: inout [ConnectorOutput]) {
        guard let account = configuration.account, liquidation.liquidatedUser.lowercased() == account.description else {
            return
        }
        let text = "The venue liquidated positions of this account worth \(liquidation.liquidatedValue)."
        outputs.append(.event(.notice(.warning(text))))
    }

    // MARK: Facts

    mutating func askFact(_ fact: AccountFact, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let account = configuration.account else { return }
        let user = account.description
        let request: HyperliquidRequest =
            switch fact {
            case .requestBudget: .rateLimit(user)
            case .agents: .agents(user)
            case .fees: .fees(user)
            }
        read(.fact(fact), request, .account, at: now, into: &outputs)
    }

    mutating func acceptFact(_ reading: HyperliquidReading, at now: Moment, into outputs: inout [ConnectorOutput]) {
        switch reading {
        case .rateLimit(let limit):
            let passed = budget.update(used: limit.used, cap: limit.cap)
            outputs.append(.event(.notice(.requestBudget(used: limit.used, cap: limit.cap))))
            if let passed { tellBudget(passed, into: &outputs) }
        case .agents(let agents):
            guard let key = configuration.signer?.key.address.description,
                let agent = agents.first(where: { $0.address.lowercased() == key })
            else { return }
            outputs.append(.event(.notice(.agentExpires(agent.validUntil))))
        case .fees(let read): fees = read
        default: break
        }
    }

    func tellBudget(_ share: UInt64, into outputs: inout [ConnectorOutput]) {
        outputs.append(.event(.notice(.requestBudget(used: budget.used, cap: budget.cap))))
        let text =
            "This address has used \(share) % of its \(budget.cap) requests. One more is earned by each USDC traded; "
            + "when they are used up, one request in ten seconds is left."
        outputs.append(.event(.notice(.warning(text))))
    }
}
