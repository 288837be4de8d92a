// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON

/// What a request must have been signed for, computed from the request as it was received.
///
/// Source: fact sheet, section 3.
enum RequestSignature {
    /// The digest of an action of the exchange itself; `nil` where it holds what cannot be packed.
    static func digest(
        action: JSONValue, nonce: UInt64, vault: Address?, expiresAfter: UInt64?, isMainnet: Bool
    ) -> Hash32? {
        var bytes: [UInt8] = []
        guard pack(action, isDecimal: false, into: &bytes) else { return nil }
        append(nonce, to: &bytes)
        if let vault {
            bytes.append(1)
            bytes += vault.bytes
        } else {
            bytes.append(0)
        }
        if let expiresAfter {
            bytes.append(0)
            append(expiresAfter, to: &bytes)
        }
        let agent =
            keccak256("Agent(string source,bytes32 connectionId)").bytes + keccak256(isMainnet ? "a" : "b").bytes
            + keccak256(bytes).bytes
        return typedDigest(domain: "Exchange", chain: word(1337), message: keccak256(agent))
    }

    /// The digest of an action that the user's own key signs field by field.
    ///
    /// - Parameter fields: Type and name, in the order of the type.
    static func digest(
        type: String, fields: [(type: String, name: String)], of action: JSONValue
    ) -> Hash32? {
        guard let chainText = action["signatureChainId"]?.string, chainText.hasPrefix("0x"),
            let chain = UInt64(chainText.dropFirst(2), radix: 16)
        else { return nil }
        let declaration = fields.map { "\($0.type) \($0.name)" }.joined(separator: ",")
        var bytes = keccak256("HyperliquidTransaction:\(type)(\(declaration))").bytes
        for field in fields {
            let value = action[field.name]
            switch field.type {
            case "string":
                // An agent without a name is signed with an empty one.
                guard let text = value == nil && field.name == "agentName" ? "" : value?.string else { return nil }
                bytes += keccak256(text).bytes
            case "bool":
                guard let flag = value?.bool else { return nil }
                bytes += word(flag ? 1 : 0)
            case "address":
                guard let text = value?.string, let address = Address(anyCase: text) else { return nil }
                bytes += [UInt8](repeating: 0, count: 12) + address.bytes
            default:
                guard let number = value?.unsigned else { return nil }
                bytes += word(number)
            }
        }
        return typedDigest(domain: "HyperliquidSignTransaction", chain: word(chain), message: keccak256(bytes))
    }

    /// The address whose key signed `digest`. `r` and `s` may lack their leading zeros.
    static func signer(_ signature: JSONValue, of digest: Hash32) -> Address? {
        guard let r = number(signature["r"]), let s = number(signature["s"]), let v = signature["v"]?.unsigned,
            v == 27 || v == 28
        else { return nil }
        return RecoverableSignature(r: r, s: s, v: UInt8(v)).signer(of: digest)
    }

    private static func number(_ value: JSONValue?) -> Hash32? {
        guard let text = value?.string, text.hasPrefix("0x"), (3...66).contains(text.utf8.count),
            let bytes = Hexadecimal.bytes(
                String(repeating: "0", count: 66 - text.utf8.count) + text.dropFirst(2)), bytes.count == 32
        else { return nil }
        return Hash32(bytes: bytes)
    }

    private static func typedDigest(domain: String, chain: [UInt8], message: Hash32) -> Hash32 {
        let separator =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)").bytes
            + keccak256(domain).bytes + keccak256("1").bytes + chain + word(0)
        return keccak256([0x19, 0x01] + keccak256(separator).bytes + message.bytes)
    }

    private static func word(_ value: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 24)
        append(value, to: &bytes)
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }

    // MARK: MessagePack

    /// Packs a value in the order of its keys. The venue reads prices and sizes as numbers and packs them again in their
    /// shortest form: a client that signs `100.0` is taken for somebody else.
    private static func pack(_ value: JSONValue, isDecimal: Bool, into bytes: inout [UInt8]) -> Bool {
        switch value.kind {
        case .null: bytes.append(0xC0)
        case .false: bytes.append(0xC2)
        case .true: bytes.append(0xC3)
        case .number: return packNumber(value, into: &bytes)
        case .string:
            guard var text = value.string else { return false }
            if isDecimal, let number = Fixed8(text) { text = number.plain }
            packHead(text.utf8.count, short: 0xA0, shortLimit: 32, wide: [0xD9, 0xDA, 0xDB], into: &bytes)
            bytes += text.utf8
        case .array:
            packHead(value.count, short: 0x90, shortLimit: 16, wide: [nil, 0xDC, 0xDD], into: &bytes)
            for element in value.elements where !pack(element, isDecimal: false, into: &bytes) { return false }
        case .object:
            packHead(value.count, short: 0x80, shortLimit: 16, wide: [nil, 0xDE, 0xDF], into: &bytes)
            for (key, member) in value.members {
                packHead(key.utf8.count, short: 0xA0, shortLimit: 32, wide: [0xD9, 0xDA, 0xDB], into: &bytes)
                bytes += key.utf8
                let isDecimal = key == "p" || key == "s" || key == "triggerPx"
                guard pack(member, isDecimal: isDecimal, into: &bytes) else { return false }
            }
        }
        return true
    }

    private static func packNumber(_ value: JSONValue, into bytes: inout [UInt8]) -> Bool {
        if let number = value.unsigned {
            switch number {
            case 0..<128: bytes.append(UInt8(number))
            case 128..<256: bytes += [0xCC, UInt8(number)]
            case 256..<65_536:
                bytes.append(0xCD)
                append(UInt16(number), to: &bytes)
            case 65_536..<4_294_967_296:
                bytes.append(0xCE)
                append(UInt32(number), to: &bytes)
            default:
                bytes.append(0xCF)
                append(number, to: &bytes)
            }
        } else if let number = value.integer {
            switch number {
            case -32..<0: bytes.append(UInt8(truncatingIfNeeded: number))
            case -128 ..< -32: bytes += [0xD0, UInt8(truncatingIfNeeded: number)]
            case -32_768 ..< -128:
                bytes.append(0xD1)
                append(Int16(number), to: &bytes)
            case -2_147_483_648 ..< -32_768:
                bytes.append(0xD2)
                append(Int32(number), to: &bytes)
            default:
                bytes.append(0xD3)
                append(number, to: &bytes)
            }
        } else if let number = value.number, number.isFinite {
            bytes.append(0xCB)
            append(number.bitPattern, to: &bytes)
        } else {
            return false
        }
        return true
    }

    private static func packHead(
        _ count: Int, short: UInt8, shortLimit: Int, wide: [UInt8?], into bytes: inout [UInt8]
    ) {
        if count < shortLimit {
            bytes.append(short | UInt8(count))
        } else if let mark = wide[0], count < 256 {
            bytes += [mark, UInt8(count)]
        } else if count < 65_536, let mark = wide[1] {
            bytes.append(mark)
            append(UInt16(count), to: &bytes)
        } else if let mark = wide[2] {
            bytes.append(mark)
            append(UInt32(truncatingIfNeeded: count), to: &bytes)
        }
    }
}
