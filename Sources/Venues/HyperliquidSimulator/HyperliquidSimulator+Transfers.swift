// SPDX-License-Identifier: Apache-2.0

public import Cryptography
import JSON
public import Trading

extension HyperliquidSimulator {
    mutating func performTransfer(_ action: ExchangeAction, account: Int) -> [UInt8] {
        switch action {
        case .usdSend(let to, let amount):
            return send(amount, from: account, fromPerp: true, to: to, toPerp: true)
        case .spotSend(let to, let token, let amount):
            return sendToken(token, Money(amount), from: account, to: to)
        case .sendAsset(let to, let fromPerp, let toPerp, let token, let amount):
            if tokenName(token) == "USDC" {
                return send(amount, from: account, fromPerp: fromPerp, to: to, toPerp: toPerp)
            }
            guard !fromPerp, !toPerp else { return failure("Only USDC can be sent to or from the perpetuals.") }
            return sendToken(token, Money(amount), from: account, to: to)
        case .withdraw(_, let amount): return withdraw(Money(amount), account: account)
        case .usdClassTransfer(let amount, let toPerp, let subAccount):
            var owner = account
            if let subAccount {
                guard let owned = accountOfAddress[subAccount], accounts[owned].master == accounts[account].address
                else { return failure("Invalid sub-account: \(subAccount)") }
                owner = owned
            }
            return send(
                amount, from: owner, fromPerp: !toPerp, to: accounts[owner].address, toPerp: toPerp)
        case .subAccountTransfer(let other, let isDeposit, let micros):
            return moveToSubAccount(other, isDeposit: isDeposit, micros, account: account)
        case .subAccountSpotTransfer(let other, let isDeposit, let token, let amount):
            guard let owned = accountOfAddress[other], accounts[owned].master == accounts[account].address else {
                return failure("Invalid sub-account: \(other)")
            }
            return isDeposit
                ? sendToken(token, Money(amount), from: account, to: other)
                : sendToken(token, Money(amount), from: owned, to: accounts[account].address)
        case .vaultTransfer(let vault, let isDeposit, let micros):
            return moveToVault(vault, isDeposit: isDeposit, micros, account: account)
        case .createSubAccount(let name):
            guard accounts[account].master == nil else { return failure("Sub-accounts cannot have sub-accounts.") }
            var seed = accounts[account].address.bytes.reduce(UInt64(accounts.count)) { mixed($0 ^ UInt64($1)) }
            while accountOfAddress[Self.generatedAddress(seed)] != nil { seed = mixed(seed) }
            var new = AccountConfiguration(address: Self.generatedAddress(seed), balance: .zero)
            new.master = accounts[account].address
            add(new)
            accounts[accounts.count - 1].name = String(name.prefix(16))
            let address = new.address.description
            return success("createSubAccount") { $0.string(address) }
        case .approveAgent(let agent, let name): return approve(agent, name: name, account: account)
        case .approveBuilderFee(let builder, let maximum):
            accounts[account].builders.removeAll { $0.address == builder }
            accounts[account].builders.append((builder, maximum))
            return success("default")
        default: preconditionFailure("not a transfer")
        }
    }

    /// `USDC` or `PURR:0x…`.
    private func tokenName(_ text: String) -> String { String(text.prefix { $0 != ":" }) }

    /// What of the perpetuals' USDC may leave: what no position binds.
    func withdrawable(_ account: Int) -> Money { margin(account).available }

    /// The account of an address; one that was not known becomes one by being sent money.
    private mutating func receiver(_ address: Address) -> Int? {
        if let known = accountOfAddress[address] { return known }
        guard agentOfAddress[address] == nil else { return nil }
        add(AccountConfiguration(address: address, balance: .zero))
        return accounts.count - 1
    }

    private mutating func send(
        _ amount: Units, from account: Int, fromPerp: Bool, to: Address, toPerp: Bool
    ) -> [UInt8] {
        let amount = Money(amount)
        guard amount > 0 else { return failure("Invalid amount.") }
        let balance = accounts[account].balances[0]
        let available = fromPerp ? withdrawable(account) : balance.total - balance.hold
        guard available >= amount else {
            return failure(
                fromPerp ? "Insufficient balance for withdrawal." : "Insufficient spot balance for transfer.")
        }
        guard let receiver = receiver(to) else { return failure("Cannot send to an API wallet: \(to)") }
        if fromPerp { accounts[account].cash -= amount } else { accounts[account].balances[0].total -= amount }
        if toPerp { accounts[receiver].cash += amount } else { accounts[receiver].balances[0].total += amount }
        if receiver == account {
            if fromPerp != toPerp { note(.classTransfer(toPerp: toPerp), amount, account: account) }
        } else {
            let kind = SimulatedTransfer.Kind.send(from: accounts[account].address, to: to)
            note(kind, amount, account: account)
            note(kind, amount, account: receiver)
        }
        return success("default")
    }

