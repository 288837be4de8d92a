// SPDX-License-Identifier: Apache-2.0

internal import HyperliquidSimulator
internal import JSON
internal import Trading

/// Accounts from a file: `{"accounts": [{"address": "0x…", "balance": "1000", "volume": "0", "spot": {"USDC": "50"},
/// "master": "0x…", "isVault": false, "agents": [{"address": "0x…", "name": "bot", "validUntil": "2026-12-31"}]}]}`.
/// Amounts may be numbers too, an agent may be its address alone, and all but the address may be absent.
enum AccountsFile {
    static func read(
        _ text: [UInt8], balance: Fixed8
    ) throws(UsageError) -> (accounts: [AccountConfiguration], agents: [AgentConfiguration]) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSON.parse(text)
        } catch {
            throw UsageError("--accounts: the file is no JSON: \(error)")
        }
        guard let list = value["accounts"], list.kind == .array else {
            throw UsageError(#"--accounts: the file has the form {"accounts": [{"address": "0x…"}]}."#)
        }
        let file = AccountsEntry(json: value, place: "the file")
        try file.check(["accounts"])
        var accounts: [AccountConfiguration] = []
        var agents: [AgentConfiguration] = []
        for json in list.elements {
            let entry = AccountsEntry(json: json, place: "account \(accounts.count + 1)")
            let (account, signers) = try read(entry, balance: balance)
            accounts.append(account)
            agents += signers
        }
        return (accounts, agents)
    }

    private static func read(
        _ entry: AccountsEntry, balance: Fixed8
    ) throws(UsageError) -> (AccountConfiguration, [AgentConfiguration]) {
        try entry.check(["address", "balance", "volume", "spot", "master", "isVault", "agents"])
        var account = AccountConfiguration(
            address: try ServerOption.address(entry.text("address") ?? "", "--accounts"), balance: balance)
        if let amount = try entry.amount("balance") { account.balance = amount }
        if let amount = try entry.amount("volume") { account.volume = amount }
        if let text = try entry.text("master") { account.master = try ServerOption.address(text, "--accounts") }
        account.isVault = try entry.flag("isVault")
        if let spot = try entry.object("spot") {
            for (token, _) in spot.json.members {
                account.spot.append((token, try spot.amount(token) ?? .zero))
            }
        }
        var agents: [AgentConfiguration] = []
        for agent in try entry.list("agents") {
            if let address = agent.json.string {
                agents.append(
                    AgentConfiguration(
                        address: try ServerOption.address(address, "--accounts"), account: account.address))
                continue
            }
            try agent.check(["address", "name", "validUntil"])
            var configuration = AgentConfiguration(
                address: try ServerOption.address(agent.text("address") ?? "", "--accounts"), account: account.address)
            configuration.name = try agent.text("name") ?? ""
            configuration.validUntil = try agent.time("validUntil")
            agents.append(configuration)
        }
        return (account, agents)
    }
}

/// One object of the file. What is absent is `nil`; what has the wrong form is an error that says where.
private struct AccountsEntry {
    let json: JSONValue
    let place: String

    private func wrong(_ problem: String) -> UsageError { UsageError("--accounts: \(place): \(problem)") }

    /// Refuses members that nobody reads.
    func check(_ names: [String]) throws(UsageError) {
        guard json.kind == .object else { throw wrong("it must be an object, not \(json.text.prefix(40)).") }
        for (key, _) in json.members where !names.contains(key) {
            throw wrong("'\(key.prefix(40))' is not known; use \(names.joined(separator: ", ")).")
        }
    }

    private func value(_ name: String) -> JSONValue? { json[name].flatMap { $0.isNull ? nil : $0 } }

    func text(_ name: String) throws(UsageError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw wrong("'\(name)' must be a text, not \(value.text.prefix(40)).") }
        return text
    }

    func amount(_ name: String) throws(UsageError) -> Fixed8? {
        guard let value = value(name) else { return nil }
        guard let amount = Fixed8(value.string ?? value.numberText ?? ""), amount >= .zero else {
            throw wrong("'\(name)' must be an amount such as \"1000\" or 12.5, not \(value.text.prefix(40)).")
        }
        return amount
    }

    func flag(_ name: String) throws(UsageError) -> Bool {
        guard let value = value(name) else { return false }
        guard let flag = value.bool else {
            throw wrong("'\(name)' must be true or false, not \(value.text.prefix(40)).")
        }
        return flag
    }

    func time(_ name: String) throws(UsageError) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        do throws(TimestampError) { return try Timestamp(parsing: text) } catch { throw wrong("\(error)") }
    }

    func object(_ name: String) throws(UsageError) -> AccountsEntry? {
        guard let value = value(name) else { return nil }
        guard value.kind == .object else { throw wrong("'\(name)' must be an object, not \(value.text.prefix(40)).") }
        return AccountsEntry(json: value, place: "\(place), \(name)")
    }

    func list(_ name: String) throws(UsageError) -> [AccountsEntry] {
        guard let value = value(name) else { return [] }
        guard value.kind == .array else { throw wrong("'\(name)' must be a list, not \(value.text.prefix(40)).") }
        var entries: [AccountsEntry] = []
        for element in value.elements {
            entries.append(AccountsEntry(json: element, place: "\(place), \(name) \(entries.count + 1)"))
        }
        return entries
    }
}
