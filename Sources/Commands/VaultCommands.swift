// SPDX-License-Identifier: Apache-2.0

import Credentials
import Glibc
import MarketData
import Trading

extension OptionDescription {
    static let vault = OptionDescription(
        name: "vault", value: "FILE", summary: "The vault (default: APUS_VAULT, else ~/.config/apus/vault).")
    static let passphraseFile = OptionDescription(
        name: "passphrase-file", value: "FILE",
        summary: "Read the passphrase from a file that only you may read, in place of asking for it.")
    static let newPassphraseFile = OptionDescription(
        name: "new-passphrase-file", value: "FILE", summary: "Read the new passphrase from a file.")
    static let expires = OptionDescription(
        name: "expires", value: "DATE", summary: "When the secret stops working (UTC), as the venue says.")

    static let vaultOptions: [OptionDescription] = [.vault, .passphraseFile]
}

extension OperandDescription {
    static let entry = OperandDescription(name: "NAME", summary: "What the secret is called: vault:NAME.")
}

/// `apus vault init`: makes an empty vault.
struct VaultInitCommand: Command {
    static let description = CommandDescription(
        path: ["vault", "init"],
        summary: "Make an encrypted vault for API keys.",
        details: "The passphrase is asked for twice and not shown. Nobody can recover it.",
        options: OptionDescription.vaultOptions,
        takesSecrets: true,
        examples: [
            ("apus vault init", "Make ~/.config/apus/vault."),
            ("apus vault init --vault keys --passphrase-file pass", "Make the vault keys, without a terminal."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let passphrase = try arguments.newPassphrase(option: "passphrase-file")
        let vault = try failing { try Vault.create(at: arguments.vaultPath, passphrase: passphrase) }
        console.print("\(vault.path) is made. `apus vault add NAME` adds a secret.")
    }
}

/// `apus vault add`: puts a secret into the vault.
struct VaultAddCommand: Command {
    static let description = CommandDescription(
        path: ["vault", "add"],
        summary: "Put a secret into the vault.",
        details: """
            The secret is asked for and not shown, or read from standard input. It is never an argument, because
            arguments can be seen by every user of the machine and stay in the shell's history.
            """,
        operands: [.entry],
        options: [.expires] + OptionDescription.vaultOptions,
        takesSecrets: true,
        examples: [
            ("apus vault add hyperliquid-agent --expires 2027-05-01", "Asks for the key; configure vault:NAME."),
            ("apus vault add hyperliquid-agent < key.txt", "Reads it from a file."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let name = arguments.operands[0]
        let expires = try arguments.time("expires")
        let vault = try arguments.openVault(.change)
        try failing {
            let secret = try Secret.read(from: console.input, prompt: "Secret for \(name)")
            try vault.add(name, secret, expires: expires, at: wallClock())
        }
        console.print("\(name) is in \(vault.path). A configuration names it vault:\(name).")
    }
}

/// `apus vault rotate`: replaces a secret.
struct VaultRotateCommand: Command {
    static let description = CommandDescription(
        path: ["vault", "rotate"],
        summary: "Replace a secret in the vault by its successor.",
        details: """
            Make the new key at the venue first and take the old one back there afterwards. A running program goes on
            with the key that it was started with. Without --expires the new secret has no known end.
            """,
        operands: [.entry],
        options: [.expires] + OptionDescription.vaultOptions,
        takesSecrets: true,
        examples: [
            ("apus vault rotate hyperliquid-agent --expires 2027-11-01", "Asks for the new key."),
            ("apus vault rotate hyperliquid-agent < key.txt", "Reads it from a file."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let name = arguments.operands[0]
        let expires = try arguments.time("expires")
        let vault = try arguments.openVault(.change)
        try failing {
            _ = try vault.entry(named: name)
            let secret = try Secret.read(from: console.input, prompt: "New secret for \(name)")
            try vault.rotate(name, secret, expires: expires, at: wallClock())
        }
        console.print("\(name) is replaced. Take the old one back at the venue.")
    }
}

/// `apus vault remove`: takes a secret out of the vault for good.
struct VaultRemoveCommand: Command {
    static let description = CommandDescription(
        path: ["vault", "remove"],
        summary: "Remove a secret from the vault.",
        operands: [.entry],
        options: OptionDescription.vaultOptions,
        takesSecrets: true,
        examples: [("apus vault remove hyperliquid-agent", "The secret is gone; the venue does not know that.")])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let vault = try arguments.openVault(.change)
        try failing { try vault.remove(arguments.operands[0]) }
        console.print("\(arguments.operands[0]) is removed. If it is not used elsewhere, take it back at the venue.")
    }
}

/// `apus vault passphrase`: encrypts the vault anew.
struct VaultPassphraseCommand: Command {
    static let description = CommandDescription(
        path: ["vault", "passphrase"],
        summary: "Change the vault's passphrase.",
        details: "A copy of the old file is still opened by the old passphrase.",
        options: OptionDescription.vaultOptions + [.newPassphraseFile],
        takesSecrets: true,
        examples: [("apus vault passphrase", "Asks for the old one, then twice for the new one.")])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let vault = try arguments.openVault(.change)
        let passphrase = try arguments.newPassphrase(option: "new-passphrase-file")
        try failing { try vault.changePassphrase(to: passphrase) }
        console.print("\(vault.path) has a new passphrase.")
    }
}

/// `apus vault list`: what is in the vault, without the secrets.
struct VaultListCommand: Command {
    static let description = CommandDescription(
        path: ["vault", "list"],
        summary: "Show what the vault holds, and when it expires; never the secrets.",
        options: OptionDescription.vaultOptions + [.json],
        takesSecrets: true,
        examples: [
            ("apus vault list", "Names, and when each was changed and expires."),
            ("apus vault list --json --passphrase-file pass", "For a program that watches expiry."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let vault = try arguments.openVault(.read)
        let now = wallClock()
        if arguments.has("json") {
            console.printJSON(
                .object([
                    ("vault", .text(vault.path)), ("entries", .list(vault.entries.map { fields($0, at: now) })),
                ]))
        } else if vault.entries.isEmpty {
            console.printError("\(vault.path) is empty. `apus vault add NAME` adds a secret.")
        } else {
            console.print(
                TextTable(
                    columns: ["NAME", "ADDED", "CHANGED", "EXPIRES"].map { .init(title: $0) },
                    rows: vault.entries.map { entry in
                        [
                            entry.name, entry.created.day, entry.changed.day,
                            entry.expires.map { $0.day + (entry.isExpired(at: now) ? " (expired)" : "") } ?? "-",
                        ]
                    }))
        }
    }

    private static func fields(_ entry: VaultEntry, at now: Timestamp) -> ReportValue {
        .object([
            ("name", .text(entry.name)), ("created", .text("\(entry.created)")),
            ("changed", .text("\(entry.changed)")), ("expires", .optional(entry.expires.map { "\($0)" })),
            ("expired", .flag(entry.isExpired(at: now))),
        ])
    }
}

extension ParsedArguments {
    var vaultPath: String { value("vault") ?? Vault.defaultPath }

    func openVault(_ access: Vault.Access) throws(CommandFailure) -> Vault {
        Secret.refuseCoreDumps()
        return try failing {
            try Vault.open(at: vaultPath, for: access) { () throws(CredentialError) in
                let prompt = "Passphrase of \(vaultPath)"
                if let path = value("passphrase-file") {
                    return try PassphraseSource.file(path: path).read(prompt: prompt)
                }
                return try PassphraseSource.environment().read(prompt: prompt)
            }
        }
    }

    /// A passphrase that is typed twice, or read from the file that an option names.
    func newPassphrase(option: String) throws(CommandFailure) -> Secret {
        Secret.refuseCoreDumps()
        return try failing {
            if let path = value(option) { return try PassphraseSource.file(path: path).read(prompt: "") }
            // The environment names the passphrase that opens a vault, which is a new vault's only.
            let source = option == "passphrase-file" ? try PassphraseSource.environment() : .terminal
            let first = try source.read(prompt: "New passphrase")
            guard source == .terminal else { return first }
            guard first.matches(try source.read(prompt: "The same again")) else {
                throw CommandFailure.failed("the two passphrases differ. Nothing was changed.")
            }
            return first
        }
    }
}

extension Timestamp {
    /// The day, for people.
    fileprivate var day: String { "\(CivilDate(daysSinceEpoch: dayNumber))" }
}

/// The present time. Commands read it; what they call is given it.
func wallClock() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
