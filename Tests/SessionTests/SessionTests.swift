// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Whole programs over real sockets: sessions of `apus trade` against `venuesim`, driven from Tests/Sessions.
@Suite(.serialized) struct SessionTests {
    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    @Test(
        "Sessions trade, survive and end as they should",
        arguments: [
            ("full_cycle.py", 150), ("promotion.py", 120), ("modes.py", 200), ("two_venues.py", 120),
            ("adaptive.py", 120), ("pages.py", 180), ("stress.py", 180), ("isolation.py", 200), ("ab.py", 240),
            ("faults.py", 240), ("kill.py", 300), ("algorithms.py", 400), ("spot.py", 300),
        ])
    func driver(name: String, seconds: Int) throws {
        for program in ["apus", "apus-testing", "venuesim"] {
            let path = Self.programs.appending(component: program).path
            try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) was not built")
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "timeout", "\(seconds)", "python3", "-B",
            Self.checkout.appending(components: "Tests", "Sessions", name).path, Self.programs.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        print(lines.filter { !$0.hasPrefix("  ok") }.joined(separator: "\n"))
        #expect(process.terminationStatus == 0, "\(name):\n\(text)")
        #expect(lines.last?.hasSuffix(" passed, 0 failed") == true)
    }
}
