// SPDX-License-Identifier: Apache-2.0

/// What can go wrong in a simulated day. The raw values are names on the command line and in reports.
public enum FaultKind: String, CaseIterable, Sendable, Hashable {
    /// Messages and answers take up to twenty seconds.
    case latency
    /// Stream messages and whole requests vanish.
    case loss
    case duplicate
    case reorder
    /// A connection carries nothing any more, and neither side is told.
    case halfOpen = "half-open"
    /// Connections end, also between a request and its answer.
    case disconnect
    /// The request arrives, its answer does not.
    case lostAnswer = "lost-answer"
    case unreachable
    case tooMany = "429"
    case serverError = "5xx"
    /// 422 with the venue's words: it did not read the request.
    case refusedText = "422"
    /// Answers and messages that no venue would write.
    case badData = "bad-data"
    /// Answers and messages that end too early.
    case truncated
    case maintenance
    /// The venue does not know an order by its status for a while after it has taken it.
    case slowStatus = "slow-status"
    /// Our wall clock jumps, and is set right later.
    case clock
    case diskFull = "disk-full"
    case kill
    /// The program ends inside a write.
    case tornWrite = "torn-write"
    case powerCut = "power-cut"
    /// The venue takes nothing but post-only orders, as after an upgrade. Only where it is asked for: seeds give without it
    /// what they always gave.
    case postOnly = "post-only"

    /// Those that happen where nothing is said.
    public static let usual = Set(allCases).subtracting([.postOnly])

    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Those that end the program.
    static let deadly: [FaultKind] = [.kill, .tornWrite, .powerCut]
}

/// How often something went wrong, by kind.
public struct FaultCounts: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: FaultKind.allCases.count)
    public init() {}
    public subscript(kind: FaultKind) -> Int {
        get { counts[kind.index] }
        set { counts[kind.index] = newValue }
    }
    public var total: Int { counts.reduce(0, +) }
    mutating func add(_ other: FaultCounts) { for index in counts.indices { counts[index] += other.counts[index] } }
}
