// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import HyperliquidSimulator
import Trading
import VenueInterface

@testable import Risk

/// Each line is a step: its first character says what happens, the rest is what the venue says.
@Sendable func fuzzConnector(_ bytes: [UInt8]) {
    guard var world = try? ConnectorWorld() else { preconditionFailure("the connector cannot be made") }
    for line in bytes.split(separator: 10).prefix(200) { world.step(line[line.startIndex], Array(line.dropFirst())) }
    world.step(UInt8(ascii: "z"), [])
}

private struct ConnectorWorld {
    private var connector: HyperliquidConnector
    private var now = Moment(wall: Timestamp(seconds: 1_700_000_000), monotonic: .seconds(1_000))
    private var outputs: [ConnectorOutput] = []
    private var streams: [StreamID] = []
    private var requests: [RequestID] = []
    private var number: UInt64 = 0

    init() throws {
        let dollar = AssetID(1)
        let bitcoin = try Instrument(
            id: InstrumentID(0), symbol: "BTC/USDC:USDC", venue: "hyperliquid", kind: .linearPerpetual,
            base: AssetID(0), quote: dollar, settlement: dollar, priceDecimals: 1, quantityDecimals: 5,
            rules: [(.distantPast, TradingRules(tick: .significant(digits: 5, decimals: 1)))])
        let key = try PrivateKey(parsing: "0x0123456789012345678901234567890123456789012345678901234567890123")
        let configuration = HyperliquidConnector.Configuration(
            markets: [.init(instrument: bitcoin, coin: "BTC", asset: 0)],
            assets: [("BTC", AssetID(0)), ("USDC", dollar)],
            account: try EthereumAddress(parsing: "0x1719884eb866cb12b2287399b15f7db5e7d775ea"),
            signer: HyperliquidSigner(key: key, isMainnet: false), timeframes: [.oneMinute], streams: [.book, .trades])
        connector = HyperliquidConnector(configuration, seed: 1)
        connector.handle(.start, at: now, into: &outputs)
        sort()
        for stream in streams { connector.handle(.streamOpened(stream), at: now, into: &outputs) }
        sort()
    }

    private mutating func sort() {
        for output in outputs {
            switch output {
            case .openStream(let stream, _): streams.append(stream)
            case .closeStream(let stream): streams.removeAll { $0 == stream }
            case .request(let request): requests.append(request.id)
            case .send, .event: break
            }
        }
        outputs.removeAll(keepingCapacity: true)
    }

    private mutating func handle(_ input: ConnectorInput) { connector.handle(input, at: now, into: &outputs) }

    private mutating func answer(_ outcome: HTTPOutcome) {
        guard !requests.isEmpty else { return }
        handle(.answer(requests.removeFirst(), outcome))
    }

    private mutating func pass(_ span: TimeSpan) {
        let end = now.monotonic + span
        var wakes = 0
        while let wake = connector.nextWake, wake <= end {
            let next = max(wake, now.monotonic)
            now = Moment(
                wall: now.wall + TimeSpan(nanoseconds: next.nanoseconds - now.monotonic.nanoseconds), monotonic: next)
            handle(.wake)
            sort()
            wakes += 1
            precondition(wakes < 100_000, "the connector wants to be woken for ever")
        }
        now = Moment(
            wall: now.wall + TimeSpan(nanoseconds: end.nanoseconds - now.monotonic.nanoseconds), monotonic: end)
    }

