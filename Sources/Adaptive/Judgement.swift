// SPDX-License-Identifier: Apache-2.0

import Analysis
import Execution
package import Strategies
package import Trading

/// What is known about a signal, and what follows from it for a trade.
struct Judgement: Sendable {
    let side: Side
    /// When this was judged, and the close of then.
    let time: Timestamp
    let price: Double
    /// The signal's move, and the threshold it crossed, in percent.
    let move: Double
    let threshold: Double
    /// 0 to 1.
    var confidence = 1.0
    /// From the regime.
    var stopMultiplier = 1.0
    /// From confidence, regime, volatility and volume: at most 1.
    var sizeFactor = 1.0
    /// What a model said about the signal, where one was asked.
    private(set) var prediction: Prediction?
    var values: [DecisionRecord.Value] = []
    /// What each part found, in words; empty where nobody asks for them.
    private(set) var parts: [DecisionRecord.Part] = []
    private let isTold: Bool

    /// - Parameter isTold: Whether words are made.
    init(side: Side, time: Timestamp, price: Double, move: Double, threshold: Double, isTold: Bool) {
        self.isTold = isTold
        self.side = side
        self.time = time
        self.price = price
        self.move = move
        self.threshold = threshold
    }

    mutating func add(_ name: String, _ value: Double) { values.append(DecisionRecord.Value(name, value)) }

    func minutes(until now: Timestamp) -> Double { Double(now.nanoseconds - time.nanoseconds) / 60e9 }

    mutating func explain(_ feature: Feature, _ text: @autoclosure () -> String) { explain(feature.name, text()) }

    mutating func explain(_ name: String, _ text: @autoclosure () -> String) {
        if isTold { parts.append(DecisionRecord.Part(name, text())) }
    }

    /// Takes in what a model said about the signal.
    ///
    /// - Parameter isSized: Whether confidence has a say in the size.
    mutating func follow(_ prediction: Prediction, isSized: Bool) {
        let before = confidence
        confidence = ConfidenceAdjustment().adjusted(before, probability: prediction.probability, side: side)
        add("probability", prediction.probability ?? .nan)
        add("confidence_with_model", confidence)
        if before > 0, isSized { sizeFactor *= min(1, confidence / before) }
        self.prediction = prediction
        let after = confidence
        let answer = prediction.probability.map { "a rise has the probability \(decimals($0, 2))" } ?? "no answer"
        explain(.prediction, "\(answer): confidence \(decimals(after, 2)) instead of \(decimals(before, 2))")
    }
}

/// A model's answer about a signal.
struct Prediction: Sendable, BitwiseCopyable {
    /// That the price will be higher; `nil` where the model failed.
    let probability: Double?
}

/// Why a signal is not followed.
struct Refusal: Error {
    let feature: Feature
    let reason: String

    /// A filter that has failed just now lets nothing through; once it is switched off the rest trades on without it.
    static func failed(_ feature: Feature) -> Self {
        Refusal(feature: feature, reason: "it failed, and lets nothing through until it works or is switched off")
    }
}

/// What a model is asked about.
package struct PredictionInput: Sendable {
    package let time: Timestamp
    package let side: Side
    package let values: [DecisionRecord.Value]
}

/// How a model's probability changes a signal's confidence.
///
/// A probability beyond `strong` on the signal's side raises it, one beyond it on the other side lowers it, in proportion
/// to how far beyond, by at most `weight`; anything between leaves it as it is, and so does a failed prediction.
struct ConfidenceAdjustment: Sendable {
    var strong = 0.6
    var weight = 0.3

    func adjusted(_ confidence: Double, probability: Double?, side: Side) -> Double {
        guard let probability, probability >= 0, probability <= 1 else { return confidence }
        let agreeing = side == .buy ? probability : 1 - probability
        func strength(_ share: Double) -> Double { max(0, share - strong) / (1 - strong) }
        let change = weight * (strength(agreeing) - strength(1 - agreeing))
        return min(1, max(0, confidence * (1 + change)))
    }
}

/// A trade from its entry order to its last exit.
struct OpenTrade: Sendable {
    struct Target: Sendable {
        let order: OrderID
        let leg: ExitLeg
    }

    let judgement: Judgement
    let entryOrder: OrderID
    var stopOrder: OrderID
    let stop: Double
    let atr: Double
    var regimes: RegimeWatch
    /// Where the single target stands without partial exits.
    var targetOrder = OrderID.none
    var targets: [Target] = []
    var hasTargets = false
    /// From the first fill on.
    var position: PositionGuard?
    var isLeaving = false
}
