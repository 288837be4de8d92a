// SPDX-License-Identifier: Apache-2.0

import Conformance
import Cryptography
import Foundation
import Hyperliquid
import JSON
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

    /// Bodies as ccxt 4.5.90 writes them for these calls.
    @Test(arguments: [
        (
            #""fetch_my_trades","args":["BTC/USDC:USDC",null,10,{"until":1700000000000}]"#,
            #"{"user":"0x01","type":"userFills","endTime":1700000000000}"#
        ),
        (
            #""fetch_my_trades","args":["BTC/USDC:USDC",1699990000000,null,{"aggregateByTime":true}]"#,
            #"{"user":"0x01","type":"userFillsByTime","startTime":1699990000000,"aggregateByTime":true}"#
        ),
        (
            #""fetch_order_book","args":["BTC/USDC:USDC",null,{"nSigFigs":5,"mantissa":2}]"#,
            #"{"type":"l2Book","coin":"BTC","nSigFigs":5,"mantissa":2}"#
        ),
        (
            #""fetch_positions","args":[["XYZ-XYZ100/USDC:USDC"]]"#,
            #"{"type":"clearinghouseState","user":"0x01","dex":"xyz"}"#
        ),
        (
            #""fetch_orders","args":["XYZ-XYZ100/USDC:USDC",null,null,{"address":"0x01","from":7}]"#,
            #"{"type":"historicalOrders","user":"0x01","dex":"xyz","from":7}"#
        ),
        (
            #""fetch_open_orders","args":[null,null,null,{"user":"0x01","until":3}]"#,
            #"{"type":"frontendOpenOrders","user":"0x01","until":3}"#
        ),
    ])
    func `a read passes on every parameter that ccxt does`(call: String, body: String) throws {
        func run(_ body: String) throws -> ConformanceReport {
            let source = #"{"credentials":{"walletAddress":"0x01","now":1700000000000}}"#
            let entry = #"{"id":"x","call":\#(call),"request":{"bodyJson":\#(body)}}"#
            return try Conformance.run(
                Array(#"{"source":\#(source),"cases":[\#(entry)]}"#.utf8), name: "hyperliquid.json")
        }
        let report = try run(body)
        #expect(report.passed == 1, Comment(rawValue: report.text))
        #expect(try run(body.dropLast() + #","more":1}"#).failed == 1)
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

/// Whole requests, signed here from an action that is written as the connector never writes it: the signature is right,
/// so that only the connector's own constructors can tell.
@Suite struct RequestCases {
    private func outcome(_ action: String) throws -> ConformanceReport {
        let key = "0x0123456789012345678901234567890123456789012345678901234567890123"
        let signer = HyperliquidSigner(key: try PrivateKey(parsing: key), isMainnet: false)
        let body = signer.request(try HyperliquidAction(json: JSON.parse(action)), nonce: 1_700_000_000_000)
        let entry =
            #"{"id":"x","privateKey":"\#(key)","isMainnet":false,"vaultAddress":null,"expected":{"path":"/exchange","body":\#(String(decoding: body, as: UTF8.self))}}"#
        return try Conformance.run(
            Array(#"{"split":{"file":"signing/hyperliquid-x.json"},"cases":[\#(entry)]}"#.utf8), name: "x.json")
    }

    private static let order =
        #"{"type":"order","orders":[{"a":1,"b":true,"p":"2200.1","s":"0.05","r":false,"t":{"limit":{"tif":"Gtc"}}}],"grouping":"na"}"#
    private static let send =
        #"{"type":"usdSend","signatureChainId":"0x66eee","hyperliquidChain":"Testnet","destination":"0x5e9ee1089755c3435139848e47e6635505d5a13a","amount":"1","time":1700000000000}"#

    @Test(arguments: [
        (order, #""s":"0.05""#, #""s":"0.050""#), (order, #""s":"0.05""#, #""s":"0.05","x":1"#),
        (order, #""s":"0.05","r":false"#, #""r":false,"s":"0.05""#),
        (#"{"type":"cancel","cancels":[{"a":1,"o":5}]}"#, #""o":5"#, #""o":5,"c":1"#),
        (#"{"type":"scheduleCancel","time":1700000010000}"#, #"000}"#, #"000,"more":true}"#),
        (#"{"type":"updateLeverage","asset":1,"isCross":true,"leverage":3}"#, ":3}", #":3,"more":true}"#),
        (send, #""amount":"1""#, #""amount":"1","more":true"#),
    ])
    func `a request is judged by the connector's own constructors`(action: String, part: String, other: String) throws {
        let report = try outcome(action)
        #expect(report.passed == 1, Comment(rawValue: report.text))
        let place = try #require(action.firstRange(of: part))
        let changed = String(action[..<place.lowerBound]) + other + String(action[place.upperBound...])
        #expect(try outcome(changed).failed == 1, Comment(rawValue: changed))
    }
}
