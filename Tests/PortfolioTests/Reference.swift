// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// What numpy, scipy, scikit-learn and QuantLib computed; `Fixtures/README.md` says with which versions.
enum Reference {
    struct Loss: Decodable {
        let value: Double
        let shortfall: Double
        let increasing: Bool?
    }
    struct Losses: Decodable {
        let confidence: Double
        let historical: Loss
        let parametric: Loss
        let cornishFisher: Loss
    }
    struct Risk: Decodable {
        let kind: String
        let returns: [[Double]]
        let correlation: [[Double?]]
        let shrinkage: Double
        let shrunk: [[Double]]
        let sample: [[Double]]
        let eigenvalues: [Double]
        let weights: [Double]
        let deviation: Double
        let diversification: Double
        let contributions: [Double]
        let parametric99: Double
        let losses: [Losses]

        var portfolio: [Double] {
            returns[0].indices.map { row in weights.indices.reduce(0) { $0 + weights[$1] * returns[$1][row] } }
        }
    }
    struct Option: Decodable {
        let right: String
        let spot: Double
        let strike: Double
        let years: Double
        let rate: Double
        let dividend: Double
        let volatility: Double
        let price: Double
        let delta: Double
        let gamma: Double
        let vega: Double
        let theta: Double
        let rho: Double
    }

    static let risks: [Risk] = load("risk.json")
    static let options: [Option] = load("options.json")

    private static func load<Value: Decodable>(_ name: String) -> [Value] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/\(name)")
        guard let data = try? Data(contentsOf: file), let values = try? JSONDecoder().decode([Value].self, from: data)
        else { return [] }
        return values
    }
}

/// Whether two numbers agree to 10⁻⁹ of the second, or of a size that the caller names.
func agrees(_ value: Double, _ reference: Double, scale: Double = 0) -> Bool {
    (value - reference).magnitude <= 1e-9 * max(reference.magnitude, scale)
}

extension SeededRandom {
    mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
        low + (high - low) * Double(next() >> 11) * 0x1p-53
    }
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}
