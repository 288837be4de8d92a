// SPDX-License-Identifier: Apache-2.0

import CBenchParse
import CSecp256k1
import Cryptography
import Execution
import Glibc
import Hyperliquid
import Trading
import VenueInterface

// Each pair is measured alternately in one run, so that both see the same machine: the ratio is what counts.

func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// The time of one call in each of many short batches, in nanoseconds.
struct Samples {
    var values: [Double] = []
    mutating func measure(_ count: Int, _ body: () -> Void) {
        let start = nanoseconds()
        for _ in 0..<count { body() }
        values.append(Double(nanoseconds() - start) / Double(count))
    }
    var median: Double { values.sorted()[values.count / 2] }
}

func text(_ value: Double) -> String { "\((value / 10).rounded() / 100) µs" }
func ratio(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

func compare(_ name: String, _ count: Int, _ own: () -> Void, beside other: String, _ bare: () -> Void) {
    var first = Samples()
    var second = Samples()
    for _ in 0..<201 {
        first.measure(count, own)
        second.measure(count, bare)
    }
    print(
        "\(name): \(text(first.median)); \(other): \(text(second.median)); ratio \(ratio(first.median / second.median))"
    )
}

func alone(_ name: String, _ count: Int, _ body: () -> Void) {
    var samples = Samples()
    for _ in 0..<201 { samples.measure(count, body) }
    print("\(name): \(text(samples.median))")
}

// MARK: Order to signed bytes

let secret = [UInt8](repeating: 0x42, count: 32)
let key = try PrivateKey(bytes: secret)
let signer = HyperliquidSigner(key: key, isMainnet: true)
let universe = try HyperliquidAnswer.universe(
    perpetual: Array(#"{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40}]}"#.utf8),
    spot: Array(#"{"tokens":[],"universe":[]}"#.utf8))
guard let market = universe[coin: "BTC"] else { preconditionFailure("the universe has one market") }
let instrument = try HyperliquidUniverse.instrument(
    for: market, id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), makerFee: .zero, takerFee: .zero)
let ticket = OrderTicket(
    client: ClientOrderID(instance: 7, order: OrderID(123)), instrument: instrument.id, side: .buy, type: .limit,
    quantity: Quantity(units: 123), limit: Price(units: 431_230))

let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_SIGN))
let digest = keccak256("bare").bytes
var nonce: UInt64 = 1_700_000_000_000
var check = 0

compare(
    "order ticket to the bytes of a signed request", 20,
    {
        nonce += 1
        if let order = try? HyperliquidOrder(ticket, asset: 0, of: instrument) {
            check &+= signer.request(.order([order]), nonce: nonce).count
        }
    }, beside: "bare libsecp256k1 recoverable signature",
    {
        var signature = secp256k1_ecdsa_recoverable_signature()
        if let context {
            check &+= Int(secp256k1_ecdsa_sign_recoverable(context, &signature, digest, secret, nil, nil))
        }
    })

// MARK: Message to book

func side(_ start: Int, _ step: Int) -> String {
    (0..<20).map { level in
        let price = start + level * step
        return
            #"{"px":"\#(price / 10).\#(price % 10)","sz":"\#(level % 7).\#(12345 + level * 97)","n":\#(level % 9 + 1)}"#
    }.joined(separator: ",")
}
let bookText =
    #"{"channel":"l2Book","data":{"coin":"BTC","time":1700000000123,"levels":[[\#(side(431_230, -10))],[\#(side(431_240, 10))]]}}"#
let bookBytes = Array(bookText.utf8)
print("book message of 20 + 20 levels: \(bookBytes.count) bytes")
precondition(bare_parse_load(bookText, bookBytes.count) == 1 && bare_parse() == 1, "the message is not JSON")

compare(
    "book message to a snapshot in prices and quantities", 200,
    {
        guard case .book(let book)? = try? HyperliquidMessage.decode(bookBytes),
            let snapshot = try? book.snapshot(of: instrument)
        else { preconditionFailure("the book was not read") }
        check &+= snapshot.bids.count
    }, beside: "bare simdjson parse (DOM, parser kept)", { check &+= Int(bare_parse()) })

// MARK: Message to trade

let tradeText =
    #"{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"43123.0","sz":"0.00123","hash":"0x0d01dc56dcaaca66ad901c959b4011ec0d01dc56dcaaca66ad901c959b4011ec","time":1700000000123,"tid":123456789012345,"users":["0x14791697260e4c9a71f18484c9f997b308e59325","0x1719884eb866cb12b2287399b15f7db5e7d775ea"]}]}"#
let tradeBytes = Array(tradeText.utf8)
alone("message of one trade (\(tradeBytes.count) bytes) to a trade", 500) {
    guard case .trades(let trades)? = try? HyperliquidMessage.decode(tradeBytes),
        let trade = trades.first?.trade(of: instrument)
    else { preconditionFailure("the trade was not read") }
    check &+= Int(trade.price.units)
}
print("check \(check)")
