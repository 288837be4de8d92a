// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc

/// Keeps a second process of this user from sending orders to the same account: two would trip over each other's nonces
/// and positions. Held until it is released, and given back by the system however the process ends.
final class AccountLock {
    private let descriptor: Int32
    private let path: String

    /// - Throws: Where another process holds it, with its number.
    init(_ venue: Configuration.VenueSettings, in folder: String = AccountLock.folder) throws(CommandFailure) {
        let account = venue.vaultAddress ?? venue.account ?? "unknown"
        path = "\(folder)/\(Self.name(type: venue.type.rawValue, venue.address, account: account))"
        try Self.makeFolder(folder)
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw Self.problem(path) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let holder = Self.number(in: descriptor)
                close(descriptor)
                throw .failed(
                    "Another process\(holder.isEmpty ? "" : " (number \(holder))") trades the account \(account) of "
                        + "venues.\(venue.name) already. Stop it first (`apus control stop`), or trade another account."
                )
            }
            // The one before may have taken the file away since it was opened: then this is nobody's lock.
            var held = stat()
            var named = stat()
            if fstat(descriptor, &held) == 0, lstat(path, &named) == 0, held.st_ino == named.st_ino,
                held.st_dev == named.st_dev
            {
                let text = Array("\(getpid())\n".utf8)
                ftruncate(descriptor, 0)
                _ = pwrite(descriptor, text, text.count, 0)
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    /// One name for each account, however the server is written.
    static func name(type: String, _ address: HostAddress, account: String) -> String {
        "account-\(type)-\(ServerName(address))-\(account.lowercased()).lock"
    }

    // MARK: The folder

    /// In the home folder that the system knows for the user, whatever the environment of a login or a service says: all
    /// of a user's processes look in one place.
    static let folder: String = {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        if getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let home = entry.pw_dir {
            let text = String(cString: home)
            var status = stat()
            if text.hasPrefix("/"), text != "/", stat(text, &status) == 0, status.st_uid == geteuid() {
                return "\(text)/.local/state/apus"
            }
        }
        // Users of services may have none.
        return "/var/tmp/apus-\(geteuid())"
    }()

    private static func makeFolder(_ folder: String) throws(CommandFailure) {
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o700) != 0, errno != EEXIST, errno != EROFS, errno != EACCES { throw problem(made) }
        }
        var status = stat()
        guard stat(folder, &status) == 0 else { throw problem(folder) }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw .failed(
                "\(folder), where the locks of accounts are kept, belongs to somebody else or can be written by others. "
                    + "`chmod go-w` it, or take it away.")
        }
    }

    private static func problem(_ path: String) -> CommandFailure {
        .failed(
            "\(path) cannot be opened: \(String(cString: strerror(errno))). The lock of the account is kept there, so that "
                + "no second process trades it: let this user write in that folder.")
    }

    private static func number(in descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)).filter { $0 >= 48 && $0 <= 57 }, as: UTF8.self)
    }
}
