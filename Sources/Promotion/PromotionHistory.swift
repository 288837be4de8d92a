// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
public import Trading

/// One promotion that was granted.
public struct PromotionRecord: Hashable, Sendable {
    public var time: Timestamp
    /// Of the configuration.
    public var fingerprint: String
    public var from: TradingStage
    public var to: TradingStage
    /// Name and measured value of each criterion.
    public var evidence: [String]
    public init(time: Timestamp, fingerprint: String, from: TradingStage, to: TradingStage, evidence: [String]) {
        self.time = time
        self.fingerprint = fingerprint
        self.from = from
        self.to = to
        self.evidence = evidence
    }
}

/// Why the promotions of the past cannot be trusted.
public struct PromotionHistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    public let reason: String
    public var description: String { "line \(line): \(reason)" }
}

/// All promotions, oldest first: one JSON object a line, each with the hash of the line before it, so that a line that
/// was changed or taken out is noticed.
public struct PromotionHistory: Hashable, Sendable {
    public private(set) var records: [PromotionRecord] = []
    private var last = Hash32.zero

    public init() {}

    public init(decoding bytes: [UInt8]) throws(PromotionHistoryError) {
        for (index, line) in bytes.split(separator: 10).enumerated() {
            do throws(SummaryError) {
                let (record, previous) = try Self.record(Array(line))
                guard previous == last.description else {
                    throw SummaryError(description: "a line before it was changed or removed")
                }
                records.append(record)
                last = keccak256(Array(line))
            } catch {
                throw PromotionHistoryError(line: index + 1, reason: error.description)
            }
        }
        // Without its end a line may be half of one.
        if let end = bytes.last, end != 10 {
            throw PromotionHistoryError(line: records.count, reason: "the line was not written to its end")
        }
    }

    /// Adds a record.
    ///
    /// - Returns: The line to add to the file.
    public mutating func append(_ record: PromotionRecord) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.string("time", record.time.description)
            $0.string("configuration", record.fingerprint)
            $0.string("from", record.from.rawValue)
            $0.string("to", record.to.rawValue)
            $0.key("evidence")
            $0.array { for text in record.evidence { $0.string(text) } }
            $0.string("previous", last.description)
        }
        records.append(record)
        last = keccak256(writer.bytes)
        return writer.bytes + [10]
    }

    /// The highest mode that a configuration may use: each configuration begins on paper.
    public func stage(of fingerprint: String) -> TradingStage {
        records.filter { $0.fingerprint == fingerprint }.map(\.to).max() ?? .paper
    }

    private static func record(_ line: [UInt8]) throws(SummaryError) -> (PromotionRecord, previous: String) {
        let value: JSONValue
        do throws(JSONError) { value = try JSON.parse(line) } catch { throw SummaryError(description: "\(error)") }
        guard let text = value["time"]?.string, let time = try? Timestamp(parsing: text),
            let fingerprint = value["configuration"]?.string,
            let from = value["from"]?.string.flatMap(TradingStage.init(rawValue:)),
            let to = value["to"]?.string.flatMap(TradingStage.init(rawValue:)), from.next == to,
            let previous = value["previous"]?.string
        else { throw SummaryError(description: "it is no promotion") }
        let evidence = value["evidence"].map { $0.elements.compactMap(\.string) } ?? []
        return (
            PromotionRecord(time: time, fingerprint: fingerprint, from: from, to: to, evidence: evidence), previous
        )
    }
}
