// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationDecoder {
    mutating func strategy(
        _ key: String, _ reader: SectionReader, sources: [SourceSettings], instruments: [InstrumentSettings],
        venues: [VenueSettings], external: [String]
    ) -> StrategySettings {
        let named = venues.first { $0.name == reader.text("venue") }
        let exchange =
            (reader.has("exchange") ? nil : named?.type.rawValue) ?? reader.text("exchange") ?? "generic"
        let preset: StrategySettings.Preset = reader.chosen("preset")
        let type = strategyType(reader)
        let markets = markets(reader, exchange: exchange, sources: sources, instruments: instruments)
        let hedge = hedge(
            reader.section("risk_parameters"), of: markets, exchange: exchange, instruments: instruments)
        let risk = risk(reader.section("risk_parameters"), hedge)
        for market in markets {
            guard let timeframe = reader.timeframe("timeframe"), let source = sources.source(of: market),
                let given = source.timeframe, !timeframe.isMultiple(of: given)
            else { continue }
            report(
                reader, "timeframe",
                "Bars of \(timeframe) are not made of whole bars of \(given), as data.sources.\(source.symbol) has them."
            )
        }
        for market in markets {
            let execution = reader.section("execution")
            guard let timeframe = execution.timeframe("timeframe"), let given = sources.source(of: market)?.timeframe,
                !timeframe.isMultiple(of: given)
            else { continue }
            report(execution, "timeframe", "Bars of \(timeframe) are not made of whole bars of \(given), the data's.")
        }
        if risk.leverage > Amount(whole: 1), let spot = markets.first(where: { $0.kind == .spot }) {
            report(
                reader.section("risk_parameters"), "leverage",
                "\(spot.written.inMessage) is a spot market, which has no leverage. Write 1, or name a perpetual.")
        }
        if type?.needsSize == true,
            !["max_position_size", "quantity"].contains(where: reader.section("risk_parameters").has)
        {
            report(
                reader, "risk_parameters", kind: .missingKey,
                "It must say how large a position may be: 'max_position_size' (money) or 'quantity'.")
        }
        checkPlacesOrders(reader)
        let venue = venueName(reader, exchange: exchange, venues: venues)
        let timeframe = reader.timeframe("timeframe") ?? .oneMinute
        let orders = markets.first.map { market in
            self.orders(
                reader,
                OrderSurroundings(
                    own: TradedMarket(market: market, venue: venue), exchange: exchange, timeframe: timeframe,
                    instruments: instruments, venues: venues, external: external))
        }
        let parameters = parameters(reader, type: type, preset: preset.rawValue)
        if let type, reader.boolean("enabled") {
            let candles = venues.first { $0.name == venue }?.candles
            checkBars(reader, type, parameters, markets.map { sources.source(of: $0)?.timeframe }, candles)
        }
        return StrategySettings(
            key: key, name: reader.text("name") ?? key, type: reader.text("type") ?? "", exchange: exchange,
            venue: venue, markets: markets, timeframe: timeframe, preset: preset,
            parameters: parameters, risk: risk,
            execution: execution(reader), orders: orders ?? [], capital: reader.amount("capital"),
            isEnabled: reader.boolean("enabled"))
    }

    /// Says what the bars of the data, where their length is configured, cannot serve.
    private mutating func checkBars(
        _ reader: SectionReader, _ type: StrategyTypeDescription, _ values: [String: ConfigurationValue],
        _ data: [Timeframe?], _ candles: Timeframe?
    ) {
        guard let own = reader.timeframe("timeframe"), validator.problems.isEmpty else { return }
        let settings = SectionReader(
            reader.node?["parameters"], type.parameters, path: reader.path.appending("parameters"),
            place: reader.location("parameters"))
        if let longest = data.compactMap({ $0 }).max(), let fault = type.checkBars(values, own, longest).first {
            report(settings, fault.parameter, fault.message)
        } else if let candles, let fault = type.checkBars(values, own, candles).first {
            // Backtests have data of their own.
            validator.warn(
                .conflict, at: settings.location(fault.parameter), path: settings.path.appending(fault.parameter),
                "On the venue's candles it cannot run. " + fault.message)
        }
    }

    private mutating func strategyType(_ reader: SectionReader) -> StrategyTypeDescription? {
        guard let name = reader.text("type"), let types = strategyTypes else { return nil }
        if let type = types.first(where: { $0.name == name }) { return type }
        let names = types.map(\.name).sorted()
        let near = Suggestion.nearest(to: name, among: names).map { " Did you mean '\($0)'?" } ?? ""
        report(
            reader, "type", kind: .notAllowed,
            "There is no type of strategy \(name.inMessage).\(near) Known are \(names.joined(separator: ", ", last: " and "))."
        )
        return nil
    }

    // MARK: - Parameters

    private mutating func parameters(
        _ reader: SectionReader, type: StrategyTypeDescription?, preset: String
    ) -> [String: ConfigurationValue] {
        let node = reader.node?["parameters"]
        guard let type else {
            let values = (node?.entries ?? []).map { ($0.key, Self.guessed($0.value)) }
            return Dictionary(values, uniquingKeysWith: { first, _ in first })
        }
        let path = reader.path.appending("parameters")
        if let node, node.isMap {
            // The general check has said where a value is a list or a map; here follows what this type allows.
            let scalars = ConfigurationNode(.map(node.entries.filter { $0.value.scalar != nil }), at: node.location)
            validator.check(scalars, as: .section(type.parameters), path: path, place: reader.location("parameters"))
        } else if node == nil {
            for parameter in type.parameters where parameter.isRequired {
                report(
                    reader, "parameters", kind: .missingKey,
                    "The parameter '\(parameter.name)' is missing; expected \(parameter.type.expectation).")
            }
        }
        let settings = SectionReader(node, type.parameters, path: path, place: reader.location("parameters"))
        var values: [String: ConfigurationValue] = [:]
        for parameter in type.parameters {
            let name = parameter.name
            if !settings.has(name), let text = type.presets[preset]?[name] {
                let node = ConfigurationNode(.scalar(.init(text: text, isQuoted: false)), at: reader.place)
                guard let value = try? parameter.type.value(of: node) else {
                    preconditionFailure("the preset '\(preset)' of \(type.name) does not fit its parameter '\(name)'")
                }
                values[name] = value
            } else {
                values[name] = settings.value(name)
            }
        }
        guard !validator.problems.contains(where: { $0.path == path || $0.path.hasPrefix(path + ".") }) else {
            return values
        }
        for fault in type.check(values) { report(settings, fault.parameter, fault.message) }
        return values
    }

    /// A value whose type nobody declared, by what it looks like.
    private static func guessed(_ node: ConfigurationNode) -> ConfigurationValue {
        guard let scalar = node.scalar else { return .text("") }
        if !scalar.isQuoted {
            for type in [ValueType.boolean, .integer(.min ... .max), .decimal(.any)] {
                if let value = try? type.value(of: node) { return value }
            }
        }
        return .text(scalar.text)
    }

    // MARK: - Risk

    private mutating func risk(_ reader: SectionReader, _ hedge: HedgeSettings?) -> RiskSettings {
        var size: RiskSettings.Size? = nil
        if let amount = reader.amount("max_position_size") {
            size = reader.text("size_basis") == "margin" ? .margin(amount) : .notional(amount)
            if reader.has("quantity") {
                report(reader, "quantity", "Give either 'max_position_size' (money) or 'quantity'.")
            }
        } else if let quantity = reader.amount("quantity") {
            size = .quantity(quantity)
        }
        if reader.has("size_basis"), !reader.has("max_position_size") {
            report(
                reader, "size_basis",
                "It says what 'max_position_size' counts, which is not given. Give it, or remove this.")
        }
        let stop = reader.rate("stop_loss_percent")
        if stop == .zero {
            report(
                reader, "stop_loss_percent", kind: .outOfRange,
                "Found 0, which would close every position at once. Remove it, or give a distance.")
        }
        return RiskSettings(
            size: size, leverage: reader.amount("leverage") ?? Amount(whole: 1),
            stopLoss: stop.map { Rate(units: abs($0.units)) }, takeProfit: reader.rate("take_profit_percent"),
            trailingStop: reader.rate("trailing_stop_percent"), sizing: sizing(reader.section("sizing")),
            dynamicLeverage: dynamicLeverage(reader), hedge: hedge)
    }

    // MARK: - Markets

    private mutating func markets(
        _ reader: SectionReader, exchange: String, sources: [SourceSettings], instruments: [InstrumentSettings]
    ) -> [ResolvedMarket] {
        var written: [(name: String, place: SourceLocation, path: String)] = []
        let path = reader.path.appending("markets")
        switch (reader.has("market"), reader.has("markets")) {
        case (true, true): report(reader, "markets", "Give either 'market' or 'markets'.")
        case (false, false):
            report(reader, "market", kind: .missingKey, "The key is missing; expected 'market' or 'markets'.")
        case (true, false):
            if let name = reader.text("market"), let node = reader.node?["market"] {
                written = [(name, node.location, reader.path.appending("market"))]
            }
        case (false, true):
            guard let node = reader.node?["markets"] else { break }
            if node.scalar?.text == "all" {
                written = sources.map { ($0.symbol, node.location, path) }
                if written.isEmpty {
                    report(
                        reader, "markets", "'all' means every market of data.sources, which is empty. Name a source.")
                }
            }
            for (index, element) in node.elements.enumerated() {
                guard case .text(let name) = try? ValueType.text(.symbol).value(of: element) else { continue }
                written.append((name, element.location, path.appending("\(index)")))
            }
        }
        guard !validator.problems.contains(where: { $0.path == reader.path.appending("exchange") }) else { return [] }
        var markets: [ResolvedMarket] = []
        for market in written {
            do throws(SymbolError) {
                let found = try resolve(market.name, exchange: exchange, instruments: instruments)
                if let other = markets.first(where: { $0.unified == found.unified }) {
                    validator.report(
                        .conflict, at: market.place, path: market.path,
                        "\(found.written.inMessage) is the same market as \(other.written.inMessage). Remove one of them."
                    )
                }
                markets.append(found)
            } catch {
                validator.report(.notAllowed, at: market.place, path: market.path, error.description)
            }
        }
        return markets.sorted { $0.unified < $1.unified }
    }

    /// The market, as the symbol map knows it and as `instruments` describes it.
    func resolve(
        _ name: String, exchange: String, instruments: [InstrumentSettings]
    ) throws(SymbolError) -> ResolvedMarket {
        let mapped = Result { () throws(SymbolError) in try SymbolMap.resolve(exchange: exchange, market: name) }
        let known = try? mapped.get()
        let described =
            instruments.first { $0.symbol == name } ?? instruments.first { known?.isNamed($0.symbol) ?? false }
        guard let described, let base = described.base ?? known?.base, let quote = described.quote ?? known?.quote
        else {
            if let plain = unnamedQuote(name, exchange: exchange) { return plain }
            return try mapped.get()
        }
        let kind = described.kind ?? known?.kind ?? .spot
        let isAsMapped = kind == known?.kind && quote == known?.quote
        let settlement =
            described.settlement ?? (isAsMapped ? known?.settlement : nil)
            ?? (kind == .inversePerpetual ? base : quote)
        var unified = kind == .spot ? "\(base)/\(quote)" : "\(base)/\(quote):\(settlement)"
        if let expiry = described.expiry { unified += "-\(CivilDate(daysSinceEpoch: expiry.dayNumber))" }
        if kind == .option, let strike = described.strike {
            unified += "-\(strike)-\(described.optionType?.rawValue ?? "")"
        }
        return ResolvedMarket(
            exchange: exchange, written: name, symbol: known?.symbol ?? name, unified: unified, base: base,
            quote: quote, settlement: settlement, kind: kind)
    }

    /// A plain name that says nothing of a quote asset, such as `AAPL`: spot in the base currency, where one is given.
    private func unnamedQuote(_ name: String, exchange: String) -> ResolvedMarket? {
        guard exchange == "generic", let quote = document.root["account"]?["base_currency"]?.scalar?.text,
            name != quote, !name.isEmpty, name.utf8.allSatisfy(\.isLetterOrDigit),
            (try? SymbolMap.resolve(exchange: exchange, market: name)) == nil
        else { return nil }
        return ResolvedMarket(
            exchange: exchange, written: name, symbol: name, unified: "\(name)/\(quote)", base: name, quote: quote,
            settlement: quote, kind: .spot)
    }
}
