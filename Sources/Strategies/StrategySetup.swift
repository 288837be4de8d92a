// SPDX-License-Identifier: Apache-2.0

public import Indicators
public import Trading

/// What a strategy declares before it runs: the series and indicators it reads, and how long it waits.
public struct StrategySetup {
    /// Its own instrument and timeframe.
    public let instrument: Instrument
    public let timeframe: Timeframe
    /// The bars that its instrument's data comes in: there are none that are shorter.
    public let data: Timeframe
    package var requests = SetupRequests()
    package let registry: IndicatorRegistry
    package let ownSeries: Int
    /// Adds a series of this timeframe for an instrument, or finds the one there is.
    package let series: (InstrumentID, Timeframe) throws(StrategyError) -> Int
    /// Adds an indicator on a series, or finds the one there is.
    package let node: (Int, IndicatorInstance) -> Int

    /// The series from outside that there are.
    package let external: [String]

    package init(
        instrument: Instrument, timeframe: Timeframe, data: Timeframe? = nil, registry: IndicatorRegistry,
        ownSeries: Int, external: [String] = [],
        series: @escaping (InstrumentID, Timeframe) throws(StrategyError) -> Int,
        node: @escaping (Int, IndicatorInstance) -> Int
    ) {
        self.instrument = instrument
        self.timeframe = timeframe
        self.data = data ?? timeframe
        self.registry = registry
        self.ownSeries = ownSeries
        self.external = external
        self.series = series
        self.node = node
    }

    /// The strategy's own series.
    public var own: SeriesHandle { SeriesHandle(index: ownSeries) }

    /// Its instrument in another timeframe, longer or shorter than its own, that is made of the data's bars.
    public mutating func bars(_ timeframe: Timeframe) throws(StrategyError) -> SeriesHandle {
        let handle = SeriesHandle(index: try series(instrument.id, timeframe))
        if !requests.series.contains(handle.index) { requests.series.append(handle.index) }
        return handle
    }

    /// An indicator, by its registered name, on its own or another declared series.
    ///
    /// - Throws: `IndicatorError` for an unknown name or parameter, or a value that is not allowed.
    public mutating func indicator(
        _ name: String, _ parameters: [String: ParameterValue] = [:], on series: SeriesHandle? = nil
    ) throws(IndicatorError) -> IndicatorHandle {
        let instance = try registry.make(name, parameters: parameters)
        let index = node(series?.index ?? ownSeries, instance)
        requests.indicators.append(index)
        return IndicatorHandle(index: index)
    }

    /// The position of a named output of an indicator, for `StrategyContext.value(_:output:)`.
    public func output(_ name: String, ofIndicator indicator: String) throws(IndicatorError) -> Int {
        let definition = try registry.definition(named: indicator)
        return definition.outputIndex(named: name) ?? 0
    }

    /// A series from outside the markets, by its name in the configuration (`external.NAME`).
    ///
    /// - Throws: `ExternalDataError` where there is none of that name.
    public func external(_ name: String) throws(ExternalDataError) -> ExternalHandle {
        guard let index = external.firstIndex(of: name) else {
            throw ExternalDataError(name: name, known: external)
        }
        return ExternalHandle(index: index)
    }

    /// How far back it looks on its instrument: so much of the past is loaded before it acts, and as much stays readable
    /// while it runs (`bar(ago:)`). Of several the longest counts, with what its wait and its indicators need. Where
    /// nothing is declared it is 7 days, or what they need if that is longer.
    public mutating func lookBack(_ span: TimeSpan) {
        requests.lookBack = max(requests.lookBack ?? .zero, span)
    }

    /// Holds orders back until this many bars have closed. `onBar` is called all the same.
    public mutating func wait(bars: Int) { requests.waitBars = max(requests.waitBars, bars) }

    /// Asks to be called from the first bar on, even where declared indicators have no value yet (they read NaN).
    public mutating func startImmediately() { requests.startsImmediately = true }
}

/// A strategy asks for a series from outside that the configuration does not have.
public struct ExternalDataError: Error, Equatable, CustomStringConvertible {
    public let name: String
    public let known: [String]
    public var description: String {
        "there is no external series '\(name)'. Name its file under external.\(name) in the configuration"
            + (known.isEmpty ? "." : ", or choose one of: \(known.joined(separator: ", ")).")
    }
}

package struct SetupRequests: Sendable {
    package var series: [Int] = []
    package var indicators: [Int] = []
    package var waitBars = 0
    package var lookBack: TimeSpan?
    package var startsImmediately = false
    package init() {}
}
