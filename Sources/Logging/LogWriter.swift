// SPDX-License-Identifier: Apache-2.0

import Glibc
import Locking
public import Trading

/// What is written where.
public struct LogDestination: Sendable {
    public var level: LogLevel = .info
    public var componentLevels: [LogComponent: LogLevel] = [:]
    /// `nil`: nothing goes to standard error.
    public var standardErrorLevel: LogLevel? = .warning
    /// `nil`: there is no file.
    public var file: String?
    public var maximumBytes = 50_000_000
    public var keep = 10
    /// How long a line may wait for others; errors do not wait.
    public var delay: TimeSpan = .milliseconds(200)
    /// Bytes that may wait for a slow disk or terminal; what comes then is dropped and counted.
    public var bufferLimit = 4 << 20
    public var standardError: Int32 = 2

    public init() {}
}

/// What became of the lines so far.
public struct LogCounts: Sendable, Hashable {
    public internal(set) var accepted = 0
    /// The buffer was full.
    public internal(set) var dropped = 0
    /// The disk or terminal refused them.
    public internal(set) var lost = 0
}

/// Writes log lines from any thread: whoever logs only appends to a buffer, and a thread of its own writes.
public final class LogWriter: Sendable {
    private struct Pending {
        var file: [UInt8] = []
        var terminal: [UInt8] = []
        var secrets = SecretFilter()
        var counts = LogCounts()
        /// Of `counts.dropped`, those that a line has reported.
        var reportedDrops = 0
        var lastTime = Timestamp.epoch
        var isEnding = false
        var isEmpty: Bool { file.isEmpty && terminal.isEmpty }
    }

    /// Where lines go; whoever holds it writes.
    private struct Output {
        var file: RotatingFile?
    }

    private let destination: LogDestination
    /// By component, the least level that is written anywhere.
    private let leastRanks: [Int]
    private let fileRanks: [Int]
    private let isTerminal: Bool
    private let pending = Locked(Pending())
    private let output: Locked<Output>
    /// A pipe: a byte says that something waits, `urgent` that nothing more is to be waited for.
    private let bell: (reading: Int32, writing: Int32)
    private static let urgent = UInt8(ascii: "!")

    public init(_ destination: LogDestination) throws(LogError) {
        self.destination = destination
        isTerminal = isatty(destination.standardError) == 1
        let file: RotatingFile? =
            if let path = destination.file {
                try RotatingFile(
                    path: path, maximumBytes: max(1, destination.maximumBytes), keep: max(0, destination.keep))
            } else { nil }
        let never = LogLevel.allCases.count
        fileRanks = LogComponent.allCases.map {
            destination.file == nil ? never : (destination.componentLevels[$0] ?? destination.level).rank
        }
        let terminalRank = destination.standardErrorLevel?.rank ?? never
        leastRanks = fileRanks.map { min($0, terminalRank) }
        output = Locked(Output(file: file))
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw LogError(path: destination.file ?? "-", reason: String(cString: strerror(errno)))
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        bell = (ends[0], ends[1])
        startThread()
    }

    deinit {
        Glibc.close(bell.reading)
        Glibc.close(bell.writing)
    }

    /// From now on `***` stands in its place, and in that of its hexadecimal form.
    ///
    /// - Returns: `false` where it is too short to be told from ordinary words.
    @discardableResult
    public func register(secret: [UInt8]) -> Bool { pending.withLock { $0.secrets.add(secret) } }

    /// The text as it may be shown: for what goes past the log, such as a status line or an answer.
    public func redacted(_ text: String) -> String { pending.withLock { $0.secrets }.redacted(text) }

    public var counts: LogCounts { pending.withLock { $0.counts } }

    public subscript(component: LogComponent) -> Log { Log(writer: self, component: component) }

    func isOn(_ level: LogLevel, _ component: LogComponent) -> Bool { level.rank >= leastRanks[component.index] }

    func log(_ line: LogLine) {
        let (wasEmpty, isUrgent) = pending.withLock { pending in
            let wasEmpty = pending.isEmpty
            pending.lastTime = line.time
            append(line, to: &pending)
            return (wasEmpty, line.level >= .error)
        }
        if wasEmpty || isUrgent { ring(isUrgent: isUrgent) }
    }

    private func append(_ line: LogLine, to pending: inout Pending) {
        guard !pending.isEnding, pending.file.count + pending.terminal.count < destination.bufferLimit else {
            pending.counts.dropped += 1
            return
        }
        pending.counts.accepted += 1
        let json = line.json(pending.secrets)
        if line.level.rank >= fileRanks[line.component.index] { pending.file += json }
        guard let level = destination.standardErrorLevel, line.level >= level else { return }
        // People see the line where the status line stood; programs get the same JSON as the file.
        pending.terminal += isTerminal ? Array("\r\u{1B}[K".utf8) + line.text(pending.secrets) : json
    }

