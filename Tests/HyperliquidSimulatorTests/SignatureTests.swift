// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import TestSupport
import Testing
import Trading

@Suite struct SignatureTests {
    /// Requests that hyperliquid-python-sdk 0.24.0 (MIT, PyPI) made offline with the key of `signer`; see the file
    /// `signing/hyperliquid-sdk-requests.json` of the shared conformance cases, from which three are copied here.
    static let signer = "0x0123456789012345678901234567890123456789012345678901234567890123"
    static let requests: [(name: String, isMainnet: Bool, body: String)] = [
        (
            "order-gtc-testnet", false,
            #"""
            {"action":{"type":"order","orders":[{"a":1,"b":true,"p":"2200.1","s":"0.05","r":false,"t":{"limit":{"tif":"Gtc"}}}],"grouping":"na"},"nonce":1700000000000,"signature":{"r":"0xa5b71895a5add1f183eaf995333399b9a8db3e2794bb0a9e51b4998d3074b435","s":"0x33a64802b3bc463632f6ef8497682f5f73f4c64fbcc34d0a2d75cf915a1f3140","v":28},"vaultAddress":null,"expiresAfter":null}
            """#
        ),
        (
            "order-spot-mainnet", true,
            #"""
            {"action":{"type":"order","orders":[{"a":10000,"b":true,"p":"0.21235","s":"55","r":false,"t":{"limit":{"tif":"Gtc"}}}],"grouping":"na"},"nonce":1700000000000,"signature":{"r":"0x5ff11cbe80225883079284f2ce70f5f2cee42d58ac85220e7af5645e8ae14e43","s":"0x3632316f917816bbb1de3a8cdae59e9bc2d5d3d3b602e75e3f99e3c666691717","v":27},"vaultAddress":null,"expiresAfter":null}
            """#
        ),
        (
            "spot-transfer-testnet", false,
            #"""
            {"action":{"destination":"0x5e9ee1089755c3435139848e47e6635505d5a13a","amount":"1.5","token":"PURR:0xc1fb593aeffbeb02f85e0308e9956a90","time":1700000000000,"type":"spotSend","signatureChainId":"0x66eee","hyperliquidChain":"Testnet"},"nonce":1700000000000,"signature":{"r":"0xd8f2d269d99aeea69f1f1633521e10973798af28633b04781818f20e7c12da3e","s":"0x4f555cd1098f9b72331b17f42d9c272b3e1e8c0c2ce674ff66dc2385f5cd6f07","v":27},"vaultAddress":null,"expiresAfter":null}
            """#
        ),
    ]

    private func venue(isMainnet: Bool, account: Address) -> Venue {
        var venue = Venue(
            Venue.configuration {
                $0.verifiesSignatures = true
                $0.isMainnet = isMainnet
                $0.accounts.append(AccountConfiguration(address: account, balance: Fixed8(10_000)))
            })
        venue.wall = Timestamp(milliseconds: 1_700_000_000_000)
        return venue
    }

    @Test(arguments: requests.indices)
    func theOfficialClientIsRecognised(index: Int) throws {
        let (_, isMainnet, body) = Self.requests[index]
        let key = try PrivateKey(parsing: Self.signer)
        var venue = venue(isMainnet: isMainnet, account: key.address)
        let answer = venue.value(venue.post("/exchange", body).body)
        #expect(answer["response"]?.string?.contains("does not exist") != true, "\(answer.text)")
        #expect(answer["response"]?.string?.contains("Must deposit") != true, "\(answer.text)")
    }

    @Test(arguments: requests.indices)
    func forTheOtherNetworkTheSignerIsSomebodyElse(index: Int) throws {
        let (_, isMainnet, body) = Self.requests[index]
        let key = try PrivateKey(parsing: Self.signer)
        var venue = venue(isMainnet: !isMainnet, account: key.address)
        let text = venue.value(venue.post("/exchange", body).body)["response"]?.string ?? ""
        let isExpected = text.hasPrefix("User or API Wallet 0x") && text.hasSuffix(" does not exist.")
        #expect(isExpected || text.hasPrefix("Invalid chain"), "\(text)")
        #expect(!text.contains(key.address.description))
    }

    @Test func allRequestsOfTheOfficialClientAreRecognised() throws {
        guard let bytes = sharedFile("conformance/signing/hyperliquid-sdk-requests.json") else { return }
        let file = try JSON.parse(bytes)
        var count = 0
        let cases = try #require(file["cases"])
        for item in cases.elements {
            guard let key = item["privateKey"]?.string, let isMainnet = item["isMainnet"]?.bool,
                let body = item["expected"]?["body"]
            else { continue }
            var venue = venue(isMainnet: isMainnet, account: try PrivateKey(parsing: key).address)
            let answer = venue.post("/exchange", body.text)
            #expect(answer.status == 200, "\(item["id"]?.string ?? "")")
            let text = venue.value(answer.body)["response"]?.string ?? ""
            #expect(
                !text.contains("does not exist.") && !text.contains("Must deposit") && !text.contains("recover"),
                "\(item["id"]?.string ?? ""): \(text)")
            count += 1
        }
        #expect(count >= 40)
    }

    @Test func aChangedRequestNamesTheRecoveredAddress() throws {
        let key = try PrivateKey(parsing: Self.signer)
        let order = Self.requests[0]
        var venue = venue(isMainnet: order.isMainnet, account: key.address)
        let changed = order.body.replacing("0.05", with: "0.06")
        #expect(changed != order.body)
        let text = venue.value(venue.post("/exchange", changed).body)["response"]?.string ?? ""
        #expect(text.hasPrefix("User or API Wallet 0x") && text.utf8.count == 77, "\(text)")
    }

    @Test func pricesAreSignedInTheirShortestForm() throws {
        // Signed was 2200.1; the venue packs 2200.10 as 2200.1 too.
        let key = try PrivateKey(parsing: Self.signer)
        let order = Self.requests[0]
        var venue = venue(isMainnet: order.isMainnet, account: key.address)
        let same = order.body.replacing("\"2200.1\"", with: "\"2200.10\"")
        #expect(venue.value(venue.post("/exchange", same).body)["status"]?.string == "ok")
    }

    @Test func agentsSignForTheirAccountButMoveNoMoneyAndReadNothing() throws {
        let key = try PrivateKey(parsing: Self.signer)
        var configuration = Venue.configuration { $0.verifiesSignatures = true }
        configuration.agents = [AgentConfiguration(address: key.address, account: Venue.alice)]
        var venue = Venue(configuration)
        let order = Self.requests[0]
        #expect(venue.value(venue.post("/exchange", order.body).body)["status"]?.string == "ok")
        #expect(venue.alice.openOrders.count == 1)
        let read = venue.info(#"{"type":"openOrders","user":"\#(key.address)"}"#)
        #expect(read.count == 0)
        #expect(venue.info(#"{"type":"userRole","user":"\#(key.address)"}"#)["role"]?.string == "agent")
        let send = Self.requests[2]
        let text = venue.value(venue.post("/exchange", send.body).body)["response"]?.string
        #expect(text == "Must deposit before performing actions. User: \(key.address)")
    }

    @Test func aNonceIsUsedOnceAndWithinItsWindow() {
        var venue = Venue()
        func send(_ nonce: Int64, _ venue: inout Venue) -> String? {
            let body = #"{"action":{"type":"noop"},"nonce":\#(nonce),"signature":{"r":"0x1","s":"0x1","v":27}}"#
            return venue.value(venue.post("/exchange", body).body)["response"]?.string
        }
        let now: Int64 = 1_700_000_000_000
        #expect(send(now, &venue) == nil)
        #expect(send(now, &venue) == "Invalid nonce: duplicate nonce \(now).")
        #expect(send(now - 5, &venue) == nil)
        #expect(send(now - 2 * 86_400_000 + 1, &venue) == nil)
        #expect(send(now - 2 * 86_400_000, &venue)?.hasPrefix("Invalid nonce") == true)
        #expect(send(now + 86_400_000 - 1, &venue) == nil)
        #expect(send(now + 86_400_000, &venue)?.hasPrefix("Invalid nonce") == true)
        for step in 1...100 { #expect(send(now + Int64(step), &venue) == nil) }
        #expect(send(now - 1, &venue) == "Invalid nonce: nonce too low: \(now - 1).")
    }

    @Test func expiredRequestsAreRefusedAndCostFiveTimes() {
        var venue = Venue()
        let before = venue.alice.requestsUsed
        let answer = venue.exchange(#"{"type":"noop"}"#, more: #","expiresAfter":1699999999999"#)
        #expect(answer["response"]?.string?.hasPrefix("Action expired") == true)
        #expect(venue.alice.requestsUsed == before + 5)
        let timely = venue.exchange(#"{"type":"noop"}"#, more: #","expiresAfter":1700000000000"#)
        #expect(timely["status"]?.string == "ok")
    }

    @Test func masterSignsForSubAccountsAndNobodyElseDoes() {
        let sub = Address(bytes: [UInt8](repeating: 0x5B, count: 20))
        var venue = Venue {
            var account = AccountConfiguration(address: sub, balance: Fixed8(500))
            account.master = Venue.alice
            $0.accounts.append(account)
        }
        let order = limit(0, buy: true, "49000", "0.001")
        let body = #"{"type":"order","orders":[\#(order)],"grouping":"na"}"#
        func send(_ venue: inout Venue) -> JSONValue {
            venue.nonce += 1
            return venue.value(
                venue.post(
                    "/exchange",
                    #"{"action":\#(body),"nonce":\#(venue.nonce),"signature":{"r":"0x1","s":"0x1","v":27},"vaultAddress":"\#(sub)"}"#
                ).body)
        }
        #expect(send(&venue)["status"]?.string == "ok")
        #expect(venue.simulator.account(sub)?.openOrders.count == 1 && venue.alice.openOrders.isEmpty)
        venue.assume(Venue.bob)
        #expect(send(&venue)["response"]?.string == "Vault not registered: \(sub)")
    }
}
