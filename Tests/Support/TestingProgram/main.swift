// SPDX-License-Identifier: Apache-2.0

// `apus` with further strategies for tests of sessions that run as processes of their own: one that fails when a test says
// so, one that starts an order algorithm of each kind, and the adaptive one, in which the feature named by
// APUS_FAILING_FEATURE throws whenever it is asked.

import Adaptive
import Commands
import Glibc
import Strategies

struct BrokenFeature: Error, CustomStringConvertible {
    let name: String
    var description: String { "\(name) is broken on purpose" }
}

var strategies = StrategyRegistry.standard
strategies.register(FaultyStrategy.self)
strategies.register(ToolboxStrategy.self)
if let wanted = getenv("APUS_FAILING_FEATURE").map({ String(cString: $0) }) {
    guard let broken = Feature.allCases.first(where: { $0.name == wanted }) else {
        fatalError("APUS_FAILING_FEATURE names no feature: '\(wanted)'")
    }
    strategies.register(EnhancedStrategy.definition) { parameters in
        var strategy = try EnhancedStrategy(parameters: parameters)
        strategy.fault = { feature in if feature == broken { throw BrokenFeature(name: feature.name) } }
        return strategy
    }
}
Program(strategies: strategies).main()
