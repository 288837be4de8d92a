// SPDX-License-Identifier: Apache-2.0

/// The assets of a run, named once and then addressed by a dense number. USD, USDC and USDT are different assets.
public struct AssetTable: Sendable, Hashable {
    /// Sorted by name, so that no result depends on the order in which they were met.
    public let names: [String]

    public init(names: some Sequence<String>) {
        self.names = Set(names).sorted()
    }

    public func id(named name: String) -> AssetID? {
        names.firstIndex(of: name).map { AssetID(index: $0) }
    }

    public func name(of asset: AssetID) -> String { names[asset.index] }
}

/// How much one unit of an asset is worth in the account's base currency, and where that is known from.
public enum AssetValuation: Hashable, Sendable {
    /// It is the base currency.
    case base
    /// Multiply by this instrument's last price (the asset is its base), then value its quote.
    case multiplied(by: InstrumentID)
    /// Divide by this instrument's last price (the asset is its quote), then value its base.
    case divided(by: InstrumentID)
    /// A stated rate through time, sorted; the first applies to earlier times as well.
    case rates([DatedRate])
    /// Nothing says what it is worth.
    case unknown
}

public struct DatedRate: Hashable, Sendable {
    public let from: Timestamp
    /// Base currency for one unit of the asset.
    public let rate: Amount
    public init(from: Timestamp, rate: Amount) {
        self.from = from
        self.rate = rate
    }
}
