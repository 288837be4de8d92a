// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder that is gone when the test is.
package final class TemporaryFolder {
    package let path: String

    package init() {
        var template = Array("/tmp/apus-test.XXXXXX".utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        precondition(isMade, "no folder could be made in /tmp: \(String(cString: strerror(errno)))")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { execute("rm", ["-rf", path]) }
}

/// Runs a program of the system, throws away what it prints, and waits for its end.
/// - Returns: 0, or what it or the system says is wrong.
@discardableResult
package func execute(_ program: String, _ arguments: [String]) -> Int32 {
    var child = pid_t()
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
    defer { posix_spawn_file_actions_destroy(&files) }
    var texts: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    let code = posix_spawnp(&child, program, &files, nil, &texts, environ)
    guard code == 0 else { return code }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status
}
