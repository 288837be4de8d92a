// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import JSON

/// Hashes, signatures and addresses, as far as trading needs them.
enum CryptoCases {
    static func run(_ entry: JSONValue, file: String) -> CaseOutcome {
        do {
            switch file {
            case "ethers-hashes.json": return try hashes(entry)
            case "ethers-hmac.json": return try hmac(entry)
            case "ethers-eip712.json": return try typedData(entry)
            case "ethers-accounts.json": return try account(entry)
            case "wycheproof-hmac-sha256.json": return try taggedMessage(entry)
            case "wycheproof-ecdsa-secp256k1-sha256-p1363.json": return try signature(entry)
            case "ethers-wallets.json":
                return .skipped(reason: "encrypted Ethereum wallet files are not read: keys come from Apus's own vault")
            case "ethereum-basic.json": return try keyAddress(entry)
            default:
                return .skipped(
                    reason: "Apus does not use these primitives yet (chains come with decentralised venues)")
            }
        } catch {
            return .failed(["\(error)"])
        }
    }

    private static func bytes(_ json: JSONValue?) throws -> [UInt8] {
        guard let text = json?.string, let bytes = Hexadecimal.bytes(text) else {
            throw ConformanceFileError(description: "not hexadecimal: \(json?.text ?? "nothing")")
        }
        return bytes
    }

    private static func hashes(_ entry: JSONValue) throws -> CaseOutcome {
        let data = try bytes(entry["data"])
        return CaseOutcome(
            differences: Comparison.equal("keccak256", entry["keccak256"]?.string, keccak256(data).description)
                + Comparison.equal("sha256", entry["sha256"]?.string, sha256(data).description))
    }

    private static func hmac(_ entry: JSONValue) throws -> CaseOutcome {
        let (key, data) = (try bytes(entry["key"]), try bytes(entry["data"]))
        let tag: [UInt8]
        switch entry["algorithm"]?.string {
        case "sha256": tag = hmacSHA256(key: key, data).bytes
        case "sha512": tag = hmacSHA512(key: key, data)
        case let other: return .skipped(reason: "HMAC with \(other ?? "no algorithm") is not used")
        }
        return CaseOutcome(differences: Comparison.equal("hmac", entry["hmac"]?.string, Hexadecimal.text(tag)))
    }

    private static func account(_ entry: JSONValue) throws -> CaseOutcome {
        let address = entry["address"]?.string ?? ""
        var lines = Comparison.equal(
            "checksum", address, try EthereumAddress(parsing: address.lowercased()).checksummed)
        if let text = entry["privateKey"]?.string {
            lines += Comparison.equal("address", address, try PrivateKey(parsing: text).address.checksummed)
        }
        return CaseOutcome(differences: lines)
    }

    private static func keyAddress(_ entry: JSONValue) throws -> CaseOutcome {
        guard let text = entry["key"]?.string, let address = entry["addr"]?.string else {
            return .skipped(reason: "transactions and key files of Ethereum are not used")
        }
        let key = try PrivateKey(parsing: text)
        let digest = keccak256([UInt8]())
        let signature = key.sign(digest)
        return CaseOutcome(
            differences: Comparison.equal("address", "0x" + address, key.address.description)
                + Comparison.equal("signer", key.address, signature.signer(of: digest)))
    }

    private static func taggedMessage(_ entry: JSONValue) throws -> CaseOutcome {
        let expected = try bytes(entry["tag"])
        let tag = hmacSHA256(key: try bytes(entry["key"]), try bytes(entry["msg"])).bytes
        // Some cases are about tags of half the length.
        let isValid = equalsInConstantTime(Array(tag.prefix(expected.count)), expected)
        return CaseOutcome(
            differences: Comparison.equal("result", entry["result"]?.string, isValid ? "valid" : "invalid"))
    }

    private static func signature(_ entry: JSONValue) throws -> CaseOutcome {
        let digest = sha256(try bytes(entry["msg"]))
        let key = PublicKey(bytes: try bytes(entry["publicKey"]?["uncompressed"]))
        let isValid = key?.verifies(signature: try bytes(entry["sig"]), of: digest) ?? false
        guard entry["result"]?.string != "acceptable" else { return .passed }
        return CaseOutcome(
            differences: Comparison.equal("result", entry["result"]?.string, isValid ? "valid" : "invalid"))
    }

