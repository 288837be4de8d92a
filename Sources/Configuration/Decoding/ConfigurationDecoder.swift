// SPDX-License-Identifier: Apache-2.0

import Trading

/// Turns a document into values, and checks what the schema cannot say: settings that depend on each other.
struct ConfigurationDecoder {
    let document: ConfigurationDocument
    let strategyTypes: [StrategyTypeDescription]?
    var validator = SchemaValidator()

    init(document: ConfigurationDocument, strategyTypes: [StrategyTypeDescription]?) {
        self.document = document
        self.strategyTypes = strategyTypes
    }

    /// The values; they mean something only where `validator` has no problems afterwards.
    mutating func decode() -> ApusConfiguration {
        let top = SourceLocation(file: document.file, line: 1, column: 1)
        validator.check(document.root, as: ConfigurationSchema.root, path: "", place: top)
        let root = SectionReader(document.root, ConfigurationSchema.sections, path: "", place: top)
        let data = data(root.section("data"))
        let simulation = simulation(root.section("simulation"))
        let instruments = root.sections("instruments").map {
            instrument($0.key, $0.reader, simulation: simulation)
        }
        let venues = root.sections("venues").map { venue($0.key, $0.reader) }
        checkVenues(venues, root.sections("venues"))
        let series = root.sections("external").map { external($0.key, $0.reader, store: data.store) }
        let strategies = root.sections("strategies").map {
            strategy(
                $0.key, $0.reader, sources: data.sources, instruments: instruments, venues: venues,
                external: series.map(\.name))
        }
        let account = account(root.section("account"), strategies: strategies)
        warnOfUnused(root.sections("instruments"), strategies: strategies)
        let report = root.section("report")
        return ApusConfiguration(
            account: account, data: data, external: series, simulation: simulation, instruments: instruments,
            strategies: strategies, venues: venues, live: live(root.section("live")),
            limits: limits(root.section("limits"), strategies: strategies), risk: breakers(root.section("risk")),
            liquidation: liquidation(root.section("risk")),
            portfolio: portfolio(root.section("portfolio")),
            promotion: promotion(root.section("promotion")),
            validation: validation(root.section("validation")), logging: logging(root.section("logging")),
            report: ReportSettings(
                title: report.text("title"), htmlFile: report.text("html"), jsonFile: report.text("json"),
                fillsFile: report.text("fills")))
    }

    /// Reports settings that do not go together, unless the key or its section has a problem already.
    mutating func report(
        _ reader: SectionReader, _ key: String, kind: ConfigurationProblem.Kind = .conflict, _ message: String
    ) {
        let path = reader.path.appending(key)
        guard !validator.problems.contains(where: { $0.path == path || $0.path == reader.path }) else { return }
        validator.report(kind, at: reader.location(key), path: path, message)
    }

    private mutating func account(_ reader: SectionReader, strategies: [StrategySettings]) -> AccountSettings {
        let first = strategies.filter(\.isEnabled).flatMap(\.markets).min { $0.unified < $1.unified }
        let isInverse = first.map { $0.settlement == $0.base } ?? false
        let baseCurrency =
            reader.text("base_currency") ?? (isInverse ? first?.quote : first?.settlement) ?? "USDT"
        var balances = amounts(reader.node?["balances"])
        if balances.isEmpty { balances = [AssetBalance(asset: baseCurrency, amount: Amount(whole: 10_000))] }
        if let first, isInverse, !reader.has("balances") {
            report(
                reader, "balances", kind: .missingKey,
                "\(first.written.inMessage) settles in \(first.settlement): say how much of it the account holds.")
        }
        return AccountSettings(
            baseCurrency: baseCurrency, balances: balances,
            positionMode: reader.chosen("position_mode"),
            marginMode: reader.chosen("margin_mode"), allowsBorrowing: reader.boolean("borrowing"),
            conversionRates: conversionRates(reader))
    }

    func amounts(_ node: ConfigurationNode?) -> [AssetBalance] {
        (node?.entries ?? []).sorted { $0.key < $1.key }.compactMap { entry in
            guard case .decimal(let amount) = try? ValueType.decimal(.any).value(of: entry.value) else { return nil }
            return AssetBalance(asset: entry.key, amount: amount)
        }
    }

    private mutating func conversionRates(_ reader: SectionReader) -> [ConversionRate] {
        var rates = amounts(reader.node?["conversion_rates"]).map {
            ConversionRate(asset: $0.asset, from: .distantPast, rate: $0.amount)
        }
        for entry in (reader.node?["conversion_rates"]?.entries ?? []).sorted(by: { $0.key < $1.key }) {
            let list = SectionReader(
                ConfigurationNode(.map([entry]), at: entry.value.location),
                [
                    KeyDescription(
                        entry.key, Self.dated(reader.keys), "")
                ], path: reader.path.appending("conversion_rates"), place: entry.keyLocation)
            var dated: [ConversionRate] = []
            for element in list.elements(entry.key) {
                guard let from = element.time("from"), let rate = element.amount("rate") else { continue }
                if dated.contains(where: { $0.from == from }) {
                    report(element, "from", "There are two rates for \(from). Remove one of them.")
                }
                dated.append(ConversionRate(asset: entry.key, from: from, rate: rate))
            }
            rates += dated.sorted { $0.from < $1.from }
        }
        return rates.sorted { ($0.asset, $0.from) < ($1.asset, $1.from) }
    }

