// SPDX-License-Identifier: Apache-2.0

import JSON
public import Trading

/// The modes of the promotion plan, in its order; written as on the command line.
public enum TradingStage: String, Hashable, Sendable, CaseIterable, Comparable {
    case paper
    case dryRun = "dry-run"
    case deMinimis = "de-minimis"
    case live

    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    /// The one that this one leads to.
    public var next: TradingStage? { rank + 1 < Self.allCases.count ? Self.allCases[rank + 1] : nil }
}

/// What one session came to: written when it ends, and evidence for the next stage.
public struct SessionSummary: Hashable, Sendable {
    /// How it ended.
    public enum Ending: String, Hashable, Sendable, CaseIterable {
        case stopped
        case halted
        /// The program died; the next start wrote the summary.
        case crashed
        /// It is still running: the summary is of the time so far.
        case running
    }

    public static let version: Int64 = 1

    public var instance: String
    public var stage: TradingStage
    /// `ConfigurationDocument.tradingFingerprint`.
    public var fingerprint: String
    public var program: String
    public var start: Timestamp
    public var end: Timestamp
    /// How long data came and orders could have been sent; at most the whole time.
    public var uptime: TimeSpan
    public var ending: Ending
    public var baseCurrency: String
    public var startEquity: Amount
    public var endEquity: Amount
    /// With fees and funding, without transfers.
    public var profit: Amount
    public var fees: Amount
    public var funding: Amount
    /// A share of the highest equity before, not negative.
    public var maximumDrawdown: Rate
    public var orders: Int64
    public var fills: Int64
    public var roundTrips: Int64
    public var unresolvedFindings: Int64
    /// The session's profit less that of a backtest of the same time, as a share of the equity at the start; `nil`:
    /// nobody compared them yet.
    public var backtestDifference: Rate?

    public init(
        instance: String, stage: TradingStage, fingerprint: String, program: String, start: Timestamp, end: Timestamp,
        uptime: TimeSpan, ending: Ending, baseCurrency: String, startEquity: Amount, endEquity: Amount,
        profit: Amount, fees: Amount, funding: Amount, maximumDrawdown: Rate, orders: Int64, fills: Int64,
        roundTrips: Int64, unresolvedFindings: Int64, backtestDifference: Rate? = nil
    ) {
        self.instance = instance
        self.stage = stage
        self.fingerprint = fingerprint
        self.program = program
        self.start = start
        self.end = end
        self.uptime = uptime
        self.ending = ending
        self.baseCurrency = baseCurrency
        self.startEquity = startEquity
        self.endEquity = endEquity
        self.profit = profit
        self.fees = fees
        self.funding = funding
        self.maximumDrawdown = maximumDrawdown
        self.orders = orders
        self.fills = fills
        self.roundTrips = roundTrips
        self.unresolvedFindings = unresolvedFindings
        self.backtestDifference = backtestDifference
    }

    /// `summary-2026-11-21T10-54-00Z-paper.json`: sorted by name is sorted by time.
    public var fileName: String { Self.fileName(start: start, stage: stage) }

    public static func fileName(start: Timestamp, stage: TradingStage) -> String {
        let second = Timestamp(nanoseconds: start.nanoseconds - start.nanoseconds % 1_000_000_000)
        return "summary-\(String(second.description.map { $0 == ":" ? "-" : $0 }))-\(stage.rawValue).json"
    }
}

/// Why a file is no session summary.
public struct SummaryError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

extension SessionSummary {
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.object {
            $0.integer("version", Self.version)
            $0.string("instance", instance)
            $0.string("mode", stage.rawValue)
            $0.string("configuration", fingerprint)
            $0.string("program", program)
            $0.string("start", start.description)
            $0.string("end", end.description)
            $0.integer("uptimeNanoseconds", uptime.nanoseconds)
            $0.string("ending", ending.rawValue)
            $0.string("baseCurrency", baseCurrency)
            $0.string("startEquity", startEquity.description)
            $0.string("endEquity", endEquity.description)
            $0.string("profit", profit.description)
            $0.string("fees", fees.description)
            $0.string("funding", funding.description)
            $0.string("maximumDrawdown", maximumDrawdown.description)
            $0.integer("orders", orders)
            $0.integer("fills", fills)
            $0.integer("roundTrips", roundTrips)
            $0.integer("unresolvedFindings", unresolvedFindings)
            if let backtestDifference { $0.string("backtestDifference", backtestDifference.description) }
        }
        return writer.bytes + [10]
    }

    public init(decoding bytes: [UInt8]) throws(SummaryError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSON.parse(bytes) } catch { throw SummaryError(description: "\(error)") }
        guard let version = value["version"]?.integer else { throw Self.fault("version") }
        guard version == Self.version else {
            throw SummaryError(description: "it is of version \(version), and only \(Self.version) is understood")
        }
        func text(_ key: String) throws(SummaryError) -> String {
            guard let text = value[key]?.string else { throw Self.fault(key) }
            return text
        }
        func time(_ key: String) throws(SummaryError) -> Timestamp {
            guard let time = try? Timestamp(parsing: try text(key)) else { throw Self.fault(key) }
            return time
        }
        func amount(_ key: String) throws(SummaryError) -> Amount {
            guard let units = try? DecimalText.parse(try text(key), decimals: Amount.decimals, as: Int128.self) else {
                throw Self.fault(key)
            }
            return Amount(units: units)
        }
        func rate(_ key: String) throws(SummaryError) -> Rate {
            guard let rate = try? Rate(parsing: try text(key)) else { throw Self.fault(key) }
            return rate
        }
        func count(_ key: String) throws(SummaryError) -> Int64 {
            guard let count = value[key]?.integer, count >= 0 else { throw Self.fault(key) }
            return count
        }
        guard let stage = TradingStage(rawValue: try text("mode")) else { throw Self.fault("mode") }
        guard let ending = Ending(rawValue: try text("ending")) else { throw Self.fault("ending") }
        self.init(
            instance: try text("instance"), stage: stage, fingerprint: try text("configuration"),
            program: try text("program"), start: try time("start"), end: try time("end"),
            uptime: TimeSpan(nanoseconds: try count("uptimeNanoseconds")), ending: ending,
            baseCurrency: try text("baseCurrency"), startEquity: try amount("startEquity"),
            endEquity: try amount("endEquity"), profit: try amount("profit"), fees: try amount("fees"),
            funding: try amount("funding"), maximumDrawdown: try rate("maximumDrawdown"), orders: try count("orders"),
            fills: try count("fills"), roundTrips: try count("roundTrips"),
            unresolvedFindings: try count("unresolvedFindings"),
            backtestDifference: value["backtestDifference"] == nil ? nil : try rate("backtestDifference"))
        // A session lasts 100 years at most, so that sums of many of them do not overflow.
        let (duration, overflow) = end.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
        guard !overflow, duration >= 0, duration <= TimeSpan.days(36_525).nanoseconds else { throw Self.fault("end") }
        guard uptime.nanoseconds <= duration else { throw Self.fault("uptimeNanoseconds") }
        guard maximumDrawdown.units >= 0 else { throw Self.fault("maximumDrawdown") }
    }

    private static func fault(_ key: String) -> SummaryError {
        SummaryError(description: "'\(key)' is missing, or its value makes no sense")
    }
}
