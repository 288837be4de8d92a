// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON

extension HyperliquidSimulator {
    /// Followers get back what they gave: profit and loss stay the leader's.
    mutating func moveToVault(_ address: Address, isDeposit: Bool, _ micros: Int64, account: Int) -> [UInt8] {
        guard let vault = accountOfAddress[address], accounts[vault].isVault, vault != account else {
            return failure("Vault not registered: \(address)")
        }
        let amount = Money(micros) * 100
        guard amount > 0 else { return failure("Invalid amount.") }
        let (from, to) = isDeposit ? (account, vault) : (vault, account)
        guard withdrawable(from) >= amount else { return failure("Insufficient balance for withdrawal.") }
        guard isDeposit || equity(of: account, inVault: vault) >= amount else {
            return failure("Insufficient vault equity for withdrawal.")
        }
        if accounts[vault].master != accounts[account].address {
            accounts[account].vaultDeposits[vault, default: 0] += isDeposit ? amount : -amount
        }
        accounts[from].cash -= amount
        accounts[to].cash += amount
        let owner = accounts[account].address
        note(
            isDeposit ? .vaultDeposit(vault: address) : .vaultWithdraw(vault: address, by: owner), amount,
            account: account)
        return success("default")
    }

    /// What an account has in a vault: its leader what is not the followers'.
    private func equity(of account: Int, inVault vault: Int) -> Money {
        guard accounts[vault].master == accounts[account].address else {
            return accounts[account].vaultDeposits[vault, default: 0]
        }
        let followers = accounts.reduce(Money(0)) { $0 + $1.vaultDeposits[vault, default: 0] }
        return margin(vault).value - followers
    }

    func writeVaultEquities(_ account: Int?, to writer: inout JSONWriter) {
        writer.array { writer in
            guard let account else { return }
            for vault in accounts.indices where accounts[vault].isVault {
                let equity = equity(of: account, inVault: vault)
                guard equity > 0 else { continue }
                writer.object {
                    $0.string("vaultAddress", accounts[vault].address.description)
                    $0.decimal("equity", equity)
                }
            }
        }
    }
}
