// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Hyperliquid
import HyperliquidSimulator
import Trading
import VenueInterface

/// Everything in a simulated world but the program itself: a value, so that a world can be taken apart at any event and
/// go on in several ways.
struct WorldState: Sendable {
    let plan: SimulationPlan
    var now = TimeSpan.zero
    var queue = EventQueue<WorldEvent>()
    var venue: HyperliquidSimulator
    var markets: [MarketGenerator]

    // Network
    var links: [SimulatedLink] = []
    var linkCount: UInt32 = 0
    var latency: Randomness
    /// By the kind's index: how many windows of it are open.
    var active = [Int](repeating: 0, count: FaultKind.allCases.count)
    var chance: Randomness
    var faults = FaultCounts()
    /// Whether what is on its way is what faults are to strike.
    var isTarget = true

    // The program
    var life = 0
    var isRunning = false
    /// It ends at the next event, after some of what that event leads to.
    var endsSoon: FaultKind?
    /// How far the program's wall clock is wrong.
    var clockError = TimeSpan.zero
    var kills = 0
    /// Whether the program's clock was right since it started.
    var hadRightClock = true
    /// A request that was refused because its nonce was used before.
    var usedNonce: String?

    // The days
    var day = 0
    var isCalm = false
    var isStill = false
    var events = 0
    var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
    var handNonce: UInt64 = 0
    var handOrders: [UInt64] = []
    var books: VenueBooks

    init(_ plan: SimulationPlan, _ setup: SimulatedSetup) {
        self.plan = plan
        venue = HyperliquidSimulator(configuration: setup.venue)
        markets = setup.generators
        latency = Randomness(seed: plan.seed, purpose: 2)
        chance = Randomness(seed: plan.seed, purpose: 3)
        books = VenueBooks(coins: setup.markets.map(\.coin), address: setup.master.address)
    }

    /// The true time, by which the venue goes.
    var wall: Timestamp { SimulationPlan.epoch + now }
    /// The present as the program reads it.
    var moment: Moment { Moment(wall: wall + clockError, monotonic: now) }

    func isActive(_ kind: FaultKind) -> Bool { active[kind.index] > 0 && !isCalm }

    /// Whether a fault happens to one message or request, where its kind is about at all.
    mutating func strikes(_ kind: FaultKind, _ probability: Double) -> Bool {
        guard isActive(kind), isTarget, chance.happens(probability) else { return false }
        faults[kind] += 1
        return true
    }

    mutating func aim(at target: @autoclosure () -> FaultTarget?) {
        if let wanted = plan.target { isTarget = target() == wanted }
    }

    mutating func updateBooks() {
        guard venue.fillCount(books.address) > books.fillCount, let fills = venue.fills(of: books.address) else {
            return
        }
        books.update(fills)
    }

    mutating func note(_ event: WorldEvent) {
        events += 1
        for word in [UInt64(bitPattern: now.nanoseconds), event.mark] {
            fingerprint = (fingerprint ^ word) &* 0x0000_0100_0000_01B3
        }
    }
}
