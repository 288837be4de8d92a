// SPDX-License-Identifier: Apache-2.0

import Trading

extension InstrumentSettings {
    /// An instrument of which the configuration says nothing.
    init(defaultsFor symbol: String, simulation: SimulationSettings) {
        self.init(
            symbol: symbol, kind: nil, base: nil, quote: nil, settlement: nil, priceDecimals: nil,
            quantityDecimals: nil,
            rules: [
                Rules(
                    from: .distantPast, tickSize: nil, lotSize: nil, significantFigures: nil, minimumQuantity: .zero,
                    minimumNotional: nil)
            ], multiplier: Amount(whole: 1), expiry: nil, strike: nil, optionType: nil, makerFee: simulation.makerFee,
            takerFee: simulation.takerFee, liquidationFee: .zero, marginTiers: [])
    }
}

extension ConfigurationDecoder {
    mutating func instrument(
        _ symbol: String, _ reader: SectionReader, simulation: SimulationSettings
    ) -> InstrumentSettings {
        let kind: MarketKind? = reader.choice("kind")
        checkKind(kind, reader)
        checkDecimals(reader)
        if let base = reader.text("base"), base == reader.text("quote") {
            report(reader, "quote", "Base and quote are the same asset, \(base).")
        }
        return InstrumentSettings(
            symbol: symbol, kind: kind, base: reader.text("base"), quote: reader.text("quote"),
            settlement: reader.text("settlement"), priceDecimals: reader.integer("price_decimals").map { Int($0) },
            quantityDecimals: reader.integer("quantity_decimals").map { Int($0) }, rules: rules(reader),
            multiplier: reader.amount("multiplier") ?? Amount(whole: 1), expiry: reader.time("expiry"),
            strike: reader.amount("strike"), optionType: reader.choice("option_type"),
            makerFee: reader.rate("maker_fee") ?? simulation.makerFee,
            takerFee: reader.rate("taker_fee") ?? simulation.takerFee,
            liquidationFee: reader.rate("liquidation_fee") ?? .zero, marginTiers: marginTiers(reader))
    }

    private mutating func checkKind(_ kind: MarketKind?, _ reader: SectionReader) {
        let needed: [String] =
            switch kind {
            case .future: ["expiry"]
            case .option: ["expiry", "strike", "option_type"]
            case .spot, .linearPerpetual, .inversePerpetual, nil: []
            }
        for key in needed where !reader.has(key) {
            report(reader, key, kind: .missingKey, "An instrument of the kind '\(kind?.rawValue ?? "")' needs it.")
        }
        for key in ["expiry", "strike", "option_type"] where reader.has(key) && !needed.contains(key) {
            let name = kind.map { "An instrument of the kind '\($0.rawValue)'" } ?? "An instrument without 'kind'"
            report(
                reader, key,
                "\(name) has none. Write 'kind: \(key == "expiry" ? "future' or 'kind: option" : "option")', or remove it."
            )
        }
        if kind == .spot, reader.has("margin_tiers") {
            report(reader, "margin_tiers", "A spot market has no margin tiers. Remove them.")
        }
        if kind == .spot, let settlement = reader.text("settlement"), let quote = reader.text("quote"),
            settlement != quote
        {
            report(reader, "settlement", "A spot market settles in its quote asset, \(quote). Remove it.")
        }
    }

    /// Tick and lot sizes fit into the decimals that are kept.
    private mutating func checkDecimals(_ reader: SectionReader) {
        for section in [reader] + reader.elements("rules") {
            for (size, decimals) in [
                ("tick_size", "price_decimals"), ("lot_size", "quantity_decimals"),
                ("minimum_quantity", "quantity_decimals"),
            ] {
                guard let kept = reader.integer(decimals), (0...18).contains(kept), section.has(size),
                    let amount = section.amount(size),
                    amount.units % Int128(DecimalText.powerOfTen(18 - Int(kept))) != 0
                else { continue }
                report(section, size, "\(amount) does not fit '\(decimals): \(kept)'. Keep more decimals.")
            }
        }
    }

    private mutating func rules(_ reader: SectionReader) -> [InstrumentSettings.Rules] {
        func changed(_ before: InstrumentSettings.Rules?, by reader: SectionReader, from: Timestamp)
            -> InstrumentSettings.Rules
        {
            func value(_ key: String, _ old: Amount?) -> Amount? { reader.has(key) ? reader.amount(key) : old }
            return .init(
                from: from, tickSize: value("tick_size", before?.tickSize), lotSize: value("lot_size", before?.lotSize),
                significantFigures: reader.has("significant_figures")
                    ? reader.integer("significant_figures").map { Int($0) } : before?.significantFigures,
                minimumQuantity: value("minimum_quantity", before?.minimumQuantity) ?? .zero,
                minimumNotional: value("minimum_notional", before?.minimumNotional))
        }
        var rules = [changed(nil, by: reader, from: .distantPast)]
        let dated = reader.elements("rules").compactMap { element in element.time("from").map { ($0, element) } }
        for (from, element) in dated.sorted(by: { $0.0 < $1.0 }) {
            if rules.last?.from == from {
                report(element, "from", "There are two entries for \(from). Write them as one.")
            }
            rules.append(changed(rules.last, by: element, from: from))
        }
        return rules
    }

    private mutating func marginTiers(_ reader: SectionReader) -> [InstrumentSettings.MarginTier] {
        var tiers: [InstrumentSettings.MarginTier] = []
        let elements = reader.elements("margin_tiers")
        for (index, element) in elements.enumerated() {
            guard let maintenance = element.rate("maintenance_rate"), let leverage = element.amount("maximum_leverage")
            else { continue }
            let limit = element.amount("up_to_notional")
            if limit == nil, index < elements.count - 1 {
                report(element, "up_to_notional", kind: .missingKey, "Only the last tier may leave it out.")
            }
            if let limit, let before = tiers.last?.upToNotional, limit <= before {
                report(
                    element, "up_to_notional",
                    "\(limit) is not above the tier before, \(before). Write the smallest first.")
            }
            // Initial margin is 1 / leverage; a position must not begin below its maintenance margin.
            if let initial = maintenance.of(leverage), initial > Amount(whole: 1) {
                report(
                    element, "maintenance_rate",
                    "At leverage \(leverage) a position begins with less margin than \(maintenance) of its value. Lower one of them."
                )
            }
            tiers.append(.init(upToNotional: limit, maintenanceRate: maintenance, maximumLeverage: leverage))
        }
        return tiers
    }

    mutating func warnOfUnused(_ sections: [(key: String, reader: SectionReader)], strategies: [StrategySettings]) {
        let markets = strategies.flatMap(\.needed).map(\.market)
        let written = Set(markets.map(\.written))
        for (symbol, reader) in sections
        where !written.contains(symbol) && !markets.contains(where: { $0.isNamed(symbol) }) {
            validator.warn(
                .unused, at: reader.place, path: reader.path,
                "No strategy trades this market, so that it has no effect.")
        }
    }
}
