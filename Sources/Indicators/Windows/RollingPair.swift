// SPDX-License-Identifier: Apache-2.0

/// Variances and covariance of the last `period` pairs in constant time.
///
/// As `RollingMoments`: distances to an origin inside the window, sums taken afresh now and then, and exactly zero where
/// one of the two does not move.
struct RollingPair: Sendable {
    let period: Int
    private var xs: SlidingWindow
    private var ys: SlidingWindow
    private var sums = Sums()
    private var flatX = FlatRun()
    private var flatY = FlatRun()
    private var untilRefresh = 0

    /// Mean squared distances to the means, and the mean product of the distances.
    struct Moments: BitwiseCopyable {
        var varianceX: Double
        var varianceY: Double
        var covariance: Double

        /// 0 where one of the two does not move.
        @inline(__always)
        var correlation: Double {
            let scale = (varianceX * varianceY).squareRoot()
            return scale > 0 ? smaller(larger(covariance / scale, -1), 1) : 0
        }

        /// The slope of y on x, 0 where x does not move.
        @inline(__always)
        var beta: Double { varianceX > 0 ? covariance / varianceX : 0 }
    }

    struct Sums: BitwiseCopyable {
        var originX = 0.0
        var originY = 0.0
        var x = 0.0
        var y = 0.0
        var xx = 0.0
        var yy = 0.0
        var xy = 0.0

        @inline(__always)
        init() {}

        @inline(__always)
        init(_ xs: UnsafePointer<Double>, _ ys: UnsafePointer<Double>, _ count: Int) {
            originX = xs[count - 1]
            originY = ys[count - 1]
            for index in 0..<count { add(xs[index] - originX, ys[index] - originY) }
        }

        @inline(__always)
        private mutating func add(_ dx: Double, _ dy: Double) {
            x += dx
            y += dy
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }

        @inline(__always)
        mutating func roll(in new: (Double, Double), out old: (Double, Double)) {
            let newX = new.0 - originX
            let newY = new.1 - originY
            let oldX = old.0 - originX
            let oldY = old.1 - originY
            x += newX - oldX
            y += newY - oldY
            xx += newX * newX - oldX * oldX
            yy += newY * newY - oldY * oldY
            xy += newX * newY - oldX * oldY
        }

        @inline(__always)
        func moments(_ inversePeriod: Double, flatX: Bool, flatY: Bool) -> Moments {
            let meanX = x * inversePeriod
            let meanY = y * inversePeriod
            return Moments(
                varianceX: flatX ? 0 : larger(xx * inversePeriod - meanX * meanX, 0),
                varianceY: flatY ? 0 : larger(yy * inversePeriod - meanY * meanY, 0),
                covariance: flatX || flatY ? 0 : xy * inversePeriod - meanX * meanY)
        }
    }

    init(period: Int) throws(IndicatorError) {
        try requirePeriod(period, atLeast: 2)
        self.period = period
        xs = SlidingWindow(capacity: period)
        ys = SlidingWindow(capacity: period)
    }

    /// Takes a finite pair and returns whether the window is full.
    mutating func push(_ x: Double, _ y: Double) -> Bool {
        flatX.push(x)
        flatY.push(y)
        let leaving = (xs.push(x), ys.push(y))
        guard xs.isFull else { return false }
        if untilRefresh == 0 {
            sums = xs.withContents { x in ys.withContents { y in Sums(x, y, period) } }
            untilRefresh = refreshInterval(window: period)
        } else {
            sums.roll(in: (x, y), out: leaving)
        }
        untilRefresh -= 1
        return true
    }

    var moments: Moments {
        sums.moments(1 / Double(period), flatX: flatX.length >= period, flatY: flatY.length >= period)
    }

    /// Runs over `first..<count` of two finite series, of which `x(index)` and `y(index)` are the pairs.
    @inline(__always)
    static func scan(
        _ xs: UnsafePointer<Double>, _ ys: UnsafePointer<Double>, _ count: Int, period: Int,
        _ body: (_ index: Int, _ moments: Moments) -> Void
    ) {
        let interval = refreshInterval(window: period)
        let inversePeriod = 1 / Double(period)
        var flatX = FlatRun()
        var flatY = FlatRun()
        for index in 0..<min(period - 1, count) {
            flatX.push(xs[index])
            flatY.push(ys[index])
        }
        var start = period - 1
        while start < count {
            let end = min(start + interval, count)
            var sums = Sums(xs + (start - period + 1), ys + (start - period + 1), period)
            var index = start
            while true {
                flatX.push(xs[index])
                flatY.push(ys[index])
                body(
                    index,
                    sums.moments(inversePeriod, flatX: flatX.length >= period, flatY: flatY.length >= period))
                index += 1
                guard index < end else { break }
                sums.roll(in: (xs[index], ys[index]), out: (xs[index - period], ys[index - period]))
            }
            start = end
        }
    }
}
