// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Foundation
import Indicators
import Strategies
import Testing

@testable import Commands

/// What one command line did.
struct Ran {
    let status: Int32
    let output: String
    let errors: String

    /// The document on standard output.
    func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(value as? [String: Any])
    }

    var outputLines: [String] {
        output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

/// Runs a command line as the program does, with files in place of the terminal.
func apus(
    _ arguments: [String], strategies: StrategyRegistry = .standard, isInterrupted: Bool = false, input: Int32 = 0,
    answering answer: String? = nil
) -> Ran {
    let (output, errors) = (Capture(), Capture())
    var console = Console(strategies: strategies, output: output.descriptor, errors: errors.descriptor)
    console.isInterrupted = { isInterrupted }
    console.input = input
    console.ask = { _ in answer }
    let status = Program(strategies: strategies).run(arguments, console)
    return Ran(status: status, output: output.text, errors: errors.text)
}

/// A file without a name that takes what is written.
private final class Capture {
    let descriptor: Int32

    init() {
        var template = Array("/tmp/apus-capture-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        unlink(template)
    }

    deinit { close(descriptor) }

    var text: String {
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = pread(descriptor, &portion, portion.count, off_t(bytes.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += portion[..<count]
        }
    }
}

/// A folder of its own for one test, removed at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/apus-commands-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Where a store would be; not created.
    var store: String { path + "/store" }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    func write(_ text: String, as name: String) throws -> String {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
        return path(name)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// Every file of the store with its bytes, the lock left out.
    func storedFiles() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in FileManager.default.subpaths(atPath: store) ?? [] where name.hasSuffix(".apus") {
            files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(store)/\(name)"))
        }
        return files
    }
}

/// One-minute bars from 2024-01-01, whose close is 100 plus the place in `minutes`.
func csv(minutes: some Sequence<Int>, header: String = "open_time_ms,open,high,low,close,volume") -> String {
    var text = header + "\n"
    for minute in minutes {
        let close = 100 + minute % 50
        text += "\(1_704_067_200_000 + minute * 60_000),\(close).5,\(close + 2),\(close - 1),\(close),1.5\n"
    }
    return text
}
