// SPDX-License-Identifier: Apache-2.0

/// An identifier that cannot be mixed up with another kind: an `OrderID` is not a `TradeID`.
///
/// Inside the engine, identifiers of instruments, strategies and accounts are dense: 0, 1, 2, … in canonical
/// (sorted by name) order, so that they index arrays and no result depends on the order things were named in.
public struct Identifier<Subject>: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(index: Int) { self.rawValue = UInt32(index) }

    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

public enum InstrumentTag {}
public enum AssetTag {}
public enum StrategyTag {}
public enum AccountTag {}
public enum OwnerTag {}

public typealias InstrumentID = Identifier<InstrumentTag>
public typealias AssetID = Identifier<AssetTag>
public typealias StrategyID = Identifier<StrategyTag>
public typealias AccountID = Identifier<AccountTag>
public typealias OwnerID = Identifier<OwnerTag>

/// An order's identity for its whole life, chosen by us before it is sent (the client order id).
///
/// Counted up from 1 within a run, so that it is deterministic; a venue's wire form is made from it at the edge.
public struct OrderID: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
    /// No order: a fill without one (liquidation, settlement) carries this.
    @inlinable public static var none: OrderID { OrderID(0) }
}

/// A fill's identity, unique within its venue; what makes a repeated report of one fill harmless.
public struct TradeID: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}
