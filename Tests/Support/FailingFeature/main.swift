// SPDX-License-Identifier: Apache-2.0

// `apus` with an adaptive strategy in which one feature, named by APUS_FAILING_FEATURE, throws whenever it is asked: what
// a test needs to break a part of a session that runs as a process of its own.

import Adaptive
import Commands
import Glibc
import Strategies

struct BrokenFeature: Error, CustomStringConvertible {
    let name: String
    var description: String { "\(name) is broken on purpose" }
}

let wanted = getenv("APUS_FAILING_FEATURE").map { String(cString: $0) } ?? ""
guard let broken = Feature.allCases.first(where: { $0.name == wanted }) else {
    fatalError("APUS_FAILING_FEATURE names no feature: '\(wanted)'")
}

var strategies = StrategyRegistry.standard
strategies.register(EnhancedStrategy.definition) { parameters in
    var strategy = try EnhancedStrategy(parameters: parameters)
    strategy.fault = { feature in if feature == broken { throw BrokenFeature(name: feature.name) } }
    return strategy
}
Program(strategies: strategies).main()
