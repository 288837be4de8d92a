// SPDX-License-Identifier: Apache-2.0

/// Pivot points: support and resistance levels from the session before.
///
/// With high H, low L and close C of that session and P = (H + L + C) / 3:
/// - classic: R1 = 2P − L, S1 = 2P − H, R2 = P + (H − L), S2 = P − (H − L), R3 = H + 2 (P − L), S3 = L − 2 (H − P);
/// - fibonacci: P ± 0.382, 0.618 and 1 × (H − L);
/// - camarilla: C ± 1.1 (H − L) / 12, 6 and 4.
public struct PivotPoints: Indicator, BitwiseCopyable {
    public enum Method: String, CaseIterable, Sendable, BitwiseCopyable {
        case classic, fibonacci, camarilla
    }

    /// The levels of a bar's session; all NaN in the first session.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var pivot = Double.nan
        public var resistance1 = Double.nan
        public var resistance2 = Double.nan
        public var resistance3 = Double.nan
        public var support1 = Double.nan
        public var support2 = Double.nan
        public var support3 = Double.nan
    }

    private let method: Method
    private let session: Session
    private let offset: Int64
    private var current: Int64?
    private var high = 0.0
    private var low = 0.0
    private var close = 0.0
    private var levels = Value()

    /// - Parameter offsetMinutes: Minutes after midnight UTC at which a day begins.
    public init(
        method: Method = .classic, session: Session = .day, offsetMinutes: Int = 0
    ) throws(IndicatorError) {
        guard (-1440...1440).contains(offsetMinutes) else {
            throw .outOfRange(parameter: "offset_minutes", value: "\(offsetMinutes)", allowed: "-1440 to 1440")
        }
        self.method = method
        self.session = session
        offset = nanoseconds(minutes: offsetMinutes)
    }

    /// Takes the next bar and returns the levels of its session.
    public mutating func update(_ bar: BarValues) -> Value {
        guard bar.isFinite else { return Value() }
        let number = session.number(of: bar.time, offset: offset)
        if number != current {
            if current != nil { levels = Self.levels(method, high: high, low: low, close: close) }
            current = number
            high = bar.high
            low = bar.low
        } else {
            high = larger(bar.high, high)
            low = smaller(bar.low, low)
        }
        close = bar.close
        return levels
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let levels = update(bar)
        outputs[0] = levels.pivot
        outputs[1] = levels.resistance1
        outputs[2] = levels.resistance2
        outputs[3] = levels.resistance3
        outputs[4] = levels.support1
        outputs[5] = levels.support2
        outputs[6] = levels.support3
    }

    private static func levels(_ method: Method, high: Double, low: Double, close: Double) -> Value {
        let pivot = (high + low + close) / 3
        let range = high - low
        func around(_ middle: Double, _ first: Double, _ second: Double, _ third: Double) -> Value {
            Value(
                pivot: pivot, resistance1: middle + first * range, resistance2: middle + second * range,
                resistance3: middle + third * range, support1: middle - first * range,
                support2: middle - second * range, support3: middle - third * range)
        }
        switch method {
        case .classic:
            return Value(
                pivot: pivot, resistance1: 2 * pivot - low, resistance2: pivot + range,
                resistance3: high + 2 * (pivot - low), support1: 2 * pivot - high, support2: pivot - range,
                support3: low - 2 * (high - pivot))
        case .fibonacci: return around(pivot, 0.382, 0.618, 1)
        case .camarilla: return around(close, 1.1 / 12, 1.1 / 6, 1.1 / 4)
        }
    }

    /// Returns the levels at each bar; bit for bit the incremental form.
    public static func values(
        of bars: BarColumns, method: Method = .classic, session: Session = .day, offsetMinutes: Int = 0
    ) throws(IndicatorError) -> [Value] {
        var state = try PivotPoints(method: method, session: session, offsetMinutes: offsetMinutes)
        return (0..<bars.count).map { state.update(bars[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "pivots", aliases: ["pivot_points"],
        summary: "Pivot, three resistances and three supports from the session before.",
        parameters: [.choice("method", Method.classic, "How the levels are computed."), .session, .sessionOffset],
        outputs: [
            "pivot", "resistance_1", "resistance_2", "resistance_3", "support_1", "support_2", "support_3",
        ],
        inputs: .timed([.high, .low, .close]), waitsForData: true, firstOutput: { _ in 2 },
        memory: { _ in .sessions(2) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            method: parameters.choice("method"), session: parameters.choice("session"),
            offsetMinutes: parameters.integer("offset_minutes"))
    }
}
