// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Stops trading when something is wrong, says why with numbers, and lets it go on by rule or by hand.
///
/// A value that is told of prices, outcomes and equity, each with its time, and answers with what changed. A breaker trips
/// within the event that its condition is met in. It keeps on as long as the condition lasts and for its cool-down after.
/// Each instrument has breakers of its own. A venue that fails has one in its connector, which knows of each request.
public struct CircuitBreakers: Hashable, Sendable {
    /// A breaker that is on.
    public struct Tripped: Hashable, Sendable {
        public let kind: BreakerKind
        public let scope: BreakerScope
        public let instrument: InstrumentID?
        public let reason: String
        public let since: Timestamp
        /// When its condition was last met.
        public fileprivate(set) var lastMet: Timestamp
        /// Whether its condition is over, as far as is known.
        public fileprivate(set) var isOver: Bool
    }

    public let settings: BreakerSettings
    /// In the order in which they tripped.
    public private(set) var tripped: [Tripped] = []
    public private(set) var dailyLoss = DailyLoss()
    private var peak: Amount?
    private var gauges: [VolatilityGauge]
    private var ranges: [MinuteRange]
    /// As a ring; `true` is an error.
    private var outcomes: [Bool] = []
    private var nextOutcome = 0

    /// - Throws: where the settings contradict themselves, with the keys.
    public init(_ settings: BreakerSettings, instruments: Int) throws(BreakerSettingsError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw BreakerSettingsError(problems: problems) }
        self.settings = settings
        gauges = Array(
            repeating: VolatilityGauge(short: settings.volatilityShort, normal: settings.volatilityNormal),
            count: instruments)
        ranges = Array(repeating: MinuteRange(), count: instruments)
    }

    /// What trading may do now in an instrument: nothing is opened where a breaker halts it.
    public func state(of instrument: InstrumentID) -> TradingState {
        tripped.contains { $0.scope == .account || $0.instrument == instrument } ? .halted : .active
    }

    // MARK: Inputs

    /// Takes in a bar that closed, or a trade (all prices the same).
    ///
    /// - Parameter span: The bar's length. Of bars longer than a minute, what moved within two of them counts as a crash:
    ///   they do not say how fast it was, and one that is missed is worse than one too many.
    public mutating func observe(
        low: Double, high: Double, close: Double, span: TimeSpan = .zero, of instrument: InstrumentID, at now: Timestamp
    ) -> [BreakerEvent] {
        guard instrument.index < gauges.count, close > 0, close.isFinite, low > 0, high.isFinite, low <= close,
            close <= high
        else { return passTime(now) }
        var events: [BreakerEvent] = []
        if let limit = settings.flashCrash {
            let moves = ranges[instrument.index].observe(low: low, high: high, span: span, at: now)
            let move = moves.fall.share.magnitude >= limit ? moves.fall : moves.rise
            set(
                .flashCrash, isMet: move.share.magnitude >= limit, isOver: move.share.magnitude < limit, now, &events,
                instrument: instrument
            ) {
                let time = span <= .minutes(1) ? "a minute" : "two bars of \(text(span.seconds / 60)) minutes"
                return "the price went from \(text(move.from)) to \(text(move.to)) within \(time), "
                    + "\(percent(move.share)); allowed are \(percent(limit))"
            }
        }
        if let limit = settings.volatilityRatio {
            let ratio = gauges[instrument.index].observe(close)
            if let ratio {
                set(
                    .volatility, isMet: ratio > limit, isOver: ratio < settings.volatilityCalm, now, &events,
                    instrument: instrument
                ) { "volatility is \(text(ratio)) × normal; allowed are \(text(limit)) ×" }
            }
        }
        return events + passTime(now)
    }

    /// Takes in how an operation ended that can go wrong: an order, a strategy's call, a calculation.
    public mutating func operation(succeeded: Bool, at now: Timestamp) -> [BreakerEvent] {
        if outcomes.count < settings.errorWindow {
            outcomes.append(!succeeded)
        } else {
            outcomes[nextOutcome] = !succeeded
            nextOutcome = (nextOutcome + 1) % outcomes.count
        }
        var events: [BreakerEvent] = []
        if let limit = settings.errorRate {
            let errors = outcomes.count { $0 }
            let count = outcomes.count
            let isFull = count == settings.errorWindow
            let share = Double(errors) / Double(count)
            set(.errorRate, isMet: isFull && share >= limit, isOver: share < limit, now, &events) {
                "\(errors) of the last \(count) operations failed; allowed are less than \(percent(limit))"
            }
        }
        return events + passTime(now)
    }

    /// Takes in the equity, in the base currency.
    public mutating func observe(equity: Amount, at now: Timestamp) -> [BreakerEvent] {
        var events: [BreakerEvent] = []
        let day = dailyLoss.day
        if let loss = dailyLoss.observe(equity, limit: settings.dailyLoss, at: now), let limit = settings.dailyLoss {
            set(.dailyLoss, isMet: true, isOver: false, now, &events) {
                "the day's loss is \(loss), allowed are less than \(limit)"
            }
        } else if dailyLoss.day != day {
            set(.dailyLoss, isMet: false, isOver: true, now, &events) { "" }
        }
        let highest = max(peak ?? equity, equity)
        peak = highest
        if let limit = settings.drawdown {
            // From nothing there is no share to lose.
            let lost = highest.adding(-equity) ?? .zero
            let share = highest > .zero ? lost.approximation / highest.approximation : (equity < .zero ? 1 : 0)
            set(.drawdown, isMet: share >= limit, isOver: share < limit, now, &events) {
                "equity \(equity) is \(percent(share)) below its highest, \(highest); allowed are less than "
                    + "\(percent(limit))"
            }
        }
        return events + passTime(now)
    }

    /// Takes in money that came (positive) or went, in the base currency: neither profit nor loss.
    public mutating func transfer(_ amount: Amount) {
        dailyLoss.transfer(amount)
        peak = peak.flatMap { $0.adding(amount) }
    }

    /// Lets go what is over and has cooled down. Every other input does it too; this is for times without any.
    public mutating func passTime(_ now: Timestamp) -> [BreakerEvent] {
        var events: [BreakerEvent] = []
        tripped.removeAll { breaker in
            guard breaker.isOver, let coolDown = settings.rule(of: breaker.kind).coolDown,
                now.isAfter(breaker.lastMet, by: coolDown)
            else { return false }
            events.append(
                BreakerEvent(
                    kind: breaker.kind, change: .resumed, time: now,
                    reason: "last met at \(breaker.lastMet), after which \(text(coolDown.seconds)) s were to pass",
                    instrument: breaker.instrument))
            return true
        }
        return events
    }

    // MARK: By hand

    /// A person stops trading.
    public mutating func stop(reason: String, at now: Timestamp) -> [BreakerEvent] {
        var events: [BreakerEvent] = []
        set(.byHand, isMet: true, isOver: false, now, &events) { reason }
        return events
    }

    /// A person lets trading go on: of one kind, or of all. Where the condition still holds, its breaker trips again with
    /// the next input that says so; a daily loss does not before the next day, and a drawdown is measured from the equity
    /// of now.
    public mutating func resume(_ kind: BreakerKind? = nil, equity: Amount? = nil, at now: Timestamp) -> [BreakerEvent]
    {
        var events: [BreakerEvent] = []
        tripped.removeAll { breaker in
            guard kind == nil || breaker.kind == kind else { return false }
            events.append(
                BreakerEvent(
                    kind: breaker.kind, change: .resumedByHand, time: now, reason: "it was on since \(breaker.since)",
                    instrument: breaker.instrument))
            if breaker.kind == .drawdown { peak = equity }
            if breaker.kind == .errorRate { outcomes = []; nextOutcome = 0 }
            return true
        }
        return events
    }

    // MARK: One breaker

    private mutating func set(
        _ kind: BreakerKind, isMet: Bool, isOver: Bool, _ now: Timestamp, _ events: inout [BreakerEvent],
        instrument: InstrumentID? = nil, reason: () -> String
    ) {
        if let index = tripped.firstIndex(where: { $0.kind == kind && $0.instrument == instrument }) {
            if isMet { tripped[index].lastMet = max(tripped[index].lastMet, now) }
            tripped[index].isOver = isOver
        } else if isMet {
            let scope = instrument == nil ? .account : settings.rule(of: kind).scope
            let text = reason()
            tripped.append(
                Tripped(
                    kind: kind, scope: scope, instrument: instrument, reason: text, since: now, lastMet: now,
                    isOver: isOver))
            events.append(
                BreakerEvent(kind: kind, change: .tripped(scope), time: now, reason: text, instrument: instrument))
        }
    }
}

extension Timestamp {
    /// Whether this is at least a span later; also for times so far apart that their distance cannot be held.
    fileprivate func isAfter(_ other: Timestamp, by span: TimeSpan) -> Bool {
        let (due, overflow) = other.nanoseconds.addingReportingOverflow(span.nanoseconds)
        return !overflow && nanoseconds >= due
    }
}

extension TimeSpan {
    fileprivate var seconds: Double { Double(nanoseconds) / 1e9 }
}
