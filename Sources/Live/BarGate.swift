// SPDX-License-Identifier: Apache-2.0

public import Trading

/// One closed bar with the instrument it is of.
public struct InstrumentBar: Hashable, Sendable, BitwiseCopyable {
    public let instrument: InstrumentID
    public let bar: Bar
    public init(_ instrument: InstrumentID, _ bar: Bar) {
        self.instrument = instrument
        self.bar = bar
    }
}

/// Turns bars that arrive in any order, with gaps, into instants: all bars that close at one time, together and once.
///
/// An instant is complete when every feed that is due has its bar. One that lacks a bar is let through when the market's
/// time is past its close by the grace: with the growing candle where there is one, without a bar where nothing traded.
/// A feed that skips a bar asks for it first, also where its time is over and nothing was let through since.
public struct BarGate: Sendable {
    /// Bars that are wanted from the venue.
    public struct Request: Hashable, Sendable {
        public let instrument: InstrumentID
        public let timeframe: Timeframe
        public let from: Timestamp
        /// Exclusive.
        public let to: Timestamp
    }

    public struct Instant: Hashable, Sendable {
        public let close: Timestamp
        /// In the order of the instruments.
        public var bars: [InstrumentBar]
        /// Instruments whose bar never came.
        public var missing: [InstrumentID]
        /// Instruments whose bar was taken as it was when the grace ended.
        public var unconfirmed: [InstrumentID]
    }

    private struct Feed: Sendable {
        let instrument: InstrumentID
        let timeframe: Timeframe
        /// The open time of the bar that is due; `nil` until the feed was started.
        var next: Timestamp?
        /// Closed bars that wait for their turn, oldest first.
        var waiting: [Bar] = []
        var growing: Bar?
        /// The end of the range that was asked for; bars up to there wait for the answer.
        var asked: Timestamp?
        /// The open time of the first bar that was passed over since anything was last let through.
        var passed: Timestamp?

        var nextClose: Timestamp? { next.map { $0 + timeframe.span } }
    }

    private var feeds: [Feed]
    private let grace: TimeSpan
    /// Closed bars that came after their instant had passed.
    public private(set) var lateCount = 0
    public private(set) var lastInstant = Timestamp.distantPast

    /// - Parameter feeds: In the order of the instruments.
    public init(feeds: [(instrument: InstrumentID, timeframe: Timeframe)], grace: TimeSpan) {
        self.feeds = feeds.map { Feed(instrument: $0.instrument, timeframe: $0.timeframe) }
        self.grace = grace
    }

    /// Whether every feed knows which bar is due.
    public var isStarted: Bool { feeds.allSatisfy { $0.next != nil } }
    /// Whether an answer is awaited.
    public var isFillingGap: Bool { feeds.contains { $0.asked != nil } }

    /// Says which bar is due first: the one that opens at `time`.
    public mutating func start(_ instrument: InstrumentID, at time: Timestamp) {
        guard let index = index(instrument) else { return }
        feeds[index].next = time
        feeds[index].waiting.removeAll { $0.openTime < time }
        feeds[index].asked = nil
    }

    /// The open time of the bar that is due.
    public func next(_ instrument: InstrumentID) -> Timestamp? { index(instrument).flatMap { feeds[$0].next } }

    private func index(_ instrument: InstrumentID) -> Int? { feeds.firstIndex { $0.instrument == instrument } }

    /// A candle's latest state.
    public mutating func grow(_ bar: Bar, of instrument: InstrumentID) {
        guard let index = index(instrument) else { return }
        if let next = feeds[index].next, bar.openTime < next { return }
        if let growing = feeds[index].growing, growing.openTime > bar.openTime { return }
        feeds[index].growing = bar
    }

    /// A candle that closed.
    ///
    /// - Returns: What is missing before it.
    public mutating func add(_ bar: Bar, of instrument: InstrumentID) -> Request? {
        guard let index = index(instrument) else { return nil }
        insert(bar, index)
        return gap(index)
    }

    private mutating func insert(_ bar: Bar, _ index: Int) {
        // Nobody was shown anything since: what was passed over without a bar can still be shown in its order.
        if let passed = feeds[index].passed, bar.openTime >= passed {
            feeds[index].next = passed
            feeds[index].passed = nil
        }
        if let next = feeds[index].next, bar.openTime < next {
            lateCount += 1
            return
        }
        let place = feeds[index].waiting.firstIndex { $0.openTime >= bar.openTime } ?? feeds[index].waiting.count
        if place < feeds[index].waiting.count, feeds[index].waiting[place].openTime == bar.openTime {
            feeds[index].waiting[place] = bar
        } else {
            feeds[index].waiting.insert(bar, at: place)
        }
        // A venue that floods us must not take all memory: the oldest can be asked for again.
        if feeds[index].waiting.count > 20_000 { feeds[index].waiting.removeFirst(10_000) }
    }

    private mutating func gap(_ index: Int) -> Request? {
        guard feeds[index].asked == nil, let next = feeds[index].next, let first = feeds[index].waiting.first,
            first.openTime > next
        else { return nil }
        return ask(index, from: next, to: first.openTime)
    }

    private mutating func ask(_ index: Int, from: Timestamp, to: Timestamp) -> Request {
        feeds[index].asked = to
        return Request(
            instrument: feeds[index].instrument, timeframe: feeds[index].timeframe, from: from, to: to)
    }

