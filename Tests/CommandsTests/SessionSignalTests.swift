// SPDX-License-Identifier: Apache-2.0

import Glibc
import Live
import Testing

@testable import Commands

@Suite("Who sent a signal") struct SessionSignalTests {
    @Test(arguments: [(0, 0), (0, 1), (1000, 4711), (UInt32.max, 4_194_304)] as [(UInt32, Int32)])
    func aSenderIsOneWordAndNeverNone(user: UInt32, process: Int32) throws {
        let word = SignalSender(user: user, process: process).word
        let sender = try #require(SignalSender(word: word))
        #expect(sender.user == user && sender.process == process)
    }

    @Test func noWordIsNobody() { #expect(SignalSender(word: 0) == nil) }

    @Test func whatIsAskedForBySignalSaysWho() {
        SessionSignals.watch()
        defer { for number in [SIGUSR1, SIGUSR2, SIGQUIT] { signal(number, SIG_DFL) } }
        kill(getpid(), SIGUSR1)
        var taken = SessionSignals.take()
        for _ in 0..<1000 where taken.isEmpty {
            usleep(1000)
            taken = SessionSignals.take()
        }
        #expect(taken.map(\.command) == [.pause])
        #expect(taken.first?.request.user == getuid() && taken.first?.request.process == getpid())
        #expect(taken.first?.request.text == "pause" && SessionSignals.take().isEmpty)
    }
}
