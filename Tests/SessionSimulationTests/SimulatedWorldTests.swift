// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Hyperliquid
import HyperliquidSimulator
import Live
import Testing
import Trading

@testable import SessionSimulation

@Suite("Simulated worlds")
struct SimulatedWorldTests {
    /// Until after the first time that everything must agree.
    static let half = TimeSpan.hours(12)

    static func world(_ plan: SimulationPlan, for span: TimeSpan = half) throws -> SimulatedWorld {
        let world = try SimulatedWorld(plan)
        try world.run(for: span)
        return world
    }

    @Test func theSameSeedGivesTheSameWorld() throws {
        let span = TimeSpan.hours(2)
        let first = try Self.world(SimulationPlan(seed: 5), for: span)
        let second = try Self.world(SimulationPlan(seed: 5), for: span)
        let other = try Self.world(SimulationPlan(seed: 6), for: span)
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.totals.faults == second.totals.faults)
        #expect(first.fingerprint != other.fingerprint)
    }

    @Test func aDayIsFullOfEventsOrdersAndFaults() throws {
        let world = try Self.world(SimulationPlan(seed: 3), for: .hours(24))
        #expect(world.totals.checks == 2)
        #expect(world.totals.events >= 20_000)
        #expect(world.totals.orders >= 20)
        #expect(world.totals.faults.total >= 50)
    }

    @Test(arguments: [UInt64](0..<2))
    func withoutFaultsEverythingAgrees(seed: UInt64) throws {
        let world = try Self.world(SimulationPlan(seed: seed, faults: []))
        #expect(world.totals.checks == 1)
        #expect(world.totals.fills > 0)
        #expect(world.totals.faults.total == 0)
    }

    @Test(arguments: FaultKind.allCases)
    func afterFaultsOfOneKindEverythingAgrees(kind: FaultKind) throws {
        let world = try Self.world(SimulationPlan(seed: 2, faults: [kind]))
        #expect(world.totals.checks == 1)
        #expect(world.totals.faults[kind] > 0 || kind == .slowStatus)
    }
}

/// Each kind of fault against each kind of request, and against the streams; the orders are in every state: new, resting,
/// partly filled, filled, cancelled.
@Suite("Fault matrix")
struct FaultMatrixTests {
    static let kinds: [FaultKind] = [
        .loss, .duplicate, .reorder, .latency, .serverError, .tooMany, .halfOpen, .disconnect, .badData,
    ]

    @Test(arguments: kinds, FaultTarget.allCases)
    func everyCellSettles(kind: FaultKind, target: FaultTarget) throws {
        var plan = SimulationPlan(seed: 4, faults: [kind])
        plan.target = target
        plan.faultsPerDay = 200
        plan.timeframe = .fiveMinutes
        let world = try SimulatedWorldTests.world(plan)
        #expect(world.totals.checks == 1)
    }
}

@Suite("Built-in mistakes are found")
struct DefectTests {
    /// The first world that finds each, as in the table of `Documentation/simulation.md`, and the rule that it breaks there.
    static let found: [(defect: Defect, seed: UInt64, by: Violation.Invariant)] = [
        (.timeoutIsRejection, 0, .refusedYetTaken), (.timeoutIsFill, 1, .filledYetNot),
        (.unknownOrderBelieved, 1, .refusedYetTaken), (.cancelAnswerIsProof, 23, .overYetWorking),
        (.newNumberIgnored, 56, .orderUnfinished), (.fillsNotDeduplicated, 0, .fillDiffers),
        (.partialFillIsWhole, 0, .fillTwice), (.feesTwice, 0, .notTrading), (.fundingForgotten, 0, .balanceDiffers),
        (.depositsTwice, 1, .notTrading), (.missedFillsForgotten, 0, .notTrading),
        (.noSnapshotAfterReconnect, 0, .notTrading), (.staleBook, 0, .pricesDiffer), (.stopLoosened, 4, .orderDiffers),
        (.blindRetry, 2, .orderTwice), (.nonceReused, 4, .nonceReused), (.breakerLate, 1, .breakerLate),
        (.failingFeatureKept, 1, .featureNotIsolated), (.exposureIgnored, 1, .limitExceeded),
        (.journalAfterSending, 16, .journal),
        (.syncIgnored, 0, .journal), (.namesReused, 0, .replayDiffers),
    ]

