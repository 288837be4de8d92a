// SPDX-License-Identifier: Apache-2.0

/// The two sides that every change of a balance has.
public enum LedgerBook: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// What the venue holds for us.
    case balance
    /// The world outside: deposits and withdrawals.
    case external
    /// The other side of exchanged assets (spot) and premiums (options).
    case exchanged
    /// The other side of realised profit and loss.
    case realised
    case fees
    case funding
    /// Losses beyond the margin that the venue's insurance bears.
    case insurance
}

public enum LedgerCause: UInt8, Hashable, Sendable, BitwiseCopyable {
    case fill, fee, funding, transfer, liquidation, settlement, reversal
}

/// An amount of one asset that moved from one book to another, and why. Its two sides cancel by construction.
public struct LedgerEntry: Hashable, Sendable, BitwiseCopyable {
    public let time: Timestamp
    public let ownership: Ownership
    public let asset: AssetID
    public let from: LedgerBook
    public let to: LedgerBook
    public let cause: LedgerCause
    public let amount: Amount
    /// The trade that caused it; 0 where there is none.
    public let reference: UInt64

    public init(
        time: Timestamp, ownership: Ownership, asset: AssetID, from: LedgerBook, to: LedgerBook, cause: LedgerCause,
        amount: Amount, reference: UInt64
    ) {
        self.time = time
        self.ownership = ownership
        self.asset = asset
        self.from = from
        self.to = to
        self.cause = cause
        self.amount = amount
        self.reference = reference
    }
}

/// What the books of one asset come to.
@usableFromInline
struct AssetTotals: Sendable, BitwiseCopyable {
    @usableFromInline var books = InlineArray<7, Int128>(repeating: 0)
    /// All bits that the upper halves of the totals ever had (`Amount.highBits`).
    private(set) var highBits: UInt64 = 0

    @inline(__always)
    mutating func move(_ units: Int128, from: LedgerBook, to: LedgerBook) {
        let given = books[Int(from.rawValue)] - units
        books[Int(from.rawValue)] = given
        // Read after the first is written: an entry may be from a book to itself.
        let taken = books[Int(to.rawValue)] + units
        books[Int(to.rawValue)] = taken
        highBits |= Amount(units: given).highBits | Amount(units: taken).highBits
    }
}

/// Double-entry books for a set of assets. An entry takes from one book what it gives to another, so the sum over all
/// books of an asset is always zero.
public struct Ledger: Sendable {
    public let assetCount: Int
    /// By asset, then book.
    @usableFromInline var totals: [AssetTotals]
    public private(set) var entryCount = 0
    public private(set) var hash = RunHash()
    /// Kept only where `keepsEntries` was asked for: long runs have millions.
    public private(set) var entries: [LedgerEntry] = []
    private let keepsEntries: Bool

    public init(assetCount: Int, keepsEntries: Bool = false) {
        self.assetCount = assetCount
        self.keepsEntries = keepsEntries
        precondition(LedgerBook.allCases.count == 7, "every book has a place in the totals")
        totals = Array(repeating: AssetTotals(), count: assetCount)
    }

    @inline(__always)
    public mutating func post(_ entry: LedgerEntry) {
        totals[entry.asset.index].move(entry.amount.units, from: entry.from, to: entry.to)
        entryCount += 1
        let kind =
            UInt64(entry.from.rawValue) | UInt64(entry.to.rawValue) << 8 | UInt64(entry.cause.rawValue) << 16
            | UInt64(entry.asset.rawValue) << 32
        hash.add(UInt64(bitPattern: entry.time.nanoseconds), kind)
        hash.add(
            UInt64(entry.ownership.strategy.rawValue) | UInt64(entry.ownership.account.rawValue) << 32,
            // Rotated, not shifted, and the owner spread out: no bit of a venue's trade number may be lost or covered.
            UInt64(entry.ownership.owner.rawValue) &* 0x9E37_79B9_7F4A_7C15
                ^ (entry.reference << 16 | entry.reference >> 48))
        hash.add(entry.amount)
        if keepsEntries { entries.append(entry) }
    }

    @inlinable
    public func total(_ book: LedgerBook, _ asset: AssetID) -> Amount {
        Amount(units: totals[asset.index].books[Int(book.rawValue)])
    }

    /// Whether an asset's books can take movements of this much in all.
    func hasRoom(for amount: Amount, of asset: AssetID) -> Bool {
        // Sums of numbers below 2^125 fit: then the exact look at each is not needed.
        if totals[asset.index].highBits | amount.highBits < 1 << 61 { return true }
        return LedgerBook.allCases.allSatisfy { total($0, asset).magnitude.adding(amount) != nil }
    }

    /// Whether the books of every asset cancel.
    public var isBalanced: Bool {
        (0..<assetCount).allSatisfy { asset in
            LedgerBook.allCases.reduce(Int128(0)) { $0 + total($1, AssetID(index: asset)).units } == 0
        }
    }
}
