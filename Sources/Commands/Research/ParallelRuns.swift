// SPDX-License-Identifier: Apache-2.0

import Backtest
import Glibc
import Locking

/// Several runs on several threads, one per thread at a time. Results come in the order of the runs, whichever thread was
/// faster.
enum ParallelRuns {
    /// One per core.
    static var threadCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// - Parameters:
    ///   - reduce: Makes of a result what is kept of it; called on the thread that ran it, with the input's place.
    ///   - progress: Called with the share done, on the caller's thread; returning false interrupts the runs.
    static func run<Reduced: Sendable>(
        _ inputs: [BacktestInput], threads: Int = threadCount,
        reduce: @escaping @Sendable (Int, BacktestResult) -> Reduced,
        progress: (Double) -> Bool
    ) throws(BacktestError) -> [Reduced] {
        let job: Job<Reduced, BacktestError> = { place, report throws(BacktestError) in
            var run = try BacktestRun(inputs[place])
            return reduce(place, try run.run(progress: report))
        }
        return try run(inputs.count, threads: threads, cancelled: .cancelled, job, progress: progress)
    }

    /// One run: it is given its place and tells the share that it has done; `false` asks it to end.
    typealias Job<Result, Failure: Error> =
        @Sendable (Int, (Double) -> Bool) throws(Failure) -> Result

    /// - Parameter cancelled: What is thrown for runs that never began because of an interruption.
    static func run<Result: Sendable, Failure: Error>(
        _ count: Int, threads: Int = threadCount, cancelled: Failure, _ job: @escaping Job<Result, Failure>,
        progress: (Double) -> Bool
    ) throws(Failure) -> [Result] {
        let board = Board(count, cancelled, job)
        var workers: [pthread_t] = []
        for _ in 0..<min(max(1, threads), count) {
            guard let worker = start({ board.work() }) else { break }
            workers.append(worker)
        }
        // Where the system gives no thread, this one does the work.
        if workers.isEmpty { board.work() }
        while !board.isDone {
            if !progress(board.share) { board.interrupt() }
            usleep(20_000)
        }
        for worker in workers { pthread_join(worker, nil) }
        return try board.results()
    }

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            return nil
        }
        return thread
    }
}

/// What the threads share: which run is next, how far each is, and what came of them.
private final class Board<Result: Sendable, Failure: Error>: Sendable {
    private struct State: Sendable {
        var next = 0
        var finished = 0
        var shares: [Double]
        var results: [Result?]
        var failure: Failure?
        var isInterrupted = false
    }

    private let count: Int
    private let cancelled: Failure
    private let job: ParallelRuns.Job<Result, Failure>
    private let state: Locked<State>

    init(_ count: Int, _ cancelled: Failure, _ job: @escaping ParallelRuns.Job<Result, Failure>) {
        self.count = count
        self.cancelled = cancelled
        self.job = job
        state = Locked(
            State(shares: Array(repeating: 0, count: count), results: Array(repeating: nil, count: count)))
    }

    var isDone: Bool { state.withLock { $0.finished == count } }
    var share: Double { state.withLock { $0.shares.reduce(0, +) / Double(max(1, count)) } }
    func interrupt() { state.withLock { $0.isInterrupted = true } }

    func results() throws(Failure) -> [Result] {
        let (failure, results) = state.withLock { ($0.failure, $0.results) }
        if let failure { throw failure }
        return results.compactMap { $0 }
    }

    func work() {
        while let place = take() {
            do throws(Failure) {
                let result = try job(place) { share in
                    state.withLock {
                        $0.shares[place] = share
                        return !$0.isInterrupted
                    }
                }
                state.withLock {
                    $0.results[place] = result
                    $0.finished += 1
                }
            } catch {
                state.withLock {
                    $0.failure = $0.failure ?? error
                    $0.isInterrupted = true
                    $0.finished += 1
                }
            }
        }
    }

    /// The next run; after an interruption the rest counts as finished.
    private func take() -> Int? {
        state.withLock {
            if $0.isInterrupted {
                $0.failure = $0.failure ?? cancelled
                $0.finished += count - $0.next
                $0.next = count
            }
            guard $0.next < count else { return nil }
            $0.next += 1
            return $0.next - 1
        }
    }
}
