// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Trading

/// Secrets in one encrypted file, opened with a passphrase.
///
/// Each change is written at once: to a file beside it that is brought to the disk and then takes its place, so that a
/// crash leaves the old vault or the new one. One program changes a vault at a time.
public final class Vault {
    public let path: String
    private var items: [VaultEntries.Item]
    private var key: VaultFormat.Key
    private let lock: CInt
    /// Is told each step of writing, so that a test can fail there.
    var observe: (VaultWriteStep) throws(CredentialError) -> Void = { _ in }

    /// Whether a vault is opened to take secrets out of it or to change it.
    public enum Access: Sendable { case read, change }

    /// `~/.config/apus/vault`, or below `XDG_CONFIG_HOME`, or what `APUS_VAULT` names.
    public static var defaultPath: String {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let path = variable("APUS_VAULT") { return path }
        return (variable("XDG_CONFIG_HOME") ?? (variable("HOME") ?? ".") + "/.config") + "/apus/vault"
    }

    /// Whether text can name an entry: 1 to 60 letters, digits, '-', '_' and '.'.
    public static func isName(_ text: String) -> Bool {
        (1...60).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, 45, 46, 95: true
                default: false
                }
            }
    }

    /// Makes an empty vault.
    ///
    /// - Throws: Where there is a file already: it is never overwritten.
    public static func create(at path: String, passphrase: Secret) throws(CredentialError) -> Vault {
        try create(at: path, passphrase: passphrase, VaultFormat.Cost())
    }

    static func create(at path: String, passphrase: Secret, _ cost: VaultFormat.Cost) throws(CredentialError) -> Vault {
        try PassphraseRules.check(passphrase)
        try VaultFile.makeFolder(of: path)
        let lock = try VaultFile.lock(path)
        var status = stat()
        guard lstat(path, &status) != 0 else {
            close(lock)
            throw .file(
                path: path, problem: "exists already",
                advice: "`apus vault list` shows what is in it; name another one with --vault.")
        }
        let vault: Vault
        do throws(CredentialError) {
            let salt = try VaultFormat.randomBytes(16)
            vault = Vault(path: path, items: [], key: try VaultFormat.Key(passphrase, cost, salt: salt), lock: lock)
        } catch {
            close(lock)
            throw error
        }
        try vault.save([])
        return vault
    }

    /// Opens a vault.
    ///
    /// - Parameter passphrase: Asked for once the file is known to be whole.
    /// - Throws: `wrongPassphrase` for a whole file, `damagedVault` for one whose bytes have changed.
    public static func open(
        at path: String, for access: Access, passphrase: () throws(CredentialError) -> Secret
    ) throws(CredentialError) -> Vault {
        var lock: CInt = -1
        if access == .change {
            try VaultFile.checkExistence(path)
            lock = try VaultFile.lock(path)
        }
        do throws(CredentialError) {
            let sealed = try VaultFormat.Sealed(try VaultFile.read(path), path: path)
            let (bytes, key) = try sealed.open(try passphrase())
            return Vault(path: path, items: try VaultEntries.decode(bytes, path: path), key: key, lock: lock)
        } catch {
            if lock >= 0 { close(lock) }
            throw error
        }
    }

    private init(path: String, items: [VaultEntries.Item], key: VaultFormat.Key, lock: CInt) {
        self.path = path
        self.items = items
        self.key = key
        self.lock = lock
    }

    deinit { if lock >= 0 { close(lock) } }

    /// What is in it, by name.
    public var entries: [VaultEntry] { items.map(\.entry) }

    /// What is known about one of them.
    public func entry(named name: String) throws(CredentialError) -> VaultEntry { items[try place(of: name)].entry }

    /// Takes a secret out.
    ///
    /// - Throws: `unknownEntry`; `expired`.
    public func credential(named name: String, at now: Timestamp) throws(CredentialError) -> Credential {
        let item = items[try place(of: name)]
        if let expires = item.entry.expires, expires <= now { throw .expired(name: name, expires) }
        return Credential(secret: item.secret, expires: item.entry.expires)
    }

    /// Adds a secret under a name of its own.
    public func add(
        _ name: String, _ secret: Secret, expires: Timestamp?, at now: Timestamp
    ) throws(CredentialError) {
        guard Self.isName(name) else { throw .badName(name) }
        guard !secret.isEmpty else { throw .empty(source: "The secret") }
        guard !items.contains(where: { $0.entry.name == name }) else { throw .existingEntry(name: name, path: path) }
        let entry = VaultEntry(name: name, created: now, changed: now, expires: expires)
        try save((items + [.init(entry: entry, secret: secret)]).sorted { $0.entry.name < $1.entry.name })
    }

    /// Replaces a secret by its successor.
    public func rotate(
        _ name: String, _ secret: Secret, expires: Timestamp?, at now: Timestamp
    ) throws(CredentialError) {
        let place = try place(of: name)
        guard !secret.isEmpty else { throw .empty(source: "The secret") }
        guard !secret.matches(items[place].secret) else {
            throw .passphrase(
                problem: "The new secret of '\(name)' is the old one", advice: "Make a new one at the venue first.")
        }
        var changed = items
        changed[place].secret = secret
        changed[place].entry.changed = now
        changed[place].entry.expires = expires
        try save(changed)
    }

    public func remove(_ name: String) throws(CredentialError) {
        var changed = items
        changed.remove(at: try place(of: name))
        try save(changed)
    }

    /// Encrypts everything anew under another passphrase.
    public func changePassphrase(to passphrase: Secret) throws(CredentialError) {
        try PassphraseRules.check(passphrase)
        let old = key
        key = try VaultFormat.Key(passphrase, key.cost, salt: try VaultFormat.randomBytes(16))
        do throws(CredentialError) { try save(items) } catch {
            key = old
            throw error
        }
    }

    private func place(of name: String) throws(CredentialError) -> Int {
        guard let place = items.firstIndex(where: { $0.entry.name == name }) else {
            throw .unknownEntry(name: name, path: path, known: items.map(\.entry.name))
        }
        return place
    }

    private func save(_ changed: [VaultEntries.Item]) throws(CredentialError) {
        precondition(lock >= 0, "a vault that was opened for reading is not changed")
        let file = try VaultFormat.seal(VaultEntries.encode(changed), key)
        guard file.count <= VaultFormat.longestFile else {
            throw .file(
                path: path, problem: "would have \(file.count) bytes; at most \(VaultFormat.longestFile) fit",
                advice: "Remove entries, or make another vault.")
        }
        try VaultFile.replace(path, with: file, observe)
        items = changed
    }
}
