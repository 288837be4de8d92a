// SPDX-License-Identifier: Apache-2.0

import JSON
import Trading

/// Why a line is no message of this protocol.
public struct ControlSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// The lines that go over the socket: one JSON object each, a request and then its answer.
public enum ControlProtocol {
    public static let version: Int64 = 1
    /// Bytes of a request, and of an answer.
    public static let maximumRequest = 4096
    public static let maximumAnswer = 1 << 20

    public static func encode(_ request: ControlRequest) -> [UInt8] {
        line {
            $0.string("command", request.name)
            if case .kill(let flatten) = request { $0.bool("flatten", flatten) }
            if case .feature(let name, _) = request { $0.string("feature", name) }
            if case .observe(let series, let value) = request {
                $0.string("series", series)
                $0.key("value")
                $0.numberText("\(value)")
            }
        }
    }

    public static func decodeRequest(_ line: [UInt8]) throws(ControlSyntaxError) -> ControlRequest {
        let value = try object(line)
        guard let name = value["command"]?.string else { throw ControlSyntaxError("The request names no command.") }
        switch name {
        case "status": return .status
        case "findings": return .findings
        case "pause": return .pause
        case "resume": return .resume
        case "drain": return .drain
        case "stop": return .stop
        case "enable", "disable":
            guard let feature = value["feature"]?.string, !feature.isEmpty, feature.utf8.count <= 60 else {
                throw ControlSyntaxError("'\(name)' names no feature.")
            }
            return .feature(feature, isOn: name == "enable")
        case "observe":
            guard let series = value["series"]?.string, !series.isEmpty, series.utf8.count <= 60 else {
                throw ControlSyntaxError("'observe' names no series.")
            }
            guard let number = value["value"]?.number, number.isFinite else {
                throw ControlSyntaxError("'observe' has no finite value.")
            }
            return .observe(series: series, value: number)
        case "kill":
            // Whoever does not say clearly what is meant gets neither.
            guard let flatten = value["flatten"] else { return .kill(flatten: false) }
            guard let flag = flatten.bool else { throw ControlSyntaxError("'flatten' is neither true nor false.") }
            return .kill(flatten: flag)
        default: throw ControlSyntaxError("There is no command '\(name.prefix(40))'.")
        }
    }

    public static func encode(_ answer: ControlAnswer) -> [UInt8] {
        line { writer in
            switch answer {
            case .done(let text): writer.string("done", text)
            case .refused(let text): writer.string("refused", text)
            case .status(let status):
                writer.key("status")
                write(status, to: &writer)
            case .findings(let findings):
                writer.key("findings")
                writer.array { list in
                    for finding in findings {
                        list.object {
                            $0.string("time", finding.time.description)
                            $0.string("component", finding.component)
                            $0.string("text", finding.text)
                            $0.bool("resolved", finding.isResolved)
                        }
                    }
                }
            }
        }
    }

    public static func decodeAnswer(_ line: [UInt8]) throws(ControlSyntaxError) -> ControlAnswer {
        let value = try object(line)
        if let text = value["done"]?.string { return .done(text) }
        if let text = value["refused"]?.string { return .refused(text) }
        if let status = value["status"], status.kind == .object { return .status(try decodeStatus(status)) }
        if let findings = value["findings"], findings.kind == .array {
            var result: [ControlFinding] = []
            for finding in findings.elements {
                result.append(
                    ControlFinding(
                        time: try time(finding, "time"), component: try text(finding, "component"),
                        text: try text(finding, "text"), isResolved: finding["resolved"]?.bool ?? false))
            }
            return .findings(result)
        }
        throw ControlSyntaxError("The answer holds nothing that is understood.")
    }

    /// A status as compact JSON, the same as on the wire.
    public static func json(_ status: ControlStatus) -> String {
        var writer = JSONWriter()
        write(status, to: &writer)
        return writer.text
    }

    private static func line(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object {
            $0.integer("version", version)
            body(&$0)
        }
        return writer.bytes + [10]
    }

