// SPDX-License-Identifier: Apache-2.0

import Connectivity
public import Cryptography
public import Trading
public import VenueInterface

/// What came of an action that the vocabulary of venues has no event for.
public struct HyperliquidActionResult: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// - Parameter twap: The number of a TWAP order that was started.
        case done(twap: UInt64?)
        case refused(text: String)
        case unknown(reason: String)
    }
    /// What the call returned.
    public let number: UInt64
    public let name: String
    public let outcome: Outcome
}

/// The venue's dead man's switch as it is known here.
struct HyperliquidDeadMan: Sendable {
    /// At most so many firings a day; extending is free.
    static let firingsADay = 10
    static let leastAhead = TimeSpan.seconds(5)

    /// In monotonic time.
    var firesAt: TimeSpan?
    var day: Int64 = 0
    var firings = 0

    mutating func firingsToday(at wall: Timestamp) -> Int {
        if wall.dayNumber != day { (day, firings) = (wall.dayNumber, 0) }
        return firings
    }
}

extension HyperliquidConnector {
    public mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        if let place = market.place(of: instrument) {
            let action = HyperliquidAction.updateLeverage(
                asset: configuration.markets[place].asset, isCross: isCross, leverage: leverage)
            act(.leverage(instrument), action, orders: 1, .order, at: now, into: &outputs)
        } else {
            let text = "never sent: instrument \(instrument) is not one of this connector's"
            outputs.append(.event(.leverage(instrument, .refused(text: text))))
        }
        advance(at: now, into: &outputs)
    }

    // MARK: Dead man's switch

    /// Refusals come as `deadManSwitch(armed: false, …)`; whatever may be better the next time, as a warning.
    public mutating func setDeadManSwitch(
        _ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let wall = venueTime(at: now)
        if let time, time < wall.later(by: HyperliquidDeadMan.leastAhead) {
            warnDeadMan("it must be at least 5 s ahead of the venue's time, was \(time) at \(wall)", into: &outputs)
        } else if time != nil, deadMan.firingsToday(at: wall) >= HyperliquidDeadMan.firingsADay {
            let reason = "it fired \(deadMan.firings) times today, and the venue allows no more until 00:00 UTC"
            outputs.append(.event(.notice(.deadManSwitch(armed: false, reason: reason))))
        } else {
            let milliseconds = time.map { UInt64(max(0, $0.nanoseconds / 1_000_000)) }
            act(.deadMan(time), .scheduleCancel(at: milliseconds), orders: 1, .cancel, at: now, into: &outputs)
        }
        advance(at: now, into: &outputs)
    }

    mutating func acceptDeadMan(
        _ time: Timestamp?, _ answer: HyperliquidExchangeAnswer, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        if let refusal = answer.firstRefusal {
            // What was armed before stays armed.
            outputs.append(.event(.notice(.deadManSwitch(armed: deadMan.firesAt != nil, reason: refusal.text))))
        } else {
            deadMan.firesAt = time.map { now.monotonic.later(by: $0.since(venueTime(at: now))) }
            outputs.append(.event(.notice(.deadManSwitch(armed: time != nil, reason: ""))))
        }
    }

    func warnDeadMan(_ reason: String, into outputs: inout [ConnectorOutput]) {
        let state = deadMan.firesAt == nil ? "it is not armed" : "it is armed as before"
        outputs.append(.event(.notice(.warning("The dead man's switch was not set, \(state): \(reason)"))))
    }

    /// Counts a firing when its time has come without being moved on.
    mutating func advanceDeadMan(at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let time = deadMan.firesAt, now.monotonic >= time else { return }
        deadMan.firesAt = nil
        deadMan.firings = deadMan.firingsToday(at: venueTime(at: now)) + 1
        let text =
            "The dead man's switch was not moved on in time: the venue has cancelled all orders of the account, for "
            + "the \(deadMan.firings). time today."
        outputs.append(.event(.notice(.warning(text))))
    }

    // MARK: Of this venue alone

    /// Buys or sells in slices over a time. Its end is told by `takeActionResults`.
    ///
    /// - Parameter minutes: 5 to 1440.
    /// - Returns: The number that its result carries.
    public mutating func placeTWAP(
        _ instrument: InstrumentID, _ side: Side, _ quantity: Quantity, minutes: Int, isReduceOnly: Bool = false,
        isRandomized: Bool = false, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> UInt64? {
        guard let market = market(of: instrument, for: "TWAP", into: &outputs) else { return nil }
        let action = HyperliquidAction.twapOrder(
            asset: market.asset, isBuy: side == .buy, size: market.instrument.text(quantity),
            isReduceOnly: isReduceOnly, minutes: minutes, isRandomized: isRandomized)
        return perform("TWAP of \(market.instrument.symbol)", action, at: now, into: &outputs)
    }

    public mutating func cancelTWAP(
        _ instrument: InstrumentID, twap: UInt64, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> UInt64? {
        guard let market = market(of: instrument, for: "TWAP", into: &outputs) else { return nil }
        let action = HyperliquidAction.twapCancel(asset: market.asset, twap: twap)
        return perform("end of the TWAP of \(market.instrument.symbol)", action, at: now, into: &outputs)
    }

    /// Adds margin to an isolated position (positive), or takes it away.
    public mutating func changeIsolatedMargin(
        _ instrument: InstrumentID, microDollars: Int64, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> UInt64? {
        guard let market = market(of: instrument, for: "margin", into: &outputs) else { return nil }
        let action = HyperliquidAction.updateIsolatedMargin(asset: market.asset, microDollars: microDollars)
        return perform("margin of \(market.instrument.symbol)", action, at: now, into: &outputs)
    }

    /// Moves USDC between the spot and the perpetual account. Only the account's own key may.
    ///
    /// - Parameter amount: Decimal text, as the venue is to read it.
    public mutating func transferUSD(
        amount: String, toPerpetuals: Bool, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> UInt64? {
        let action = HyperliquidAction.usdClassTransfer(amount: amount, toPerp: toPerpetuals)
        return perform("transfer of \(amount) USDC", action, at: now, into: &outputs)
    }

    /// Lets another key sign for the account. Only the account's own key may.
    public mutating func approveAgent(
        _ agent: EthereumAddress, name: String, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> UInt64? {
        perform("approval of agent \(agent)", .approveAgent(agent, name: name), at: now, into: &outputs)
    }

    /// Any other action.
    /// - Returns: The number that its result carries.
    public mutating func perform(
        _ name: String, _ action: HyperliquidAction, at now: Moment, into outputs: inout [ConnectorOutput]
    ) -> UInt64? {
        nextToken += 1
        let number = nextToken
        act(.action(name: name, number: number), action, orders: 1, .order, at: now, into: &outputs)
        advance(at: now, into: &outputs)
        return number
    }

    /// What came of actions since the last call, oldest first; the last 64 are kept.
    public mutating func takeActionResults() -> [HyperliquidActionResult] {
        defer { actionResults.removeAll() }
        return actionResults
    }

    mutating func tellAction(
        _ name: String, _ number: UInt64?, _ outcome: HyperliquidActionResult.Outcome,
        into outputs: inout [ConnectorOutput]
    ) {
        switch outcome {
        case .done: break
        case .refused(let text): outputs.append(.event(.notice(.warning("The \(name) was refused: \(text)"))))
        case .unknown(let reason):
            outputs.append(.event(.notice(.warning("Whether the \(name) was done is not known: \(reason)"))))
        }
        guard let number else { return }
        if actionResults.count >= 64 { actionResults.removeFirst() }
        actionResults.append(HyperliquidActionResult(number: number, name: name, outcome: outcome))
    }

    private func market(
        of instrument: InstrumentID, for purpose: String, into outputs: inout [ConnectorOutput]
    ) -> Market? {
        if let place = market.place(of: instrument) { return configuration.markets[place] }
        let text = "The \(purpose) was not set: instrument \(instrument) is not one of this connector's."
        outputs.append(.event(.notice(.warning(text))))
        return nil
    }
}

extension HyperliquidExchangeAnswer {
    /// Why a request with one part was refused.
    var firstRefusal: HyperliquidRefusal? {
        switch self {
        case .refused(let refusal): refusal
        case .statuses(_, let statuses): if case .refused(let refusal)? = statuses.first { refusal } else { nil }
        case .done: nil
        }
    }
}
