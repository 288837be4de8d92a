// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import Testing
import Trading

/// What an account's own key does besides trading.
@Suite struct AccountActionTests {
    private static let agent = Address(bytes: [UInt8](repeating: 0xA6, count: 20))
    private static let sub = Address(bytes: [UInt8](repeating: 0x5B, count: 20))
    private static let vault = Address(bytes: [UInt8](repeating: 0x7A, count: 20))

    private func venue() -> Venue {
        Venue {
            $0.agents = [AgentConfiguration(address: Self.agent, account: Venue.alice)]
            for (address, isVault) in [(Self.sub, false), (Self.vault, true)] {
                var account = AccountConfiguration(address: address, balance: Fixed8(500))
                account.master = Venue.alice
                account.isVault = isVault
                $0.accounts.append(account)
            }
        }
    }

    private func cash(_ address: Address, _ venue: Venue) -> Fixed8? { venue.simulator.account(address)?.cash }

    @Test(arguments: [
        #"{"type":"subAccountTransfer","subAccountUser":"\#(sub)","isDeposit":true,"usd":5000000}"#,
        #"{"type":"subAccountSpotTransfer","subAccountUser":"\#(sub)","isDeposit":true,"token":"USDC:0x0","amount":"5"}"#,
        #"{"type":"vaultTransfer","vaultAddress":"\#(vault)","isDeposit":true,"usd":5000000}"#,
        #"{"type":"createSubAccount","name":"x"}"#, #"{"type":"setReferrer","code":"ABC"}"#,
    ])
    func `an agent trades, and its owner's key alone moves money`(action: String) throws {
        var venue = venue()
        venue.assume(Self.agent)
        #expect(venue.order(limit(0, buy: true, "49000", "0.001")) == ["resting"])
        let before = [Venue.alice, Self.sub, Self.vault].map { cash($0, venue) }
        let answer = venue.exchange(action)
        #expect(answer["response"]?.string == "Must deposit before performing actions. User: \(Self.agent)")
        #expect([Venue.alice, Self.sub, Self.vault].map { cash($0, venue) } == before)
        venue.assume(Venue.alice)
        #expect(venue.exchange(action)["status"]?.string == "ok")
    }

    @Test func `tokens go to a sub-account and back`() {
        var venue = venue()
        func move(_ isDeposit: Bool, _ amount: String, _ venue: inout Venue) -> String? {
            venue.exchange(
                #"{"type":"subAccountSpotTransfer","subAccountUser":"\#(Self.sub)","isDeposit":\#(isDeposit),"token":"PURR:0xc1fb593aeffbeb02f85e0308e9956a90","amount":"\#(amount)"}"#
            )["response"]?.string
        }
        func tokens(_ venue: Venue) -> [Fixed8?] {
            [Venue.alice, Self.sub].map { venue.simulator.account($0)?.balances.first { $0.token == "PURR" }?.total }
        }
        #expect(move(true, "120", &venue) == nil)
        #expect(tokens(venue) == [Fixed8(380), Fixed8(120)])
        #expect(move(false, "121", &venue) == "Insufficient spot balance for transfer.")
        #expect(move(false, "20", &venue) == nil)
        #expect(tokens(venue) == [Fixed8(400), Fixed8(100)])
        venue.assume(Venue.bob)
        #expect(move(true, "1", &venue) == "Invalid sub-account: \(Self.sub)")
    }

