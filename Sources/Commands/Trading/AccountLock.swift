// SPDX-License-Identifier: Apache-2.0

import Configuration
import Control
import Glibc

/// Keeps a second process of this machine from sending orders to the same account: two would trip over each other's
/// nonces and positions. Held until it is released, and given back by the system however the process ends.
final class AccountLock {
    private let descriptor: Int32

    /// - Throws: Where another process holds it, with its number.
    init(_ venue: Configuration.VenueSettings) throws(CommandFailure) {
        let account = venue.vaultAddress ?? venue.account ?? "unknown"
        let folder = ControlSocket.defaultFolder()
        mkdir(folder, 0o700)
        let path =
            "\(folder)/account-\(venue.type.rawValue)-\(venue.address.host)-\(venue.address.port ?? 0)-\(account).lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .failed("\(path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            let holder = String(decoding: bytes.prefix(max(0, count)).filter { $0 >= 48 && $0 <= 57 }, as: UTF8.self)
            close(descriptor)
            throw .failed(
                "Another process\(holder.isEmpty ? "" : " (number \(holder))") trades the account \(account) of "
                    + "venues.\(venue.name) already. Stop it first (`apus control stop`), or trade another account.")
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
