// SPDX-License-Identifier: Apache-2.0

import OrderAlgorithms
import Trading

extension ConfigurationDecoder {
    /// - Parameter strategy: The section that `execution` stands in.
    mutating func execution(_ strategy: SectionReader) -> ExecutionSettings {
        let reader = strategy.section("execution")
        var settings = slices(reader)
        let trailing = reader.section("trailing")
        checkTrailing(strategy, trailing)
        checkTimeframe(strategy, reader)
        settings.timeframe = reader.timeframe("timeframe")
        settings.hours = hours(reader)
        settings.atrMultiple = trailing.value("atr_multiple")?.number
        settings.atrPeriod = Int(trailing.integer("atr_period") ?? 14)
        settings.activation = trailing.rate("activation_percent")
        return settings
    }

    /// How something large becomes slices, of a strategy's entry or of an order.
    mutating func slices(_ reader: SectionReader) -> ExecutionSettings {
        let entry: ExecutionSettings.Entry = reader.chosen("entry")
        checkKeys(reader, entry)
        let offset = reader.rate("limit_offset_percent") ?? (entry == .iceberg ? .zero : nil)
        if reader.boolean("post_only"), offset == nil {
            report(reader, "post_only", "Market orders always take. Give 'limit_offset_percent', or remove this.")
        }
        return ExecutionSettings(
            entry: entry, pace: pace(reader, entry), display: reader.rate("display_percent"),
            style: offset.map { .passive($0, isPostOnly: reader.boolean("post_only")) } ?? .market,
            acceleration: acceleration(reader), completes: reader.boolean("complete"))
    }

    /// Keys that mean nothing for this kind of entry, and those that it cannot do without.
    private mutating func checkKeys(_ reader: SectionReader, _ entry: ExecutionSettings.Entry) {
        checkNeeds(reader, entry)
        let uses: [(key: String, entries: [ExecutionSettings.Entry])] = [
            ("slices", [.twap, .dca]), ("over", [.twap, .vwap]), ("every", [.dca]), ("drop_percent", [.dca]),
            ("curve", [.vwap]), ("participation_percent", [.vwap]), ("display_percent", [.iceberg]),
            ("limit_offset_percent", [.twap, .vwap, .iceberg, .dca]), ("post_only", [.twap, .vwap, .iceberg, .dca]),
            ("complete", [.twap, .vwap]), ("accelerate", [.twap, .vwap, .iceberg, .dca]),
        ]
        for (key, entries) in uses where reader.has(key) && !entries.contains(entry) {
            let names = entries.map { "'\($0.rawValue)'" }.joined(separator: ", ", last: " or ")
            report(
                reader, key, "It has no meaning for entries of kind '\(entry.rawValue)'. Remove it, or choose \(names)."
            )
        }
    }

    private mutating func checkNeeds(_ reader: SectionReader, _ entry: ExecutionSettings.Entry) {
        switch entry {
        case .market: break
        case .twap: need(reader, ["over"], "the time that an entry may take")
        case .vwap where reader.has("curve"):
            need(reader, ["over"], "the time that the curve covers")
            if reader.has("participation_percent") {
                report(reader, "curve", "Give either 'curve' or 'participation_percent'.")
            }
        case .vwap: need(reader, ["participation_percent"], "a share of the market's volume, or a 'curve' of it")
        case .iceberg: need(reader, ["display_percent"], "the share that is shown")
        case .dca: need(reader, ["every", "drop_percent"], "a time between parts, or 'drop_percent'")
        }
    }

    private mutating func need(_ reader: SectionReader, _ keys: [String], _ what: String) {
        guard !keys.contains(where: reader.has) else { return }
        let entry = reader.text("entry") ?? ""
        report(reader, keys[0], kind: .missingKey, "The key is missing; entries of kind '\(entry)' need \(what).")
    }

    private mutating func pace(_ reader: SectionReader, _ entry: ExecutionSettings.Entry) -> Pace? {
        let slices = Int(reader.integer("slices") ?? 10)
        switch entry {
        case .market, .iceberg: return nil
        case .twap: return reader.duration("over").map { .time(slices: slices, over: $0) }
        case .dca:
            let (every, drop) = (reader.duration("every"), reader.rate("drop_percent"))
            return every == nil && drop == nil ? nil : .averaging(slices: slices, every: every, drop: drop)
        case .vwap:
            if let share = reader.rate("participation_percent") {
                return .participation(share, over: reader.duration("over"))
            }
            guard let curve = reader.node?["curve"], let over = reader.duration("over") else { return nil }
            let weights = curve.elements.compactMap { (try? ValueType.decimal(.notNegative).value(of: $0))?.number }
            guard weights.contains(where: { $0 > 0 }) else {
                report(reader, "curve", kind: .outOfRange, "All of it is zero. At least one part must have volume.")
                return nil
            }
            return .volumeCurve(weights, over: over)
        }
    }

    private mutating func acceleration(_ reader: SectionReader) -> Acceleration? {
        guard let direction = reader.text("accelerate").flatMap(Acceleration.Direction.init(rawValue:)) else {
            for key in ["accelerate_percent", "accelerate_factor"] where reader.has(key) && !reader.has("accelerate") {
                report(reader, key, "It belongs to 'accelerate', which is not given. Give it, or remove this.")
            }
            return nil
        }
        guard let move = reader.rate("accelerate_percent") else {
            if !reader.has("accelerate_percent") {
                report(reader, "accelerate_percent", kind: .missingKey, "The key is missing; 'accelerate' needs it.")
            }
            return nil
        }
        let factor = reader.amount("accelerate_factor").map { Int64(clamping: $0.units / 1_000_000_000) }
        return Acceleration(direction, move: move, factor: Rate(units: factor ?? 2 * Rate.one))
    }

    mutating func hours(_ reader: SectionReader) -> TradingHours? {
        var hours: TradingHours?
        for element in reader.node?["trading_hours"]?.elements ?? [] {
            guard case .text(let text) = try? ValueType.text(.any).value(of: element) else { continue }
            do throws(TradingHoursError) {
                let more = try TradingHours(parsing: text)
                hours = hours?.union(more) ?? more
            } catch { report(reader, "trading_hours", kind: .notAllowed, error.description) }
        }
        return hours
    }

    private mutating func checkTrailing(_ strategy: SectionReader, _ trailing: SectionReader) {
        let hasPercent = strategy.section("risk_parameters").has("trailing_stop_percent")
        if trailing.has("atr_multiple"), hasPercent {
            report(
                trailing, "atr_multiple",
                "The distance is either this or risk_parameters.trailing_stop_percent. Remove one of them.")
        }
        if trailing.has("atr_period"), !trailing.has("atr_multiple") {
            report(trailing, "atr_period", "It belongs to 'atr_multiple', which is not given. Give it, or remove this.")
        }
        if trailing.has("activation_percent"), !trailing.has("atr_multiple"), !hasPercent {
            report(
                trailing, "activation_percent",
                "There is no trailing stop. Give 'atr_multiple' or risk_parameters.trailing_stop_percent.")
        }
    }

    private mutating func checkTimeframe(_ strategy: SectionReader, _ reader: SectionReader) {
        guard let finer = reader.timeframe("timeframe"), let own = strategy.timeframe("timeframe"),
            !own.isMultiple(of: finer)
        else { return }
        report(
            reader, "timeframe",
            "The strategy's bars of \(own) are not made of whole bars of \(finer). Choose finer ones.")
    }
}