    private static func object(_ line: [UInt8]) throws(ControlSyntaxError) -> JSONValue {
        let value: JSONValue
        do throws(JSONError) { value = try JSON.parse(line) } catch { throw ControlSyntaxError("\(error)") }
        guard value.kind == .object else { throw ControlSyntaxError("The line is no JSON object.") }
        guard let version = value["version"]?.integer else { throw ControlSyntaxError("The line has no version.") }
        guard version == Self.version else {
            throw ControlSyntaxError(
                "The other side speaks version \(version) of this protocol, not \(Self.version). Use the same program.")
        }
        return value
    }
}

// MARK: - Status

extension ControlProtocol {
    private static func write(_ status: ControlStatus, to writer: inout JSONWriter) {
        writer.object {
            $0.string("instance", status.instance)
            $0.integer("pid", status.processID)
            $0.string("mode", status.mode)
            $0.string("state", status.state)
            $0.key("pauses")
            $0.array { for pause in status.pauses { $0.string(pause) } }
            $0.string("startedAt", status.startedAt.description)
            $0.string("time", status.time.description)
            $0.string("baseCurrency", status.baseCurrency)
            if let equity = status.equity { $0.string("equity", equity.description) }
            if let profit = status.profit { $0.string("profit", profit.description) }
            $0.key("positions")
            $0.array { list in
                for position in status.positions {
                    list.object {
                        $0.string("venue", position.venue)
                        $0.string("market", position.market)
                        $0.string("quantity", position.quantity)
                        if let price = position.entryPrice { $0.string("entryPrice", price) }
                        if let profit = position.profit { $0.string("profit", profit.description) }
                    }
                }
            }
            $0.key("profits")
            $0.array { list in for profit in status.profits { list.object { write(profit, to: &$0) } } }
            if let portfolio = status.portfolio {
                $0.key("portfolio")
                $0.object { write(portfolio, to: &$0) }
            }
            $0.integer("openOrders", status.openOrders)
            $0.key("orders")
            $0.array { list in for order in status.orders { list.object { write(order, to: &$0) } } }
            $0.key("algorithms")
            $0.array { list in for algorithm in status.algorithms { list.object { write(algorithm, to: &$0) } } }
            $0.key("links")
            $0.array { list in
                for link in status.links {
                    list.object {
                        $0.string("venue", link.venue)
                        $0.string("state", link.state)
                        if let silence = link.silence { $0.integer("silenceNanoseconds", silence.nanoseconds) }
                    }
                }
            }
            if let age = status.lastBarAge { $0.integer("lastBarAgeNanoseconds", age.nanoseconds) }
            if let latency = status.latency {
                $0.key("latency")
                $0.object {
                    $0.integer("count", latency.count)
                    $0.integer("p50Nanoseconds", latency.median.nanoseconds)
                    $0.integer("p99Nanoseconds", latency.high.nanoseconds)
                    $0.integer("maxNanoseconds", latency.maximum.nanoseconds)
                }
            }
            $0.integer("unresolvedFindings", status.unresolvedFindings)
        }
    }

    private static func write(_ profit: ControlStatus.Profit, to writer: inout JSONWriter) {
        writer.string("strategy", profit.strategy)
        writer.string("venue", profit.venue)
        writer.string("market", profit.market)
        writer.string("profit", profit.profit.description)
        writer.string("realised", profit.realised.description)
        writer.string("unrealised", profit.unrealised.description)
        writer.string("fees", profit.fees.description)
        writer.string("funding", profit.funding.description)
        writer.key("days")
        writer.array { list in
            for day in profit.days {
                list.object {
                    $0.string("day", day.day.description)
                    $0.string("profit", day.profit.description)
                }
            }
        }
    }

