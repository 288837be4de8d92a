// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing
import Trading

@testable import Logging

/// A folder of its own for a test, removed afterwards.
final class TemporaryFolder {
    let path: String
    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-log-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(_ name: String) -> String { (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? "" }
    func lines(_ name: String) throws -> [JSONValue] {
        try text(name).split(separator: "\n").map { try JSON.parse(String($0)) }
    }
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

extension LogDestination {
    /// A file that is written only when asked, and nothing to standard error.
    init(file: String) {
        self.init()
        self.file = file
        level = .debug
        standardErrorLevel = nil
        delay = .hours(1)
    }
}

let noon = Timestamp(seconds: 1_706_702_400)
