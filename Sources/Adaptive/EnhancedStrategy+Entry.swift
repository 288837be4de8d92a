// SPDX-License-Identifier: Apache-2.0

import Analysis
import Execution
import Indicators
import Strategies
import Supervision
import Trading

extension EnhancedStrategy {
    /// Without a position: goes on with the signal that waits, and looks for a new one.
    mutating func seek(_ bar: BarValues, _ context: inout StrategyContext) {
        if let candidate, confirmation.isWaiting {
            let pullback = features.ask(.pullback, at: context.now, fault) {
                try confirmation.pullback(high: bar.high, low: bar.low)
            }
            let outcome = confirmation.update(
                pullback: pullback, acceleration: accelerates(candidate.side, context))
            settle(outcome, candidate, bar, &context)
        }
        guard trade == nil, context.isActing else { return }
        let move = signal(context)
        let threshold = threshold(context)
        guard let side = crossing(move, threshold, allowsShort: context.plan.allowsShort), confirmation.side != side,
            asked?.judgement.side != side
        else {
            return
        }
        var judgement = Judgement(side: side, price: bar.close, move: move, threshold: threshold)
        do throws(Refusal) { try judge(&judgement, bar, context) } catch {
            return context.note(
                .signal, .refused, side: side, feature: error.feature.name, because: error.reason,
                values: judgement.values)
        }
        guard ask(judgement, &context) == false else { return }
        begin(judgement, bar, &context)
    }

    /// Whether the price accelerates a trade's way.
    private mutating func accelerates(_ side: Side, _ context: borrowing StrategyContext) -> FeatureAnswer<Bool> {
        let push = context.value(acceleration)
        return features.ask(.acceleration, at: context.now, fault) { try EntryConfirmation.agrees(push, with: side) }
    }

    /// Which way the move crossed the threshold with this bar.
    private func crossing(_ move: Double, _ threshold: Double, allowsShort: Bool) -> Side? {
        guard move.isFinite, lastMove.isFinite else { return nil }
        if move >= threshold, lastMove < threshold { return .buy }
        if settings.goesShort, allowsShort, move <= -threshold, lastMove > -threshold { return .sell }
        return nil
    }

    // MARK: The model

    /// Asks the model, where there is one; its answer comes with a later bar.
    private mutating func ask(_ judgement: Judgement, _ context: inout StrategyContext) -> Bool {
        guard let predictor, features.isActive(.prediction, at: context.now) else { return false }
        let (input, fault) = (
            PredictionInput(time: context.now, side: judgement.side, values: judgement.values), fault
        )
        let task = context.background(latency: .milliseconds(100)) { () -> any Sendable in
            Swift.Result<Double, any Error> {
                try fault?(.prediction)
                return try predictor(input)
            }
        }
        asked = (task, judgement)
        return true
    }

    /// Goes on with a signal after the model has said, or failed to say, what it thinks.
    mutating func answered(_ outcome: BackgroundOutcome, _ context: inout StrategyContext) {
        guard var judgement = asked?.judgement else { return }
        asked = nil
        var probability: Double?
        switch outcome {
        case .stalled: features.stalled(.prediction, at: context.now)
        case .finished(let result):
            features.ended(.prediction)
            let result = result as? Swift.Result<Double, any Error>
            probability =
                features.ask(.prediction, at: context.now) {
                    try result?.get() ?? .nan
                } isSound: {
                    $0 >= 0 && $0 <= 1
                }.value
        }
        let before = judgement.confidence
        judgement.confidence = ConfidenceAdjustment().adjusted(before, probability: probability, side: judgement.side)
        judgement.add("probability", probability ?? .nan)
        judgement.add("confidence_with_model", judgement.confidence)
        // What confidence does to the size is sizing's.
        if before > 0, features.state(.sizing) != .off {
            judgement.sizeFactor *= min(1, judgement.confidence / before)
        }
        guard trade == nil, context.isActing, let bar = context.values() else { return }
        begin(judgement, bar, &context)
    }

    // MARK: Entering

    private mutating func begin(_ judgement: Judgement, _ bar: BarValues, _ context: inout StrategyContext) {
        candidate = judgement
        let awaitsPullback = features.isActive(.pullback, at: context.now)
        let outcome = confirmation.begin(
            judgement.side, at: judgement.price, pullback: awaitsPullback ? .said(.notYet) : .off,
            acceleration: accelerates(judgement.side, context))
        if outcome == .waiting {
            let story = waiting(judgement, at: context.now)
            context.note(
                .signal, .waiting, side: judgement.side,
                feature: (awaitsPullback ? Feature.pullback : .acceleration).name,
                because: story, values: judgement.values)
        }
        settle(outcome, judgement, bar, &context)
    }

