// SPDX-License-Identifier: Apache-2.0

public import Execution
public import JSON
public import Trading
public import VenueInterface

/// What the venue says about one order of a request.
public enum HyperliquidRequestStatus: Hashable, Sendable {
    case resting(order: UInt64, client: ClientOrderID?)
    case filled(order: UInt64, size: ExactDecimal, averagePrice: ExactDecimal, client: ClientOrderID?)
    /// A protective order whose entry has not filled yet.
    case waitingForFill
    case waitingForTrigger
    case success
    case twapRunning(UInt64)
    case refused(HyperliquidRefusal)

    init(_ message: MessageReader) throws(MessageError) {
        if let word = message.json.string {
            switch word {
            case "success": self = .success
            case "waitingForFill": self = .waitingForFill
            case "waitingForTrigger": self = .waitingForTrigger
            default: throw MessageError(field: message.path, problem: .unknown, value: word)
            }
        } else if let resting = try message.optionalObject("resting") {
            self = .resting(order: try resting.unsigned("oid"), client: try resting.client("cloid"))
        } else if let filled = try message.optionalObject("filled") {
            self = .filled(
                order: try filled.unsigned("oid"), size: try filled.decimal("totalSz"),
                averagePrice: try filled.decimal("avgPx"), client: try filled.client("cloid"))
        } else if let running = try message.optionalObject("running") {
            self = .twapRunning(try running.unsigned("twapId"))
        } else if message.optional("error") != nil {
            self = .refused(HyperliquidRefusal(text: try message.text("error")))
        } else {
            throw MessageError(field: message.path, problem: .unknown, value: message.json.text)
        }
    }

    /// What came of placing an order.
    public func placed(of instrument: Instrument) -> PlaceOutcome {
        switch self {
        case .resting(let order, _): return .resting(VenueOrderID(order))
        case .filled(let order, let size, let price, _):
            guard let quantity = size.quantity(of: instrument) else {
                return .unknown(reason: "filled \(size), which does not fit the lot of \(instrument.symbol)")
            }
            return .filled(VenueOrderID(order), quantity: quantity, averagePrice: price.description)
        case .waitingForFill, .waitingForTrigger: return .waiting(nil)
        case .refused(let refusal): return refusal.placed
        case .success, .twapRunning: return .unknown(reason: "the answer is not one to an order")
        }
    }

    /// What came of cancelling an order.
    public var cancelled: CancelOutcome {
        switch self {
        case .success: .done
        case .refused(let refusal): refusal.cancelled
        case .resting, .filled, .waitingForFill, .waitingForTrigger, .twapRunning:
            .unknown(reason: "the answer is not one to a cancellation")
        }
    }
}

/// The answer of `/exchange`.
public enum HyperliquidExchangeAnswer: Sendable {
    /// One status for each order of the request; the list can be shorter.
    case statuses(type: String, [HyperliquidRequestStatus])
    /// Done, with what else the venue says.
    case done(type: String, data: JSONValue?)
    /// The whole request was refused.
    case refused(HyperliquidRefusal)
}

extension HyperliquidExchangeAnswer: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        switch try message.text("status") {
        case "ok":
            let response = try message.object("response")
            let type = try response.text("type")
            guard let data = try response.optionalObject("data") else {
                self = .done(type: type, data: response.optional("data"))
                return
            }
            if data.optional("statuses") != nil {
                var statuses: [HyperliquidRequestStatus] = []
                for status in try data.list("statuses") { statuses.append(try HyperliquidRequestStatus(status)) }
                self = .statuses(type: type, statuses)
            } else if let status = data.optional("status") {
                self = .statuses(
                    type: type, [try HyperliquidRequestStatus(MessageReader(status, path: data.name("status")))])
            } else {
                self = .done(type: type, data: data.json)
            }
        case "err":
            let response = try message.required("response")
            self = .refused(HyperliquidRefusal(text: response.string ?? response.text))
        case let other: throw MessageError(field: message.name("status"), problem: .unknown, value: other)
        }
    }
}

extension HyperliquidRefusal {
    /// What it says of placing an order.
    public var placed: PlaceOutcome { isProof ? .rejected(reject, text: text) : .unknown(reason: text) }

    /// What it says of changing one.
    public var modified: ModifyOutcome { isProof ? .rejected(reject, text: text) : .unknown(reason: text) }

    /// What it says of cancelling one.
    public var cancelled: CancelOutcome {
        guard isProof else { return .unknown(reason: text) }
        return reason == .notWorking ? .notWorking(text: text) : .rejected(text: text)
    }
}
