// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Notices streams that have gone silent for longer than they should, and those that came back.
public struct StreamHealth: Hashable, Sendable {
    public enum Change: Hashable, Sendable {
        case stale(name: String, silence: TimeSpan)
        case fresh(name: String)
    }
    private struct Stream: Hashable {
        var name: String
        var threshold: TimeSpan
        var heard: TimeSpan?
        var isStale = false
    }
    private var streams: [Stream] = []

    public init() {}

    /// - Parameter threshold: The longest silence that is still well.
    /// - Returns: The stream's number.
    public mutating func add(name: String, threshold: TimeSpan) -> Int {
        streams.append(Stream(name: name, threshold: threshold))
        return streams.count - 1
    }

    public var staleNames: [String] { streams.filter(\.isStale).map(\.name) }

    /// Silence counts from now on.
    public mutating func start(at now: TimeSpan) {
        for index in streams.indices {
            streams[index].heard = now
            streams[index].isStale = false
        }
    }

    /// Silence does not count any more.
    public mutating func stop() {
        for index in streams.indices { streams[index].heard = nil }
    }

    /// Something came on a stream.
    public mutating func heard(_ stream: Int, at now: TimeSpan) -> Change? {
        guard streams.indices.contains(stream) else { return nil }
        streams[stream].heard = now
        guard streams[stream].isStale else { return nil }
        streams[stream].isStale = false
        return .fresh(name: streams[stream].name)
    }

    /// What went stale since the last look, in the order in which the streams were added.
    public mutating func check(at now: TimeSpan) -> [Change] {
        var changes: [Change] = []
        for index in streams.indices where !streams[index].isStale {
            guard let heard = streams[index].heard, now.since(heard) >= streams[index].threshold else { continue }
            streams[index].isStale = true
            changes.append(.stale(name: streams[index].name, silence: now.since(heard)))
        }
        return changes
    }

    /// When a stream can go stale next.
    public var nextCheck: TimeSpan? {
        var next: TimeSpan?
        for stream in streams where !stream.isStale {
            next = earliest(next, stream.heard?.later(by: stream.threshold))
        }
        return next
    }
}
