// SPDX-License-Identifier: Apache-2.0

/// The sum of the last `period` numbers in constant time; exactly zero where all of them are zero.
struct RollingSum: Sendable {
    let period: Int
    private var window: SlidingWindow
    private var total = 0.0
    private var nonZero = 0
    private var untilRefresh = 0

    init(period: Int, name: String = "period") throws(IndicatorError) {
        try requirePeriod(period, name)
        self.period = period
        window = SlidingWindow(capacity: period)
    }

    var isFull: Bool { window.isFull }

    /// The sum of a full window.
    var sum: Double { nonZero == 0 ? 0 : total }

    /// Takes a finite number and returns whether the window is full.
    mutating func push(_ value: Double) -> Bool {
        let leaving = window.push(value)
        nonZero += (value == 0 ? 0 : 1) - (leaving == 0 ? 0 : 1)
        guard window.isFull else { return false }
        if untilRefresh == 0 {
            total = window.withContents { shiftedSum($0, period, origin: 0) }
            untilRefresh = refreshInterval(window: period)
        } else {
            total += value - leaving
        }
        untilRefresh -= 1
        return true
    }

    /// The number pushed `age` pushes before the last one.
    func recent(_ age: Int) -> Double { window.recent(age) }
}
