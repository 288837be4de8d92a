// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why a signer can have no nonce now.
public enum NonceError: Error, Hashable, CustomStringConvertible {
    /// The next one lies too far ahead of the present: our clock went back, or the last one used came from a wrong clock.
    case tooFarAhead(next: UInt64, now: Timestamp)
    /// A clock that shows no time after 1970.
    case noTime(Timestamp)

    public var description: String {
        switch self {
        case .tooFarAhead(let next, let now):
            "The next nonce \(next) is more than a day ahead of \(now). Set this machine's clock, or use a new key."
        case .noTime(let now): "The clock shows \(now), before 1970. Set this machine's clock."
        }
    }
}

/// Numbers that one signer uses once: milliseconds of the present, and one more than the last where that is not later.
///
/// They rise whatever the clock does. A program that starts again starts from the last one that it wrote down.
public struct NonceSource: Hashable, Sendable {
    /// 0: none yet.
    public private(set) var last: UInt64
    /// How far ahead of the present a venue still takes them.
    public let furthestAhead: TimeSpan

    /// - Parameter furthestAhead: A little less than the venue's, because clocks differ.
    public init(last: UInt64 = 0, furthestAhead: TimeSpan = .hours(23)) {
        self.last = last
        self.furthestAhead = furthestAhead
    }

    /// - Parameter now: By the venue's clock, as well as it is known.
    public mutating func next(at now: Timestamp) throws(NonceError) -> UInt64 {
        guard now.nanoseconds > 0 else { throw .noTime(now) }
        let present = UInt64(now.nanoseconds / 1_000_000)
        let (following, overflow) = last.addingReportingOverflow(1)
        let next = max(present, following)
        guard !overflow, next - present <= UInt64(furthestAhead.nanoseconds / 1_000_000) else {
            throw .tooFarAhead(next: overflow ? .max : following, now: now)
        }
        last = next
        return next
    }

    /// The venue refused a nonce as used or too low: goes on from a higher one.
    public mutating func skip(to nonce: UInt64) { last = max(last, nonce) }
}
