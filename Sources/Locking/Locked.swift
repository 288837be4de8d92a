// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A value that one thread at a time can reach.
///
/// The standard library's `Mutex` does the same; the thread sanitizer cannot see into that one, and would report every
/// use of it.
public final class Locked<Value: Sendable>: @unchecked Sendable {
    // Unchecked: `value` is only reached between `pthread_mutex_lock` and `pthread_mutex_unlock`.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    public init(_ value: Value) {
        self.value = value
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "a lock cannot be made")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread reaches the value. It must not reach for the same value again.
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
