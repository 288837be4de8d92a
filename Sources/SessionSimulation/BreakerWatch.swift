// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Glibc
import Live
import Risk
import Strategies
import Trading

/// Which breakers must be on after each instant of a journal, worked out from the bars and the account's numbers alone:
/// it shares nothing with the breakers but what they are configured to do.
struct BreakerWatch {
    struct Breaker: Hashable, CustomStringConvertible {
        let kind: BreakerKind
        /// `nil`: all instruments.
        var instrument: Int?
        var description: String { instrument.map { "\(kind.text) of instrument \($0)" } ?? kind.text }
    }

    /// The bars of one instrument that reach into the minute before its newest one opened, and that one.
    private struct Reach {
        var bars: [(close: Timestamp, low: Double, high: Double)] = []
        /// The last bar at which the price had moved too far.
        var lastMet: Timestamp?
        var isMet = false

        /// The larger of the fall to this bar's low and the rise to its high, from any price within reach.
        mutating func move(to bar: (close: Timestamp, low: Double, high: Double), of length: TimeSpan) -> Double {
            let opened = bar.close - length
            bars.append(bar)
            // A minute before a bar's open that lies on the grid: of bars of a minute or more, that is the one before it.
            let first = length >= .minutes(1) ? opened : bar.close - .minutes(1)
            bars.removeAll { $0.close < first }
            let fall = bars.map { 1 - bar.low / $0.high }.max() ?? 0
            let rise = bars.map { bar.high / $0.low - 1 }.max() ?? 0
            return max(fall, rise)
        }
    }

    /// What moves together with one instrument's closes: squared returns, by their exponential means.
    private struct Closes {
        var last: Double?
        var returns = 0
        var present = 0.0
        var normal = 0.0

        mutating func ratio(after close: Double, _ settings: BreakerSettings) -> Double? {
            defer { last = close }
            guard let last else { return nil }
            returns += 1
            let square = pow(log(close / last), 2)
            let before = normal
            func mean(_ old: Double, _ length: Int) -> Double {
                let weight = max(2 / Double(length + 1), 1 / Double(returns))
                return old * (1 - weight) + weight * square
            }
            present = mean(present, settings.volatilityShort)
            normal = mean(normal, settings.volatilityNormal)
            let isKnown = returns > max(settings.volatilityShort, settings.volatilityNormal / 10, 2)
            return isKnown && before > 0 ? sqrt(present / before) : nil
        }
    }

    let settings: BreakerSettings
    private let instruments: [Instrument]
    /// Of the bars.
    private let length: TimeSpan
    private var reaches: [Reach]
    private var closes: [Closes]
    private var prices: [Double?]
    private var day: Int64?
    private var dayStart = 0.0
    private var isDayLost = false
    private var highest: Double?
    private(set) var on: Set<Breaker> = []
    /// How often one went on.
    private(set) var trips = 0

    init(_ settings: BreakerSettings, _ instruments: [Instrument], bars length: TimeSpan) {
        self.settings = settings
        self.instruments = instruments
        self.length = length
        reaches = instruments.map { _ in Reach() }
        closes = instruments.map { _ in Closes() }
        prices = instruments.map { _ in nil }
    }

    /// Takes in an input of the decisions; `account` is as it was when the input was decided on.
    ///
    /// - Parameter found: Those that are on; where a measure is at its threshold to the last digits, they are right.
    /// - Returns: What is on and must not be, or must be on and is not.
    mutating func observe(_ input: DecisionInput, _ account: borrowing Account, found: Set<Breaker>) -> String? {
        switch input {
        case .history(let time, let bars):
            close(bars, found)
            crash(bars, at: time, found)
        case .instant(let instant):
            close(instant.bars, found)
            crash(instant.bars, at: instant.close, found)
            if instant.acts { measure(equity(account), at: instant.close, found) }
        case .command(.resumeTrading, at: _):
            // By a person: all go off, and a drawdown is measured from now on.
            if on.contains(Breaker(kind: .drawdown)) { highest = equity(account) }
            on = []
        case .report(.transfer(let payment), venue: _):
            dayStart += payment.amount.approximation
            highest = highest.map { $0 + payment.amount.approximation }
            return nil
        case .report, .paperOrders, .command, .leave, .external, .stalled: return nil
        }
        guard on != found else { return nil }
        let late = on.subtracting(found).map { "\($0) is not on" }.sorted()
        let early = found.subtracting(on).map { "\($0) is on" }.sorted()
        return (late + early).joined(separator: ", ")
    }

