// SPDX-License-Identifier: Apache-2.0

public import Portfolio
public import Risk
public import Trading

/// Watches over all strategies of an account: breakers, the division of capital, and what the positions risk together.
///
/// A value that the engine tells of each bar and instant. It says how large an entry may be, whether anything may be
/// opened at all, and which position has outgrown its part.
public struct RiskSupervisor: Sendable {
    public let settings: SupervisionSettings
    public private(set) var breakers: CircuitBreakers?
    public private(set) var returns: ReturnsTable
    /// Rows of returns that were taken: changes with what is measured from them.
    public private(set) var rows = 0
    public let liquidation: LiquidationGuard?
    /// Measured with each row of returns.
    public private(set) var correlations: CorrelationMatrix
    /// What is held, as it was at the last row of returns.
    public private(set) var assessment: PortfolioAssessment?
    var intents: IntentBook
    var schedule: RebalanceSchedule
    private var states: [TradingState]
    private var nextRow = Timestamp.distantPast

    public init(_ settings: SupervisionSettings, instruments: Int) throws(SupervisionError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw SupervisionError(problems: problems) }
        self.settings = settings
        do throws(BreakerSettingsError) {
            breakers = try settings.breakers.map { settings throws(BreakerSettingsError) in
                try CircuitBreakers(settings, instruments: instruments, venues: 1)
            }
        } catch { throw SupervisionError(problems: error.problems) }
        do throws(SizingError) {
            liquidation = try settings.liquidation.map { settings throws(SizingError) in
                try LiquidationGuard(settings)
            }
        } catch { throw SupervisionError(problems: error.problems) }
        returns = ReturnsTable(symbols: instruments)
        correlations = CorrelationMatrix(symbols: instruments)
        intents = IntentBook(instruments: instruments)
        schedule = RebalanceSchedule(every: settings.rebalanceEvery)
        states = Array(repeating: .active, count: instruments)
    }

    // MARK: What happens

    /// A bar closed.
    public mutating func close(
        low: Double, high: Double, close: Double, span: TimeSpan, of instrument: InstrumentID, at now: Timestamp
    ) -> [SupervisionEvent] {
        guard
            let events = breakers?.observe(
                low: low, high: high, close: close, span: span, of: instrument, at: now), !events.isEmpty
        else { return [] }
        return take(events)
    }

    /// All bars of an instant have closed.
    ///
    /// - Parameter prices: By instrument, asked for only when a row of returns is due.
    public mutating func pass(
        to now: Timestamp, equity: Double, prices: () -> [Double?], holdings: () -> Holdings
    ) -> [SupervisionEvent] {
        var events: [SupervisionEvent] = []
        if let amount = Amount(approximating: equity), let changed = breakers?.observe(equity: amount, at: now),
            !changed.isEmpty
        {
            events += take(changed)
        }
        guard now >= nextRow, settings.allocation != nil || settings.portfolio != nil || settings.measuresReturns else {
            return events
        }
        nextRow = Timestamp(nanoseconds: (now.nanoseconds / 3_600_000_000_000 + 1) * 3_600_000_000_000)
        guard returns.observe(prices(), at: now) else { return events }
        correlations = CorrelationMatrix(of: returns)
        rows += 1
        if let limits = settings.portfolio {
            assessment = try? PortfolioAssessment(exposures: holdings().net, returns: returns, limits: limits)
        }
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
        for index in states.indices {
            let over = breakers?.tripped.filter { $0.kind != .volatility || $0.instrument?.index == index } ?? []
            states[index] = over.map(\.action).max { $0.rawValue < $1.rawValue } ?? .active
        }
        return events.map {
            SupervisionEvent(time: $0.time, instrument: $0.instrument, source: $0.kind.key, reason: $0.description)
        }
    }

    // MARK: What may be done

    /// What trading may do in an instrument: unusual volatility counts for its own, everything else for all.
    @inline(__always)
    public func state(of instrument: InstrumentID) -> TradingState { states[instrument.index] }
}
