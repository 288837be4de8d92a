// SPDX-License-Identifier: Apache-2.0

import Conformance
import Foundation
import Testing

private let shared = ProcessInfo.processInfo.environment["APUS_SHARED"]

@Suite struct PublishedCases {
    @Test(
        .enabled(if: shared != nil, "set APUS_SHARED to the folder that holds conformance/"),
        arguments: [
            ("signing/hyperliquid-nktkas", 6, 0), ("signing/hyperliquid-python-sdk", 14, 0),
            ("signing/hyperliquid-sdk-requests", 50, 0), ("rounding/hyperliquid-float-to-wire", 7, 0),
            ("rounding/hyperliquid-nktkas-format", 14, 0), ("payloads/hyperliquid", 10, 0),
            ("payloads/hyperliquid-info-recorded", 15, 0), ("ccxt-static/hyperliquid-request", 27, 0),
            ("ccxt-generated/hyperliquid-request", 41, 1), ("ccxt-generated/hyperliquid-response", 5, 0),
            ("crypto/ethers-hashes", 48, 0), ("crypto/ethers-hmac", 22, 0), ("crypto/ethers-eip712", 45, 0),
            ("crypto/ethers-accounts", 47, 0), ("crypto/wycheproof-hmac-sha256", 45, 0),
            ("crypto/wycheproof-ecdsa-secp256k1-sha256-p1363", 68, 0),
        ])
    func `every case passes or has its documented reason`(file: String, passed: Int, skipped: Int) throws {
        let path = "\(shared ?? "")/conformance/\(file).json"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let report = try Conformance.run(bytes, name: file)
        #expect(report.failed == 0, Comment(rawValue: report.text))
        #expect(report.passed == passed)
        #expect(report.skipped == skipped)
    }

    /// Cases made up here, each right but for one value: a runner that cannot see it would be worth nothing.
    @Test(arguments: [
        #"{"id":"s","kind":"actionHash","action":{"type":"noop"},"nonce":1,"vaultAddress":null,"expiresAfter":null,"expected":{"connectionId":"0x00"}}"#,
        #"{"id":"p","kind":"formatPrice","value":"123.456","szDecimals":5,"market":"perp","expected":"123.5"}"#,
        #"{"id":"w","transport":"ws","payload":{"channel":"trades","data":[{"coin":5}]}}"#,
        #"{"id":"c","call":"cancel_order","args":["12345","ETH/USDC:USDC"],"request":{"bodyJson":{"nonce":1,"action":{"type":"cancel","cancels":[{"a":2,"o":12345}]}}}}"#,
        #"{"id":"r","call":"fetch_ohlcv","args":[],"rawResponse":[{"T":2,"c":"1","h":"2","i":"1h","l":"1","n":7,"o":"1","s":"X","t":1,"v":"5"}],"parsed":[[1,1,2,1,1.5,5]]}"#,
    ])
    func `a wrong expectation fails`(entry: String) throws {
        let report = try Conformance.run(Array(#"{"cases":[\#(entry)]}"#.utf8), name: "hyperliquid.json")
        #expect(report.failed == 1, Comment(rawValue: report.text))
    }

    @Test(arguments: ["", "[]", "{}", #"{"cases":5}"#, "not JSON"])
    func `a file without cases is refused`(text: String) {
        #expect(throws: ConformanceFileError.self) { try Conformance.run(Array(text.utf8), name: "x.json") }
    }
}
