// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

@Suite struct VaultCommandTests {
    private static let secret = "0xfeedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedface"
    private static let words = "correct horse battery"

    /// Runs a command with a vault in `folder`, the passphrase in a file, and a secret on standard input.
    private func vault(
        _ words: [String], in folder: TemporaryFolder, input: String = "", passphrase: String = "pass"
    ) throws -> Ran {
        let path = try folder.write(input, as: "input")
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        let options = ["--vault", folder.path("keys"), "--passphrase-file", folder.path(passphrase)]
        return apus(["vault"] + words + options, input: descriptor)
    }

    private func folderWithVault() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, text) in [("pass", Self.words), ("wrong", "wrong horse battery"), ("new", "another passphrase")] {
            chmod(try folder.write(text + "\n", as: name), 0o600)
        }
        #expect(try vault(["init"], in: folder).status == 0)
        return folder
    }

    @Test("A secret goes in, is listed, rotated and removed, and is never printed")
    func lifeOfASecret() throws {
        let folder = try folderWithVault()
        var runs = [
            try vault(["add", "agent", "--expires", "2001-02-03"], in: folder, input: Self.secret + "\n"),
            try vault(["add", "other"], in: folder, input: "t0p-s3cret"),
            try vault(["list"], in: folder),
            try vault(["list", "--json"], in: folder),
        ]
        #expect(runs.map(\.status) == [0, 0, 0, 0], "\(runs)")
        #expect(runs[2].outputLines.count == 3)
        #expect(runs[2].output.contains("2001-02-03 (expired)"))
        let json = try runs[3].json()
        let entries = try #require(json["entries"] as? [[String: Any]])
        #expect(entries.map { $0["name"] as? String } == ["agent", "other"])
        #expect(entries.map { $0["expired"] as? Bool } == [true, false])
        #expect(Set(entries[0].keys) == ["name", "created", "changed", "expires", "expired"])

        runs.append(try vault(["add", "agent"], in: folder, input: Self.secret))
        runs.append(try vault(["rotate", "agent"], in: folder, input: Self.secret))
        runs.append(try vault(["rotate", "agent"], in: folder, input: ""))
        runs.append(try vault(["list"], in: folder, passphrase: "wrong"))
        #expect(runs[4...].map(\.status) == [1, 1, 1, 1])
        #expect(runs[4].errors.contains("has an entry 'agent' already"))
        #expect(runs[5].errors.contains("is the old one"))
        #expect(runs[6].errors.contains("is empty"))
        #expect(runs[7].errors.contains("The passphrase does not open"))

        runs.append(try vault(["rotate", "agent", "--expires", "2199-01-01"], in: folder, input: Self.secret + "1"))
        runs.append(try vault(["remove", "other"], in: folder))
        runs.append(try vault(["passphrase", "--new-passphrase-file", folder.path("new")], in: folder))
        runs.append(try vault(["list"], in: folder, passphrase: "new"))
        #expect(runs[8...].map(\.status) == [0, 0, 0, 0], "\(runs[8...])")
        #expect(runs[11].output.contains("2199-01-01"))
        #expect(!runs[11].output.contains("other"))

        for run in runs {
            for text in [run.output, run.errors] {
                for secret in ["feedface", "t0p-s3cret", Self.words, "another passphrase"] {
                    #expect(!text.contains(secret), "\(text)")
                }
            }
        }
        let file = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.path("keys"))), as: UTF8.self)
        #expect(!file.contains("feedface"))
    }

    @Test("A secret is no argument, and one that is given is not repeated")
    func secretAsArgument() throws {
        let folder = try folderWithVault()
        let ran = try vault(["add", "agent", Self.secret], in: folder)
        #expect(ran.status == 2)
        #expect(!ran.errors.contains("feedface"))
        let option = try vault(["add", "agent", "--secret=" + Self.secret], in: folder)
        #expect(option.status == 2)
        #expect(!option.errors.contains("feedface"))
        let name = try vault(["add", Self.secret], in: folder, input: "x")
        #expect(name.status == 1)
        #expect(!name.errors.contains("feedface"))
    }

    @Test func mistakesAreSaid() throws {
        let folder = try folderWithVault()
        let again = try vault(["init"], in: folder)
        #expect(again.status == 1)
        #expect(again.errors.contains("exists already"))
        let absent = apus(["vault", "list", "--vault", folder.path("none"), "--passphrase-file", folder.path("pass")])
        #expect(absent.status == 1)
        #expect(absent.errors.contains("`apus vault init` makes one"))
        let date = try vault(["add", "agent", "--expires", "soon"], in: folder, input: "x")
        #expect(date.status == 2)
        chmod(folder.path("pass"), 0o644)
        let open = try vault(["list"], in: folder)
        #expect(open.status == 1)
        #expect(open.errors.contains("chmod 600 \(folder.path("pass"))"))
        #expect(apus(["vault"]).status == 2)
        #expect(apus(["vault", "--help"]).output.contains("vault passphrase"))
    }
}
