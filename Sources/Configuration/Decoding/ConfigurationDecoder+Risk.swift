// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationDecoder {
    mutating func breakers(_ reader: SectionReader) -> CircuitBreakerSettings? {
        // A section that is about liquidations alone switches nothing else on.
        let entries = reader.node?.entries
        guard let entries, entries.isEmpty || entries.contains(where: { !$0.key.hasPrefix("liquidation_") }) else {
            return nil
        }
        let byHand = reader.text("resume") == "hand"
        let pauses = ["volatility_pause", "flash_crash_pause", "error_rate_pause"]
        for key in pauses where byHand && reader.has(key) {
            unused(
                reader, key,
                "It has no effect with 'resume: hand', where a person ends the halt. Remove one of the two.")
        }
        let pause = pauses.map { reader.duration($0) ?? .zero }
        return CircuitBreakerSettings(
            volatilityRatio: reader.amount("volatility_ratio") ?? .zero,
            flashCrash: reader.rate("flash_crash") ?? .zero,
            drawdown: reader.rate("drawdown") ?? .zero, dailyLoss: reader.amount("daily_loss"),
            errorRate: reader.rate("error_rate") ?? .zero,
            volatilityHaltsAll: reader.text("volatility_halts") == "all",
            flashCrashHaltsAll: reader.text("flash_crash_halts") == "all", volatilityPause: pause[0],
            flashCrashPause: pause[1], errorRatePause: pause[2], resumesByHand: byHand)
    }

    mutating func liquidation(_ reader: SectionReader) -> LiquidationGuardSettings? {
        let keys = ["liquidation_warning", "liquidation_reduction", "liquidation_target"]
        guard keys.contains(where: reader.has) else { return nil }
        let shares = keys.map { reader.rate($0) ?? .zero }
        func place(_ first: Int, _ second: Int) -> String { reader.has(keys[first]) ? keys[first] : keys[second] }
        if shares[1] > shares[0] {
            report(
                reader, place(1, 0),
                "liquidation_reduction, \(percent(shares[1])), is above liquidation_warning, \(percent(shares[0])): there "
                    + "would be no warning before it. Lower it, or raise the warning.")
        }
        if shares[2] < shares[1] {
            report(
                reader, place(2, 1),
                "liquidation_target, \(percent(shares[2])), is below liquidation_reduction, \(percent(shares[1])): what was "
                    + "reduced would be reduced again at once. Raise it, or lower the reduction.")
        }
        return LiquidationGuardSettings(warning: shares[0], reduction: shares[1], target: shares[2])
    }

    // MARK: - Of a strategy

    mutating func sizing(_ reader: SectionReader) -> PositionSizingSettings? {
        guard reader.node != nil else { return nil }
        let kelly = reader.section("kelly")
        var recent: PositionSizingSettings.Kelly?
        if kelly.node != nil {
            let (least, last) = (kelly.integer("minimum_trades") ?? 0, kelly.integer("recent_trades") ?? 0)
            if last < least {
                report(
                    kelly, kelly.has("recent_trades") ? "recent_trades" : "minimum_trades",
                    "recent_trades, \(last), is below minimum_trades, \(least): there would never be enough. Raise it, or "
                        + "lower the other.")
            }
            recent = PositionSizingSettings.Kelly(
                fraction: kelly.rate("fraction") ?? .zero, maximumRisk: kelly.rate("maximum_risk") ?? .zero,
                minimumTrades: least, recentTrades: last)
        }
        for key in ["atr_multiple", "atr_period"]
        where reader.has(key) && !reader.has("volatility_risk") && kelly.node == nil {
            report(
                reader, key,
                "It has no effect without 'volatility_risk' or 'kelly'. Remove it, or add one of them.")
        }
        return PositionSizingSettings(
            fixedFraction: reader.rate("fixed_fraction") ?? .zero, volatilityRisk: reader.rate("volatility_risk"),
            atrMultiple: reader.amount("atr_multiple") ?? .zero, atrPeriod: reader.integer("atr_period") ?? 0,
            usesConfidence: reader.boolean("confidence"), correlatedShare: reader.rate("correlated_share"),
            kelly: recent)
    }

    mutating func dynamicLeverage(_ risk: SectionReader) -> DynamicLeverageSettings? {
        let reader = risk.section("dynamic_leverage")
        guard reader.node != nil else { return nil }
        let given = risk.amount("leverage") ?? Amount(whole: 1)
        let (most, least) = (reader.amount("maximum") ?? given, reader.amount("minimum") ?? Amount(whole: 1))
        if most > given {
            report(
                reader, "maximum",
                "\(most) is above the strategy's leverage, \(given), with which its margin is counted. Lower it, or raise "
                    + "risk_parameters.leverage.")
        }
        if least > most {
            report(
                reader, reader.has("minimum") ? "minimum" : "maximum",
                "The minimum, \(least), is above the maximum, \(most). Lower it, or raise the other.")
        }
        for (key, needed) in [("trendless_share", "strong_trend"), ("aged_share", "full_age")]
        where reader.has(key) && !reader.has(needed) {
            report(reader, key, "It has no effect without '\(needed)'. Remove it, or add the other.")
        }
        return DynamicLeverageSettings(
            maximum: most, minimum: least, targetVolatility: reader.rate("target_volatility"),
            strongTrend: reader.amount("strong_trend"), trendlessShare: reader.rate("trendless_share") ?? .zero,
            fullAge: reader.duration("full_age"), agedShare: reader.rate("aged_share") ?? .zero,
            freeMargin: reader.rate("free_margin"), period: reader.integer("period") ?? 0)
    }

    mutating func hedge(
        _ risk: SectionReader, of markets: [ResolvedMarket], exchange: String, instruments: [InstrumentSettings]
    ) -> HedgeSettings? {
        let reader = risk.section("hedge")
        let ratio = risk.rate("hedge_ratio") ?? Rate(units: Rate.one / 5)
        guard reader.node != nil else {
            if risk.has("hedge_ratio"), ratio > .zero {
                unused(
                    risk, "hedge_ratio",
                    "Nothing is hedged, because nothing says what to hedge with. Name another market: hedge: { market: "
                        + "ETH-USD }.")
            }
            return nil
        }
        guard let name = reader.text("market") else { return nil }
        let market: ResolvedMarket
        do throws(SymbolError) { market = try resolve(name, exchange: exchange, instruments: instruments) } catch {
            report(reader, "market", kind: .notAllowed, error.description)
            return nil
        }
        let method: HedgeSettings.Method = reader.chosen("method")
        if markets.contains(where: { $0.unified == market.unified }) {
            report(
                reader, "market",
                "\(market.written.inMessage) is the market that the strategy trades: a hedge there would only be a smaller "
                    + "position. Name another market, or trade smaller.")
        }
        let borrows = document.root["account"]?["borrowing"]?.scalar?.text == "true"
        if market.kind == .spot, !borrows, markets.contains(where: { $0.kind == .spot }) {
            report(
                reader, "market",
                "\(market.written.inMessage) is a spot market, which cannot be sold short against a position that was "
                    + "bought. Name a perpetual, or set account.borrowing: true.")
        }
        if method == .deltaNeutral, let other = markets.first(where: { $0.base != market.base }) {
            report(
                reader, "market",
                "'method: delta_neutral' hedges with the same asset, but \(market.written.inMessage) is one of "
                    + "\(market.base) and \(other.written.inMessage) one of \(other.base). Use 'method: beta', or name a market "
                    + "of \(other.base).")
        }
        for key in ["calm_volatility", "stressed_volatility"] where reader.has(key) && method != .deltaNeutral {
            report(
                reader, key, "It has no effect with 'method: \(method.rawValue)'. Remove it, or use delta_neutral.")
        }
        let (calm, stressed) = (reader.amount("calm_volatility"), reader.amount("stressed_volatility"))
        if let calm, let stressed, calm > stressed {
            report(
                reader, reader.has("calm_volatility") ? "calm_volatility" : "stressed_volatility",
                "calm_volatility, \(calm), is above stressed_volatility, \(stressed). Lower it, or raise the other.")
        }
        let band = reader.rate("band") ?? .zero
        guard ratio > .zero else { return nil }
        if band >= ratio {
            report(
                reader, reader.has("band") ? "band" : "market",
                "The band, \(percent(band)), is not below hedge_ratio, \(percent(ratio)): nothing would ever be hedged. "
                    + "Lower it, or raise hedge_ratio.")
        }
        return HedgeSettings(
            market: market, method: method, ratio: ratio, band: band, calmVolatility: calm ?? .zero,
            stressedVolatility: stressed ?? .zero)
    }

    mutating func portfolio(_ reader: SectionReader) -> PortfolioSettings? {
        guard reader.node != nil else { return nil }
        let ladder = ["single_symbol", "correlated_pair", "correlated_group", "total"]
        let ordered = ladder.indices.flatMap { small in ladder[(small + 1)...].map { (ladder[small], $0) } }
        for (smaller, larger) in ordered + [("value_at_risk", "expected_shortfall")]
        where reader.has(smaller) && reader.has(larger) {
            guard let small = reader.rate(smaller), let large = reader.rate(larger), small > large else { continue }
            report(
                reader, smaller,
                "\(percent(small)) is above \(larger), \(percent(large)), so that it would never be reached. Lower it, or "
                    + "raise the other.")
        }
        let method: PortfolioSettings.LossMethod = reader.chosen("method")
        if reader.has("draws"), method != .monteCarlo {
            unused(
                reader, "draws", "It has no effect with 'method: \(method.rawValue)'. Remove it, or use monte_carlo.")
        }
        let reducible = ["value_at_risk", "expected_shortfall", "gross_exposure"]
        let onBreach: PortfolioSettings.OnBreach = reader.chosen("on_breach")
        if onBreach == .reduce, !reducible.contains(where: reader.has) {
            unused(
                reader, "on_breach",
                "There is no limit that smaller positions would keep. Add value_at_risk, expected_shortfall or "
                    + "gross_exposure, or remove it.")
        }
        // A default gives way to what is written.
        func share(_ key: String) -> Rate {
            let value = reader.rate(key) ?? .zero
            guard !reader.has(key), let place = ladder.firstIndex(of: key) else { return value }
            let below = ladder[..<place].filter(reader.has).compactMap(reader.rate).max() ?? .zero
            let above = ladder[place...].filter(reader.has).compactMap(reader.rate).min() ?? value
            return min(max(value, below), max(above, below))
        }
        return PortfolioSettings(
            singleSymbol: share("single_symbol"), correlatedPair: share("correlated_pair"),
            correlatedGroup: share("correlated_group"), correlation: reader.rate("correlation") ?? .zero,
            totalRisk: reader.rate("total_risk") ?? .zero, total: share("total"),
            valueAtRisk: reader.rate("value_at_risk"), expectedShortfall: reader.rate("expected_shortfall"),
            grossExposure: reader.rate("gross_exposure"),
            diversificationRatio: reader.amount("diversification_ratio"), method: method,
            confidence: reader.rate("confidence") ?? .zero, draws: Int(reader.integer("draws") ?? 0),
            onBreach: onBreach,
            rebalance: reader.duration("rebalance") ?? .zero)
    }

    private mutating func unused(_ reader: SectionReader, _ key: String, _ text: String) {
        validator.warn(.unused, at: reader.location(key), path: reader.path.appending(key), text)
    }

    private func percent(_ rate: Rate) -> String { "\((rate.fraction * 1e4).rounded() / 100) %" }
}
