// SPDX-License-Identifier: Apache-2.0

import MarketData
import Trading

/// How far one instrument's bars have been walked.
struct FeedCursor: BitwiseCopyable {
    let columns: BarColumns
    let instrument: Int
    let length: Int64
    /// The next bar, and when it closes; `Int64.max` after the last.
    var position = 0
    var nextClose: Int64

    init(_ instrument: Int, _ feed: BarSeries) {
        columns = feed.columns
        self.instrument = instrument
        length = feed.timeframe.nanoseconds
        nextClose = columns.openTime[0] + length
    }

    @inline(__always)
    mutating func advance() {
        position &+= 1
        nextClose = position < columns.count ? columns.openTime[position] &+ length : .max
    }
}
