// SPDX-License-Identifier: Apache-2.0

import Glibc
import Trading
import VenueInterface

/// What a run's requests weighed, kept where the next run finds it: a venue counts them for a minute, whatever becomes of
/// the process that sent them.
///
/// The file is beside the journal and written without being synchronised: it has to outlive the process, not the machine.
final class RequestMemory {
    /// What went out within the minute before a time.
    struct Use: Hashable {
        let weight: Int
        let time: Timestamp
    }

    static let window = TimeSpan.minutes(1)

    private let names: [String]
    private let descriptor: Int32
    /// Requests of each venue when `note` was called last; `nil`: something was asked before.
    private var last: [UInt64?]
    private var written: [Use?]

    /// - Parameters:
    ///   - names: The venues, in the order in which `note` gives their weights.
    ///   - before: What the file held, as far as it still counts.
    ///   - asked: What was asked already in this run, by venue.
    /// - Returns: `nil` where the file cannot be written; trading goes on without it.
    init?(path: String, names: [String], before: [String: Use] = [:], asked: [String: Int] = [:]) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        self.names = names
        written = names.map { before[$0] }
        last = names.map { asked[$0, default: 0] > 0 ? nil : 0 }
    }

    deinit { close(descriptor) }

    /// Writes down what counts now where something was asked since the last time. What only ran out is not written: all of
    /// it would seem to be of now.
    func note(_ uses: [(requests: UInt64, weight: Int)], at now: Timestamp) {
        var isNew = false
        for index in uses.indices where uses[index].requests != last[index] {
            last[index] = uses[index].requests
            written[index] = Use(weight: uses[index].weight, time: now)
            isNew = true
        }
        guard isNew else { return }
        var text = ""
        for (name, use) in zip(names, written) {
            if let use { text += "\(use.weight) \(use.time.nanoseconds) \(name)\n" }
        }
        // What is left of a longer text before it is no line of this form.
        text += "end\n"
        let bytes = Array(text.utf8)
        _ = pwrite(descriptor, bytes, bytes.count, 0)
    }

    // MARK: The run before

    /// By the venues' names; empty where nothing is known.
    static func read(path: String) -> [String: Use] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return parse(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
    }

    static func parse(_ text: String) -> [String: Use] {
        var uses: [String: Use] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "end" { break }
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let weight = Int(parts[0]), weight >= 0, let time = Int64(parts[1]) else {
                continue
            }
            uses[String(parts[2])] = Use(weight: weight, time: Timestamp(nanoseconds: time))
        }
        return uses
    }
}

extension RequestMemory.Use {
    /// How long ago it was; a clock that was set back says nothing, so that it was just now.
    private func age(at now: Timestamp) -> TimeSpan {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(time.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? (now > time ? .max : 0) : max(0, age))
    }

    /// When it happened, in monotonic time; `nil` where it does not count any more.
    func moment(at now: Moment) -> TimeSpan? {
        let age = age(at: now.wall)
        guard weight > 0, age < RequestMemory.window else { return nil }
        return TimeSpan(nanoseconds: now.monotonic.nanoseconds - age.nanoseconds)
    }

    /// How long a request must wait so that both fit a limit.
    func wait(for weight: Int, within limit: Int, at now: Moment) -> TimeSpan {
        let (sum, overflow) = self.weight.addingReportingOverflow(weight)
        guard overflow || sum > limit, let moment = moment(at: now) else { return .zero }
        return TimeSpan(
            nanoseconds: RequestMemory.window.nanoseconds - (now.monotonic.nanoseconds - moment.nanoseconds))
    }
}
