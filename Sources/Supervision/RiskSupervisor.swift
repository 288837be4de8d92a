// SPDX-License-Identifier: Apache-2.0

public import Portfolio
public import Risk
public import Trading

/// Watches over all strategies of an account: breakers, the division of capital, and what the positions risk together.
///
/// A value that the engine tells of each bar and instant. It says how large an entry may be, whether anything may be
/// opened at all, and which position has outgrown its part.
public struct RiskSupervisor: Sendable {
    public private(set) var settings: SupervisionSettings
    public private(set) var breakers: CircuitBreakers?
    public private(set) var returns: ReturnsTable
    /// Rows of returns that were taken: changes with what is measured from them.
    public private(set) var rows = 0
    public let liquidation: LiquidationGuard?
    /// Measured with each row of returns.
    public private(set) var correlations: CorrelationMatrix
    /// What the positions risked together when they were last looked at; `nil` before, and where nobody asks for it.
    public internal(set) var standing: PortfolioStanding?
    /// The limits on the portfolio that do not hold.
    var breached: [PortfolioBreach.Kind] = []
    var breachCount = 0
    var worst = PortfolioStanding.Extremes()
    /// How much of every position has to go at this instant.
    var portfolioCut: PositionCut?
    var intents: IntentBook
    var schedule: RebalanceSchedule
    private(set) var states: [TradingState]
    private var nextRow = Timestamp.distantPast
    /// By instrument, when its latest bar closed.
    private var closedAt: [Timestamp]

    /// - Parameter longestBar: Of the bars that it is told of. Returns are hourly; where bars are longer, they are of those,
    ///   up to a day.
    public init(
        _ settings: SupervisionSettings, instruments: Int, longestBar: TimeSpan = .hours(1)
    ) throws(SupervisionError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw SupervisionError(problems: problems) }
        self.settings = settings
        let interval = min(max(longestBar, .hours(1)), .days(1))
        self.settings.portfolio?.periods = Self.rows(in: .hours(Int64(settings.portfolio?.periods ?? 24)), of: interval)
        do throws(BreakerSettingsError) {
            breakers = try settings.breakers.map { settings throws(BreakerSettingsError) in
                try CircuitBreakers(settings, instruments: instruments)
            }
        } catch { throw SupervisionError(problems: error.problems) }
        do throws(SizingError) {
            liquidation = try settings.liquidation.map { settings throws(SizingError) in
                try LiquidationGuard(settings)
            }
        } catch { throw SupervisionError(problems: error.problems) }
        returns = ReturnsTable(symbols: instruments, interval: interval)
        correlations = CorrelationMatrix(symbols: instruments)
        intents = IntentBook(instruments: instruments)
        schedule = RebalanceSchedule(every: settings.rebalanceEvery)
        states = Array(repeating: .active, count: instruments)
        closedAt = Array(repeating: .distantPast, count: instruments)
    }

    // MARK: What happens

    /// A bar closed.
    public mutating func close(
        low: Double, high: Double, close: Double, span: TimeSpan, of instrument: InstrumentID, at now: Timestamp
    ) -> [SupervisionEvent] {
        closedAt[instrument.index] = now
        guard
            let events = breakers?.observe(
                low: low, high: high, close: close, span: span, of: instrument, at: now), !events.isEmpty
        else { return [] }
        return take(events)
    }

    /// All bars of an instant have closed.
    ///
    /// - Parameter prices: By instrument, asked for only when a row of returns is due. One whose bars stopped
    ///   has none: a price that stands still would look like a market that moves with no other.
    public mutating func pass(
        to now: Timestamp, equity: Double, prices: () -> [Double?], holdings: () -> Holdings
    ) -> [SupervisionEvent] {
        var events: [SupervisionEvent] = []
        portfolioCut = nil
        if let amount = Amount(approximating: equity), let changed = breakers?.observe(equity: amount, at: now),
            !changed.isEmpty
        {
            events += take(changed)
        }
        guard now >= nextRow, settings.allocation != nil || settings.portfolio != nil || settings.measuresReturns else {
            return events
        }
        let interval = returns.interval.nanoseconds
        nextRow = Timestamp(nanoseconds: (now.nanoseconds / interval + 1) * interval)
        let fresh = zip(prices(), closedAt).map { price, closed in
            closed != .distantPast && now.nanoseconds - closed.nanoseconds < interval ? price : nil
        }
        guard returns.observe(fresh, at: now) else { return events }
        correlations = CorrelationMatrix(of: returns)
        rows += 1
        if measuresNow { events += measure(holdings(), at: now) }
        return events
    }

    /// How an operation ended that can go wrong.
    public mutating func operation(succeeded: Bool, at now: Timestamp) -> [SupervisionEvent] {
        guard let events = breakers?.operation(succeeded: succeeded, at: now), !events.isEmpty else { return [] }
        return take(events)
    }

    /// Money came or went: neither profit nor loss.
    public mutating func transfer(_ amount: Amount) { breakers?.transfer(amount) }

    /// A person lets trading go on.
    public mutating func resume(equity: Amount?, at now: Timestamp) -> [SupervisionEvent] {
        guard let events = breakers?.resume(equity: equity, at: now), !events.isEmpty else { return [] }
        return take(events)
    }

    private mutating func take(_ events: [BreakerEvent]) -> [SupervisionEvent] {
        judge()
        return events.map {
            SupervisionEvent(time: $0.time, instrument: $0.instrument, source: $0.kind.key, reason: $0.description)
        }
    }

    static func rows(in span: TimeSpan, of interval: TimeSpan) -> Int {
        max(1, Int(span.nanoseconds / interval.nanoseconds))
    }

    /// What trading may do now, by breakers and by what the portfolio risks.
    mutating func judge() {
        let least: TradingState = isPortfolioBreached ? .reducing : .active
        for index in states.indices {
            let broken = breakers?.state(of: InstrumentID(index: index)) ?? .active
            states[index] = broken.rawValue > least.rawValue ? broken : least
        }
    }

    // MARK: What may be done

    /// What trading may do in an instrument: active, or halted by a breaker.
    @inline(__always)
    public func state(of instrument: InstrumentID) -> TradingState { states[instrument.index] }
}
