// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The reference series and figures in `Fixtures`; its README says where they come from.
enum Fixture {
    struct Expectation {
        let series: String
        let periods: Double
        let riskFree: Double
        let required: Double
        let confidence: Double
        let library: String
        let figure: String
        /// `nil` where the library answered NaN or infinity.
        let value: Double?
    }

    static let series: [String: (returns: [Double], benchmark: [Double])] = {
        var result: [String: (returns: [Double], benchmark: [Double])] = [:]
        for row in rows("returns.csv") {
            guard let value = Double(row[1]), let benchmark = Double(row[2]) else { continue }
            result[row[0], default: ([], [])].returns.append(value)
            result[row[0], default: ([], [])].benchmark.append(benchmark)
        }
        return result
    }()

    static let expectations: [Expectation] = rows("expected.csv").compactMap { row in
        guard let periods = Double(row[1]), let riskFree = Double(row[2]), let required = Double(row[3]),
            let confidence = Double(row[4])
        else { return nil }
        return Expectation(
            series: row[0], periods: periods, riskFree: riskFree, required: required, confidence: confidence,
            library: row[5], figure: row[6], value: Double(row[7]))
    }

    private static func rows(_ name: String) -> [[String]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) else {
            return []
        }
        return text.split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
