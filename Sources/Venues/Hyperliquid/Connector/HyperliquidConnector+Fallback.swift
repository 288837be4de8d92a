// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Trading
import VenueInterface

/// Asking for prices and candles while their stream is down.
struct HyperliquidFallback: Sendable {
    var isActive = false
    var nextPoll = TimeSpan.zero
    /// What is asked for next: first the prices of all markets, then candles, one series after another.
    var cursor = 0
    var isAsking = false
}

extension HyperliquidConnector {
    private var marketDownSince: TimeSpan? {
        guard isRunning, let link = links.first else { return nil }
        return link.downSince
    }

    var nextFallbackWake: TimeSpan? {
        guard let since = marketDownSince else { return nil }
        if !fallback.isActive { return since.later(by: configuration.pollAfter) }
        return fallback.isAsking ? nil : fallback.nextPoll
    }

    mutating func advanceFallback(at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let since = marketDownSince, now.monotonic >= since.later(by: configuration.pollAfter) else { return }
        if !fallback.isActive {
            fallback.isActive = true
            fallback.nextPoll = now.monotonic
            let text = "Market data is asked for one by one, because its stream has been down for a while."
            outputs.append(.event(.notice(.warning(text))))
        }
        guard !fallback.isAsking, now.monotonic >= fallback.nextPoll else { return }
        fallback.nextPoll = now.monotonic.later(by: configuration.pollEvery)
        fallback.isAsking = true
        let count = market.entries.reduce(0) { $0 + $1.series.count }
        let turn = fallback.cursor % (count + 1)
        fallback.cursor = turn + 1
        if turn == 0 {
            read(.poll(.prices), .allMids(), .market, within: .seconds(15), at: now, into: &outputs)
        } else if let (place, series) = seriesPlace(turn - 1) {
            let entry = market.entries[place].series[series]
            // From the latest that is known on, so that its last state and what came since are told in order.
            let three = venueTime(at: now).later(by: TimeSpan(nanoseconds: -3 * entry.timeframe.nanoseconds))
            let from = entry.tracker.latestOpen ?? entry.timeframe.openTime(containing: three)
            let request = HyperliquidRequest.candles(
                market.entries[place].coin, interval: entry.interval, from: from.milliseconds,
                to: venueTime(at: now).later(by: entry.timeframe.span).milliseconds)
            read(.poll(.candles(turn - 1)), request, .market, within: .seconds(15), at: now, into: &outputs)
        }
    }

    /// Where the n-th of all series is.
    func seriesPlace(_ number: Int) -> (place: Int, series: Int)? {
        var left = number
        for place in market.entries.indices {
            let count = market.entries[place].series.count
            if left < count { return (place, left) }
            left -= count
        }
        return nil
    }

    mutating func acceptPoll(_ reading: HyperliquidReading, at now: Moment, into outputs: inout [ConnectorOutput]) {
        fallback.isAsking = false
        // The stream may have come back in the meantime: it knows better.
        guard fallback.isActive else { return }
        switch reading {
        case .mids(let mids): took(mids, into: &outputs)
        case .polledBars(let number, let bars):
            guard let (place, series) = seriesPlace(number) else { return }
            for bar in bars { observe(bar, place: place, series: series, at: now, into: &outputs) }
        default: break
        }
    }

    mutating func fallbackEnded(into outputs: inout [ConnectorOutput]) {
        guard fallback.isActive else { return }
        fallback.isActive = false
        outputs.append(.event(.notice(.warning("The stream of market data is back."))))
    }
}

extension Timestamp {
    /// Since 1970, rounded down.
    var milliseconds: Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
