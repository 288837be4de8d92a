// SPDX-License-Identifier: Apache-2.0

import Backtest
import Glibc
import Synchronization

/// Several backtests on several threads, one run per thread at a time. Results come in the order of the inputs,
/// whichever thread was faster.
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
        let board = Board<Reduced>(inputs)
        var workers: [pthread_t] = []
        for _ in 0..<min(max(1, threads), inputs.count) {
            guard let worker = start({ board.work(reduce) }) else { break }
            workers.append(worker)
        }
        // Where the system gives no thread, this one does the work.
        if workers.isEmpty { board.work(reduce) }
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

/// What the threads share: which input is next, how far each is, and what came of them.
private final class Board<Reduced: Sendable>: Sendable {
    private struct State {
        var next = 0
        var finished = 0
        var shares: [Double]
        var reduced: [Reduced?]
        var failure: BacktestError?
        var isInterrupted = false
    }

    private let inputs: [BacktestInput]
    private let state: Mutex<State>

    init(_ inputs: [BacktestInput]) {
        self.inputs = inputs
        state = Mutex(
            State(
                shares: Array(repeating: 0, count: inputs.count), reduced: Array(repeating: nil, count: inputs.count)))
    }

    var isDone: Bool { state.withLock { $0.finished == inputs.count } }
    var share: Double { state.withLock { $0.shares.reduce(0, +) / Double(max(1, inputs.count)) } }
    func interrupt() { state.withLock { $0.isInterrupted = true } }

    func results() throws(BacktestError) -> [Reduced] {
        let (failure, reduced) = state.withLock { ($0.failure, $0.reduced) }
        if let failure { throw failure }
        return reduced.compactMap { $0 }
    }

    func work(_ reduce: (Int, BacktestResult) -> Reduced) {
        while let place = take() {
            do throws(BacktestError) {
                var run = try BacktestRun(inputs[place])
                let result = try run.run(progress: { share in
                    state.withLock {
                        $0.shares[place] = share
                        return !$0.isInterrupted
                    }
                })
                let reduced = reduce(place, result)
                state.withLock {
                    $0.reduced[place] = reduced
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

    /// The next input; after an interruption the rest counts as finished.
    private func take() -> Int? {
        state.withLock {
            if $0.isInterrupted {
                $0.failure = $0.failure ?? .cancelled
                $0.finished += inputs.count - $0.next
                $0.next = inputs.count
            }
            guard $0.next < inputs.count else { return nil }
            $0.next += 1
            return $0.next - 1
        }
    }
}