    private static func typedData(_ entry: JSONValue) throws -> CaseOutcome {
        guard let types = entry["types"], let primary = entry["primaryType"]?.string, let data = entry["data"] else {
            return .failed(["the case has no types, primaryType or data"])
        }
        var fields: [String: [TypedData.Field]] = [:]
        for (name, list) in types.members where name != "EIP712Domain" {
            fields[name] = list.elements.map {
                TypedData.Field($0["name"]?.string ?? "", $0["type"]?.string ?? "")
            }
        }
        let typed = TypedData(types: fields)
        guard case .structure(let members) = try TypedDataReader(types: fields).value(data, primary) else {
            return .failed(["the primary type is no structure"])
        }
        let domain = try TypedDataReader(types: fields).domain(entry["domain"])
        let digest = TypedData.digest(domain: try domain.separator(), message: try typed.hash(primary, members))
        var lines = Comparison.equal("digest", entry["digest"]?.string, digest.description)
        if let encoded = entry["encoded"]?.string {
            lines += Comparison.equal("encoded", encoded, Hexadecimal.text(try typed.encoded(primary, members)))
        }
        return CaseOutcome(differences: lines)
    }
}

/// Reads JSON as values of EIP-712 types.
private struct TypedDataReader {
    let types: [String: [TypedData.Field]]

    func value(_ json: JSONValue, _ type: String) throws -> TypedValue {
        if type.hasSuffix("]"), let bracket = type.lastIndex(of: "[") {
            let element = String(type[..<bracket])
            return .list(try json.elements.map { try value($0, element) })
        }
        if let fields = types[type] {
            var members: [String: TypedValue] = [:]
            for field in fields {
                guard let member = json[field.name] else { throw wrong(json, type) }
                members[field.name] = try value(member, field.type)
            }
            return .structure(members)
        }
        switch type {
        case "string": return .text(json.string ?? "")
        case "bool": return .bool(json.bool ?? false)
        case "address": return .address(try EthereumAddress(parsing: json.string ?? ""))
        default: break
        }
        if type.hasPrefix("bytes") {
            guard let bytes = Hexadecimal.bytes(json.string ?? "") else { throw wrong(json, type) }
            return .bytes(bytes)
        }
        return .word(try word(json, type))
    }

    func domain(_ json: JSONValue?) throws -> TypedDataDomain {
        TypedDataDomain(
            name: json?["name"]?.string, version: json?["version"]?.string,
            chainID: try json?["chainId"].map { .word(try word($0, "uint256")) },
            verifyingContract: try json?["verifyingContract"]?.string.map { try EthereumAddress(parsing: $0) },
            salt: json?["salt"]?.string.flatMap { Comparison.word($0) }.map { Hash32(bytes: $0) })
    }

    /// An integer of up to 256 bits, in decimal or hexadecimal, as 32 bytes in two's complement.
    private func word(_ json: JSONValue, _ type: String) throws -> Hash32 {
        let text = json.string ?? json.numberText ?? ""
        if text.hasPrefix("0x"), let bytes = Comparison.word(text) { return Hash32(bytes: bytes) }
        let isNegative = text.hasPrefix("-")
        var bytes = [UInt8](repeating: 0, count: 32)
        for digit in text.utf8.dropFirst(isNegative ? 1 : 0) {
            guard (48...57).contains(digit) else { throw wrong(json, type) }
            var carry = Int(digit) - 48
            for index in bytes.indices.reversed() {
                carry += Int(bytes[index]) * 10
                bytes[index] = UInt8(carry & 255)
                carry >>= 8
            }
            guard carry == 0 else { throw wrong(json, type) }
        }
        if isNegative {
            var carry = 1
            for index in bytes.indices.reversed() {
                carry += Int(~bytes[index])
                bytes[index] = UInt8(carry & 255)
                carry >>= 8
            }
        }
        return Hash32(bytes: bytes)
    }

    private func wrong(_ json: JSONValue, _ type: String) -> ConformanceFileError {
        ConformanceFileError(description: "\(json.text) is no value of type \(type)")
    }
}