    @Test func everyMistakeIsInTheTable() {
        #expect(Set(Self.found.map(\.defect)) == Set(Defect.allCases))
    }

    @Test(arguments: found)
    func aMistakeIsFound(defect: Defect, seed: UInt64, by invariant: Violation.Invariant) {
        let result = SimulationPlan(seed: seed, days: 1, defect: defect).run()
        #expect(result.violation?.invariant == invariant)
        #expect(!result.lastEvents.isEmpty)
    }
}

@Suite("The program ends at every event")
struct KillCutTests {
    @Test(arguments: [UInt64](0..<2))
    func afterEachEndEverythingAgrees(seed: UInt64) {
        let result = KillCuts(seed: seed, count: 120).run()
        #expect(result.violation == nil)
        #expect(result.cuts >= 120)
    }
}

/// Order algorithms with real orders: what they count is what traded, in every fault and after every end.
@Suite("Order algorithms in simulated worlds")
struct AlgorithmWorldTests {
    static func plan(_ seed: UInt64) -> SimulationPlan {
        var plan = SimulationPlan(seed: seed)
        plan.usesAlgorithms = true
        plan.timeframe = .fiveMinutes
        return plan
    }

    @Test(arguments: [UInt64](0..<5))
    func faultsLoseNothing(seed: UInt64) throws {
        let world = try SimulatedWorld(Self.plan(seed))
        try world.run(for: .hours(12))
        #expect(world.totals.checks == 1)
        let session = try #require(world.session)
        #expect(session.live.algorithmKinds.count > 2, "\(session.live.algorithmKinds)")
        #expect(session.live.miscountedAlgorithms == [])
    }

    @Test(arguments: [UInt64](0..<3))
    func afterEachEndTheyGoOn(seed: UInt64) {
        var cuts = KillCuts(seed: seed, count: 120)
        cuts.usesAlgorithms = true
        let result = cuts.run()
        #expect(result.violation == nil)
        #expect(result.cuts >= 120)
    }
}

/// Assets themselves are bought and sold too, and the venue has times of post-only orders.
@Suite("Spot in simulated worlds")
struct SpotWorldTests {
    static func plan(_ seed: UInt64) -> SimulationPlan {
        var plan = SimulationPlan(seed: seed, faults: FaultKind.usual.union([.postOnly]))
        plan.hasSpot = true
        return plan
    }

    @Test(arguments: [UInt64](0..<4))
    func faultsLoseNothing(seed: UInt64) throws {
        let world = try SimulatedWorldTests.world(Self.plan(seed))
        #expect(world.totals.checks == 1)
        let spot = world.spotMarkets.map(\.coin)
        let fills = try #require(world.state.venue.fills(of: world.setup.master.address))
        #expect(fills.contains { spot.contains($0.coin) && $0.cloid != nil })
    }

    @Test func booksOfAnotherWorldAreSeen() throws {
        let world = try SimulatedWorldTests.world(Self.plan(0))
        try world.judgeAssets()
        let other = try SimulatedWorldTests.world(Self.plan(2))
        other.state.venue = world.state.venue
        #expect(throws: Violation.self) { try other.judgeAssets() }
    }

    @Test(arguments: [UInt64](0..<2))
    func afterEachEndEverythingAgrees(seed: UInt64) {
        var cuts = KillCuts(seed: seed, count: 300)
        cuts.hasSpot = true
        let result = cuts.run()
        #expect(result.violation == nil)
        #expect(result.cuts >= 300)
    }

    @Test func aDayWithoutTheOptionsIsWhatItWas() throws {
        #expect(SimulationPlan(seed: 1).faults.count == FaultKind.allCases.count - 1)
        #expect(try SimulatedSetup(SimulationPlan(seed: 1)).markets.count == 3)
    }
}

@Suite("Events by time")
struct EventQueueTests {
    @Test func equalTimesKeepTheirOrder() {
        var queue = EventQueue<Int>()
        var random = Randomness(seed: 1, purpose: 1)
        var expected: [(time: Int64, number: Int)] = []
        for number in 0..<500 {
            let time = Int64(random.below(40))
            queue.add(number, at: .seconds(time))
            expected.append((time, number))
        }
        expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
        var order: [Int] = []
        while let (_, event) = queue.popFirst() { order.append(event) }
        #expect(order == expected.map(\.number))
    }
}
