// SPDX-License-Identifier: Apache-2.0

import Analysis
import Trading

// What each part of the analysis costs on one core: `swift run -c release analysis-bench`.

/// A walk of one-minute bars that moves about as much as bitcoin does, the same on every run.
func bars(_ count: Int) -> [ProfileBar] {
    var state: UInt64 = 1
    func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
    var level = 30_000.0
    return (1...count).map { number in
        let open = level
        level *= 1 + 0.0012 * (uniform() - 0.5)
        return ProfileBar(
            closeTime: Timestamp(seconds: 1_700_006_400 + 60 * Int64(number)),
            low: min(open, level) * (1 - 0.0003 * uniform()), high: max(open, level) * (1 + 0.0003 * uniform()),
            volume: 100 * uniform())
    }
}

/// Prints the best of several runs: what other work on the machine adds is not what the code costs.
func report(_ name: String, per unit: String, count: Int, runs: Int = 100, _ body: () throws -> Double) rethrows {
    let clock = ContinuousClock()
    var best = Double.infinity
    var result = 0.0
    for _ in 0..<runs {
        let start = clock.now
        result = try body()
        let elapsed = start.duration(to: clock.now).components
        best = min(best, (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(count))
    }
    print("\(name): \(Int(best.rounded())) ns per \(unit) (result \(result))")
}

let minutes = bars(30_000)
let week = Array(minutes.prefix(10_080))
let due = week[week.count - 1].closeTime

try report("volume profile, whole week of minutes", per: "calculation", count: 1, runs: 500) {
    try VolumeProfile(of: week, at: due).levels?.pointOfControl ?? 0
}
try report("volume profile, bar by bar, with a profile every 15 minutes", per: "bar", count: minutes.count) {
    var rolling = try RollingVolumeProfile()
    for bar in minutes {
        rolling.add(bar)
        if rolling.isDue(at: bar.closeTime) { rolling.accept(rolling.request(at: bar.closeTime).calculate()) }
    }
    return rolling.latest?.levels?.pointOfControl ?? 0
}
try report("adaptive thresholds", per: "hourly bar", count: minutes.count) {
    var thresholds = try AdaptiveThresholds()
    for (hour, bar) in minutes.enumerated() {
        let time = Timestamp(seconds: 3600 * Int64(hour))
        thresholds.update(closeTime: time, high: bar.high, low: bar.low, close: bar.high)
    }
    return thresholds.latest.multiplier
}
try report("timeframe coordinator", per: "bar and reading", count: minutes.count) {
    var coordinator = try TimeframeCoordinator()
    var check = 0.0
    for (index, bar) in minutes.enumerated() {
        coordinator.update(index & 3, closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.high)
        check += coordinator.evaluate(at: bar.closeTime).confidence
    }
    return check
}
try report("regime detector", per: "bar and look", count: minutes.count) {
    var detector = try RegimeDetector()
    for (index, bar) in minutes.enumerated() {
        let time = Timestamp(seconds: 900 * Int64(index))
        detector.update(closeTime: time, high: bar.high, low: bar.low, close: bar.high)
        detector.evaluate(at: time)
    }
    return detector.effects.sizeFactor
}
