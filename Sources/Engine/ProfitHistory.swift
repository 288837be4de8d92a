// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

/// What one strategy made with one instrument on one UTC day, in the base currency.
///
/// What an instrument settles in another asset is valued at the last prices of the day. Payments that belong to no
/// instrument (transfers, fees of a chain) are not part of it.
public struct DailyProfit: Hashable, Sendable, BitwiseCopyable {
    /// When the day begins. A bar that closes at midnight belongs to the day that ends there.
    public let day: Timestamp
    public let strategy: StrategyID
    public let instrument: InstrumentID
    /// Of what was closed on the day, before fees and funding.
    public let realised: Amount
    public let fees: Amount
    /// Paid; negative where it was received.
    public let funding: Amount
    /// What is held at the end of the day, against its cost.
    public let unrealised: Amount
    /// After fees and funding, with the change of what is not realised: the days' profits sum to that of the whole time.
    public let profit: Amount
}

extension DailyProfit {
    /// The days of each strategy and instrument apart, sorted by them, oldest first; none is empty.
    public static func series(_ days: [DailyProfit]) -> [[DailyProfit]] {
        var series: [[DailyProfit]] = []
        var places: [UInt64: Int] = [:]
        for day in days {
            let key = UInt64(day.strategy.index) << 32 | UInt64(day.instrument.index)
            let place = places[key] ?? series.count
            if place == series.count {
                places[key] = place
                series.append([])
            }
            series[place].append(day)
        }
        return series.sorted {
            ($0[0].strategy.index, $0[0].instrument.index) < ($1[0].strategy.index, $1[0].instrument.index)
        }
    }
}

/// Profit by strategy and instrument, day by day: memory grows with the days, and a bar costs one comparison.
public struct ProfitHistory: Sendable {
    /// What a strategy did with an instrument since the day began.
    private struct Cell {
        /// Long (or net) and, in a hedging account, short.
        var positions = (Position(), Position())
        var realised = Amount.zero
        var fees = Amount.zero
        var funding = Amount.zero
        /// At the end of the day before, in the base currency.
        var unrealisedBefore = Amount.zero
        var isTouched = false

        /// Whether the day has something to tell of it.
        var counts: Bool {
            isTouched || !positions.0.isFlat || !positions.1.isFlat || unrealisedBefore != .zero
        }

        mutating func apply(_ fill: Fill, value: Amount, toShort: Bool, isInverse: Bool) {
            isTouched = true
            let profit =
                toShort
                ? positions.1.apply(quantity: fill.quantity, value: value, isInverse: isInverse)
                : positions.0.apply(quantity: fill.quantity, value: value, isInverse: isInverse)
            realised = realised.adding(profit) ?? realised
            fees = fees.adding(fill.fee) ?? fees
        }
    }

    private let instruments: [Instrument]
    private let isHedging: Bool
    /// By strategy, then instrument.
    private var cells: [Cell]
    private var fillsTaken = 0
    private var fundingTaken = 0
    private var day = Timestamp.epoch
    private var dayEnd = Int64.min
    /// Days that are over, oldest first; in a day by strategy, then instrument. Days without a trade or a position are
    /// left out.
    public private(set) var days: [DailyProfit] = []

    public init(_ description: AccountDescription) {
        instruments = description.instruments
        isHedging = description.positionMode == .hedging
        cells = Array(repeating: Cell(), count: description.strategyCount * description.instruments.count)
    }

    /// Called before an instant is taken in: ends the day where the instant is of a later one.
    ///
    /// - Returns: When the day of the instant ends: until then nothing happens here, and a loop need not call.
    @discardableResult
    public mutating func advance(to instant: Int64, _ engine: borrowing Engine) -> Int64 {
        if instant > dayEnd { turn(to: instant, engine) }
        return dayEnd
    }

    /// All days up to now, the present one last.
    ///
    /// - Parameter prices: By instrument; the engine's last ones where there are none.
    public func upToNow(_ engine: borrowing Engine, prices: [Price?]? = nil) -> [DailyProfit] {
        guard dayEnd != .min else { return [] }
        var copy = self
        copy.endDay(engine, prices: prices)
        return copy.days
    }

