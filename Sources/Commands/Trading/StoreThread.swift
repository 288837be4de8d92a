// SPDX-License-Identifier: Apache-2.0

import DataStore
import Glibc
import Live
import Locking
import Networking
import Trading

/// Writes what venues gave into the data store, on a thread of its own: no decision waits for a disk.
///
/// What cannot be written is kept, within bounds, and tried again: storing pauses then, and trading does not.
final class StoreThread: Sendable {
    /// Something to be said in the log.
    struct Message: Hashable, Sendable {
        var isProblem: Bool
        var text: String
    }

    private struct State: Sendable {
        var bars: [InstrumentBar] = []
        var streams: [StreamRecord] = []
        var lost = 0
        var messages: [Message] = []
        var isOver = false
    }

    private let state: Locked<State>
    private let work: Semaphore
    private let ended: Semaphore
    private let isRunning: Bool

    /// - Parameters:
    ///   - interval: What comes within this time is written together.
    ///   - signal: Raised when there is a message to take.
    init(_ store: SessionStore, every interval: TimeSpan = .minutes(5), signal: LoopSignal) {
        let (state, work, ended) = (Locked(State()), Semaphore(), Semaphore())
        (self.state, self.work, self.ended) = (state, work, ended)
        isRunning = BackgroundThreads.detach {
            var writer = StoreKeeper(store)
            var lastWrite = ContinuousClock.now
            while true {
                work.wait()
                let (bars, streams, lost, isOver) = state.withLock { state in
                    defer { (state.bars, state.streams, state.lost) = ([], [], 0) }
                    return (state.bars, state.streams, state.lost, state.isOver)
                }
                writer.take(bars, streams, lost: lost)
                if isOver || ContinuousClock.now - lastWrite >= .nanoseconds(interval.nanoseconds) {
                    lastWrite = .now
                    if let message = writer.write() {
                        state.withLock { $0.messages.append(message) }
                        signal.raise()
                    }
                }
                if isOver { return ended.post() }
            }
        }
    }

    func hand(_ bars: [InstrumentBar], _ streams: (records: [StreamRecord], lost: Int)) {
        guard isRunning, !bars.isEmpty || !streams.records.isEmpty || streams.lost > 0 else { return }
        state.withLock { state in
            state.bars += bars
            // Where the disk stands still, so does the thread: more than this is not waited for.
            if state.streams.count < StoreKeeper.limit {
                state.streams += streams.records
            } else {
                state.lost += streams.records.count
            }
            state.lost += streams.lost
        }
        work.post()
    }

    /// Writes what there is and ends.
    func finish() {
        guard isRunning else { return }
        state.withLock { $0.isOver = true }
        work.post()
        ended.wait()
    }

    func takeMessages() -> [Message] {
        state.withLock { state in
            defer { state.messages.removeAll() }
            return state.messages
        }
    }
}

/// What is to be written into the data store, until it is.
struct StoreKeeper {
    /// Rows, and bars, that wait at most while they cannot be written.
    static let limit = 1_000_000

    private let store: SessionStore
    private var bars: [InstrumentBar] = []
    /// By instrument; `nil` for those that are not stored.
    private var streams: [StreamRows?]
    private var hasResumed = false
    private var lost = 0
    private var isFailing = false

    init(_ store: SessionStore) {
        self.store = store
        streams = store.emptyRows()
    }

    mutating func take(_ bars: [InstrumentBar], _ records: [StreamRecord], lost: Int) {
        let taken = bars.prefix(max(0, Self.limit - self.bars.count))
        self.bars += taken
        self.lost += lost + bars.count - taken.count
        guard !records.isEmpty else { return }
        if !hasResumed {
            hasResumed = true
            for index in streams.indices { store.resume(&streams[index]) }
        }
        var room = Self.limit - streams.reduce(0) { $0 + ($1?.count ?? 0) }
        for record in records {
            guard room > 0 else {
                self.lost += 1
                continue
            }
            let index = record.item.instrument.index
            guard streams.indices.contains(index), streams[index] != nil else { continue }
            streams[index]?.add(record)
            room -= 1
        }
    }

    /// - Returns: What somebody should know: that it cannot be written, once, and that it can be again.
    mutating func write() -> StoreThread.Message? {
        var failure: StoreError?
        do throws(StoreError) {
            try store.keep(bars)
            bars = []
        } catch {
            failure = error
            if !error.passes { bars = [] }
        }
        do throws(StoreError) { try store.keep(&streams) } catch { failure = failure ?? error }
        if let failure {
            if isFailing { return nil }
            isFailing = true
            return StoreThread.Message(
                isProblem: true, text: "market data is not stored and tried again every few minutes: \(failure)")
        }
        guard isFailing || lost > 0 else { return nil }
        defer { (isFailing, lost) = (false, 0) }
        return StoreThread.Message(
            isProblem: lost > 0,
            text: "market data is stored again\(lost > 0 ? "; \(lost) messages of it were lost" : "")")
    }
}

extension StoreError {
    /// Whether the same may be written later: a full disk and another writer pass, a damaged series does not.
    var passes: Bool {
        switch kind {
        case .unreadable, .unwritable, .locked: true
        default: false
        }
    }
}
