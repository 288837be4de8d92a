// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import Indicators
import Strategies
import Testing
import Trading

/// Small series of which the signals are worked out by hand. An order decided at the close of a minute fills at the
/// opening price of the next one.
struct BuiltInStrategyTests {
    private func trades(
        _ name: String, _ parameters: [String: ParameterValue], _ closes: [Double]
    ) throws -> [Trade] {
        let registry = StrategyRegistry.builtIn
        let definition = try registry.definition(named: name)
        var world = try World(closes: closes)
        world.add(try registry.make(name, parameters: StrategyParameters(parameters, for: definition)))
        return try world.run().trades
    }

    @Test func crossOfAveragesFollowsTheFastOne() throws {
        // An average of one bar is the close; the slow one (2/3 of each step) lags: above after the rise in minute 3,
        // below after the fall in minute 5.
        let closes = [100.0, 100, 100, 110, 120, 100, 90, 80, 80]
        let parameters: [String: ParameterValue] = [
            "fast_period": 1, "slow_period": 2, "warmup_bars": 0, "seed": "first",
        ]
        let expected = [Trade(4, 1000, at: 110_00), Trade(6, -1000, at: 100_00)]
        #expect(try trades("ema_cross", parameters, closes) == expected)
        let both = parameters.merging(["direction": "both"]) { $1 }
        #expect(try trades("ema_cross", both, closes) == expected + [Trade(6, -1000, at: 100_00)])
        // The rise is over before the wait is.
        let late = parameters.merging(["warmup_bars": 4]) { $1 }
        #expect(try trades("ema_cross", late, closes).isEmpty)
    }

    @Test func strengthReversalBuysTheWayBackUp() throws {
        // Period 2: 0 in minute 2; then 66.7 (up through 30), 80, and 30.8 (down through 70).
        let closes = [100.0, 90, 80, 100, 110, 90, 90, 90]
        let parameters: [String: ParameterValue] = ["period": 2]
        let expected = [Trade(4, 1000, at: 100_00), Trade(6, -1000, at: 90_00)]
        #expect(try trades("rsi", parameters, closes) == expected)
        let both = parameters.merging(["direction": "both"]) { $1 }
        #expect(try trades("rsi", both, closes) == expected + [Trade(6, -1000, at: 90_00)])
    }

    @Test func convergenceCrossBuysAboveTheSignalAndSellsBelow() throws {
        // A step of 10 in minute 20: line 2.67, 2.49, 1.79 against signal 1.78, 2.25, 1.94.
        let closes = Array(repeating: 100.0, count: 20) + Array(repeating: 110, count: 8)
        let parameters: [String: ParameterValue] = ["fast_period": 2, "slow_period": 4, "signal_period": 2]
        #expect(
            try trades("macd", parameters, closes) == [Trade(21, 1000, at: 110_00), Trade(23, -1000, at: 110_00)])
    }

    @Test func bandReversionBuysBackInsideAndSellsAtTheMiddle() throws {
        // 90 is below 97.5 − 4.56; 96 is back above 96 − 3.74; 99 is above the middle, 96.25.
        let closes = [100.0, 102, 98, 100, 90, 96, 99, 99, 99]
        let parameters: [String: ParameterValue] = ["period": 4, "deviations": 1]
        #expect(try trades("bollinger", parameters, closes) == [Trade(6, 1000, at: 96_00), Trade(7, -1000, at: 99_00)])
    }

    @Test func votesMustAgree() throws {
        let closes = Array(repeating: 100.0, count: 20) + [110, 120, 130, 90, 80, 80]
        let parameters: [String: ParameterValue] = [
            "trend_period": 3, "rsi_period": 2, "fast_period": 2, "slow_period": 4, "signal_period": 2,
            "band_period": 3, "votes_needed": 4,
        ]
        let expected = [Trade(21, 1000, at: 110_00), Trade(24, -1000, at: 90_00)]
        #expect(try trades("multi_indicator", parameters, closes) == expected)
        let both = parameters.merging(["direction": "both"]) { $1 }
        #expect(try trades("multi_indicator", both, closes).dropFirst(2).first?.quantity == -1000)
    }

    @Test func theSignalOfTheLastBarIsNeverFilled() throws {
        let parameters: [String: ParameterValue] = [
            "fast_period": 1, "slow_period": 2, "warmup_bars": 0, "seed": "first",
        ]
        #expect(try trades("ema_cross", parameters, [100, 100, 100, 110]).isEmpty)
    }
}
