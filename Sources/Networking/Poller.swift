// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Locking
internal import Trading
internal import VenueInterface

/// The epoll descriptor under an event loop, with its timers and the signals of other threads.
final class Poller {
    let descriptor: Int32
    private let timerDescriptor: Int32
    private let wakeUp: WakeUp
    private var isClosed = false

    private var watches: [Int32: Watch] = [:]
    private struct Watch {
        var handler: (Readiness) -> Void
        var generation: UInt32
    }
    private var generation: UInt32 = 0
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    private var timers = TimerQueue()
    private var armed: TimeSpan?
    private var isServing = false

    private var work: [() -> Void] = []
    private var signals: [UInt64: () -> Void] = [:]
    private var signalCount: UInt64 = 0

    init() throws(NetworkError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        timerDescriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        let wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0, timerDescriptor >= 0, wakeDescriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            for open in [descriptor, timerDescriptor, wakeDescriptor] where open >= 0 { Glibc.close(open) }
            throw NetworkError("no file descriptors for the event loop: \(reason). Raise the limit (ulimit -n).")
        }
        wakeUp = WakeUp(descriptor: wakeDescriptor)
        try watch(timerDescriptor, for: .readable) { [unowned self] _ in serveTimers() }
        try watch(wakeDescriptor, for: .readable) { [unowned self] _ in serveSignals() }
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        watches = [:]
        work = []
        signals = [:]
        timers = TimerQueue()
        Glibc.close(timerDescriptor)
        Glibc.close(descriptor)
    }

    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let wall = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return Moment(wall: Timestamp(nanoseconds: wall), monotonic: monotonic)
    }

    static var monotonic: TimeSpan {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return TimeSpan(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    // MARK: Work that was put off

    func soon(_ item: @escaping () -> Void) { work.append(item) }

    var hasWork: Bool { !work.isEmpty }

    /// Does what was put off until now.
    func runSoon() {
        let batch = work
        work = []
        for item in batch { item() }
    }

    // MARK: Descriptors

    /// Serves what is ready, without waiting.
    func serve() {
        guard !isClosed else { return }
        let count = epoll_wait(descriptor, &events, Int32(events.count), 0)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = events[index]
            let file = Int32(truncatingIfNeeded: event.data.u64)
            // Something served before in this round may have closed it, and its number may be another's by now.
            guard let watch = watches[file], watch.generation == UInt32(truncatingIfNeeded: event.data.u64 >> 32) else {
                continue
            }
            var readiness: Readiness = []
            if event.events & ~EPOLLOUT.rawValue != 0 { readiness.insert(.readable) }
            if event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
            watch.handler(readiness)
            if isClosed { return }
        }
    }

    func watch(
        _ file: Int32, for readiness: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(NetworkError) {
        precondition(watches[file] == nil, "descriptor \(file) is watched already")
        generation &+= 1
        var event = Self.event(file, readiness, generation)
        guard epoll_ctl(descriptor, EPOLL_CTL_ADD, file, &event) == 0 else {
            throw NetworkError("descriptor \(file) cannot be waited for: \(String(cString: strerror(errno)))")
        }
        watches[file] = Watch(handler: handler, generation: generation)
    }

    func rewatch(_ file: Int32, for readiness: Readiness) {
        guard let watch = watches[file] else { preconditionFailure("descriptor \(file) is not watched") }
        var event = Self.event(file, readiness, watch.generation)
        epoll_ctl(descriptor, EPOLL_CTL_MOD, file, &event)
    }

    func isWatched(_ file: Int32) -> Bool { watches[file] != nil }

    func unwatch(_ file: Int32) {
        guard watches.removeValue(forKey: file) != nil else { return }
        epoll_ctl(descriptor, EPOLL_CTL_DEL, file, nil)
    }

    private static func event(_ file: Int32, _ readiness: Readiness, _ generation: UInt32) -> epoll_event {
        var event = epoll_event()
        if readiness.contains(.readable) { event.events |= EPOLLIN.rawValue }
        if readiness.contains(.writable) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = UInt64(UInt32(bitPattern: file)) | UInt64(generation) << 32
        return event
    }

    // MARK: Timers

    func schedule(at time: TimeSpan, _ item: @escaping () -> Void) -> LoopTimer {
        let timer = timers.add(at: time, item)
        if !isServing { arm() }
        return timer
    }

    func cancel(_ timer: LoopTimer) { timers.remove(timer) }

    private func serveTimers() {
        var expirations: UInt64 = 0
        read(timerDescriptor, &expirations, 8)
        armed = nil
        isServing = true
        // What is scheduled meanwhile waits for the next round, so that no timer that sets itself keeps the loop busy.
        for item in timers.takeDue(at: Self.monotonic) {
            guard !isClosed else { return }
            if let item = timers.start(item) { item() }
        }
        isServing = false
        if !isClosed { arm() }
    }

    private func arm() {
        guard let next = timers.next else { return }
        if let armed, armed <= next { return }
        armed = next
        var setting = itimerspec()
        // Zero would disarm it.
        let nanoseconds = max(1, next.nanoseconds)
        setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        timerfd_settime(timerDescriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    // MARK: Signals of other threads

    func makeSignal(_ handler: @escaping () -> Void) -> LoopSignal {
        signalCount += 1
        signals[signalCount] = handler
        return LoopSignal(id: signalCount, wakeUp: wakeUp)
    }

    private func serveSignals() {
        for id in wakeUp.take() {
            guard !isClosed else { return }
            signals[id]?()
        }
    }
}

/// A way for any thread to have something done on an event loop's thread.
public final class LoopSignal: Sendable {
    private let id: UInt64
    private let wakeUp: WakeUp

    init(id: UInt64, wakeUp: WakeUp) {
        self.id = id
        self.wakeUp = wakeUp
    }

    /// From any thread. After the loop is gone it does nothing.
    public func raise() { wakeUp.raise(id) }
}

/// The eventfd that wakes a loop, with what it was woken for.
final class WakeUp: Sendable {
    private let descriptor: Int32
    private let raised = Locked<[UInt64]>([])

    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { Glibc.close(descriptor) }

    func raise(_ id: UInt64) {
        let isFirst = raised.withLock { raised in
            guard !raised.contains(id) else { return false }
            raised.append(id)
            return raised.count == 1
        }
        guard isFirst else { return }
        var one: UInt64 = 1
        write(descriptor, &one, 8)
    }

    func take() -> [UInt64] {
        var count: UInt64 = 0
        read(descriptor, &count, 8)
        return raised.withLock { raised in
            let taken = raised
            raised = []
            return taken
        }
    }
}
