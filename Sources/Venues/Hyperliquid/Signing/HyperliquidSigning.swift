// SPDX-License-Identifier: Apache-2.0

public import Cryptography

/// What is hashed and signed, apart from any key.
public enum HyperliquidSigning {
    /// The hash of an action with what it is bound to.
    ///
    /// - Parameters:
    ///   - nonce: Milliseconds since 1970, new for each request of a signer.
    ///   - expiresAfter: Milliseconds since 1970; the venue refuses the request later.
    public static func connectionID(
        _ action: ActionValue, nonce: UInt64, vault: EthereumAddress?, expiresAfter: UInt64?
    ) -> Hash32 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        action.appendMessagePack(to: &bytes)
        withUnsafeBytes(of: nonce.bigEndian) { bytes.append(contentsOf: $0) }
        if let vault {
            bytes.append(1)
            bytes.append(contentsOf: vault.bytes)
        } else {
            bytes.append(0)
        }
        if let expiresAfter {
            bytes.append(0)
            withUnsafeBytes(of: expiresAfter.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return keccak256(bytes)
    }

    /// What a key signs for a hashed action: a made-up agent that names the network and carries the action's hash.
    public static func agentDigest(connectionID: Hash32, isMainnet: Bool) -> Hash32 {
        let message = keccak256(
            agentType.bytes + (isMainnet ? mainnetSource : testnetSource).bytes + connectionID.bytes)
        return TypedData.digest(domain: exchangeDomain, message: message)
    }

    /// What a key signs for an action whose fields are signed. `action` must have all fields.
    public static func fieldsDigest(
        _ action: ActionValue, primaryType: String, fields: [TypedData.Field]
    ) throws(TypedDataError) -> Hash32 {
        var values: [String: TypedValue] = [:]
        for field in fields {
            // An agent without a name is signed with an empty one, which the request leaves out.
            guard let value = action[field.name] ?? (field.name == "agentName" ? .text("") : nil) else {
                throw TypedDataError(description: "the action has no '\(field.name)'")
            }
            values[field.name] = try typed(value, as: field)
        }
        guard let text = action["signatureChainId"]?.text, let chain = UInt64(text.dropFirst(2), radix: 16) else {
            throw TypedDataError(description: "the action's 'signatureChainId' must be 0x and hexadecimal digits")
        }
        let domain = TypedDataDomain(
            name: "HyperliquidSignTransaction", version: "1", chainID: .unsigned(chain), verifyingContract: .zero)
        let message = try TypedData(types: [primaryType: fields]).hash(primaryType, values)
        return TypedData.digest(domain: try domain.separator(), message: message)
    }

    private static func typed(
        _ value: ActionValue, as field: TypedData.Field
    ) throws(TypedDataError) -> TypedValue {
        switch (value, field.type) {
        case (.text(let text), "string"): return .text(text)
        case (.text(let text), "address"):
            guard let bytes = Hexadecimal.bytes(text), bytes.count == 20 else { break }
            return .address(EthereumAddress(bytes: bytes))
        case (.text(let text), "bytes32"):
            guard let bytes = Hexadecimal.bytes(text), bytes.count == 32 else { break }
            return .bytes(bytes)
        case (.bool(let flag), "bool"): return .bool(flag)
        case (.integer(let number), "uint64") where number >= 0: return .unsigned(UInt64(number))
        case (.unsigned(let number), "uint64"): return .unsigned(number)
        default: break
        }
        throw TypedDataError(description: "'\(field.name)' is no \(field.type): \(value.json)")
    }

    private static let exchangeDomain: Hash32 = {
        let domain = TypedDataDomain(
            name: "Exchange", version: "1", chainID: .unsigned(1337), verifyingContract: .zero)
        guard let separator = try? domain.separator() else {
            preconditionFailure("the signing domain of the exchange is complete")
        }
        return separator
    }()
    private static let agentType = keccak256("Agent(string source,bytes32 connectionId)")
    private static let mainnetSource = keccak256("a")
    private static let testnetSource = keccak256("b")
}

extension HyperliquidSigning {
    /// What each owner of a multi-signature account signs for a hashed action.
    public static func multiSigConnectionID(
        _ action: ActionValue, account: EthereumAddress, outerSigner: EthereumAddress, nonce: UInt64,
        vault: EthereumAddress?, expiresAfter: UInt64?
    ) -> Hash32 {
        connectionID(
            .list([.text(account.description), .text(outerSigner.description), action]), nonce: nonce, vault: vault,
            expiresAfter: expiresAfter)
    }

    /// What the sender of a multi-signature action signs around the owners' signatures.
    public static func multiSigDigest(
        _ action: ActionValue, nonce: UInt64, vault: EthereumAddress?, expiresAfter: UInt64?, isMainnet: Bool
    ) throws(TypedDataError) -> Hash32 {
        let hash = connectionID(action.without("type"), nonce: nonce, vault: vault, expiresAfter: expiresAfter)
        let type = UserSignedType("multiSig", "SendMultiSig", ["multiSigActionHash:bytes32", "nonce:uint64"])
        let envelope: ActionValue = [
            "hyperliquidChain": .text(isMainnet ? "Mainnet" : "Testnet"),
            "multiSigActionHash": .text(hash.description), "nonce": .unsigned(nonce),
            "signatureChainId": .text(HyperliquidSigner.signatureChain),
        ]
        return try fieldsDigest(envelope, primaryType: type.primaryType, fields: type.fields)
    }
}