    private static func decodeProfit(_ value: JSONValue) throws(ControlSyntaxError) -> ControlStatus.Profit {
        func sum(_ value: JSONValue, _ key: String) throws(ControlSyntaxError) -> Amount {
            guard let amount = try amount(value, key) else { throw missing(key) }
            return amount
        }
        var days: [ControlStatus.Profit.Day] = []
        for day in elements(value, "days") {
            days.append(.init(day: try time(day, "day"), profit: try sum(day, "profit")))
        }
        return ControlStatus.Profit(
            strategy: try text(value, "strategy"), venue: try text(value, "venue"),
            market: try text(value, "market"), profit: try sum(value, "profit"),
            realised: try sum(value, "realised"), unrealised: try sum(value, "unrealised"),
            fees: try sum(value, "fees"), funding: try sum(value, "funding"), days: days)
    }

    private static func decodeStatus(_ value: JSONValue) throws(ControlSyntaxError) -> ControlStatus {
        var positions: [ControlStatus.Position] = []
        for position in elements(value, "positions") {
            positions.append(
                .init(
                    venue: try text(position, "venue"), market: try text(position, "market"),
                    quantity: try text(position, "quantity"), entryPrice: position["entryPrice"]?.string,
                    profit: try amount(position, "profit")))
        }
        var profits: [ControlStatus.Profit] = []
        for profit in elements(value, "profits") { profits.append(try decodeProfit(profit)) }
        var links: [ControlStatus.Link] = []
        for link in elements(value, "links") {
            links.append(
                .init(
                    venue: try text(link, "venue"), state: try text(link, "state"),
                    silence: span(link, "silenceNanoseconds")))
        }
        var latency: ControlStatus.Latency?
        if let figures = value["latency"], let count = figures["count"]?.unsigned,
            let median = span(figures, "p50Nanoseconds"), let high = span(figures, "p99Nanoseconds"),
            let maximum = span(figures, "maxNanoseconds")
        {
            latency = .init(count: count, median: median, high: high, maximum: maximum)
        }
        guard let process = value["pid"]?.integer.flatMap({ Int32(exactly: $0) }) else { throw missing("pid") }
        return ControlStatus(
            instance: try text(value, "instance"), processID: process, mode: try text(value, "mode"),
            state: try text(value, "state"), pauses: elements(value, "pauses").compactMap(\.string),
            startedAt: try time(value, "startedAt"), time: try time(value, "time"),
            baseCurrency: try text(value, "baseCurrency"), equity: try amount(value, "equity"),
            profit: try amount(value, "profit"), positions: positions,
            profits: profits, portfolio: try portfolio(value),
            openOrders: value["openOrders"]?.integer.flatMap { Int(exactly: $0) } ?? 0,
            orders: try orders(value), algorithms: try algorithms(value), links: links,
            lastBarAge: span(value, "lastBarAgeNanoseconds"), latency: latency,
            unresolvedFindings: value["unresolvedFindings"]?.integer.flatMap { Int(exactly: $0) } ?? 0)
    }

    static func elements(_ value: JSONValue, _ key: String) -> [JSONValue] {
        value[key].map { Array($0.elements) } ?? []
    }
    static func missing(_ key: String) -> ControlSyntaxError {
        ControlSyntaxError("The answer lacks '\(key)', or it is not understood.")
    }
    static func text(_ value: JSONValue, _ key: String) throws(ControlSyntaxError) -> String {
        guard let text = value[key]?.string else { throw missing(key) }
        return text
    }
    static func time(_ value: JSONValue, _ key: String) throws(ControlSyntaxError) -> Timestamp {
        guard let time = try? Timestamp(parsing: try text(value, key)) else { throw missing(key) }
        return time
    }
    private static func amount(_ value: JSONValue, _ key: String) throws(ControlSyntaxError) -> Amount? {
        guard let text = value[key]?.string else { return nil }
        guard let units = try? DecimalText.parse(text, decimals: Amount.decimals, as: Int128.self) else {
            throw missing(key)
        }
        return Amount(units: units)
    }
    private static func span(_ value: JSONValue, _ key: String) -> TimeSpan? {
        value[key]?.integer.map(TimeSpan.init(nanoseconds:))
    }
}