    private mutating func sendToken(_ text: String, _ amount: Money, from account: Int, to: Address) -> [UInt8] {
        guard let token = tokens.firstIndex(of: tokenName(text)) else { return failure("Unknown token: \(text)") }
        let balance = accounts[account].balances[token]
        guard amount > 0, balance.total - balance.hold >= amount else {
            return failure("Insufficient spot balance for transfer.")
        }
        guard let receiver = receiver(to) else { return failure("Cannot send to an API wallet: \(to)") }
        accounts[account].balances[token].total -= amount
        accounts[receiver].balances[token].total += amount
        if receiver != account {
            let kind = SimulatedTransfer.Kind.spotSend(
                token: tokens[token], from: accounts[account].address, to: to)
            note(kind, amount, account: account)
            note(kind, amount, account: receiver)
        }
        return success("default")
    }

    private mutating func withdraw(_ amount: Money, account: Int) -> [UInt8] {
        let fee = Int128(Decimals.one)
        guard amount > fee, withdrawable(account) >= amount else {
            return failure("Insufficient balance for withdrawal.")
        }
        accounts[account].cash -= amount
        note(.withdraw(fee: Fixed8(units: fee)), amount - fee, account: account)
        return success("default")
    }

    private mutating func moveToSubAccount(
        _ other: Address, isDeposit: Bool, _ micros: Int64, account: Int
    ) -> [UInt8] {
        guard let owned = accountOfAddress[other], accounts[owned].master == accounts[account].address else {
            return failure("Invalid sub-account: \(other)")
        }
        let (from, to) = isDeposit ? (account, owned) : (owned, account)
        let amount = Money(micros) * 100
        guard amount > 0, withdrawable(from) >= amount else { return failure("Insufficient balance for withdrawal.") }
        accounts[from].cash -= amount
        accounts[to].cash += amount
        let kind = SimulatedTransfer.Kind.subAccount(from: accounts[from].address, to: accounts[to].address)
        note(kind, amount, account: from)
        note(kind, amount, account: to)
        return success("default")
    }

    /// An agent with a name replaces the one of that name; one without replaces the one without. A key that once was
    /// an agent, or that is an account, cannot become one.
    private mutating func approve(_ agent: Address, name: String, account: Int) -> [UInt8] {
        guard accountOfAddress[agent] == nil, agentOfAddress[agent] == nil else {
            return failure("Extra agent already used.")
        }
        var name = name
        var until: Timestamp?
        if let mark = name.firstRange(of: " valid_until ") {
            guard let end = Int64(name[mark.upperBound...]), end > 0, end < 7_000_000_000_000 else {
                return failure("Invalid agent name.")
            }
            until = Timestamp(milliseconds: end)
            name = String(name[..<mark.lowerBound])
        }
        for index in agents.indices where agents[index].account == account && agents[index].name == name {
            agents[index].until = .distantPast
        }
        let most = wall + .days(180)
        add(SimulatedAgent(address: agent, account: account, name: name, until: min(until ?? most, most)))
        return success("default")
    }

    /// Money from outside arrives.
    public mutating func deposit(_ amount: Fixed8, to address: Address, wall: Timestamp) {
        begin(wall)
        guard let account = accountOfAddress[address], amount > .zero else {
            preconditionFailure("a deposit needs a known account and an amount")
        }
        accounts[account].cash += amount.units
        note(.deposit, amount.units, account: account)
        flush()
    }

    // MARK: Dead-man switch

    mutating func scheduleCancel(_ time: UInt64?, account: Int) -> [UInt8] {
        guard let time else {
            accounts[account].scheduledCancel = nil
            return success("default")
        }
        guard accounts[account].volume >= configuration.scheduleCancelVolume.units else {
            let needed = configuration.scheduleCancelVolume.plain
            let traded = Fixed8(units: accounts[account].volume).plain
            return failure(
                "Cannot set scheduled cancel time until enough volume traded. Required: $\(needed). Traded: $\(traded)."
            )
        }
        guard time < 7_000_000_000_000, Int64(time) >= milliseconds(wall) + 5_000 else {
            return failure("Scheduled cancel time too early, must be at least 5 seconds from now.")
        }
        if scheduledCancelsLeft(account) <= 0 { return failure("Too many scheduled cancels triggered today.") }
        let due = Timestamp(milliseconds: Int64(time))
        accounts[account].scheduledCancel = due
        nextScheduledCancel = min(nextScheduledCancel ?? due, due)
        return success("default")
    }

    private func scheduledCancelsLeft(_ account: Int) -> Int {
        accounts[account].scheduledCancelDay == wall.dayNumber ? 10 - accounts[account].scheduledCancelsToday : 10
    }

    mutating func fireScheduledCancels() {
        nextScheduledCancel = nil
        for account in accounts.indices {
            guard let due = accounts[account].scheduledCancel else { continue }
            guard due <= wall else {
                nextScheduledCancel = min(nextScheduledCancel ?? due, due)
                continue
            }
            accounts[account].scheduledCancelsToday = 10 - scheduledCancelsLeft(account) + 1
            accounts[account].scheduledCancelDay = wall.dayNumber
            accounts[account].scheduledCancel = nil
            statistics.scheduledCancels += 1
            for index in activeOrders(account) { finish(index, .scheduledCancel) }
        }
        settleConsequences()
    }

    /// Orders that rest or wait, oldest first.
    func activeOrders(_ account: Int) -> [Int] {
        guard accounts[account].activeOrders > 0 else { return [] }
        var found: [Int] = []
        for index in accounts[account].orders.reversed() where orders[index].status.isActive {
            found.append(index)
            if found.count == accounts[account].activeOrders { break }
        }
        return found.reversed()
    }
}
