// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

struct LedgerTests {
    private struct Fields {
        var time: Int64 = 1000
        var owner: UInt32 = 1
        var account: UInt32 = 2
        var strategy: UInt32 = 3
        var asset: UInt32 = 1
        var from = LedgerBook.realised
        var to = LedgerBook.balance
        var cause = LedgerCause.fill
        var amount: Int128 = 5
        var reference: UInt64 = 7

        var entry: LedgerEntry {
            LedgerEntry(
                time: Timestamp(nanoseconds: time),
                ownership: Ownership(
                    owner: OwnerID(owner), account: AccountID(account), strategy: StrategyID(strategy)),
                asset: AssetID(asset), from: from, to: to, cause: cause, amount: Amount(units: amount),
                reference: reference)
        }
        var hash: UInt64 {
            var ledger = Ledger(assetCount: 3)
            ledger.post(entry)
            return ledger.hash.value
        }
    }

    @Test func theHashChangesWithEveryFieldOfAnEntry() {
        var hashes: Set<UInt64> = [Fields().hash]
        var count = 1
        func check(_ change: (inout Fields) -> Void) {
            var fields = Fields()
            change(&fields)
            hashes.insert(fields.hash)
            count += 1
        }
        for bit in 0..<63 { check { $0.time ^= 1 << bit } }
        for bit in 0..<32 {
            check { $0.owner ^= 1 << bit }
            check { $0.account ^= 1 << bit }
            check { $0.strategy ^= 1 << bit }
        }
        for bit in 0..<64 { check { $0.reference ^= 1 << bit } }
        for bit in 0..<127 { check { $0.amount ^= 1 << bit } }
        check { $0.asset = 2 }
        check { $0.asset = 0 }
        check { $0.from = .external }
        check { $0.to = .fees }
        check { $0.cause = .liquidation }
        check { $0.amount = -5 }
        #expect(hashes.count == count)
    }

    @Test func theHashChangesWithTheOrderOfEntries() {
        var (first, second) = (Ledger(assetCount: 3), Ledger(assetCount: 3))
        var other = Fields()
        other.amount = 6
        first.post(Fields().entry)
        first.post(other.entry)
        second.post(other.entry)
        second.post(Fields().entry)
        #expect(first.hash != second.hash)
        #expect(first.total(.balance, AssetID(1)) == second.total(.balance, AssetID(1)))
    }

    @Test(arguments: 0..<200)
    func everySeriesOfEntriesBalances(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var ledger = Ledger(assetCount: 3, keepsEntries: seed % 2 == 0)
        var totals: [[Int128]] = Array(repeating: Array(repeating: 0, count: LedgerBook.allCases.count), count: 3)
        for count in 1...100 {
            var fields = Fields()
            fields.asset = UInt32.random(in: 0..<3, using: &random)
            fields.from = LedgerBook.allCases.randomElement(using: &random) ?? .balance
            fields.to = LedgerBook.allCases.randomElement(using: &random) ?? .balance
            fields.amount = Int128(Int64(bitPattern: random.next())) * 1_000_003
            ledger.post(fields.entry)
            totals[Int(fields.asset)][Int(fields.from.rawValue)] -= fields.amount
            totals[Int(fields.asset)][Int(fields.to.rawValue)] += fields.amount
            #expect(ledger.isBalanced)
            #expect(ledger.entryCount == count)
            if seed % 2 == 0 { #expect(ledger.entries.last == fields.entry) }
        }
        #expect(ledger.entries.count == (seed % 2 == 0 ? 100 : 0))
        for asset in 0..<3 {
            for book in LedgerBook.allCases {
                #expect(ledger.total(book, AssetID(index: asset)).units == totals[asset][Int(book.rawValue)])
            }
        }
    }
}

struct RunHashTests {
    @Test func nearbyInputsNeverCollide() {
        var seen: Set<UInt64> = []
        for first in 0..<400 as Range<Int64> {
            for second in -200..<200 as Range<Int64> {
                var hash = RunHash()
                hash.add(first, second)
                seen.insert(hash.value)
            }
        }
        #expect(seen.count == 160_000)
        // Runs that differ in one entry out of many.
        var runs: Set<UInt64> = []
        for changed in 0..<2_000 as Range<Int64> {
            var hash = RunHash()
            for entry in 0..<64 as Range<Int64> {
                hash.add(entry, entry == changed % 64 ? 1000 + changed / 64 : entry)
            }
            runs.insert(hash.value)
        }
        #expect(runs.count == 2_000)
    }

    @Test(arguments: 0..<200)
    func theOrderOfEntriesAndOfTheirHalvesMatters(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let entries = (0..<20).map { _ in (random.next() % 16, random.next() % 16) }
        func value(_ entries: [(UInt64, UInt64)]) -> RunHash {
            var hash = RunHash()
            for (first, second) in entries { hash.add(first, second) }
            return hash
        }
        let hash = value(entries)
        #expect(hash == value(entries))
        for index in 0..<19 where entries[index] != entries[index + 1] {
            var swapped = entries
            swapped.swapAt(index, index + 1)
            #expect(value(swapped) != hash)
        }
        for index in entries.indices where entries[index].0 != entries[index].1 {
            var turned = entries
            turned[index] = (entries[index].1, entries[index].0)
            #expect(value(turned) != hash)
        }
        #expect(value(Array(entries.dropLast())) != hash)
        #expect(value(entries + [(0, 0)]) != hash)
        #expect(hash.count == 20)
    }

    @Test func theTextIsSixteenDigits() {
        var hash = RunHash()
        for index in 0..<5_000 as Range<UInt64> {
            hash.add(index, index)
            #expect(hash.text.count == 16 && UInt64(hash.text, radix: 16) == hash.value)
        }
    }

    /// Results are compared between machines and years: the function must not change unnoticed.
    @Test func theFunctionIsWhatItWas() {
        var hash = RunHash()
        #expect(hash.text == "ab29e0afadb60499")
        hash.add(1 as Int64, 2)
        hash.add(Amount(units: -3))
        #expect(hash.text == "bb6665502d51d904")
    }
}
