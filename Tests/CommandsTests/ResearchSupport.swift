// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

/// Bars and configurations for what compares features.
enum Research {
    /// 15-minute bars from 2024-01-01: a walk that trends for hours at a time, so that momentum has something to do.
    static func csv(days: Int, seed: UInt64) -> String {
        var state = seed
        func unit() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / 9_007_199_254_740_992
        }
        var text = "open_time_ms,open,high,low,close,volume\n"
        var (price, drift) = (100.0, 0.0)
        func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
        for index in 0..<(days * 96) {
            if index % 24 == 0 { drift = (unit() - 0.48) * 0.004 }
            let open = price
            price = max(1, price * (1 + drift + (unit() - 0.5) * 0.006))
            let high = max(open, price) * (1 + unit() * 0.001)
            let low = min(open, price) * (1 - unit() * 0.001)
            let time = 1_704_067_200_000 + index * 900_000
            text +=
                "\(time),\(rounded(open)),\(rounded(high)),\(rounded(low)),\(rounded(price)),\(rounded(50 + unit() * 50))\n"
        }
        return text
    }

    /// Two symbols in a folder with a configuration beside them.
    static func configuration(
        in folder: TemporaryFolder, days: Int = 50, validation: String = "", strategies: String = ""
    ) throws -> String {
        for (seed, symbol) in ["AAAUSDT", "BBBUSDT"].enumerated() {
            _ = try folder.write(csv(days: days, seed: UInt64(seed + 1)), as: "\(symbol).csv")
        }
        return try folder.write(
            """
            account: { base_currency: USDT, balances: { USDT: 10000 } }
            data:
              store: \(folder.store)
              sources:
                AAAUSDT: { file: \(folder.path("AAAUSDT.csv")) }
                BBBUSDT: { file: \(folder.path("BBBUSDT.csv")) }
            simulation: { maker_fee: 0.02%, taker_fee: 0.05% }
            \(validation)
            strategies:
              adaptive:
                type: enhanced
                markets: [AAAUSDT, BBBUSDT]
                timeframe: 15m
                parameters:
                  direction: both
                  signal_timeframe: own
                  signal_period: 12
                  entry_threshold: 0.5
                  volatility_min: 0.05
                  sizing_volatility: 0.5
                  cost_multiple: 0
                  timeframe_1: 15m
                  timeframe_2: 30m
                risk_parameters: { max_position_size: 5000 }
            \(strategies)
            """, as: "config.yaml")
    }

    static let split = "validation: { out_of_sample_from: 2024-01-21 }"
}
