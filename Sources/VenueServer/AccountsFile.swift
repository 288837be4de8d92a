// SPDX-License-Identifier: Apache-2.0

internal import HyperliquidSimulator
internal import JSON
internal import Trading

/// Accounts from a file: `{"accounts": [{"address": "0x…", "balance": "1000", "volume": "0", "spot": {"USDC": "50"},
/// "master": "0x…", "isVault": false, "agents": [{"address": "0x…", "name": "bot", "validUntil": "2026-12-31"}]}]}`.
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
        var accounts: [AccountConfiguration] = []
        var agents: [AgentConfiguration] = []
        for entry in list.elements {
            var account = AccountConfiguration(
                address: try ServerOption.address(entry["address"]?.string ?? "", "--accounts"), balance: balance)
            if let text = entry["balance"]?.string { account.balance = try ServerOption.amount(text, "--accounts") }
            if let text = entry["volume"]?.string { account.volume = try ServerOption.amount(text, "--accounts") }
            if let text = entry["master"]?.string { account.master = try ServerOption.address(text, "--accounts") }
            account.isVault = entry["isVault"]?.bool ?? false
            for (token, balance) in entry["spot"].map({ Array($0.members) }) ?? [] {
                account.spot.append((token, try ServerOption.amount(balance.string ?? "", "--accounts")))
            }
            for agent in entry["agents"].map({ Array($0.elements) }) ?? [] {
                let text = agent.string ?? agent["address"]?.string ?? ""
                var configuration = AgentConfiguration(
                    address: try ServerOption.address(text, "--accounts"), account: account.address)
                configuration.name = agent["name"]?.string ?? ""
                if let text = agent["validUntil"]?.string {
                    do throws(TimestampError) {
                        configuration.validUntil = try Timestamp(parsing: text)
                    } catch {
                        throw UsageError("--accounts: \(error)")
                    }
                }
                agents.append(configuration)
            }
            accounts.append(account)
        }
        return (accounts, agents)
    }
}
