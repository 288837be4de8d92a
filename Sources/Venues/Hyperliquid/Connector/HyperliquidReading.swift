// SPDX-License-Identifier: Apache-2.0

import JSON
import Trading
import VenueInterface

/// An answer, read for what was asked. Reading it is separate from acting on it, so that an answer that cannot be read
/// whole changes nothing.
enum HyperliquidReading: Sendable {
    case exchange(HyperliquidExchangeAnswer)
    case status(StatusOutcome)
    case bars([Bar])
    case mids(HyperliquidMids)
    case polledBars(series: Int, [Bar])
    case role(HyperliquidRole)
    case openOrders([HyperliquidOrderInfo])
    case perpetuals(HyperliquidPerpetualState)
    case spot(HyperliquidSpotState)
    case fills([HyperliquidFill])
    case funding([HyperliquidFunding])
    case transfers([HyperliquidLedgerUpdate])
    case rateLimit(HyperliquidRateLimit)
    case agents([HyperliquidAgent])
    case fees(HyperliquidFees)
    case time(Timestamp?)

    init(
        _ answer: HyperliquidJobAnswer, for purpose: HyperliquidJob.Purpose, in market: HyperliquidMarketState
    ) throws(MessageError) {
        let message: MessageReader
        switch answer {
        case .exchange(let answer):
            self = .exchange(answer)
            return
        case .document(let document): message = document
        }
        switch purpose {
        case .place, .modify, .cancel, .deadMan, .leverage, .action:
            self = .exchange(try HyperliquidExchangeAnswer(message))
        case .query: self = .status(try Self.status(try HyperliquidOrderQuery(message), in: market))
        case .snapshot(_, let part): self = try Self(message, part)
        case .bars(let reading):
            self = .bars(try Self.bars(message, reading.instrument, reading.timeframe, in: market))
        case .fact(.requestBudget): self = .rateLimit(try HyperliquidRateLimit(message))
        case .fact(.agents): self = .agents(message.json.isNull ? [] : try message.all())
        case .fact(.fees): self = .fees(try HyperliquidFees(message))
        case .probe: self = .time(try message.optionalTime("time"))
        case .poll(.prices): self = .mids(try HyperliquidMids(message))
        case .poll(.candles(let number)):
            var place = number
            for entry in market.entries {
                guard place >= entry.series.count else {
                    let series = entry.series[place]
                    self = .polledBars(
                        series: number, try Self.bars(message, entry.instrument.id, series.timeframe, in: market))
                    return
                }
                place -= entry.series.count
            }
            self = .polledBars(series: number, [])
        }
    }

    private init(_ message: MessageReader, _ part: SnapshotPart) throws(MessageError) {
        switch part {
        case .role: self = .role(try HyperliquidRole(message))
        case .openOrders: self = .openOrders(try message.all())
        case .perpetuals: self = .perpetuals(try HyperliquidPerpetualState(message))
        case .spot: self = .spot(try HyperliquidSpotState(message))
        case .fills: self = .fills(try message.all())
        case .funding: self = .funding(try message.all())
        case .transfers: self = .transfers(try message.all())
        }
    }

    private static func status(
        _ query: HyperliquidOrderQuery, in market: HyperliquidMarketState
    ) throws(MessageError) -> StatusOutcome {
        switch query {
        case .unknownOrder: return .notKnown
        case .order(let update):
            guard let instrument = market.instrument(ofCoin: update.order.coin) else {
                return .unknown(reason: "the order is in \(update.order.coin), which is not configured")
            }
            return .known(try update.update(of: instrument))
        }
    }

    /// Oldest first, each once.
    private static func bars(
        _ message: MessageReader, _ id: InstrumentID, _ timeframe: Timeframe, in market: HyperliquidMarketState
    ) throws(MessageError) -> [Bar] {
        guard let instrument = market.instrument(id) else { return [] }
        var bars: [Bar] = []
        for candle in try message.all(HyperliquidCandle.self) { bars.append(try candle.bar(of: instrument, timeframe)) }
        bars.sort { $0.openTime < $1.openTime }
        var unique: [Bar] = []
        unique.reserveCapacity(bars.count)
        for bar in bars where unique.last?.openTime != bar.openTime { unique.append(bar) }
        return unique
    }
}
