// SPDX-License-Identifier: Apache-2.0

import Backtest
import CCrashReport

/// Names the strategy that was running when a trap of the runtime ends the process.
enum CrashReport {
    /// - Parameter names: By strategy number.
    static func arm(_ run: inout BacktestRun, names: [String]) {
        for (index, name) in names.prefix(Int(apus_crash_capacity())).enumerated() {
            apus_crash_set_name(Int32(index), name)
        }
        apus_crash_arm()
        if let marker = apus_crash_marker() { run.setMarker(marker) }
    }

    static func disarm() { apus_crash_disarm() }
}
