// SPDX-License-Identifier: Apache-2.0

/// A value of EIP-712 typed data.
public indirect enum TypedValue: Hashable, Sendable {
    case text(String)
    case bool(Bool)
    case unsigned(UInt64)
    /// Any integer type, as 32 bytes, most significant first, negative ones in two's complement.
    case word(Hash32)
    case address(EthereumAddress)
    /// `bytes`, or `bytesN` with exactly N of them.
    case bytes([UInt8])
    case list([TypedValue])
    /// By the names of the members.
    case structure([String: TypedValue])
}

/// Why typed data cannot be hashed.
public struct TypedDataError: Error, Hashable, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
}

/// Structured data that a key signs so that its owner can read what is signed (EIP-712).
public struct TypedData: Sendable {
    public struct Field: Hashable, Sendable {
        public var name: String
        public var type: String
        public init(_ name: String, _ type: String) {
            self.name = name
            self.type = type
        }
    }

    /// The members of each structure type, in the order in which they are hashed.
    public var types: [String: [Field]]

    public init(types: [String: [Field]]) { self.types = types }

    /// What is signed: `keccak256(0x1901 ‖ domain ‖ message)`.
    public static func digest(domain: Hash32, message: Hash32) -> Hash32 {
        keccak256([0x19, 0x01] + domain.bytes + message.bytes)
    }

    /// `keccak256(typeHash ‖ encodeData)`.
    public func hash(_ type: String, _ members: [String: TypedValue]) throws(TypedDataError) -> Hash32 {
        keccak256(try encoded(type, members))
    }

    /// The type's hash and each member in 32 bytes.
    public func encoded(_ type: String, _ members: [String: TypedValue]) throws(TypedDataError) -> [UInt8] {
        var bytes = keccak256(try encodeType(type)).bytes
        for field in types[type] ?? [] {
            guard let value = members[field.name] else {
                throw TypedDataError(description: "\(type) has no value for '\(field.name)'")
            }
            bytes += try word(value, field.type, field.name).bytes
        }
        return bytes
    }

    /// `Mail(Person from,string contents)Person(string name)`: the type, then those it refers to, sorted by name.
    public func encodeType(_ type: String) throws(TypedDataError) -> String {
        var found: Set<String> = []
        try collect(type, into: &found)
        found.remove(type)
        return ([type] + found.sorted()).map { name in
            "\(name)(\((types[name] ?? []).map { "\($0.type) \($0.name)" }.joined(separator: ",")))"
        }.joined()
    }

    private func collect(_ type: String, into found: inout Set<String>) throws(TypedDataError) {
        guard let fields = types[type] else {
            throw TypedDataError(description: "there is no structure type '\(type)'")
        }
        guard found.insert(type).inserted else { return }
        for field in fields {
            let base = String(field.type.prefix { $0 != "[" })
            if types[base] != nil { try collect(base, into: &found) }
        }
    }

    private func word(_ value: TypedValue, _ type: String, _ name: String) throws(TypedDataError) -> Hash32 {
        func wrong() -> TypedDataError { TypedDataError(description: "'\(name)' is no value of type \(type)") }
        if type.hasSuffix("]"), let bracket = type.lastIndex(of: "[") {
            guard case .list(let elements) = value else { throw wrong() }
            let length = type[type.index(after: bracket)...].dropLast()
            guard length.isEmpty || Int(length) == elements.count else { throw wrong() }
            var bytes: [UInt8] = []
            for element in elements { bytes += try word(element, String(type[..<bracket]), name).bytes }
            return keccak256(bytes)
        }
        switch value {
        case .text(let text):
            guard type == "string" else { throw wrong() }
            return keccak256(text)
        case .bool(let flag):
            guard type == "bool" else { throw wrong() }
            return Self.padded([flag ? 1 : 0], onLeft: true)
        case .unsigned(let number):
            return try integer(
                Self.padded(withUnsafeBytes(of: number.bigEndian) { Array($0) }, onLeft: true), type, wrong)
        case .word(let word): return try integer(word, type, wrong)
        case .address(let address):
            guard type == "address" else { throw wrong() }
            return Self.padded(address.bytes, onLeft: true)
        case .bytes(let bytes):
            if type == "bytes" { return keccak256(bytes) }
            guard type.hasPrefix("bytes"), let count = Int(type.dropFirst(5)), (1...32).contains(count),
                bytes.count == count
            else { throw wrong() }
            return Self.padded(bytes, onLeft: false)
        case .structure(let members):
            guard types[type] != nil else { throw wrong() }
            return try hash(type, members)
        case .list: throw wrong()
        }
    }

    /// Checks that the number fits the type's width.
    private func integer(
        _ word: Hash32, _ type: String, _ wrong: () -> TypedDataError
    ) throws(TypedDataError) -> Hash32 {
        let isSigned = type.hasPrefix("int")
        guard isSigned || type.hasPrefix("uint") else { throw wrong() }
        let digits = type.dropFirst(isSigned ? 3 : 4)
        let bits = digits.isEmpty ? 256 : Int(digits) ?? 0
        guard (8...256).contains(bits), bits.isMultiple(of: 8) else { throw wrong() }
        let bytes = word.bytes
        let kept = bits / 8
        let isNegative = isSigned && bytes[0] >= 128
        let filler: UInt8 = isNegative ? 255 : 0
        guard bytes.dropLast(kept).allSatisfy({ $0 == filler }), !isSigned || (bytes[32 - kept] >= 128) == isNegative
        else { throw wrong() }
        return word
    }

    private static func padded(_ bytes: [UInt8], onLeft: Bool) -> Hash32 {
        let filler = [UInt8](repeating: 0, count: 32 - bytes.count)
        return Hash32(bytes: onLeft ? filler + bytes : bytes + filler)
    }
}

/// The application and chain that signed data is meant for.
public struct TypedDataDomain: Hashable, Sendable {
    public var name: String?
    public var version: String?
    public var chainID: TypedValue?
    public var verifyingContract: EthereumAddress?
    public var salt: Hash32?

    public init(
        name: String? = nil, version: String? = nil, chainID: TypedValue? = nil,
        verifyingContract: EthereumAddress? = nil, salt: Hash32? = nil
    ) {
        self.name = name
        self.version = version
        self.chainID = chainID
        self.verifyingContract = verifyingContract
        self.salt = salt
    }

    /// The hash of those members that are there.
    public func separator() throws(TypedDataError) -> Hash32 {
        var fields: [TypedData.Field] = []
        var values: [String: TypedValue] = [:]
        func add(_ name: String, _ type: String, _ value: TypedValue?) {
            guard let value else { return }
            fields.append(TypedData.Field(name, type))
            values[name] = value
        }
        add("name", "string", name.map { .text($0) })
        add("version", "string", version.map { .text($0) })
        add("chainId", "uint256", chainID)
        add("verifyingContract", "address", verifyingContract.map { .address($0) })
        add("salt", "bytes32", salt.map { .bytes($0.bytes) })
        return try TypedData(types: ["EIP712Domain": fields]).hash("EIP712Domain", values)
    }
}
