// SPDX-License-Identifier: Apache-2.0

/// Where an order is in its life. Each case says what it can become.
public enum OrderStatus: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// Made, not sent. Next: denied, held, submitted.
    case initialized
    /// Stopped by our own checks. Final.
    case denied
    /// Waits for its parent to fill. Next: submitted, accepted, canceled, expired, rejected.
    case held
    /// On its way, no answer yet. Next: accepted, rejected, triggered, partially filled, filled, canceled, expired.
    case submitted
    /// Refused by the venue. Final.
    case rejected
    /// Working at the venue. Next: triggered, partially filled, filled, canceled, expired, pending update or cancel.
    case accepted
    /// Its trigger price was reached. Next: as accepted.
    case triggered
    /// Some of it traded. Next: as accepted.
    case partiallyFilled
    /// A change is on its way. Next: what it was, or where fills and cancels take it.
    case pendingUpdate
    /// A cancel is on its way. Next: canceled, or what it was, or filled.
    case pendingCancel
    /// All of it traded. Final.
    case filled
    /// Taken back, by us or by the venue. Final; a late fill is still counted.
    case canceled
    /// Its time passed. Final; a late fill is still counted.
    case expired

    @inlinable public var isFinal: Bool {
        switch self {
        case .denied, .rejected, .filled, .canceled, .expired: true
        case .initialized, .held, .submitted, .accepted, .triggered, .partiallyFilled, .pendingUpdate, .pendingCancel:
            false
        }
    }

    /// Whether the venue has it and can fill it.
    @inlinable public var isWorking: Bool {
        switch self {
        case .accepted, .triggered, .partiallyFilled, .pendingUpdate, .pendingCancel: true
        case .initialized, .denied, .held, .submitted, .rejected, .filled, .canceled, .expired: false
        }
    }
}

/// What can happen to an order.
public enum OrderEvent: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case deny, hold, submit
    case accept, reject, trigger, partialFill, fill, cancel, expire
    case requestUpdate, update, rejectUpdate
    case requestCancel, rejectCancel
}

/// What an event does to the status.
public enum OrderTransition: Hashable, Sendable, BitwiseCopyable {
    case to(OrderStatus)
    /// Nothing changes: a repeated or an outrun message.
    case stay
    /// Back to what it was before the request: held, accepted, triggered or partially filled, as its history says.
    case resume
    /// A fill after the end: the quantity counts, the status stays.
    case lateFill
    /// The venue and we disagree: stop trading the instrument and reconcile.
    case reconcile
}

extension OrderStatus {
    /// The whole table, every status with every event.
    public func next(on event: OrderEvent) -> OrderTransition {
        switch self {
        case .initialized:
            switch event {
            case .deny: .to(.denied)
            case .hold: .to(.held)
            case .submit: .to(.submitted)
            case .cancel: .to(.canceled)
            case .accept, .reject, .trigger, .partialFill, .fill, .expire, .requestUpdate, .update, .rejectUpdate,
                .requestCancel, .rejectCancel:
                .reconcile
            }
        case .held:
            switch event {
            case .submit: .to(.submitted)
            case .accept: .to(.accepted)
            case .reject: .to(.rejected)
            case .cancel: .to(.canceled)
            case .expire: .to(.expired)
            case .trigger: .to(.triggered)
            case .partialFill: .to(.partiallyFilled)
            case .fill: .to(.filled)
            case .requestCancel: .to(.pendingCancel)
            case .requestUpdate, .update, .rejectUpdate, .rejectCancel: .stay
            case .deny, .hold: .reconcile
            }
        case .submitted:
            switch event {
            case .accept: .to(.accepted)
            case .reject: .to(.rejected)
            case .trigger: .to(.triggered)
            case .partialFill: .to(.partiallyFilled)
            case .fill: .to(.filled)
            case .cancel: .to(.canceled)
            case .expire: .to(.expired)
            case .requestUpdate: .to(.pendingUpdate)
            case .requestCancel: .to(.pendingCancel)
            case .submit, .update, .rejectUpdate, .rejectCancel: .stay
            case .hold: .to(.held)
            case .deny: .reconcile
            }
        case .accepted, .triggered, .partiallyFilled:
            switch event {
            case .trigger: self == .partiallyFilled ? .stay : .to(.triggered)
            case .partialFill: .to(.partiallyFilled)
            case .fill: .to(.filled)
            case .cancel: .to(.canceled)
            case .expire: .to(.expired)
            case .requestUpdate: .to(.pendingUpdate)
            case .requestCancel: .to(.pendingCancel)
            // A venue may refuse what it accepted (self-trade prevention, margin at the moment of the fill).
            case .reject: .to(.rejected)
            case .submit, .accept, .update, .rejectUpdate, .rejectCancel: .stay
            case .deny, .hold: .reconcile
            }
        case .pendingUpdate:
            switch event {
            case .update, .rejectUpdate: .resume
            case .fill: .to(.filled)
            case .cancel: .to(.canceled)
            case .expire: .to(.expired)
            case .reject: .to(.rejected)
            case .requestCancel: .to(.pendingCancel)
            // The venue's word that it holds a child can be outrun by our change of it.
            case .submit, .hold, .accept, .trigger, .partialFill, .requestUpdate, .rejectCancel: .stay
            case .deny: .reconcile
            }
        case .pendingCancel:
            switch event {
            case .cancel: .to(.canceled)
            case .rejectCancel: .resume
            case .fill: .to(.filled)
            case .expire: .to(.expired)
            case .reject: .to(.rejected)
            case .submit, .hold, .accept, .trigger, .partialFill, .requestUpdate, .update, .rejectUpdate,
                .requestCancel:
                .stay
            case .deny: .reconcile
            }
        case .canceled, .expired, .rejected:
            switch event {
            // Fills can be on their way while a cancel is confirmed, and a refusal can be a misread answer.
            case .partialFill, .fill: .lateFill
            case .cancel, .expire, .reject, .accept, .trigger, .update, .rejectUpdate, .rejectCancel, .requestCancel,
                .requestUpdate:
                .stay
            case .deny, .hold, .submit: .reconcile
            }
        case .filled:
            switch event {
            case .partialFill, .fill: .reconcile
            case .accept, .trigger, .update, .rejectUpdate, .rejectCancel, .cancel, .expire, .requestCancel,
                .requestUpdate:
                .stay
            case .deny, .hold, .submit, .reject: .reconcile
            }
        case .denied: .reconcile
        }
    }
}
