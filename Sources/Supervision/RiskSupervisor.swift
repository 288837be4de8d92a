// SPDX-License-Identifier: Apache-2.0

public import Portfolio
public import Risk
public import Trading

/// Watches over all strategies of an account: breakers, the division of capital, and what the positions risk together.
///
/// A value that the engine tells of each bar and instant. It says how large an entry may be, whether anything may be
/// opened at all, and which position has outgrown its part. Exposures are shares of the equity by instrument, negative
/// for short, with entries that are on their way.
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
    /// By instrument: how sure the strategy was of its last entry, and what is lost at its stop.
    private var intents: [EntryIntent?]
    private var schedule: RebalanceSchedule
    private var states: [TradingState]
    private var nextRow = Timestamp.distantPast

    public init(_ settings: SupervisionSettings, instruments: Int) throws(SupervisionError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw SupervisionError(problems: problems) }
        self.settings = settings
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
        returns = ReturnsTable(symbols: instruments)
        correlations = CorrelationMatrix(symbols: instruments)
        intents = Array(repeating: nil, count: instruments)
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
        to now: Timestamp, equity: Double, prices: () -> [Double?], exposures: () -> [Double]
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
            let held = exposures()
            assessment = try? PortfolioAssessment(exposures: held, returns: returns, limits: limits)
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
            states[index] = breakers?.state(of: InstrumentID(index: index)) ?? .active
        }
        return events.map {
            SupervisionEvent(time: $0.time, instrument: $0.instrument, source: $0.kind.key, reason: $0.description)
        }
    }

    // MARK: What may be done

    /// What trading may do in an instrument: active, or halted by a breaker.
    @inline(__always)
    public func state(of instrument: InstrumentID) -> TradingState { states[instrument.index] }

    /// How large the position of an entry may be.
    public func room(for intent: EntryIntent, exposures: [Double]) -> EntryRoom {
        var room = EntryRoom(share: .infinity, reason: "no limit")
        if let limits = settings.allocation { room = allocated(intent, exposures, limits) }
        guard let limits = settings.portfolio, room.share > 0 else { return room }
        // A limit on the whole is not turned into a size exactly: the position is halved until the whole holds.
        let wanted = room.share.isFinite ? room.share : 1
        var reason = room.reason
        for attempt in 0..<5 {
            let share = wanted / Double(1 << attempt)
            var after = exposures
            after[intent.instrument.index] = intent.side == .buy ? share : -share
            guard let assessed = try? PortfolioAssessment(exposures: after, returns: returns, limits: limits) else {
                return EntryRoom(share: 0, reason: "what the portfolio risks could not be measured")
            }
            guard let breach = assessed.breaches.first else {
                return attempt == 0 ? room : EntryRoom(share: share, reason: reason)
            }
            reason = breach.reason
        }
        return EntryRoom(share: 0, reason: reason)
    }

    /// The limits of the division of capital, each with what is left of it.
    private func allocated(_ intent: EntryIntent, _ exposures: [Double], _ limits: AllocationLimits) -> EntryRoom {
        let own = intent.instrument.index
        guard intent.confidence > 0, intent.confidence <= 1 else {
            return EntryRoom(share: 0, reason: "its confidence is \(intent.confidence), not a number above 0, up to 1")
        }
        guard let loss = intent.lossAtStop ?? valueAtRisk(of: own), loss > 0, loss <= 10 else {
            return EntryRoom(share: 0, reason: "neither a stop nor a value at risk says what it may lose")
        }
        var share = limits.singleSymbol * intent.confidence
        var reason = "one symbol may have no more at this confidence"
        func bound(_ other: Double, _ why: @autoclosure () -> String) {
            guard other < share else { return }
            share = max(0, other)
            reason = why()
        }
        let others = exposures.indices.filter { $0 != own && exposures[$0] != 0 }
        var directions = exposures.map { $0 < 0 ? -1.0 : 1.0 }
        directions[own] = intent.side == .buy ? 1 : -1
        for other in others where correlations.concentration(own, other, directions) > limits.correlation {
            bound(
                limits.correlatedPair - exposures[other].magnitude,
                "\(togetherness(own, other)) symbol \(other), and both may have no more")
        }
        if let most = limits.correlatedGroup {
            let groups = correlations.groups(above: limits.correlation, among: others + [own], directions: directions)
            if let group = groups.first(where: { $0.contains(own) }), group.count > 2 {
                let held = group.reduce(0) { $1 == own ? $0 : $0 + exposures[$1].magnitude }
                bound(most - held, "symbols \(group) move together, and may have no more")
            }
        }
        let atRisk = others.reduce(0) { $0 + exposures[$1].magnitude * (lossAtStop(of: $1) ?? 1) }
        bound((limits.totalRisk - atRisk) / loss, "all stops together may cost no more")
        bound(limits.total - others.reduce(0) { $0 + exposures[$1].magnitude }, "there is no more")
        return EntryRoom(share: share, reason: reason)
    }

    /// Why two count as one: what is not measured counts as moving together.
    private func togetherness(_ own: Int, _ other: Int) -> String {
        switch correlations[own, other] {
        case .measured: "it moves together with"
        case .constant: "one price stands still, so that nothing says that it does not move together with"
        case .tooFewSamples(let count):
            "\(count) common returns are too few to say that it does not move together with"
        }
    }

    /// The correlation of each pair of instruments; `nil` where nothing was measured.
    public var pairCorrelations: [Double?] {
        (0..<correlations.symbols).flatMap { second in
            (0..<second).map { correlations[$0, second].value }
        }
    }

    /// The largest correlation of an entry with anything that is held in the same sense, 1 where it was not measured;
    /// `nil` where nothing else is held.
    public func largestCorrelation(of intent: EntryIntent, exposures: [Double]) -> Double? {
        let own = intent.instrument.index
        var directions = exposures.map { $0 < 0 ? -1.0 : 1.0 }
        directions[own] = intent.side == .buy ? 1 : -1
        return exposures.indices.filter { $0 != own && exposures[$0] != 0 }
            .map { correlations.concentration(own, $0, directions) }.max()
    }

    private func lossAtStop(of instrument: Int) -> Double? {
        intents[instrument]?.lossAtStop ?? valueAtRisk(of: instrument)
    }

    /// A day's loss that is exceeded on one day of twenty; `nil` with too few returns.
    private func valueAtRisk(of instrument: Int) -> Double? {
        let known = returns.returns(of: instrument).compactMap { $0 }
        guard known.count >= 30, let estimate = try? ValueAtRisk.historical(known, confidence: 0.95) else { return nil }
        return estimate.valueAtRisk * 24.0.squareRoot()
    }

    /// An entry was sent.
    public mutating func entered(_ intent: EntryIntent) { intents[intent.instrument.index] = intent }

    /// The parts of the capital that what is held may have, where it is time to look: by instrument, `nil` where nothing
    /// is held.
    public mutating func rebalance(exposures: () -> [Double], at now: Timestamp) -> [EntryRoom?]? {
        guard let limits = settings.allocation, schedule.isDue(at: now) else { return nil }
        let held = exposures()
        let requests = held.indices.map { index in
            AllocationRequest(
                confidence: held[index] == 0 ? 0 : intents[index]?.confidence ?? 1,
                side: held[index] < 0 ? .sell : .buy, lossAtStop: intents[index]?.lossAtStop,
                valueAtRisk: valueAtRisk(of: index))
        }
        guard let allocation = try? Allocation(requests, correlations: correlations, limits: limits) else { return nil }
        return held.indices.map { index in
            guard held[index] != 0 else { return nil }
            let part = allocation.parts[index]
            return EntryRoom(share: part.share.fraction, reason: part.reason.description)
        }
    }
}
