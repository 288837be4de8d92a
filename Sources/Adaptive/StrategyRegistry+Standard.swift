// SPDX-License-Identifier: Apache-2.0

public import Strategies

extension StrategyRegistry {
    /// Everything that comes with Apus.
    public static let standard: StrategyRegistry = {
        var registry = builtIn
        registry.register(EnhancedStrategy.self)
        return registry
    }()
}
