// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Testing

@Suite struct Hashing {
    // Keccak team's and FIPS 180 vectors of the empty text and of "abc"; RFC 4231, case 2.
    @Test func `hashes equal published ones`() {
        #expect(keccak256("").description == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
        #expect(keccak256("abc").description == "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
        #expect(
            sha256(Array("abc".utf8)).description
                == "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let tag = hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(tag.description == "0x5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `comparing in constant time sees every byte and the length`() {
        #expect(equalsInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!equalsInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!equalsInConstantTime([1, 2, 3], [0, 2, 3]))
        #expect(!equalsInConstantTime([1, 2, 3], [1, 2]))
    }

    @Test(arguments: [("0x00ff", [0, 255]), ("ABcd", [171, 205]), ("0X10", [16]), ("", []), ("0x", [])])
    func `hexadecimal text is read in both cases, with or without its mark`(text: String, bytes: [UInt8]) {
        #expect(Hexadecimal.bytes(text) == bytes)
    }

    @Test(arguments: ["0", "0xg0", "zz", "0x0", "+1", "0x-1", "1 "])
    func `anything else is not hexadecimal`(text: String) { #expect(Hexadecimal.bytes(text) == nil) }
}

@Suite struct Addresses {
    // EIP-55's own examples.
    @Test(arguments: [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ])
    func `the checksum of capital letters is made and checked`(text: String) throws {
        let address = try EthereumAddress(parsing: text)
        #expect(address.checksummed == text)
        #expect(address.description == text.lowercased())
        #expect(try EthereumAddress(parsing: text.lowercased()) == address)
        let other = String(text.dropLast()) + (text.last == "d" ? "D" : text.last == "9" ? "8" : "a")
        #expect(throws: AddressError.self) { try EthereumAddress(parsing: other) }
    }

    @Test(arguments: [
        "", "0x", "0x12", "5aaeb6053f3e94c9b9a09f33669435e7ef1beaedff", "hello",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
    ])
    func `other text is no address`(text: String) {
        #expect(throws: AddressError.self) { try EthereumAddress(parsing: text) }
    }
}

@Suite struct Signing {
    @Test func `a signature names its signer, and only for what was signed`() throws {
        let key = try PrivateKey(parsing: "0x0123456789012345678901234567890123456789012345678901234567890123")
        #expect(key.address.checksummed == "0x14791697260E4c9A71f18484C9f997B308e59325")
        let digest = keccak256("something")
        let signature = key.sign(digest)
        #expect(signature.signer(of: digest) == key.address)
        #expect(signature.signer(of: keccak256("something else")) != key.address)
        #expect(key.sign(digest) == signature)
        #expect(key.publicKey.verifies(signature: signature.r.bytes + signature.s.bytes, of: digest))
        var broken = signature.r.bytes + signature.s.bytes
        broken[40] ^= 1
        #expect(!key.publicKey.verifies(signature: broken, of: digest))
    }

    @Test func `s is in the lower half`() throws {
        let half = Hexadecimal.bytes("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0") ?? []
        let key = try PrivateKey(bytes: [UInt8](repeating: 7, count: 32))
        for number in 0..<200 {
            let s = key.sign(keccak256("\(number)")).s.bytes
            #expect(s.lexicographicallyPrecedes(half) || s == half)
        }
    }

    @Test(arguments: [
        "", "0x00", String(repeating: "0", count: 64),
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", String(repeating: "f", count: 64),
        String(repeating: "g", count: 64),
    ])
    func `zero, numbers beyond the order and other text are no keys, and the error does not show them`(text: String) {
        let error = #expect(throws: PrivateKeyError.self) { try PrivateKey(parsing: text) }
        if text.utf8.count > 10 { #expect(error.map { !$0.description.contains(text) } ?? false) }
    }

    @Test func `a key is never printed`() throws {
        let key = try PrivateKey(bytes: [UInt8](repeating: 0xAB, count: 32))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])"] {
            #expect(!text.lowercased().contains("abab"))
            #expect(!text.contains("171"))
        }
        #expect("\(key)" == "<private key>")
    }

    @Test func `numbers that are no signature have no signer`() {
        let digest = keccak256("x")
        for v: UInt8 in [0, 26, 27, 28, 29, 255] {
            #expect(RecoverableSignature(r: .zero, s: .zero, v: v).signer(of: digest) == nil)
        }
        let ones = Hash32(bytes: [UInt8](repeating: 255, count: 32))
        #expect(RecoverableSignature(r: ones, s: ones, v: 27).signer(of: digest) == nil)
    }
}

@Suite struct TypedDataHashing {
    // The example of EIP-712 itself.
    @Test func `the standard's own example has its digest`() throws {
        let person = [TypedData.Field("name", "string"), TypedData.Field("wallet", "address")]
        let mail = [
            TypedData.Field("from", "Person"), TypedData.Field("to", "Person"), TypedData.Field("contents", "string"),
        ]
        let typed = TypedData(types: ["Person": person, "Mail": mail])
        #expect(
            try typed.encodeType("Mail")
                == "Mail(Person from,Person to,string contents)Person(string name,address wallet)")
        func someone(_ name: String, _ wallet: String) throws -> TypedValue {
            .structure(["name": .text(name), "wallet": .address(try EthereumAddress(parsing: wallet))])
        }
        let message = try typed.hash(
            "Mail",
            [
                "from": someone("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"),
                "to": someone("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"), "contents": .text("Hello, Bob!"),
            ])
        let domain = TypedDataDomain(
            name: "Ether Mail", version: "1", chainID: .unsigned(1),
            verifyingContract: try EthereumAddress(parsing: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"))
        let digest = TypedData.digest(domain: try domain.separator(), message: message)
        #expect(digest.description == "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
        let key = try PrivateKey(bytes: keccak256("cow").bytes)
        let signature = key.sign(digest)
        #expect(signature.r.description == "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d")
        #expect(signature.s.description == "0x07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562")
        #expect(signature.v == 28)
    }

    @Test(
        arguments: [
            ("uint8", TypedValue.unsigned(256)), ("bool", .unsigned(1)), ("string", .bool(true)),
            ("bytes4", .bytes([1])),
            ("uint7", .unsigned(1)), ("address", .text("0x")), ("uint64[2]", .list([.unsigned(1)])),
            ("nothing", .text("")),
        ] as [(String, TypedValue)])
    func `a value that is not of its type is refused`(type: String, value: TypedValue) {
        let typed = TypedData(types: ["T": [TypedData.Field("x", type)]])
        #expect(throws: TypedDataError.self) { try typed.hash("T", ["x": value]) }
    }

    @Test func `a missing value and a missing type are refused`() {
        let typed = TypedData(types: ["T": [TypedData.Field("x", "bool")]])
        #expect(throws: TypedDataError.self) { try typed.hash("T", [:]) }
        #expect(throws: TypedDataError.self) { try typed.hash("U", [:]) }
    }
}
