// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// Clients that other people wrote trade against the simulated venue, so that it and Apus cannot share a
/// misunderstanding.
@Suite(.serialized) struct ClientTests {
    static let python = checkout + "/.cache/venv/bin/python"
    static let isInstalled = access(checkout + "/.cache/venv/installed.txt", F_OK) == 0

    @Test(
        "The official Python SDK and ccxt trade, and are refused as the venue refuses",
        .enabled(if: isInstalled, "the Python clients are not installed: run Scripts/setup with a network"),
        arguments: ["python_sdk.py", "ccxt_client.py"])
    func client(script: String) throws {
        let process = try ChildProcess([Self.python, "-B", checkout + "/Tests/Clients/" + script, venuesim])
        let lines = process.lines(seconds: 150)
        print("\(script):\n" + lines.joined(separator: "\n"))
        #expect(process.wait() == 0)
        #expect(lines.last?.hasSuffix(" passed, 0 failed") == true)
        #expect(lines.count > 30)
    }
}
