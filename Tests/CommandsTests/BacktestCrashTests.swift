// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

/// A trap in code of a user's strategy ends the process; what it leaves is a report that names the strategy.
@Suite struct BacktestCrashTests {
    @Test(
        "The report of a crash names the strategy, and the signal ends the process",
        arguments: [Misdeed.trap, .recursion, .trapInPrepare, .trapInInit])
    func trap(_ misdeed: Misdeed) throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(
            configuration(cross("honest") + "\n" + Misbehaving.entry(misdeed)), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<300), as: "bars.csv")
        let ran = try child(["backtest", config, "--bars", "BTCUSDT=\(bars)", "--json", folder.path("r.json")])
        #expect([-SIGILL, -SIGTRAP, -SIGSEGV].contains(ran.status))
        // Before it has a place in a run, only its type is known.
        let name = misdeed == .trapInInit ? "misbehaving" : "culprit"
        #expect(ran.errors.contains("apus: the strategy '\(name)' stopped the program"))
        #expect(!ran.errors.contains("honest"))
        #expect(FileManager.default.subpaths(atPath: folder.path)?.sorted() == ["bars.csv", "c.yaml"])
    }

    @Test("A command that ends well leaves no handler behind")
    func disarmed() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<300), as: "bars.csv")
        let ran = try child(["backtest", config, "--bars", "BTCUSDT=\(bars)", "--quiet"])
        #expect(ran.status == 0, "\(ran.output)\(ran.errors)")
    }

    // MARK: The child

    private static let key = "APUS_TEST_CHILD_ARGUMENTS"

    @Test(.enabled(if: getenv(key) != nil))
    func childThatTraps() throws {
        let text = try #require(getenv(Self.key).map { String(cString: $0) })
        CrashReport.enable()
        func handler() -> UInt {
            var action = sigaction()
            sigaction(SIGILL, nil, &action)
            return unsafeBitCast(action.__sigaction_handler.sa_sigaction, to: UInt.self)
        }
        let before = handler()
        let status = Program(strategies: Misbehaving.registry).run(
            text.split(separator: "\n").map(String.init), Console(strategies: Misbehaving.registry))
        #expect(status == 0)
        #expect(handler() == before)
    }

    /// Runs a command line in a process of its own that knows the test's strategies.
    private func child(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        var target = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &target, target.count - 1)
        try #require(length > 0)
        let program = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return try runProgram(
            program,
            Self.bundle + [
                "--testing-library", "swift-testing", "--filter", "BacktestCrashTests/childThatTraps",
            ],
            environment: [
                Self.key: arguments.joined(separator: "\n"),
                // A sanitizer's own handlers would answer in place of the signal.
                "ASAN_OPTIONS": "handle_segv=0:handle_sigill=0:handle_sigtrap=0:handle_abort=0:detect_leaks=0",
                "TSAN_OPTIONS": "handle_segv=0:handle_sigill=0:handle_sigtrap=0:handle_abort=0",
                "SWIFT_BACKTRACE": "enable=no",
            ])
    }

    /// What goes before the options, as this process was started.
    private static var bundle: [String] {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let place = arguments.firstIndex(of: "--test-bundle-path"), place + 1 < arguments.count else { return [] }
        return ["--test-bundle-path", arguments[place + 1]]
    }
}