    mutating func step(_ what: UInt8, _ text: [UInt8]) {
        defer { sort() }
        switch what {
        case UInt8(ascii: "m"): if let stream = streams.first { handle(.message(stream, text)) }
        case UInt8(ascii: "M"): if let stream = streams.last { handle(.message(stream, text)) }
        case UInt8(ascii: "a"): answer(.response(status: 200, body: text, retryAfter: nil))
        case UInt8(ascii: "e"): answer(.response(status: 502, body: text, retryAfter: nil))
        case UInt8(ascii: "l"): answer(.response(status: 429, body: text, retryAfter: .seconds(2)))
        case UInt8(ascii: "f"): answer(.failure(.timedOut))
        case UInt8(ascii: "x"):
            guard let stream = streams.first else { return }
            streams.removeFirst()
            handle(.streamClosed(stream, .closed("by the other side")))
        case UInt8(ascii: "o"): if let stream = streams.last { handle(.streamOpened(stream)) }
        case UInt8(ascii: "t"): pass(.milliseconds(700))
        case UInt8(ascii: "T"): pass(.seconds(70))
        case UInt8(ascii: "p"): place()
        case UInt8(ascii: "c"): cancel()
        case UInt8(ascii: "q"): connector.query(client(number), at: now, into: &outputs)
        case UInt8(ascii: "s"):
            connector.requestSnapshot(since: Timestamp(seconds: 1_699_000_000), at: now, into: &outputs)
        case UInt8(ascii: "b"):
            connector.requestBars(
                InstrumentID(0), .oneMinute, from: Timestamp(seconds: 1_699_999_000),
                to: Timestamp(seconds: 1_700_000_000), at: now, into: &outputs)
        case UInt8(ascii: "d"): connector.setDeadManSwitch(now.wall + .minutes(1), at: now, into: &outputs)
        case UInt8(ascii: "z"):
            handle(.stop)
            sort()
            pass(.minutes(2))
        default: break
        }
    }

    private func client(_ number: UInt64) -> ClientOrderID { ClientOrderID(instance: 7, order: OrderID(number)) }

    private mutating func place() {
        number += 1
        let ticket = OrderTicket(
            client: client(number), instrument: InstrumentID(0), side: .buy, type: .limit,
            quantity: Quantity(units: 1_000), limit: Price(units: 421_000), isReduceOnly: false)
        connector.place(ApprovedOrders(checked: [ticket], grouping: .none), at: now, into: &outputs)
    }

    private mutating func cancel() {
        connector.cancel(
            [CancelTicket(client: client(number), venueOrder: nil, instrument: InstrumentID(0))], at: now,
            into: &outputs)
    }
}

/// Each line is a step: `i` and `x` are bodies of `/info` and `/exchange`, `w` a message on a connection, `t` lets time
/// pass with a trade. Signatures are not asked for, so that what they protect is reached.
@Sendable func fuzzSimulator(_ bytes: [UInt8]) {
    let signer = Address(bytes: [UInt8](repeating: 0xA1, count: 20))
    var account = AccountConfiguration(address: signer, balance: Fixed8(10_000))
    account.spot = [("USDC", Fixed8(1_000)), ("PURR", Fixed8(500))]
    var configuration = SimulatorConfiguration(
        markets: [
            MarketConfiguration(coin: "BTC", szDecimals: 5, maxLeverage: 40, price: Fixed8(50_000)),
            MarketConfiguration(spot: "PURR", szDecimals: 0, price: Fixed8(1)),
        ], accounts: [account])
    configuration.verifiesSignatures = bytes.first == UInt8(ascii: "v")
    configuration.assumedSigner = signer
    var simulator = HyperliquidSimulator(configuration: configuration)
    var wall = Timestamp(milliseconds: 1_700_000_000_000)
    simulator.open(connection: 1, wall: wall)
    for line in bytes.split(separator: 10).prefix(100) {
        let text = Array(line.dropFirst())
        switch line[line.startIndex] {
        case UInt8(ascii: "i"): _ = simulator.post(path: "/info", body: text, wall: wall)
        case UInt8(ascii: "x"): _ = simulator.post(path: "/exchange", body: text, wall: wall)
        case UInt8(ascii: "w"): simulator.message(connection: 1, text: text, wall: wall)
        case UInt8(ascii: "t"):
            wall = wall + .seconds(Int64(text.count) * 60 + 1)
            let price = Fixed8(50_000 + Int64(text.first ?? 0) * 10)
            simulator.advanceMarket(
                "BTC", .trade(price: price, size: Fixed8(1), takerIsBuy: text.count % 2 == 0), at: wall, wall: wall)
        default: break
        }
        _ = simulator.takeOutputs()
    }
}
