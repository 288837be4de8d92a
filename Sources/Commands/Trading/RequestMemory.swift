// SPDX-License-Identifier: Apache-2.0

import Glibc
import Trading
import VenueInterface

/// What a run's requests weighed, kept where the next run finds it: a venue counts them for a minute, whatever becomes of
/// the process that sent them.
///
/// The file is beside the journal and written without being synchronised: it has to outlive the process, not the machine.
final class RequestMemory {
    /// What went out at a time, or shortly before it.
    struct Use: Hashable {
        let weight: Int
        let time: Timestamp
    }

    static let window = TimeSpan.minutes(1)

    private let names: [String]
    private let descriptor: Int32
    /// Requests of each venue when `note` was called last; `nil`: something was asked before.
    private var last: [UInt64?]
    private var written: [[Use]]

    /// - Parameters:
    ///   - names: The venues, in the order in which `note` gives their weights.
    ///   - before: What the file held, as far as it still counts.
    ///   - asked: What was asked already in this run, by venue.
    /// - Returns: `nil` where the file cannot be written; trading goes on without it.
    init?(path: String, names: [String], before: [String: [Use]] = [:], asked: [String: Int] = [:]) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        self.names = names
        written = names.map { before[$0] ?? [] }
        last = names.map { asked[$0, default: 0] > 0 ? nil : 0 }
    }

    deinit { close(descriptor) }

    /// Writes down what counts now where something was asked since the last time.
    ///
    /// - Parameters:
    ///   - requests: By venue, how many were sent so far.
    ///   - uses: What counts of a venue, by when it was sent in monotonic time.
    func note(_ requests: [UInt64], at now: Moment, uses: (Int) -> [(weight: Int, time: TimeSpan)]) {
        var isNew = false
        for index in requests.indices where requests[index] != last[index] {
            last[index] = requests[index]
            written[index] = uses(index).map { use in
                let age = TimeSpan(nanoseconds: now.monotonic.nanoseconds - use.time.nanoseconds)
                return Use(weight: use.weight, time: now.wall - age)
            }
            isNew = true
        }
        guard isNew else { return }
        var text = ""
        for (name, uses) in zip(names, written) {
            for use in uses { text += "\(use.weight) \(use.time.nanoseconds) \(name)\n" }
        }
        // What is left of a longer text before it is no line of this form.
        text += "end\n"
        let bytes = Array(text.utf8)
        _ = pwrite(descriptor, bytes, bytes.count, 0)
    }

    // MARK: The run before

    /// By the venues' names, oldest first; empty where nothing is known.
    static func read(path: String) -> [String: [Use]] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return parse(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
    }

    static func parse(_ text: String) -> [String: [Use]] {
        var uses: [String: [Use]] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "end" { break }
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let weight = Int(parts[0]), weight >= 0, let time = Int64(parts[1]) else {
                continue
            }
            uses[String(parts[2]), default: []].append(Use(weight: weight, time: Timestamp(nanoseconds: time)))
        }
        return uses.mapValues { $0.sorted { $0.time < $1.time } }
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
}

extension [RequestMemory.Use] {
    /// How long a request must wait so that it fits a limit beside all of them.
    func wait(for weight: Int, within limit: Int, at now: Moment) -> TimeSpan {
        let counting = compactMap { use in use.moment(at: now).map { (use.weight, $0) } }
        var sum = counting.reduce(weight) { $0.addingReportingOverflow($1.0).overflow ? .max : $0 + $1.0 }
        var wait = TimeSpan.zero
        for (weight, moment) in counting where sum > limit {
            sum -= weight
            wait = TimeSpan(
                nanoseconds: RequestMemory.window.nanoseconds - (now.monotonic.nanoseconds - moment.nanoseconds))
        }
        return wait
    }
}
