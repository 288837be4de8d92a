// SPDX-License-Identifier: Apache-2.0

import Execution
import Foundation
import JSON
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Hyperliquid

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func bitcoin() throws -> Instrument {
    let universe = try HyperliquidAnswer.universe(
        perpetual: bytes(#"{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40}]}"#),
        spot: bytes(#"{"tokens":[],"universe":[]}"#))
    return try HyperliquidUniverse.instrument(
        for: try #require(universe[coin: "BTC"]), id: InstrumentID(3), base: AssetID(0), quote: AssetID(1),
        makerFee: Rate(units: 150_000), takerFee: Rate(units: 450_000))
}

private let book =
    #"{"channel":"l2Book","data":{"coin":"BTC","time":1700000000123,"levels":[[{"px":"43123.0","sz":"0.5","n":1},{"px":"43122","sz":"12.00001","n":22}],[{"px":"43124.5","sz":"3","n":4}]]}}"#

@Suite struct MarketStreams {
    @Test func `a book becomes exact prices and quantities`() throws {
        guard case .book(let read) = try HyperliquidMessage.decode(bytes(book)) else {
            Issue.record("no book")
            return
        }
        let snapshot = try read.snapshot(of: bitcoin())
        #expect(snapshot.instrument == InstrumentID(3))
        #expect(snapshot.time == Timestamp(milliseconds: 1_700_000_000_123))
        #expect(snapshot.bids.map(\.price.units) == [431_230, 431_220])
        #expect(snapshot.bids.map(\.quantity.units) == [50_000, 1_200_001])
        #expect(snapshot.asks.map(\.price.units) == [431_245])
        #expect(read.bids.map(\.orders) == [1, 22])
    }

    @Test(arguments: [
        ("43122\"", "43124\""), ("43124.5", "43123.0"), ("43122\"", "43123\""), ("0.5", "0.0"), ("0.5", "0.123456"),
        ("43123.0", "43123.05"), ("0.5", "99999999"),
    ])
    func `a book that is crossed, out of order, off its scale or empty at a price is of no use`(
        old: String, new: String
    ) throws {
        let text = try #require(book.range(of: old)).lowerBound
        let changed = String(book[..<text]) + new + String(book[text...].dropFirst(old.count))
        guard case .book(let read) = try HyperliquidMessage.decode(bytes(changed)) else {
            Issue.record("no book")
            return
        }
        if new == "99999999" {
            #expect(try read.snapshot(of: bitcoin()).bids[0].quantity.units == 9_999_999_900_000)
        } else {
            #expect(throws: MessageError.self) { try read.snapshot(of: bitcoin()) }
        }
    }

    @Test(arguments: 0..<60)
    func `the fast way and the general way read the same, whatever is changed in a message`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let trade =
            #"{"channel":"trades","data":[{"coin":"BTC","side":"A","px":"43123.0","sz":"0.00123","hash":"0xab","time":1700000000123,"tid":123456789012345678,"users":["0x1","0x2"]},{"coin":"@107","side":"B","px":"1","sz":"2.5","time":1,"tid":0,"hash":""}]}"#
        let quote =
            #"{"channel":"bbo","data":{"coin":"BTC","time":5,"bbo":[{"px":"1.5","sz":"2","n":3},null]}}"#
        for original in [bytes(book), bytes(trade), bytes(quote)] {
            #expect(FastMessages.decode(original) != nil)
            for _ in 0..<300 {
                var changed = original
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    let place = Int.random(in: 0..<changed.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: changed[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: changed.remove(at: place)
                    case 2: changed.insert(UInt8(48 + Int.random(in: 0...9, using: &random)), at: place)
                    default: changed.removeLast(min(place, changed.count - 1))
                    }
                }
                guard let fast = FastMessages.decode(changed) else {
                    _ = try? HyperliquidMessage.decode(changed)
                    continue
                }
                let general = try HyperliquidMessage.decode(try MessageReader(bytes: changed))
                switch (fast, general) {
                case (.book(let left), .book(let right)): #expect(left.sameNumbers == right.sameNumbers)
                case (.trades(let left), .trades(let right)): #expect(left == right)
                case (.quote(let left), .quote(let right)):
                    #expect(left.bid?.numbers == right.bid?.numbers && left.ask?.numbers == right.ask?.numbers)
                default: Issue.record("two kinds of message in \(String(decoding: changed, as: UTF8.self))")
                }
            }
        }
    }

    @Test func `white space and members in another order are read too`() throws {
        let text =
            #" { "data" : { "levels" : [ [ ] , [ ] ] , "time" : 1 , "coin" : "X" , "new" : {} } , "channel" : "l2Book" } "#
        guard case .book(let read) = try HyperliquidMessage.decode(bytes(text)) else {
            Issue.record("no book")
            return
        }
        #expect(read == HyperliquidBook(coin: "X", time: Timestamp(milliseconds: 1), bids: [], asks: []))
    }
}

extension HyperliquidLevel {
    fileprivate var numbers: [ExactDecimal] { [price, size, ExactDecimal(mantissa: Int128(orders), decimals: 0)] }
}

extension HyperliquidBook {
    fileprivate var sameNumbers: [[ExactDecimal]] {
        bids.map(\.numbers) + asks.map(\.numbers)
            + [[ExactDecimal(mantissa: Int128(time?.nanoseconds ?? 0), decimals: coin.count)]]
    }
}

@Suite struct OtherMessages {
    @Test(arguments: [
        ("Websocket connection established.", "greeting"), (#"{"channel":"pong"}"#, "pong"),
        (#"{"channel":"error","data":"Already subscribed"}"#, #"error("Already subscribed")"#),
        (#"{"channel":"somethingNew","data":5}"#, #"unknown(channel: "somethingNew")"#),
    ])
    func `what is no data is told apart`(text: String, expected: String) throws {
        #expect("\(try HyperliquidMessage.decode(bytes(text)))".hasSuffix(expected))
    }

    @Test(arguments: [
        ("", "message"), ("nonsense", "message"), ("[]", "message"), ("{}", "channel"), (#"{"channel":5}"#, "channel"),
        (#"{"channel":"l2Book"}"#, "data"), (#"{"channel":"l2Book","data":[]}"#, "data"),
        (#"{"channel":"l2Book","data":{"coin":"X","time":"1","levels":[[],[]]}}"#, "data.time"),
        (#"{"channel":"l2Book","data":{"coin":"X","time":1,"levels":[[]]}}"#, "data.levels"),
        (#"{"channel":"l2Book","data":{"coin":"X","time":99999999999999999,"levels":[[],[]]}}"#, "data.time"),
        (
            #"{"channel":"l2Book","data":{"coin":"X","time":1,"levels":[[{"px":"x","sz":"1","n":1}],[]]}}"#,
            "data.levels[][].px"
        ),
        (#"{"channel":"trades","data":[{"coin":"X","side":"C"}]}"#, "data[].side"),
        (#"{"channel":"post","data":{"id":-1,"response":{}}}"#, "data.id"),
        (
            #"{"channel":"orderUpdates","data":[{"order":{"coin":"X","side":"B","limitPx":"1","sz":"1","oid":1.5}}]}"#,
            "data[].order.oid"
        ),
        (
            #"{"channel":"candle","data":{"s":"X","i":"1m","t":1,"T":2,"o":"1","h":"99999999999999999999999999999999999999999999","l":"1","c":"1","v":"1","n":1}}"#,
            "data.h"
        ),
    ])
    func `what cannot be read is an error that names the field`(text: String, field: String) {
        let error = #expect(throws: MessageError.self) { try HyperliquidMessage.decode(bytes(text)) }
        #expect(error?.field == field)
        #expect(error?.description.isEmpty == false)
    }

    @Test func `answers over the WebSocket are those of HTTP`() throws {
        let text =
            #"{"channel":"post","data":{"id":7,"response":{"type":"action","payload":{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting":{"oid":5,"cloid":"0x0000000000000000000000000000000a"}},"waitingForFill",{"error":"Order must have minimum value of $10."},{"filled":{"totalSz":"0.02","avgPx":"1891.4","oid":6}}]}}}}}}"#
        guard case .post(7, .action(.statuses("order", let statuses))) = try HyperliquidMessage.decode(bytes(text))
        else {
            Issue.record("no states")
            return
        }
        let instrument = try bitcoin()
        #expect(
            statuses.map { $0.placed(of: instrument) } == [
                .resting(VenueOrderID(5)), .waiting(nil),
                .rejected(.belowMinimumNotional, text: "Order must have minimum value of $10."),
                .filled(VenueOrderID(6), quantity: Quantity(units: 2_000), averagePrice: "1891.4"),
            ])
        #expect(statuses[0] == .resting(order: 5, client: ClientOrderID(high: 0, low: 10)))
    }

    @Test func `a refused request, a cancellation and an order that is not known`() throws {
        let refused = try HyperliquidAnswer.exchange(
            bytes(#"{"status":"err","response":"User or API Wallet 0xab does not exist."}"#))
        guard case .refused(let refusal) = refused else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.reason == .unknownSigner)
        let cancelled = try HyperliquidAnswer.exchange(
            bytes(
                #"{"status":"ok","response":{"type":"cancel","data":{"statuses":["success",{"error":"Order was never placed, already canceled, or filled. asset=5"}]}}}"#
            ))
        guard case .statuses("cancel", let statuses) = cancelled else {
            Issue.record("no states")
            return
        }
        #expect(
            statuses.map(\.cancelled) == [
                .done, .notWorking(text: "Order was never placed, already canceled, or filled. asset=5"),
            ])
        #expect(
            try HyperliquidAnswer.value(HyperliquidOrderQuery.self, bytes(#"{"status":"unknownOid"}"#)) == .unknownOrder
        )
        guard
            case .done("default", nil) = try HyperliquidAnswer.exchange(
                bytes(#"{"status":"ok","response":{"type":"default"}}"#))
        else {
            Issue.record("not done")
            return
        }
    }

    @Test(
        arguments: [
            ("open", VenueOrderStatus.open), ("triggered", .triggered), ("filled", .filled),
            ("canceled", .cancelled(.byRequest, text: "canceled")),
            ("siblingFilledCanceled", .cancelled(.groupDone, text: "siblingFilledCanceled")),
            ("reduceOnlyCanceled", .cancelled(.nothingToReduce, text: "reduceOnlyCanceled")),
            ("liquidatedCanceled", .cancelled(.liquidated, text: "liquidatedCanceled")),
            ("scheduledCancel", .cancelled(.scheduledCancel, text: "scheduledCancel")),
            ("internalCancel", .cancelled(.none, text: "internalCancel")),
            ("badAloPxRejected", .rejected(.wouldTakeLiquidity, text: "badAloPxRejected")),
            ("iocCancelRejected", .rejected(.notFilledAtOnce, text: "iocCancelRejected")),
            ("somethingNewCanceled", .cancelled(.none, text: "somethingNewCanceled")),
            ("somethingNewRejected", .rejected(.none, text: "somethingNewRejected")), ("somethingNew", nil),
        ] as [(String, VenueOrderStatus?)])
    func `every word for a state is known, new ones by their ending`(text: String, expected: VenueOrderStatus?) {
        #expect(HyperliquidOrderStatus(text: text).venue == expected)
    }

    @Test(arguments: [
        ("Price must be divisible by tick size. asset=1", HyperliquidRefusal.Reason.offTick),
        ("Order must have minimum value of 10 USDC. asset=10107", .belowMinimumValue),
        ("Insufficient margin to place order. asset=1", .insufficientMargin),
        ("Reduce only order would increase position. asset=1", .wouldIncreasePosition),
        ("Post only order would have immediately matched, bbo was 1@2. asset=1", .postOnlyWouldMatch),
        ("Order could not immediately match against any resting orders. asset=1", .nothingToMatch),
        ("Invalid TP/SL price. asset=1", .badTrigger),
        ("No liquidity available for market order.", .noLiquidity),
        ("Order would increase open interest while open interest is capped", .openInterestCapped),
        ("Order price too aggressive while open interest is capped", .openInterestCapped),
        ("Order price too far from oracle", .priceTooFar),
        ("Order price cannot be more than 80% away from the reference price", .priceTooFar),
        ("Insufficient spot balance asset=10107", .insufficientSpotBalance),
        ("Order exceeds max position at current leverage", .beyondMaximumPosition),
        ("Order has zero size.", .zeroSize), ("Vault not registered: 0x1", .vaultNotRegistered),
        ("Must deposit before performing actions. User: 0x1", .mustDeposit),
        ("Invalid nonce: 5", .invalidNonce), ("nonce too low", .invalidNonce),
        ("Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.", .requestBudgetUsed),
        (
            "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $373.47205.",
            .deadManSwitchNotAllowed
        ),
        ("Cannot place reduce only or trigger orders with 1000 or more open orders.", .tooManyOpenOrders),
        ("Client order id was already used. asset=1", .duplicateClientID),
        ("Order has duplicate cloid", .duplicateClientID),
        ("Only post-only orders allowed immediately after a network upgrade", .onlyPostOnly),
        ("Only post-only orders allowed immediately after network upgrade", .onlyPostOnly),
        ("Something nobody has seen", .other),
    ])
    func `every text of a refusal has its reason`(text: String, reason: HyperliquidRefusal.Reason) {
        #expect(HyperliquidRefusal(text: text).reason == reason)
    }

    @Test func `a client id that was used proves nothing, and a time of post-only orders is no fault`() {
        let used = HyperliquidRefusal(text: "Client order id was already used. asset=1")
        #expect(used.placed == .unknown(reason: used.text))
        let upgraded = HyperliquidRefusal(text: "Only post-only orders allowed immediately after a network upgrade")
        #expect(upgraded.placed == .rejected(.onlyPostOnly, text: upgraded.text))
        #expect(upgraded.modified == .rejected(.onlyPostOnly, text: upgraded.text))
    }

    @Test func `fills are read with what only some of them have`() throws {
        let text =
            #"{"channel":"userFills","data":{"user":"0x1","isSnapshot":true,"fills":[{"coin":"BTC","px":"66653.0","sz":"0.001","side":"A","time":1781528065899,"startPosition":"-0.0213","dir":"Open Short","closedPnl":"0.0","hash":"0xe2","oid":55030848197,"crossed":false,"fee":"-0.009997","tid":745210434703679,"cloid":null,"feeToken":"USDC","liquidation":{"liquidatedUser":"0x2","markPx":"66650.0","method":"market"}}]}}"#
        guard case .fills("0x1", true, let fills) = try HyperliquidMessage.decode(bytes(text)) else {
            Issue.record("no fills")
            return
        }
        let fill = try #require(fills.first)
        #expect(fill.fee.amount == (try Amount(parsing: "-0.009997")))
        #expect(fill.side == .sell && !fill.isTaker && fill.client == nil && fill.trade == 745_210_434_703_679)
        #expect(fill.liquidation?.method == "market")
        #expect(fill.startPosition.description == "-0.0213")
    }
}
