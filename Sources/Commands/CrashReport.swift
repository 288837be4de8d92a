// SPDX-License-Identifier: Apache-2.0

import CCrashReport
import Synchronization

/// Names the strategy that was running when a trap of the runtime ends the process.
///
/// Signal handlers belong to the process, so only the program itself switches this on.
enum CrashReport {
    private static let isEnabled = Atomic<Bool>(false)
    static func enable() { isEnabled.store(true, ordering: .relaxed) }

    /// - Parameter names: By strategy number.
    /// - Returns: Where the number of the strategy that is running on this thread is noted; `nil` where nobody would
    ///   read it.
    static func arm(names: [String]) -> UnsafeMutablePointer<Int32>? {
        guard isEnabled.load(ordering: .relaxed) else { return nil }
        apus_crash_set_note("")
        apus_crash_set_position(0)
        for (index, name) in names.prefix(Int(apus_crash_capacity())).enumerated() {
            apus_crash_set_name(Int32(index), name)
        }
        apus_crash_arm()
        return apus_crash_marker()
    }

    static func disarm() {
        if isEnabled.load(ordering: .relaxed) { apus_crash_disarm() }
    }

    /// From now on the name is written to a file as well, with the record that is being played back.
    static func leaveNote(in file: String) { apus_crash_set_note(file) }

    /// - Parameter sequence: The record of the journal that is being played back; 0 where what happens is new.
    static func isPlayingBack(_ sequence: UInt64) { apus_crash_set_position(sequence) }

    /// On a thread that will run code of strategies, as long as it lives.
    ///
    /// - Returns: Where the number of the strategy that it is running is noted.
    static func prepareThread() -> UnsafeMutablePointer<Int32>? {
        guard isEnabled.load(ordering: .relaxed) else { return nil }
        let size = 64 * 1024
        // Never freed: the thread may never end.
        apus_crash_prepare_thread(UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16), size)
        return apus_crash_marker()
    }

    /// Runs code of a strategy outside a backtest, such as its initializer.
    static func naming<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let marker = arm(names: [name])
        defer { disarm() }
        marker?.pointee = 0
        return try body()
    }
}
