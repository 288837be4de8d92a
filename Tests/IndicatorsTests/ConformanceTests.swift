// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Indicators

/// What every registered indicator promises.
@Suite struct ConformanceTests {
    static let names = IndicatorRegistry.standard.names

    private func makers(_ name: String) throws -> [[String: ParameterValue]] {
        [[:], variedParameters(try IndicatorRegistry.standard.definition(named: name))]
    }

    @Test("The first value comes on the declared bar, not before and not after", arguments: names)
    func firstOutput(name: String) throws {
        for parameters in try makers(name) {
            let indicator = try IndicatorRegistry.standard.make(name, parameters: parameters)
            let first = indicator.firstOutput
            let bars = Market.walk.bars(first + 400, seed: 1)
            let complete = { (outputs: [[Double]], bar: Int) in outputs.allSatisfy { !$0[bar].isNaN } }
            let outputs = indicator.run(bars)
            for bar in 0..<(first - 1) { #expect(!complete(outputs, bar), "\(indicator.key) at \(bar)") }
            if indicator.definition.waitsForData {
                #expect((first..<bars.count).contains { complete(outputs, $0) }, "\(indicator.key)")
            } else {
                for bar in (first - 1)..<bars.count { #expect(complete(outputs, bar), "\(indicator.key) at \(bar)") }
            }
        }
    }

    @Test("A value does not change when later bars are known", arguments: names)
    func prefixInvariance(name: String) throws {
        for parameters in try makers(name) {
            let bars = Market.gaps.bars(900, seed: 7)
            let whole = try IndicatorRegistry.standard.make(name, parameters: parameters).run(bars)
            for length in [1, 17, 300, 899] {
                let cut = try IndicatorRegistry.standard.make(name, parameters: parameters).run(bars.prefix(length))
                for (short, long) in zip(cut, whole) {
                    let difference = firstDisagreement(short, Array(long.prefix(length)), tolerance: 0, scale: 0)
                    #expect(difference == nil, "\(name) cut at \(length): \(difference ?? "")")
                }
            }
        }
    }

    @Test("After the declared memory the start does not show", arguments: names)
    func startInvariance(name: String) throws {
        for parameters in try makers(name) {
            let memory = try IndicatorRegistry.standard.make(name, parameters: parameters).memory
            let settled: Int
            switch memory {
            case .bars(let bars): settled = bars
            case .sessions(let sessions): settled = sessions * 48 * 7
            case .always(let reason):
                #expect(!reason.isEmpty)
                continue
            }
            for seed in UInt64(1)...3 {
                let bars = Market.walk.bars(settled + 1600, seed: seed)
                let whole = try IndicatorRegistry.standard.make(name, parameters: parameters)
                let scale = scale(of: bars, whole.definition)
                let values = whole.run(bars)
                for start in [1, 13, 700] {
                    let later = try IndicatorRegistry.standard.make(name, parameters: parameters)
                        .run(bars.dropFirst(start))
                    for (output, (late, full)) in zip(later, values).enumerated() {
                        // The bar numbered `settled` is the last that may still show the start.
                        let difference = firstDisagreement(
                            Array(late.dropFirst(settled - 1)), Array(full.dropFirst(start + settled - 1)),
                            tolerance: 1e-9, scale: scale)
                        #expect(
                            difference == nil,
                            "\(whole.key) \(whole.definition.outputs[output]) seed \(seed) from \(start): \(difference ?? "")"
                        )
                    }
                }
            }
        }
    }

    @Test("Odd markets give finite values from the declared bar on", arguments: names)
    func oddMarkets(name: String) throws {
        for parameters in try makers(name) {
            for market in Market.allCases {
                let indicator = try IndicatorRegistry.standard.make(name, parameters: parameters)
                let bars = market.bars(indicator.firstOutput + 700, seed: 3)
                for (output, values) in zip(indicator.definition.outputs, indicator.run(bars)) {
                    let isGood = values.dropFirst(indicator.firstOutput - 1).allSatisfy {
                        $0.isFinite || (indicator.definition.waitsForData && $0.isNaN)
                    }
                    #expect(isGood, "\(indicator.key) \(output) on \(market)")
                }
            }
        }
    }

    @Test("A bar that is not finite gives NaN and leaves no trace", arguments: names)
    func barsThatAreNone(name: String) throws {
        let good = Market.walk.bars(500, seed: 11)
        let broken = [Double.nan, .infinity, -.infinity].map { value in
            BarValues(
                time: good[0].time, open: value, high: value, low: value, close: value, volume: value)
        }
        let clean = try IndicatorRegistry.standard.make(name)
        let mixed = try IndicatorRegistry.standard.make(name)
        for (index, bar) in good.enumerated() {
            if index % 7 == 0 {
                mixed.update(broken[index % 3])
                for output in clean.definition.outputs.indices { #expect(mixed.output(output).isNaN, "\(name)") }
            }
            clean.update(bar)
            mixed.update(bar)
            for output in clean.definition.outputs.indices {
                let same = agree(clean.output(output), mixed.output(output), tolerance: 0, scale: 0)
                #expect(same, "\(name) at \(index)")
            }
        }
    }

    @Test("Absurd numbers never stop the program, and the indicator recovers", arguments: names)
    func absurdNumbers(name: String) throws {
        let absurd: [Double] = [0, -1, 1e308, -1e308, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0, 1e-300]
        var random = SeededRandom(seed: 5)
        let indicator = try IndicatorRegistry.standard.make(name)
        for index in 0..<2000 {
            func any() -> Double { absurd[Int(random.next() % UInt64(absurd.count))] }
            let time = Int64(bitPattern: random.next())
            indicator.update(
                BarValues(time: time, open: any(), high: any(), low: any(), close: any(), volume: any()))
            if index % 100 == 0 { _ = indicator.values }
        }
        for bar in Market.constant.bars(10, seed: 1) { indicator.update(bar) }
    }

    @Test("A copy goes its own way", arguments: names)
    func copies(name: String) throws {
        let bars = Market.walk.bars(400, seed: 21)
        let original = try IndicatorRegistry.standard.make(name)
        for bar in bars.prefix(200) { original.update(bar) }
        let copy = original.copy()
        let expected = original.run(bars.dropFirst(200))
        _ = original.run(Market.gaps.bars(50, seed: 2))
        for (first, second) in zip(copy.run(bars.dropFirst(200)), expected) {
            #expect(firstDisagreement(first, second, tolerance: 0, scale: 0) == nil, "\(name)")
        }
    }

    @Test("Names, outputs and parameters are described", arguments: names)
    func described(name: String) throws {
        let definition = try IndicatorRegistry.standard.definition(named: name)
        #expect(!definition.summary.isEmpty && !definition.outputs.isEmpty)
        #expect(Set(definition.outputs).count == definition.outputs.count)
        #expect(definition.parameters.allSatisfy { !$0.summary.isEmpty && !$0.allowed.isEmpty })
        for alias in definition.aliases {
            #expect(try IndicatorRegistry.standard.definition(named: alias).name == name)
        }
    }
}
