// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Hyperliquid
internal import JSON

/// What ccxt sends for a call of its unified interface, against what this connector sends for the same wish.
enum CCXTRequestCases {
    /// A published fixture: the body, without times, nonces and signatures.
    static func fixture(_ entry: JSONValue) -> CaseOutcome {
        guard let output = entry["output"] else { return .failed(["the case has no output"]) }
        let arguments = entry["input"].map { Array($0.elements) } ?? []
        let call = CCXTCall(
            name: normal(entry["method"]?.string ?? ""), arguments: arguments, markets: CCXTMarket.fixture,
            expected: output, options: entry["options"],
            walletAddress: output["user"]?.string ?? "", nonce: output["nonce"]?.unsigned ?? 0,
            now: output["req"]?["endTime"]?.integer ?? output["endTime"]?.integer ?? 1_700_000_000_000)
        return compare(call, output, isFixture: true, key: nil)
    }

    /// A request of the released library, signature included.
    static func generated(_ entry: JSONValue, source: JSONValue?) -> CaseOutcome {
        guard let body = entry["request"]?["bodyJson"] else { return .failed(["the case has no request.bodyJson"]) }
        let credentials = source?["credentials"]
        let call = CCXTCall(
            name: normal(entry["call"]?.string ?? ""), arguments: entry["args"].map { Array($0.elements) } ?? [],
            markets: CCXTMarket.generated, expected: body, options: entry["options"],
            walletAddress: credentials?["walletAddress"]?.string ?? "", nonce: body["nonce"]?.unsigned ?? 0,
            now: credentials?["now"]?.integer ?? 1_700_000_000_000)
        let key = credentials?["privateKey"]?.string.flatMap { try? PrivateKey(parsing: $0) }
        return compare(call, body, isFixture: false, key: key)
    }

    private static func normal(_ name: String) -> String { name.filter { $0 != "_" }.lowercased() }

    private static func compare(
        _ call: CCXTCall, _ body: JSONValue, isFixture: Bool, key: PrivateKey?
    ) -> CaseOutcome {
        if let reason = differsRightly(body) { return .skipped(reason: reason) }
        do {
            if let requests = try call.reads() {
                return CaseOutcome(differences: try read(requests, call.passedOn, body, isFixture: isFixture))
            }
            guard let action = try call.action() else {
                return .skipped(reason: "the connector has no use for the call '\(call.name)'")
            }
            // Before some transfers ccxt asks for the account's mode.
            if call.name == "transfer", body["action"] == nil {
                return CaseOutcome(differences: try read([.abstraction(call.user)], [], body, isFixture: isFixture))
            }
            let lines = try signed(action, call, body, isFixture: isFixture, key: key, signsExpiry: true)
            if !lines.isEmpty, body["expiresAfter"] != nil,
                try signed(action, call, body, isFixture: isFixture, key: key, signsExpiry: false).isEmpty
            {
                return .skipped(
                    reason: "ccxt sends expiresAfter but leaves it out of what it signs; Apus signs what it sends")
            }
            return CaseOutcome(differences: lines)
        } catch {
            return .failed(["\(error)"])
        }
    }

    /// Where ccxt does what this connector must not.
    private static func differsRightly(_ body: JSONValue) -> String? {
        let action = body["action"]
        let orders =
            (action?["orders"]?.elements.map { $0 } ?? [])
            + (action?["modifies"]?.elements.compactMap { $0["order"] } ?? [])
        for order in orders {
            if let word = order["t"]?["limit"]?["tif"]?.string, HyperliquidOrder.TimeInForce(rawValue: word) == nil {
                return
                    "ccxt writes the time in force '\(word)', which the venue does not know; Apus sends Alo, Ioc or Gtc"
            }
        }
        return nil
    }

    private static func read(
        _ requests: [HyperliquidRequest], _ passedOn: [(name: String, value: JSONValue)], _ body: JSONValue,
        isFixture: Bool
    ) throws -> [String] {
        var first: [String] = []
        for request in requests {
            let made = try with(passedOn, JSON.parse(request.bytes))
            let lines = Comparison.differences(expected: body, actual: made, at: "body").filter { line in
                // Upstream does not compare times of fixtures, which depend on when they were recorded.
                !isFixture
                    || !["body.startTime:", "body.endTime:", "body.req.startTime:", "body.req.endTime:"]
                        .contains { line.hasPrefix($0) }
            }
            if lines.isEmpty { return [] }
            if first.isEmpty { first = lines }
        }
        return first
    }

    /// The request with further members, which take the place of its own of the same name.
    private static func with(
        _ members: [(name: String, value: JSONValue)], _ request: JSONValue
    ) throws -> JSONValue {
        var writer = JSONWriter()
        writer.object {
            for (name, value) in request.members where !members.contains(where: { $0.name == name }) {
                $0.key(name)
                $0.raw(Array(value.text.utf8))
            }
            for (name, value) in members {
                $0.key(name)
                $0.raw(Array(value.text.utf8))
            }
        }
        return try JSON.parse(writer.bytes)
    }

    private static func signed(
        _ action: HyperliquidAction, _ call: CCXTCall, _ body: JSONValue, isFixture: Bool, key: PrivateKey?,
        signsExpiry: Bool
    ) throws -> [String] {
        guard let expected = body["action"] else { return ["body: expected \(body.text), got \(action.value.json)"] }
        let isMainnet = expected["hyperliquidChain"]?.string != "Testnet"
        let vault = try call.vault.map { try EthereumAddress(parsing: $0) }
        // A fixture without a key is signed with a made-up one: only what is signed is compared.
        let anyKey = try key ?? PrivateKey(bytes: [UInt8](repeating: 1, count: 32))
        let signer = HyperliquidSigner(key: anyKey, isMainnet: isMainnet, vault: vault)
        let expiresAfter = signsExpiry ? body["expiresAfter"]?.unsigned : nil
        let made = try JSON.parse(signer.request(action, nonce: call.nonce, expiresAfter: expiresAfter))

        var lines = Comparison.differences(expected: expected, actual: made["action"], at: "action")
        if isFixture {
            lines = lines.filter { line in
                !["action.nonce:", "action.time:", "action.signatureChainId:", "action.hyperliquidChain:"]
                    .contains { line.hasPrefix($0) } || (line.hasPrefix("action.time:") && body["nonce"] != nil)
            }
        }
        let expectedVault = body["vaultAddress"]?.string.map { Hexadecimal.bytes($0) ?? [] }
        let madeVault = made["vaultAddress"]?.string.map { Hexadecimal.bytes($0) ?? [] }
        lines += Comparison.equal("vaultAddress", expectedVault, madeVault)
        guard key != nil, body["signature"] != nil else { return lines }
        lines += signatureDifferences(body["signature"], made["signature"])
        return lines
    }

    private static func signatureDifferences(_ expected: JSONValue?, _ made: JSONValue?) -> [String] {
        var lines: [String] = []
        for name in ["r", "s"] {
            lines += Comparison.equal(
                "signature.\(name)", Comparison.word(expected?[name]?.string).map { Hexadecimal.text($0) },
                made?[name]?.string)
        }
        return lines + Comparison.equal("signature.v", expected?["v"]?.integer, made?["v"]?.integer)
    }
}
