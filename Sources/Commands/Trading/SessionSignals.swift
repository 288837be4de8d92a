// SPDX-License-Identifier: Apache-2.0

import Glibc
import Live
import Synchronization

/// What can be asked of a session by signal: USR1 pauses, USR2 resumes, QUIT is the kill switch. INT and TERM stop it.
enum SessionSignals {
    private static let pause = Atomic<Bool>(false)
    private static let resume = Atomic<Bool>(false)
    private static let kill = Atomic<Bool>(false)

    static func watch() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            switch signal {
            case SIGUSR1: SessionSignals.pause.store(true, ordering: .relaxed)
            case SIGUSR2: SessionSignals.resume.store(true, ordering: .relaxed)
            default: SessionSignals.kill.store(true, ordering: .relaxed)
            }
        }
        for signal in [SIGUSR1, SIGUSR2, SIGQUIT] { sigaction(signal, &action, nil) }
    }

    /// What was asked for since the last time, the kill switch first.
    static func take() -> [OperatorCommand] {
        var commands: [OperatorCommand] = []
        if kill.exchange(false, ordering: .relaxed) { commands.append(.kill(flattens: false)) }
        if pause.exchange(false, ordering: .relaxed) { commands.append(.pause) }
        if resume.exchange(false, ordering: .relaxed) { commands.append(.resume) }
        return commands
    }
}
