// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Testing

/// Files of `Fixtures`. `Scripts/check-config-schema` runs the JSON Schema over the same files.
enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    static let repository = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func names(in kind: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(kind).path)
        return (names ?? []).sorted()
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    /// What the check says of a file, with the file's name cut off.
    static func check(_ name: String) throws -> ConfigurationCheck {
        ConfigurationCheck(file: folder.appendingPathComponent(name).path, strategyTypes: TestTypes.all)
    }
}

@Suite("Files that are accepted and refused") struct FixtureTests {
    @Test("is accepted", arguments: Fixtures.names(in: "accepted"))
    func accepted(name: String) throws {
        let check = try Fixtures.check("accepted/\(name)")
        #expect(check.problems.map(\.description) == [])
        #expect(check.configuration != nil)
    }

    /// Each refused file ends with the messages that it must give, behind `#!`.
    @Test("is refused with the messages that stand in it", arguments: Fixtures.names(in: "rejected"))
    func refused(name: String) throws {
        let text = String(decoding: try Fixtures.bytes("rejected/\(name)"), as: UTF8.self)
        let expected = text.split(separator: "\n").filter { $0.hasPrefix("#! ") }.map { String($0.dropFirst(3)) }
        let check = try Fixtures.check("rejected/\(name)")
        let found = check.problems.map { problem in
            problem.description.replacingOccurrences(
                of: Fixtures.folder.appendingPathComponent("rejected/\(name)").path + ":", with: ""
            ).trimmingCharacters(in: .whitespaces)
        }
        #expect(found == expected)
        #expect(check.configuration == nil)
    }
}
