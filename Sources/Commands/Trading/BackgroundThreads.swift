// SPDX-License-Identifier: Apache-2.0

import Glibc
import Live
import Locking
import Networking
import Strategies

/// Computes what strategies gave away, each piece on a thread of its own for as long as it takes.
///
/// A piece that never ends keeps its thread until the program ends. How many there may be is the session's to bound;
/// threads whose work is done wait for more.
final class BackgroundThreads: Sendable {
    typealias Result = (task: BackgroundTaskID, value: any Sendable)

    private struct State: Sendable {
        var waiting: [BackgroundJob] = []
        /// Threads that wait for work, less what was given to them already.
        var idle = 0
        var results: [Result] = []
    }

    private let state = Locked(State())
    private let semaphore = Semaphore()
    private let signal: LoopSignal

    /// - Parameter signal: Raised when there is something to take.
    init(signal: LoopSignal) { self.signal = signal }

    /// - Returns: Whether there is a thread for it; without one it is never computed.
    func compute(_ job: BackgroundJob) -> Bool {
        let hasThread = state.withLock { state in
            guard state.idle > 0 else { return false }
            state.idle -= 1
            state.waiting.append(job)
            return true
        }
        guard hasThread else { return begin(job) }
        semaphore.post()
        return true
    }

    func takeResults() -> [Result] {
        state.withLock { state in
            defer { state.results.removeAll() }
            return state.results
        }
    }

    private func begin(_ job: BackgroundJob) -> Bool {
        Self.detach { [self] in
            let marker = CrashReport.prepareThread()
            var next = job
            while true {
                marker?.pointee = Int32(clamping: next.strategy)
                let value = next.work()
                marker?.pointee = -1
                state.withLock { [id = next.id] state in
                    state.results.append((id, value))
                    state.idle += 1
                }
                signal.raise()
                semaphore.wait()
                next = state.withLock { $0.waiting.removeFirst() }
            }
        }
    }

    static func detach(_ work: @escaping @Sendable () -> Void) -> Bool {
        final class Box: Sendable {
            let work: @Sendable () -> Void
            init(_ work: @escaping @Sendable () -> Void) { self.work = work }
        }
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        // As much as the engine's thread has: where work is computed must not decide whether it can be.
        pthread_attr_setstacksize(attributes, 8 << 20)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(work))
        let status = pthread_create(
            &thread, attributes,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
        if status != 0 { box.release() }
        return status == 0
    }
}

/// A count that threads wait for.
final class Semaphore: Sendable {
    // Safe: only the C library's functions reach it, and they may be called from any thread.
    private nonisolated(unsafe) let value = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() {
        let status = sem_init(value, 0, 0)
        precondition(status == 0, "a semaphore cannot be made")
    }
    deinit {
        sem_destroy(value)
        value.deallocate()
    }
    func post() { sem_post(value) }
    func wait() { while sem_wait(value) != 0 {} }
}
