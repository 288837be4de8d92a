// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

/// Money that moves without a trade is never profit.
@Suite struct TransferTests {
    private func account() -> Account {
        Account(
            AccountDescription(
                assets: AssetTable(names: ["BTC", "USD"]), instruments: [], baseCurrency: AssetID(1),
                valuations: [.unknown, .base]))
    }

    @Test func depositsAndWithdrawalsComeFromOutside() {
        var account = account()
        do {
            let isBooked = account.transfer(Amount(whole: 10), of: AssetID(1), at: .epoch, 7)
            #expect(isBooked)
        }
        do {
            let isBooked = account.transfer(-Amount(whole: 4), of: AssetID(1), at: .epoch, 8)
            #expect(isBooked)
        }
        #expect(account.balance(AssetID(1)) == Amount(whole: 6))
        #expect(account.ledger.total(.external, AssetID(1)) == -Amount(whole: 6))
        #expect(account.ledger.total(.realised, AssetID(1)) == .zero)
        #expect(account.ledger.isBalanced)
    }

    @Test func feesInAnotherAssetAreFees() {
        var account = account()
        do {
            let isBooked = account.payFee(
                Amount(whole: 2), of: AssetID(0), strategy: StrategyID(0), trade: TradeID(3), at: .epoch)
            #expect(isBooked)
        }
        #expect(account.balance(AssetID(0)) == -Amount(whole: 2))
        #expect(account.ledger.total(.fees, AssetID(0)) == Amount(whole: 2))
        #expect(account.ledger.isBalanced)
    }

    @Test func whatCannotBeHeldIsNotBooked() {
        var account = account()
        do {
            let isBooked = account.transfer(Amount(units: .min), of: AssetID(1), at: .epoch, 0)
            #expect(!isBooked)
        }
        do {
            let isBooked = account.transfer(Amount(units: .max), of: AssetID(1), at: .epoch, 0)
            #expect(isBooked)
        }
        do {
            let isBooked = account.transfer(Amount(units: 1), of: AssetID(1), at: .epoch, 0)
            #expect(!isBooked)
        }
        do {
            let isBooked = account.payFee(
                Amount(units: .min), of: AssetID(1), strategy: StrategyID(0), trade: TradeID(3), at: .epoch)
            #expect(!isBooked)
        }
        #expect(account.balance(AssetID(1)) == Amount(units: .max))
    }
}
