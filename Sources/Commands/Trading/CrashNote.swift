// SPDX-License-Identifier: Apache-2.0

import Glibc
import Live
import Networking
import Strategies

/// What a session that a strategy stopped leaves behind: which one it was, in a file beside the journal.
///
/// The next start goes on with that strategy off, so that it cannot stop the program again; what protects its positions
/// stays.
struct CrashNote {
    let path: String
    private let names: [String]

    /// - Parameter folder: The journal's.
    init(folder: String) {
        path = folder + "/stopped-by"
        names = Self.lines(of: path)
    }

    private static func lines(of path: String) -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return [] }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func switchOff(in session: inout LiveSession, _ console: Console) {
        for name in names {
            guard let index = session.strategyNames.firstIndex(of: name) else { continue }
            session.handle(.command(.setStrategy(index, isOn: false)), at: EventLoop.now)
            console.printError(
                "apus: the strategy '\(name)' stopped the program the last time, so it is off now; its stops and targets "
                    + "stay. Once it is mended: apus control enable --feature '\(name)'")
        }
        // From here on the journal knows.
        if !names.isEmpty { unlink(path) }
    }
}
