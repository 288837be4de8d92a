// SPDX-License-Identifier: Apache-2.0

import Glibc
import Live
import Synchronization

/// Who sent a signal, in one word that a signal's handler can store. Process 0 is the system: keys pressed at a terminal.
struct SignalSender: Equatable {
    /// No process id has this bit; with it no sender's word is 0.
    private static let mark: UInt64 = 1 << 31
    let word: UInt64

    init(_ info: UnsafeMutablePointer<siginfo_t>?) {
        let sender = info?.pointee._sifields._kill
        self.init(user: sender?.si_uid ?? 0, process: sender?.si_pid ?? 0)
    }

    init(user: UInt32, process: Int32) {
        word = UInt64(user) << 32 | Self.mark | UInt64(UInt32(bitPattern: process))
    }

    /// - Returns: `nil` for 0.
    init?(word: UInt64) {
        guard word != 0 else { return nil }
        self.word = word
    }

    var user: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
    var process: Int32 { Int32(truncatingIfNeeded: word & (Self.mark - 1)) }

    func request(_ text: String) -> SessionRequest {
        SessionRequest(text, way: .signal, user: user, process: process)
    }
}

/// What can be asked of a session by signal: USR1 pauses, USR2 resumes, QUIT is the kill switch. INT and TERM stop it.
enum SessionSignals {
    /// The sender of each that was not taken yet, or 0.
    private static let pause = Atomic<UInt64>(0)
    private static let resume = Atomic<UInt64>(0)
    private static let kill = Atomic<UInt64>(0)

    static func watch() {
        var action = sigaction()
        action.sa_flags = SA_SIGINFO
        action.__sigaction_handler.sa_sigaction = { signal, info, _ in
            let sender = SignalSender(info).word
            switch signal {
            case SIGUSR1: SessionSignals.pause.store(sender, ordering: .relaxed)
            case SIGUSR2: SessionSignals.resume.store(sender, ordering: .relaxed)
            default: SessionSignals.kill.store(sender, ordering: .relaxed)
            }
        }
        for signal in [SIGUSR1, SIGUSR2, SIGQUIT] { sigaction(signal, &action, nil) }
    }

    /// What was asked for since the last time, and by whom, the kill switch first.
    static func take() -> [(command: OperatorCommand, request: SessionRequest)] {
        var commands: [(OperatorCommand, SessionRequest)] = []
        func take(_ signal: borrowing Atomic<UInt64>, _ command: OperatorCommand) {
            guard let sender = SignalSender(word: signal.exchange(0, ordering: .relaxed)) else { return }
            commands.append((command, sender.request(command.text)))
        }
        take(kill, .kill(flattens: false))
        take(pause, .pause)
        take(resume, .resume)
        return commands
    }

    /// Who asked for the end by INT or TERM, once.
    static func takeInterruption() -> SessionRequest? {
        SignalSender(word: Interruption.sender.exchange(0, ordering: .relaxed))?.request(OperatorCommand.stop.text)
    }
}
