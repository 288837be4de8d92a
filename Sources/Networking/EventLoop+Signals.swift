// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

extension EventLoop {
    /// Calls for each of these signals (`SIGTERM`, `SIGINT`, …) on the loop's thread, in place of what the system does.
    ///
    /// Call it before other threads are made: a thread that was made before would still take them.
    public func watchSignals(_ numbers: [Int32], _ handler: @escaping (Int32) -> Void) throws(NetworkError) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        guard pthread_sigmask(SIG_BLOCK, &set, nil) == 0 else {
            throw NetworkError("signals cannot be blocked: \(String(cString: strerror(errno))).")
        }
        let descriptor = signalfd(-1, &set, Int32(apus_signals_close_on_exec | apus_signals_non_blocking))
        guard descriptor >= 0 else {
            throw NetworkError("signals cannot be waited for: \(String(cString: strerror(errno))).")
        }
        try watch(descriptor, for: .readable) { _ in
            var signal = signalfd_siginfo()
            while read(descriptor, &signal, MemoryLayout<signalfd_siginfo>.size) > 0 { handler(Int32(signal.ssi_signo)) }
        }
    }
}
