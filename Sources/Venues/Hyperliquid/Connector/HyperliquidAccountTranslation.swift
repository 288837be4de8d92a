// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Trading
import VenueInterface

extension HyperliquidFill {
    /// - Throws: Where a number does not fit its scale.
    func fill(for account: EthereumAddress?, in market: HyperliquidMarketState) throws(MessageError) -> VenueFill? {
        guard let instrument = market.instrument(ofCoin: coin) else { return nil }
        guard let trade else { throw MessageError(field: "tid", problem: .missing, value: coin) }
        guard let price = price.price(of: instrument) else {
            throw MessageError(field: "px", problem: .outOfRange, value: "\(coin) \(self.price)")
        }
        guard let quantity = size.quantity(of: instrument), quantity.units > 0 else {
            throw MessageError(field: "sz", problem: .outOfRange, value: "\(coin) \(size)")
        }
        guard let fee = fee.amount else { throw MessageError(field: "fee", problem: .outOfRange, value: "\(self.fee)") }
        return VenueFill(
            trade: TradeID(trade), client: client, venueOrder: VenueOrderID(order), instrument: instrument.id,
            side: side, price: price, quantity: quantity, time: time, liquidity: isTaker ? .taker : .maker, fee: fee,
            feeAsset: feeToken.flatMap { market.asset(named: $0) } ?? instrument.settlement,
            closedProfit: closedProfit.amount, isLiquidation: isLiquidation(of: account))
    }

    /// The venue marks both sides of such a trade: whoever was liquidated, and who traded with them.
    private func isLiquidation(of account: EthereumAddress?) -> Bool {
        guard let liquidation else { return false }
        return liquidation.user.map { $0.lowercased() == account?.description } ?? true
    }
}

extension HyperliquidFunding {
    /// `nil` for a market that is not configured. The venue writes what is paid as negative.
    func funding(in market: HyperliquidMarketState) throws(MessageError) -> VenueFunding? {
        guard let instrument = market.instrument(ofCoin: coin) else { return nil }
        guard let amount = amount.amount, amount.units > .min else {
            throw MessageError(field: "usdc", problem: .outOfRange, value: "\(self.amount)")
        }
        return VenueFunding(instrument: instrument.id, time: time, amount: -amount)
    }
}

extension HyperliquidLedgerUpdate {
    /// What a record comes to for the account: nothing for moves within it, several entries where a fee is apart.
    enum Meaning {
        case entries([VenueTransfer])
        /// It changes nothing that is counted here: between the account's own pockets, or told by fills as well.
        case nothing
        case unknown
    }

    func meaning(for account: String, in market: HyperliquidMarketState) throws(MessageError) -> Meaning {
        let kindAndSign: (kind: VenueTransfer.Kind, isIncoming: Bool)
        switch kind {
        case "deposit": kindAndSign = (.deposit, true)
        case "withdraw": kindAndSign = (.withdrawal, false)
        case "accountClassTransfer", "liquidation", "cStakingTransfer": return .nothing
        case "vaultCreate", "vaultDeposit": kindAndSign = (.transfer, false)
        case "vaultWithdraw", "vaultDistribution": kindAndSign = (.transfer, true)
        case "rewardsClaim", "spotGenesis": kindAndSign = (.reward, true)
        case "internalTransfer", "subAccountTransfer", "spotTransfer", "send":
            let isTo = destination?.lowercased() == account
            let isFrom = user?.lowercased() == account
            if isTo, isFrom { return .nothing }
            guard isTo || isFrom else { return .unknown }
            kindAndSign = (.transfer, isTo)
        default: return .unknown
        }
        guard let amount else { return .unknown }
        var entries: [VenueTransfer] = []
        func book(
            _ kind: VenueTransfer.Kind, _ number: ExactDecimal, _ field: String, of token: String, isIncoming: Bool
        ) throws(MessageError) {
            guard let asset = market.asset(named: token) else { return }
            guard let value = number.amount, value.units > .min else {
                throw MessageError(field: field, problem: .outOfRange, value: "\(number)")
            }
            let reference = "\(hash):\(self.kind):\(time.milliseconds)"
            entries.append(
                VenueTransfer(
                    kind: kind, asset: asset, amount: isIncoming ? value : -value, time: time,
                    reference: field == "amount" ? reference : "\(reference):\(field)"))
        }
        try book(kindAndSign.kind, amount, "amount", of: token, isIncoming: kindAndSign.isIncoming)
        if !kindAndSign.isIncoming {
            // Whoever sends pays, and not in what is sent.
            for (name, fee, token) in [("fee", fee, feeToken), ("nativeTokenFee", nativeTokenFee, Self.nativeToken)] {
                if let fee, !fee.isZero { try book(.fee, fee, name, of: token, isIncoming: false) }
            }
        }
        return entries.isEmpty ? .unknown : .entries(entries)
    }
}