    /// What happened since the last bar has to be asked for: after a connection was lost.
    ///
    /// - Parameter marketTime: Bars that closed by then are wanted.
    /// - Parameter instruments: Those of the venue that is back; nothing is asked for the others.
    public mutating func requestsAfterGap(of instruments: [InstrumentID], marketTime: Timestamp) -> [Request] {
        var requests: [Request] = []
        for index in feeds.indices where instruments.contains(feeds[index].instrument) {
            // Nobody was shown anything since: what was passed over without a bar can still be shown in its order.
            if let passed = feeds[index].passed {
                feeds[index].next = passed
                feeds[index].passed = nil
            }
            guard let next = feeds[index].next, let close = feeds[index].nextClose, close <= marketTime else {
                continue
            }
            let length = feeds[index].timeframe.nanoseconds
            let closed = (marketTime.nanoseconds - next.nanoseconds) / length * length
            requests.append(ask(index, from: next, to: Timestamp(nanoseconds: next.nanoseconds + closed)))
        }
        return requests
    }

    /// The answer to a request: what it does not hold did not trade.
    ///
    /// - Returns: What is still missing.
    public mutating func fill(_ bars: [Bar], of instrument: InstrumentID) -> Request? {
        guard let index = index(instrument) else { return nil }
        for bar in bars { if feeds[index].next.map({ bar.openTime >= $0 }) ?? true { insert(bar, index) } }
        guard let asked = feeds[index].asked else { return nil }
        feeds[index].asked = nil
        skip(index, to: asked)
        return gap(index)
    }

    /// The venue cannot say: the bars that are missing stay missing.
    public mutating func giveUp(_ instrument: InstrumentID) {
        guard let index = index(instrument), let asked = feeds[index].asked else { return }
        feeds[index].asked = nil
        skip(index, to: asked)
    }

    /// Bars before `time` that are not there are not waited for any more.
    private mutating func skip(_ index: Int, to time: Timestamp) {
        guard let next = feeds[index].next else { return }
        let end = min(time, feeds[index].waiting.first?.openTime ?? time)
        if end > next { feeds[index].next = end }
    }

    /// The next instant that can be let through, or `nil` while something is awaited.
    public mutating func pop(marketTime: Timestamp) -> Instant? {
        while true {
            guard isStarted, let due = earliestClose else { return nil }
            // Asked after every event: mostly nothing has closed since the last time.
            if marketTime < due + grace, !feeds.contains(where: { $0.nextClose == due && !$0.waiting.isEmpty }) {
                return nil
            }
            passOver(upTo: marketTime)
            guard let close = earliestClose else { return nil }
            var instant = Instant(close: close, bars: [], missing: [], unconfirmed: [])
            let isOver = marketTime >= close + grace
            for index in feeds.indices where feeds[index].nextClose == close {
                let due = close - feeds[index].timeframe.span
                if let bar = feeds[index].waiting.first, bar.openTime == due {
                    instant.bars.append(InstrumentBar(feeds[index].instrument, bar))
                } else if feeds[index].asked != nil || !isOver {
                    return nil
                } else if let bar = feeds[index].growing, bar.openTime == due {
                    instant.bars.append(InstrumentBar(feeds[index].instrument, bar))
                    instant.unconfirmed.append(feeds[index].instrument)
                } else {
                    instant.missing.append(feeds[index].instrument)
                }
            }
            for index in feeds.indices where feeds[index].nextClose == close {
                feeds[index].next = close
                if feeds[index].waiting.first.map({ $0.openTime < close }) ?? false {
                    feeds[index].waiting.removeFirst()
                }
                if feeds[index].growing.map({ $0.openTime < close }) ?? false { feeds[index].growing = nil }
            }
            lastInstant = close
            guard instant.bars.isEmpty else {
                for index in feeds.indices { feeds[index].passed = nil }
                return instant
            }
        }
    }

    private var earliestClose: Timestamp? {
        feeds.reduce(nil) { earliest, feed in
            guard let close = feed.nextClose else { return earliest }
            return min(earliest ?? close, close)
        }
    }

    /// Leaves out all instants that are over and that no feed has a bar of, however many they are.
    private mutating func passOver(upTo marketTime: Timestamp) {
        guard marketTime.nanoseconds >= grace.nanoseconds else { return }
        var last = (marketTime - grace).nanoseconds
        for feed in feeds {
            let bars = [feed.waiting.first, feed.growing].compactMap { $0?.openTime }.filter { $0 >= feed.next ?? $0 }
            if let first = bars.min() { last = min(last, (first + feed.timeframe.span).nanoseconds - 1) }
            if feed.asked != nil, let close = feed.nextClose { last = min(last, close.nanoseconds - 1) }
        }
        for index in feeds.indices {
            guard let next = feeds[index].next, let close = feeds[index].nextClose, close.nanoseconds <= last else {
                continue
            }
            let length = feeds[index].timeframe.nanoseconds
            let end = close.nanoseconds + (last - close.nanoseconds) / length * length
            feeds[index].next = Timestamp(nanoseconds: end)
            feeds[index].passed = feeds[index].passed ?? next
            lastInstant = max(lastInstant, Timestamp(nanoseconds: end))
        }
    }

    /// When, in the market's time, an instant will be let through at the latest; `nil` where an answer is awaited, which
    /// lets it through whenever it comes.
    public var nextDeadline: Timestamp? {
        guard isStarted, let close = earliestClose else { return nil }
        for feed in feeds where feed.nextClose == close && feed.asked != nil {
            if feed.waiting.first.map({ $0.openTime < close }) ?? false { continue }
            return nil
        }
        return close + grace
    }
}
