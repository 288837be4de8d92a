// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What a fault strikes.
public enum FaultTarget: String, CaseIterable, Sendable, Hashable {
    case place, modify, cancel, query, stream

    /// What a request is, by what it says.
    static func of(_ body: [UInt8]) -> FaultTarget? {
        let text = String(decoding: body.prefix(160), as: UTF8.self)
        if text.contains("\"type\":\"order\"") { return .place }
        if text.contains("\"type\":\"batchModify\"") { return .modify }
        if text.contains("\"type\":\"cancel") { return .cancel }
        return text.contains("\"type\":\"orderStatus\"") ? .query : nil
    }
}

/// What one run simulates. Two runs of equal plans are equal, event by event.
public struct SimulationPlan: Sendable, Hashable {
    public var seed: UInt64
    public var days: Int
    /// The kinds of faults that happen; the seed decides when.
    public var faults: Set<FaultKind>
    /// A mistake that is built in, to show that it is found.
    public var defect: Defect?
    /// Whether the venue recovers the signer of every request; `nil`: for one seed in eight.
    public var verifiesSignatures: Bool?
    /// Whether somebody trades by hand, and money comes and goes.
    public var hasHands = true
    /// Faults strike only what belongs to this, where something is said.
    public var target: FaultTarget?
    /// What the strategies decide on: with shorter bars a day holds more orders.
    public var timeframe = Timeframe.fifteenMinutes
    /// Whether one of the strategies works orders through algorithms too.
    public var usesAlgorithms = false
    /// Whether strategies trade spot markets too.
    public var hasSpot = false
    /// Fault windows of a day.
    public var faultsPerDay = 48

    public init(
        seed: UInt64, days: Int = 1, faults: Set<FaultKind> = FaultKind.usual, defect: Defect? = nil
    ) {
        self.seed = seed
        self.days = days
        self.faults = faults
        self.defect = defect
        // Mistakes at the seam to the network change what was signed.
        if defect == .stopLoosened || defect == .nonceReused || defect == .blindRetry { verifiesSignatures = false }
    }

    /// Whether the adaptive strategy trades, with breakers, parts of the capital, and a feature that fails.
    var isGuarded: Bool { seed % 4 == 1 }

    /// When the simulated days begin.
    static let epoch = Timestamp(seconds: 1_736_121_600)

    /// Twice a day the faults end for a while, later the market stands still, and then everything must agree.
    static let calmEvery = TimeSpan.hours(12)
    static let calmLength = TimeSpan.minutes(50)
    static let stillLength = TimeSpan.minutes(20)
}
