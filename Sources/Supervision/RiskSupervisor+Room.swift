// SPDX-License-Identifier: Apache-2.0

import Portfolio
public import Trading

// How large what is entered may be, and what has outgrown its part.
extension RiskSupervisor {
    /// How large what is held on the side of an entry may be, all strategies of its market together.
    ///
    /// - Parameter strategy: The number of the strategy that wants to enter.
    public func room(for intent: EntryIntent, by strategy: Int, holdings: Holdings) -> EntryRoom {
        var room = EntryRoom(share: .infinity, reason: "no limit")
        if let limits = settings.allocation { room = allocated(intent, strategy, holdings, limits) }
        guard let limits = settings.portfolio, limits.isLimited, room.share > 0 else { return room }
        let own = intent.instrument.index
        let held = intent.side == .buy ? holdings.long[own] : holdings.short[own]
        let sign = Double(intent.side.sign)
        // What is turned around leaves before the entry arrives.
        let stake = holdings.stake(of: strategy, in: own)
        let base = holdings.net[own] - (stake.exposure * sign < 0 ? stake.exposure : 0)
        // A limit on the whole is not turned into a size exactly: what comes on top is halved until the whole holds.
        let wanted = room.share.isFinite ? room.share - held : 1
        guard wanted > 0 else { return room }
        var reason = room.reason
        for attempt in 0..<5 {
            let added = wanted / Double(1 << attempt)
            var after = holdings.net
            after[own] = base + sign * added
            guard let assessed = try? PortfolioAssessment(exposures: after, returns: returns, limits: limits) else {
                return EntryRoom(share: 0, reason: "what the portfolio risks could not be measured")
            }
            guard let breach = assessed.breaches.first else {
                return attempt == 0 ? room : EntryRoom(share: held + added, reason: reason)
            }
            reason = breach.reason
        }
        return EntryRoom(share: 0, reason: reason)
    }

    /// The limits of the division of capital, each with what is left of it.
    private func allocated(
        _ intent: EntryIntent, _ strategy: Int, _ holdings: Holdings, _ limits: AllocationLimits
    ) -> EntryRoom {
        let own = intent.instrument.index
        let isLong = intent.side == .buy
        guard intent.confidence > 0, intent.confidence <= 1 else {
            return EntryRoom(share: 0, reason: "its confidence is \(intent.confidence), not a number above 0, up to 1")
        }
        let stake = holdings.stake(of: strategy, in: own)
        let before = isLong ? stake.long : stake.short
        guard var loss = intent.lossAtStop ?? valueAtRisk(of: own), loss > 0, loss <= 10 else {
            return EntryRoom(share: 0, reason: "neither a stop nor a value at risk says what it may lose")
        }
        // The worst stop counts for all that the strategy has there.
        if before > 0 { loss = max(loss, self.loss(of: stake, intent.side) ?? 1) }
        let held = isLong ? holdings.long[own] : holdings.short[own]
        var share = limits.singleSymbol * intent.confidence
        var reason = "one symbol may have no more at this confidence"
        func bound(_ other: Double, _ why: @autoclosure () -> String) {
            guard other < share else { return }
            share = max(0, other)
            reason = why()
        }
        let others = holdings.instruments.filter { $0 != own && holdings.size(of: $0) > 0 }
        for other in others {
            let correlation = correlations[own, other].value
            for (side, there) in [(1.0, holdings.long[other]), (-1, holdings.short[other])] where there > 0 {
                let together = correlation.map { $0 * side * (isLong ? 1 : -1) } ?? 1
                guard together > limits.correlation else { continue }
                bound(
                    limits.correlatedPair - there,
                    "\(togetherness(own, other)) symbol \(other), and both may have no more")
            }
        }
        if let most = limits.correlatedGroup {
            let groups = correlations.groups(
                above: limits.correlation, among: others + [own], directions: directions(holdings, intent))
            if let group = groups.first(where: { $0.contains(own) }), group.count > 2 {
                let elsewhere = group.reduce(0) { $1 == own ? $0 : $0 + holdings.size(of: $1) }
                bound(most - elsewhere, "symbols \(group) move together, and may have no more")
            }
        }
        let atRisk = holdings.stakes.reduce(0) {
            $1.strategy == strategy && $1.instrument == own ? $0 : $0 + risk(of: $1)
        }
        bound(held - before + (limits.totalRisk - atRisk) / loss, "all stops together may cost no more")
        bound(limits.total - others.reduce(0) { $0 + holdings.size(of: $1) }, "there is no more")
        return EntryRoom(share: share, reason: reason)
    }

