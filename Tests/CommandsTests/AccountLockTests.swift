// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import TestSupport
import Testing

@testable import Commands

@Suite("The lock of an account")
struct AccountLockTests {
    static let account = "0x" + String(repeating: "a1", count: 20)

    static func venue(_ url: String, account: String = account, more: String = "") throws -> Configuration.VenueSettings
    {
        let text = """
            strategies: { s: { type: ema_cross, venue: v, market: BTC, timeframe: 1h, risk_parameters: { max_position_size: 100 } } }
            venues: { v: { type: hyperliquid, network: testnet, url: "\(url)", account: "\(account)"\(more) } }
            """
        let document = try ConfigurationDocument(parsing: text, file: "test")
        let check = ConfigurationCheck(of: document, strategyTypes: Console().strategies.configurationTypes)
        let configuration = try #require(check.configuration, "\(check.problems)")
        return configuration.venues[0]
    }

    private func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Ways to write one server.
    static let same: [[String]] = [
        [
            "http://127.0.0.1:3001", "http://localhost:3001", "http://[::1]:3001", "https://LOCALHOST:3001",
            "https://[0:0:0:0:0:0:0:1]:3001",
        ],
        [
            "https://api.example.com", "https://API.Example.com:443", "https://api.example.com.",
            "https://api.example.com/",
        ],
        ["https://[2001:DB8::1]:9", "https://[2001:db8:0:0::1]:9"],
        ["http://127.0.0.1:3002"], ["http://127.0.0.2:3001"], ["https://localhost"], ["https://api.example.org"],
    ]

    @Test func aServerHasOneNameHoweverItIsWritten() throws {
        var names: Set<String> = []
        for group in Self.same {
            let found = try Set(group.map { ServerName(try Self.venue($0).address).description })
            #expect(found.count == 1, "\(group): \(found)")
            names.formUnion(found)
        }
        #expect(names.count == Self.same.count)
    }

    @Test func oneProcessHoldsIt() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a/b"
        let lock = try AccountLock(Self.venue("http://127.0.0.1:3001"), in: path)
        for url in Self.same[0] {
            for account in [Self.account, "0x" + String(repeating: "A1", count: 20)] {
                do {
                    let second = try AccountLock(Self.venue(url, account: account), in: path)
                    withExtendedLifetime(second) { _ = Issue.record("\(url) is another lock") }
                } catch { #expect("\(error)".contains("trades the account"), "\(error)") }
            }
        }
        let other = try AccountLock(Self.venue("http://127.0.0.1:3002"), in: path)
        withExtendedLifetime(lock) {}
        withExtendedLifetime(other) {}
    }

    @Test func itLeavesNothingAndCanBeTakenAgain() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<3 {
            let lock = try AccountLock(Self.venue("https://api.example.com"), in: folder.path)
            #expect(names(in: folder.path).count == 1)
            withExtendedLifetime(lock) {}
        }
        #expect(names(in: folder.path).isEmpty)
    }

    /// What a killed process left is nobody's.
    @Test func aFileWithoutAHolderIsNoLock() throws {
        let folder = try TemporaryFolder()
        let venue = try Self.venue("https://api.example.com")
        let name = AccountLock.name(type: "hyperliquid", venue.address, account: Self.account)
        execute("sh", ["-c", "echo 99999 > '\(folder.path)/\(name)'"])
        let lock = try AccountLock(venue, in: folder.path)
        withExtendedLifetime(lock) {}
    }

    @Test func aFolderThatOthersCanWriteIsRefused() throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o777)
        #expect(throws: CommandFailure.self) {
            let lock = try AccountLock(Self.venue("https://api.example.com"), in: folder.path)
            withExtendedLifetime(lock) {}
        }
    }
}
