// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Hyperliquid
internal import JSON

/// Hashes, signatures and whole requests of Hyperliquid.
enum SigningCases {
    static func run(_ entry: JSONValue) -> CaseOutcome {
        do {
            switch entry["kind"]?.string {
            case "l1Action": return try l1Action(entry)
            case "actionHash": return try actionHash(entry)
            case "userSigned": return try userSigned(entry)
            case "floatToIntForHashing": return integerForHashing(entry)
            case nil where entry["expected"]?["body"] != nil: return try request(entry)
            case let kind:
                return .skipped(reason: "the kind '\(kind ?? "none")' is not one of Hyperliquid's signing cases")
            }
        } catch {
            return .failed(["\(error)"])
        }
    }

    private static func key(_ entry: JSONValue) throws -> PrivateKey {
        try PrivateKey(parsing: entry["privateKey"]?.string ?? "")
    }

    private static func vault(_ entry: JSONValue) throws -> EthereumAddress? {
        try entry["vaultAddress"]?.string.map { try EthereumAddress(parsing: $0) }
    }

    private static func connectionID(_ entry: JSONValue) throws -> Hash32 {
        guard let action = entry["action"], let nonce = entry["nonce"]?.unsigned else {
            throw ConformanceFileError(description: "the case has no action or no nonce")
        }
        return HyperliquidSigning.connectionID(
            try ActionValue(action), nonce: nonce, vault: try vault(entry),
            expiresAfter: entry["expiresAfter"]?.unsigned)
    }

    private static func l1Action(_ entry: JSONValue) throws -> CaseOutcome {
        let digest = HyperliquidSigning.agentDigest(
            connectionID: try connectionID(entry), isMainnet: entry["isMainnet"]?.bool ?? false)
        let key = try key(entry)
        let signature = key.sign(digest)
        var lines = Comparison.differences(expected: entry["expected"]?["signature"], actual: signature)
        lines += Comparison.equal("signer", key.address, signature.signer(of: digest) ?? .zero)
        return CaseOutcome(differences: lines)
    }

    private static func actionHash(_ entry: JSONValue) throws -> CaseOutcome {
        let expected = entry["expected"]?["connectionId"]?.string ?? entry["expected"]?.string ?? ""
        return CaseOutcome(
            differences: Comparison.equal("connectionId", expected.lowercased(), try connectionID(entry).description))
    }

    private static func userSigned(_ entry: JSONValue) throws -> CaseOutcome {
        guard let message = entry["message"], let primaryType = entry["primaryType"]?.string,
            let types = entry["payloadTypes"]
        else { throw ConformanceFileError(description: "the case has no message, primaryType or payloadTypes") }
        let isMainnet = entry["isMainnet"]?.bool ?? false
        var action: [ActionValue.Member] = [
            .init("signatureChainId", .text(entry["signatureChainId"]?.string ?? HyperliquidSigner.signatureChain)),
            .init("hyperliquidChain", .text(isMainnet ? "Mainnet" : "Testnet")),
        ]
        for (name, value) in message.members where name != "hyperliquidChain" {
            action.append(.init(name, try ActionValue(value)))
        }
        let fields = types.elements.compactMap { type -> TypedData.Field? in
            if let text = type.string {
                let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
                return parts.count == 2 ? TypedData.Field(parts[0], parts[1]) : nil
            }
            guard let name = type["name"]?.string, let kind = type["type"]?.string else { return nil }
            return TypedData.Field(name, kind)
        }
        let digest = try HyperliquidSigning.fieldsDigest(.map(action), primaryType: primaryType, fields: fields)
        let signature = try key(entry).sign(digest)
        var lines = Comparison.differences(expected: entry["expected"]?["signature"], actual: signature)
        if let known = UserSignedType.all.first(where: { $0.primaryType == primaryType }) {
            lines += Comparison.equal("fields", fields, known.fields)
        }
        return CaseOutcome(differences: lines)
    }

    private static func integerForHashing(_ entry: JSONValue) -> CaseOutcome {
        let value = entry["input"] ?? entry["value"] ?? entry["x"]
        guard let value, let number = Double(value.string ?? value.numberText ?? "") else {
            return .failed(["the case has no number under 'input'"])
        }
        let expected = entry["expected"]?["value"] ?? entry["expected"]?["result"] ?? entry["expected"]
        let wanted = expected?.string ?? expected?.numberText ?? expected?.text ?? "nothing"
        let actual = (try? HyperliquidNumberText.integer(number, decimals: 8)).map { "\($0)" }
        if let actual { return CaseOutcome(differences: Comparison.equal("integer", wanted, actual)) }
        let isError = wanted.lowercased().contains("err") || entry["expected"]?["error"] != nil
        return isError ? .passed : .failed(["expected \(wanted), got an error"])
    }

    /// The SDK's whole request: what it asks for, made with the connector's own constructors, gives the same body and
    /// the same signature. An action without a constructor is signed as it is written.
    private static func request(_ entry: JSONValue) throws -> CaseOutcome {
        guard let body = entry["expected"]?["body"] else {
            throw ConformanceFileError(description: "the case has no expected body")
        }
        if entry["expected"]?["path"]?.string == "/info" {
            return .skipped(reason: "a read of the SDK: the body is its own choice")
        }
        guard let action = body["action"], let nonce = body["nonce"]?.unsigned else {
            throw ConformanceFileError(description: "the expected body has no action or no nonce")
        }
        let signer = HyperliquidSigner(
            key: try key(entry), isMainnet: entry["isMainnet"]?.bool ?? false, vault: try vault(entry))
        let made = signer.request(
            try TypedActions.action(action) ?? HyperliquidAction(json: action), nonce: nonce,
            expiresAfter: body["expiresAfter"]?.unsigned)
        let actual = try JSON.parse(made)
        var lines = Comparison.differences(expected: action, actual: actual["action"], at: "action")
        lines += Comparison.equal("path", entry["expected"]?["path"]?.string, "/exchange")
        let signature = actual["signature"]
        for name in ["r", "s"] {
            lines += Comparison.equal(
                "signature.\(name)", Comparison.word(body["signature"]?[name]?.string).map { Hexadecimal.text($0) },
                signature?[name]?.string)
        }
        lines += Comparison.equal("signature.v", body["signature"]?["v"]?.integer, signature?["v"]?.integer)
        for name in ["nonce", "expiresAfter"] {
            lines += Comparison.differences(expected: body[name], actual: actual[name], at: name)
        }
        // The SDK writes the vault even beside actions that it signs without it; there the venue ignores it.
        if actual["vaultAddress"]?.isNull == false || body["vaultAddress"]?.isNull != false {
            lines += Comparison.differences(
                expected: body["vaultAddress"], actual: actual["vaultAddress"], at: "vaultAddress")
        }
        return CaseOutcome(differences: lines)
    }
}
