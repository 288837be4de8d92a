// SPDX-License-Identifier: Apache-2.0

import JSON
import Trading

/// The nonces of one signer: the hundred highest.
struct NonceWindow: Sendable {
    private var used: [UInt64] = []

    /// - Returns: Why it is refused, or `nil` where it was new and is now used.
    mutating func use(_ nonce: UInt64, wall: Timestamp) -> String? {
        let now = wall.nanoseconds.flooredDivision(by: 1_000_000).quotient
        guard let value = Int64(exactly: nonce), value > now - 2 * 86_400_000, value < now + 86_400_000 else {
            return "Invalid nonce: \(nonce) is not within two days before and one day after \(now)."
        }
        let place = used.firstIndex { $0 >= nonce } ?? used.count
        if place < used.count, used[place] == nonce { return "Invalid nonce: duplicate nonce \(nonce)." }
        if place == 0, used.count >= 100 { return "Invalid nonce: nonce too low: \(nonce)." }
        used.insert(nonce, at: place)
        if used.count > 100 { used.removeFirst() }
        return nil
    }
}

/// A sum over the last sixty seconds, by the second.
struct WeightWindow: Sendable {
    private var seconds = [Int](repeating: 0, count: 60)
    private var latest: Int64 = 0
    private(set) var sum = 0

    mutating func advance(to wall: Timestamp) {
        let second = wall.nanoseconds.flooredDivision(by: 1_000_000_000).quotient
        guard second > latest else { return }
        for step in 0..<min(60, second - latest) {
            let place = Int(((latest + 1 + step) % 60 + 60) % 60)
            sum -= seconds[place]
            seconds[place] = 0
        }
        if second - latest >= 60 {
            seconds = [Int](repeating: 0, count: 60)
            sum = 0
        }
        latest = second
    }

    mutating func add(_ weight: Int) {
        seconds[Int((latest % 60 + 60) % 60)] += weight
        sum += weight
    }
}

extension HyperliquidSimulator {
    /// - Returns: Whether the weight was still free.
    mutating func spend(_ weight: Int, sender: UInt32) -> Bool {
        var window = weights[sender] ?? WeightWindow()
        window.advance(to: wall)
        defer { weights[sender] = window }
        if configuration.limits.areEnforced, window.sum + weight > configuration.limits.weightPerMinute { return false }
        window.add(weight)
        return true
    }

    mutating func spendMore(_ weight: Int, sender: UInt32) {
        guard weight > 0 else { return }
        weights[sender, default: WeightWindow()].advance(to: wall)
        weights[sender]?.add(weight)
    }

    // MARK: The budget of an address

    func requestCap(_ account: Int) -> Int64 {
        let earned = Int64(clamping: accounts[account].volume / Int128(Decimals.one))
        return earned.adding(configuration.limits.requestsToStart).adding(accounts[account].requestsBought)
    }

    /// Counts a request against the account's budget.
    ///
    /// - Returns: Why it is refused, or `nil`.
    mutating func budgetProblem(_ account: Int, _ action: ExchangeAction) -> String? {
        let cap = requestCap(account)
        let limit = action.isCancel ? min(cap.adding(100_000), cap.adding(cap)) : cap
        let used = accounts[account].requestsUsed.adding(Int64(action.count))
        if case .reserveRequestWeight = action { return nil }
        guard configuration.limits.areEnforced, used > limit else {
            accounts[account].requestsUsed = used
            return nil
        }
        // Beyond the budget, one request every ten seconds.
        if let last = accounts[account].lastRequestBeyondBudget, wall - last < .seconds(10) {
            statistics.overBudget += 1
            let traded = Fixed8(units: accounts[account].volume).plain
            return "Too many cumulative requests sent (\(used) > \(limit)) for cumulative volume traded $\(traded). "
                + "Place taker orders to free up 1 request per USDC traded."
        }
        accounts[account].lastRequestBeyondBudget = wall
        accounts[account].requestsUsed = used
        return nil
    }

    mutating func reserve(_ weight: Int64, account: Int) -> [UInt8] {
        // 0.0005 USDC each.
        let price = Money(weight) * 50_000
        guard weight > 0, weight <= 1_000_000_000, withdrawable(account) >= price else {
            return failure("Insufficient balance to reserve request weight.")
        }
        accounts[account].cash -= price
        accounts[account].requestsBought = accounts[account].requestsBought.adding(weight)
        note(.requestWeight, price, account: account)
        return success("default")
    }
}
