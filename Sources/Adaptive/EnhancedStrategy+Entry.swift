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
        let move = context.value(self.move)
        let threshold = threshold(context)
        guard let side = crossing(move, threshold, allowsShort: context.plan.allowsShort), confirmation.side != side,
            asked?.judgement.side != side
        else {
            return
        }
        var judgement = Judgement(
            side: side, time: context.now, price: bar.close, move: move, threshold: threshold,
            isTold: context.isTold)
        do throws(Refusal) { try judge(&judgement, bar, context) } catch {
            return context.note(
                .signal, .refused, side: side, feature: error.feature.name, because: error.reason,
                parts: judgement.parts, values: judgement.values)
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
        judgement.follow(Prediction(probability: probability), isSized: features.state(.sizing) != .off)
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
                because: story, parts: judgement.parts, values: judgement.values)
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
                because: cause.rawValue, parts: judgement.parts, values: judgement.values)
        case .confirmed:
            candidate = nil
            confirmed(judgement, bar, &context)
        }
    }

    /// Enters with a signal that was waited on, unless what is known now forbids it.
    private mutating func confirmed(_ signal: Judgement, _ bar: BarValues, _ context: inout StrategyContext) {
        guard signal.time < context.now else {
            var judgement = signal
            explainConfirmation(of: signal, bar, &judgement, context)
            return enter(judgement, bar, &context)
        }
        var judgement = Judgement(
            side: signal.side, time: context.now, price: bar.close, move: signal.move, threshold: signal.threshold,
            isTold: context.isTold)
        explainConfirmation(of: signal, bar, &judgement, context)
        let move = context.value(self.move)
        let threshold = threshold(context)
        judgement.add("minutes_waited", signal.minutes(until: context.now))
        judgement.add("signal_price", signal.price)
        judgement.add("move_now_percent", move)
        judgement.add("threshold_now_percent", threshold)
        guard signal.side == .buy ? move > -threshold : move < threshold else {
            return context.note(
                .entry, .refused, side: signal.side,
                because: "while it was waited on, the move turned: \(decimals(move, 3)) % is beyond the threshold of "
                    + "\(decimals(threshold, 3)) % the other way", parts: judgement.parts, values: judgement.values)
        }
        do throws(Refusal) { try judge(&judgement, bar, context) } catch {
            return context.note(
                .entry, .refused, side: signal.side, feature: error.feature.name, because: error.reason,
                parts: judgement.parts, values: judgement.values)
        }
        if let prediction = signal.prediction {
            judgement.follow(prediction, isSized: features.state(.sizing) != .off)
        }
        enter(judgement, bar, &context)
    }

    private func explainConfirmation(
        of signal: Judgement, _ bar: BarValues, _ judgement: inout Judgement, _ context: borrowing StrategyContext
    ) {
        let places = context.instrument.priceDecimals
        if features.isActive(.pullback, at: context.now) {
            let gain = (signal.price - bar.close) / signal.price * (signal.side == .buy ? 100 : -100)
            judgement.explain(
                .pullback,
                "came within \(decimals(signal.minutes(until: context.now), 0)) min of the signal at "
                    + "\(decimals(signal.price, places)): the price is \(decimals(bar.close, places)), "
                    + "\(decimals(abs(gain), 2)) % \(gain < 0 ? "worse" : "better")")
        }
        if features.isActive(.acceleration, at: context.now) {
            judgement.explain(
                .acceleration, "\(decimals(context.value(acceleration), 4)) points the trade's way")
        }
    }

    private func story(_ judgement: Judgement) -> String {
        "a move of \(decimals(judgement.move, 3)) % crossed the threshold of \(decimals(judgement.threshold, 3)) %"
    }

    private mutating func enter(_ judged: Judgement, _ bar: BarValues, _ context: inout StrategyContext) {
        var judgement = judged
        let side = judgement.side
        func refuse(_ reason: String) {
            context.note(
                .entry, .refused, side: side, because: reason, parts: judgement.parts, values: judgement.values)
        }
        let range = context.value(averageRange)
        guard range > 0, range.isFinite else {
            return refuse("the average true range is \(range): there is no distance for a stop")
        }
        let sign: Double = side == .buy ? 1 : -1
        let prices = StopPrices(side: side, instrument: context.instrument, now: context.now)
        let level = bar.close - sign * stopDistance(&judgement, bar, range, context)
        guard let stopPrice = prices.price(of: level), let stop = prices.rounded(level) else {
            return refuse("its stop would be at \(level), which is no price")
        }
        guard (bar.close - stop) * sign > 0 else {
            return refuse(
                "its stop would be at \(decimals(level, 6)), which is \(prices.instrument.text(stopPrice)) on the venue's "
                    + "ticks: no room to the price, \(decimals(bar.close, 6))")
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
            judgement: judgement, entryOrder: entry, stopOrder: child(.stop, at: stopPrice), stop: stop, atr: range,
            regimes: RegimeWatch(side: side, regime: regime.regime))
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
            parts: judgement.parts, values: judgement.values)
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
        _ judgement: inout Judgement, _ bar: BarValues, _ range: Double, _ context: borrowing StrategyContext
    ) -> Double {
        let isLong = judgement.side == .buy
        let multiplier = judgement.stopMultiplier
        let planned = settings.stopDistance * range * multiplier
        let level = context.value(structure, output: isLong ? structureOutputs.support : structureOutputs.resistance)
        // Of the last bar of the signal's timeframe: the price may have passed it since, and no stop stands beyond it then.
        let room = isLong ? bar.close - level : level - bar.close
        let beyond = room + settings.structureMargin * range
        let answer = features.ask(.structureStops, at: context.now, fault) { () throws -> Bool in
            // Without a level near there is none to stand beyond.
            guard level.isNaN || level > 0 && level.isFinite else {
                throw FeatureFailure("a level at \(level) is no price")
            }
            return room > 0 && beyond >= planned * 0.5 && beyond <= planned * 1.5
        }
        if let fits = answer.value {
            judgement.add("structure_level", level)
            judgement.explain(
                .structureStops,
                Self.structureStory(
                    isLong ? "support" : "resistance", decimals(level, context.instrument.priceDecimals), room: room,
                    fits, beyond / range, planned / range, margin: settings.structureMargin))
        }
        let distance = answer.value == true ? beyond : planned
        let farthest = context.plan.stopLoss.map { $0.fraction * bar.close } ?? .infinity
        judgement.add("stop_distance_atr", min(distance, farthest) / range)
        judgement.explain(
            "stop",
            "\(decimals(min(distance, farthest) / range, 2)) ATR from the price; \(decimals(settings.stopDistance, 2)) ATR × "
                + "\(decimals(multiplier, 2)) for the regime are \(decimals(planned / range, 2))"
                + (farthest < distance ? ", and the plan's stop-loss is nearer" : ""))
        return min(distance, farthest)
    }

    /// What a level did to the stop; distances in ATRs.
    private static func structureStory(
        _ name: String, _ level: String, room: Double, _ fits: Bool, _ beyond: Double, _ planned: Double, margin: Double
    ) -> String {
        guard room.isFinite else { return "no \(name) is known" }
        guard room > 0 else { return "the price has passed the \(name) at \(level): the stop goes by ATR alone" }
        let distances = "\(decimals(beyond, 2)) ATR from the price"
        return fits
            ? "beyond \(name) at \(level) by \(decimals(margin, 2)) ATR: \(distances) instead of \(decimals(planned, 2))"
            : "beyond \(name) at \(level) it would be \(distances), not within half to one and a half of "
                + "\(decimals(planned, 2)): the stop goes by ATR alone"
    }
}
