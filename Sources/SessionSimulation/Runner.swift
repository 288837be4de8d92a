// SPDX-License-Identifier: Apache-2.0

/// What came of simulating one seed.
public struct SeedResult: Sendable {
    public let plan: SimulationPlan
    public let totals: SimulationTotals
    public let fingerprint: UInt64
    public let violation: Violation?
    /// Before the violation; empty without one.
    public let lastEvents: [String]
}

extension SimulationPlan {
    /// Simulates it from its beginning to its end.
    ///
    /// - Parameter trace: Is told every event.
    public func run(trace: ((String, String) -> Void)? = nil) -> SeedResult {
        do {
            let world = try SimulatedWorld(self)
            if let trace { world.trace = { trace("\($0)", $1) } }
            do throws(Violation) {
                try world.run()
                return SeedResult(
                    plan: self, totals: world.totals, fingerprint: world.fingerprint, violation: nil, lastEvents: [])
            } catch {
                world.count()
                return SeedResult(
                    plan: self, totals: world.totals, fingerprint: world.fingerprint, violation: error,
                    lastEvents: world.lastEvents)
            }
        } catch {
            preconditionFailure("a simulation cannot be set up: \(error)")
        }
    }
}
