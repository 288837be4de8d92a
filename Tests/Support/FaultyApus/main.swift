// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Commands
import Strategies

// `apus` with strategies that fail when a test says so: see Tests/Sessions/isolation.py.
var strategies = StrategyRegistry.standard
strategies.register(FaultyStrategy.self)
Program(strategies: strategies).main()
