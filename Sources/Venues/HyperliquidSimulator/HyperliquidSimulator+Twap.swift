// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
import Trading

/// An order that is cut into slices, one every thirty seconds of market time.
struct SimulatedTwap: Sendable {
    let id: UInt64
    let account: Int
    let market: Int
    let isBuy: Bool
    let reduceOnly: Bool
    let size: Units
    let minutes: Int64
    let start: Timestamp
    var next: Timestamp
    var slicesLeft: Int64
    var done: Units = 0
    var value: Money = 0
    var status = "activated"
    var isRunning: Bool { status == "activated" }
}

extension HyperliquidSimulator {
    private static let slice = TimeSpan.seconds(30)

    mutating func twapOrder(
        _ asset: Int64, isBuy: Bool, size: Units, reduceOnly: Bool, minutes: Int64, account: Int
    ) -> [UInt8] {
        func refused(_ text: String) -> [UInt8] {
            success("twapOrder") { $0.object { $0.object("status") { $0.string("error", text) } } }
        }
        guard let market = marketOfAsset[asset] else { return failure("Unknown asset. asset=\(asset)") }
        guard (5...1440).contains(minutes) else { return refused("Invalid TWAP duration: \(minutes) min(s)") }
        guard size > 0, size <= Decimals.largest, size % markets[market].lot == 0 else {
            return refused("Order has invalid size. asset=\(asset)")
        }
        let slices = minutes * 2
        guard Decimals.notional(markets[market].mark, size) / Int128(slices) >= 10 * Int128(Decimals.one) || reduceOnly
        else { return refused("Order must have minimum value of $10. asset=\(asset)") }
        let now = marketTime ?? wall
        let id = UInt64(twaps.count + 1)
        twaps.append(
            SimulatedTwap(
                id: id, account: account, market: market, isBuy: isBuy, reduceOnly: reduceOnly, size: size,
                minutes: minutes, start: now, next: now, slicesLeft: slices))
        news.append(.twap(account: account))
        return success("twapOrder") {
            $0.object { $0.object("status") { $0.object("running") { $0.integer("twapId", id) } } }
        }
    }

    mutating func twapCancel(_ asset: Int64, _ id: UInt64, account: Int) -> [UInt8] {
        guard let index = twaps.firstIndex(where: { $0.id == id }), twaps[index].account == account,
            twaps[index].isRunning, markets[twaps[index].market].asset == Int(asset)
        else {
            return success("twapCancel") {
                $0.object {
                    $0.object("status") { $0.string("error", "TWAP was never placed, already canceled, or filled.") }
                }
            }
        }
        twaps[index].status = "terminated"
        news.append(.twap(account: account))
        return success("twapCancel") { $0.object { $0.string("status", "success") } }
    }

    /// Sends the slices that are due.
    mutating func runTwaps() {
        let now = marketTime ?? wall
        for index in twaps.indices {
            while twaps[index].isRunning, twaps[index].next <= now { sendSlice(index) }
        }
        settleConsequences()
    }

    private mutating func sendSlice(_ index: Int) {
        let twap = twaps[index]
        let market = markets[twap.market]
        let left = twap.size - twap.done
        var size = twap.slicesLeft <= 1 ? left : left / twap.slicesLeft / market.lot * market.lot
        // At most three percent away from the mark price.
        let bound = Int128(market.mark) * (twap.isBuy ? 103 : 97) / 100
        let tick = Int128(market.tick(at: Units(clamping: bound)))
        let request = OrderRequest(
            market: twap.market, isBuy: twap.isBuy, price: Units(clamping: bound / tick * tick), size: size,
            reduceOnly: twap.reduceOnly, timeInForce: .ioc, trigger: nil, cloid: nil)
        let fillsBefore = accounts[twap.account].fills.count
        if size > 0, case .filled(let order) = place(request, for: twap.account, builder: nil) {
            size = orders[order].filled
            twaps[index].value += orders[order].filledValue
            for place in fillsBefore..<accounts[twap.account].fills.count
            where accounts[twap.account].fills[place].oid == orders[order].oid {
                accounts[twap.account].fills[place].twap = twap.id
            }
        } else {
            size = 0
        }
        twaps[index].done += size
        twaps[index].slicesLeft -= 1
        twaps[index].next = twap.next + Self.slice
        guard twaps[index].done == twap.size || twaps[index].slicesLeft == 0 else { return }
        twaps[index].status = "finished"
        news.append(.twap(account: twap.account))
    }

    func writeTwaps(_ account: Int?, to writer: inout JSONWriter) {
        for twap in twaps where twap.account == account {
            writer.object {
                $0.integer("time", milliseconds(twap.next) / 1000)
                $0.object("state") {
                    $0.string("coin", markets[twap.market].coin)
                    $0.string("user", accounts[twap.account].address.description)
                    $0.string("side", twap.isBuy ? "B" : "A")
                    $0.decimal("sz", twap.size)
                    $0.decimal("executedSz", twap.done)
                    $0.decimal("executedNtl", twap.value)
                    $0.integer("minutes", twap.minutes)
                    $0.bool("reduceOnly", twap.reduceOnly)
                    $0.bool("randomize", false)
                    $0.integer("timestamp", milliseconds(twap.start))
                }
                $0.object("status") { $0.string("status", twap.status) }
                $0.integer("twapId", twap.id)
            }
        }
    }
}
