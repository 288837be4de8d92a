// SPDX-License-Identifier: Apache-2.0

import Glibc
import MarketData
import Testing
import Trading

@testable import DataStore

@Suite struct CrashTests {
    let folder = TemporaryFolder()

    static let steps: [WriteStep] =
        [.created, .headerWritten] + (0..<6).map(WriteStep.columnWritten) + [.synced, .renamed, .folderSynced]

    private func prepare() throws -> (store: DataStore, key: SeriesKey, old: BarSeries, new: BarSeries) {
        let store = try DataStore(path: folder.path + "/store", create: true)
        let key = try SeriesKey(venue: "v", symbol: "S", timeframe: .oneMinute)
        let old = try randomSeries(seed: 1, count: 200)
        try store.writer().replace(key, with: old.rows)
        return (store, key, old, try randomSeries(seed: 2, count: 300))
    }

    @Test("A write that fails at any step leaves the old series, or has put the new one", arguments: steps)
    func faultAtEachStep(step: WriteStep) throws {
        let (store, key, old, new) = try prepare()
        var writer = try store.writer()
        writer.observe = { (reached: WriteStep) throws(StoreError) in
            if reached == step {
                throw StoreError(.unwritable, path: "disk", problem: "it is full", advice: "Make room.")
            }
        }
        #expect(throws: StoreError.self) { try writer.replace(key, with: new.rows) }
        let isReplaced = step == .renamed || step == .folderSynced
        #expect(try store.bars(venue: "v", symbol: "S", timeframe: .oneMinute).bars == (isReplaced ? new : old).bars)
        #expect(Files.names(in: folder.path + "/store/v/S") == ["bars-1m.apus"], "nothing is left behind")
    }

    /// Starts this test program again with only `childThatIsKilled`, which kills itself in the middle of a write.
    @Test("A process that is killed at any step leaves the old series, or has put the new one", arguments: steps)
    func killedAtEachStep(step: WriteStep) throws {
        let (store, key, old, new) = try prepare()
        let index = try #require(Self.steps.firstIndex(of: step))
        let status = runChild(store: store.path, step: index)
        guard let status else { return }
        #expect(status & 0x7F == SIGKILL, "the child must die of the kill, its status was \(status)")
        let isReplaced = step == .renamed || step == .folderSynced
        let read = try store.bars(venue: "v", symbol: "S", timeframe: .oneMinute)
        #expect(read.bars == (isReplaced ? new : old).bars)
        // The lock went with the process, and the next write removes what it left.
        try store.writer().replace(key, with: new.rows)
        #expect(try store.bars(venue: "v", symbol: "S", timeframe: .oneMinute).bars == new.bars)
        #expect(Files.names(in: folder.path + "/store/v/S") == ["bars-1m.apus"])
    }

    @Test(.enabled(if: getenv("APUS_TEST_KILLED_STORE") != nil))
    func childThatIsKilled() throws {
        guard let path = getenv("APUS_TEST_KILLED_STORE"), let text = getenv("APUS_TEST_KILLED_STEP"),
            let index = Int(String(cString: text))
        else { return }
        let store = try DataStore(path: String(cString: path))
        var writer = try store.writer()
        writer.observe = { (reached: WriteStep) throws(StoreError) in
            if reached == Self.steps[index] { kill(getpid(), SIGKILL) }
        }
        let key = try SeriesKey(venue: "v", symbol: "S", timeframe: .oneMinute)
        try writer.replace(key, with: randomSeries(seed: 2, count: 300).rows)
    }

    /// The child's wait status; `nil` where this program cannot be started again.
    private func runChild(store: String, step: Int) -> CInt? {
        var target = [CChar](repeating: 0, count: 4096)
        guard readlink("/proc/self/exe", &target, target.count - 1) > 0 else { return nil }
        let arguments = CommandLine.arguments.first.map { [$0] } ?? []
        let words =
            arguments + ["--testing-library", "swift-testing", "--filter", "CrashTests/childThatIsKilled"]
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = []
        var index = 0
        while let entry = environ[index] {
            environment.append(strdup(entry))
            index += 1
        }
        environment.append(strdup("APUS_TEST_KILLED_STORE=\(store)"))
        environment.append(strdup("APUS_TEST_KILLED_STEP=\(step)"))
        environment.append(nil)
        defer { for pointer in argv + environment { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var child: pid_t = 0
        guard posix_spawn(&child, target, &actions, nil, &argv, &environment) == 0 else { return nil }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