    @Test func `a follower gets back from a vault what it gave, the leader the rest`() {
        var venue = venue()
        func move(_ isDeposit: Bool, _ dollars: Int64, _ venue: inout Venue) -> String? {
            venue.exchange(
                #"{"type":"vaultTransfer","vaultAddress":"\#(Self.vault)","isDeposit":\#(isDeposit),"usd":\#(dollars * 1_000_000)}"#
            )["response"]?.string
        }
        func equity(_ user: Address, _ venue: inout Venue) -> String? {
            venue.info(#"{"type":"userVaultEquities","user":"\#(user)"}"#)[0]?["equity"]?.string
        }
        venue.assume(Venue.bob)
        #expect(move(true, 200, &venue) == nil)
        #expect(cash(Venue.bob, venue) == Fixed8(9_800) && cash(Self.vault, venue) == Fixed8(700))
        #expect(equity(Venue.bob, &venue) == "200.0" && equity(Venue.alice, &venue) == "500.0")
        #expect(move(false, 201, &venue) == "Insufficient vault equity for withdrawal.")
        #expect(move(false, 50, &venue) == nil)
        let ledger = venue.info(#"{"type":"userNonFundingLedgerUpdates","user":"\#(Venue.bob)","startTime":0}"#)
        #expect(ledger.elements.map { $0["delta"]?["type"]?.string } == ["vaultDeposit", "vaultWithdraw"])
        venue.assume(Venue.alice)
        #expect(move(false, 501, &venue) == "Insufficient vault equity for withdrawal.")
        #expect(move(false, 500, &venue) == nil)
        #expect(cash(Self.vault, venue) == Fixed8(150))
        #expect(
            venue.exchange(#"{"type":"vaultTransfer","vaultAddress":"\#(Self.sub)","isDeposit":true,"usd":1000000}"#)[
                "response"]?.string == "Vault not registered: \(Self.sub)")
    }

    @Test func `an isolated position is topped up to a leverage`() {
        var venue = venue()
        func topUp(_ leverage: String, _ venue: inout Venue) -> String? {
            venue.exchange(#"{"type":"topUpIsolatedOnlyMargin","asset":0,"leverage":"\#(leverage)"}"#)["response"]?
                .string
        }
        #expect(topUp("5", &venue) == "No isolated position to change the margin of. asset=0")
        _ = venue.exchange(#"{"type":"updateLeverage","asset":0,"isCross":false,"leverage":10}"#)
        #expect(venue.order(limit(0, buy: true, "51000", "0.01", tif: "Ioc")) == ["filled 0.01@50003.0"])
        let cash = venue.alice.cash
        // Worth 500 at the mark, it has a margin of 50.003 and a loss of 0.03: 100 needs 50.027 more.
        #expect(topUp("5", &venue) == nil)
        #expect(venue.alice.positions.first?.isolatedMargin == Fixed8("100.03")!)
        #expect(venue.alice.cash == cash - Fixed8("50.027")!)
        #expect(topUp("20", &venue) == "Position is already at or below that leverage. asset=0")
        for leverage in ["0.5", "41", "-3"] { #expect(topUp(leverage, &venue) == "Invalid leverage value") }
    }

    /// As the official client makes them; who signs them is told apart from a request with a wrong hash.
    @Test(arguments: [
        #"{"type":"tokenDelegate","validator":"\#(sub)","wei":1,"isUndelegate":false,"#,
        #"{"type":"convertToMultiSigUser","signers":"{}","#,
        #"{"type":"cDeposit","wei":1,"#,
    ])
    func `what is signed field by field is not taken for a hash`(start: String) {
        var venue = venue()
        let rest =
            #""nonce":\#(venue.nonce + 1),"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#
        #expect(
            venue.exchange(start + rest)["response"]?.string == "This action is not available on the simulated venue.")
        venue.assume(Self.agent)
        let again = #""nonce":\#(venue.nonce + 1),"signatureChainId":"0x66eee","hyperliquidChain":"Testnet"}"#
        #expect(venue.exchange(start + again)["response"]?.string?.hasPrefix("Must deposit") == true)
    }

    @Test func `questions of the official client about spot and auctions are answered`() {
        var venue = venue()
        let pair = venue.info(#"{"type":"activeAssetData","user":"\#(Venue.alice)","coin":"PURR/USDC"}"#)
        #expect(pair["availableToTrade"]?.elements.map(\.string) == ["1000.0", "500.0"])
        #expect(pair["maxTradeSzs"]?.elements.map(\.string) == ["5000.0", "500.0"])
        #expect(venue.info(#"{"type":"perpDeployAuctionStatus"}"#)["durationSeconds"]?.integer == 111_600)
        #expect(venue.info(#"{"type":"allPerpMetas"}"#)[0]?["universe"]?.count == 2)
        #expect(
            venue.exchange(#"{"type":"gossipPriorityBid","slotId":0,"ip":"1.2.3.4","maxGas":1000}"#)["response"]?.string
                == "This action is not available on the simulated venue.")
    }
}
