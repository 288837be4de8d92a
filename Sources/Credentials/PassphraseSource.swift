// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Where the passphrase of a vault comes from.
public enum PassphraseSource: Hashable, Sendable {
    /// Asked for on the terminal, without showing what is typed.
    case terminal
    /// The first line of a file that only its owner may read.
    case file(path: String)
    /// The first line of what an open file descriptor gives, such as a pipe from a service manager.
    case descriptor(CInt)

    /// What the environment says: `APUS_VAULT_PASSPHRASE_FILE`, `APUS_VAULT_PASSPHRASE_FD`, else the terminal.
    public static func environment() throws(CredentialError) -> PassphraseSource {
        if let path = getenv("APUS_VAULT_PASSPHRASE_FILE") { return .file(path: String(cString: path)) }
        guard let text = getenv("APUS_VAULT_PASSPHRASE_FD").map({ String(cString: $0) }) else { return .terminal }
        guard let descriptor = CInt(text), descriptor >= 0 else {
            throw .passphrase(
                problem: "APUS_VAULT_PASSPHRASE_FD is '\(text.prefix(20))'",
                advice: "Set it to the number of an open file descriptor, such as 3.")
        }
        return .descriptor(descriptor)
    }

    /// Fetches the passphrase.
    ///
    /// - Parameter prompt: What the terminal shows.
    public func read(prompt: String) throws(CredentialError) -> Secret {
        let text: Secret
        switch self {
        case .terminal: return try Terminal.ask(prompt)
        case .file(let path): text = try SecretFile.read(path)
        case .descriptor(let number): text = try SecretFile.read(number, "file descriptor \(number)")
        }
        let line = text.withBytes { bytes in
            let end = bytes.firstIndex(of: 10) ?? bytes.count
            return Secret(capacity: end) { room in
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
                return end
            }
        }.withoutLineEnd()
        guard !line.isEmpty else { throw .empty(source: "The passphrase") }
        return line
    }
}

/// What a passphrase must be like.
enum PassphraseRules {
    static let shortest = 10

    static func check(_ passphrase: Secret) throws(CredentialError) {
        guard passphrase.count >= shortest else {
            throw .passphrase(
                problem: "The passphrase has \(passphrase.count) characters",
                advice: "Use at least \(shortest): whoever gets the file can try as many as they like.")
        }
    }
}

/// Asking for a secret on the terminal of this process.
public enum Terminal {
    /// Whether somebody types what a descriptor gives.
    public static func isTyped(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

    /// Reads one line without showing it. Backspace works; Ctrl-C gives up.
    public static func ask(_ prompt: String) throws(CredentialError) -> Secret {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw .passphrase(
                problem: "There is no terminal on which to ask: \(prompt)",
                advice: "Give it by --passphrase-file FILE, APUS_VAULT_PASSPHRASE_FILE or APUS_VAULT_PASSPHRASE_FD.")
        }
        defer { close(terminal) }
        var saved = termios()
        guard tcgetattr(terminal, &saved) == 0 else {
            throw .passphrase(problem: "The terminal cannot be told to hide what is typed", advice: "Use another one.")
        }
        var hidden = saved
        // No echo; byte by byte; and Ctrl-C comes as a byte, so that the terminal is never left without echo.
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 else {
            throw .passphrase(problem: "The terminal cannot be told to hide what is typed", advice: "Use another one.")
        }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &saved)
            say("\n", terminal)
        }
        say("\(prompt): ", terminal)
        return try Secret(capacity: 4096) { (room) throws(CredentialError) in
            var count = 0
            while count < room.count {
                var byte: UInt8 = 0
                let got = Glibc.read(terminal, &byte, 1)
                if got < 0, errno == EINTR { continue }
                guard got == 1, byte != 3 else {
                    throw .passphrase(problem: "Nothing was entered", advice: "Nothing was changed.")
                }
                switch byte {
                case 10, 13, 4: return count
                case 8, 127:
                    // A character may have several bytes, of which all but the first begin with the bits 10.
                    while count > 0, room[count - 1] & 0xC0 == 0x80 { count -= 1 }
                    count = max(0, count - 1)
                default:
                    room[count] = byte
                    count += 1
                }
            }
            throw .passphrase(problem: "What was entered is too long", advice: "Use a file.")
        }
    }

    private static func say(_ text: String, _ terminal: CInt) {
        let bytes = Array(text.utf8)
        _ = write(terminal, bytes, bytes.count)
    }
}

extension Secret {
    /// Reads a secret that somebody types at a terminal, or that is piped in.
    ///
    /// - Parameters:
    ///   - descriptor: Standard input.
    ///   - prompt: What the terminal shows.
    public static func read(from descriptor: CInt, prompt: String) throws(CredentialError) -> Secret {
        let secret =
            Terminal.isTyped(descriptor)
            ? try Terminal.ask(prompt) : try SecretFile.read(descriptor, "standard input").withoutLineEnd()
        guard !secret.isEmpty else { throw .empty(source: "Standard input") }
        return secret
    }
}
