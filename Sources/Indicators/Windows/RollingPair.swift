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
            let product = varianceX * varianceY
            let ratio = smaller(larger(covariance / product.squareRoot(), -1), 1)
            return product > 0 ? ratio : 0
        }

        /// The slope of y on x, 0 where x does not move.
        @inline(__always)
        var beta: Double {
            let slope = covariance / varianceX
            return varianceX > 0 ? slope : 0
        }
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

    /// Runs over pairs `0..<count`, a block at a time; returns whether all were finite.
    ///
    /// `load` gives the columns of a block: pairs from the given one on, as many as asked for. `body` gets the index and
    /// moments from the first full window on, and again for a window in which one of the two does not move.
    @inline(__always)
    static func scan(
        _ count: Int, period: Int,
        load: (_ first: Int, _ count: Int) -> (xs: UnsafePointer<Double>, ys: UnsafePointer<Double>),
        _ body: (_ index: Int, _ moments: Moments) -> Void
    ) -> Bool {
        guard count >= period else {
            let (xs, ys) = load(0, max(count, 0))
            return finiteProbe(xs, max(count, 0)) + finiteProbe(ys, max(count, 0)) == 0
        }
        let interval = refreshInterval(window: period)
        let inversePeriod = 1 / Double(period)
        var isFinite = true
        var start = period - 1
        while start < count {
            let length = min(interval, count - start)
            let (xs, ys) = load(start - period + 1, length + period - 1)
            var sums = Sums(xs, ys, period)
            var index = 0
            while true {
                body(start &+ index, sums.moments(inversePeriod, flatX: false, flatY: false))
                index &+= 1
                guard index < length else { break }
                let newest = index &+ period &- 1
                sums.roll(in: (xs[newest], ys[newest]), out: (xs[index &- 1], ys[index &- 1]))
            }
            // Whichever of the two does not move, correlation, covariance and beta are 0.
            let still = Moments(varianceX: 0, varianceY: 0, covariance: 0)
            FlatRun.visit(xs, period - 1, length + period - 1, period) { body(start + $0 - period + 1, still) }
            FlatRun.visit(ys, period - 1, length + period - 1, period) { body(start + $0 - period + 1, still) }
            isFinite = isFinite && (sums.x + sums.y).isFinite
            start += length
        }
        return isFinite
    }
}