    /// Whether nothing may be opened in an instrument.
    func isShut(_ instrument: InstrumentID) -> Bool {
        on.contains { $0.kind != .volatility || $0.instrument == instrument.index }
    }

    func price(of instrument: InstrumentID) -> Double? { prices[instrument.index] }

    private mutating func close(_ bars: [InstrumentBar], _ found: Set<Breaker>) {
        for bar in bars {
            let index = bar.instrument.index
            let price = Double(bar.bar.close.units) / instruments[index].priceScale
            prices[index] = price
            guard let limit = settings.volatilityRatio, let ratio = closes[index].ratio(after: price, settings) else {
                continue
            }
            let breaker = Breaker(kind: .volatility, instrument: index)
            if Self.isClose(ratio, limit) || Self.isClose(ratio, settings.volatilityCalm) {
                set(breaker, found.contains(breaker))
            } else if ratio > limit {
                set(breaker, true)
            } else if ratio < settings.volatilityCalm {
                set(breaker, false)
            }
        }
    }

    /// A crash in one market stops all of them, until its own bars have been calm and the pause after the last that was
    /// not has passed.
    private mutating func crash(_ bars: [InstrumentBar], at time: Timestamp, _ found: Set<Breaker>) {
        guard let limit = settings.flashCrash else { return }
        for bar in bars {
            let index = bar.instrument.index
            let scale = instruments[index].priceScale
            let range = (time, Double(bar.bar.low.units) / scale, Double(bar.bar.high.units) / scale)
            let move = reaches[index].move(to: range, of: length)
            let breaker = Breaker(kind: .flashCrash, instrument: index)
            reaches[index].isMet = Self.isClose(move, limit) ? found.contains(breaker) : move >= limit
            if reaches[index].isMet {
                reaches[index].lastMet = time
                set(breaker, true)
            }
        }
        guard let pause = settings.flashCrashRule.coolDown else { return }
        for index in reaches.indices where !reaches[index].isMet {
            guard let met = reaches[index].lastMet, time >= met + pause else { continue }
            set(Breaker(kind: .flashCrash, instrument: index), false)
        }
    }

    private mutating func measure(_ equity: Double, at time: Timestamp, _ found: Set<Breaker>) {
        let today = time.nanoseconds / 86_400_000_000_000
        if day.map({ $0 < today }) ?? true {
            (day, dayStart, isDayLost) = (today, equity, false)
            set(Breaker(kind: .dailyLoss), false)
        }
        if let limit = settings.dailyLoss?.approximation, !isDayLost {
            let loss = dayStart - equity
            let breaker = Breaker(kind: .dailyLoss)
            isDayLost = Self.isClose(loss, limit) ? found.contains(breaker) : loss >= limit
            if isDayLost { set(breaker, true) }
        }
        let top = max(highest ?? equity, equity)
        highest = top
        if let limit = settings.drawdown {
            let breaker = Breaker(kind: .drawdown)
            let share = top > 0 ? 1 - equity / top : (equity < 0 ? 1 : 0)
            // Only a person lets it go.
            if Self.isClose(share, limit) ? found.contains(breaker) : share >= limit { set(breaker, true) }
        }
    }

    private mutating func set(_ breaker: Breaker, _ isOn: Bool) {
        if !isOn {
            on.remove(breaker)
        } else if on.insert(breaker).inserted {
            trips += 1
        }
    }

    /// Cash and what the positions and other assets would bring at the last closes.
    func equity(_ account: borrowing Account) -> Double {
        var total = account.balance(account.description.baseCurrency).approximation
        for instrument in instruments {
            guard let price = prices[instrument.id.index] else { continue }
            guard instrument.kind != .spot else {
                total += account.balance(instrument.base).approximation * price
                continue
            }
            for slot in 0..<2 {
                let position = account.position(instrument.id, slot: slot)
                total +=
                    Double(position.quantity.units) / instrument.quantityScale * price - position.cost.approximation
            }
        }
        return total
    }

    private static func isClose(_ value: Double, _ limit: Double) -> Bool {
        abs(value - limit) <= 1e-9 * max(1, abs(limit))
    }
}

extension CircuitBreakers {
    /// Those that are on.
    var watched: Set<BreakerWatch.Breaker> {
        Set(tripped.map { BreakerWatch.Breaker(kind: $0.kind, instrument: $0.instrument?.index) })
    }
}
