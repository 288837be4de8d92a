// SPDX-License-Identifier: Apache-2.0

/// The average typical price since the session began, weighted with volume.
///
/// Until there is volume in the session it is the typical price of the last bar.
public struct SessionVWAP: Indicator, BitwiseCopyable {
    private let session: Session
    private let offset: Int64
    private var current: Int64?
    private var sums = VolumeWeightedSums()

    /// - Parameter offsetMinutes: Minutes after midnight UTC at which a day begins.
    public init(session: Session = .day, offsetMinutes: Int = 0) throws(IndicatorError) {
        guard (-1440...1440).contains(offsetMinutes) else {
            throw .outOfRange(parameter: "offset_minutes", value: "\(offsetMinutes)", allowed: "-1440 to 1440")
        }
        self.session = session
        offset = nanoseconds(minutes: offsetMinutes)
    }

    /// Takes the next bar and returns the average.
    public mutating func update(_ bar: BarValues) -> Double {
        guard bar.isFinite else { return .nan }
        let number = session.number(of: bar.time, offset: offset)
        if number != current {
            current = number
            sums = VolumeWeightedSums()
        }
        return sums.add(bar)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(bar)
    }

    /// Returns the average at each bar; bit for bit the incremental form.
    public static func values(
        of bars: BarColumns, session: Session = .day, offsetMinutes: Int = 0
    ) throws(IndicatorError) -> [Double] {
        var state = try SessionVWAP(session: session, offsetMinutes: offsetMinutes)
        return mapIndices(bars.count) { state.update(bars[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "vwap", aliases: ["session_vwap"], summary: "Volume-weighted average price since the session began.",
        parameters: [.session, .sessionOffset], outputs: ["value"],
        inputs: .timed([.high, .low, .close, .volume]), firstOutput: { _ in 1 }, memory: { _ in .sessions(1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            session: parameters.choice("session"), offsetMinutes: parameters.integer("offset_minutes"))
    }
}

/// The average typical price since a moment, weighted with volume.
///
/// Until there is volume it is the typical price of the last bar. NaN before the moment.
public struct AnchoredVWAP: Indicator, BitwiseCopyable {
    private let anchor: Int64
    private var sums = VolumeWeightedSums()

    /// - Parameter anchor: Nanoseconds since the Unix epoch, UTC; the first bar that opens then or later counts.
    public init(anchor: Int64 = .min) {
        self.anchor = anchor
    }

    /// Takes the next bar and returns the average.
    public mutating func update(_ bar: BarValues) -> Double {
        guard bar.isFinite, bar.time >= anchor else { return .nan }
        return sums.add(bar)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(bar)
    }

    /// Returns the average at each bar; bit for bit the incremental form.
    public static func values(of bars: BarColumns, anchor: Int64 = .min) -> [Double] {
        var state = AnchoredVWAP(anchor: anchor)
        return mapIndices(bars.count) { state.update(bars[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "anchored_vwap", aliases: ["avwap"], summary: "Volume-weighted average price since a moment.",
        parameters: [
            ParameterDefinition(
                name: "anchor", kind: .integer(default: 0, range: 0...9_000_000_000),
                summary: "Seconds since the Unix epoch, UTC; 0 starts with the first bar.")
        ],
        outputs: ["value"], inputs: .timed([.high, .low, .close, .volume]), waitsForData: true,
        firstOutput: { _ in 1 },
        memory: { _ in .always("every bar since the anchor counts") })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        self.init(anchor: Int64(parameters.integer("anchor")) * 1_000_000_000)
    }
}

private struct VolumeWeightedSums: BitwiseCopyable, Sendable {
    private var volume = 0.0
    private var traded = 0.0

    mutating func add(_ bar: BarValues) -> Double {
        volume += bar.volume
        traded += bar.typicalPrice * bar.volume
        return volume == 0 ? bar.typicalPrice : traded / volume
    }
}
