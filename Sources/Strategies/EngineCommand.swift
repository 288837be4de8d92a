// SPDX-License-Identifier: Apache-2.0

/// What a person asks of the deciding part of a running session: an input like any other, so that it is replayed.
public enum EngineCommand: Hashable, Sendable {
    /// Switches a feature of every strategy that has one of this name.
    case setFeature(String, isOn: Bool)
    /// Lets circuit breakers go that only a person lets go.
    case resumeTrading
}
