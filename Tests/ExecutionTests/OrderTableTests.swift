// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading

struct OrderTableTests {
    private let request = OrderRequest(
        instrument: InstrumentID(0), side: .buy, type: .market, quantity: Quantity(units: 1))

    private func insert(_ request: OrderRequest, _ strategy: UInt32, _ table: inout OrderTable) throws -> OrderID {
        let id = table.insert(request, strategy: StrategyID(strategy))
        return try #require(id)
    }

    @Test func aForgottenOrdersIdFindsNothingAlthoughItsPlaceIsUsedAgain() throws {
        var table = OrderTable()
        let first = try insert(request, 0, &table)
        table.remove(first)
        let second = try insert(request, 7, &table)
        #expect(first != second)
        #expect(first.rawValue & 0xFFFFF == second.rawValue & 0xFFFFF, "the place is used again")
        #expect(table[first] == nil && !table.contains(first))
        #expect(table[second]?.strategy == StrategyID(7))
        let stale = table.update(first) { _ in true }
        #expect(stale == nil)
        table.remove(first)
        #expect(table.contains(second) && table.liveCount == 1)
        table.remove(second)
        table.remove(second)
        #expect(table.liveCount == 0)
    }

    @Test func strangeIdsFindNothing() {
        var table = OrderTable()
        #expect(table[.none] == nil)
        let id = table.insert(request, strategy: StrategyID(0))
        for raw in [0, 1, UInt64.max, (id?.rawValue ?? 0) + 1, (id?.rawValue ?? 0) + (1 << 20)] {
            #expect(table[OrderID(raw)] == nil && !table.contains(OrderID(raw)))
            table.remove(OrderID(raw))
        }
        #expect(table.liveCount == 1)
    }

    @Test func theTableTakesAMillionOrdersAndNoMore() throws {
        var table = OrderTable()
        var last = OrderID.none
        for _ in 0..<OrderTable.capacity { last = try insert(request, 0, &table) }
        #expect(table.liveCount == OrderTable.capacity)
        for _ in 0..<2 {
            let refused = table.insert(request, strategy: StrategyID(0))
            #expect(refused == nil)
        }
        #expect(table.created == UInt64(OrderTable.capacity) && table.liveCount == OrderTable.capacity)
        table.remove(last)
        let next = try insert(request, 0, &table)
        #expect(next.sequence == UInt64(OrderTable.capacity) + 1)
    }

    @Test(arguments: 0..<200)
    func theTableBehavesLikeADictionary(seed: Int) throws {
        func run() throws -> [OrderID] {
            var random = SeededRandom(seed: UInt64(seed))
            var table = OrderTable()
            var reference: [OrderID: Int64] = [:]
            var ids: [OrderID] = []
            for step in 1...200 as ClosedRange<Int64> {
                if reference.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
                    var request = request
                    request.quantity = Quantity(units: step)
                    let id = try insert(request, 0, &table)
                    #expect(reference[id] == nil && !ids.contains(id), "ids are unique")
                    reference[id] = step
                    ids.append(id)
                    #expect(id.sequence == UInt64(ids.count))
                } else {
                    let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                    table.remove(id)
                    reference[id] = nil
                }
                #expect(table.liveCount == reference.count)
                #expect(table.live.map(\.id) == reference.keys.sorted())
            }
            for id in ids {
                #expect(table[id]?.request.quantity.units == reference[id])
                let updated = table.update(id) { $0.receive(.submit) }
                #expect((updated == Order.Action.none) == (reference[id] != nil))
            }
            #expect(table.live.allSatisfy { $0.status == .submitted })
            return ids
        }
        #expect(try run() == run())
    }
}
