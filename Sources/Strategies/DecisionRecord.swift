// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// One decision of a strategy, taken or not, with what it was made of: what `apus explain` shows.
public struct DecisionRecord: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The strategy's base condition for a trade came true.
        case signal
        /// A position is opened, or its opening given up.
        case entry
        case exit
        /// A protecting stop was placed or moved.
        case stop
        /// A feature was switched off or on.
        case feature
        /// An order algorithm placed, changed or took back an order, or came to its end.
        case algorithm
        /// A limit, a breaker or the portfolio changed what may be traded.
        case risk
    }

    public enum Verdict: String, Hashable, Sendable {
        case taken, refused, waiting, changed
    }

    /// A number that the decision was made of.
    public struct Value: Hashable, Sendable {
        public let name: String
        /// NaN where it was not known.
        public let value: Double
        public init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// What one part of the strategy found, in words.
    public struct Part: Hashable, Sendable {
        /// A feature's, such as `timeframes`, or another name.
        public let name: String
        public let text: String
        public init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    public let time: Timestamp
    /// `nil` where it is about the account.
    public let strategy: StrategyID?
    public let instrument: InstrumentID?
    public let kind: Kind
    public let verdict: Verdict
    public let side: Side?
    /// The feature, filter or limit that decided, such as `timeframes`; empty for the strategy itself.
    public let feature: String
    /// Why, in words and numbers.
    public let reason: String
    /// What each part found that was asked before, in the order of asking.
    public let parts: [Part]
    public let values: [Value]
    /// The order that came of it; `.none` where none did.
    public let order: OrderID
    /// What it takes of a venue that may not have it.
    public let features: [OrderFeature]

    package init(
        time: Timestamp, strategy: StrategyID?, instrument: InstrumentID?, kind: Kind, verdict: Verdict, side: Side?,
        feature: String, reason: String, parts: [Part] = [], values: [Value], order: OrderID,
        features: [OrderFeature] = []
    ) {
        self.time = time
        self.strategy = strategy
        self.instrument = instrument
        self.kind = kind
        self.verdict = verdict
        self.side = side
        self.feature = feature
        self.reason = reason
        self.parts = parts
        self.values = values
        self.order = order
        self.features = features
    }
}

/// Two NaNs are the same unknown: records of equal runs are equal.
extension DecisionRecord.Value {
    public static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.value.bitPattern == right.value.bitPattern
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value.bitPattern)
    }
}

extension StrategyContext {
    /// Whether decisions are kept: words need not be made where they are not.
    public var isTold: Bool { keepsDecisions && !isObserving }

    /// Notes a decision of the strategy. Costs nothing where decisions are not kept.
    public mutating func note(
        _ kind: DecisionRecord.Kind, _ verdict: DecisionRecord.Verdict, side: Side? = nil, feature: String = "",
        order: OrderID = .none, because reason: @autoclosure () -> String,
        parts: @autoclosure () -> [DecisionRecord.Part] = [],
        values: @autoclosure () -> [DecisionRecord.Value] = [], features: @autoclosure () -> [OrderFeature] = []
    ) {
        guard isTold else { return }
        decisions.append(
            DecisionRecord(
                time: now, strategy: slots[current].id, instrument: slots[current].instrument, kind: kind,
                verdict: verdict, side: side, feature: feature, reason: reason(), parts: parts(), values: values(),
                order: order, features: features()))
    }
}