    private mutating func turn(to instant: Int64, _ engine: borrowing Engine) {
        if dayEnd != .min { endDay(engine, prices: nil) }
        let length = TimeSpan.days(1).nanoseconds
        // The first instant of a day closes after its midnight.
        let (before, overflow) = instant.subtractingReportingOverflow(1)
        guard !overflow else { return }
        let start = before - (before % length + length) % length
        day = Timestamp(nanoseconds: start)
        let (end, isLast) = start.addingReportingOverflow(length)
        dayEnd = isLast ? .max : end
    }

    /// - Parameter given: In place of the last ones.
    private mutating func endDay(_ engine: borrowing Engine, prices given: [Price?]?) {
        take(engine)
        guard cells.contains(where: \.counts) else { return }
        let account = engine.account
        let prices = given ?? engine.lastPrices
        for index in cells.indices {
            guard cells[index].counts else { continue }
            let instrument = instruments[index % instruments.count]
            // What no price values was nothing, as in all reports.
            func inBase(_ amount: Amount) -> Amount {
                guard amount != .zero else { return .zero }
                let end = Timestamp(nanoseconds: dayEnd)
                return (try? account.value(amount, of: instrument.settlement, prices: prices, at: end)) ?? .zero
            }
            let cell = cells[index]
            let unrealised = inBase(open(cell, instrument, prices))
            let (realised, fees, funding) = (inBase(cell.realised), inBase(cell.fees), inBase(cell.funding))
            let change = unrealised.adding(-cell.unrealisedBefore) ?? .zero
            let kept = realised.adding(-fees)?.adding(-funding) ?? .zero
            days.append(
                DailyProfit(
                    day: day, strategy: StrategyID(index: index / instruments.count), instrument: instrument.id,
                    realised: realised, fees: fees, funding: funding, unrealised: unrealised,
                    profit: kept.adding(change) ?? kept))
            cells[index].realised = .zero
            cells[index].fees = .zero
            cells[index].funding = .zero
            cells[index].unrealisedBefore = unrealised
            cells[index].isTouched = false
        }
    }

    /// Takes over what was filled and paid since the last time.
    private mutating func take(_ engine: borrowing Engine) {
        for record in engine.fills[fillsTaken...] {
            let fill = record.fill
            guard let index = place(fill.strategyID, fill.instrument),
                let value = instruments[fill.instrument.index].value(of: fill.quantity, at: fill.price)
            else { continue }
            let side = record.before.units != 0 ? record.before.units : fill.quantity.units
            cells[index].apply(
                fill, value: value, toShort: isHedging && side < 0,
                isInverse: instruments[fill.instrument.index].kind.isInverse)
        }
        fillsTaken = engine.fills.count
        for record in engine.funding[fundingTaken...] {
            guard let index = place(record.payment.strategy, record.payment.instrument) else { continue }
            cells[index].funding = cells[index].funding.adding(record.payment.amount) ?? cells[index].funding
            cells[index].isTouched = true
        }
        fundingTaken = engine.funding.count
    }

    private func place(_ strategy: StrategyID, _ instrument: InstrumentID) -> Int? {
        let index = strategy.index * instruments.count + instrument.index
        return instruments.indices.contains(instrument.index) && cells.indices.contains(index) ? index : nil
    }

    /// What closing all that is held would realise, in the settlement asset.
    private func open(_ cell: Cell, _ instrument: Instrument, _ prices: [Price?]) -> Amount {
        guard let price = prices[instrument.id.index] else { return .zero }
        var sum = Amount.zero
        for position in [cell.positions.0, cell.positions.1] where !position.isFlat {
            guard let value = instrument.value(of: position.quantity, at: price) else { continue }
            let profit = position.unrealised(value: value, isInverse: instrument.kind.isInverse)
            sum = sum.adding(profit) ?? sum
        }
        return sum
    }
}
