// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Credentials

@Suite struct SecretTests {
    static let words = "s3cr3t-Wörter"

    @Test("Nothing that prints a secret, or what holds one, shows a byte of it")
    func prints() {
        struct Holder {
            let secret: Secret
            let list: [Secret]
            let optional: Secret?
            let credential: Credential
        }
        let secret = Secret(Self.words)
        let holder = Holder(
            secret: secret, list: [secret], optional: secret, credential: Credential(secret: secret, expires: nil))
        var texts = ["\(secret)", String(reflecting: secret), "\(holder)", String(reflecting: holder), "\([secret])"]
        for value in [secret, holder] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            texts.append(dumped)
            texts.append("\(Mirror(reflecting: value).children.map { $0 })")
        }
        for text in texts {
            #expect(!text.contains("s3cr3t"))
            #expect(!text.contains("0x"), "not even an address: \(text)")
        }
        #expect("\(secret)" == "<secret>")
    }

    @Test func takesTheBytesAway() {
        var bytes = Array(Self.words.utf8)
        let secret = Secret(taking: &bytes)
        #expect(bytes.isEmpty)
        #expect(secret.text == Self.words)
    }

    @Test("A secret's pages are locked or not, and in any case left out of core dumps")
    func pagesAreNotDumped() throws {
        let secret = Secret("x")
        let address = secret.withBytes { UInt(bitPattern: $0.baseAddress) }
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let map = String(decoding: try withExtendedLifetime(secret) { try file.readToEnd() } ?? Data(), as: UTF8.self)
        var isInside = false
        var flags: Substring?
        for line in map.split(separator: "\n") {
            let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            if range.count == 2 { isInside = (range[0]..<range[1]).contains(address) }
            if isInside, line.hasPrefix("VmFlags:") { flags = line }
        }
        #expect(try #require(flags).contains(" dd"), "the kernel's flag for 'not in dumps'")
    }

    @Test(arguments: [
        ("00ff10", 3, [0, 255, 16] as [UInt8]?), ("0x00FF10", 3, [0, 255, 16]), ("0X00ff10", 3, [0, 255, 16]),
        ("00ff1", 3, nil), ("00ff1g", 3, nil), ("0000ff10", 3, nil), ("", 0, []), ("0x", 0, []), ("", 1, nil),
    ])
    func hexadecimal(text: String, count: Int, expected: [UInt8]?) {
        #expect(Secret(text).decodedHexadecimal(byteCount: count)?.withBytes { Array($0) } == expected)
    }

    @Test func comparison() {
        #expect(Secret("abc").matches(Secret("abc")))
        #expect(!Secret("abc").matches(Secret("abd")))
        #expect(!Secret("abc").matches(Secret("ab")))
        #expect(Secret("").matches(Secret("")))
    }

    @Test func refusesCoreDumps() {
        #expect(Secret.refuseCoreDumps())
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #expect(limit.rlim_cur == 0)
    }
}