    /// Writes what waits, now, on the caller's time.
    public func flush() {
        output.withLock { output in
            let (lines, terminal, dropped, time) = pending.withLock { pending in
                defer {
                    pending.file.removeAll(keepingCapacity: pending.file.capacity <= 1 << 16)
                    pending.terminal.removeAll(keepingCapacity: pending.terminal.capacity <= 1 << 16)
                    pending.reportedDrops = pending.counts.dropped
                }
                return (
                    pending.file, pending.terminal, pending.counts.dropped - pending.reportedDrops, pending.lastTime
                )
            }
            var lost = write(lines, to: &output)
            if dropped > 0 {
                let report = LogLine(
                    time: time, level: .warning, component: .session,
                    message: "log lines were dropped, because the disk or terminal is too slow",
                    fields: [("count", .count(dropped))])
                lost += write(report.json(SecretFilter()), to: &output)
            }
            if !terminal.isEmpty { writeToTerminal(terminal) }
            if lost > 0 { pending.withLock { $0.counts.lost += lost } }
        }
    }

    /// Writes what waits and closes the file; later lines are dropped.
    public func close() {
        pending.withLock { $0.isEnding = true }
        flush()
        output.withLock { output in
            output.file?.end()
            output.file = nil
        }
        ring(isUrgent: true)
    }

    /// - Returns: How many lines were not written.
    private func write(_ lines: [UInt8], to output: inout Output) -> Int {
        guard output.file != nil else { return 0 }
        var (lost, start) = (0, 0)
        while let end = lines[start...].firstIndex(of: 10) {
            let hadFailed = output.file?.failure != nil
            if output.file?.write(lines[start...end]) == false {
                lost += 1
                if !hadFailed, let failure = output.file?.failure, let path = destination.file {
                    writeToTerminal(
                        Array("apus: the log \(path) cannot be written: \(String(cString: strerror(failure))).\n".utf8))
                }
            }
            start = end + 1
        }
        return lost
    }

    private func writeToTerminal(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(destination.standardError, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: - The thread

    private func ring(isUrgent: Bool) {
        var byte = isUrgent ? Self.urgent : UInt8(ascii: ".")
        _ = Glibc.write(bell.writing, &byte, 1)
    }

    private func startThread() {
        // The thread keeps the writer alive until `close`.
        let reference = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let writer = Unmanaged<LogWriter>.fromOpaque(argument)
                writer.takeUnretainedValue().run()
                writer.release()
                return nil
            }, reference.toOpaque())
        if status == 0 { pthread_detach(thread) } else { reference.release() }
    }

    private func run() {
        while !pending.withLock({ $0.isEnding }) {
            wait(milliseconds: -1)
            if !hears(Self.urgent) {
                wait(milliseconds: Int32(clamping: destination.delay.nanoseconds / 1_000_000))
            }
            flush()
        }
    }

    private func wait(milliseconds: Int32) {
        var bell = pollfd(fd: bell.reading, events: Int16(POLLIN), revents: 0)
        poll(&bell, 1, milliseconds)
    }

    /// Empties the pipe.
    private func hears(_ byte: UInt8) -> Bool {
        var isHeard = false
        var buffer = [UInt8](repeating: 0, count: 64)
        while case let count = read(bell.reading, &buffer, buffer.count), count > 0 {
            isHeard = isHeard || buffer[..<count].contains(byte)
        }
        return isHeard
    }
}

/// The stream of one part of the program.
public struct Log: Sendable {
    private let writer: LogWriter?
    private let component: LogComponent

    init(writer: LogWriter?, component: LogComponent) {
        self.writer = writer
        self.component = component
    }

    /// Writes nothing.
    public static let off = Log(writer: nil, component: .session)

    /// Adds a line: a message, best a constant one, so that lines can be counted, and the facts as fields.
    public func callAsFunction(
        _ level: LogLevel, _ message: String, _ fields: @autoclosure () -> LogFields = [:], at time: Timestamp
    ) {
        guard let writer, writer.isOn(level, component) else { return }
        writer.log(
            LogLine(
                time: time, level: level, component: component, message: message,
                fields: fields().map { (key: $0.key, value: $0.value) }))
    }

    public func debug(_ message: String, _ fields: @autoclosure () -> LogFields = [:], at time: Timestamp) {
        self(.debug, message, fields(), at: time)
    }
    public func info(_ message: String, _ fields: @autoclosure () -> LogFields = [:], at time: Timestamp) {
        self(.info, message, fields(), at: time)
    }
    public func warning(_ message: String, _ fields: @autoclosure () -> LogFields = [:], at time: Timestamp) {
        self(.warning, message, fields(), at: time)
    }
    public func error(_ message: String, _ fields: @autoclosure () -> LogFields = [:], at time: Timestamp) {
        self(.error, message, fields(), at: time)
    }
    public func critical(_ message: String, _ fields: @autoclosure () -> LogFields = [:], at time: Timestamp) {
        self(.critical, message, fields(), at: time)
    }
}
