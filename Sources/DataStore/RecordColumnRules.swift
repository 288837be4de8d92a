// SPDX-License-Identifier: Apache-2.0

internal import MarketData

/// How one column of a series is read from a CSV file.
struct RecordColumnRule {
    let column: SeriesColumn
    /// The column of the file; `nil` where it has none and the default stands.
    let source: Int?
    /// The name in the file, by which some columns choose how they are read.
    let name: String

    var expects: String {
        switch column.name {
        case "aggressor", "side": "side (buy, sell, bid, ask, true or false)"
        case "action": "event (created, changed or deleted)"
        case "period": "length of time"
        default: column.unit == .nanoseconds ? "time" : "number"
        }
    }

    func parse(_ field: FieldBytes) -> SeriesTableBuilder.Field? {
        switch column.name {
        case "aggressor": return aggressor(field)
        case "side": return word(field, ["bid": 1, "buy": 1, "b": 1, "1": 1, "ask": 2, "sell": 2, "s": 2, "2": 2])
        case "action":
            return word(field, ["created": 1, "changed": 2, "deleted": 3, "1": 1, "2": 2, "3": 3])
        case "flags" where name == "kind": return word(field, ["snapshot": 1, "delta": 2])
        case "period":
            guard let number = ExactDecimal(parsing: field), let whole = number.units(at: 0), whole >= 0 else {
                return nil
            }
            let unit: Int64 = name.hasSuffix("hours") ? 3_600_000_000_000 : 1
            let (length, overflow) = whole.multipliedReportingOverflow(by: unit)
            return overflow ? nil : .integer(length)
        default: break
        }
        switch column.unit {
        case .nanoseconds: return parseTime(field).map { .integer($0.nanoseconds) }
        case .price, .rate: return ExactDecimal(parsing: field).map { .decimal($0) }
        case .quantity:
            guard let number = ExactDecimal(parsing: field), number.significand >= 0 else { return nil }
            return .decimal(number)
        case .integer:
            guard let number = ExactDecimal(parsing: field), number.decimals == 0 else { return nil }
            if let id = UInt64(exactly: number.significand) { return .integer(Int64(bitPattern: id)) }
            return Int64(exactly: number.significand).map { .integer($0) }
        }
    }

    /// The side that crossed the spread: where the buyer was the maker, the seller did.
    private func aggressor(_ field: FieldBytes) -> SeriesTableBuilder.Field? {
        if name == "is_buyer_maker" || name == "m" {
            return word(field, ["1": 2, "true": 2, "0": 1, "false": 1])
        }
        return word(field, ["buy": 1, "buyer": 1, "b": 1, "1": 1, "sell": 2, "seller": 2, "s": 2, "2": 2, "0": 0])
    }

    private func word(_ field: FieldBytes, _ values: [String: Int64]) -> SeriesTableBuilder.Field? {
        values[String(decoding: field, as: UTF8.self).lowercased()].map { .integer($0) }
    }
}

/// Which columns a file must have for each kind, and the names they are known by. The name that the store itself
/// writes comes first.
enum RecordColumnRules {
    private static let receiveTimeNames = ["receive_time", "receive_time_ms", "recv_time", "recv_time_ms"]

    private static func names(_ column: SeriesColumn) -> [String] {
        switch column.name {
        case "time":
            [
                "time", "exchange_timestamp", "time_ms", "funding_time_ms", "funding_time", "calc_time",
                "transact_time", "timestamp", "datetime", "date",
            ] + receiveTimeNames
        case "receive_time": receiveTimeNames
        case "quantity": ["quantity", "qty", "amount", "size", "volume", "open_interest", "sum_open_interest"]
        case "price": ["price", "mark_price", "index_price", "close"]
        case "trade_id": ["trade_id", "agg_trade_id", "id"]
        case "aggressor": ["aggressor", "is_buyer_maker", "side"]
        case "rate": ["rate", "funding_rate", "last_funding_rate"]
        case "period": ["period", "funding_interval_hours"]
        case "order_id": ["order_id", "id"]
        case "action": ["action", "event"]
        case "side": ["side", "direction"]
        case "flags": ["flags", "kind"]
        default: [column.name]
        }
    }

    private static let optional: Set<String> = ["trade_id", "aggressor", "period", "sequence", "flags"]

    static func match(
        kind: SeriesKind, names fileNames: [String], file: String, row: Int
    ) throws(ImportError) -> [RecordColumnRule] {
        let found = fileNames.map(CSVLayout.normalised)
        var rules: [RecordColumnRule] = []
        for column in kind.columns {
            let known = names(column)
            var source = known.lazy.compactMap { found.firstIndex(of: $0) }.first
            if column.name == "receive_time" {
                // Bitstamp's recorders call it so beside the venue's time. Where there is none, it is the venue's.
                if source == nil, found.contains("exchange_timestamp") { source = found.firstIndex(of: "timestamp") }
                source =
                    source
                    ?? names(SeriesColumn("time", .nanoseconds)).lazy
                    .compactMap { found.firstIndex(of: $0) }.first
            }
            guard let source else {
                guard optional.contains(column.name) else {
                    throw ImportError(
                        .header, file: file, row: row, column: column.name,
                        problem: "the header names no such column"
                            + " (it has \(printable(fileNames.joined(separator: ", ").utf8)))",
                        advice: "Name it \(known.prefix(4).joined(separator: ", ")).")
                }
                rules.append(RecordColumnRule(column: column, source: nil, name: ""))
                continue
            }
            rules.append(RecordColumnRule(column: column, source: source, name: found[source]))
        }
        return rules
    }

    /// The column by which a repeated row is known; `nil` where rows may repeat.
    static func identityColumn(of kind: SeriesKind) -> Int? {
        switch kind {
        case .trades: 4
        case .bars, .fundingRates, .openInterest, .markPrices, .indexPrices: 0
        case .quotes, .bookDeltas, .bookOrderEvents: nil
        }
    }
}
