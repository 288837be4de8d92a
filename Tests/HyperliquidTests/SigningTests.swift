// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import JSON
import Testing
import Trading

@Suite struct ActionSigning {
    private let key = "0x0123456789012345678901234567890123456789012345678901234567890123"

    private func order(_ kind: HyperliquidOrder.Kind = .limit(.goodTilCancelled), client: ClientOrderID? = nil)
        -> HyperliquidOrder
    {
        HyperliquidOrder(asset: 1, isBuy: true, price: "100", size: "100", kind: kind, client: client)
    }

    // Signatures of the official Python SDK's own tests.
    @Test(
        arguments: [
            (
                true, nil, HyperliquidOrder.Kind.limit(.goodTilCancelled),
                "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e"
            ),
            (
                false, ClientOrderID(high: 0, low: 1), .limit(.goodTilCancelled),
                "0xeba0664bed2676fc4e5a743bf89e5c7501aa6d870bdb9446e122c9466c5cd16d"
            ),
            (
                true, nil, .trigger(price: "103", isMarket: true, .stopLoss),
                "0x98343f2b5ae8e26bb2587daad3863bc70d8792b09af1841b6fdd530a2065a3f9"
            ),
            (
                false, nil, .trigger(price: "103", isMarket: true, .stopLoss),
                "0x971c554d917c44e0e1b6cc45d8f9404f32172a9d3b3566262347d0302896a2e4"
            ),
        ] as [(Bool, ClientOrderID?, HyperliquidOrder.Kind, String)])
    func `orders are signed as the official SDK signs them`(
        isMainnet: Bool, client: ClientOrderID?, kind: HyperliquidOrder.Kind, r: String
    ) throws {
        let signer = HyperliquidSigner(key: try PrivateKey(parsing: key), isMainnet: isMainnet)
        let signature = signer.signature(.order([order(kind, client: client)]), nonce: 0)
        #expect(signature.r.description == r)
    }

    @Test func `a request has all members in order, and numbers of full length`() throws {
        let vault = try EthereumAddress(parsing: "0x1719884eb866cb12b2287399b15f7db5e7d775ea")
        let signer = HyperliquidSigner(key: try PrivateKey(parsing: key), isMainnet: false, vault: vault)
        let body = try JSON.parse(signer.request(.cancel([(1, 12345)]), nonce: 7, expiresAfter: 9))
        #expect(body.members.map(\.key) == ["action", "nonce", "signature", "vaultAddress", "expiresAfter"])
        #expect(body["vaultAddress"]?.string == vault.description)
        #expect(body["expiresAfter"]?.integer == 9)
        #expect(body["signature"]?["r"]?.string?.utf8.count == 66)
        #expect(body["action"]?.text == #"{"type":"cancel","cancels":[{"a":1,"o":12345}]}"#)
        let referrer = try JSON.parse(signer.request(.setReferrer(code: "A"), nonce: 7))
        #expect(referrer["vaultAddress"]?.isNull == true)
        #expect(referrer["expiresAfter"]?.isNull == true)
    }

    @Test func `what is signed can be recovered by the venue, and depends on everything`() throws {
        let key = try PrivateKey(parsing: key)
        let signer = HyperliquidSigner(key: key, isMainnet: true)
        let action = HyperliquidAction.order([order()])
        let signature = signer.signature(action, nonce: 5)
        #expect(signature.signer(of: signer.digest(action, nonce: 5)) == key.address)
        let others = [
            signer.digest(action, nonce: 6), signer.digest(action, nonce: 5, expiresAfter: 1),
            signer.digest(.order([order()], grouping: .normal), nonce: 5),
            HyperliquidSigner(key: key, isMainnet: false).digest(action, nonce: 5),
            HyperliquidSigner(key: key, isMainnet: true, vault: .zero).digest(action, nonce: 5),
        ]
        for digest in others { #expect(signature.signer(of: digest) != key.address) }
        #expect(Set(others).count == others.count)
    }

    @Test func `actions whose fields are signed repeat the nonce and name the chain`() throws {
        let signer = HyperliquidSigner(key: try PrivateKey(parsing: key), isMainnet: false)
        let destination = try EthereumAddress(parsing: "0x5e9ee1089755c3435139848e47e6635505d5a13a")
        let send = HyperliquidAction.usdSend(to: destination, amount: "1")
        // From the official SDK's tests.
        let signature = signer.signature(send, nonce: 1_687_816_341_423)
        #expect(signature.r.description == "0x637b37dd731507cdd24f46532ca8ba6eec616952c56218baeff04144e4a77073")
        let sent = signer.completed(send, nonce: 1_687_816_341_423)
        #expect(sent["time"] == .integer(1_687_816_341_423))
        #expect(sent["hyperliquidChain"] == "Testnet")
        #expect(sent["signatureChainId"] == "0x66eee")
    }

    @Test(arguments: [
        #"{"type":"usdSend"}"#, #"{"type":"usdSend","destination":5,"amount":"1"}"#, #"{"x":1}"#, "[]", "5",
        #"{"type":"order","x":1.5}"#, #"{"type":"approveAgent","agentAddress":"0x12","nonce":1}"#,
        #"{"type":"order","x":123456789012345678901234567890}"#,
        #"{"type":"withdraw3","destination":"a","amount":"1","signatureChainId":"zz"}"#,
    ])
    func `an action that cannot be signed is refused when it is read`(text: String) {
        #expect(throws: MessageError.self) { try HyperliquidAction(json: try JSON.parse(text)) }
    }

    @Test func `numbers and texts are packed in their shortest forms`() {
        func packed(_ value: ActionValue) -> String {
            var bytes: [UInt8] = []
            value.appendMessagePack(to: &bytes)
            return Hexadecimal.digits(bytes.prefix(12))
        }
        // Worked out by hand from the MessagePack specification.
        let cases: [(ActionValue, String)] = [
            (.integer(0), "00"), (.integer(127), "7f"), (.integer(128), "cc80"), (.integer(256), "cd0100"),
            (.integer(65_536), "ce00010000"), (.integer(4_294_967_296), "cf0000000100000000"), (.integer(-1), "ff"),
            (.integer(-33), "d0df"), (.integer(-129), "d1ff7f"), (.integer(-32_769), "d2ffff7fff"),
            (.integer(.min), "d38000000000000000"), (.unsigned(.max), "cfffffffffffffffff"), (.null, "c0"),
            (true, "c3"), (false, "c2"), ("a", "a161"), (.list([]), "90"), (.map([]), "80"),
            (.text(String(repeating: "a", count: 32)), "d92061616161616161616161"),
            (.text(String(repeating: "a", count: 256)), "da0100616161616161616161"),
            (.list(Array(repeating: .null, count: 16)), "dc0010c0c0c0c0c0c0c0c0c0"),
        ]
        for (value, expected) in cases { #expect(packed(value) == expected) }
    }
}
