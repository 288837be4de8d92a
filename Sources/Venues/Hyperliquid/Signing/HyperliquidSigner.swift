// SPDX-License-Identifier: Apache-2.0

public import Cryptography
internal import JSON

/// Turns actions into the bodies of signed requests.
public struct HyperliquidSigner: Sendable {
    public let key: PrivateKey
    public let isMainnet: Bool
    /// The vault or sub-account that is acted for.
    public let vault: EthereumAddress?

    /// The chain that wallets are told the signature is for; the venue takes any.
    public static let signatureChain = "0x66eee"

    public init(key: PrivateKey, isMainnet: Bool, vault: EthereumAddress? = nil) {
        self.key = key
        self.isMainnet = isMainnet
        self.vault = vault
    }

    /// The body of a request to `/exchange`: `{action, nonce, signature, vaultAddress, expiresAfter}`.
    ///
    /// - Parameters:
    ///   - nonce: Milliseconds since 1970, new for each request of this key.
    ///   - expiresAfter: Milliseconds since 1970; the venue refuses the request later.
    public func request(_ action: HyperliquidAction, nonce: UInt64, expiresAfter: UInt64? = nil) -> [UInt8] {
        let completed = completed(action, nonce: nonce)
        let vault = vault(for: action)
        let signature = signature(action, nonce: nonce, expiresAfter: expiresAfter)
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.key("action")
            completed.write(to: &$0)
            $0.integer("nonce", nonce)
            $0.key("signature")
            signature.write(to: &$0)
            $0.key("vaultAddress")
            if let vault { $0.string(vault.description) } else { $0.null() }
            $0.key("expiresAfter")
            if let expiresAfter { $0.integer(expiresAfter) } else { $0.null() }
        }
        return writer.bytes
    }

    /// The signature alone, for a request that is written elsewhere.
    public func signature(
        _ action: HyperliquidAction, nonce: UInt64, expiresAfter: UInt64? = nil
    ) -> RecoverableSignature {
        key.sign(digest(action, nonce: nonce, expiresAfter: expiresAfter))
    }

    /// What is signed.
    public func digest(_ action: HyperliquidAction, nonce: UInt64, expiresAfter: UInt64? = nil) -> Hash32 {
        let vault = vault(for: action)
        switch action.signing {
        case .hashed:
            if action.type == "multiSig",
                let digest = try? HyperliquidSigning.multiSigDigest(
                    action.value, nonce: nonce, vault: vault, expiresAfter: expiresAfter, isMainnet: isMainnet)
            {
                return digest
            }
            let hash = HyperliquidSigning.connectionID(
                action.value, nonce: nonce, vault: vault, expiresAfter: expiresAfter)
            return HyperliquidSigning.agentDigest(connectionID: hash, isMainnet: isMainnet)
        case .fields(let type):
            do {
                return try HyperliquidSigning.fieldsDigest(
                    completed(action, nonce: nonce), primaryType: type.primaryType, fields: type.fields)
            } catch {
                preconditionFailure("an action to be signed must have all its fields: \(error)")
            }
        }
    }

    /// The action as it is sent: those whose fields are signed say the chain and repeat the nonce.
    public func completed(_ action: HyperliquidAction, nonce: UInt64) -> ActionValue {
        Self.completed(action, nonce: nonce, isMainnet: isMainnet)
    }

    static func completed(_ action: HyperliquidAction, nonce: UInt64, isMainnet: Bool) -> ActionValue {
        guard case .fields(let type) = action.signing else { return action.value }
        return action.value
            .with("signatureChainId", action.value["signatureChainId"] ?? .text(signatureChain))
            .with("hyperliquidChain", .text(isMainnet ? "Mainnet" : "Testnet"))
            .with(type.nonceField, HyperliquidOrderName.number(nonce).value)
    }

    private func vault(for action: HyperliquidAction) -> EthereumAddress? {
        if case .hashed(let actsForVault) = action.signing, actsForVault { vault } else { nil }
    }
}

extension RecoverableSignature {
    /// `{"r":"0x…","s":"0x…","v":27}`, both numbers with all 64 digits.
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.string("r", r.description)
            $0.string("s", s.description)
            $0.integer("v", v)
        }
    }
}