    private func waiting(_ judgement: Judgement, at now: Timestamp) -> String {
        let range = settings.confirmation.pullback
        let pullback =
            features.isActive(.pullback, at: now)
            ? "a pull-back of \(decimals(range.lowerBound * 100, 2)) to \(decimals(range.upperBound * 100, 2)) %" : nil
        let push = features.isActive(.acceleration, at: now) ? "acceleration the trade's way" : nil
        return story(judgement) + "; waiting for " + [pullback, push].compactMap { $0 }.joined(separator: " and ")
    }

    private mutating func settle(
        _ outcome: EntryConfirmation.Outcome, _ judgement: Judgement, _ bar: BarValues,
        _ context: inout StrategyContext
    ) {
        switch outcome {
        case .idle, .waiting: return
        case .abandoned(let side, let cause):
            candidate = nil
            context.note(
                .entry, .refused, side: side,
                feature: (cause == .noAcceleration ? Feature.acceleration : .pullback).name,
                because: cause.rawValue, values: judgement.values)
        case .confirmed:
            candidate = nil
            enter(judgement, bar, &context)
        }
    }

    private func story(_ judgement: Judgement) -> String {
        "a move of \(decimals(judgement.move, 3)) % crossed the threshold of \(decimals(judgement.threshold, 3)) %"
    }

    private mutating func enter(_ judgement: Judgement, _ bar: BarValues, _ context: inout StrategyContext) {
        let side = judgement.side
        func refuse(_ reason: String) {
            context.note(.entry, .refused, side: side, because: reason, values: judgement.values)
        }
        let range = context.value(averageRange)
        guard range > 0, range.isFinite else {
            return refuse("the average true range is \(range): there is no distance for a stop")
        }
        let sign: Double = side == .buy ? 1 : -1
        let stop = bar.close - sign * stopDistance(judgement, bar, range, context)
        guard stop > 0, let stopPrice = context.price(stop) else {
            return refuse("its stop would be at \(stop), which is no price")
        }
        let intent = EntryIntent(
            instrument: context.instrument.id, side: side, confidence: judgement.confidence,
            lossAtStop: abs(bar.close - stop) / bar.close)
        guard let quantity = context.plannedQuantity(for: intent, scaledBy: judgement.sizeFactor) else {
            return refuse(
                "the size came out at nothing that the venue takes (factor \(decimals(judgement.sizeFactor, 3)))")
        }
        let market = context.instrument
        let instrument = market.id
        let entry = context.submit(
            OrderRequest(instrument: instrument, side: side, type: .market, quantity: quantity))
        guard let entry else { return }
        let group = context.newGroup()
        func child(_ type: OrderType, at price: Price) -> OrderID {
            context.submit(
                OrderRequest(
                    instrument: instrument, side: side.opposite, type: type, quantity: .zero, trigger: .price(price),
                    isReduceOnly: true, group: group, parent: entry)) ?? .none
        }
        var trade = OpenTrade(
            judgement: judgement, entryOrder: entry, stopOrder: child(.stop, at: stopPrice), stop: stop, atr: range)
        if !features.isActive(.partialExits, at: context.now),
            let target = context.price(Self.target(bar.close, sign, settings.targetDistance * range, context))
        {
            trade.targetOrder = child(.takeProfit, at: target)
        }
        self.trade = trade
        context.note(
            .entry, .taken, side: side, order: entry,
            because: story(judgement)
                + ", \(side == .buy ? "bought" : "sold") \(market.text(quantity)), stop at \(market.text(stopPrice))",
            values: judgement.values)
    }

    /// A price in profit, never beyond the trade plan's target.
    static func target(
        _ entry: Double, _ sign: Double, _ distance: Double, _ context: borrowing StrategyContext
    ) -> Double {
        let farthest = context.plan.takeProfit.map { $0.fraction * entry } ?? .infinity
        return max(entry + sign * min(distance, farthest), 0)
    }

    /// How far from the price the stop stands: ATRs by regime, beyond structure, never beyond the trade plan's stop.
    private mutating func stopDistance(
        _ judgement: Judgement, _ bar: BarValues, _ range: Double, _ context: borrowing StrategyContext
    ) -> Double {
        var distance = settings.stopDistance * range * judgement.stopMultiplier
        let level = context.value(
            structure, output: judgement.side == .buy ? structureOutputs.support : structureOutputs.resistance)
        let margin = settings.structureMargin * range
        let beyond = features.ask(.structureStops, at: context.now, fault) { () throws -> Double? in
            // Without a level near there is none to stand beyond.
            guard !level.isNaN else { return nil }
            guard level > 0, level.isFinite else { throw FeatureFailure("a level at \(level) is no price") }
            return abs(bar.close - level) + margin
        }
        if let beyond = beyond.value ?? nil,
            beyond >= distance * 0.5, beyond <= distance * 1.5
        {
            distance = beyond
        }
        let farthest = context.plan.stopLoss.map { $0.fraction * bar.close } ?? .infinity
        return min(distance, farthest)
    }
}
