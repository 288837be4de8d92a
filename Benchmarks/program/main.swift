// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Commands
import Strategies

// `apus` with strategies of its own: this is how a package adds them.
var strategies = StrategyRegistry.standard
strategies.register(CountedCross.self)
strategies.register(RestingOrders.self)
strategies.register(CancelReplace.self)
strategies.register(FourTimeframes.self)
Program(strategies: strategies).main()
