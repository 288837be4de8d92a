// SPDX-License-Identifier: Apache-2.0

import Connectivity
public import Trading
public import VenueInterface

/// The venue has no more candles of one kind than these latest.
private let candlesKept: Int64 = 5_000
/// Asked for at once.
private let candlesPerPage: Int64 = 2_500

extension HyperliquidConnector {
    public mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        if market.place(of: instrument) == nil {
            let reason = "instrument \(instrument) is not one of this connector's"
            outputs.append(.event(.barsUnavailable(instrument, timeframe, reason: reason)))
        } else if Self.interval(of: timeframe) == nil {
            let reason = "Hyperliquid has no candles of \(timeframe)"
            outputs.append(.event(.barsUnavailable(instrument, timeframe, reason: reason)))
        } else if let start = Self.firstOpen(timeframe, from: from, to: to) {
            let reading = BarsReading(instrument: instrument, timeframe: timeframe, from: start, to: to, next: start)
            askBars(reading, at: now, into: &outputs)
        } else {
            outputs.append(.event(.bars(instrument, timeframe, [])))
        }
        advance(at: now, into: &outputs)
    }

    /// Of the candles that opened in a range and that the venue can have; `nil` where there is none.
    private static func firstOpen(_ timeframe: Timeframe, from: Timestamp, to: Timestamp) -> Timestamp? {
        let from = max(from, .epoch)
        let first = timeframe.openTime(containing: from)
        let oldest = to.later(by: TimeSpan(nanoseconds: -(candlesKept + 1) * timeframe.nanoseconds))
        let start = max(first < from ? first.later(by: timeframe.span) : first, timeframe.openTime(containing: oldest))
        return start < to ? start : nil
    }

    private mutating func askBars(_ reading: BarsReading, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let place = market.place(of: reading.instrument), let interval = Self.interval(of: reading.timeframe)
        else {
            preconditionFailure("bars are asked for only where there are some")
        }
        // One candle beyond the range: that it is there shows that the last one of the range has closed.
        let request = HyperliquidRequest.candles(
            market.entries[place].coin, interval: interval, from: reading.next.milliseconds,
            to: reading.pageEnd.milliseconds)
        read(.bars(reading), request, .market, at: now, into: &outputs)
    }

    mutating func acceptBars(
        _ bars: [Bar], for request: BarsReading, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        var reading = request
        for bar in bars
        where bar.openTime >= reading.from && reading.bars.last.map({ $0.openTime < bar.openTime }) ?? true {
            reading.bars.append(bar)
        }
        if reading.pageEnd < reading.to {
            reading.next = reading.pageEnd
            return askBars(reading, at: now, into: &outputs)
        }
        // The latest candle is still open, unless the stream knows of a later one.
        let latest = market.place(of: reading.instrument).flatMap { place in
            market.entries[place].series.first { $0.timeframe == reading.timeframe }?.tracker.latestOpen
        }
        if let last = reading.bars.last, latest.map({ $0 <= last.openTime }) ?? true { reading.bars.removeLast() }
        while let last = reading.bars.last, last.openTime >= reading.to { reading.bars.removeLast() }
        outputs.append(.event(.bars(reading.instrument, reading.timeframe, reading.bars)))
    }
}

extension BarsReading {
    /// The open of the first candle that is not of this page's range. It is asked for as well.
    var pageEnd: Timestamp {
        min(
            next.later(by: timeframe.span * candlesPerPage),
            timeframe.openTime(containing: to.later(by: timeframe.span)))
    }
}