    /// The type of a list of dated rates.
    private static func dated(_ keys: [KeyDescription]) -> ValueType {
        guard case .map(_, let value, _) = keys.first(where: { $0.name == "conversion_rates" })?.type else {
            preconditionFailure("the schema has no map of conversion rates")
        }
        return value
    }

    private mutating func data(_ reader: SectionReader) -> DataSettings {
        let (from, to) = (reader.time("from"), reader.time("to"))
        if let from, let to, from >= to {
            report(reader, "to", "\(to) is not after data.from, \(from).")
        }
        let sources = reader.sections("sources").map { source($0.key, $0.reader) }
        return DataSettings(
            store: reader.text("store") ?? "./apus-data", sources: sources,
            maximumMissingShare: reader.rate("maximum_missing_share") ?? .zero,
            overridesGaps: reader.boolean("override_gaps"), from: from, to: to)
    }

    private mutating func validation(_ reader: SectionReader) -> ValidationSettings {
        let split = reader.time("out_of_sample_from")
        if let split, split.nanoseconds % TimeSpan.days(1).nanoseconds != 0 {
            report(
                reader, "out_of_sample_from",
                "\(split) is not the beginning of a UTC day, and returns are counted by days. Write a date.")
        }
        return ValidationSettings(outOfSampleFrom: split)
    }

    private mutating func source(_ symbol: String, _ reader: SectionReader) -> SourceSettings {
        let detail = reader.section("detail")
        var finer: SourceSettings.Detail? = nil
        if let file = detail.text("file"), let timeframe = detail.timeframe("timeframe") {
            finer = .init(file: file, timeframe: timeframe)
            if let whole = reader.timeframe("timeframe"), whole == timeframe || !whole.isMultiple(of: timeframe) {
                report(detail, "timeframe", "Bars of \(whole) are not made of whole bars of \(timeframe).")
            }
        }
        if reader.has("stamp"), !reader.has("file") {
            report(reader, "stamp", "There is no file whose times it could describe. Give 'file' too.")
        }
        return SourceSettings(
            symbol: symbol, file: reader.text("file"), timeframe: reader.timeframe("timeframe"),
            stamp: reader.choice("stamp"), venue: reader.text("venue"), detail: finer,
            fundingFile: reader.text("funding"))
    }

    private mutating func simulation(_ reader: SectionReader) -> SimulationSettings {
        let fill: SimulationSettings.Fill = reader.chosen("fill")
        var latency = reader.duration("latency") ?? .zero
        switch fill {
        case .sameClose:
            if reader.has("latency"), latency > .zero {
                report(reader, "latency", "With 'fill: same_close' there is no latency. Remove it, or use next_open.")
            }
            latency = .zero
        case .nextOpen:
            if latency == .zero {
                report(
                    reader, "latency",
                    "It must be above zero: no order arrives at once. 'fill: same_close' asks for fills at the signal's own bar."
                )
            }
        }
        var volumeLimit: Rate? = Rate(units: Rate.one)
        switch reader.value("volume_limit") {
        case .rate(let rate): volumeLimit = rate
        case .text: volumeLimit = nil
        default: break
        }
        return SimulationSettings(
            fill: fill, latency: latency, intrabar: reader.chosen("intrabar"), volumeLimit: volumeLimit,
            limitTouch: reader.chosen("limit_touch"), slippage: slippage(reader.section("slippage")),
            makerFee: reader.rate("maker_fee") ?? .zero, takerFee: reader.rate("taker_fee") ?? .zero,
            chargesFunding: reader.boolean("funding"), liquidates: reader.boolean("liquidation"),
            belowMinimum: reader.chosen("below_minimum"), seed: UInt64(max(0, reader.integer("seed") ?? 0)))
    }

    private mutating func slippage(_ reader: SectionReader) -> SimulationSettings.Slippage {
        let model = reader.text("model") ?? "none"
        let uses = [
            "constant": ["ticks", "percent"], "volume_share": ["impact"],
            "square_root": ["impact", "volatility_window"],
        ]
        let used = uses[model] ?? []
        for key in ["ticks", "percent", "impact", "volatility_window"] where reader.has(key) && !used.contains(key) {
            let with = uses.filter { $0.value.contains(key) }.map(\.key).sorted()
            report(
                reader, key,
                "It has no effect with 'model: \(model)'. Remove it, or use \(with.joined(separator: ", ", last: " or "))."
            )
        }
        switch model {
        case "constant":
            switch (reader.integer("ticks"), reader.rate("percent")) {
            case (let ticks?, nil): return .ticks(ticks)
            case (nil, let percent?): return .share(percent)
            case (.some, .some):
                report(reader, "percent", "Give either 'ticks' or 'percent'.")
            case (nil, nil):
                if !reader.has("ticks"), !reader.has("percent") {
                    report(reader, "model", kind: .missingKey, "'model: constant' needs 'ticks' or 'percent'.")
                }
            }
        case "volume_share", "square_root":
            guard let impact = reader.amount("impact") else {
                if !reader.has("impact") {
                    report(reader, "model", kind: .missingKey, "'model: \(model)' needs 'impact'.")
                }
                return .none
            }
            return model == "volume_share"
                ? .volumeShare(impact: impact)
                : .squareRoot(impact: impact, volatilityWindow: Int(reader.integer("volatility_window") ?? 100))
        default: break
        }
        return .none
    }
}
