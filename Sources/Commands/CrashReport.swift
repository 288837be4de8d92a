// SPDX-License-Identifier: Apache-2.0

import CCrashReport

/// Names the strategy that was running when a trap of the runtime ends the process.
enum CrashReport {
    /// - Parameter names: By strategy number.
    /// - Returns: Where the number of the strategy that is running is noted.
    static func arm(names: [String]) -> UnsafeMutablePointer<Int32>? {
        for (index, name) in names.prefix(Int(apus_crash_capacity())).enumerated() {
            apus_crash_set_name(Int32(index), name)
        }
        apus_crash_arm()
        return apus_crash_marker()
    }

    static func disarm() { apus_crash_disarm() }

    /// Runs code of a strategy outside a backtest, such as its initializer.
    static func naming<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let marker = arm(names: [name])
        defer { disarm() }
        marker?.pointee = 0
        return try body()
    }
}
