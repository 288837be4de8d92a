// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Glibc
import Indicators
import Strategies
import Synchronization

/// Where a command's words go: results to standard output, everything else to standard error.
struct Console: Sendable {
    let strategies: StrategyRegistry
    var indicators: IndicatorRegistry = .standard
    /// Whether the user asked for long work to end.
    var isInterrupted: @Sendable () -> Bool = { Interruption.isRequested }
    /// Where secrets are read from: standard input.
    var input: Int32 = 0
    /// What the user types under a question; `nil` where nobody is there to ask.
    var ask: @Sendable (String) -> String? = { question in
        guard isatty(0) == 1, isatty(2) == 1 else { return nil }
        _ = question.withCString { Glibc.write(2, $0, strlen($0)) }
        return readLine()
    }
    private let output: Int32
    private let errors: Int32
    private let lost = LostOutput()

    init(strategies: StrategyRegistry = .standard, output: Int32 = 1, errors: Int32 = 2) {
        self.strategies = strategies
        self.output = output
        self.errors = errors
    }

    func print(_ text: String) { write(Array((text + "\n").utf8), to: output) }
    func printError(_ text: String) { write(Array((text + "\n").utf8), to: errors) }
    func write(_ bytes: [UInt8]) { write(bytes, to: output) }

    /// Why results did not reach standard output, such as a full disk behind `>`.
    var outputError: String? {
        let number = lost.number.load(ordering: .relaxed)
        return number == 0 ? nil : String(cString: strerror(number))
    }

    /// Whether people watch the results, and how wide their window is.
    var isTerminal: Bool { isatty(output) == 1 }
    var showsProgress: Bool { isatty(errors) == 1 }
    var width: Int {
        var size = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                if descriptor == output { lost.number.store(errno, ordering: .relaxed) }
                return
            }
            offset += written
        }
    }

    /// Shows how far something is, on a terminal and once it takes longer than a moment.
    func showProgress(_ label: String, _ share: Double, since start: ContinuousClock.Instant) {
        guard showsProgress, ContinuousClock.now - start > .milliseconds(300) else { return }
        let filled = Int((min(max(share, 0), 1) * 30).rounded())
        let bar = String(repeating: "━", count: filled) + String(repeating: "╌", count: 30 - filled)
        let percent = Int((share * 100).rounded())
        write(Array("\r\(label) \(bar) \(percent) %\u{1B}[K".utf8), to: errors)
    }

    func endProgress() {
        guard showsProgress else { return }
        write(Array("\r\u{1B}[K".utf8), to: errors)
    }
}

/// The system's error number of a write to standard output that failed; shared by the copies of a console.
private final class LostOutput: Sendable {
    let number = Atomic<Int32>(0)
}

/// Whether the user asked to stop (Ctrl-C); the first time long work ends in order, the second time the process does.
enum Interruption {
    static let flag = Atomic<Bool>(false)
    static let sender = Atomic<UInt64>(0)
    static var isRequested: Bool { flag.load(ordering: .relaxed) }

    static func watch() {
        var action = sigaction()
        action.sa_flags = SA_SIGINFO
        action.__sigaction_handler.sa_sigaction = { signal, info, _ in
            if Interruption.flag.exchange(true, ordering: .relaxed) { _exit(128 + signal) }
            Interruption.sender.store(SignalSender(info).word, ordering: .relaxed)
        }
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }
}

/// Ends the process without running the destructors of what is still in memory: the system takes it back at once.
func leave(with status: Int32) -> Never {
    fflush(nil)
    _exit(status)
}

/// The known name that a mistyped one probably meant.
func nearest(_ name: String, among known: [String]) -> String? { nearestName(to: name, among: known) }
