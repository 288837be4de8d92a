// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// What an order manager wants done, in order.
public enum OrderManagerOutput: Hashable, Sendable {
    /// For the engine. It is journalled before it is applied.
    case report(VenueReport)
    /// To be checked, journalled, then placed. A refusal of the checks is told back with `denied`, for all of them.
    case place([OrderTicket], TicketGrouping)
    /// To be checked, journalled, then sent.
    /// - Parameter replacing: What may still trade of the order as it is.
    case modify(ModifyTicket, replacing: Quantity)
    case cancel([CancelTicket])
    case query(ClientOrderID)
    case requestSnapshot(since: Timestamp, reason: String)
    /// No new risk until every reason was taken back.
    case pause(PauseReason)
    case resume(PauseReason)
    case finding(Finding)
}

/// Why no new risk may be taken.
public enum PauseReason: Hashable, Sendable, CustomStringConvertible {
    /// Orders, positions and balances have not been compared with the venue's since the start or a break.
    case reconciling
    case linkDown
    /// Another program trades the account: only a person can say that it is gone.
    case otherProgram(instance: UInt32)
    case overfill(InstrumentID)
    /// The venue holds something else than we do, and the configuration says not to adjust.
    case difference

    public var description: String {
        switch self {
        case .reconciling: "the account is being compared with the venue's"
        case .linkDown: "the link to the venue is down"
        case .otherProgram(let instance):
            "another program, or an earlier journal of this one (mark \(instance)), has orders on this account. Stop the "
                + "program, or close what it left, then `apus control resume`."
        case .overfill(let instrument): "more than was asked for was traded in instrument \(instrument)"
        case .difference: "the venue's account differs from ours"
        }
    }
}

/// Something that was not as expected, and what was done about it.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case missedFill = "missed_fill"
        case lateFill = "late_fill"
        case overfill
        case externalFill = "external_fill"
        case externalOrder = "external_order"
        case orphanOrder = "orphan_order"
        case missingOrder = "missing_order"
        case unresolvedOrder = "unresolved_order"
        case contradiction
        case position
        case balance
        case opening
        case protection
        case otherProgram = "other_program"
        case badData = "bad_data"
        case unknownName = "unknown_name"
        case snapshotFailed = "snapshot_failed"
    }
    public var kind: Kind
    public var instrument: InstrumentID?
    public var order: OrderID?
    /// What differed, and what was done.
    public var text: String

    public init(_ kind: Kind, instrument: InstrumentID? = nil, order: OrderID? = nil, _ text: String) {
        self.kind = kind
        self.instrument = instrument
        self.order = order
        self.text = text
    }

    public var description: String { "\(kind.rawValue): \(text)" }
}