    /// By instrument, +1 for what is held long; with the side of an entry where it is about to be.
    private func directions(_ holdings: Holdings, _ intent: EntryIntent) -> [Double] {
        holdings.instruments.map {
            $0 == intent.instrument.index ? Double(intent.side.sign) : holdings.direction(of: $0)
        }
    }

    /// Why two count as one: what is not measured counts as moving together.
    private func togetherness(_ own: Int, _ other: Int) -> String {
        switch correlations[own, other] {
        case .measured: "it moves together with"
        case .constant: "one price stands still, so that nothing says that it does not move together with"
        case .silent: "one has had no bars for a day, so that nothing says that it does not move together with"
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
    public func largestCorrelation(of intent: EntryIntent, holdings: Holdings) -> Double? {
        let own = intent.instrument.index
        let directions = directions(holdings, intent)
        return holdings.instruments.filter { $0 != own && holdings.size(of: $0) > 0 }
            .map { correlations.concentration(own, $0, directions) }.max()
    }

    // MARK: What is lost at the stops

    private func loss(of stake: Stake, _ side: Side) -> Double? {
        intents.loss(of: stake, side, valueAtRisk: valueAtRisk)
    }

    /// Of the equity, lost at a strategy's stop; what nothing is known of is lost whole. Of a position that is turned
    /// around one side is there at a time.
    func risk(of stake: Stake) -> Double {
        func lost(_ share: Double, _ side: Side) -> Double { share > 0 ? share * (loss(of: stake, side) ?? 1) : 0 }
        return max(lost(stake.long, .buy), lost(stake.short, .sell))
    }

    /// A day's loss that is exceeded on one day of twenty; `nil` with too few returns.
    private func valueAtRisk(of instrument: Int) -> Double? {
        let known = returns.returns(of: instrument).compactMap { $0 }
        guard known.count >= 30, let estimate = try? ValueAtRisk.historical(known, confidence: 0.95) else { return nil }
        return estimate.valueAtRisk * Double(Self.rows(in: .days(1), of: returns.interval)).squareRoot()
    }

    /// An entry is sent: what it loses at its stop counts from now on.
    public mutating func entered(_ intent: EntryIntent, by strategy: Int, holdings: Holdings) {
        let stake = holdings.stake(of: strategy, in: intent.instrument.index)
        intents.enter(intent, by: strategy, onTopOf: intent.side == .buy ? stake.long : stake.short)
    }

    // MARK: What has outgrown its part

    /// By instrument, what of its positions is too much; `nil` where nothing was looked at.
    public mutating func excess(holdings: () -> Holdings, at now: Timestamp) -> [PositionCut?]? {
        let parts = rebalance(holdings: holdings, at: now)
        guard let cut = portfolioCut else { return parts }
        return states.indices.map { index in
            let part = parts.flatMap { $0[index] }
            return part.map { $0.share < cut.share ? cut : $0 } ?? cut
        }
    }

    /// Where it is time to look, what has outgrown its part of the capital by more than the band.
    private mutating func rebalance(holdings: () -> Holdings, at now: Timestamp) -> [PositionCut?]? {
        guard let limits = settings.allocation, schedule.isDue(at: now) else { return nil }
        let held = holdings()
        let requests = held.instruments.map { index in
            let size = held.size(of: index)
            let stakes = held.stakes.filter { $0.instrument == index }
            let isKnown = stakes.allSatisfy { loss(of: $0, $0.exposure < 0 ? .sell : .buy) != nil }
            return AllocationRequest(
                confidence: stakes.map { intents.confidence(of: $0) }.max() ?? 0,
                side: held.direction(of: index) < 0 ? .sell : .buy,
                lossAtStop: size > 0 && isKnown ? stakes.reduce(0) { $0 + risk(of: $1) } / size : nil)
        }
        guard let allocation = try? Allocation(requests, correlations: correlations, limits: limits) else { return nil }
        return held.instruments.map { index in
            let (size, part) = (held.size(of: index), allocation.parts[index])
            guard size > part.share.fraction * (1 + settings.rebalanceBand) else { return nil }
            return PositionCut(share: 1 - part.share.fraction / size, reason: part.reason.description)
        }
    }
}
