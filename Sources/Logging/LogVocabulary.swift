// SPDX-License-Identifier: Apache-2.0

public import Trading

public enum LogLevel: String, Sendable, Hashable, CaseIterable, Comparable {
    case debug, info, warning, error
    /// What stopped trading.
    case critical

    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// A part of the program with a stream of its own. `logging.components` of the configuration has the same names.
public enum LogComponent: String, Sendable, Hashable, CaseIterable {
    case session, engine, orders, risk, venue, network, journal, control

    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A fact of a log line.
public enum LogValue: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByStringInterpolation
{
    case text(String)
    case integer(Int64)
    case flag(Bool)
    /// Exact, written as text so that no reader rounds it.
    case amount(Amount)
    /// In seconds.
    case span(TimeSpan)
    case time(Timestamp)

    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    public static func count(_ value: Int) -> Self { .integer(Int64(value)) }
    /// Whatever describes itself: an id, a price, an error.
    public static func of(_ value: some CustomStringConvertible) -> Self { .text(value.description) }
}

/// What a log line says besides its time, level and component, in order.
public typealias LogFields = KeyValuePairs<StaticString, LogValue>
