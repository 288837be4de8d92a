// SPDX-License-Identifier: Apache-2.0

/// What one strategy has in one market, with its entries that are on their way, as shares of the equity.
///
/// While a position is turned around both sides are there: the one that is leaving, and the one that is ordered.
public struct Stake: Hashable, Sendable, BitwiseCopyable {
    /// The strategy's number; `nil`: nobody's here, such as a trade by hand.
    public let strategy: Int?
    public let instrument: Int
    public let long: Double
    public let short: Double

    public init(strategy: Int?, instrument: Int, long: Double = 0, short: Double = 0) {
        self.strategy = strategy
        self.instrument = instrument
        self.long = long
        self.short = short
    }

    /// The larger side, negative for short.
    var exposure: Double { short > long ? -short : long }
}

/// What all strategies have, as shares of the equity.
public struct Holdings: Hashable, Sendable {
    /// Those that are not empty.
    public let stakes: [Stake]
    /// By instrument: what all who are long there have together, and all who are short. Either may leave first, so limits
    /// on a market count the larger side, not what is left of both.
    public let long: [Double]
    public let short: [Double]
    /// By instrument: the sum over the strategies, negative for short. What a change of the price does to the whole.
    public let net: [Double]

    public init(_ stakes: [Stake], instruments: Int) {
        let held = stakes.filter { $0.long != 0 || $0.short != 0 }
        var (long, short, net) = (Array(repeating: 0.0, count: instruments), [Double](), [Double]())
        (short, net) = (long, long)
        for stake in held {
            long[stake.instrument] += stake.long
            short[stake.instrument] += stake.short
            net[stake.instrument] += stake.exposure
        }
        (self.stakes, self.long, self.short, self.net) = (held, long, short, net)
    }

    var instruments: Range<Int> { long.indices }

    /// What counts of an instrument: the larger side.
    func size(of instrument: Int) -> Double { max(long[instrument], short[instrument]) }

    /// +1 where more is long than short there, −1 otherwise.
    func direction(of instrument: Int) -> Double { short[instrument] > long[instrument] ? -1 : 1 }

    func stake(of strategy: Int, in instrument: Int) -> Stake {
        stakes.first { $0.strategy == strategy && $0.instrument == instrument }
            ?? Stake(strategy: strategy, instrument: instrument)
    }
}
