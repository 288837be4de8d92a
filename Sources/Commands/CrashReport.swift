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
    /// - Parameter note: A file that the name is written to when it comes to that.
    /// - Returns: Where the number of the strategy that is running is noted; `nil` where nobody would read it.
    static func arm(names: [String], note: String = "") -> UnsafeMutablePointer<Int32>? {
        guard isEnabled.load(ordering: .relaxed) else { return nil }
        apus_crash_set_note(note)
        for (index, name) in names.prefix(Int(apus_crash_capacity())).enumerated() {
            apus_crash_set_name(Int32(index), name)
        }
        apus_crash_arm()
        return apus_crash_marker()
    }

    static func disarm() {
        if isEnabled.load(ordering: .relaxed) { apus_crash_disarm() }
    }

    /// Runs code of a strategy outside a backtest, such as its initializer.
    static func naming<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let marker = arm(names: [name])
        defer { disarm() }
        marker?.pointee = 0
        return try body()
    }
}
