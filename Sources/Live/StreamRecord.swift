// SPDX-License-Identifier: Apache-2.0

public import Trading
public import VenueInterface

/// Something that a venue said of a market, for the data store. No decision depends on it, so no journal holds it.
public struct StreamRecord: Hashable, Sendable {
    public enum Item: Hashable, Sendable {
        case trade(VenueTrade)
        case quote(VenueQuote)
        case book(BookSnapshot)
        case context(MarketContext)

        public var instrument: InstrumentID {
            switch self {
            case .trade(let trade): trade.instrument
            case .quote(let quote): quote.instrument
            case .book(let book): book.instrument
            case .context(let context): context.instrument
            }
        }
    }
    /// When it reached us.
    public let time: Timestamp
    public let item: Item

    public init(time: Timestamp, _ item: Item) {
        self.time = time
        self.item = item
    }
}

/// Streams of a market that can be kept in the data store.
public struct StreamKinds: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let trades = StreamKinds(rawValue: 1)
    public static let quotes = StreamKinds(rawValue: 2)
    public static let books = StreamKinds(rawValue: 4)
    /// Payments of perpetuals, made of what their contexts say.
    public static let funding = StreamKinds(rawValue: 8)
    /// Mark price, index price and open interest.
    public static let contexts = StreamKinds(rawValue: 16)
}

/// What a session has heard since it was last taken from it.
struct UnstoredStreams: Sendable {
    /// Of a shell that takes nothing no more than so many are kept.
    static let limit = 200_000
    var kinds: StreamKinds = []
    private(set) var records: [StreamRecord] = []
    private(set) var lost = 0

    mutating func add(_ item: @autoclosure () -> StreamRecord.Item, _ kind: StreamKinds, at time: Timestamp) {
        guard !kinds.isDisjoint(with: kind) else { return }
        guard records.count < Self.limit else { return lost += 1 }
        records.append(StreamRecord(time: time, item()))
    }

    mutating func take() -> (records: [StreamRecord], lost: Int) {
        let taken = (records, lost)
        records = []
        records.reserveCapacity(min(taken.0.count, 10_000))
        lost = 0
        return taken
    }
}

extension LiveSession {
    /// The streams that are handed over with `takeUnstoredStreams`; none at first.
    public var keptStreams: StreamKinds {
        get { unstoredStreams.kinds }
        set { unstoredStreams.kinds = newValue }
    }

    /// Hands over what venues said since the last time, in the order in which it came, and how much more there was.
    public mutating func takeUnstoredStreams() -> (records: [StreamRecord], lost: Int) { unstoredStreams.take() }
}
