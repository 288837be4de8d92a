// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Commands
import Strategies

var strategies = StrategyRegistry.standard
strategies.register(ToolboxStrategy.self)
Program(strategies: strategies).main()
